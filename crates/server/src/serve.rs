//! Connections: so many at a time, of which none may take its time over its headers, and an end that waits for who is served.

use axum::Router;
use axum::extract::{ConnectInfo, Request};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tower::ServiceExt;

/// Within this the headers of a request must have come, and the next request of a connection.
const HEADERS: Duration = Duration::from_secs(15);
/// Most bytes of headers.
const MAX_HEADERS: usize = 64 * 1024;

/// How many connections are served, and how they end.
#[derive(Debug, Clone)]
pub struct Serving {
    /// Connections at the same time; further ones wait. What a connection was upgraded to does not count.
    pub connections: usize,
    /// How long requests have to end when the server is stopped.
    pub grace: Duration,
    /// True once the server is to end.
    pub stopping: watch::Receiver<bool>,
}

/// Answers connections until the server is stopped, then waits for those that are served.
pub async fn serve(listener: TcpListener, router: Router, serving: Serving) {
    let connections = Arc::new(Semaphore::new(serving.connections));
    let mut stopping = serving.stopping.clone();
    loop {
        let Ok(permit) = connections.clone().acquire_owned().await else { break };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stopping.wait_for(|stopping| *stopping) => break,
        };
        match accepted {
            Ok((stream, address)) => answer(stream, address, &router, serving.stopping.clone(), permit),
            // Such as too many open files: those that are served will end.
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
    drop(listener);
    // Each connection that is served has one of them.
    let all = connections.acquire_many(serving.connections as u32);
    if tokio::time::timeout(serving.grace, all).await.is_err() {
        tracing::warn!("requests were cut off after {} seconds", serving.grace.as_secs());
    }
}

fn answer(
    stream: TcpStream,
    address: SocketAddr,
    router: &Router,
    mut stopping: watch::Receiver<bool>,
    permit: OwnedSemaphorePermit,
) {
    // Answers are small: they are not to wait for more.
    let _ = stream.set_nodelay(true);
    let router = router.clone();
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let mut request: Request = request.map(axum::body::Body::new);
        request.extensions_mut().insert(ConnectInfo(address));
        router.clone().oneshot(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS)
        .max_buf_size(MAX_HEADERS)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    tokio::spawn(async move {
        let mut connection = pin!(connection);
        // Whoever is at the other end has gone, or sends nonsense.
        let is_stopping = tokio::select! {
            _ = connection.as_mut() => false,
            () = stopped(&mut stopping) => true,
        };
        if is_stopping {
            connection.as_mut().graceful_shutdown();
            let _ = connection.await;
        }
        drop(permit);
    });
}

async fn stopped(stopping: &mut watch::Receiver<bool>) {
    // An error is that nobody can say so any more.
    let _ = stopping.wait_for(|stopping| *stopping).await;
}
