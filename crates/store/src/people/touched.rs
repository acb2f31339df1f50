//! A question or decision about one person touches as many rows in a large event as in a small one.

#![expect(clippy::print_stdout, reason = "what a decision costs is worth knowing")]

use crate::album::state::Album;
use crate::env::{Table, touched};
use crate::{FaceId, NewPhoto, People, PersonId, Photo, Store, StoreOptions};
use sonic_core::{Embedding, Face, FaceQuality, PipelineId};
use std::collections::BTreeMap;

/// Faces of a person.
const EACH: u32 = 8;
/// Rows that a place in a block, or a neighbour, may make a difference of.
const SLACK: u64 = 4;

fn face(n: u32) -> Face {
    let x = n as f32;
    Face {
        bbox: [x, 0.0, x + 1.0, 1.0],
        score: 0.9,
        landmarks: [[0.0; 2]; 5],
        quality: FaceQuality { size: 90.0, sharpness: 20.0, brightness: 0.5, ..FaceQuality::default() },
        embedding: Embedding {
            pipeline: PipelineId::new("touched"),
            vector: vec![1.0, x, x * x, 1.0 / (x + 1.0)],
        },
    }
}

fn photo(n: u32) -> NewPhoto {
    let photo = Photo { photo_id: n.to_string(), event: "event".to_owned(), ..Photo::default() };
    NewPhoto { photo, faces: vec![face(2 * n), face(2 * n + 1)], thumbnails: Vec::new() }
}

