//! Promise: photos are kept with all their faces or not at all, faces are found by likeness, embeddings that cannot be
//! compared never are, and what was committed is there after a kill.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may fail; a child process answers on stdout"
)]

mod face_support;
mod support;

use face_support::{EVENT, face, photo, photo_of};
use sonic::faces::{AddedPhoto, FaceId, FaceSearchOptions, NewPhoto, Photo};
use sonic::people::{ClusterOptions, PersonStatus};
use sonic::store::Cursor;
use sonic::{Access, Embedding, ErrorKind, PipelineId, Store, StoreOptions, vector};
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::time::Duration;
use support::{Random, Scratch};

fn open(path: &Path, access: Access) -> Store {
    Store::open(path, StoreOptions { access, map_size: 1 << 20, ..StoreOptions::default() }).unwrap()
}

fn new_store(name: &str) -> (Scratch, Store) {
    let scratch = Scratch::new(name);
    let store = open(&scratch.join("store"), Access::Create);
    (scratch, store)
}

#[test]
fn a_photo_comes_back_as_it_was_and_is_kept_once() {
    let (_scratch, store) = new_store("photos");
    let faces = store.faces();
    assert_eq!((faces.photo(EVENT, "1.jpg").unwrap(), faces.events().unwrap().len()), (None, 0));
    let mut new = photo(1, &[3, 4]);
    new.photo = Photo {
        path: Some("s3://bucket/1.jpg".to_owned()),
        source_hash: Some("abc".to_owned()),
        user_id: Some("u".to_owned()),
        created_at_ms: 1_767_225_600_000,
        metadata: serde_json::json!({ "album": 7 }),
        ..new.photo
    };
    let want = Photo { faces: 2, ..new.photo.clone() };
    assert_eq!(faces.add_photo(&new).unwrap(), AddedPhoto::New(Box::new(want.clone())));
    let other = NewPhoto { photo: new.photo.clone(), faces: vec![face(9, 9)], thumbnails: Vec::new() };
    assert_eq!(faces.add_photo(&other).unwrap(), AddedPhoto::Known(Box::new(want.clone())));
    assert_eq!(faces.photo(EVENT, "1.jpg").unwrap(), Some(want));
    let rows = faces.faces_of(EVENT, "1.jpg").unwrap();
    assert_eq!(rows.len(), 2);
    for (row, given) in rows.iter().zip(&new.faces) {
        assert_eq!((row.event.as_str(), row.photo_id.as_str(), row.person_id), (EVENT, "1.jpg", None));
        assert_eq!((row.bbox, row.score, row.landmarks), (given.bbox, given.score, given.landmarks));
        assert_eq!((row.quality, row.embedding_dimensions, row.confirmed), (given.quality, 64, false));
        let kept = faces.embedding(row.face_id).unwrap().unwrap();
        assert_eq!(kept.pipeline, given.embedding.pipeline);
        assert!(vector::cosine(&kept.vector, &given.embedding.vector) > 0.999_999);
        assert_eq!(faces.get(row.face_id).unwrap().as_ref(), Some(row));
    }
    let photo = faces.photo(EVENT, "1.jpg").unwrap().unwrap();
    assert_eq!(photo.relative_box([-100.0, 50.0, 250.0, 600.0]), Some([0.0, 0.1, 0.25, 0.9]));
    assert_eq!(Photo::default().relative_box([0.0; 4]), None);
    // Without a face it is kept too; the same name in another event is another photo.
    let AddedPhoto::New(empty) = faces.add_photo(&photo_of("other", 1, &[])).unwrap() else { panic!("new") };
    assert!(empty.faces == 0 && empty.created_at_ms > 1_700_000_000_000);
    let stats = faces.stats().unwrap();
    assert_eq!((stats.events, stats.photos, stats.faces, stats.dimensions), (2, 2, 2, 64));
    assert_eq!(store.check().unwrap(), []);
}

