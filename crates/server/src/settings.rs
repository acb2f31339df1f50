//! What the server is told: flags, or the environment. What it does not understand it refuses.

use clap::error::{ContextKind, ContextValue};
use clap::{CommandFactory, Parser, ValueEnum};
use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;

/// What the names of variables of the environment begin with that are meant for the server.
const PREFIX: &str = "SONIC_SERVER_";

/// sonic over HTTP: name clips, say who speaks and who is seen, keep what is learned in a store.
///
/// Every setting is a flag or a variable of the environment. Without any way to prove who somebody is the server listens on
/// this machine only, unless --open is given.
#[derive(Debug, Clone, Parser)]
#[command(name = "sonic-server", version)]
#[non_exhaustive]
pub struct Settings {
    /// The store: a directory, created if it does not exist.
    #[arg(long, value_name = "DIR", env = "SONIC_STORE")]
    pub store: PathBuf,
    /// The address to listen at [default: 127.0.0.1:8080, or port PORT of every address if that is set].
    #[arg(long, value_name = "ADDR", env = "SONIC_SERVER_LISTEN")]
    pub listen: Option<SocketAddr>,
    /// The port to listen at on every address, as platforms set it; --listen comes first.
    #[arg(long, value_name = "N", env = "PORT")]
    pub port: Option<u16>,
    /// Change nothing in the store.
    #[arg(long, env = "SONIC_SERVER_READ_ONLY")]
    pub read_only: bool,
    /// Keep the store at the current snapshot of this address, and change nothing in it.
    #[arg(long, value_name = "URL", env = "SONIC_SERVER_FOLLOW")]
    pub follow: Option<String>,
    /// Seconds between two looks for a new snapshot.
    #[arg(long, value_name = "N", env = "SONIC_SERVER_FOLLOW_INTERVAL_S", default_value_t = 30)]
    pub follow_interval_s: u64,
    /// Where snapshots are pushed to when somebody says so.
    #[arg(long, value_name = "URL", env = "SONIC_SERVER_SNAPSHOTS", conflicts_with = "follow")]
    pub snapshots: Option<String>,
    /// Keep the store in the bucket at this address: of all servers that do so one writes, and the others follow.
    #[arg(long, value_name = "URL", env = "SONIC_SERVER_BUCKET", conflicts_with_all = ["follow", "snapshots", "read_only"])]
    pub bucket: Option<String>,
    /// What a write waits for, of a store that is kept in a bucket.
    #[arg(long, value_name = "WHERE", env = "SONIC_SERVER_DURABLE", value_enum, default_value_t = Durable::Bucket)]
    pub durable: Durable,

