//! Addresses of buckets.

use crate::error::remote_error;
use crate::options::RemoteOptions;
use object_store::aws::AmazonS3Builder;
use object_store::azure::MicrosoftAzureBuilder;
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::http::HttpBuilder;
use object_store::local::LocalFileSystem;
use object_store::path::Path as ObjectPath;
use object_store::{BackoffConfig, ClientOptions, ObjectStore, ObjectStoreScheme, RetryConfig};
use sonic_core::{Error, ErrorKind, Result};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use url::{Position, Url};

/// Nothing comes for so long: the connection is given up.
const SILENCE: Duration = Duration::from_secs(30);
const CONNECT: Duration = Duration::from_secs(10);
/// How long one request is tried.
const PATIENCE: Duration = Duration::from_secs(60);
const MAX_RETRIES: usize = 6;

/// The store of objects that an address names, the folder in it, and whether it can be written to.
pub(crate) struct Address {
    pub(crate) store: Arc<dyn ObjectStore>,
    pub(crate) prefix: ObjectPath,
    pub(crate) writable: bool,
    /// True if conditions name the version of an object, not its ETag: Google.
    pub(crate) by_version: bool,
    /// The folder, if it is one of this machine.
    pub(crate) folder: Option<PathBuf>,
}

/// Settings of a file.
type Settings = Vec<(String, String)>;

/// Opens an address; nothing is asked of the server yet.
///
/// # Errors
/// `InvalidArgument` if it is no address, has a key in it, or the options are out of their ranges.
pub(crate) fn open(url: &str, options: &RemoteOptions) -> Result<Address> {
    let parsed = parse(url)?;
    let settings = settings(options)?;
    // Another provider may have been chosen already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let fail = |e: object_store::Error| remote_error(format!("cannot open {}", shown(&parsed)), &e);
    let (scheme, prefix) = ObjectStoreScheme::parse(&parsed).map_err(|_| unknown(url))?;
    let by_version = matches!(scheme, ObjectStoreScheme::GoogleCloudStorage);
    let folder = matches!(scheme, ObjectStoreScheme::Local).then(|| parsed.to_file_path().ok()).flatten();
    let store: Arc<dyn ObjectStore> = match scheme {
        ObjectStoreScheme::Local => Arc::new(LocalFileSystem::new().with_fsync(true)),
        ObjectStoreScheme::AmazonS3 => Arc::new(s3(&parsed, options, settings).map_err(fail)?),
        ObjectStoreScheme::MicrosoftAzure => Arc::new(azure(&parsed, options, settings).map_err(fail)?),
        ObjectStoreScheme::GoogleCloudStorage => Arc::new(google(&parsed, options, settings).map_err(fail)?),
        ObjectStoreScheme::Http => {
            let builder = HttpBuilder::new().with_url(&parsed[..Position::BeforePath]).with_retry(retries());
            Arc::new(builder.with_client_options(client(true)).build().map_err(fail)?)
        }
        _ => return Err(unknown(url)),
    };
    let writable = !matches!(parsed.scheme(), "http" | "https") || is_cloud(&parsed);
    Ok(Address { store, prefix, writable, by_version, folder })
}

/// True for the address of a bucket that is written as that of a page.
fn is_cloud(url: &Url) -> bool {
    !matches!(ObjectStoreScheme::parse(url), Ok((ObjectStoreScheme::Http, _)))
}

fn parse(url: &str) -> Result<Url> {
    let parsed = Url::parse(url).map_err(|_| unknown(url))?;
    // `abfss://container@account` is Azure's own way of writing.
    let has_user = !parsed.username().is_empty() && !parsed.scheme().starts_with("abfs");
    if has_user || parsed.password().is_some() || parsed.query().is_some() {
        let message = "an address has no keys in it, and no query: give keys in the environment or in a file of credentials";
        return Err(Error::new(ErrorKind::InvalidArgument, message));
    }
    Ok(parsed)
}

fn unknown(url: &str) -> Error {
    // What is no address may be anything, a key too.
    let scheme = url.split_once("://").map_or("", |(scheme, _)| scheme);
    let message = format!(
        "no address of a bucket ({scheme:?}): give s3://bucket/prefix, az://container/prefix, gs://bucket/prefix, \
         file:///folder or https://host/prefix"
    );
    Error::new(ErrorKind::InvalidArgument, message)
}

