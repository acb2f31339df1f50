//! A folder of objects: the only module that sends requests.

mod objects;

use crate::address::{self, Address};
use crate::error::{is_final, remote_error};
use crate::options::RemoteOptions;
use crate::throttle::Throttle;
use futures_core::Stream;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload};
use sonic_core::{Error, ErrorKind, Result};
use std::collections::HashMap;
use std::future::Future;
use std::io::Write;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, SystemTime};

/// How often a request is begun anew; each has retries of its own.
const TRIES: u32 = 4;
const FIRST_PAUSE: Duration = Duration::from_millis(200);

/// A folder of objects.
#[derive(Clone)]
pub(crate) struct Bucket {
    store: Arc<dyn ObjectStore>,
    prefix: Path,
    writable: bool,
    /// True if conditions name the version of an object, not its ETag.
    by_version: bool,
    throttle: Arc<Throttle>,
    /// As messages name it.
    name: Arc<str>,
}

/// What a list tells of an object.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Listed {
    pub(crate) bytes: u64,
    /// When it was written, by the clock of the bucket.
    pub(crate) written: SystemTime,
}

/// Bytes, or how many there are if those are too many.
type Got = std::result::Result<Vec<u8>, u64>;
type Answer<T> = object_store::Result<T>;
/// A request under way.
type Request<'r, T> = Pin<Box<dyn Future<Output = Answer<T>> + Send + 'r>>;

impl Bucket {
    pub(crate) fn open(url: &str, options: &RemoteOptions) -> Result<Self> {
        let Address { store, prefix, writable, by_version, .. } = address::open(url, options)?;
        let throttle = Arc::new(Throttle::new(options.bytes_per_second));
        Ok(Self { store, prefix, writable, by_version, throttle, name: url.into() })
    }

    /// The address.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Fails if the address is one that is only read.
    pub(crate) fn check_writable(&self) -> Result<()> {
        if self.writable {
            return Ok(());
        }
        let message =
            format!("{} can only be pulled from: push to the folder or bucket behind it", self.name);
        Err(Error::new(ErrorKind::Unsupported, message))
    }

    fn path(&self, name: &str) -> Path {
        name.split('/').fold(self.prefix.clone(), |path, part| path.join(part))
    }

