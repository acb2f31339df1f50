//! Which snapshot a store was pulled or pushed as.

use super::manifest::Manifest;
use crate::env::{Env, Note, Table};
use crate::journal;
use crate::store::Store;
use sonic_core::{Error, ErrorKind, Result};

/// Which snapshot a store was pulled or pushed as.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Origin {
    /// The snapshot; `None` if the store was neither pulled nor pushed.
    pub manifest: Option<Manifest>,
    /// Its manifest as JSON.
    pub text: Option<Vec<u8>>,
    /// True if the store has something that the snapshot has not: it was written to since.
    pub changed: bool,
    /// The manifest, as JSON, of the snapshot that somebody began to publish the store as and did not come back from.
    pub begun: Option<Vec<u8>>,
}

/// Which snapshot the store was pulled or pushed as.
///
/// # Errors
/// `Closed` or `Io` if the store cannot be used.
pub fn origin(store: &Store) -> Result<Origin> {
    of_env(&*store.shared()?.env()?)
}

pub(super) fn of_env(env: &Env) -> Result<Origin> {
    let [last, next] = env.notes();
    let parse = |note: &Note| serde_json::from_slice::<Manifest>(&note.text).ok();
    let last = last.and_then(|note| Some((parse(&note)?, note)));
    let as_noted = match &last {
        Some((manifest, note)) => is_as_noted(env, manifest, note)?,
        None => false,
    };
    let changed = !as_noted && (last.is_some() || has_rows(env)?);
    let (manifest, text) = last.map(|(manifest, note)| (manifest, note.text)).unzip();
    Ok(Origin { manifest, text, changed, begun: next.map(|note| note.text) })
}

/// True if nothing was written since: by the number of the last entry if the store keeps a journal, else by the transaction.
fn is_as_noted(env: &Env, manifest: &Manifest, note: &Note) -> Result<bool> {
    let kept = manifest.journal.and_then(|position| position.sequence);
    match (kept, journal::last(env.read()?.view())?) {
        (Some(kept), Some(last)) => Ok(kept == last),
        _ => Ok(note.transaction == Some(env.transaction())),
    }
}

impl Origin {
    /// Fails if the store has something that no snapshot has.
    ///
    /// # Errors
    /// `Mismatch` then.
    pub fn check_unchanged(&self) -> Result<()> {
        if self.changed {
            let message = "the store has changes that are in no snapshot, which a pull would remove: push them first, or \
                           pull into another directory";
            return Err(Error::new(ErrorKind::Mismatch, message));
        }
        Ok(())
    }
}

/// The number of the snapshot that a store was pulled or pushed as last.
pub(crate) fn number(env: &Env) -> Option<u64> {
    let [last, _] = env.notes();
    serde_json::from_slice::<Number>(&last?.text).ok().map(|manifest| manifest.version)
}

/// What a manifest says first.
#[derive(serde::Deserialize)]
struct Number {
    version: u64,
}

/// True if a store has more than a new one.
fn has_rows(env: &Env) -> Result<bool> {
    let txn = env.read()?;
    let mut tables = Table::ALL.into_iter().filter(|table| *table != Table::Meta && table.travels());
    tables.try_fold(false, |found, table| Ok(found || txn.view().len(table)? > 0))
}

/// Fails if the store has something that no snapshot has.
pub(super) fn check_unchanged(env: &Env) -> Result<()> {
    of_env(env)?.check_unchanged()
}

/// Notes, before it is published, which snapshot the store becomes: `manifest`, as JSON, of `transaction`.
///
/// # Errors
/// `Io` if it cannot be written.
pub fn begin_push(store: &Store, manifest: &[u8], transaction: u64) -> Result<()> {
    let note = Note { transaction: Some(transaction), text: manifest.to_vec() };
    let shared = store.shared()?;
    let env = shared.env()?;
    env.note_next(&note)
}

/// Notes that the snapshot was published.
///
/// # Errors
/// `Io` if it cannot be written.
pub fn finish_push(store: &Store) -> Result<()> {
    store.shared()?.env()?.confirm_next()
}

/// Says in [`Stats`](crate::Stats) why the store cannot follow its snapshots just now, or that it can.
///
/// # Errors
/// `Closed` if the store is closed.
pub fn following_failed(store: &Store, why: Option<String>) -> Result<()> {
    *store.shared()?.trouble() = why;
    Ok(())
}
