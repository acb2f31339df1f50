//! Whether the voices of a store are sound.

use super::row::Voice;
use super::vectors::{self, Set};
use super::{print, row, space};
use crate::env::View;
use sonic_core::Result;

/// Reports everything that is wrong with the voices.
pub(crate) fn check(view: View<'_>, report: &mut impl FnMut(String)) -> Result<()> {
    let dimensions = match space::of_store(view) {
        Ok(space) => space.map_or(0, |s| s.dimensions),
        Err(e) => {
            report(e.to_string());
            return Ok(());
        }
    };
    for row in row::all(view)? {
        match row {
            Ok((number, voice)) => check_voice(view, number, &voice, dimensions, report),
            Err(e) => report(e.to_string()),
        }
    }
    for row in print::all(view)? {
        let (number, print) = match row {
            Ok(row) => row,
            Err(e) => {
                report(e.to_string());
                continue;
            }
        };
        if print::find(view, &print.person).ok().flatten().is_none_or(|(found, _)| found != number) {
            report(format!("the name {:?} does not lead to its voiceprint", print.person));
        }
        let has_mean = has_vector(view, Set::VOICEPRINTS, number, dimensions);
        if has_mean != (print.sample_count() > 0) {
            report(format!("the voiceprint of {:?} and its samples do not fit", print.person));
        }
    }
    Ok(())
}

fn check_voice(
    view: View<'_>,
    number: u32,
    voice: &Voice,
    dimensions: usize,
    report: &mut impl FnMut(String),
) {
    if row::number_of_id(view, &voice.recording_id).ok().flatten() != Some(number) {
        report(format!("the id {:?} does not lead to its voice", voice.recording_id));
    }
    if has_vector(view, Set::VOICES, number, dimensions) != (voice.embedding_dimensions > 0) {
        report(format!("the embedding of {:?} is missing, damaged or too many", voice.recording_id));
    }
}

fn has_vector(view: View<'_>, set: Set, number: u32, dimensions: usize) -> bool {
    dimensions > 0 && vectors::get(view, set, number, dimensions).is_ok_and(|vector| vector.is_some())
}
