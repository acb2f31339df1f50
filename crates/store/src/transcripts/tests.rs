use super::*;
use crate::transcripts::deliver::Settled;
use crate::{NewSegments, StoreOptions, meta};
use std::ops::ControlFlow;
use std::path::PathBuf;

/// A store in a folder that goes with it.
struct Scratch(Store);

impl Scratch {
    fn new(name: &str) -> Self {
        Self(Store::open(Self::path(name), StoreOptions::default()).unwrap())
    }

    fn path(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("sonic-transcripts-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        self.0.close();
        let _ = std::fs::remove_dir_all(self.0.path());
    }
}

fn segment(id: &str, revision: u32, start_ms: u64, text: &str) -> Segment {
    let (id, text) = (id.to_owned(), text.to_owned());
    let speaker = Some("Ann".to_owned());
    Segment {
        id,
        revision,
        is_final: true,
        start_ms,
        end_ms: start_ms + 500,
        text,
        speaker,
        ..Segment::default()
    }
}

fn new<'a>(connection: &'a str, segments: &'a [Segment]) -> NewSegments<'a> {
    let started_at_ms = if connection == "late" { 10_000 } else { 1_000 };
    NewSegments { connection, meeting: "m", started_at_ms, segments, deliver: true, ..NewSegments::default() }
}

fn texts(segments: &[StoredSegment]) -> Vec<&str> {
    segments.iter().map(|stored| &stored.segment.text[..]).collect()
}

#[test]
fn a_segment_is_there_once_in_its_highest_revision() {
    let scratch = Scratch::new("once");
    let transcripts = scratch.0.transcripts();
    let put = |s: &[Segment]| transcripts.put(&new("c", s)).unwrap().changed.len();
    assert_eq!(put(&[segment("a", 0, 0, "a0"), segment("b", 0, 900, "b0"), segment("a", 0, 0, "other")]), 2);
    assert_eq!(put(&[segment("a", 2, 0, "a2"), segment("a", 1, 0, "a1"), segment("b", 0, 900, "b0")]), 1);
    let page = transcripts.of_connection("c", "", 10).unwrap();
    assert_eq!((texts(&page.segments), page.next), (vec!["a2", "b0"], None));
    // What changed last comes last for who follows the changes.
    assert_eq!(texts(&transcripts.changes("m", 0, 10).unwrap()), ["b0", "a2"]);
    assert_eq!(texts(&transcripts.changes("m", 2, 10).unwrap()), ["a2"]);
    let error = transcripts.put(&new("other", &[segment("a", 9, 0, "")])).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    assert!(transcripts.connection("other").unwrap().is_none(), "nothing is half done");
    for bad in
        [new("", &[]), NewSegments { meeting: "\0", ..new("c", &[]) }, new("c", &[segment("", 0, 0, "")])]
    {
        assert_eq!(transcripts.put(&bad).unwrap_err().kind(), ErrorKind::InvalidArgument);
    }
    assert_eq!(scratch.0.check().unwrap(), []);
}

#[test]
fn a_revision_that_says_the_same_is_none() {
    let scratch = Scratch::new("same");
    let transcripts = scratch.0.transcripts();
    let a = segment("a", 0, 0, "a");
    transcripts.put(&new("c", &[a.clone(), segment("b", 0, 900, "b")])).unwrap();
    // A session that began from an older state tells it in parts first, and then the same in another revision.
    let part = Segment { is_final: false, text: "?".into(), ..segment("a", 1, 0, "") };
    let again = [part, Segment { revision: 2, ..a.clone() }];
    assert_eq!(transcripts.news(&again).unwrap(), []);
    assert_eq!(transcripts.put(&new("c", &again)).unwrap().changed, []);
    assert_eq!(texts(&transcripts.changes("m", 0, 10).unwrap()), ["a", "b"]);
    let batch = transcripts.take_delivery(60_000, 10).unwrap().unwrap();
    assert_eq!(texts(&batch.segments), ["a", "b"]);
    // What is said otherwise is one.
    let other = [segment("a", 2, 0, "A"), Segment { revision: 3, ..segment("a", 2, 0, "A") }];
    assert_eq!(transcripts.news(&other).unwrap(), other[..1]);
    assert_eq!(transcripts.put(&new("c", &other)).unwrap().changed.len(), 1);
    assert_eq!(scratch.0.check().unwrap(), []);
}

#[test]
fn who_takes_over_knows_all_that_was_stored_before() {
    let scratch = Scratch::new("take-over");
    let transcripts = scratch.0.transcripts();
    let of = |epoch| NewSegments { epoch, is_fenced: true, ..new("c", &[]) };
    // The store knows nothing of it, and so cannot refuse the elder.
    assert_eq!(transcripts.fence("c", 1).unwrap(), None);
    assert_eq!(transcripts.fence("c", 2).unwrap(), None);
    transcripts.put(&NewSegments { state: Some(b"one"), ..of(1) }).unwrap();
    assert_eq!(transcripts.put(&of(2)).unwrap_err().kind(), ErrorKind::Mismatch, "it began with nothing");
    let (row, state) = transcripts.fence("c", 3).unwrap().unwrap();
    assert_eq!((row.epoch, state.as_deref()), (3, Some(&b"one"[..])));
    assert_eq!(transcripts.put(&of(1)).unwrap_err().kind(), ErrorKind::Mismatch);
    transcripts.put(&of(3)).unwrap();
}

#[test]
fn what_was_taken_is_not_delivered_again() {
    let scratch = Scratch::new("taken");
    let transcripts = scratch.0.transcripts();
    let said: Vec<Segment> =
        (0..4).map(|i| segment(&format!("s{i}"), 0, i * 900, &format!("s{i}"))).collect();
    // Two connections whose segments come in turn.
    transcripts.put(&new("c", &said[..1])).unwrap();
    transcripts.put(&new("d", &said[1..2])).unwrap();
    transcripts.put(&new("c", &said[2..3])).unwrap();
    transcripts.put(&new("d", &said[3..])).unwrap();
    let now = meta::now_ms();
    let batch = transcripts.take_delivery_at(1_000, 9, now).unwrap().unwrap();
    assert_eq!(texts(&batch.segments), ["s0", "s1", "s2", "s3"]);
    transcripts.note_taken(&batch, 1, 1_000).unwrap();
    transcripts.note_taken(&batch, 2, 60_000).unwrap();
    assert_eq!(transcripts.take_delivery_at(1_000, 9, now + 2_000).unwrap(), None, "it is still taken");
    // Its process dies: the rest comes, and the late word of it is refused.
    let rest = transcripts.take_delivery_at(1_000, 9, meta::now_ms() + 61_000).unwrap().unwrap();
    assert_eq!(texts(&rest.segments), ["s2", "s3"]);
    assert_eq!(transcripts.note_taken(&batch, 3, 1_000).unwrap_err().kind(), ErrorKind::Mismatch);
    transcripts.settle(&rest, Settled::All).unwrap();
    assert_eq!(transcripts.undelivered().unwrap(), 0);
    assert_eq!(scratch.0.check().unwrap(), []);
}

#[test]
fn a_meeting_is_in_order_of_the_clock_and_in_pages() {
    let scratch = Scratch::new("order");
    let transcripts = scratch.0.transcripts();
    let early: Vec<Segment> =
        (0..9).map(|i| segment(&format!("e{i}"), 0, i * 2_000, &format!("e{i}"))).collect();
    let late: Vec<Segment> =
        (0..4).map(|i| segment(&format!("l{i}"), 0, i * 2_000, &format!("l{i}"))).collect();
    transcripts.put(&new("late", &late)).unwrap();
    transcripts.put(&new("early", &early)).unwrap();
    let taken_back = Segment { end_ms: 0, text: String::new(), ..segment("gone", 0, 0, "") };
    transcripts.put(&new("early", &[taken_back])).unwrap();
    let (mut found, mut after) = (Vec::new(), String::new());
    loop {
        let page = transcripts.page("m", &after, 4).unwrap();
        found.extend(page.segments);
        let Some(next) = page.next else { break };
        after = next;
    }
    let expected = ["e0", "e1", "e2", "e3", "e4", "l0", "e5", "l1", "e6", "l2", "e7", "l3", "e8"];
    assert_eq!(texts(&found), expected);
    for bad in ["x", "zz", "00", "é"] {
        assert_eq!(transcripts.page("m", bad, 4).unwrap_err().kind(), ErrorKind::InvalidArgument);
    }
    assert_eq!(transcripts.page("none", "", 4).unwrap(), empty());
    assert_eq!(transcripts.meetings("", 10).unwrap(), ["m"]);
}

#[test]
fn who_lost_a_connection_stores_nothing() {
    let scratch = Scratch::new("fence");
    let transcripts = scratch.0.transcripts();
    let note = serde_json::json!({ "last": 7 });
    let first = [segment("a", 0, 0, "a")];
    let of = |epoch| NewSegments { epoch, note: Some(&note), state: Some(b"state"), ..new("c", &first) };
    transcripts.put(&of(3)).unwrap();
    transcripts.fence("c", 4).unwrap();
    let late = [segment("b", 0, 900, "b")];
    let error = transcripts.put(&NewSegments { segments: &late, ..of(3) }).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Mismatch);
    assert_eq!(transcripts.fence("c", 3).unwrap_err().kind(), ErrorKind::Mismatch);
    let (row, state) = transcripts.progress("c").unwrap().unwrap();
    assert_eq!((row.epoch, &row.note, state.as_deref()), (4, &note, Some(&b"state"[..])));
    assert_eq!(transcripts.of_connection("c", "", 10).unwrap().segments.len(), 1);
    transcripts.put(&NewSegments { state: Some(b""), ..of(4) }).unwrap();
    assert_eq!(transcripts.progress("c").unwrap().unwrap().1, None);
}

