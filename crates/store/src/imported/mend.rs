//! What was imported, of a store that was saved from damage: rows without a batch go, and all that follows from others is made
//! anew.

use super::counts::recount;
use super::remove::tidy;
use super::row;
use crate::env::{Table, WriteTxn};
use crate::meta;
use sonic_core::Result;
use std::collections::HashSet;

/// Mends what was imported; gives how many recordings there are. Hashes that were lost are missing, and nothing else.
pub(crate) fn mend(txn: &mut WriteTxn<'_>) -> Result<u64> {
    let batches: HashSet<u32> = row::batches(txn.view())?.into_iter().map(|(number, _)| number).collect();
    let rows = row::all(txn.view())?.collect::<Result<Vec<_>>>()?;
    let mut whole = 0;
    for (number, row) in &rows {
        if batches.contains(&row.batch) {
            row::insert(txn, *number, row)?;
            whole += 1;
        } else {
            txn.delete(Table::Imported, &number.to_be_bytes())?;
        }
    }
    meta::number_from(txn, meta::NEXT_IMPORTED, rows.last().map_or(0, |(number, _)| *number))?;
    tidy(txn)?;
    recount(txn)?;
    Ok(whole)
}
