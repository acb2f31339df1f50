//! A question or decision about one person touches as many rows in a large event as in a small one.

#![expect(clippy::print_stdout, reason = "what a decision costs is worth knowing")]

use crate::album::state::Album;
use crate::env::touched;
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
        quality: FaceQuality {
            size: 90.0,
            sharpness: 20.0,
            yaw: 0.0,
            pitch: 0.0,
            roll: 0.0,
            brightness: 0.5,
            clipped: 0.0,
        },
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

/// Rows read and written, and nanoseconds of this thread on a processor, by what was done.
type Costs = BTreeMap<&'static str, (u64, u64, u64)>;

fn processor_ns() -> u64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split(' ').next().and_then(|ns| ns.parse().ok()).unwrap_or(0)
}

/// Does everything that concerns one person, or two, of an event.
fn costs(name: &str, faces: u32) -> Costs {
    let (store, people) = event(name, faces);
    let middle = faces / EACH / 4 * 2;
    let person = |n: u32| PersonId::new(1, middle + n);
    let face = |person: u32, n: u32| {
        FaceId::new(1, (middle + person - 1) / 2 * 2 * EACH + (middle + person - 1) % 2 + 2 * n + 1)
    };
    let mut costs = Costs::new();
    let mut run = |what: &'static str, work: &mut dyn FnMut()| {
        let before = processor_ns();
        touched::take();
        work();
        let (read, written) = touched::take();
        costs.insert(what, (read, written, processor_ns() - before));
    };
    run("get", &mut || assert_eq!(people.get(person(1)).unwrap().unwrap().faces, EACH));
    run("person", &mut || assert!(store.person(person(1)).unwrap().is_some()));
    run("faces_of", &mut || assert_eq!(people.faces_of(person(1)).unwrap().len(), EACH as usize));
    run("event", &mut || assert_eq!(store.faces().event("event").unwrap().unwrap().faces, u64::from(faces)));
    run("rename", &mut || drop(people.rename(person(1), Some("Ada")).unwrap()));
    run("link", &mut || drop(people.link(person(1), "ada").unwrap()));
    run("invite", &mut || drop(people.invite(person(2), "bob@example.org").unwrap()));
    run("ignore", &mut || drop(people.ignore(person(2)).unwrap()));
    run("unignore", &mut || drop(people.unignore(person(2)).unwrap()));
    run("not_same", &mut || people.not_same(person(1), person(2)).unwrap());
    run("maybe_same", &mut || people.maybe_same(person(1), person(2)).unwrap());
    run("pin", &mut || drop(people.pin_representative(person(1), Some(face(1, 2))).unwrap()));
    run("unassign", &mut || drop(people.unassign(face(1, 3)).unwrap()));
    run("assign", &mut || drop(people.assign(face(1, 3), person(1)).unwrap()));
    run("not_person", &mut || drop(people.not_person(face(3, 0), person(1)).unwrap()));
    run("split", &mut || drop(people.split(person(1), &[face(1, 6), face(1, 7)]).unwrap()));
    run("create", &mut || drop(people.create(&[face(3, 1), face(3, 2)]).unwrap()));
    run("merge", &mut || drop(people.merge(person(4), person(2)).unwrap()));
    let photo_of = |id: FaceId| store.faces().get(id).unwrap().unwrap().photo_id;
    let (removed, replaced) = (photo_of(face(1, 0)), photo_of(face(1, 1)));
    run("remove_photo", &mut || drop(store.faces().remove_photo("event", &removed).unwrap()));
    let again = photo(replaced.parse().unwrap());
    run("replace_photo", &mut || drop(store.faces().replace_photo(&again).unwrap()));
    run("forget_person", &mut || assert_eq!(people.forget_person(person(1)).unwrap().tags, 5));
    assert_eq!(store.check().unwrap(), []);
    let path = store.path().to_owned();
    store.close();
    std::fs::remove_dir_all(path).unwrap();
    costs
}

#[test]
fn a_decision_touches_as_many_rows_at_any_size() {
    let (small, large) = (costs("small", 200), costs("large", 20_000));
    for (what, (read, written, ns)) in &large {
        let (few, fewer, _) = small[what];
        println!(
            "{what:14} reads {few} {read}, writes {fewer} {written}, {:.0} us of processor",
            *ns as f64 / 1e3
        );
        assert!(few.abs_diff(*read) <= SLACK && fewer.abs_diff(*written) <= SLACK, "{what}");
        assert!(*read <= 300 && *written <= 100, "{what}");
    }
}