    /// Let everybody do everything.
    #[arg(long, env = "SONIC_SERVER_OPEN")]
    pub open: bool,
    /// Bearer tokens, as SCOPE:TOKEN with the scope read, write or admin, separated by commas.
    #[arg(
        long,
        value_name = "LIST",
        env = "SONIC_SERVER_TOKENS",
        value_delimiter = ',',
        hide_env_values = true
    )]
    pub tokens: Vec<String>,
    /// The file that API keys are kept in, as hashes; an admin makes them with POST /v1/keys.
    #[arg(long, value_name = "FILE", env = "SONIC_SERVER_KEYS")]
    pub keys: Option<PathBuf>,
    /// Public keys of those whose JSON web tokens are taken: a file, or an https URL.
    #[arg(long, value_name = "FILE_OR_URL", env = "SONIC_SERVER_JWKS", requires_all = ["jwt_audience", "jwt_issuer"])]
    pub jwks: Option<String>,
    /// The audience that a JSON web token must be for.
    #[arg(long, value_name = "TEXT", env = "SONIC_SERVER_JWT_AUDIENCE")]
    pub jwt_audience: Option<String>,
    /// The issuer that a JSON web token must be from.
    #[arg(long, value_name = "TEXT", env = "SONIC_SERVER_JWT_ISSUER")]
    pub jwt_issuer: Option<String>,
    /// Seconds that clocks may differ.
    #[arg(long, value_name = "N", env = "SONIC_SERVER_JWT_LEEWAY_S", default_value_t = 60)]
    pub jwt_leeway_s: u64,
    /// The secret that URLs of pictures are signed with, 32 bytes or more.
    #[arg(long, value_name = "TEXT", env = "SONIC_SERVER_URL_SECRET", hide_env_values = true)]
    pub url_secret: Option<String>,
    /// Origins whose pages may use the server from a browser, separated by commas.
    #[arg(long, value_name = "LIST", env = "SONIC_SERVER_CORS", value_delimiter = ',')]
    pub cors: Vec<String>,

    /// Most megabytes of a request's body.
    #[arg(long, value_name = "N", env = "SONIC_SERVER_MAX_BODY_MB", default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=4096))]
    pub max_body_mb: u32,
    /// Most megabytes of all bodies that are in memory together.
    #[arg(long, value_name = "N", env = "SONIC_SERVER_UPLOADS_MB", default_value_t = 512, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub uploads_mb: u32,
    /// Most pixels of a picture, width times height.
    #[arg(long, value_name = "N", env = "SONIC_SERVER_MAX_PIXELS", default_value_t = sonic::vision::DecodeOptions::default().max_pixels)]
    pub max_pixels: u64,
    /// Seconds within which a body must have come.
    #[arg(long, value_name = "N", env = "SONIC_SERVER_BODY_S", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..))]
    pub body_s: u64,
    /// Seconds after which a request is given up; streams of progress may take longer.
    #[arg(long, value_name = "N", env = "SONIC_SERVER_REQUEST_S", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..))]
    pub request_s: u64,
    /// Requests that compute at the same time [default: as many as there are cores].
    #[arg(long, value_name = "N", env = "SONIC_SERVER_WORKERS", value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub workers: Option<u32>,
    /// Requests that may wait for that; more are refused.
    #[arg(long, value_name = "N", env = "SONIC_SERVER_QUEUE", default_value_t = 256)]
    pub queue: usize,
    /// Connections at the same time.
    #[arg(long, value_name = "N", env = "SONIC_SERVER_CONNECTIONS", default_value_t = 512, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub connections: u32,
    /// Requests a second of one caller, unless their key says otherwise.
    #[arg(long, value_name = "N", env = "SONIC_SERVER_RATE", default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..))]
    pub rate: u32,
    /// Seconds that requests and jobs have to end when the server is stopped.
    #[arg(long, value_name = "N", env = "SONIC_SERVER_GRACE_S", default_value_t = 25)]
    pub grace_s: u64,

    /// What makes embeddings of voices: celda128, the id of another model, or the path of a manifest or ONNX file.
    #[arg(long, value_name = "MODEL", env = "SONIC_SERVER_VOICE_MODEL", default_value = "celda128")]
    pub voice_model: String,
    /// Whether faces are recognised: `auto` if the models are there.
    #[arg(long, value_name = "WHEN", env = "SONIC_SERVER_FACES", value_enum, default_value_t = Faces::Auto)]
    pub faces: Faces,
    /// What finds faces.
    #[arg(long, value_name = "MODEL", env = "SONIC_SERVER_DETECTOR", default_value = "yunet")]
    pub detector: String,
    /// What makes embeddings of faces.
    #[arg(long, value_name = "MODEL", env = "SONIC_SERVER_EMBEDDER", default_value = "sface")]
    pub embedder: String,

    /// Jobs that the server does at the same time; 0 leaves them to others.
    #[arg(long, value_name = "N", env = "SONIC_SERVER_JOB_WORKERS", default_value_t = 1, value_parser = clap::value_parser!(u32).range(0..=64))]
    pub job_workers: u32,
    /// Days that jobs are kept after they have ended; 0 keeps them for ever.
    #[arg(long, value_name = "N", env = "SONIC_SERVER_KEEP_JOBS_DAYS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(0..=36_500))]
    pub keep_jobs_days: u64,
    /// Tell the ends of jobs to the addresses that are given with them.
    #[arg(long, env = "SONIC_SERVER_CALLBACKS")]
    pub callbacks: bool,
    /// The secret that such news are signed with.
    #[arg(long, value_name = "TEXT", env = "SONIC_SERVER_CALLBACK_SECRET", hide_env_values = true)]
    pub callback_secret: Option<String>,
    /// The bearer token that such news carry.
    #[arg(long, value_name = "TEXT", env = "SONIC_SERVER_CALLBACK_TOKEN", hide_env_values = true)]
    pub callback_token: Option<String>,
    /// Connect to private addresses too, and without TLS, for such news and for public keys.
    #[arg(long, env = "SONIC_SERVER_ALLOW_PRIVATE")]
    pub allow_private: bool,

    /// What is logged: error, warn, info or debug.
    #[arg(long, value_name = "LEVEL", env = "SONIC_SERVER_LOG", default_value = "info")]
    pub log: tracing::Level,
}

