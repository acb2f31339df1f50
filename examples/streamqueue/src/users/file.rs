//! Users in a file, which is replaced as a whole.

use super::User;
use serde::{Deserialize, Serialize};
use sonic::{Error, ErrorKind, Result};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{ErrorKind as Io, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What the file holds: hashes of tokens with their users, and users with whether they are enabled.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Held {
    tokens: BTreeMap<String, String>,
    users: BTreeMap<String, bool>,
}

pub(super) struct InFile {
    path: PathBuf,
    held: Mutex<Held>,
}

impl InFile {
    pub(super) fn open(path: &Path) -> Result<Self> {
        let held = match fs::read(path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|e| {
                Error::new(ErrorKind::Malformed, format!("{} holds no users", path.display())).with_source(e)
            })?,
            Err(error) if error.kind() == Io::NotFound => Held::default(),
            Err(error) => return Err(Error::io(format!("cannot read {}", path.display()), error)),
        };
        Ok(Self { path: path.to_owned(), held: Mutex::new(held) })
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn find(&self, hash: &str) -> Option<User> {
        let held = self.held();
        let id = held.tokens.get(hash)?.clone();
        let is_enabled = held.users.get(&id).copied().unwrap_or(false);
        Some(User { id, is_enabled })
    }

    /// True if another user has the token.
    pub(super) fn add(&self, hash: &str, user: &User) -> Result<bool> {
        let mut held = self.held();
        if held.tokens.get(hash).is_some_and(|id| *id != user.id) {
            return Ok(true);
        }
        self.change(&mut held, |held| {
            held.tokens.insert(hash.to_owned(), user.id.clone());
            held.users.insert(user.id.clone(), user.is_enabled);
        })?;
        Ok(false)
    }

    pub(super) fn set_status(&self, user: &User) -> Result<()> {
        self.change(&mut self.held(), |held| {
            held.users.insert(user.id.clone(), user.is_enabled);
        })
    }

    /// Changes the file, then what is in memory.
    fn change(&self, held: &mut Held, change: impl FnOnce(&mut Held)) -> Result<()> {
        let mut changed = held.clone();
        change(&mut changed);
        let failed = |e| Error::io(format!("cannot write {}", self.path.display()), e);
        let text = serde_json::to_vec_pretty(&changed).map_err(|e| failed(e.into()))?;
        if let Some(folder) = self.path.parent() {
            fs::create_dir_all(folder).map_err(failed)?;
        }
        let beside = self.path.with_extension("new");
        let mut file = File::create(&beside).map_err(failed)?;
        file.write_all(&text).and_then(|()| file.sync_all()).map_err(failed)?;
        fs::rename(&beside, &self.path).map_err(failed)?;
        *held = changed;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_outlive_the_process() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("below/users.json");
        let user = |id: &str, is_enabled| User { id: id.to_owned(), is_enabled };
        let file = InFile::open(&path).unwrap();
        assert!(!file.add("h1", &user("ann", true)).unwrap());
        assert!(file.add("h1", &user("bob", true)).unwrap(), "it is another's");
        file.set_status(&user("ann", false)).unwrap();
        let file = InFile::open(&path).unwrap();
        assert_eq!((file.find("h1"), file.find("h2")), (Some(user("ann", false)), None));
        fs::write(&path, "{").unwrap();
        assert!(InFile::open(&path).is_err());
    }
}
