//! Promise: photos enter a store once, one by one or in folders, and adding them can be broken off and gone on with.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod photo_support;
mod support;

use photo_support::{assets_and_runtime, jpeg};
use sonic::faces::{
    AddPhotoEvent, AddPhotosOptions, AddedPhoto, FaceAnalyzer, FaceAnalyzerOptions, Photo, add_photo,
    add_photos, photos_in,
};
use sonic::models::Registry;
use sonic::recordings::AddStatus;
use sonic::{ErrorKind, Store, StoreOptions};
use std::fs;
use std::ops::ControlFlow;
use std::path::PathBuf;
use support::Scratch;

struct Setting {
    assets: PathBuf,
    scratch: Scratch,
    store: Store,
    analyzer: FaceAnalyzer,
}

fn setting(name: &str) -> Option<Setting> {
    let assets = assets_and_runtime()?;
    let models = Registry::new(assets.join("models"));
    let [detector, embedder] = ["yunet", "mobilefacenet"].map(|id| models.resolve(id).unwrap());
    let analyzer = FaceAnalyzer::load(&detector, &embedder, &FaceAnalyzerOptions::default()).unwrap();
    let scratch = Scratch::new(name);
    let store = Store::open(scratch.join("store"), StoreOptions::default()).unwrap();
    Some(Setting { assets, scratch, store, analyzer })
}

#[test]
fn adding_goes_on_where_it_was_cancelled() {
    let Some(Setting { assets, scratch, store, analyzer }) = setting("photos-cancelled") else { return };
    let folder = [assets.join("people/Tony_Blair")];
    let options = AddPhotosOptions { jobs: 2, user_id: Some("u".into()), ..AddPhotosOptions::default() };
    let mut seen = Vec::new();
    let summary = add_photos(&store, &analyzer, "e", &folder, &options, |event| {
        match event {
            AddPhotoEvent::Photo(photo) => seen.push(photo.photo_id.unwrap()),
            AddPhotoEvent::Found(count) => assert_eq!(count, 6),
            _ => {}
        }
        if seen.len() == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    let summary = summary.unwrap();
    assert_eq!((summary.added, summary.failed, summary.cancelled), (3, 0, true));
    let stored = store.faces().event("e").unwrap().unwrap();
    assert_eq!((stored.photos, seen.len()), (3, 3));
    let mut statuses = Vec::new();
    let summary = add_photos(&store, &analyzer, "e", &folder, &options, |event| {
        if let AddPhotoEvent::Photo(photo) = event {
            statuses.push(photo.status);
        }
        ControlFlow::Continue(())
    });
    let summary = summary.unwrap();
    assert_eq!((summary.added, summary.duplicates, summary.cancelled), (3, 3, false));
    let (known, new) = ([AddStatus::Duplicate; 3], [AddStatus::Added; 3]);
    assert_eq!(statuses, [known, new].concat());
    let photo = store.faces().photo("e", &seen[0]).unwrap().unwrap();
    assert_eq!((photo.user_id.as_deref(), photo.width, photo.height), (Some("u"), 250, 250));
    assert!(PathBuf::from(photo.path.unwrap()).is_absolute());
    for face in store.faces().faces_of("e", &seen[0]).unwrap() {
        let thumbnail = store.faces().thumbnail(face.face_id).unwrap().unwrap();
        assert_eq!(sonic::vision::decode(&thumbnail).unwrap().width(), 160);
    }
    let at_once = |_| ControlFlow::Break(());
    assert!(add_photos(&store, &analyzer, "f", &folder, &options, at_once).unwrap().cancelled);
    assert_eq!(store.faces().event("f").unwrap(), None);
    drop(scratch);
}

#[test]
fn a_photo_is_known_by_its_id_or_by_its_bytes() {
    let Some(Setting { assets, scratch, store, analyzer }) = setting("photos-known") else { return };
    let file = assets.join("people/Tony_Blair/Tony_Blair_0001.jpg");
    let bytes = fs::read(&file).unwrap();
    let options = AddPhotosOptions::default();
    let of = |id: &str| Photo { photo_id: id.into(), event: "e".into(), ..Photo::default() };
    let AddedPhoto::New(first) = add_photo(&store, &analyzer, &file, of(""), &options).unwrap() else {
        panic!()
    };
    assert_eq!((first.photo_id.as_str(), first.faces > 0), ("Tony_Blair_0001.jpg", true));
    let known = AddedPhoto::Known(first.clone());
    assert_eq!(add_photo(&store, &analyzer, &file, of(""), &options).unwrap(), known);
    // Whoever gives ids means by them what he likes.
    let AddedPhoto::New(second) = add_photo(&store, &analyzer, &bytes, of("media-1"), &options).unwrap()
    else {
        panic!()
    };
    assert_eq!(
        (second.faces, &second.source_hash, second.path.clone()),
        (first.faces, &first.source_hash, None)
    );
    let other = jpeg(64, 48, [5; 3]);
    let again = add_photo(&store, &analyzer, &other, of("media-1"), &options).unwrap();
    assert_eq!(again, AddedPhoto::Known(second), "it is not even looked at");
    let kind =
        |photo: Photo, bytes: &[u8]| add_photo(&store, &analyzer, bytes, photo, &options).unwrap_err().kind();
    assert_eq!(kind(of(""), &other), ErrorKind::InvalidArgument);
    assert_eq!(kind(of("x"), b"no picture"), ErrorKind::Malformed);
    store.faces().archive("e").unwrap();
    assert_eq!(kind(of("x"), &other), ErrorKind::InvalidArgument);
    let ended = add_photos(&store, &analyzer, "e", std::slice::from_ref(&file), &options, |_| {
        ControlFlow::Continue(())
    });
    assert_eq!(ended.unwrap_err().kind(), ErrorKind::InvalidArgument);
    let huge = AddPhotosOptions { thumbnail_size: Some(0), ..AddPhotosOptions::default() };
    let ended = add_photos(&store, &analyzer, "f", &[file], &huge, |_| ControlFlow::Continue(()));
    assert_eq!(ended.unwrap_err().kind(), ErrorKind::InvalidArgument);
    drop(scratch);
}

#[test]
fn folders_give_their_pictures_in_order() {
    let scratch = Scratch::new("photos-folder");
    for name in ["b.JPG", "a.png", ".hidden.jpg", "notes.txt", "song.mp3", "sub/c.webp"] {
        let path = scratch.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "").unwrap();
    }
    let folder = scratch.join("");
    let named = scratch.join("notes.txt");
    let expected: Vec<PathBuf> = ["a.png", "b.JPG", "sub/c.webp"].map(|name| scratch.join(name)).to_vec();
    assert_eq!(photos_in(&[folder]), expected);
    assert_eq!(
        photos_in(std::slice::from_ref(&named)),
        std::slice::from_ref(&named),
        "a file that is named is taken"
    );
}