#[test]
fn photos_and_faces_come_in_pages_and_can_be_removed() {
    let (scratch, store) = new_store("pages");
    let faces = store.faces();
    for n in 0..30 {
        faces.add_photos(&[photo(n, &[1, 2]), photo_of("other", n, &[3])]).unwrap();
    }
    let first = faces.photos(EVENT, Cursor::default(), 20).unwrap();
    let id = first.photos[19].photo_id.clone();
    assert_eq!(faces.remove_photo(EVENT, &id).unwrap().photo_id, id);
    let second = faces.photos(EVENT, first.next.unwrap(), 20).unwrap();
    assert_eq!((first.photos.len(), second.photos.len(), second.next), (20, 10, None));
    let mut seen = Vec::new();
    let mut place = Some(Cursor::default());
    while let Some(after) = place {
        let page = faces.page(EVENT, after, 7).unwrap();
        assert!(page.faces.len() <= 7 && page.faces.iter().all(|face| face.event == EVENT));
        seen.extend(page.faces.iter().map(|face| face.face_id));
        place = page.next;
    }
    assert_eq!((seen.len(), seen.iter().collect::<BTreeSet<_>>().len()), (58, 58));
    let missing = [
        faces.remove_photo(EVENT, &id).unwrap_err(),
        faces.remove_photo("nowhere", "1.jpg").unwrap_err(),
        faces.faces_of(EVENT, &id).unwrap_err(),
    ];
    assert!(missing.iter().all(|e| e.kind() == ErrorKind::NotFound));
    assert_eq!(faces.page(EVENT, Cursor::default(), 0).unwrap_err().kind(), ErrorKind::InvalidArgument);
    assert!(faces.photos("nowhere", Cursor::default(), 9).unwrap().photos.is_empty());
    assert_eq!((faces.get(FaceId(5)).unwrap(), faces.embedding(FaceId(5)).unwrap()), (None, None));
    let events = faces.events().unwrap();
    assert_eq!(events.iter().map(|e| (e.photos, e.faces)).collect::<Vec<_>>(), [(29, 58), (30, 30)]);
    store.compact().unwrap();
    store.close();
    let store = open(&scratch.join("store"), Access::ReadOnly);
    assert_eq!(store.faces().events().unwrap(), events);
    assert_eq!(store.check().unwrap(), []);
}

#[test]
fn faces_are_found_by_likeness_as_plain_cosines_say() {
    let (_scratch, store) = new_store("search");
    let faces = store.faces();
    assert!(faces.search(&face(1, 1).embedding, &FaceSearchOptions::default()).unwrap().is_empty());
    let mut random = Random(1);
    for n in 0..120 {
        let who: Vec<u64> = (0..3).map(|i| 1 + 10 * i + random.below(10)).collect();
        faces.add_photo(&photo_of(["a", "b", "c"][n as usize % 3], n, &who)).unwrap();
    }
    let queried = face(4, 777).embedding;
    for events in [vec![], vec!["b".to_owned()], vec!["c".to_owned(), "a".to_owned(), "a".to_owned()]] {
        let mut want = Vec::new();
        for name in ["a", "b", "c"].into_iter().filter(|n| events.is_empty() || events.iter().any(|e| e == n))
        {
            for row in faces.page(name, Cursor::default(), 1_000).unwrap().faces {
                let vector = faces.embedding(row.face_id).unwrap().unwrap().vector;
                want.push((vector::cosine(&vector, &queried.vector), row.face_id));
            }
        }
        want.sort_by(|a, b| b.0.total_cmp(&a.0));
        let excluded = want[1].1;
        want.retain(|(score, id)| *score >= 0.2 && *id != excluded);
        let options =
            FaceSearchOptions { events, threshold: 0.2, limit: 25, exclude: vec![excluded], threads: 2 };
        let found = faces.search(&queried, &options).unwrap();
        assert_eq!(found.len(), want.len().min(25));
        for (found, (score, id)) in found.iter().zip(&want) {
            assert!((found.similarity - score).abs() < 1e-5 && found.face.face_id == *id);
        }
        assert!(found[0].face.bbox[0] == 40.0, "the likest is the person asked for");
    }
    let nowhere = FaceSearchOptions { events: vec!["nowhere".to_owned()], ..FaceSearchOptions::default() };
    assert_eq!(faces.search(&queried, &nowhere).unwrap_err().kind(), ErrorKind::NotFound);
}

