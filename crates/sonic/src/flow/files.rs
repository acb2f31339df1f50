//! Which files paths name.

use std::path::{Path, PathBuf};
use walkdir::{DirEntry, WalkDir};

/// The files that `paths` name: files as they are, folders searched for files with one of the `extensions`, which are
/// in small letters, in order of name. Hidden files are passed over, links to folders not followed.
pub(crate) fn files_in(paths: &[PathBuf], extensions: &[&str]) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for path in paths {
        match path.is_dir() {
            true => walk(path, extensions, &mut files),
            false => files.push(path.clone()),
        }
    }
    files
}

fn walk(folder: &Path, extensions: &[&str], files: &mut Vec<PathBuf>) {
    let entries = WalkDir::new(folder).sort_by_file_name().into_iter();
    for entry in entries.filter_entry(|entry| entry.depth() == 0 || !is_hidden(entry)) {
        match entry {
            Ok(entry) if is_file(&entry) && has_extension(entry.path(), extensions) => {
                files.push(entry.into_path());
            }
            Ok(_) => {}
            // A folder that cannot be read: reading it fails again, and is reported then.
            Err(error) => files.extend(error.path().map(Path::to_owned)),
        }
    }
}

fn is_hidden(entry: &DirEntry) -> bool {
    entry.file_name().to_string_lossy().starts_with('.')
}

/// True for all but folders and links to folders.
fn is_file(entry: &DirEntry) -> bool {
    !(entry.file_type().is_dir() || (entry.path_is_symlink() && entry.path().is_dir()))
}

fn has_extension(path: &Path, extensions: &[&str]) -> bool {
    let extension = path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase());
    extension.is_some_and(|extension| extensions.contains(&extension.as_str()))
}
