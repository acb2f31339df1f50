//! Objects one by one, with the conditions under which they are written.

use super::{Answer, Bucket, Request, cut_off, next};
use crate::objects::{Condition, ObjectInfo};
use object_store::path::Path;
use object_store::{
    Error as Remote, GetOptions, GetRange, ObjectMeta, ObjectStore, ObjectStoreExt, PutMode, PutOptions,
    PutPayload, PutResult, UpdateVersion,
};
use sonic_core::{Error, ErrorKind, Result};
use std::ops::Range;

/// Most that a name may have.
const MAX_NAME_BYTES: usize = 900;

/// Some bytes of an object, and how many there are if those are too many.
type Read = (ObjectInfo, std::result::Result<Vec<u8>, u64>);

impl Bucket {
    /// The path of an object, or of a folder of them.
    fn checked(&self, name: &str) -> Result<Path> {
        let path = self.path(name);
        let parts = path.prefix_match(&self.prefix).into_iter().flatten();
        let same = parts.map(|part| part.as_ref().to_owned()).eq(name.split('/').map(str::to_owned));
        if same
            && name.len() <= MAX_NAME_BYTES
            && !name.split('/').any(|part| matches!(part, "" | "." | ".."))
        {
            return Ok(path);
        }
        let message = format!(
            "an object has a name such as folder/name, of at most {MAX_NAME_BYTES} bytes, without % # ? * and the like, \
             not {name:?}"
        );
        Err(Error::new(ErrorKind::InvalidArgument, message))
    }

