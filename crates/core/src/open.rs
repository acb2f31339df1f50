//! Opening what somebody named as a file: what is none is refused before it is opened, as opening a pipe waits for a
//! writer and opening a device may do anything.

use crate::{Error, ErrorKind, Result};
use std::fs::{File, FileType};
use std::path::Path;

/// An open file.
#[derive(Debug)]
#[doc(hidden)]
pub struct Opened {
    /// The file.
    pub file: File,
    /// True if it can only be read forwards: a pipe that the process was given, such as `/dev/stdin`.
    pub is_stream: bool,
}

/// Opens a file to read it.
///
/// A pipe, socket or device is refused, unless it is one of the process's own descriptors (`/dev/stdin`, `/dev/fd/3`),
/// which is open already and is a stream.
///
/// # Errors
/// `NotFound` or `Io` if it cannot be opened; `InvalidArgument` for a folder and for what is no file.
#[doc(hidden)]
pub fn open(path: &Path) -> Result<Opened> {
    let cannot = |e| Error::io("cannot open", e);
    let kind = path.metadata().map_err(cannot)?.file_type();
    if !kind.is_file() && (kind.is_dir() || !is_descriptor(path)) {
        return Err(refusal(kind));
    }
    let file = File::open(path).map_err(cannot)?;
    Ok(Opened { file, is_stream: !kind.is_file() })
}

/// Refuses what is neither a file nor a descriptor of the process, without opening it. What cannot be looked at passes:
/// opening it tells why.
#[doc(hidden)]
pub fn check_file(path: &Path) -> Result<()> {
    match path.metadata() {
        Ok(metadata) if !metadata.is_file() && !is_descriptor(path) => Err(refusal(metadata.file_type())),
        _ => Ok(()),
    }
}

fn refusal(kind: FileType) -> Error {
    let message = match name(kind) {
        "folder" => "is a folder: name a file".to_owned(),
        name => format!("is a {name}, not a file: open it and give what it holds as a stream or as bytes"),
    };
    Error::new(ErrorKind::InvalidArgument, message)
}

/// Whether a path stands for a descriptor that the process has open.
fn is_descriptor(path: &Path) -> bool {
    path == Path::new("/dev/stdin") || path.starts_with("/dev/fd") || path.starts_with("/proc/self/fd")
}

/// What something is that is no file.
#[doc(hidden)]
pub fn name(kind: FileType) -> &'static str {
    if kind.is_dir() {
        return "folder";
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        if kind.is_fifo() {
            return "named pipe";
        }
        if kind.is_socket() {
            return "socket";
        }
        if kind.is_char_device() || kind.is_block_device() {
            return "device";
        }
    }
    "special file"
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_file_is_refused_unopened() {
        for (path, word) in [("/dev/zero", "device"), ("/", "folder")] {
            let error = open(Path::new(path)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidArgument);
            assert!(error.message().contains(word), "{error}");
            assert!(check_file(Path::new(path)).is_err());
        }
        assert_eq!(open(Path::new("/no/such/file")).unwrap_err().kind(), ErrorKind::NotFound);
        assert!(!open(&std::env::current_exe().unwrap()).unwrap().is_stream);
    }
}