/// An event of so many faces, two on a photo: neighbours of photos make people of eight faces, and half of the people
/// of each pair is decided upon.
fn event(name: &str, faces: u32) -> (Store, People) {
    let path = std::env::temp_dir().join(format!("sonic-touched-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&path);
    let store = Store::open(&path, StoreOptions::default()).unwrap();
    let photos: Vec<NewPhoto> = (0..faces / 2).map(photo).collect();
    store.faces().add_photos(&photos).unwrap();
    store
        .write(|txn| {
            let mut album = Album::load(txn.view(), 1)?;
            for first in (0..faces / 16 * 16).step_by(16) {
                for second in 0..2 {
                    let theirs: Vec<u32> = (0..EACH).map(|n| first + second + 2 * n + 1).collect();
                    album.create(&theirs)?;
                }
            }
            album.save(txn)
        })
        .unwrap();
    assert_eq!(store.check().unwrap(), []);
    let people = store.people("event");
    (store, people)
}

/// Rows read and written, by what was done.
type Costs = BTreeMap<&'static str, (u64, u64)>;

/// An event in use: people 1 and 2 are a pair in the middle of it, 3 and 4 the next.
struct Scene {
    store: Store,
    people: People,
    middle: u32,
    costs: Costs,
}

impl Scene {
    fn new(name: &str, faces: u32) -> Self {
        let (store, people) = event(name, faces);
        Self { store, people, middle: faces / EACH / 4 * 2, costs: Costs::new() }
    }

    fn person(&self, n: u32) -> PersonId {
        PersonId::new(1, self.middle + n)
    }

    fn face(&self, person: u32, n: u32) -> FaceId {
        let person = self.middle + person - 1;
        FaceId::new(1, person / 2 * 2 * EACH + person % 2 + 2 * n + 1)
    }

    fn photo_of(&self, face: FaceId) -> String {
        self.store.faces().get(face).unwrap().unwrap().photo_id
    }

    fn run(&mut self, what: &'static str, work: impl FnOnce(&Self)) {
        touched::take();
        work(self);
        self.costs.insert(what, touched::take());
    }

    fn query(&mut self) {
        self.run("get", |s| assert_eq!(s.people.get(s.person(1)).unwrap().unwrap().faces, EACH));
        self.run("person", |s| assert!(s.store.person(s.person(1)).unwrap().is_some()));
        self.run("faces_of", |s| assert_eq!(s.people.faces_of(s.person(1)).unwrap().len(), EACH as usize));
        self.run("event", |s| assert!(s.store.faces().event("event").unwrap().unwrap().faces >= 200));
        self.run("faces of photo", |s| assert_eq!(s.store.faces().faces_of("event", "7").unwrap().len(), 2));
    }

    /// Every decision about one person, or two.
    fn decide(&mut self) {
        self.run("rename", |s| drop(s.people.rename(s.person(1), Some("Ada")).unwrap()));
        self.run("link", |s| drop(s.people.link(s.person(1), "ada").unwrap()));
        self.run("invite", |s| drop(s.people.invite(s.person(2), "bob@example.org").unwrap()));
        self.run("ignore", |s| drop(s.people.ignore(s.person(2)).unwrap()));
        self.run("unignore", |s| drop(s.people.unignore(s.person(2)).unwrap()));
        self.run("not_same", |s| s.people.not_same(s.person(1), s.person(2)).unwrap());
        self.run("maybe_same", |s| s.people.maybe_same(s.person(1), s.person(2)).unwrap());
        self.run("pin", |s| drop(s.people.pin_representative(s.person(1), Some(s.face(1, 2))).unwrap()));
        self.run("unassign", |s| drop(s.people.unassign(s.face(1, 3)).unwrap()));
        self.run("assign", |s| drop(s.people.assign(s.face(1, 3), s.person(1)).unwrap()));
        self.run("not_person", |s| drop(s.people.not_person(s.face(3, 0), s.person(1)).unwrap()));
        self.run("split", |s| drop(s.people.split(s.person(1), &[s.face(1, 6), s.face(1, 7)]).unwrap()));
        self.run("create", |s| drop(s.people.create(&[s.face(3, 1), s.face(3, 2)]).unwrap()));
        self.run("merge", |s| drop(s.people.merge(s.person(4), s.person(2)).unwrap()));
    }

    fn remove(&mut self) {
        let (removed, replaced) = (self.photo_of(self.face(1, 0)), self.photo_of(self.face(1, 1)));
        let again = photo(replaced.parse().unwrap());
        self.run("add_photo", |s| drop(s.store.faces().add_photo(&photo(99_999)).unwrap()));
        self.run("remove_photo", |s| drop(s.store.faces().remove_photo("event", &removed).unwrap()));
        self.run("replace_photo", |s| drop(s.store.faces().replace_photo(&again).unwrap()));
        self.run("forget_person", |s| assert_eq!(s.people.forget_person(s.person(1)).unwrap().tags, 5));
    }

    fn close(self) -> Costs {
        assert_eq!(self.store.check().unwrap(), []);
        let path = self.store.path().to_owned();
        self.store.close();
        std::fs::remove_dir_all(path).unwrap();
        self.costs
    }
}

/// Microseconds that `work` keeps a processor busy, on average of many times.
fn processor_us(mut work: impl FnMut(u32)) -> f64 {
    const TIMES: u32 = 300;
    let now = || {
        let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
        text.split(' ').next().and_then(|time| time.parse::<f64>().ok()).unwrap_or_default()
    };
    let before = now();
    (0..TIMES).for_each(&mut work);
    (now() - before) / f64::from(TIMES) / 1e3
}

/// Says what decisions cost beside the commit; that depends on the machine, so that nothing is asserted.
fn print_times(scene: &Scene) {
    let (store, people) = (&scene.store, &scene.people);
    let commit = processor_us(|n| {
        let value = n.to_le_bytes();
        store.write(|txn| txn.put(Table::Meta, b"touched", &value)).unwrap();
    });
    let get = processor_us(|_| drop(people.get(scene.person(1)).unwrap()));
    let rename = processor_us(|n| drop(people.rename(scene.person(5), Some(&n.to_string())).unwrap()));
    let assign = processor_us(|_| {
        people.unassign(scene.face(5, 3)).unwrap();
        people.assign(scene.face(5, 3), scene.person(5)).unwrap();
    }) / 2.0;
    println!("processor: commit {commit:.0} us, get {get:.0}, rename {rename:.0}, (un)assign {assign:.0}");
}

#[test]
fn a_decision_touches_as_many_rows_at_any_size() {
    let [small, large] = [("small", 200), ("large", 20_000)].map(|(name, faces)| {
        let mut scene = Scene::new(name, faces);
        scene.query();
        print_times(&scene);
        scene.decide();
        scene.remove();
        scene.close()
    });
    for (what, (read, written)) in &large {
        let (few, fewer) = small[what];
        println!("{what:14} reads {few} and {read}, writes {fewer} and {written}");
        assert!(few.abs_diff(*read) <= SLACK && fewer.abs_diff(*written) <= SLACK, "{what}");
        assert!(*read <= 300 && *written <= 100, "{what}");
    }
}
