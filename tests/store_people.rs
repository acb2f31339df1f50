//! Promise: the people of an event are found again at every clustering, and what the user said about them stays.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod face_support;
mod support;

use face_support::{EVENT, face, photo};
use sonic::faces::{AddedPhoto, FaceId, ForgottenFaces, NewPhoto};
use sonic::people::{
    AssignTo, ClusterMode, ClusterOptions, ClusterReport, People, Person, PersonId, PersonStatus,
};
use sonic::{Embedding, ErrorKind, PipelineId, Store, StoreOptions};
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use support::{Random, Scratch};

struct Scene {
    _scratch: Scratch,
    store: Store,
    people: People,
}

/// A store with these photos, clustered.
fn scene(photos: &[NewPhoto]) -> Scene {
    let scratch = Scratch::new("people");
    let store = Store::open(scratch.join("store"), StoreOptions::default()).unwrap();
    store.faces().add_photos(photos).unwrap();
    let people = store.people(EVENT);
    people.cluster(&ClusterOptions::default()).unwrap();
    Scene { _scratch: scratch, store, people }
}

impl Scene {
    fn cluster(&self) -> ClusterReport {
        let report = self.people.cluster(&ClusterOptions::default()).unwrap();
        assert_eq!(self.store.check().unwrap(), []);
        report
    }

    fn add(&self, photos: impl IntoIterator<Item = NewPhoto>) {
        self.store.faces().add_photos(&photos.into_iter().collect::<Vec<_>>()).unwrap();
    }

    /// The face of `who` in photo `number`, told by its place.
    fn face(&self, number: u64, who: u64) -> FaceId {
        let faces = self.store.faces().faces_of(EVENT, &format!("{number}.jpg")).unwrap();
        faces.iter().find(|face| face.bbox[0] == 10.0 * who as f32).unwrap().face_id
    }

    /// Who that face is put to.
    fn who(&self, number: u64, who: u64) -> Option<PersonId> {
        self.store.faces().get(self.face(number, who)).unwrap().unwrap().person_id
    }

    fn person(&self, id: PersonId) -> Person {
        self.people.get(id).unwrap().unwrap()
    }

    /// Photos by person: what the people are, whatever they are called.
    fn partition(&self) -> BTreeSet<BTreeSet<(String, i32)>> {
        let theirs = |person: &Person| {
            let faces = self.people.faces_of(person.person_id).unwrap();
            faces.into_iter().map(|face| (face.photo_id, face.bbox[0] as i32)).collect()
        };
        self.people.list().unwrap().iter().map(theirs).collect()
    }
}

/// Three people on eight photos each, two at a time, and a stranger.
fn party() -> Vec<NewPhoto> {
    let mut photos: Vec<NewPhoto> = (0..12).map(|n| photo(n, &[1 + n % 3, 1 + (n + 1) % 3])).collect();
    photos.push(photo(50, &[9]));
    photos.push(photo(51, &[]));
    photos
}

#[test]
fn people_are_found_and_reported() {
    let scratch = Scratch::new("people");
    let store = Store::open(scratch.join("store"), StoreOptions::default()).unwrap();
    store.faces().add_photos(&party()).unwrap();
    let people = store.people(EVENT);
    let report = people.cluster(&ClusterOptions::default()).unwrap();
    let counts = (report.total_faces, report.new_clusters_created, report.unassigned_faces);
    assert_eq!(counts, (25, 3, 1));
    assert_eq!((report.preserved_clusters, report.assigned_to_existing, report.removed_clusters), (0, 0, 0));
    let list = people.list().unwrap();
    assert_eq!(
        list.iter().map(|p| (p.label, p.faces, p.photos)).collect::<Vec<_>>(),
        [(0, 8, 8), (1, 8, 8), (2, 8, 8)]
    );
    for (person, cluster) in list.iter().zip(&report.clusters) {
        assert_eq!((person.status, person.status.name()), (PersonStatus::Pending, "pending"));
        assert_eq!((cluster.person_id, cluster.face_count, cluster.is_new), (person.person_id, 8, true));
        assert_eq!(cluster.representative_face_id, person.representative_face_id);
        let faces = people.faces_of(person.person_id).unwrap();
        let best = faces.iter().max_by(|a, b| a.score.total_cmp(&b.score)).unwrap();
        assert_eq!(
            store.faces().get(person.representative_face_id.unwrap()).unwrap().unwrap().score,
            best.score
        );
        assert_eq!((person.max_quality, person.faces), (best.score, 8));
        let mean = faces.iter().map(|f| f.score).sum::<f32>() / 8.0;
        assert!((person.avg_quality - mean).abs() < 1e-6 && person.min_quality <= mean);
    }
    let first = &report.clusters[0];
    assert_eq!((first.label, first.face_count, first.is_new), (0, 8, true));
    assert_eq!(first.representative_face_id, list[0].representative_face_id);
    assert!(report.elapsed_ms > 0.0);
    assert_eq!(people.unassigned().unwrap()[0].photo_id, "50.jpg");
}