#[test]
fn what_cannot_be_kept_or_compared_is_refused_as_a_whole() {
    let (_scratch, store) = new_store("refused");
    let faces = store.faces();
    let other = |length: usize| Embedding { pipeline: PipelineId::new("other"), vector: vec![1.0; length] };
    let with = |change: &dyn Fn(&mut NewPhoto)| {
        let mut new = photo(2, &[1, 2]);
        change(&mut new);
        new
    };
    let invalid = [
        with(&|n| n.faces[1].embedding.vector[3] = f32::NAN),
        with(&|n| n.faces[1].embedding.vector = Vec::new()),
        with(&|n| n.faces[1].embedding.vector = vec![0.0; 64]),
        with(&|n| n.faces[1].score = 1.5),
        with(&|n| n.faces[1].score = f32::NAN),
        with(&|n| n.faces[1].bbox[2] = f32::INFINITY),
        with(&|n| n.faces[1].bbox = [5.0, 0.0, 1.0, 1.0]),
        with(&|n| n.faces[1].landmarks[4][1] = f32::NAN),
        with(&|n| n.faces[1].quality.sharpness = f32::NAN),
        with(&|n| n.photo.photo_id = String::new()),
        with(&|n| n.photo.photo_id = "x".repeat(501)),
        with(&|n| n.photo.event = String::new()),
        with(&|n| n.photo.event = "a\0b".to_owned()),
        with(&|n| n.photo.user_id = Some(String::new())),
    ];
    for (case, new) in invalid.iter().enumerate() {
        let error = faces.add_photos(&[photo(1, &[1]), new.clone()]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "case {case}: {error}");
    }
    // Two models in one photo, and in one call.
    let mixed = with(&|n| n.faces[1].embedding = other(64));
    assert_eq!(faces.add_photo(&mixed).unwrap_err().kind(), ErrorKind::Mismatch);
    let all = with(&|n| n.faces.iter_mut().for_each(|f| f.embedding = other(32)));
    assert_eq!(faces.add_photos(&[photo(1, &[1]), all.clone()]).unwrap_err().kind(), ErrorKind::Mismatch);
    let stats = faces.stats().unwrap();
    assert_eq!((stats.events, stats.photos, stats.faces, stats.pipeline), (0, 0, 0, None));
    faces.add_photo(&photo(1, &[1])).unwrap();
    let length = Embedding { vector: vec![1.0; 63], ..face(1, 1).embedding };
    for queried in [other(64), length] {
        let error = faces.search(&queried, &FaceSearchOptions::default()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Mismatch, "{error}");
    }
    assert_eq!(faces.replace_photo(&all).unwrap_err().kind(), ErrorKind::Mismatch);
    // Voices of the store are of a pipeline of their own.
    let voice = sonic::voices::NewVoice { embedding: Some(other(16)), ..sonic::voices::NewVoice::default() };
    store.voices().record(&voice).unwrap();
    assert_eq!(faces.stats().unwrap().dimensions, 64);
    // The only photo may be replaced by one of another model.
    let mut replaced = photo(1, &[1]);
    replaced.faces[0].embedding = other(32);
    faces.replace_photo(&replaced).unwrap();
    assert_eq!((faces.stats().unwrap().dimensions, store.check().unwrap().len()), (32, 0));
}

