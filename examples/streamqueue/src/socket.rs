//! The WebSocket: slices come in, acknowledgements and captions go out. See the README for its messages.

mod captions;
mod frame;

use crate::app::App;
use crate::gate::{self, From};
use crate::names::{self, Source, written};
use crate::refusal::Refusal;
use crate::routes::{Slice, take};
use crate::users::User;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use captions::Captions;
use frame::Frame;
use serde::Deserialize;
use serde_json::{Value, json};
use sonic::live::transport::{Origin, Told};
use std::net::IpAddr;
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::watch;
use tokio::time::{Instant, interval, sleep, sleep_until, timeout};

/// Who says nothing within this after opening a socket is not waited for.
const HELLO: Duration = Duration::from_secs(15);
/// Both sides see as often that the other is there.
const BEAT: Duration = Duration::from_secs(25);
/// Bytes of a header of a slice, and of a message that is text.
const MOST_HEADER: usize = 64 << 10;
/// A slice that cannot be stored now is tried so often before the client is sent away with it.
const TRIES: u32 = 5;

/// Codes of closings: the first are those of the protocol, the others are statuses of HTTP plus 4000.
const AWAY: u16 = 1001;
const MALFORMED: u16 = 1007;
const POLICY: u16 = 1008;
const TOO_LARGE: u16 = 1009;
const LATER: u16 = 1013;
/// The other side has gone: there is nobody to close it to.
const GONE: u16 = 1006;

/// Why a socket ends.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Closing(u16, String);

impl Closing {
    fn new(code: u16, reason: impl Into<String>) -> Self {
        Self(code, reason.into())
    }

    fn gone() -> Self {
        Self(GONE, String::new())
    }
}

impl std::convert::From<Refusal> for Closing {
    fn from(refusal: Refusal) -> Self {
        match refusal.is_passing() {
            true => Self(LATER, refusal.text()),
            false => Self(4000 + refusal.status.as_u16(), refusal.text()),
        }
    }
}

/// What a client says first.
#[derive(Debug, Deserialize)]
struct Hello {
    token: Option<String>,
    connection_id: String,
    meeting_id: Option<String>,
    #[serde(default)]
    source: Source,
    /// The last slice up to which all were acknowledged; -1 for none.
    #[serde(default = "none")]
    acked: i64,
    /// The place of the last caption that it has.
    #[serde(default)]
    after: String,
}

fn none() -> i64 {
    -1
}

/// What a client says then.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Said {
    /// Microphones of the meeting, as the extension tells them.
    Activity {
        ts: Option<f64>,
        body: Vec<(String, String)>,
    },
    /// There will be no more slices.
    End,
    Hello(Hello),
}