#[test]
fn new_photos_find_the_people_who_are_there() {
    for options in [
        ClusterOptions::default(),
        ClusterOptions { mode: ClusterMode::Incremental, ..ClusterOptions::default() },
        ClusterOptions { assign_to: AssignTo::Representative, ..ClusterOptions::default() },
        ClusterOptions::dbscan(),
    ] {
        let scene = scene(&party());
        let before: Vec<PersonId> = scene.people.list().unwrap().iter().map(|p| p.person_id).collect();
        // One more of each, the stranger again and again, and two strangers.
        scene.add([
            photo(60, &[1, 2, 3]),
            photo(61, &[9]),
            photo(62, &[9]),
            photo(63, &[9, 20]),
            photo(64, &[21]),
        ]);
        let report = scene.people.cluster(&options).unwrap();
        let after: Vec<PersonId> = scene.people.list().unwrap().iter().map(|p| p.person_id).collect();
        assert_eq!(after[..3], before[..], "{options:?}");
        assert_eq!((report.preserved_clusters, report.new_clusters_created), (3, 1), "{options:?}");
        if options != ClusterOptions::dbscan() && options.assign_to == AssignTo::Mean {
            assert_eq!((report.assigned_to_existing, report.unassigned_faces), (3, 2), "{options:?}");
            assert_eq!(scene.person(after[3]).faces, 4);
        }
        assert_eq!(scene.store.check().unwrap(), []);
    }
}