#[test]
fn a_photo_that_is_replaced_keeps_what_the_user_said() {
    let (_scratch, store) = new_store("replace");
    let (faces, people) = (store.faces(), store.people(EVENT));
    faces.add_photos(&(0..6).map(|n| photo(n, &[1, 2])).collect::<Vec<_>>()).unwrap();
    people.cluster(&ClusterOptions::default()).unwrap();
    let before = faces.faces_of(EVENT, "3.jpg").unwrap();
    let person = people.link(before[0].person_id.unwrap(), "u").unwrap();
    people.pin_representative(person.person_id, Some(before[0].face_id)).unwrap();
    // The other face is not found any more, a third is.
    let mut again = photo(3, &[7, 1]);
    again.faces[1].bbox[2] += 1.0;
    assert_eq!(faces.replace_photo(&again).unwrap().faces, 2);
    let after = faces.faces_of(EVENT, "3.jpg").unwrap();
    assert_eq!(
        (after[1].face_id, after[1].person_id, after[1].confirmed),
        (before[0].face_id, Some(person.person_id), true)
    );
    assert!(after[0].person_id.is_none() && after[0].face_id > before[1].face_id);
    assert_eq!(faces.get(before[1].face_id).unwrap(), None);
    assert_eq!(
        people.get(person.person_id).unwrap().unwrap().representative_face_id,
        Some(before[0].face_id)
    );
    assert_eq!(store.check().unwrap(), []);
    // New under its name, it is just added.
    assert_eq!(faces.replace_photo(&photo(9, &[1])).unwrap().faces, 1);
}

/// A store of before there were faces reads as one without, and gets them with the first photo; a reader that had it
/// open all the time sees them.
#[test]
fn an_older_store_gets_faces_when_the_first_photo_comes() {
    let scratch = Scratch::new("older");
    let path = scratch.join("store");
    support::copy_store(&support::frozen(), &path);
    let mut reader = Other::start(&path, "child_reader");
    assert_eq!(reader.query("photos"), "0");
    let store = open(&path, Access::ReadWrite);
    assert_eq!((store.faces().stats().unwrap().photos, store.check().unwrap().len()), (0, 0));
    assert!(store.people(EVENT).list().unwrap().is_empty());
    store.faces().add_photos(&(0..4).map(|n| photo(n, &[1])).collect::<Vec<_>>()).unwrap();
    assert_eq!(reader.query("photos"), "4");
    store.people(EVENT).cluster(&ClusterOptions::default()).unwrap();
    assert_eq!(reader.query("people"), "1");
    store.compact().unwrap();
    assert_eq!((reader.query("photos"), reader.query("people")), ("4".to_owned(), "1".to_owned()));
    assert_eq!((store.recordings().len().unwrap(), store.check().unwrap().len()), (2, 0));
}

/// Another process with the store open.
struct Other {
    child: std::process::Child,
    answers: BufReader<std::process::ChildStdout>,
}

impl Other {
    fn start(store: &Path, body: &str) -> Self {
        let mut child = support::second_process(body).env("SONIC_TEST_STORE", store).spawn().unwrap();
        let answers = BufReader::new(child.stdout.take().unwrap());
        let mut other = Self { child, answers };
        assert_eq!(other.answer(), "ready");
        other
    }

    fn query(&mut self, what: &str) -> String {
        writeln!(self.child.stdin.as_mut().unwrap(), "{what}").unwrap();
        self.answer()
    }