#[test]
fn deliveries_are_in_order_wait_twice_as_long_and_are_given_up() {
    let scratch = Scratch::new("deliver");
    let transcripts = scratch.0.transcripts();
    let open = Segment { is_final: false, ..segment("open", 0, 0, "open") };
    transcripts.put(&new("c", &[open])).unwrap();
    assert_eq!((transcripts.take_delivery(1_000, 9).unwrap(), transcripts.undelivered().unwrap()), (None, 0));
    let said: Vec<Segment> =
        (0..3).map(|i| segment(&format!("s{i}"), 0, i * 1_000, &format!("s{i}"))).collect();
    transcripts.put(&new("c", &said)).unwrap();
    let now = meta::now_ms();
    let batch = transcripts.take_delivery_at(1_000, 2, now).unwrap().unwrap();
    assert_eq!(texts(&batch.segments), ["s0", "s1"]);
    assert_eq!(transcripts.take_delivery_at(1_000, 2, now).unwrap(), None, "one at a time");
    // Its process died; the late word of it is refused.
    let again = transcripts.take_delivery_at(1_000, 2, now + 1_000).unwrap().unwrap();
    assert_eq!(again.segments, batch.segments);
    assert_eq!(transcripts.settle(&batch, Settled::All).unwrap_err().kind(), ErrorKind::Mismatch);
    let failed =
        |taken| Settled::Failed { taken, error: "no", in_vain: false, backoff_ms: 60_000, max_attempts: 3 };
    transcripts.settle(&again, failed(1)).unwrap();
    let mut at = meta::now_ms();
    for (attempts, wait) in [(1, 60_000), (2, 120_000)] {
        assert_eq!(transcripts.take_delivery_at(1_000, 2, at + wait - 1_000).unwrap(), None);
        let batch = transcripts.take_delivery_at(1_000, 2, at + wait + 1_000).unwrap().unwrap();
        assert_eq!((texts(&batch.segments), batch.attempts), (vec!["s1", "s2"], attempts));
        transcripts.settle(&batch, failed(0)).unwrap();
        at = meta::now_ms();
    }
    let lost = transcripts.undeliverable(10).unwrap();
    assert_eq!((lost.len(), &lost[0].id[..], lost[0].attempts, &lost[0].error[..]), (1, "s1", 3, "no"));
    let rest = transcripts.take_delivery(1_000, 9).unwrap().unwrap();
    assert_eq!(texts(&rest.segments), ["s2"]);
    transcripts.settle(&rest, Settled::All).unwrap();
    assert_eq!((transcripts.take_delivery(1_000, 9).unwrap(), transcripts.undelivered().unwrap()), (None, 0));
    // Who wants nothing delivered leaves nothing to deliver.
    transcripts.put(&NewSegments { deliver: false, ..new("c", &[segment("s3", 0, 9_000, "s3")]) }).unwrap();
    transcripts.put(&new("c", &[segment("s4", 0, 9_900, "s4")])).unwrap();
    assert_eq!(texts(&transcripts.take_delivery(1_000, 9).unwrap().unwrap().segments), ["s4"]);
    assert_eq!(scratch.0.check().unwrap(), []);
}

