//! From settings to a service that answers, and its end.

use crate::app::App;
use crate::routes::router;
use crate::settings::{Role, Settings, help};
use sonic::{Error, ErrorKind, Result};
use sonic_server::host::{Serving, log, serve, told_to_stop};
use std::io::Write;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A service that answers.
pub struct Service {
    app: App,
    address: SocketAddr,
    serving: JoinHandle<()>,
    opening: JoinHandle<Result<()>>,
}

impl Service {
    /// Listens, and begins to open the queue and the store.
    ///
    /// # Errors
    /// What is wrong with a setting or a file; `Io` if the address cannot be listened at.
    pub async fn start(settings: Settings) -> Result<Self> {
        let at = settings.address;
        let limits = settings.limits.clone();
        let app = App::new(settings)?;
        let failed = |e| Error::io(format!("cannot listen at {at}"), e);
        let listener = TcpListener::bind(at).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let stopping = app.stopping.subscribe();
        let serving = Serving { connections: limits.connections, grace: limits.grace, stopping };
        let serving = tokio::spawn(serve(listener, router(&app), serving));
        let opened = app.clone();
        let opening = tokio::task::spawn_blocking(move || opened.open());
        Ok(Self { app, address, serving, opening })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits until slices are taken.
    ///
    /// # Errors
    /// Why they cannot be.
    pub async fn ready(&mut self) -> Result<()> {
        let panicked = |_| Error::new(ErrorKind::Internal, "opening the store ended in a panic");
        (&mut self.opening).await.map_err(panicked)?
    }

    /// Takes nothing more, lets what is under way end, and stores what was worked out.
    pub async fn stop(self) {
        let Self { app, serving, .. } = self;
        let _ = app.stopping.send(true);
        let _ = serving.await;
        let grace = app.settings.limits.grace;
        // Sockets say goodbye by themselves.
        let all = app.settings.limits.sockets;
        let ended = async {
            while app.sockets.available_permits() < all {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let _ = tokio::time::timeout(grace.min(Duration::from_secs(3)), ended).await;
        let closing = move || app.pipeline().map(|pipeline| pipeline.close(grace));
        let _ = tokio::task::spawn_blocking(closing).await;
    }
}

/// Runs the service with `arguments`, without the name of the program, until it is told to stop; gives the exit status.
pub fn run(arguments: impl Iterator<Item = String>) -> u8 {
    let arguments: Vec<String> = arguments.collect();
    let role = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] | ["serve"] => Role::Serve,
        ["api"] => Role::Api,
        ["worker"] => Role::Worker,
        ["-h" | "--help" | "help"] => {
            let _ = std::io::stdout().lock().write_all(help().as_bytes());
            return 0;
        }
        _ => return failed("start it with serve, api or worker, or with --help"),
    };
    let settings = match Settings::read(role, &|name| std::env::var(name).ok()) {
        Ok(settings) => settings,
        Err(wrong) => return failed(&wrong),
    };
    log(settings.log);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let served = match runtime {
        Ok(runtime) => runtime.block_on(serve_until_told(settings)),
        Err(error) => Err(Error::io("cannot start threads", error)),
    };
    match served {
        Ok(()) => 0,
        Err(error) => failed(&error.to_string()),
    }
}

fn failed(message: &str) -> u8 {
    let _ = writeln!(std::io::stderr().lock(), "error: {message}");
    2
}

async fn serve_until_told(settings: Settings) -> Result<()> {
    let told = told_to_stop();
    tokio::pin!(told);
    let role = settings.role;
    let mut service = Service::start(settings).await?;
    tracing::info!(address = %service.address(), role = ?role, "listening");
    tokio::select! {
        opened = service.ready() => opened?,
        () = &mut told => {
            service.stop().await;
            return Ok(());
        }
    }
    tracing::info!("ready");
    told.await;
    tracing::info!("stopping");
    service.stop().await;
    Ok(())
}