    fn answer(&mut self) -> String {
        loop {
            let mut line = String::new();
            assert_ne!(self.answers.read_line(&mut line).unwrap(), 0, "the other process died");
            if let Some((_, answer)) = line.trim_end().split_once("answer: ") {
                return answer.to_owned();
            }
        }
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[test]
#[ignore = "run by the other tests as a second process"]
fn child_reader() {
    let Some(path) = std::env::var_os("SONIC_TEST_STORE") else { return };
    let store = open(path.as_ref(), Access::ReadOnly);
    println!("answer: ready");
    for line in std::io::stdin().lock().lines() {
        match line.unwrap().as_str() {
            "photos" => println!("answer: {}", store.faces().stats().unwrap().photos),
            _ => println!("answer: {}", store.people(EVENT).list().unwrap().len()),
        }
    }
}

/// Adds photos, clusters and decides until it is killed, and says what is done.
#[test]
#[ignore = "run by the other tests as a second process"]
fn child_writer() {
    let Some(path) = std::env::var_os("SONIC_TEST_STORE") else { return };
    let store = open(path.as_ref(), Access::Create);
    println!("answer: ready");
    let first = store.faces().photos(EVENT, Cursor::default(), 100_000).unwrap().photos.len() as u64;
    for n in first..first + 10_000 {
        store.faces().add_photo(&photo(n, &[1 + n % 4, 5 + n % 3])).unwrap();
        println!("photo {n}");
        if n % 5 == 4 {
            store.people(EVENT).cluster(&ClusterOptions::default()).unwrap();
            let pending = store.people(EVENT).list().unwrap();
            if let Some(person) = pending.iter().find(|p| p.status == PersonStatus::Pending) {
                store.people(EVENT).link(person.person_id, &format!("user {n}")).unwrap();
                println!("link user {n}");
            }
        }
    }
}

#[test]
fn what_was_committed_is_there_after_a_kill_and_nothing_is_half_there() {
    let scratch = Scratch::new("face-kill");
    let path = scratch.join("store");
    let (mut random, mut photos, mut links) = (Random(4), BTreeSet::new(), BTreeSet::new());
    for _ in 0..12 {
        let mut writer = Other::start(&path, "child_writer");
        std::thread::sleep(Duration::from_millis(20 + random.below(300)));
        writer.child.kill().unwrap();
        let mut said = String::new();
        writer.answers.read_to_string(&mut said).unwrap();
        for line in said.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n')) {
            match line.split_once(' ') {
                Some(("photo", n)) => drop(photos.insert(format!("{n}.jpg"))),
                Some(("link", user)) => drop(links.insert(user.to_owned())),
                _ => {}
            }
        }
        drop(writer);
        let store = open(&path, Access::ReadWrite);
        assert_eq!(store.check().unwrap(), []);
        for id in &photos {
            assert_eq!(store.faces().photo(EVENT, id).unwrap().unwrap().faces, 2, "{id}");
            assert_eq!(store.faces().faces_of(EVENT, id).unwrap().len(), 2, "{id}");
        }
        let people = store.people(EVENT).list().unwrap();
        for user in &links {
            assert!(people.iter().any(|p| p.user_id.as_deref() == Some(user)), "{user} was linked");
        }
        store.close();
    }
    assert!(photos.len() > 20 && !links.is_empty(), "{} photos, {} links", photos.len(), links.len());
}

/// Two threads cluster and correct while a third adds: every answer is one of a whole state.
#[test]
fn clusterings_and_decisions_at_once_lose_nothing() {
    let (_scratch, store) = new_store("threads");
    let faces = store.faces();
    faces.add_photos(&(0..12).map(|n| photo(n, &[1 + n % 3])).collect::<Vec<_>>()).unwrap();
    let people = store.people(EVENT);
    people.cluster(&ClusterOptions::default()).unwrap();
    let ids: Vec<_> = people.list().unwrap().iter().map(|p| p.person_id).collect();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for n in 12..60 {
                faces.add_photo(&photo(n, &[1 + n % 3])).unwrap();
            }
        });
        scope.spawn(|| (0..15).for_each(|_| drop(people.cluster(&ClusterOptions::default()).unwrap())));
        scope.spawn(|| {
            for round in 0..15 {
                for (i, id) in ids.iter().enumerate() {
                    people.link(*id, &format!("user {i} {round}")).unwrap();
                }
            }
        });
    });
    people.cluster(&ClusterOptions::default()).unwrap();
    let list = people.list().unwrap();
    let got: Vec<_> = list.iter().map(|p| (p.person_id, p.user_id.clone().unwrap(), p.faces)).collect();
    let want: Vec<_> = ids.iter().enumerate().map(|(i, id)| (*id, format!("user {i} 14"), 20)).collect();
    assert_eq!((got, store.check().unwrap()), (want, vec![]));
}