/// Every kind of decision, three clusterings with new photos after it, and the decision is there.
#[test]
fn corrections_survive_clustering() {
    let scene = scene(&party());
    let [ada, bert, cleo] = [1, 2, 3].map(|who| {
        let photo = (0..12).find(|n| 1 + n % 3 == who).unwrap();
        scene.who(photo, who).unwrap()
    });
    scene.people.link(ada, "user-ada").unwrap();
    scene.people.ignore(bert).unwrap();
    // The face of Cleo in photo 2 is somebody else, says the user, and the stranger is Cleo.
    let (wrong, stranger) = (scene.face(2, 3), scene.face(50, 9));
    scene.people.unassign(wrong).unwrap().unwrap();
    scene.people.assign(stranger, cleo).unwrap();
    let pinned = scene.face(5, 3);
    scene.people.pin_representative(cleo, Some(pinned)).unwrap();
    // Two of Ada's photos are her twin.
    let twin_faces: Vec<FaceId> = [0, 3].map(|n| scene.face(n, 1)).to_vec();
    scene.people.pin_representative(ada, Some(twin_faces[0])).unwrap();
    let twin = scene.people.split(ada, &twin_faces).unwrap().person_id;
    assert!(!scene.person(ada).pinned && scene.store.check().unwrap().is_empty());
    scene.people.invite(twin, "twin@example.org").unwrap();
    for round in 0..3 {
        scene.add((0..4).map(|n| photo(100 + 10 * round + n, &[1, 2, 3])));
        scene.cluster();
        let [a, b, c, t] = [ada, bert, cleo, twin].map(|id| scene.person(id));
        assert_eq!((a.status, a.user_id.as_deref()), (PersonStatus::Linked, Some("user-ada")));
        assert_eq!((b.status, t.status), (PersonStatus::Ignored, PersonStatus::Invited));
        assert_eq!(t.invitation_email.as_deref(), Some("twin@example.org"));
        assert_eq!((c.representative_face_id, c.pinned), (Some(pinned), true));
        assert_eq!(a.not_same, [twin]);
        let person = |face| scene.store.faces().get(face).unwrap().unwrap().person_id;
        assert_ne!(person(wrong), Some(cleo), "round {round}");
        assert_eq!(person(stranger), Some(cleo));
        assert!(twin_faces.iter().all(|face| person(*face) == Some(twin)));
        // The ignored go on gathering, so that they do not come back.
        assert_eq!(b.faces as u64, 8 + 4 * (round + 1));
        assert!((a.faces + t.faces) as u64 == 8 + 4 * (round + 1), "{} {}", a.faces, t.faces);
    }
    assert_eq!(scene.people.unignore(bert).unwrap().status, PersonStatus::Pending);
    // Ada's photos are tagged, the twin's are not.
    let tags = scene.people.tags().unwrap();
    assert_eq!(tags.len() as u32, scene.person(ada).photos);
    assert!(tags.iter().all(|tag| tag.user_id == "user-ada" && tag.person_id == ada));
    assert_eq!(scene.store.faces().tags_of_user("user-ada").unwrap(), tags);
}

#[test]
fn merged_people_stay_one_and_hand_over_what_is_known() {
    let scene = scene(&party());
    let ids: Vec<PersonId> = scene.people.list().unwrap().iter().map(|p| p.person_id).collect();
    let (from, into) = (ids[0], ids[1]);
    scene.people.link(from, "u").unwrap();
    scene.people.not_same(from, ids[2]).unwrap();
    let merged = scene.people.merge(from, into).unwrap();
    // Four photos show both: one face of each is left out.
    assert_eq!((merged.unassigned.len(), merged.person.faces, merged.person.photos), (4, 12, 12));
    assert_eq!((merged.person.status, merged.person.user_id.as_deref()), (PersonStatus::Linked, Some("u")));
    assert_eq!(merged.person.not_same, [ids[2]]);
    assert_eq!(scene.people.merge(into, ids[2]).unwrap_err().kind(), ErrorKind::Mismatch);
    for round in 0..3 {
        scene.add([photo(200 + round, &[1, 2, 3])]);
        scene.cluster();
        let old = scene.person(from);
        assert_eq!((old.status, old.merged_into, old.faces), (PersonStatus::Merged, Some(into), 0));
        let left = scene.people.faces_of(into).unwrap();
        assert!(merged.unassigned.iter().all(|face| left.iter().all(|row| row.face_id != *face)));
        assert!(scene.people.list().unwrap().iter().all(|p| p.person_id != from));
        assert!(scene.person(into).faces >= 12);
    }
    assert_eq!(scene.people.link(from, "x").unwrap_err().kind(), ErrorKind::InvalidArgument);
    scene.people.maybe_same(into, ids[2]).unwrap();
    scene.people.merge(ids[2], into).unwrap();
    let all = scene.people.forget_user("u").unwrap();
    assert_eq!((all.people, scene.person_count()), (1, scene.people.list().unwrap().len()));
    assert_eq!(scene.people.get(from).unwrap(), None, "those merged into somebody go with them");
}

impl Scene {
    fn person_count(&self) -> usize {
        self.store.faces().event(EVENT).unwrap().unwrap().people as usize
    }
}

