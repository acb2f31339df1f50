//! Which files paths name.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use walkdir::{DirEntry, WalkDir};

/// What paths name.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    /// Files as they are named, and those with one of the extensions that folders hold, in order of name.
    pub(crate) files: Vec<PathBuf>,
    /// What folders hold besides, but for hidden files, and why it is not taken.
    pub(crate) passed_over: Vec<(PathBuf, &'static str)>,
}

/// What `paths` name; in folders files with one of the `extensions`, which are in small letters.
///
/// Links are followed, each folder is looked into once, however many lead there. Pipes, sockets and devices in folders
/// are passed over. Nothing is opened.
pub(crate) fn list(paths: &[PathBuf], extensions: &[&str]) -> Listing {
    let mut listing = Listing::default();
    let mut seen = HashSet::new();
    for path in paths {
        match path.is_dir() {
            true => walk(path, extensions, &mut seen, &mut listing),
            false => listing.files.push(path.clone()),
        }
    }
    listing
}

fn walk(folder: &Path, extensions: &[&str], seen: &mut HashSet<PathBuf>, listing: &mut Listing) {
    let mut entries = WalkDir::new(folder).sort_by_file_name().follow_links(true).into_iter();
    while let Some(entry) = entries.next() {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                let Some(path) = error.path() else { continue };
                let reason = match error.loop_ancestor() {
                    Some(_) => Some("a link to a folder around it"),
                    None => {
                        (path.is_symlink() && !has_extension(path, extensions)).then_some("a link to nothing")
                    }
                };
                match reason {
                    Some(reason) => listing.passed_over.push((path.to_owned(), reason)),
                    // A folder that cannot be read, or a link to nothing: reading it fails again, and is reported then.
                    None => listing.files.push(path.to_owned()),
                }
                continue;
            }
        };
        let is_folder = entry.file_type().is_dir();
        if entry.depth() > 0 && is_hidden(&entry) {
            if is_folder {
                entries.skip_current_dir();
            }
        } else if is_folder {
            // A folder whose place cannot be told is looked into; loops are seen above.
            if entry.path().canonicalize().is_ok_and(|place| !seen.insert(place)) {
                listing.passed_over.push((entry.into_path(), "a folder that was looked into already"));
                entries.skip_current_dir();
            }
        } else if !entry.file_type().is_file() {
            let reason = sonic_core::open::name(entry.file_type());
            listing.passed_over.push((entry.into_path(), reason));
        } else if has_extension(entry.path(), extensions) {
            listing.files.push(entry.into_path());
        } else {
            listing.passed_over.push((entry.into_path(), "a file of another kind"));
        }
    }
}

fn is_hidden(entry: &DirEntry) -> bool {
    entry.file_name().as_encoded_bytes().starts_with(b".")
}

fn has_extension(path: &Path, extensions: &[&str]) -> bool {
    let extension = path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase());
    extension.is_some_and(|extension| extensions.contains(&extension.as_str()))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    #[test]
    fn links_are_followed_once_and_the_rest_is_named() {
        let folder = std::env::temp_dir().join(format!("sonic-list-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(folder.join("a/deep")).unwrap();
        for name in ["a/one.wav", "a/deep/two.3GP", "a/.hidden.wav", "a/cover.png"] {
            fs::write(folder.join(name), "").unwrap();
        }
        std::os::unix::net::UnixListener::bind(folder.join("a/socket.wav")).unwrap();
        symlink(folder.join("a"), folder.join("a/deep/back")).unwrap();
        symlink(folder.join("a/deep"), folder.join("a/zagain")).unwrap();
        symlink(folder.join("a/one.wav"), folder.join("a/link.wav")).unwrap();
        symlink("nowhere", folder.join("a/lost.wav")).unwrap();
        let Listing { files, passed_over } = list(&[folder.join("a"), "named.txt".into()], &["wav", "3gp"]);
        let short = |path: &PathBuf| path.strip_prefix(&folder).unwrap_or(path).display().to_string();
        let files: Vec<_> = files.iter().map(short).collect();
        assert_eq!(files, ["a/deep/two.3GP", "a/link.wav", "a/lost.wav", "a/one.wav", "named.txt"]);
        let passed: Vec<_> = passed_over.iter().map(|(path, why)| (short(path), *why)).collect();
        let expected = [
            ("a/cover.png", "a file of another kind"),
            ("a/deep/back", "a link to a folder around it"),
            ("a/socket.wav", "socket"),
            ("a/zagain", "a folder that was looked into already"),
        ];
        assert_eq!(passed, expected.map(|(path, why)| (path.to_owned(), why)));
        fs::remove_dir_all(&folder).unwrap();
    }
}
