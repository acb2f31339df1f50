//! The `forgotten` table: who was forgotten, so that a snapshot from before brings nobody back.
//!
//! ```text
//! number of the forgetting u64, big-endian -> row
//! ```
//!
//! A name is kept as a hash, with a number of the store that is in no other: it is found out only by somebody who has the
//! store and guesses the name.

use crate::env::{Table, View, WriteTxn};
use crate::rows::encode::{damaged, json, parse};
use crate::rows::id::PersonId;
use serde::{Deserialize, Serialize};
use sonic_core::Result;
use std::hash::{BuildHasher, RandomState};
use xxhash_rust::xxh3::xxh3_128_with_seed;

/// The number that names are hashed with.
const SALT: &[u8] = b"forget_salt";

/// Who was forgotten; a name is a hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Row {
    /// A user, everywhere.
    User { who: String },
    /// A user's voice.
    VoicesOfUser { who: String },
    /// Somebody who was enrolled under that name.
    Voiceprint { who: String },
    /// A user's face: in an event, by its number, or in all.
    FacesOfUser { who: String, event: Option<u32> },
    /// A person seen in photos.
    Person { person: PersonId },
}

/// How often somebody was forgotten so far.
pub(crate) fn epoch(view: View<'_>) -> Result<u64> {
    view.prefix_backwards(Table::Forgotten, b"")?.next().map_or(Ok(0), |row| number(row?.0))
}

/// Keeps that somebody was forgotten.
pub(crate) fn keep(txn: &mut WriteTxn<'_>, row: &Row) -> Result<()> {
    let number = epoch(txn.view())? + 1;
    txn.put(Table::Forgotten, &number.to_be_bytes(), &json(row, "who was forgotten")?)
}

/// The hash that a name is kept as.
pub(crate) fn hash(txn: &mut WriteTxn<'_>, name: &str) -> Result<String> {
    let salt = match salt(txn.view().get(Table::Meta, SALT)?)? {
        Some(salt) => salt,
        None => {
            let salt = RandomState::new().hash_one(crate::meta::now_ms());
            txn.put(Table::Meta, SALT, &salt.to_le_bytes())?;
            salt
        }
    };
    Ok(hash_with(salt, name))
}

fn hash_with(salt: u64, name: &str) -> String {
    format!("{:032x}", xxh3_128_with_seed(name.as_bytes(), salt))
}

fn salt(value: Option<&[u8]>) -> Result<Option<u64>> {
    let number = |value: &[u8]| value.try_into().map(u64::from_le_bytes);
    value.map(number).transpose().map_err(|_| damaged("the number that forgotten names are hashed with"))
}

fn number(key: &[u8]) -> Result<u64> {
    key.try_into().map(u64::from_be_bytes).map_err(|_| damaged("the number of a forgetting"))
}

/// Who was forgotten according to another store: one that came of this one later.
#[derive(Debug, Default)]
pub(crate) struct Later {
    salt: Option<u64>,
    rows: Vec<(u64, Row)>,
}

impl Later {
    /// Takes a row of the tables `forgotten` and `meta` of the other store.
    pub(crate) fn take(&mut self, table: Table, key: &[u8], sealed: &[u8]) -> Result<()> {
        let value = || table.unsealed(key, sealed).ok_or_else(|| damaged("who was forgotten"));
        match table {
            Table::Forgotten => self.rows.push((number(key)?, parse(value()?, "who was forgotten")?)),
            Table::Meta if key == SALT => self.salt = salt(Some(value()?))?,
            _ => {}
        }
        Ok(())
    }

    /// Those that this store has not forgotten yet; it has from now on.
    pub(crate) fn take_over(&self, txn: &mut WriteTxn<'_>) -> Result<Vec<Row>> {
        let known = epoch(txn.view())?;
        let new: Vec<&(u64, Row)> = self.rows.iter().filter(|(number, _)| *number > known).collect();
        if let (Some(salt), false) = (self.salt, new.is_empty()) {
            txn.put(Table::Meta, SALT, &salt.to_le_bytes())?;
        }
        for (number, row) in &new {
            txn.put(Table::Forgotten, &number.to_be_bytes(), &json(row, "who was forgotten")?)?;
        }
        Ok(new.into_iter().map(|(_, row)| row.clone()).collect())
    }

    /// True if a name is the one that was hashed.
    pub(crate) fn is(&self, name: &str, who: &str) -> bool {
        self.salt.is_some_and(|salt| hash_with(salt, name) == who)
    }
}