/// An address as messages show it.
pub(crate) fn shown(url: &Url) -> &str {
    &url[..Position::AfterPath]
}

fn settings(options: &RemoteOptions) -> Result<Settings> {
    if !(1..=64).contains(&options.connections) || options.bytes_per_second == Some(0) {
        let message = "there are 1 to 64 connections, and a limit is 1 byte a second or more";
        return Err(Error::new(ErrorKind::InvalidArgument, message));
    }
    let Some(path) = &options.credentials else { return Ok(Vec::new()) };
    let text =
        std::fs::read_to_string(path).map_err(|e| Error::io(format!("cannot read {}", path.display()), e))?;
    let lines =
        text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'));
    lines
        .map(|(number, line)| {
            let setting = line.split_once('=').map(|(name, value)| (name.trim(), value.trim()));
            let (name, value) = setting.ok_or_else(|| {
                let message = format!("line {} of {} is not NAME=value", number + 1, path.display());
                Error::new(ErrorKind::Malformed, message)
            })?;
            Ok((name.to_ascii_lowercase(), value.to_owned()))
        })
        .collect()
}

/// True if the server is named without encryption, by an option or a setting.
fn is_plain(options: &RemoteOptions, settings: &Settings, variables: &[&str]) -> bool {
    let named = settings.iter().filter(|(name, _)| variables.iter().any(|v| v.eq_ignore_ascii_case(name)));
    let variable = variables.iter().find_map(|name| std::env::var(name).ok());
    let mut named = named.map(|(_, value)| value.clone()).chain(options.endpoint.clone()).chain(variable);
    named.any(|value| value.starts_with("http://"))
}

fn client(plain: bool) -> ClientOptions {
    let options = ClientOptions::new().with_timeout_disabled().with_connect_timeout(CONNECT);
    options.with_read_timeout(SILENCE).with_allow_http(plain)
}

fn retries() -> RetryConfig {
    let (init_backoff, max_backoff) = (Duration::from_millis(100), Duration::from_secs(5));
    let backoff = BackoffConfig { init_backoff, max_backoff, base: 2.0 };
    RetryConfig { backoff, max_retries: MAX_RETRIES, retry_timeout: PATIENCE }
}

type Built<T> = object_store::Result<T>;

fn s3(url: &Url, options: &RemoteOptions, settings: Settings) -> Built<object_store::aws::AmazonS3> {
    let plain = is_plain(options, &settings, &["AWS_ENDPOINT_URL", "AWS_ENDPOINT", "AWS_ENDPOINT_URL_S3"]);
    let mut builder = AmazonS3Builder::from_env().with_client_options(client(plain));
    for (name, value) in settings {
        if let Ok(key) = name.parse() {
            builder = builder.with_config(key, value);
        }
    }
    if let Some(endpoint) = &options.endpoint {
        builder = builder.with_endpoint(endpoint);
    }
    builder.with_url(url.as_str()).with_retry(retries()).with_client_options(client(plain)).build()
}

fn azure(
    url: &Url,
    options: &RemoteOptions,
    settings: Settings,
) -> Built<object_store::azure::MicrosoftAzure> {
    let plain = is_plain(options, &settings, &["AZURE_ENDPOINT", "AZURE_STORAGE_ENDPOINT"]);
    let mut builder = MicrosoftAzureBuilder::from_env();
    for (name, value) in settings {
        if let Ok(key) = name.parse() {
            builder = builder.with_config(key, value);
        }
    }
    if let Some(endpoint) = &options.endpoint {
        builder = builder.with_endpoint(endpoint.clone());
    }
    builder.with_url(url.as_str()).with_retry(retries()).with_client_options(client(plain)).build()
}

fn google(
    url: &Url,
    options: &RemoteOptions,
    settings: Settings,
) -> Built<object_store::gcp::GoogleCloudStorage> {
    let plain = is_plain(options, &settings, &["GOOGLE_BASE_URL"]);
    let mut builder = GoogleCloudStorageBuilder::from_env();
    for (name, value) in settings {
        if let Ok(key) = name.parse() {
            builder = builder.with_config(key, value);
        }
    }
    if let Some(endpoint) = &options.endpoint {
        builder = builder.with_config(object_store::gcp::GoogleConfigKey::BaseUrl, endpoint);
    }
    builder.with_url(url.as_str()).with_retry(retries()).with_client_options(client(plain)).build()
}
