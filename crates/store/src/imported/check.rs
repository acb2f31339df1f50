//! What can be wrong with imported recordings.

use super::counts::Counts;
use super::postings::{Lists, bands_of, batch_of};
use super::row;
use crate::env::{Table, View};
use sonic_core::{PairHash, Result};
use std::collections::HashMap;

/// Reads all that is imported once, and reports what is wrong.
pub(crate) fn check(view: View<'_>, report: &mut impl FnMut(String)) -> Result<()> {
    if view.len(Table::Imported)? + view.len(Table::ImportedPostings)? == 0 {
        return Ok(());
    }
    let lengths: HashMap<u32, u32> =
        row::batches(view)?.into_iter().map(|(number, batch)| (number, batch.length)).collect();
    for row in row::all(view)? {
        let (number, row) = row?;
        let id = &row.recording.id;
        if row::number_of_id(view, id)? != Some(number) {
            report(format!("the id {id:?} does not lead to what was imported of it"));
        }
        let end = u64::from(row.start) + u64::from(row.recording.frames);
        if lengths.get(&row.batch).is_none_or(|length| end > u64::from(*length)) {
            report(format!("the hashes of {id:?} are missing"));
        }
    }
    let mut found: HashMap<u32, u32> = HashMap::new();
    for row in view.rows(Table::ImportedPostings)? {
        let (key, value) = row?;
        let (batch, [first, second]) = (batch_of(key)?, bands_of(key)?);
        let length = lengths.get(&batch).copied().unwrap_or_default();
        for list in Lists::new(value) {
            let list = list?;
            let count = list.places().take_while(|place| *place < length).count();
            if count != list.count as usize {
                report(format!("a list of imported hashes has {count} places instead of {}", list.count));
            }
            if let Some(hash) = PairHash::new(u32::from(first), u32::from(second), list.steps) {
                *found.entry(hash.number()).or_default() += list.count;
            }
        }
    }
    let mut counts = Counts::new(view);
    for hash in (0..PairHash::COUNT).filter_map(PairHash::from_number) {
        if counts.of(hash)? != found.get(&hash.number()).copied().unwrap_or_default() {
            report("the counts of imported hashes are wrong: make them anew with a salvage".to_owned());
            break;
        }
    }
    Ok(())
}
