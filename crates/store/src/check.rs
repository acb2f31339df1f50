//! Reading everything once, to report what is wrong.

use crate::env::{Table, View};
use crate::faces;
use crate::landmarks::Landmarks;
use crate::recordings::row;
use crate::segments::Segment;
use crate::store::Store;
use crate::voices;
use serde::Serialize;
use sonic_core::{ErrorKind, Result};
use std::collections::HashSet;

/// Something that [`Store::check`](crate::Store::check) found wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Problem {
    /// What is wrong, and with which row.
    pub message: String,
}

impl Store {
    /// Reads everything once and reports what is wrong; an empty list means the store is sound.
    ///
    /// # Errors
    /// `Io` if the store cannot be read at all.
    pub fn check(&self) -> Result<Vec<Problem>> {
        let shared = self.shared()?;
        let env = shared.env()?;
        // Values are read through LMDB: not beyond a damaged page.
        match env.check_pages() {
            Err(error) if error.kind() == ErrorKind::Malformed => {
                return Ok(vec![Problem { message: error.to_string() }]);
            }
            // Another process may have removed the file, which is not the current one any more.
            _ => {}
        }
        let txn = env.read()?;
        everything(txn.view())
    }
}

/// What is wrong with the store.
fn everything(view: View<'_>) -> Result<Vec<Problem>> {
    let mut problems = Vec::new();
    let mut report = |message: String| problems.push(Problem { message });
    let indexed = check_segments(view, &mut report)?;
    check_recordings(view, &indexed, &mut report)?;
    voices::check(view, &mut report)?;
    faces::check(view, &mut report)?;
    Ok(problems)
}

fn check_segments(view: View<'_>, report: &mut impl FnMut(String)) -> Result<HashSet<u32>> {
    let mut indexed = HashSet::new();
    let segments = match Segment::all(view) {
        Ok(segments) => segments,
        Err(e) => {
            report(e.to_string());
            return Ok(indexed);
        }
    };
    for segment in &segments {
        let d = segment.description;
        let mut found = 0;
        segment.for_each(|position| found += u64::from(position < d.length));
        if found != d.postings {
            report(format!("segment {} has {found} postings instead of {}", d.number, d.postings));
        }
        for span in segment.spans() {
            if !indexed.insert(span.recording) {
                report(format!("recording {} is indexed twice", span.recording));
            }
        }
    }
    Ok(indexed)
}

fn check_recordings(view: View<'_>, indexed: &HashSet<u32>, report: &mut impl FnMut(String)) -> Result<()> {
    for row in row::all(view)? {
        let (number, row) = match row {
            Ok(row) => row,
            Err(e) => {
                report(e.to_string());
                continue;
            }
        };
        let packed = view.get(Table::Landmarks, &number.to_be_bytes())?.and_then(Landmarks::new);
        if packed.is_none_or(|p| p.len() != row.landmarks) {
            report(format!("the landmarks of {:?} are missing or damaged", row.id));
        }
        if !indexed.contains(&number) {
            report(format!("{:?} is not in the index", row.id));
        }
        if row::number_of_id(view, &row.id)? != Some(number) {
            report(format!("the id {:?} does not lead to its recording", row.id));
        }
    }
    Ok(())
}