/// What a write waits for, of a store that is kept in a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[non_exhaustive]
pub enum Durable {
    /// Until the bucket has it: the disk may vanish.
    Bucket,
    /// Until the disk has it, which lasts.
    Disk,
}

/// Whether faces are recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[non_exhaustive]
pub enum Faces {
    /// If the models and ONNX Runtime are there.
    Auto,
    /// Yes: without the models the server does not start.
    On,
    /// No.
    Off,
}

impl Settings {
    /// The settings of a command line and the environment.
    ///
    /// # Errors
    /// What is wrong, in words for whoever starts the server; a help text counts as such.
    pub fn parse_from_environment(
        arguments: impl IntoIterator<Item = OsString>,
    ) -> Result<Self, clap::Error> {
        let settings = Self::try_parse_from(arguments).map_err(with_variable)?;
        check_variables(std::env::vars_os().map(|(name, _)| name))?;
        settings.check()?;
        Ok(settings)
    }

    /// That the settings fit together.
    ///
    /// # Errors
    /// What does not.
    pub fn check(&self) -> Result<(), clap::Error> {
        for token in &self.tokens {
            crate::auth::check_token(token)
                .map_err(|e| wrong(format!("--tokens (SONIC_SERVER_TOKENS): {e}")))?;
        }
        if self.url_secret.as_ref().is_some_and(|secret| secret.len() < 32) {
            return Err(wrong("--url-secret (SONIC_SERVER_URL_SECRET) has 32 bytes or more".to_owned()));
        }
        for origin in &self.cors {
            let url = url::Url::parse(origin).ok().map(|url| url.origin().ascii_serialization());
            if url.as_deref() != Some(origin) {
                let message =
                    format!("--cors (SONIC_SERVER_CORS): {origin:?} is no origin, as https://example.org is");
                return Err(wrong(message));
            }
        }
        if self.max_body_mb > self.uploads_mb {
            let message =
                "--max-body-mb is more than --uploads-mb, so that the largest body would never be taken";
            return Err(wrong(message.to_owned()));
        }
        if self.is_open() && !self.open && !self.address().ip().is_loopback() {
            let message = format!(
                "whoever reaches {} could do everything: give --tokens, --keys or --jwks, or --open if that is meant",
                self.address()
            );
            return Err(wrong(message));
        }
        Ok(())
    }

    /// True if nobody has to prove who they are.
    pub(crate) fn is_open(&self) -> bool {
        self.open || (self.tokens.is_empty() && self.keys.is_none() && self.jwks.is_none())
    }

    /// The address to listen at.
    pub(crate) fn address(&self) -> SocketAddr {
        match (self.listen, self.port) {
            (Some(address), _) => address,
            (None, Some(port)) => ([0, 0, 0, 0], port).into(),
            (None, None) => ([127, 0, 0, 1], 8080).into(),
        }
    }

    /// Where snapshots are pushed to.
    pub(crate) fn pushes_to(&self) -> Option<&String> {
        self.snapshots.as_ref().or(self.bucket.as_ref())
    }

    /// True if the store is not to be changed.
    pub(crate) fn only_reads(&self) -> bool {
        self.read_only || self.follow.is_some()
    }
}