#[test]
fn who_is_forgotten_is_gone_with_what_they_said() {
    let scratch = Scratch::new("forget");
    let transcripts = scratch.0.transcripts();
    let own = NewSegments { user_id: Some("Ann"), state: Some(b"x"), ..new("own", &[]) };
    let bob = Segment { speaker: Some("Bob".to_owned()), ..segment("o2", 0, 900, "bob") };
    transcripts.put(&NewSegments { segments: &[segment("o1", 0, 0, "ann"), bob.clone()], ..own }).unwrap();
    let others = [segment("p1", 0, 0, "ann"), Segment { id: "p2".into(), ..bob }];
    transcripts.put(&NewSegments { state: Some(b"ann said"), ..new("other", &others) }).unwrap();
    let forgotten = scratch.0.forget("Ann").unwrap().transcripts;
    assert_eq!((forgotten.connections, forgotten.segments), (1, 3));
    assert_eq!(texts(&transcripts.page("m", "", 10).unwrap().segments), ["bob"]);
    assert_eq!(transcripts.progress("other").unwrap().unwrap().1, None);
    assert!(transcripts.connection("own").unwrap().is_none());
    assert_eq!(scratch.0.check().unwrap(), []);
    assert_eq!(transcripts.remove_meeting("m").unwrap().segments, 1);
    assert_eq!(scratch.0.read(|view| view.len(crate::env::Table::Transcripts)).unwrap(), 0);
}

