//! From settings to a server that answers, and its end.

use crate::app::App;
use crate::endpoints::router;
use crate::jobs;
use crate::serve::{Serving, serve};
use crate::settings::Settings;
use sonic::{Error, ErrorKind, Result};
use std::ffi::OsString;
use std::io::{IsTerminal, Write};
use std::net::SocketAddr;
use std::sync::PoisonError;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tracing_subscriber::fmt::format::FmtSpan;

/// A server that answers.
pub struct Server {
    app: App,
    address: SocketAddr,
    serving: JoinHandle<()>,
    opening: JoinHandle<Result<()>>,
}

impl Server {
    /// Listens, and begins to open the store and to load the models; what needs them is refused until they are there.
    ///
    /// # Errors
    /// What is wrong with a setting or a file; `Io` if the address cannot be listened at.
    pub async fn start(settings: Settings) -> Result<Self> {
        settings.check().map_err(|e| Error::new(ErrorKind::InvalidArgument, e.to_string()))?;
        let at = settings.address();
        let app = App::new(settings)?;
        let failed = |e| Error::io(format!("cannot listen at {at}"), e);
        let listener = TcpListener::bind(at).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let serving = Serving {
            connections: app.settings.connections as usize,
            grace: Duration::from_secs(app.settings.grace_s),
            stopping: app.stopping.subscribe(),
        };
        let serving = tokio::spawn(serve(listener, router(&app), serving));
        let opened = app.clone();
        let opening = tokio::spawn(async move {
            let (app, workers) = (opened.clone(), opened);
            let opened = tokio::task::spawn_blocking(move || app.open()).await;
            opened.map_err(|_| Error::new(ErrorKind::Internal, "opening the store ended in a panic"))??;
            workers.metrics.ready.set(1);
            tracing::info!("ready");
            jobs::start(&workers);
            Ok(())
        });
        Ok(Self { app, address, serving, opening })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits until the store is open and the models are loaded.
    ///
    /// # Errors
    /// Why they cannot be.
    pub async fn ready(&mut self) -> Result<()> {
        let panicked = |_| Error::new(ErrorKind::Internal, "opening the store ended in a panic");
        (&mut self.opening).await.map_err(panicked)?
    }

    /// Takes no more requests, lets those that are served end, gives jobs back, and closes the store.
    pub async fn stop(self) {
        let _ = self.app.stopping.send(true);
        let _ = self.serving.await;
        let app = self.app.clone();
        let workers = std::mem::take(&mut *app.workers.lock().unwrap_or_else(PoisonError::into_inner));
        // Jobs are given back, and work that nobody waits for any more has some time to end.
        let idle = async {
            for worker in workers {
                let _ = worker.await;
            }
            while app.work.load().0 > 0 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let _ = tokio::time::timeout(Duration::from_secs(app.settings.grace_s), idle).await;
        let _ = tokio::task::spawn_blocking(move || app.close()).await;
    }
}

/// Runs the server with `arguments`, of which the first is the program's name, until it is told to stop; gives the exit
/// status.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> u8 {
    let settings = match Settings::parse_from_environment(arguments) {
        Ok(settings) => settings,
        Err(usage) => {
            let _ = usage.print(); // Nobody reads it if the terminal is gone.
            return usage.exit_code() as u8;
        }
    };
    log(settings.log);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let served = match runtime {
        Ok(runtime) => runtime.block_on(serve_until_told(settings)),
        Err(error) => Err(Error::io("cannot start threads", error)),
    };
    match served {
        Ok(()) => 0,
        Err(error) => {
            let _ = writeln!(std::io::stderr().lock(), "error: {error}");
            1
        }
    }
}

async fn serve_until_told(settings: Settings) -> Result<()> {
    let mut server = Server::start(settings).await?;
    tracing::info!(address = %server.address(), "listening");
    let told = told_to_stop();
    tokio::pin!(told);
    tokio::select! {
        opened = server.ready() => opened?,
        () = &mut told => {
            server.stop().await;
            return Ok(());
        }
    }
    told.await;
    tracing::info!("stopping");
    server.stop().await;
    Ok(())
}

/// Waits for Ctrl-C, or for what ends services.
pub async fn told_to_stop() {
    let interrupted = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let terminated = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminated = std::future::pending::<()>();
    tokio::select! {
        () = interrupted => {}
        () = terminated => {}
    }
}

/// Logs to standard error: lines for people at a terminal, JSON elsewhere.
pub fn log(level: tracing::Level) {
    // What took how long is told where details are asked for.
    let ends = match level >= tracing::Level::DEBUG {
        true => FmtSpan::CLOSE,
        false => FmtSpan::NONE,
    };
    let lines =
        tracing_subscriber::fmt().with_max_level(level).with_span_events(ends).with_writer(std::io::stderr);
    // It stays what it is if somebody set it before.
    let _ = match std::io::stderr().is_terminal() {
        true => lines.try_init(),
        false => lines.json().flatten_event(true).with_current_span(true).try_init(),
    };
}
