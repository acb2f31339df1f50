//! An entry as it is kept.
//!
//! ```text
//! flags u8 | operations
//! ```
//!
//! | operation | follows |
//! |---|---|
//! | 1 table: those after it are about its rows | length u8, name |
//! | 2 all rows are gone | |
//! | 3 a row | key, length u32, value |
//! | 4 a row is gone | key |
//! | 5 a row has another value | key, length of the value u32, its checksum u64, length u32, [patch](super::patch) |
//! | 6 recordings were indexed | count u32, numbers u32 |
//! | 7 segments were merged | count u32, numbers u32 |
//!
//! A key is its length u16 and its bytes; all little-endian. Rows come first, then what follows from them.

use super::patch;
use crate::env::{Derived, Recorder, Table, View};
use sonic_core::{Error, ErrorKind, Result};
use xxhash_rust::xxh3::xxh3_64;

/// A flag: somebody was forgotten.
const FORGETS: u8 = 1;
/// Most bytes of an entry.
const MOST: usize = 1 << 30;

const TABLE: u8 = 1;
const CLEAR: u8 = 2;
const PUT: u8 = 3;
const DELETE: u8 = 4;
const PATCH: u8 = 5;
const INDEX: u8 = 6;
const MERGE: u8 = 7;

/// A part of an entry.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Operation<'e> {
    Table(Table),
    Clear,
    Put { key: &'e [u8], value: &'e [u8] },
    Delete { key: &'e [u8] },
    Patch { key: &'e [u8], length: usize, checksum: u64, patch: &'e [u8] },
    Derived(Derived),
}

/// True if somebody was forgotten.
pub(super) fn forgets(entry: &[u8]) -> bool {
    entry.first().is_some_and(|flags| flags & FORGETS != 0)
}

/// What was changed between two states; `None` if nothing was.
pub(super) fn entry(before: View<'_>, after: View<'_>, recorder: &Recorder) -> Result<Option<Vec<u8>>> {
    let mut out = vec![0];
    for (table, touched) in recorder.tables() {
        let begin = out.len();
        let name = table.name().as_bytes();
        out.extend([TABLE, name.len() as u8]);
        out.extend(name);
        let empty = out.len();
        if touched.cleared {
            out.push(CLEAR);
        }
        for key in &touched.keys {
            // A damaged value is as good as none: the new one is kept as a whole.
            let old = if touched.cleared { None } else { before.get(table, key).unwrap_or(None) };
            let was_there = !touched.cleared && before.get_sealed(table, key)?.is_some();
            push_row(&mut out, key, old, after.get(table, key)?, was_there);
            check_size(&out)?;
        }
        match out.len() == empty {
            true => out.truncate(begin),
            false if table == Table::Forgotten => out[0] |= FORGETS,
            false => {}
        }
    }
    for derived in recorder.derived() {
        let (operation, numbers) = match derived {
            Derived::Index(numbers) => (INDEX, numbers),
            Derived::Merge(numbers) => (MERGE, numbers),
        };
        out.push(operation);
        out.extend((numbers.len() as u32).to_le_bytes());
        numbers.iter().for_each(|number| out.extend(number.to_le_bytes()));
    }
    check_size(&out)?;
    Ok((out.len() > 1).then_some(out))
}

fn push_row(out: &mut Vec<u8>, key: &[u8], old: Option<&[u8]>, new: Option<&[u8]>, was_there: bool) {
    let Some(new) = new else {
        if was_there {
            push_key(out, DELETE, key);
        }
        return;
    };
    if old == Some(new) {
        return;
    }
    match old.and_then(|old| patch::diff(old, new)) {
        Some(patch) if patch.len() + 16 < new.len() => {
            push_key(out, PATCH, key);
            out.extend((new.len() as u32).to_le_bytes());
            out.extend(xxh3_64(new).to_le_bytes());
            push_bytes(out, &patch);
        }
        _ => {
            push_key(out, PUT, key);
            push_bytes(out, new);
        }
    }
}

fn push_key(out: &mut Vec<u8>, operation: u8, key: &[u8]) {
    out.push(operation);
    // LMDB's keys have 511 bytes at most.
    out.extend((key.len() as u16).to_le_bytes());
    out.extend(key);
}

/// LMDB's values have less than 4 GiB.
fn push_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend((bytes.len() as u32).to_le_bytes());
    out.extend(bytes);
}

fn check_size(out: &[u8]) -> Result<()> {
    if out.len() > MOST {
        let message = "a write changes more than its journal takes, which is 1 GiB: write in parts";
        return Err(Error::new(ErrorKind::Limit, message));
    }
    Ok(())
}

/// The operations of an entry; `None` among them where it is damaged, which is the last.
pub(super) fn operations(entry: &[u8]) -> impl Iterator<Item = Option<Operation<'_>>> {
    let mut rest = entry.get(1..);
    std::iter::from_fn(move || {
        let bytes = rest.take()?;
        if bytes.is_empty() {
            return None;
        }
        let mut reader = Reader(bytes);
        let operation = reader.operation();
        rest = operation.is_some().then_some(reader.0);
        Some(operation)
    })
}

struct Reader<'e>(&'e [u8]);

impl<'e> Reader<'e> {
    fn operation(&mut self) -> Option<Operation<'e>> {
        Some(match self.number::<1>()? as u8 {
            TABLE => {
                let length = self.number::<1>()?;
                let name = std::str::from_utf8(self.bytes(length)?).ok()?;
                Operation::Table(Table::named(name).filter(|table| table.travels())?)
            }
            CLEAR => Operation::Clear,
            PUT => Operation::Put { key: self.key()?, value: self.long()? },
            DELETE => Operation::Delete { key: self.key()? },
            PATCH => Operation::Patch {
                key: self.key()?,
                length: self.number::<4>()? as usize,
                checksum: self.number::<8>()?,
                patch: self.long()?,
            },
            INDEX => Operation::Derived(Derived::Index(self.numbers()?)),
            MERGE => Operation::Derived(Derived::Merge(self.numbers()?)),
            _ => return None,
        })
    }

    fn bytes(&mut self, length: u64) -> Option<&'e [u8]> {
        let (bytes, rest) = self.0.split_at_checked(usize::try_from(length).ok()?)?;
        self.0 = rest;
        Some(bytes)
    }

    fn number<const BYTES: usize>(&mut self) -> Option<u64> {
        let bytes = self.bytes(BYTES as u64)?;
        Some(bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    fn key(&mut self) -> Option<&'e [u8]> {
        let length = self.number::<2>()?;
        self.bytes(length).filter(|key| !key.is_empty())
    }

    fn long(&mut self) -> Option<&'e [u8]> {
        let length = self.number::<4>()?;
        self.bytes(length)
    }

    fn numbers(&mut self) -> Option<Vec<u32>> {
        let count = self.number::<4>()?;
        let bytes = self.bytes(count * 4)?;
        let number = |bytes: &[u8]| u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        Some(bytes.chunks_exact(4).map(number).collect())
    }
}
