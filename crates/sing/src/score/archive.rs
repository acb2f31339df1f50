//! Compressed scores (.mxl): the one file in a ZIP archive that is the score. The only file that knows `zip`.

use super::warnings::Warnings;
use super::xml;
use super::{MAX_BYTES, encoding};
use sonic_core::{Error, ErrorKind, Result};
use std::io::{Cursor, Read};
use zip::ZipArchive;
use zip::result::ZipError;

/// How many bytes one byte of an archive may become.
const MAX_RATIO: u64 = 200;
/// How many files an archive may hold.
const MAX_FILES: usize = 10_000;
/// Where an archive says which of its files is the score.
const CONTAINER: &str = "META-INF/container.xml";
/// What the score may be called there.
const MEDIA_TYPES: [&str; 4] = [
    "application/vnd.recordare.musicxml+xml",
    "application/vnd.recordare.musicxml",
    "text/xml",
    "application/xml",
];

type Archive = ZipArchive<Cursor<Vec<u8>>>;

/// True for the bytes of a ZIP archive.
pub(super) fn is_archive(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK")
}

/// The bytes of the score in an archive: what the container names, or without one the first XML file.
///
/// # Errors
/// `Malformed` for a damaged archive and one without a score, `Unsupported` for an encrypted one, `Limit` for what
/// becomes far larger when it is unpacked: that is counted while it is read, not taken from the directory.
pub(super) fn score(bytes: Vec<u8>, warnings: &mut Warnings) -> Result<Vec<u8>> {
    // Each costs memory before anything is known about it.
    if bytes.windows(4).filter(|place| *place == b"PK\x01\x02").count() > MAX_FILES {
        return Err(Error::new(ErrorKind::Limit, format!("the archive holds more than {MAX_FILES} files")));
    }
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(refusal)?;
    let named = match archive.index_for_name(CONTAINER) {
        Some(index) => root_file(unpacked(&mut archive, index)?).map_err(|error| error.context(CONTAINER))?,
        None => {
            let message =
                "the archive has no META-INF/container.xml: its first XML file is taken as the score";
            warnings.in_score("no_container", None, message);
            None
        }
    };
    let index = match named {
        Some(name) => archive.index_for_name(&name).ok_or_else(|| {
            let message = format!("the archive names {name:?} as its score, but does not hold it");
            Error::new(ErrorKind::Malformed, message)
        })?,
        None => archive.file_names_raw().position(is_score).ok_or_else(|| {
            Error::new(ErrorKind::Malformed, "the archive holds no score: no MusicXML file")
        })?,
    };
    unpacked(&mut archive, index)
}

fn is_score(name: &[u8]) -> bool {
    let name = name.to_ascii_lowercase();
    !name.starts_with(b"meta-inf/") && (name.ends_with(b".xml") || name.ends_with(b".musicxml"))
}

/// The first file that a container names as a MusicXML score.
fn root_file(container: Vec<u8>) -> Result<Option<String>> {
    let text = encoding::text_of(container)?;
    let mut cursor = xml::Cursor::open(&text)?;
    let container = cursor.whole()?;
    let files = container.all("rootfiles").flat_map(|files| files.all("rootfile"));
    let mut scores = files.filter(|file| {
        file.attribute("media-type").is_none_or(|media_type| MEDIA_TYPES.contains(&media_type.trim()))
    });
    let found = scores.next().and_then(|file| file.attribute("full-path")).map(str::to_owned);
    drop(scores);
    cursor.finish()?;
    Ok(found)
}

/// One file of the archive.
fn unpacked(archive: &mut Archive, index: usize) -> Result<Vec<u8>> {
    let entry = archive.by_index(index).map_err(refusal)?;
    let most = entry.compressed_size().saturating_mul(MAX_RATIO).min(MAX_BYTES as u64);
    let name = String::from_utf8_lossy(entry.name_raw()).into_owned();
    let mut bytes = Vec::new();
    let read = entry.take(most + 1).read_to_end(&mut bytes);
    if bytes.len() as u64 > most {
        let message = format!("{name:?} in the archive becomes more than {most} bytes when it is unpacked");
        return Err(Error::new(ErrorKind::Limit, message));
    }
    read.map_err(|error| {
        Error::new(ErrorKind::Malformed, format!("{name:?} in the archive is damaged: {error}"))
            .with_source(error)
    })?;
    Ok(bytes)
}

fn refusal(error: ZipError) -> Error {
    let (kind, what) = match &error {
        ZipError::UnsupportedArchive(_)
        | ZipError::CompressionMethodNotSupported(_)
        | ZipError::InvalidPassword => {
            (ErrorKind::Unsupported, "the archive is packed in a way that is not read")
        }
        _ => (ErrorKind::Malformed, "the archive is damaged"),
    };
    Error::new(kind, format!("{what}: {error}")).with_source(error)
}