/// Two people who look the same to the model, in every photo together, and a picture with one face found twice.
#[test]
fn two_faces_of_a_photo_are_never_one_person() {
    let twins = |n: u64| {
        let mut new = photo(n, &[1]);
        let mut other = face(1, 500 + n);
        other.bbox = [500.0, 10.0, 590.0, 100.0];
        new.faces.push(other);
        new
    };
    let scene = scene(&(0..6).map(twins).collect::<Vec<_>>());
    let check = |scene: &Scene| {
        for person in scene.people.list().unwrap() {
            assert_eq!(person.faces, person.photos, "{person:?}");
        }
    };
    check(&scene);
    assert_eq!(scene.people.list().unwrap().len(), 2);
    for n in 6..12 {
        scene.add([twins(n)]);
        scene.cluster();
        check(&scene);
        scene.people.cluster(&ClusterOptions::dbscan()).unwrap();
        check(&scene);
    }
    let person = scene.people.list().unwrap()[0].person_id;
    let own = scene.people.faces_of(person).unwrap()[0].clone();
    let rival = scene
        .store
        .faces()
        .faces_of(EVENT, &own.photo_id)
        .unwrap()
        .into_iter()
        .find(|f| f.face_id != own.face_id)
        .unwrap();
    assert_eq!(scene.people.create(&[own.face_id, rival.face_id]).unwrap_err().kind(), ErrorKind::Mismatch);
    // By hand it takes the place of what clustering found, but not of what the user said.
    scene.people.assign(rival.face_id, person).unwrap();
    assert_eq!(scene.store.faces().get(own.face_id).unwrap().unwrap().person_id, None);
    assert_eq!(scene.people.assign(own.face_id, person).unwrap_err().kind(), ErrorKind::Mismatch);
    check(&scene);
}

#[test]
fn the_order_of_photos_does_not_matter() {
    let photos = party();
    let want = scene(&photos).partition();
    for seed in 0..5 {
        let mut shuffled = photos.clone();
        let mut random = Random(seed);
        for i in (1..shuffled.len()).rev() {
            shuffled.swap(i, random.below(i as u64 + 1) as usize);
        }
        let all_at_once = scene(&shuffled);
        assert_eq!(all_at_once.partition(), want);
        let parts = scene(&shuffled[..5]);
        parts.add(shuffled[5..9].to_vec());
        parts.cluster();
        parts.add(shuffled[9..].to_vec());
        parts.cluster();
        assert_eq!(parts.partition(), want);
        // Nothing new: nothing changes.
        let before = parts.people.list().unwrap();
        let report = parts.cluster();
        assert_eq!((report.new_clusters_created, report.removed_clusters), (0, 0));
        assert_eq!(parts.people.list().unwrap(), before);
    }
}

#[test]
fn purging_and_archiving_count_what_went() {
    let scene = scene(&party());
    let faces = scene.store.faces();
    let person = scene.people.list().unwrap()[0].person_id;
    scene.people.link(person, "u").unwrap();
    let mut brought = photo(80, &[]);
    brought.photo.user_id = Some("u".to_owned());
    brought.photo.event = "elsewhere".to_owned();
    faces.add_photo(&brought).unwrap();
    let nothing = faces.forget_user("nobody").unwrap();
    assert_eq!(nothing, ForgottenFaces::default());
    let report = scene.store.forget("u").unwrap();
    let mut want = ForgottenFaces::default();
    (want.faces, want.people, want.tags, want.photos) = (8, 1, 8, 1);
    assert_eq!((report.faces, report.voices), (want, sonic::voices::ForgottenVoices::default()));
    assert_eq!(faces.photo("elsewhere", "80.jpg").unwrap().unwrap().user_id, None);
    assert_eq!((scene.people.get(person).unwrap(), scene.people.tags().unwrap().len()), (None, 0));
    assert_eq!(faces.event(EVENT).unwrap().unwrap().faces, 17);
    // The photos stay known, so that the face does not come back with them.
    assert!(matches!(faces.add_photo(&party()[0]).unwrap(), AddedPhoto::Known(_)));
    scene.cluster();
    let archived = scene.people.archive().unwrap();
    assert_eq!((archived.embeddings, archived.faces, archived.people), (17, 17, 2));
    assert_eq!(scene.people.archive().unwrap().embeddings, 0);
    let before = scene.people.list().unwrap();
    let report = scene.cluster();
    assert_eq!((report.total_faces, report.preserved_clusters, report.new_clusters_created), (17, 2, 0));
    assert_eq!(scene.people.list().unwrap(), before);
    let row = &scene.people.faces_of(before[0].person_id).unwrap()[0];
    assert_eq!((row.embedding_dimensions, faces.embedding(row.face_id).unwrap()), (0, None));
    assert_eq!(faces.add_photo(&photo(90, &[1])).unwrap_err().kind(), ErrorKind::InvalidArgument);
    // Without embeddings the store may have those of another model.
    let mut other = photo(91, &[1]);
    other.photo.event = "next".to_owned();
    other.faces[0].embedding = Embedding { pipeline: PipelineId::new("another"), vector: vec![1.0, 2.0] };
    faces.add_photo(&other).unwrap();
    let gone = scene.people.remove().unwrap();
    assert_eq!((gone.faces, gone.people, gone.photos), (17, 2, 14));
    assert_eq!(scene.people.remove().unwrap(), ForgottenFaces::default());
    assert_eq!(
        faces.events().unwrap().iter().map(|e| e.name.clone()).collect::<Vec<_>>(),
        ["elsewhere", "next"]
    );
    assert_eq!(scene.store.check().unwrap(), []);
    scene.store.compact().unwrap();
    assert_eq!((faces.stats().unwrap().faces, scene.store.check().unwrap().len()), (1, 0));
}