#[test]
fn what_is_saved_of_a_store_has_its_transcripts_and_its_queue() {
    let scratch = Scratch::new("salvage");
    let transcripts = scratch.0.transcripts();
    let said: Vec<Segment> =
        (0..50).map(|i| segment(&format!("s{i}"), 0, i * 1_000, &format!("s{i}"))).collect();
    transcripts.put(&NewSegments { state: Some(b"state"), ..new("c", &said) }).unwrap();
    scratch
        .0
        .live_queue()
        .append(&[("c", "k1", b"one"), ("c", "k2", b"two"), ("d", "k1", b"three")])
        .unwrap();
    assert_eq!(scratch.0.live_queue().append(&[("c", "k1", b"one")]).unwrap(), 0);
    scratch.0.close();
    let to = Scratch::path("salvaged");
    let saved = Store::salvage(scratch.0.path(), &to, |_| ControlFlow::Continue(())).unwrap().unwrap();
    assert_eq!(saved.transcript_segments, 50);
    let other = Scratch(Store::open(&to, StoreOptions::default()).unwrap());
    assert_eq!(other.0.check().unwrap(), []);
    assert_eq!(other.0.transcripts().page("m", "", 100).unwrap().segments.len(), 50);
    assert_eq!(other.0.live_queue().stats().unwrap().waiting, 3);
    let claim = other.0.live_queue().claim("w", 1_000).unwrap().unwrap();
    assert_eq!(other.0.live_queue().entries(claim.number, 0, 9).unwrap()[0].bytes, b"one");
}