fn wrong(message: String) -> clap::Error {
    Settings::command().error(clap::error::ErrorKind::ValueValidation, message)
}

/// Says which variable a flag stands for that was refused.
fn with_variable(error: clap::Error) -> clap::Error {
    let Some(ContextValue::String(flag)) = error.get(ContextKind::InvalidArg).cloned() else { return error };
    let command = Settings::command();
    let long = flag.trim_start_matches("--").split([' ', '=']).next().unwrap_or_default();
    let variable = command.get_arguments().find(|argument| argument.get_long() == Some(long));
    let Some(variable) = variable.and_then(|argument| argument.get_env()) else { return error };
    if std::env::var_os(variable).is_none() {
        return error;
    }
    let said = error.render().to_string();
    let said = said.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned();
    wrong(format!("{said} (is the variable {} meant for it?)", variable.to_string_lossy()))
}

/// That every variable with our prefix is one that there is: a slip of the pen must not leave a server open.
fn check_variables(names: impl Iterator<Item = OsString>) -> Result<(), clap::Error> {
    let command = Settings::command();
    let known: Vec<&std::ffi::OsStr> =
        command.get_arguments().filter_map(|argument| argument.get_env()).collect();
    for name in names {
        if name.to_string_lossy().starts_with(PREFIX) && !known.contains(&name.as_os_str()) {
            let message = format!("there is no setting {}: see --help", name.to_string_lossy());
            return Err(wrong(message));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Result<Settings, String> {
        let all = ["sonic-server", "--store", "s"].iter().chain(arguments).map(OsString::from);
        let settings = Settings::try_parse_from(all).map_err(|e| e.to_string())?;
        settings.check().map_err(|e| e.to_string())?;
        Ok(settings)
    }

    #[test]
    fn what_is_not_understood_is_refused_by_name() {
        for (arguments, said) in [
            (&["--rate", "many"][..], "--rate"),
            (&["--tokens", "admin:short"], "SONIC_SERVER_TOKENS"),
            (&["--tokens", "root:0123456789abcdef0123"], "SONIC_SERVER_TOKENS"),
            (&["--listen", "0.0.0.0:80"], "--open"),
            (&["--port", "80"], "--open"),
            (&["--cors", "https://a.example/path"], "SONIC_SERVER_CORS"),
            (&["--url-secret", "short"], "SONIC_SERVER_URL_SECRET"),
            (&["--jwks", "keys.json"], "--jwt-audience"),
            (&["--colour"], "--colour"),
            (&["--bucket", "file:///b", "--follow", "file:///b"], "--follow"),
            (&["--durable", "tape"], "--durable"),
            (&["--max-body-mb", "1000"], "--uploads-mb"),
        ] {
            let refused = parse(arguments).unwrap_err();
            assert!(refused.contains(said), "{arguments:?}: {refused}");
        }
        let variables = ["SONIC_SERVER_TOKEN", "SONIC_SERVER_RATES"];
        for variable in variables {
            let refused = check_variables([OsString::from(variable)].into_iter()).unwrap_err().to_string();
            assert!(refused.contains(variable), "{refused}");
        }
        assert!(
            check_variables(["SONIC_STORE", "SONIC_SERVER_RATE", "HOME"].map(OsString::from).into_iter())
                .is_ok()
        );
    }

    #[test]
    fn where_it_listens() {
        assert_eq!(parse(&[]).unwrap().address().to_string(), "127.0.0.1:8080");
        let tokens = ["--tokens", "admin:0123456789abcdef0123", "--port", "9"];
        assert_eq!(parse(&tokens).unwrap().address().to_string(), "0.0.0.0:9");
        assert!(parse(&["--open", "--listen", "[::]:80"]).unwrap().is_open());
    }

    #[test]
    fn the_example_names_every_setting() {
        let example = include_str!("../.env.example");
        for argument in Settings::command().get_arguments() {
            let Some(name) = argument.get_env() else { continue };
            let line = format!("{}=", name.to_string_lossy());
            assert!(
                example.lines().any(|l| l.trim_start_matches("# ").starts_with(&line)),
                "{line} is missing"
            );
        }
    }
}