#[test]
fn bad_input_is_an_error_and_nothing_is_an_answer() {
    let scene = scene(&party());
    let stranger = scene.store.people("no such event");
    let report = stranger.cluster(&ClusterOptions::default()).unwrap();
    assert_eq!((report.total_faces, report.clusters.len(), report.event.as_str()), (0, 0, "no such event"));
    assert!(stranger.list().unwrap().is_empty() && stranger.unassigned().unwrap().is_empty());
    assert!(stranger.tags().unwrap().is_empty());
    let person = scene.people.list().unwrap()[0].person_id;
    let face = scene.people.faces_of(person).unwrap()[0].face_id;
    let kinds = [
        stranger.faces_of(person).unwrap_err(),
        stranger.link(person, "u").unwrap_err(),
        stranger.archive().unwrap_err(),
        scene.people.link(PersonId(77), "u").unwrap_err(),
        scene.people.link(PersonId(person.0 + 100), "u").unwrap_err(),
        scene.people.assign(FaceId(1), person).unwrap_err(),
    ];
    assert!(kinds.iter().all(|e| e.kind() == ErrorKind::NotFound), "{kinds:?}");
    let invalid = [
        scene.people.link(person, "").unwrap_err(),
        scene.people.link(person, &"x".repeat(900)).unwrap_err(),
        scene.people.split(person, &[]).unwrap_err(),
        scene.people.merge(person, person).unwrap_err(),
        scene.people.not_same(person, person).unwrap_err(),
        scene.people.pin_representative(person, Some(scene.face(50, 9))).unwrap_err(),
        scene.people.create(&[]).unwrap_err(),
    ];
    assert!(invalid.iter().all(|e| e.kind() == ErrorKind::InvalidArgument), "{invalid:?}");
    let all: Vec<FaceId> = scene.people.faces_of(person).unwrap().iter().map(|f| f.face_id).collect();
    assert_eq!(scene.people.split(person, &all).unwrap_err().kind(), ErrorKind::InvalidArgument);
    for options in [
        ClusterOptions { assign_similarity: f32::NAN, ..ClusterOptions::default() },
        ClusterOptions { min_cluster_size: 1, ..ClusterOptions::default() },
        ClusterOptions { min_samples: 0, ..ClusterOptions::default() },
        ClusterOptions { epsilon: -1.0, ..ClusterOptions::default() },
        ClusterOptions { epsilon: f64::NAN, ..ClusterOptions::default() },
        ClusterOptions { min_quality: 2.0, ..ClusterOptions::default() },
        ClusterOptions { min_size: f32::NAN, ..ClusterOptions::default() },
        ClusterOptions { min_sharpness: -1.0, ..ClusterOptions::default() },
        ClusterOptions { gather_similarity: Some(f32::INFINITY), ..ClusterOptions::default() },
    ] {
        assert_eq!(scene.people.cluster(&options).unwrap_err().kind(), ErrorKind::InvalidArgument);
    }
    // Broken off, nothing is changed.
    let before = (scene.people.list().unwrap(), scene.people.get(person).unwrap());
    scene.add([photo(70, &[1, 2, 3])]);
    let error = scene.people.cluster_with(&ClusterOptions::default(), &mut |_| ControlFlow::Break(()));
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Closed);
    assert_eq!((scene.people.list().unwrap(), scene.people.get(person).unwrap()), before);
    scene.store.close();
    assert_eq!(scene.people.list().unwrap_err().kind(), ErrorKind::Closed);
    assert_eq!(scene.people.unassign(face).unwrap_err().kind(), ErrorKind::Closed);
}

