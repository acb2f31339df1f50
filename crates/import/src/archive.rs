//! Packed seasons of a bucket: a tar of an LMDB environment, packed with gzip, with its checksum beside it.

use crate::watch::Watch;
use flate2::read::MultiGzDecoder;
use sha2::{Digest, Sha256};
use sonic_core::{Error, ErrorKind, Result};
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Component, Path};
use tar::{Archive, Entry, EntryType};

/// Bytes of an environment at most, the holes included.
const MAX_LENGTH: u64 = 64 << 30;
/// Bytes of it that are no holes.
const MAX_DATA: u64 = 8 << 30;
const BLOCK: usize = 1 << 16;

/// Unpacks the data file of a season to a file without a name, with holes where there is nothing. Only what the checksum
/// vouches for is unpacked.
pub(crate) fn unpack(path: &Path, checksum: &Path, watch: &mut Watch<'_>) -> Result<File> {
    let wanted = read_checksum(checksum)?;
    let found = sha256(path, watch)?;
    if found != wanted {
        let message =
            format!("its SHA-256 is {found}, and {} says {wanted}: fetch it again", checksum.display());
        return Err(Error::new(ErrorKind::Mismatch, message));
    }
    let mut packed = MultiGzDecoder::new(BufReader::new(open(path)?));
    let data = find_data(path, &mut packed)?;
    // To the end, where the checksum of gzip is.
    io::copy(&mut packed.take(MAX_LENGTH), &mut io::sink()).map_err(broken)?;
    Ok(data)
}

fn open(path: &Path) -> Result<File> {
    File::open(path).map_err(|e| Error::io(format!("cannot read {}", path.display()), e))
}

/// The checksum that a file holds, alone or followed by a name.
fn read_checksum(path: &Path) -> Result<String> {
    let mut text = String::new();
    let file = match File::open(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            let message = format!("there is no checksum {}: fetch it too", path.display());
            return Err(Error::new(ErrorKind::NotFound, message));
        }
        opened => opened.map_err(|e| Error::io(format!("cannot read {}", path.display()), e))?,
    };
    let wrong = |e: Option<io::Error>| {
        let message = format!("{} does not hold a SHA-256 of 64 digits: fetch it again", path.display());
        let error = Error::new(ErrorKind::Malformed, message);
        e.map(|e| Error::new(error.kind(), error.message()).with_source(e)).unwrap_or(error)
    };
    file.take(4096).read_to_string(&mut text).map_err(|e| wrong(Some(e)))?;
    let digits = text.split_whitespace().next().unwrap_or_default().to_ascii_lowercase();
    match digits.len() == 64 && digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        true => Ok(digits),
        false => Err(wrong(None)),
    }
}

fn sha256(path: &Path, watch: &mut Watch<'_>) -> Result<String> {
    let (mut file, mut digest, mut total) = (open(path)?, Sha256::new(), 0);
    let mut block = vec![0; BLOCK];
    loop {
        let read =
            file.read(&mut block).map_err(|e| Error::io(format!("cannot read {}", path.display()), e))?;
        if read == 0 {
            break;
        }
        digest.update(&block[..read]);
        total += read as u64;
        watch.advance(total)?;
    }
    Ok(digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The data file among the members of an archive, of which there are no others than it should have.
fn find_data(path: &Path, packed: &mut impl Read) -> Result<File> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let folder = name.strip_suffix(".tar.gz").unwrap_or(&name);
    let mut archive = Archive::new(packed);
    let mut data = None;
    for member in archive.entries().map_err(broken)?.raw(true) {
        let mut member = member.map_err(broken)?;
        match member_kind(&member, folder)? {
            Member::Data if data.is_some() => return Err(unexpected("data.mdb a second time")),
            Member::Data => data = Some(copy(&mut member)?),
            Member::Other => {}
        }
    }
    data.ok_or_else(|| Error::new(ErrorKind::Malformed, format!("there is no {folder}/data.mdb in it")))
}

enum Member {
    Data,
    /// What is passed over.
    Other,
}

fn member_kind<R: Read>(member: &Entry<'_, R>, folder: &str) -> Result<Member> {
    let kind = member.header().entry_type();
    // What describes the next member; names that need it are refused by the name in the header.
    if matches!(kind, EntryType::XHeader | EntryType::XGlobalHeader) {
        return Ok(Member::Other);
    }
    let path = member.path().map_err(broken)?;
    let parts: Option<Vec<&str>> = path
        .components()
        .filter(|part| !matches!(part, Component::CurDir))
        .map(|part| match part {
            Component::Normal(name) => name.to_str(),
            _ => None,
        })
        .collect();
    match (kind, parts.as_deref()) {
        (EntryType::Directory, Some([] | [_])) if is_in(parts.as_deref(), folder) => Ok(Member::Other),
        (EntryType::Regular | EntryType::Continuous, Some([own, "data.mdb"])) if *own == folder => {
            Ok(Member::Data)
        }
        (EntryType::Regular, Some([own, "lock.mdb"])) if *own == folder => Ok(Member::Other),
        // What one system adds for every file.
        (EntryType::Regular, Some([.., last])) if last.starts_with("._") => Ok(Member::Other),
        _ => Err(unexpected(format!("{} of the kind {kind:?}", path.display()))),
    }
}

fn is_in(parts: Option<&[&str]>, folder: &str) -> bool {
    parts.is_some_and(|parts| parts.iter().all(|part| *part == folder))
}

fn unexpected(what: impl std::fmt::Display) -> Error {
    Error::new(
        ErrorKind::Malformed,
        format!("the archive holds {what}, which no season does: it was not unpacked"),
    )
}

/// Copies a member to a file, leaving holes where there are zeros.
fn copy<R: Read>(member: &mut Entry<'_, R>) -> Result<File> {
    let claimed = member.header().size().map_err(broken)?;
    let fail = |e| Error::io("cannot write an unpacked season to the folder of temporary files", e);
    let too_long = || Error::new(ErrorKind::Limit, "the season unpacks to more than any season has");
    let mut file = tempfile::tempfile().map_err(fail)?;
    let (mut block, mut length, mut data) = (vec![0; BLOCK], 0, 0);
    loop {
        let read = member.read(&mut block).map_err(broken)?;
        if read == 0 {
            break;
        }
        if block[..read].iter().any(|byte| *byte != 0) {
            data += read as u64;
            file.seek(SeekFrom::Start(length)).map_err(fail)?;
            file.write_all(&block[..read]).map_err(fail)?;
        }
        length += read as u64;
        if length > MAX_LENGTH || data > MAX_DATA {
            return Err(too_long());
        }
    }
    if length != claimed {
        return Err(broken(io::ErrorKind::UnexpectedEof.into()));
    }
    file.set_len(length).map_err(fail)?;
    Ok(file)
}

fn broken(error: io::Error) -> Error {
    Error::new(ErrorKind::Malformed, format!("the archive is damaged: {error}")).with_source(error)
}
