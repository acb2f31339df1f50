//! Chunks that need not travel, because the store here has their rows.

use super::manifest::Manifest;
use super::rows;
use crate::env::{Env, Table};
use crate::store::Store;
use sonic_core::Result;
use std::collections::HashMap;
use std::sync::Arc;

/// The chunks of the snapshot that a store was pulled or pushed as, made of its rows again.
pub struct LocalChunks {
    env: Arc<Env>,
    /// By name.
    places: HashMap<String, Place>,
}

struct Place {
    table: Table,
    first: Vec<u8>,
    rows: u64,
}

impl LocalChunks {
    /// Finds the chunks of `manifest` in the store. Of what was changed since the chunks come out as others: their names
    /// have to be checked.
    ///
    /// # Errors
    /// `Malformed` if a row is damaged.
    pub fn find(store: &Store, manifest: &Manifest) -> Result<Self> {
        let env = store.shared()?.env()?;
        let mut places = HashMap::new();
        {
            let txn = env.read()?;
            for table in &manifest.tables {
                let Some(name) = Table::named(&table.name) else { continue };
                let mut keys = txn.view().keys(name)?;
                for chunk in &table.chunks {
                    let Some(first) = keys.next().transpose()? else { break };
                    let place = Place { table: name, first: first.to_vec(), rows: chunk.rows };
                    places.insert(chunk.sha256.clone(), place);
                    (1..chunk.rows).try_for_each(|_| keys.next().transpose().map(drop))?;
                }
            }
        }
        Ok(Self { env, places })
    }

    /// True if the store has, or had, the rows of the chunk of that name.
    pub fn contains(&self, sha256: &str) -> bool {
        self.places.contains_key(sha256)
    }

    /// The chunk of a name as the store has it now; `None` if the name is not known here.
    ///
    /// # Errors
    /// `Malformed` if a row is damaged.
    pub fn read(&self, sha256: &str) -> Result<Option<Vec<u8>>> {
        let Some(place) = self.places.get(sha256) else { return Ok(None) };
        let txn = self.env.read()?;
        let mut chunk = Vec::new();
        for row in txn.view().sealed_rows(place.table, &place.first)?.take(place.rows as usize) {
            rows::push(&mut chunk, row?)?;
        }
        Ok(Some(chunk))
    }
}
