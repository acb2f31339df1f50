//! A recording can be added and asked as a file, as bytes and as a stream, with the same result.
#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod support;

use sonic::recordings::{Added, IdentifyOptions, Recording};
use sonic::{ErrorKind, Source, Store, StoreOptions};
use std::fs;
use support::Scratch;

fn named(id: &str) -> Recording {
    Recording { id: id.to_owned(), title: Some("A title".to_owned()), ..Recording::default() }
}

#[test]
fn a_source_is_known_by_its_bytes_however_it_comes() {
    let scratch = Scratch::new("sources");
    let file = scratch.melody("melody.wav", 5, 12.0);
    let bytes = fs::read(&file).unwrap();
    let stores = ["file", "bytes", "stream"].map(|name| {
        let store = Store::open(scratch.join(name), StoreOptions::default()).unwrap();
        let source = match name {
            "file" => Source::from(&file),
            "bytes" => Source::from(bytes.clone()),
            _ => Source::reader(fs::File::open(&file).unwrap()),
        };
        let Added::New(row) = sonic::recordings::add(&store, source, named("melody")).unwrap() else {
            panic!("not new")
        };
        assert_eq!((row.title.as_deref(), row.duration_ms), (Some("A title"), 12_000));
        (store, row)
    });
    let [(store, row), others @ ..] = &stores;
    for (other, same) in others {
        assert_eq!((&row.source_hash, row.landmarks), (&same.source_hash, same.landmarks));
        assert_eq!(
            store.recordings().landmarks("melody").unwrap(),
            other.recordings().landmarks("melody").unwrap()
        );
    }
    for source in [Source::from(&file), bytes.clone().into(), Source::reader(fs::File::open(&file).unwrap())]
    {
        let again = sonic::recordings::add(store, source, named("again")).unwrap();
        assert!(matches!(again, Added::Duplicate(id) if id == "melody"));
    }
    let found = sonic::identify(store, bytes, &IdentifyOptions::default()).unwrap();
    assert_eq!(found.answer.matches.first().unwrap().id, "melody");
}

#[test]
fn a_file_is_named_by_its_stem_and_bytes_need_an_id() {
    let scratch = Scratch::new("source-names");
    let file = scratch.melody("some name.wav", 6, 5.0);
    let store = Store::open(scratch.join("store"), StoreOptions::default()).unwrap();
    let error = sonic::recordings::add(&store, fs::read(&file).unwrap(), Recording::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    let Added::New(row) = sonic::recordings::add(&store, &file, Recording::default()).unwrap() else {
        panic!("not new")
    };
    assert_eq!((row.id.as_str(), row.source.as_deref()), ("some name", file.to_str()));
}