    /// Without the quotes of an ETag, which some lists leave out.
    fn tag(&self, e_tag: Option<String>, version: Option<String>) -> String {
        let tag = if self.by_version { version } else { e_tag }.unwrap_or_default();
        let bare = tag.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).map(str::to_owned);
        bare.unwrap_or(tag)
    }

    fn info(&self, meta: ObjectMeta) -> Option<ObjectInfo> {
        let parts = meta.location.prefix_match(&self.prefix)?;
        let name = parts.map(|part| part.as_ref().to_owned()).collect::<Vec<_>>().join("/");
        let written_at_ms = meta.last_modified.timestamp_millis();
        Some(ObjectInfo { name, bytes: meta.size, written_at_ms, tag: self.tag(meta.e_tag, meta.version) })
    }

    /// Bytes of an object, at most `most`: all, or those of a range, which is cut at its end.
    pub(crate) async fn read(
        &self,
        name: &str,
        range: Option<Range<u64>>,
        most: u64,
    ) -> Result<(ObjectInfo, Vec<u8>)> {
        let path = self.checked(name)?;
        let (path, range) = (&path, &range);
        let request = || -> Request<'_, _> { Box::pin(self.try_read(path, name, range.clone(), most)) };
        match self.try_again(&format!("read {name}"), request).await? {
            (info, Ok(bytes)) => Ok((info, bytes)),
            (_, Err(size)) => {
                let message = format!("{}: {name} has {size} bytes, not {most} at most", self.name);
                Err(Error::new(ErrorKind::Limit, message))
            }
        }
    }

    async fn try_read(&self, path: &Path, name: &str, range: Option<Range<u64>>, most: u64) -> Answer<Read> {
        let meta = match &range {
            // A range behind the end is refused by some servers and empty on others.
            Some(_) => Some(self.store.head(path).await?),
            None => None,
        };
        let mut options = GetOptions::default();
        if let (Some(range), Some(meta)) = (range, meta) {
            let range = range.start.min(meta.size)..range.end.min(meta.size);
            if range.is_empty() {
                return self.info(meta).map(|info| (info, Ok(Vec::new()))).ok_or_else(|| elsewhere(name));
            }
            options.if_match.clone_from(&meta.e_tag);
            options.range = Some(GetRange::Bounded(range));
        }
        let found = self.store.get_opts(path, options).await?;
        let (info, wanted) = (found.meta.clone(), found.range.end - found.range.start);
        let info = self.info(info).ok_or_else(|| elsewhere(name))?;
        if wanted > most {
            return Ok((info, Err(wanted)));
        }
        self.throttle.take(wanted).await;
        let bytes = found.bytes().await?;
        match bytes.len() as u64 == wanted {
            true => Ok((info, Ok(bytes.into()))),
            false => Err(cut_off(name)),
        }
    }

    /// What there is under a name.
    pub(crate) async fn head(&self, name: &str) -> Result<Option<ObjectInfo>> {
        let path = self.checked(name)?;
        let path = &path;
        let request = || -> Request<'_, _> {
            Box::pin(async move {
                match self.store.head(path).await {
                    Err(Remote::NotFound { .. }) => Ok(None),
                    found => found.map(|meta| self.info(meta)),
                }
            })
        };
        self.try_again(&format!("look for {name}"), request).await
    }

    /// Writes an object under a condition, which an object with the very same bytes meets: it may have been this request that
    /// wrote it, and the answer that was lost.
    pub(crate) async fn write(&self, name: &str, bytes: &[u8], condition: &Condition) -> Result<String> {
        let path = self.checked(name)?;
        let payload = PutPayload::from(bytes.to_vec());
        self.throttle.take(bytes.len() as u64).await;
        let mode = match condition {
            Condition::None => PutMode::Overwrite,
            Condition::Absent => PutMode::Create,
            Condition::Tag(tag) => PutMode::Update(self.update(tag)),
        };
        let (path, payload, mode) = (&path, &payload, &mode);
        let request = || -> Request<'_, _> {
            Box::pin(async move {
                match self.store.put_opts(path, payload.clone(), PutOptions::from(mode.clone())).await {
                    // Of an object that is to be replaced and is not there.
                    Err(Remote::AlreadyExists { .. } | Remote::Precondition { .. }) => Ok(None),
                    Err(Remote::NotFound { .. }) if matches!(mode, PutMode::Update(_)) => Ok(None),
                    done => done.map(|PutResult { e_tag, version, .. }| Some((e_tag, version))),
                }
            })
        };
        if let Some((e_tag, version)) = self.try_again(&format!("write {name}"), request).await? {
            return Ok(self.tag(e_tag, version));
        }
        match self.read(name, None, bytes.len() as u64).await {
            Ok((info, found)) if found == bytes => Ok(info.tag),
            Err(e) if !matches!(e.kind(), ErrorKind::NotFound | ErrorKind::Limit) => Err(e),
            _ => Err(self.other(name)),
        }
    }

    fn update(&self, tag: &str) -> UpdateVersion {
        if self.by_version {
            return UpdateVersion { e_tag: None, version: Some(tag.to_owned()) };
        }
        let quoted = if tag.contains('"') { tag.to_owned() } else { format!("\"{tag}\"") };
        UpdateVersion { e_tag: Some(quoted), version: None }
    }

    /// Somebody else wrote it.
    pub(crate) fn other(&self, name: &str) -> Error {
        let message = format!("{}: {name} is not as it was: somebody else wrote it", self.name);
        Error::new(ErrorKind::Mismatch, message)
    }

    /// The objects of a folder and those below it, by name; all for an empty name.
    pub(crate) async fn below(&self, folder: &str) -> Result<Vec<ObjectInfo>> {
        let path = if folder.is_empty() { self.prefix.clone() } else { self.checked(folder)? };
        let path = &path;
        let request = || -> Request<'_, _> {
            Box::pin(async move {
                let mut found = Vec::new();
                let mut list = self.store.list(Some(path));
                while let Some(object) = next(list.as_mut()).await {
                    found.extend(self.info(object?));
                }
                found.sort_by(|a, b| a.name.cmp(&b.name));
                Ok(found)
            })
        };
        self.try_again(&format!("list {folder}"), request).await
    }

    /// Copies an object into a file, of which it has the bytes at the time.
    pub(crate) async fn fetch(&self, name: &str, to: &std::path::Path) -> Result<u64> {
        self.checked(name)?;
        self.copy(name, to).await
    }

    /// Removes an object.
    pub(crate) async fn remove(&self, name: &str) -> Result<()> {
        self.checked(name)?;
        self.delete(name).await
    }
}

fn elsewhere(name: &str) -> Remote {
    Remote::Generic { store: "bucket", source: format!("{name} was found under another name").into() }
}