/// Opens a socket.
pub(crate) async fn open(
    State(app): State<App>,
    From(address): From,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Result<Response, Refusal> {
    if *app.stopping.borrow() {
        return Err(Refusal::later(Duration::from_secs(1), "the service is stopping"));
    }
    if !is_ours(&app, &headers) {
        return Err(Refusal::new(
            StatusCode::FORBIDDEN,
            "the page is of another origin: see ALLOWED_ORIGINS",
        ));
    }
    let token = gate::bearer(&headers)?;
    let room = app.sockets.clone().try_acquire_owned();
    let room = room.map_err(|_| Refusal::later(Duration::from_secs(5), "too many sockets are open"))?;
    let most = app.settings.limits.slice_bytes + MOST_HEADER + 4;
    // Buffers as small as that: most sockets are idle.
    let upgrade =
        upgrade.max_message_size(most).max_frame_size(most).read_buffer_size(4096).write_buffer_size(0);
    Ok(upgrade.on_upgrade(move |socket| run(app, socket, token, address, room)))
}

/// True unless a browser says that the page is another's.
fn is_ours(app: &App, headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let Some(origin) = text(header::ORIGIN) else { return true };
    let host = origin.split_once("://").map(|(_, host)| host);
    host.is_some_and(|host| text(header::HOST) == Some(host))
        || app.settings.origins.iter().any(|one| one == origin)
}

async fn run(
    app: App,
    mut socket: WebSocket,
    token: Option<String>,
    address: IpAddr,
    room: OwnedSemaphorePermit,
) {
    app.metrics.sockets.inc();
    let Closing(code, reason) = match greet(&app, &mut socket, token, address).await {
        Ok(talk) => talk.run(&app, &mut socket).await,
        Err(closing) => closing,
    };
    app.metrics.closed(code);
    if code != GONE {
        let reason: String =
            reason.chars().take(100).collect::<String>().chars().filter(|c| c.is_ascii()).collect();
        let close = Message::Close(Some(CloseFrame { code, reason: reason.into() }));
        let _ = timeout(app.settings.limits.slow, socket.send(close)).await;
        // What the client answers to that is taken away, so that it reads the reason.
        let _ =
            timeout(Duration::from_secs(2), async { while let Some(Ok(_)) = socket.recv().await {} }).await;
    }
    app.metrics.sockets.dec();
    drop(room);
}

/// Takes the first message, and answers it.
async fn greet(
    app: &App,
    socket: &mut WebSocket,
    token: Option<String>,
    from: IpAddr,
) -> Result<Talk, Closing> {
    let late = |_| Closing::new(POLICY, "say hello first");
    let first = timeout(HELLO, next(socket)).await.map_err(late)??;
    let Incoming::Text(text) = first else { return Err(Closing::new(POLICY, "say hello first")) };
    let Said::Hello(hello) = said(&text)? else { return Err(Closing::new(POLICY, "say hello first")) };
    let token = hello.token.filter(|token| !token.is_empty()).or(token);
    let user = gate::admit(app, token.clone(), from).await?;
    let connection = names::connection(&hello.connection_id)?.to_owned();
    let meeting = names::meeting(hello.meeting_id.as_deref(), hello.source, &connection)?;
    let source = Some(hello.source.name().to_owned());
    let origin = Origin { connection, meeting, user_id: Some(user.id.clone()), source };
    let pipeline = app.pipeline()?;
    let captions = Captions::new(&pipeline.feed, &origin.meeting, hello.after);
    let talk = Talk { user, token, origin, captions };
    let welcome = json!({
        "type": "welcome",
        "connection_id": talk.origin.connection,
        "meeting_id": talk.origin.meeting,
        "stored": hello.acked.max(-1),
        "max_slice_bytes": app.settings.limits.slice_bytes,
    });
    send(app, socket, &welcome).await?;
    Ok(talk)
}

/// A socket whose client is known.
struct Talk {
    user: User,
    token: Option<String>,
    origin: Origin,
    captions: Captions,
}

impl Talk {
    async fn run(mut self, app: &App, socket: &mut WebSocket) -> Closing {
        match self.converse(app, socket).await {
            Ok(()) => Closing::gone(),
            Err(closing) => closing,
        }
    }

    async fn converse(&mut self, app: &App, socket: &mut WebSocket) -> Result<(), Closing> {
        let limits = &app.settings.limits;
        let (end, mut idle) = (Instant::now() + limits.socket, Instant::now() + limits.idle);
        let mut beat = interval(BEAT);
        beat.tick().await;
        let mut stopping = app.stopping.subscribe();
        loop {
            tokio::select! {
                message = next(socket) => {
                    idle = Instant::now() + limits.idle;
                    match message? {
                        Incoming::Text(text) => self.text(app, socket, &text).await?,
                        Incoming::Slice(bytes) => self.slice(app, socket, bytes).await?,
                        Incoming::Alive => (),
                    }
                }
                told = self.captions.next() => {
                    app.metrics.captions.inc();
                    send_text(app, socket, told?).await?;
                }
                _ = beat.tick() => self.beat(app, socket).await?,
                () = sleep_until(end) => return Err(Closing::new(AWAY, "time limit: come again")),
                () = sleep_until(idle) => return Err(Closing::new(POLICY, "idle")),
                () = told_to_end(&mut stopping) => return Err(Closing::new(AWAY, "stopping: come again")),
            }
        }
    }

    async fn text(&mut self, app: &App, socket: &mut WebSocket, text: &str) -> Result<(), Closing> {
        match said(text)? {
            Said::Hello(_) => Err(Closing::new(POLICY, "hello is said once")),
            Said::Activity { ts, body } => {
                let now = names::now_ms();
                let sent_ms = names::believed(ts.unwrap_or(now), now);
                crate::routes::take_activity(app, self.origin.clone(), sent_ms, body).await?;
                Ok(())
            }
            Said::End => {
                let origin = self.origin.clone();
                app.blocking(move |app| Ok(app.pipeline()?.intake()?.end(&origin)?)).await?;
                send(app, socket, &json!({ "type": "ended" })).await
            }
        }
    }

    /// Takes a slice, and says so when it is stored. Clients send the next ones meanwhile: they wait in the socket.
    async fn slice(&mut self, app: &App, socket: &mut WebSocket, bytes: Bytes) -> Result<(), Closing> {
        self.still_welcome(app).await?;
        if let Some(wait) = app.rates.wait(&self.user.id, app.settings.limits.rate) {
            sleep(wait).await;
        }
        let frame = Frame::read(&bytes).map_err(|why| Closing::new(MALFORMED, why))?;
        let index = frame.index;
        let answer = match self.store(app, &frame).await {
            Ok(()) => json!({ "type": "ack", "i": index }),
            Err(refusal) if refusal.is_passing() => return Err(refusal.into()),
            Err(refusal) => json!({ "type": "refused", "i": index, "detail": refusal.text() }),
        };
        send(app, socket, &answer).await
    }

    async fn store(&self, app: &App, frame: &Frame) -> Result<(), Refusal> {
        for attempt in 1.. {
            match self.store_once(app, frame).await {
                Err(refusal) if refusal.is_passing() && attempt < TRIES => {
                    sleep(refusal.retry_after.unwrap_or(Duration::from_secs(1)).min(Duration::from_secs(2)))
                        .await;
                }
                done => return done,
            }
        }
        Ok(())
    }

    async fn store_once(&self, app: &App, frame: &Frame) -> Result<(), Refusal> {
        let sent_ms = names::believed(frame.sent_ms, names::now_ms());
        let (origin, bytes) = (self.origin.clone(), frame.bytes.clone());
        let shifted_ms = frame.shifted(sent_ms, app.settings.slice_ms);
        take(app, Slice { origin, index: frame.index, bytes, sent_ms: shifted_ms, way: "socket" }).await?;
        let Some(stamp_ms) = frame.stamp(sent_ms, app.settings.speaker_delay_ms) else { return Ok(()) };
        crate::routes::take_activity(app, self.origin.clone(), stamp_ms, frame.activity.clone()).await
    }

    async fn beat(&self, app: &App, socket: &mut WebSocket) -> Result<(), Closing> {
        self.still_welcome(app).await?;
        // A browser answers pings, but does not show them to its page: that gets a message.
        send(app, socket, &json!({ "type": "beat" })).await?;
        write(app, socket, Message::Ping(Bytes::new())).await
    }

    /// That the user was not disabled, nor the token taken away, meanwhile.
    async fn still_welcome(&self, app: &App) -> Result<(), Closing> {
        let Some(token) = self.token.clone().filter(|_| !app.settings.is_open()) else { return Ok(()) };
        match gate::find(app, token).await {
            Ok(Some(user)) if user.is_enabled => Ok(()),
            Ok(Some(_)) => Err(Refusal::disabled().into()),
            Ok(None) => Err(Refusal::unauthorized("Invalid token").into()),
            // Who was let in stays while nobody can be looked up.
            Err(_) => Ok(()),
        }
    }
}

async fn told_to_end(stopping: &mut watch::Receiver<bool>) {
    let _ = stopping.wait_for(|stopping| *stopping).await;
}

/// What comes.
enum Incoming {
    Text(String),
    Slice(Bytes),
    Alive,
}

async fn next(socket: &mut WebSocket) -> Result<Incoming, Closing> {
    match socket.recv().await {
        None | Some(Ok(Message::Close(_))) => Err(Closing::gone()),
        Some(Ok(Message::Text(text))) if text.len() > MOST_HEADER => {
            Err(Closing::new(TOO_LARGE, "a long message"))
        }
        Some(Ok(Message::Text(text))) => Ok(Incoming::Text(text.to_string())),
        Some(Ok(Message::Binary(bytes))) => Ok(Incoming::Slice(bytes)),
        Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(Incoming::Alive),
        Some(Err(error)) => Err(failed(&error.to_string())),
    }
}

/// A frame that is against the protocol, or the end of a connection.
fn failed(error: &str) -> Closing {
    match error {
        said if said.contains("too long") || said.contains("too big") => {
            Closing::new(TOO_LARGE, "a slice is too large")
        }
        said if said.contains("UTF-8") || said.contains("utf-8") => Closing::new(MALFORMED, "text is UTF-8"),
        _ => Closing::gone(),
    }
}

fn said(text: &str) -> Result<Said, Closing> {
    serde_json::from_str(text).map_err(|error| Closing::new(MALFORMED, error.to_string()))
}

async fn send(app: &App, socket: &mut WebSocket, message: &Value) -> Result<(), Closing> {
    send_text(app, socket, message.to_string()).await
}

async fn send_text(app: &App, socket: &mut WebSocket, text: String) -> Result<(), Closing> {
    write(app, socket, Message::Text(text.into())).await
}

/// Sends, unless the client does not read: then it is left, and gets what it missed when it comes again.
async fn write(app: &App, socket: &mut WebSocket, message: Message) -> Result<(), Closing> {
    match timeout(app.settings.limits.slow, socket.send(message)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(Closing::gone()),
    }
}

/// A caption as clients get it, with times of the day.
pub(crate) fn told_json(told: &Told) -> Value {
    let segment = &told.segment;
    let at = |ms: u64| told.started_at_ms as f64 + ms as f64;
    let words: Vec<Value> = segment
        .words
        .iter()
        .map(|word| {
            json!({
                "text": word.text,
                "start_ms": word.start_ms.saturating_sub(segment.start_ms),
                "end_ms": word.end_ms.saturating_sub(segment.start_ms),
                "confidence": word.confidence,
            })
        })
        .collect();
    json!({
        "type": "segment",
        "place": told.place,
        "meeting_id": told.origin.meeting,
        "connection_id": told.origin.connection,
        "user_id": told.origin.user_id,
        "id": segment.id,
        "revision": segment.revision,
        "is_final": segment.is_final,
        "start": written(at(segment.start_ms)),
        "end": written(at(segment.end_ms)),
        "text": segment.text,
        "words": words,
        "speaker": segment.speaker,
        "confidence": segment.confidence,
    })
}
