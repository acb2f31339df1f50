use super::*;
use crate::env::Table;
use crate::fuzzing::{fill, fingerprint, rows};
use crate::{ClusterOptions, ImportEntry, NewImport, NewRecording, Recording, StoreOptions};
use sonic_core::PairHash;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

fn directory(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("sonic-journal-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&path);
    path
}

/// A gate that admits all, and tells the last entry that somebody waited for.
fn open_gate() -> (Arc<Gate>, Arc<AtomicU64>) {
    let waited = Arc::new(AtomicU64::new(0));
    let seen = waited.clone();
    let keep = move |term, sequence| {
        assert_eq!(term, 7);
        seen.store(sequence, Ordering::Relaxed);
        Ok(())
    };
    (Arc::new(Gate { admit: Box::new(|| Ok(7)), keep: Box::new(keep) }), waited)
}

/// A new store that keeps a journal.
fn new_store(name: &str) -> (PathBuf, Store, Arc<AtomicU64>) {
    let path = directory(name);
    let store = Store::open(&path, StoreOptions::default()).unwrap();
    assert!(begin(&store).unwrap() && !begin(&store).unwrap());
    let (gate, waited) = open_gate();
    set_gate(&store, Some(gate)).unwrap();
    (path, store, waited)
}

fn recording(id: &str, seed: u32) -> NewRecording {
    let recording =
        Recording { id: id.to_owned(), source_hash: Some(format!("{seed:032x}")), ..Recording::default() };
    NewRecording { recording, fingerprint: fingerprint(seed, false) }
}

/// Replays what the copy lacks, some at a time, and compares all rows.
fn check_same(store: &Store, copy: &Store, what: &str) {
    loop {
        let known = sequence(copy).unwrap().unwrap();
        let new = entries(store, known, 2_000).unwrap();
        if new.is_empty() {
            break;
        }
        replay(copy, &new).unwrap();
    }
    assert_eq!(sequence(store).unwrap(), sequence(copy).unwrap(), "{what}");
    assert!(rows(store).unwrap() == rows(copy).unwrap(), "the rows are others after: {what}");
    assert_eq!(copy.check().unwrap(), [], "{what}");
}

fn import(store: &Store, source: &str, first: u8) {
    let hash = |n: u16| PairHash::new(10 + u32::from(n % 40), 60 + u32::from(n % 13), 3).unwrap();
    let entries = (0..400).map(|n| ImportEntry::new(hash(n), n % 2, 10 * u32::from(n))).collect();
    let ids = vec![format!("S01E0{first}"), format!("S01E0{}", first + 1)];
    store.imported().add(&NewImport { source: source.to_owned(), season: Some(1), ids, entries }).unwrap();
}

#[test]
fn a_replay_gives_the_same_store() {
    let ((path, store, waited), (copy_path, copy, _)) = (new_store("from"), new_store("to"));
    fill(&store).unwrap();
    check_same(&store, &copy, "something of everything");
    for n in 0..20 {
        store.add(vec![recording(&format!("more {n}"), 100 + n)]).unwrap();
    }
    check_same(&store, &copy, "recordings whose segments are merged");
    let recordings = store.recordings();
    // The first is replaced by the second at once.
    recordings.replace(vec![recording("more 3", 300), recording("more 3", 301)]).unwrap();
    recordings.remove("more 4").unwrap();
    check_same(&store, &copy, "replaced and removed");
    import(&store, "first", 1);
    import(&store, "second", 5);
    recordings.add(vec![recording("S01E01", 400)]).unwrap();
    store.imported().remove("S01E06").unwrap();
    check_same(&store, &copy, "imported");
    store.compact().unwrap();
    check_same(&store, &copy, "compacted");
    store.imported().clear().unwrap();
    store.people("event").cluster(&ClusterOptions::default()).unwrap();
    check_same(&store, &copy, "clustered");
    store.forget("Ada").unwrap();
    store.voices().forget_user("2").unwrap();
    check_same(&store, &copy, "forgotten");
    assert_eq!(Some(waited.load(Ordering::Relaxed)), sequence(&store).unwrap(), "the last was waited for");
    drop((store, copy));
    std::fs::remove_dir_all(&path).unwrap();
    std::fs::remove_dir_all(&copy_path).unwrap();
}

#[test]
fn only_what_follows_is_replayed_and_nothing_of_what_is_damaged() {
    let ((path, store, _), (copy_path, copy, _)) = (new_store("order"), new_store("order-to"));
    for n in 0..5 {
        store.add(vec![recording(&n.to_string(), n)]).unwrap();
    }
    let all = entries(&store, 0, usize::MAX).unwrap();
    assert!(all.len() >= 5 && all.iter().all(|entry| !entry.forgets()));
    assert_eq!(replay(&copy, &all[1..]).unwrap_err().kind(), ErrorKind::Mismatch);
    let before = rows(&copy).unwrap();
    // The first is not kept, as the third does not follow.
    let gap = [all[0].clone(), all[2].clone()];
    assert_eq!(replay(&copy, &gap).unwrap_err().kind(), ErrorKind::Mismatch);
    assert!(rows(&copy).unwrap() == before);
    let cut = Entry { sequence: 1, bytes: all[0].bytes[..all[0].bytes.len() - 2].to_vec() };
    assert_eq!(replay(&copy, &[cut]).unwrap_err().kind(), ErrorKind::Malformed);
    assert!(rows(&copy).unwrap() == before);
    replay(&copy, &all).unwrap();
    // Twice is once.
    replay(&copy, &all).unwrap();
    assert!(rows(&copy).unwrap() == rows(&store).unwrap());
    assert_eq!(trim(&store, 3).unwrap(), 3);
    assert_eq!(entries(&store, 3, usize::MAX).unwrap(), all[3..]);
    assert_eq!(entries(&store, 1, usize::MAX).unwrap_err().kind(), ErrorKind::Malformed);
    drop((store, copy));
    std::fs::remove_dir_all(&path).unwrap();
    std::fs::remove_dir_all(&copy_path).unwrap();
}

#[test]
fn a_store_with_a_journal_is_written_to_through_its_gate_alone() {
    let (path, store, _) = new_store("gate");
    store.add(vec![recording("1", 1)]).unwrap();
    let (other, _) = open_gate();
    assert_eq!(set_gate(&store, Some(other)).unwrap_err().kind(), ErrorKind::InvalidArgument);
    set_gate(&store, None).unwrap();
    let refused = store.add(vec![recording("2", 2)]).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Mismatch, "{refused}");
    let busy = || Error::busy(std::time::Duration::from_secs(1), "another writes");
    let shut = Gate { admit: Box::new(move || Err(busy())), keep: Box::new(|_, _| Ok(())) };
    set_gate(&store, Some(Arc::new(shut))).unwrap();
    let refused = store.add(vec![recording("2", 2)]).unwrap_err();
    assert_eq!(
        (refused.kind(), refused.retry_after().map(|wait| wait.as_secs())),
        (ErrorKind::Busy, Some(1))
    );
    assert_eq!(store.recordings().len().unwrap(), 1);
    set_gate(&store, None).unwrap();
    end(&store).unwrap();
    assert_eq!(sequence(&store).unwrap(), None);
    assert_eq!(store.read(|view| view.len(Table::Journal)).unwrap(), 0);
    store.add(vec![recording("2", 2)]).unwrap();
    drop(store);
    std::fs::remove_dir_all(&path).unwrap();
}

/// What changes little in a large value takes little, and the pairs of recordings take nothing.
#[test]
fn an_entry_is_not_much_larger_than_what_was_added() {
    let (path, store, _) = new_store("size");
    fill(&store).unwrap();
    let rows_of = |store: &Store| -> usize {
        let index = [Table::Segments, Table::Spans, Table::Postings];
        let rows = rows(store).unwrap();
        rows.iter()
            .filter(|(table, ..)| !index.contains(table))
            .map(|(_, key, value)| key.len() + value.len())
            .sum()
    };
    let (before, known) = (rows_of(&store), sequence(&store).unwrap().unwrap());
    for n in 0..20 {
        store.add(vec![recording(&format!("more {n}"), 100 + n)]).unwrap();
    }
    let bytes: usize =
        entries(&store, known, usize::MAX).unwrap().iter().map(|entry| entry.bytes.len()).sum();
    let added = rows_of(&store) - before;
    assert!(bytes < added + 20 * 150, "{bytes} bytes for {added}");
    drop(store);
    std::fs::remove_dir_all(&path).unwrap();
}