/// What is alike by being small or blurred is nobody, unless it is asked for, or is known already.
#[test]
fn tiny_and_blurred_faces_make_no_people() {
    let mut photos: Vec<NewPhoto> = (0..8).map(|n| photo(n, &[1, 2])).collect();
    photos.iter_mut().for_each(|photo| photo.faces[0].quality.size = 20.0);
    photos.iter_mut().for_each(|photo| photo.faces[1].quality.sharpness = 2.0);
    let scene = scene(&photos);
    assert_eq!((scene.people.list().unwrap().len(), scene.people.unassigned().unwrap().len()), (0, 16));
    let tiny = ClusterOptions { min_size: 0.0, ..ClusterOptions::default() };
    assert_eq!(scene.people.cluster(&tiny).unwrap().clusters.len(), 1);
    let both = ClusterOptions { min_sharpness: 0.0, ..tiny };
    assert_eq!(scene.people.cluster(&both).unwrap().clusters.len(), 2);
    // Quality that nobody measured says nothing.
    let mut unmeasured: Vec<NewPhoto> = (20..28).map(|n| photo(n, &[3])).collect();
    unmeasured.iter_mut().for_each(|photo| photo.faces[0].quality.size = 0.0);
    scene.add(unmeasured);
    assert!(!scene.people.cluster(&ClusterOptions::default()).unwrap().clusters.is_empty());
    assert!(scene.people.unassigned().unwrap().iter().all(|face| face.quality.size > 0.0));
}

/// Few faces: one person alone, one face, twos.
#[test]
fn small_events_are_clustered_too() {
    let one = scene(&[photo(1, &[1])]);
    assert_eq!((one.people.list().unwrap().len(), one.people.unassigned().unwrap().len()), (0, 1));
    let singles = ClusterOptions { single_quality: Some(0.8), ..ClusterOptions::default() };
    assert_eq!(one.people.cluster(&singles).unwrap().new_clusters_created, 1);
    for count in 2..7 {
        let alone = scene(&(0..count).map(|n| photo(n, &[1])).collect::<Vec<_>>());
        let list = alone.people.list().unwrap();
        assert_eq!(list.iter().map(|p| p.faces).collect::<Vec<_>>(), [count as u32]);
        let pairs = scene(
            &(0..count)
                .flat_map(|n| [photo(2 * n, &[n + 1]), photo(2 * n + 1, &[n + 1])])
                .collect::<Vec<_>>(),
        );
        let faces: Vec<u32> = pairs.people.list().unwrap().iter().map(|p| p.faces).collect();
        assert_eq!(faces, vec![2; count as usize]);
    }
    let none = scene(&[photo(1, &[]), photo(2, &[])]);
    let (mut report, mut want) = (none.cluster(), ClusterReport::default());
    report.elapsed_ms = 0.0;
    want.event = EVENT.to_owned();
    assert_eq!(report, want);
}
