//! Reading everything once, to report what is wrong.

use crate::env::{Table, View};
use crate::faces;
use crate::imported;
use crate::landmarks::Landmarks;
use crate::recordings::row;
use crate::rows::live_queue;
use crate::segments::Segment;
use crate::store::Store;
use crate::transcripts;
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
        let flaws = match env.check_pages() {
            // Values are read through LMDB: not beyond a damaged page.
            Err(error) if error.kind() == ErrorKind::Malformed => {
                return Ok(vec![Problem { message: error.to_string() }]);
            }
            // Another process may have removed the file, which is not the current one any more.
            flaws => flaws.unwrap_or_default(),
        };
        let told: HashSet<String> = flaws.iter().cloned().collect();
        let mut messages = flaws;
        let mut report = |message: String| {
            if !told.contains(&message) {
                messages.push(message);
            }
        };
        let txn = env.read()?;
        let view = txn.view();
        let checked = check_recordings(view, &mut report);
        tell(checked, &mut report)?;
        let checked = imported::check(view, &mut report);
        tell(checked, &mut report)?;
        let checked = voices::check(view, &mut report);
        tell(checked, &mut report)?;
        let checked = faces::check(view, &mut report);
        tell(checked, &mut report)?;
        let checked = transcripts::check(view, &mut report);
        tell(checked, &mut report)?;
        let checked = live_queue::check(view, &mut report);
        tell(checked, &mut report)?;
        Ok(messages.into_iter().map(|message| Problem { message }).collect())
    }
}

/// What damage ended early is a problem like any other.
fn tell(checked: Result<()>, report: &mut impl FnMut(String)) -> Result<()> {
    match checked {
        Err(error) if error.kind() == ErrorKind::Malformed => {
            report(error.to_string());
            Ok(())
        }
        checked => checked,
    }
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

fn check_recordings(view: View<'_>, report: &mut impl FnMut(String)) -> Result<()> {
    let indexed = check_segments(view, report)?;
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
