//! Promise: what is too large, too slow, too often or meant to harm is refused, and the server stays well.

use crate::support::{ADMIN, Running, clip, recording};
use reqwest::Method;
use sonic_testing::media::flac_of_silence;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

async fn connect(server: &Running) -> TcpStream {
    TcpStream::connect(server.url.trim_start_matches("http://")).await.unwrap()
}

/// What comes back after these bytes, until the connection ends.
async fn answer(
    server: &Running,
    head: &str,
    mut more: impl FnMut() -> Option<Vec<u8>>,
    pause: Duration,
) -> String {
    let mut stream = connect(server).await;
    stream.write_all(head.as_bytes()).await.unwrap();
    let (mut read, mut write) = stream.split();
    let mut text = Vec::new();
    let send = async {
        while let Some(bytes) = more() {
            if write.write_all(&bytes).await.is_err() {
                break;
            }
            tokio::time::sleep(pause).await;
        }
        std::future::pending::<()>().await;
    };
    tokio::select! {
        _ = read.read_to_end(&mut text) => {}
        () = send => {}
        () = tokio::time::sleep(Duration::from_secs(20)) => {}
    }
    String::from_utf8_lossy(&text).into_owned()
}

fn head(path: &str, more: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {ADMIN}\r\nConnection: close\r\n{more}\r\n"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn large_bodies_are_refused_before_they_are_read() {
    let server = Running::start(&["--max-body-mb", "1"]).await;
    let large = vec![0_u8; (1 << 20) + 1];
    assert_eq!(server.post("/v1/identify", large.clone()).await.refused(413), "limit");
    assert_eq!(server.form("/v1/identify", &[("a", large)]).await.refused(413), "limit");
    let said =
        answer(&server, &head("/v1/identify", "Content-Length: 9999999999\r\n"), || None, Duration::ZERO)
            .await;
    assert!(said.starts_with("HTTP/1.1 413"), "{said}");
    // One without end, and without a length.
    let chunk = || Some([format!("{:x}\r\n", 1 << 16).as_bytes(), &vec![1; 1 << 16], b"\r\n"].concat());
    let said =
        answer(&server, &head("/v1/identify", "Transfer-Encoding: chunked\r\n"), chunk, Duration::ZERO).await;
    assert!(said.starts_with("HTTP/1.1 413"), "{said}");
    let json = vec![b' '; (1 << 20) + 1];
    let headers = [("content-type", "application/json")];
    let refused = server.send(Method::POST, "/v1/jobs", Some(ADMIN), &headers, json).await;
    assert_eq!(refused.refused(413), "limit");
    assert_eq!(server.get("/health").await.status, 200);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_bodies_and_slow_headers_end() {
    let server = Running::start(&["--body-s", "1", "--grace-s", "1"]).await;
    let start = Instant::now();
    let drip = || Some(b"1\r\n0\r\n".to_vec());
    let said = answer(
        &server,
        &head("/v1/identify", "Transfer-Encoding: chunked\r\n"),
        drip,
        Duration::from_millis(100),
    )
    .await;
    assert!(said.starts_with("HTTP/1.1 408"), "{said}");
    assert!(start.elapsed() < Duration::from_secs(10));
    let said =
        answer(&server, "GET /health HTTP/1.1\r\nX: ", || Some(b"x".to_vec()), Duration::from_millis(200))
            .await;
    assert!(said.is_empty() || said.starts_with("HTTP/1.1 408"), "{said}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_have_so_much_memory_together() {
    let server = Running::start(&["--max-body-mb", "1", "--uploads-mb", "1", "--body-s", "5"]).await;
    let mut first = connect(&server).await;
    first.write_all(head("/v1/identify", "Content-Length: 1000000\r\n").as_bytes()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let refused = server.post("/v1/identify", clip("brot", 0, 2)).await;
    assert_eq!(refused.refused(503), "overloaded");
    assert!(refused.header("retry-after").is_some());
    drop(first);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(server.post("/v1/identify", clip("brot", 0, 2)).await.status, 200);
    server.stop().await;
}

/// Days of silence in a few bytes, and more pixels than memory.
#[tokio::test(flavor = "multi_thread")]
async fn what_grows_while_it_is_decoded_is_given_up() {
    let server = Running::start(&["--request-s", "1", "--body-s", "5"]).await;
    let bomb = flac_of_silence(8_000, 400_000);
    let start = Instant::now();
    let refused = server.post("/v1/identify", bomb).await;
    assert_eq!(refused.refused(504), "timeout");
    assert!(start.elapsed() < Duration::from_secs(30), "{:?}", start.elapsed());
    assert_eq!(server.get("/v1/stats").await.status, 200);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_requests_are_told_when_to_come_back() {
    let server = Running::start(&["--rate", "5"]).await;
    let mut refused = 0;
    for _ in 0..30 {
        let reply = server.get("/v1/stats").await;
        if reply.status == 429 {
            assert_eq!(reply.header("retry-after"), Some("1"));
            refused += 1;
        }
    }
    assert!(refused >= 10, "{refused}");
    server.stop().await;
    let server = Running::start(&[]).await;
    let mut guesses = Vec::new();
    for _ in 0..30 {
        guesses.push(server.send(Method::GET, "/v1/stats", Some("guess"), &[], Vec::new()).await.status);
    }
    assert!(guesses.contains(&429) && !guesses.contains(&200), "{guesses:?}");
    assert_eq!(server.get("/v1/stats").await.status, 200);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn paths_and_names_lead_nowhere() {
    let server = Running::start(&[]).await;
    for path in [
        "/v1/recordings/..%2f..%2fetc%2fpasswd",
        "/v1/recordings/%2e%2e",
        "/v1/recordings/%00",
        "/v1/events/..%2f..%2fx/photos/..%2fy",
        "/v1/../../../etc/passwd",
        "//etc/passwd",
        "/v1/recordings/%ff%fe",
    ] {
        let reply = server.get(path).await;
        assert!([400, 404].contains(&reply.status), "{path}: {} {}", reply.status, reply.text());
        assert!(!reply.text().contains("root:"), "{path}");
    }
    let evil = "a\\\"; x=\\\"\r\nSet-Cookie: owned=1\r\nX: ";
    let reply = server.form("/v1/recordings?id=evil", &[(evil, recording("brot"))]).await;
    assert!(reply.header("set-cookie").is_none() && [200, 400].contains(&reply.status), "{}", reply.text());
    let reply = server
        .form("/v1/recordings", &[("..\\..\\%0d%0aSet-Cookie:x.opus", recording("low-tide"))])
        .await
        .good();
    assert_eq!(reply["path"], "%0d%0aSet-Cookie:x.opus");
    assert!(!std::fs::exists("/tmp/evil").unwrap());
    for id in ["a b", "x\ny", &"x".repeat(100)] {
        let given = server.send(Method::GET, "/health", None, &[], Vec::new()).await;
        let header = given.header("x-request-id").unwrap().to_owned();
        assert!(header != *id && header.len() == 24, "{header}");
    }
    let kept = server.send(Method::GET, "/health", None, &[("x-request-id", "mine-1")], Vec::new()).await;
    assert_eq!(kept.header("x-request-id"), Some("mine-1"));
    let other = server.send(Method::GET, "/health", None, &[("x-request-id", "a b")], Vec::new()).await;
    assert_ne!(other.header("x-request-id"), Some("a b"));
    assert_eq!(other.header("x-content-type-options"), Some("nosniff"));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_pages_of_named_origins_may_use_it() {
    let server = Running::start(&["--cors", "https://app.example"]).await;
    for (origin, allowed) in
        [("https://app.example", Some("https://app.example")), ("https://evil.example", None)]
    {
        let headers = [("origin", origin), ("access-control-request-method", "POST")];
        let reply = server.send(Method::OPTIONS, "/v1/identify", None, &headers, Vec::new()).await;
        assert_eq!(reply.header("access-control-allow-origin"), allowed);
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_are_there_for_prometheus() {
    let server = Running::start(&[]).await;
    server.post("/v1/recordings?id=brot", recording("brot")).await.good();
    server.post("/v1/identify", clip("brot", 5, 8)).await.good();
    let text = server.get("/metrics").await.text();
    for line in [
        "sonic_requests_total{route=\"/v1/identify\",method=\"POST\",status=\"200\"} 1",
        "sonic_recordings 1",
        "sonic_ready 1",
        "sonic_request_seconds_count{route=\"/v1/recordings\"} 1",
    ] {
        assert!(text.lines().any(|l| l == line), "{line} is not in\n{text}");
    }
    assert!(text.ends_with("# EOF\n"));
    server.stop().await;
}

/// What is under way when the server is told to end gets its answer.
#[tokio::test(flavor = "multi_thread")]
async fn the_end_waits_for_who_is_served() {
    let server = Running::start(&[]).await;
    let (url, client) = (format!("{}/v1/recordings?id=brot", server.url), crate::support::client());
    let request = client.post(url).header("authorization", format!("Bearer {ADMIN}")).body(recording("brot"));
    let under_way = tokio::spawn(request.send());
    tokio::time::sleep(Duration::from_millis(30)).await;
    let folder = server.stop().await;
    let status = under_way.await.unwrap().unwrap().status();
    let server = Running::start_in(folder, &[]).await;
    let there = server.get("/v1/recordings/brot").await.status;
    assert_eq!((status.as_u16(), there), (200, 200));
    server.stop().await;
}