    /// Does a request again after a pause, if it failed in a way that may pass.
    async fn try_again<'r, T>(&self, what: &str, request: impl Fn() -> Request<'r, T>) -> Result<T> {
        let mut pause = FIRST_PAUSE;
        for _ in 1..TRIES {
            match request().await {
                Err(e) if !is_final(&e) => tokio::time::sleep(pause).await,
                done => return done.map_err(|e| remote_error(format!("{}: cannot {what}", self.name), &e)),
            }
            pause *= 2;
        }
        request().await.map_err(|e| remote_error(format!("{}: cannot {what}", self.name), &e))
    }

    /// The bytes of an object, of which there may be `most`; `None` if there is no object of that name.
    ///
    /// # Errors
    /// `Malformed` if there are more.
    pub(crate) async fn get(&self, name: &str, most: u64) -> Result<Option<Vec<u8>>> {
        let path = self.path(name);
        let path = &path;
        let request = || -> Request<'_, _> { Box::pin(self.try_get(path, name, most)) };
        match self.try_again(&format!("read {name}"), request).await? {
            None => Ok(None),
            Some(Ok(bytes)) => Ok(Some(bytes)),
            Some(Err(size)) => {
                let message = format!("{}: {name} has {size} bytes, not {most} at most", self.name);
                Err(Error::new(ErrorKind::Malformed, message))
            }
        }
    }

    /// One try to get an object: its bytes, or its size if there are more than `most`.
    async fn try_get(&self, path: &Path, name: &str, most: u64) -> Answer<Option<Got>> {
        let found = match self.store.get(path).await {
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            found => found?,
        };
        let size = found.meta.size;
        if size > most {
            return Ok(Some(Err(size)));
        }
        self.throttle.take(size).await;
        let bytes = found.bytes().await?;
        match bytes.len() as u64 == size {
            true => Ok(Some(Ok(bytes.into()))),
            false => Err(cut_off(name)),
        }
    }

    /// True if there is an object of that name.
    pub(crate) async fn contains(&self, name: &str) -> Result<bool> {
        Ok(self.look(name).await?.is_some())
    }

    /// What there is under a name.
    pub(crate) async fn look(&self, name: &str) -> Result<Option<Listed>> {
        let path = self.path(name);
        let path = &path;
        let request = || -> Request<'_, _> {
            Box::pin(async move {
                match self.store.head(path).await {
                    Err(object_store::Error::NotFound { .. }) => Ok(None),
                    found => found.map(|m| Some(Listed { bytes: m.size, written: m.last_modified.into() })),
                }
            })
        };
        self.try_again(&format!("look for {name}"), request).await
    }

    /// Writes an object, in the place of one that has the name.
    pub(crate) async fn put(&self, name: &str, bytes: Vec<u8>) -> Result<()> {
        self.throttle.take(bytes.len() as u64).await;
        self.put_at_once(name, bytes).await
    }

    /// As [`put`](Self::put), of a few bytes that are late if they wait for others.
    pub(crate) async fn put_at_once(&self, name: &str, bytes: Vec<u8>) -> Result<()> {
        let path = self.path(name);
        let payload = PutPayload::from(bytes);
        let (path, payload) = (&path, &payload);
        let request = || -> Request<'_, _> {
            Box::pin(async move { self.store.put(path, payload.clone()).await.map(drop) })
        };
        self.try_again(&format!("write {name}"), request).await
    }

    /// Writes an object, unless one has the name; true if it is there now with these bytes, which nobody else writes.
    pub(crate) async fn create(&self, name: &str, bytes: &[u8]) -> Result<bool> {
        let path = self.path(name);
        let payload = PutPayload::from(bytes.to_vec());
        self.throttle.take(payload.content_length() as u64).await;
        let (path, payload) = (&path, &payload);
        let request = || -> Request<'_, _> {
            Box::pin(async move {
                let options = PutOptions::from(PutMode::Create);
                match self.store.put_opts(path, payload.clone(), options).await {
                    Ok(_) => Ok(true),
                    // It may have been this request that wrote it, and the answer that was lost.
                    Err(
                        object_store::Error::AlreadyExists { .. } | object_store::Error::Precondition { .. },
                    ) => Ok(false),
                    Err(e) => Err(e),
                }
            })
        };
        if self.try_again(&format!("create {name}"), request).await? {
            return Ok(true);
        }
        self.is_there_as(name, bytes).await
    }

    /// True if an object has these bytes. One that differs is read again: it may have been damaged on its way.
    async fn is_there_as(&self, name: &str, bytes: &[u8]) -> Result<bool> {
        let mut before = None;
        loop {
            let found = match self.get(name, bytes.len() as u64).await {
                Err(e) if e.kind() == ErrorKind::Malformed => return Ok(false),
                found => found?,
            };
            if found.as_deref() == Some(bytes) {
                return Ok(true);
            }
            if before.as_ref() == Some(&found) {
                return Ok(false);
            }
            before = Some(found);
        }
    }

    /// The largest number behind `low` of which there is an object; `low` if there is none. Numbers have no gaps behind it, so
    /// that it is found without a list, which a server of static files does not give.
    pub(crate) async fn last_number(&self, low: u64, name: impl Fn(u64) -> String) -> Result<u64> {
        let (mut low, mut step) = (low, 1);
        // The first that is known not to be there.
        let mut high = loop {
            match low.checked_add(step) {
                Some(number) if self.contains(&name(number)).await? => low = number,
                Some(number) => break number,
                None => break u64::MAX,
            }
            step *= 2;
        };
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            match self.contains(&name(middle)).await? {
                true => low = middle,
                false => high = middle,
            }
        }
        Ok(low)
    }

    /// Removes objects; those that are not there are removed already.
    pub(crate) async fn delete(&self, name: &str) -> Result<()> {
        let path = self.path(name);
        let path = &path;
        let request = || -> Request<'_, _> {
            Box::pin(async move {
                match self.store.delete(path).await {
                    Err(object_store::Error::NotFound { .. }) => Ok(()),
                    done => done,
                }
            })
        };
        self.try_again(&format!("remove {name}"), request).await
    }

    /// The objects of a folder, by name.
    pub(crate) async fn list(&self, folder: &str) -> Result<HashMap<String, Listed>> {
        let path = self.path(folder);
        let path = &path;
        let request = || -> Request<'_, _> {
            Box::pin(async move {
                let mut found = HashMap::new();
                let mut list = self.store.list(Some(path));
                while let Some(object) = next(list.as_mut()).await {
                    let object = object?;
                    let listed = Listed { bytes: object.size, written: object.last_modified.into() };
                    found.insert(object.location.filename().unwrap_or_default().to_owned(), listed);
                }
                Ok(found)
            })
        };
        self.try_again(&format!("list {folder}"), request).await
    }

    /// All objects, by their names below the address, in order.
    pub(crate) async fn all(&self) -> Result<Vec<(String, Listed)>> {
        let request = || -> Request<'_, _> {
            Box::pin(async move {
                let mut found = Vec::new();
                let mut list = self.store.list(Some(&self.prefix));
                while let Some(object) = next(list.as_mut()).await {
                    let object = object?;
                    let Some(parts) = object.location.prefix_match(&self.prefix) else { continue };
                    let name = parts.map(|part| part.as_ref().to_owned()).collect::<Vec<_>>().join("/");
                    let listed = Listed { bytes: object.size, written: object.last_modified.into() };
                    found.push((name, listed));
                }
                found.sort_by(|a, b| a.0.cmp(&b.0));
                Ok(found)
            })
        };
        self.try_again("list it", request).await
    }

    /// Copies an object into a file, piece by piece; its bytes.
    pub(crate) async fn copy(&self, name: &str, to: &std::path::Path) -> Result<u64> {
        let path = self.path(name);
        let path = &path;
        let request = || -> Request<'_, _> { Box::pin(self.try_copy(path, name, to)) };
        self.try_again(&format!("copy {name} to {}", to.display()), request).await
    }

    async fn try_copy(&self, path: &Path, name: &str, to: &std::path::Path) -> Answer<u64> {
        let fail = |e: std::io::Error| object_store::Error::Generic { store: "disk", source: e.into() };
        let mut file = std::fs::File::create(to).map_err(fail)?;
        let found = self.store.get(path).await?;
        let (size, mut copied) = (found.meta.size, 0);
        let mut pieces = found.into_stream();
        while let Some(piece) = next(pieces.as_mut()).await {
            let piece = piece?;
            self.throttle.take(piece.len() as u64).await;
            file.write_all(&piece).map_err(fail)?;
            copied += piece.len() as u64;
        }
        if copied == size { Ok(copied) } else { Err(cut_off(name)) }
    }

    /// The time by the clock of the bucket, which ages are counted by: that of this machine may be another.
    pub(crate) async fn now(&self) -> Result<SystemTime> {
        let name = format!("clock/{}", nonce());
        self.put(&name, b"now".to_vec()).await?;
        let found = self.look(&name).await?;
        self.delete(&name).await?;
        let gone = || Error::new(ErrorKind::Io, format!("{}: what is written there is not found", self.name));
        Ok(found.ok_or_else(gone)?.written)
    }
}

/// The next of a stream.
async fn next<S: Stream + ?Sized>(mut stream: Pin<&mut S>) -> Option<S::Item> {
    std::future::poll_fn(|context| -> Poll<Option<S::Item>> { stream.as_mut().poll_next(context) }).await
}

fn cut_off(name: &str) -> object_store::Error {
    let source = format!("{name} was cut off").into();
    object_store::Error::Generic { store: "bucket", source }
}

/// A number that nobody else has.
pub(crate) fn nonce() -> String {
    use std::hash::BuildHasher;
    let [a, b] = [1, 2].map(|n| std::hash::RandomState::new().hash_one((n, std::process::id())));
    format!("{a:016x}{b:016x}")
}
