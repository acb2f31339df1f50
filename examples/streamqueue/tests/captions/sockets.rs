//! The WebSocket: acknowledgements, captions, coming again, and frames of every kind.

use crate::support::{ANN, MEETING, Running, SERVICE, frame, hello, now_ms, slices};
use futures_util::SinkExt;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;
use tokio_tungstenite::tungstenite::Message;

const VARIABLES: [(&str, &str); 5] = [
    ("PAUSE_MS", "200"),
    ("API_TOKEN", SERVICE),
    ("VOICES", "false"),
    ("RATE", "1000"),
    ("MAX_SLICE_KB", "256"),
];

fn started(more: &[(&str, &str)]) -> (tempfile::TempDir, Running) {
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start("serve", folder.path(), &[&VARIABLES[..], more].concat());
    (folder, running)
}

/// The header of a slice of three seconds in which Ann's microphone is on.
fn header(index: usize, from_ms: f64) -> Value {
    let bits = "1".repeat(30);
    json!({ "i": index, "ts": from_ms + (index + 1) as f64 * 3_000.0, "activity": [["Ann", bits]] })
}

#[tokio::test(flavor = "multi_thread")]
async fn slices_go_in_and_captions_come_out() {
    let Some(slices) = slices("cr-mic-3000") else { return };
    let (_folder, running) = started(&[]);
    running.user(ANN, "ann").await;
    let mut socket = running.socket(&hello("c1")).await;
    let mut watcher = running.socket(&hello("w1")).await;
    let from = now_ms() - 40_000.0;
    for (index, slice) in slices.iter().take(12).enumerate() {
        assert!(socket.slice(&header(index, from), slice).await);
        let ack = socket.next_of("ack").await.unwrap();
        assert_eq!(ack["i"], index);
    }
    socket.say(&json!({ "type": "end" })).await;
    assert_eq!(socket.next_of("ended").await.unwrap()["type"], "ended");
    let mut finals = 0;
    while finals < 3 {
        let segment = watcher.next_of("segment").await.unwrap();
        assert_eq!(
            (&segment["meeting_id"], &segment["connection_id"], &segment["user_id"]),
            (&json!(MEETING), &json!("c1"), &json!("ann"))
        );
        if segment["is_final"] == true {
            finals += 1;
            assert!(segment["start"].as_str().unwrap() < segment["end"].as_str().unwrap(), "{segment}");
            assert_eq!(segment["speaker"], "Ann", "{segment}");
            assert!(segment["confidence"].as_f64().unwrap() > 0.2);
        }
    }
    // Times are those of the day: the first turn begins within seconds of the recording's start.
    let captions = running.captions(MEETING, Some(ANN)).await;
    let first = captions.iter().map(|c| c["start"].as_str().unwrap().to_owned()).min().unwrap();
    let first: jiff::Timestamp = first.parse().unwrap();
    let off = first.as_millisecond() as f64 - from;
    assert!((-500.0..4_500.0).contains(&off), "the first turn is {off} ms after the start");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_platform_that_cuts_sockets_off_loses_nothing() {
    let Some(slices) = slices("cr-mic-1000") else { return };
    // A connection in one go says what is to be found.
    let (_folder, whole) = started(&[]);
    whole.user(ANN, "ann").await;
    let expected = recorded(&whole, &slices[..30], &mut |_| false).await.0;
    let (_folder, running) = started(&[("SOCKET_LIMIT_S", "1")]);
    running.user(ANN, "ann").await;
    // Some acknowledgements get lost with their sockets: those slices are sent twice.
    let (found, sockets) = recorded(&running, &slices[..30], &mut |index| index % 13 == 3).await;
    assert!(sockets >= 4, "only {sockets} sockets");
    assert_eq!(found, expected, "as without a limit");
    assert!(expected.len() >= 3, "{expected:?}");
    let stored = running.get("/metrics", Some(SERVICE)).await.body;
    assert!(stored.contains("streamqueue_sockets_closed_total{code=\"1001\"}"), "{stored}");
}

/// Sends slices as a page does, over as many sockets as it takes, and gives the captions with how many sockets it took.
/// `forgets` says of which slice the acknowledgement is not read.
async fn recorded(
    running: &Running,
    slices: &[Vec<u8>],
    forgets: &mut dyn FnMut(usize) -> bool,
) -> (BTreeSet<(String, String)>, usize) {
    let from = now_ms() - 60_000.0;
    let mut socket = running.socket(&hello("c1")).await;
    let (mut acked, mut sockets, mut forgotten) = (-1_i64, 1, BTreeSet::new());
    while acked + 1 < slices.len() as i64 {
        let index = (acked + 1) as usize;
        let header = json!({ "i": index, "ts": from + (index + 1) as f64 * 1_020.0, "slice_ms": 1_020 });
        let is_sent = socket.slice(&header, &slices[index]).await;
        if is_sent && forgets(index) && forgotten.insert(index) {
            tokio::time::sleep(Duration::from_millis(30)).await;
            let _ = socket.0.close(None).await;
        } else if is_sent && socket.next_of("ack").await.is_ok_and(|ack| ack["i"] == index) {
            acked = index as i64;
            tokio::time::sleep(Duration::from_millis(120)).await;
            continue;
        }
        let mut again = hello("c1");
        again["acked"] = json!(acked);
        socket = running.socket(&again).await;
        sockets += 1;
    }
    socket.say(&json!({ "type": "end" })).await;
    let _ = socket.next_of("ended").await;
    for _ in 0..200 {
        let page = running.captions(MEETING, Some(ANN)).await;
        if page.iter().filter(|c| c["is_final"] == true).count() >= 3 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    let captions = running.captions(MEETING, Some(ANN)).await;
    let relative = |time: &Value| {
        let time: jiff::Timestamp = time.as_str().unwrap().parse().unwrap();
        format!("{}", ((time.as_millisecond() as f64 - from) / 100.0).round())
    };
    (captions.iter().map(|c| (relative(&c["start"]), relative(&c["end"]))).collect(), sockets)
}

#[tokio::test(flavor = "multi_thread")]
async fn frames_of_every_kind_harm_nobody() {
    let (_folder, running) = started(&[]);
    running.user(ANN, "ann").await;
    let mut good = running.socket(&hello("good")).await;
    // Who does not say hello first, or not so.
    let not_a_hello: Vec<(Message, u16)> = vec![
        (Message::Binary(frame(&json!({ "i": 0 }), b"x").into()), 1008),
        (Message::Text("{".into()), 1007),
        (Message::Text(r#"{"type":"sing"}"#.into()), 1007),
        (Message::Text(r#"{"type":"end"}"#.into()), 1008),
        (Message::Text(json!({ "type": "hello" }).to_string().into()), 1007),
        (
            Message::Text(
                json!({ "type": "hello", "token": "wrong", "connection_id": "c" }).to_string().into(),
            ),
            4401,
        ),
        (Message::Text(json!({ "type": "hello", "connection_id": "c" }).to_string().into()), 4401),
        (
            Message::Text(
                json!({ "type": "hello", "token": ANN, "connection_id": "c", "meeting_id": "ABC" })
                    .to_string()
                    .into(),
            ),
            4422,
        ),
        (
            Message::Text(
                json!({ "type": "hello", "token": ANN, "connection_id": "../c" }).to_string().into(),
            ),
            4422,
        ),
        (Message::Text(" ".repeat(70_000).into()), 1009),
    ];
    for (message, code) in not_a_hello {
        let mut socket = running.bare_socket().await;
        socket.0.send(message.clone()).await.unwrap();
        assert_eq!(socket.next().await.unwrap_err(), code, "{message:?}");
    }
    // Who does, and then sends this.
    let after: Vec<(Message, u16)> = vec![
        (Message::Binary(Vec::new().into()), 1007),
        (Message::Binary(vec![0xff; 40].into()), 1007),
        (Message::Binary(frame(&json!({ "i": -1 }), b"x").into()), 1007),
        (Message::Binary(vec![0; (256 << 10) + (64 << 10) + 5].into()), 1009),
        (Message::Text(hello("c").to_string().into()), 1008),
        (Message::Text(json!({ "type": "activity", "body": [["a", "2"]] }).to_string().into()), 4422),
        (Message::Text("null".into()), 1007),
    ];
    for (message, code) in after {
        let mut socket = running.socket(&hello("bad")).await;
        socket.0.send(message.clone()).await.unwrap();
        assert_eq!(socket.next().await.unwrap_err(), code, "{:?}", message.to_string().get(..40));
    }
    // A slice that can never be taken is said to be one, and those behind it go on.
    assert!(good.slice(&json!({ "i": 0 }), &vec![7; (256 << 10) + 1]).await);
    assert_eq!(good.next_of("refused").await.unwrap()["i"], 0);
    good.0.send(Message::Ping(vec![1].into())).await.unwrap();
    for (index, ts) in [
        (1, json!(now_ms())),
        (3, json!(-5e300)),
        (2, json!(1e15)),
        (1, json!(0)),
        (900_000_000_000_u64, Value::Null),
    ] {
        assert!(good.slice(&json!({ "i": index, "ts": ts }), b"no sound").await);
        assert_eq!(good.next_of("ack").await.unwrap()["i"], index, "whatever the clock says");
    }
    running.get("/health", None).await.is(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_user_is_sent_away_while_sending() {
    let (_folder, running) = started(&[]);
    running.user(ANN, "ann").await;
    let mut socket = running.socket(&hello("c1")).await;
    assert!(socket.slice(&json!({ "i": 0 }), b"x").await);
    socket.next_of("ack").await.unwrap();
    let off = json!([{ "user_id": "ann", "enable_status": false }]);
    running.json(Method::POST, "/api/v1/users/set-status", Some(SERVICE), &off).await.is(200);
    assert!(socket.slice(&json!({ "i": 1 }), b"x").await);
    assert_eq!(socket.next().await.unwrap_err(), 4403);
}

#[tokio::test(flavor = "multi_thread")]
async fn idle_slow_and_too_many_clients_are_left() {
    let (_folder, running) = started(&[("IDLE_S", "1"), ("MAX_SOCKETS", "2")]);
    running.user(ANN, "ann").await;
    let mut idle = running.socket(&hello("c1")).await;
    let _second = running.socket(&hello("c2")).await;
    let url = format!("{}/api/v1/ws", running.url.replace("http", "ws"));
    let refused = tokio_tungstenite::connect_async(&url).await.unwrap_err().to_string();
    assert!(refused.contains("503"), "{refused}");
    assert_eq!(idle.next().await.unwrap_err(), 1008);
    // Of another page's origin, and without the protocol.
    let client = crate::support::client();
    let upgrade = |origin: &str| {
        let request = client.get(format!("{}/api/v1/ws", running.url)).header("origin", origin);
        let request = request.header("connection", "upgrade").header("upgrade", "websocket");
        request
            .header("sec-websocket-version", "13")
            .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
            .send()
    };
    assert_eq!(upgrade("https://evil.example").await.unwrap().status().as_u16(), 403);
    assert_eq!(running.get("/api/v1/ws", Some(ANN)).await.status, 400);
}
