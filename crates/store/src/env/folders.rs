//! The folders of generations: their names, and their end.

use std::fs::File;
use std::path::{Path, PathBuf};

/// The number that a new store begins with.
pub(super) const FIRST: u64 = 1;
const PREFIX: &str = "gen-";
/// Locked, shared, by every process that has the generation open; alone, by the one that removes it.
pub(super) const OPEN_FILE: &str = "open.lock";

/// The folder of a generation.
pub(super) fn path(directory: &Path, number: u64) -> PathBuf {
    directory.join(format!("{PREFIX}{number}"))
}

/// The numbers of the generations that have a folder, in no order.
pub(super) fn numbers(directory: &Path) -> Vec<u64> {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let number = |name: std::ffi::OsString| {
        let number = name.to_str()?.strip_prefix(PREFIX)?.parse().ok()?;
        // Not `gen-01` and the like: only names that this library gives.
        (path(Path::new(""), number).as_os_str() == name).then_some(number)
    };
    entries.filter_map(|entry| number(entry.file_name())).collect()
}

/// Removes the folder of a generation unless another process, or another part of this one, has it open.
pub(super) fn remove(path: &Path, own: Option<&File>) {
    let opened = match own {
        Some(_) => None,
        None => File::open(path.join(OPEN_FILE)).ok(),
    };
    let lock = own.or(opened.as_ref());
    if lock.is_none_or(|lock| lock.try_lock().is_ok()) {
        let _ = std::fs::remove_dir_all(path);
        // Closing the file is not enough when a forked child has it open as well.
        let _ = lock.map(File::unlock);
    }
}
