//! The changes of an entry, made again.

use super::damaged;
use super::entry::{Operation, operations};
use super::patch;
use crate::env::{Derived, Table, WriteTxn};
use crate::{recordings, segments};
use sonic_core::Result;
use xxhash_rust::xxh3::xxh3_64;

/// Makes the changes of an entry.
///
/// # Errors
/// `Malformed` if it is damaged, or the store is not as it was before.
pub(super) fn apply(txn: &mut WriteTxn<'_>, entry: &[u8]) -> Result<()> {
    if entry.is_empty() {
        return Err(damaged());
    }
    let mut current = None;
    for operation in operations(entry) {
        match (operation.ok_or_else(damaged)?, current) {
            (Operation::Table(table), _) => current = Some(table),
            (Operation::Derived(derived), _) => derive(txn, &derived)?,
            (operation, Some(table)) => change(txn, table, operation)?,
            (_, None) => return Err(damaged()),
        }
    }
    Ok(())
}

fn change(txn: &mut WriteTxn<'_>, table: Table, operation: Operation<'_>) -> Result<()> {
    match operation {
        Operation::Clear => txn.clear(table),
        Operation::Put { key, value } => txn.put(table, key, value),
        Operation::Delete { key } => match txn.delete(table, key)? {
            true => Ok(()),
            false => Err(damaged()),
        },
        Operation::Patch { key, length, checksum, patch } => {
            let old = txn.view().get(table, key)?.ok_or_else(damaged)?;
            let new = patch::patched(old, length, patch).filter(|new| xxh3_64(new) == checksum);
            txn.put(table, key, &new.ok_or_else(damaged)?)
        }
        Operation::Table(_) | Operation::Derived(_) => Err(damaged()),
    }
}

fn derive(txn: &mut WriteTxn<'_>, derived: &Derived) -> Result<()> {
    match derived {
        Derived::Index(numbers) => recordings::index_again(txn, numbers),
        Derived::Merge(numbers) => segments::merge_again(txn, numbers),
    }
}
