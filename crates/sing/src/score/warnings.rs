//! What is unusual in a score, counted.

use super::Warning;
use std::collections::HashMap;
use std::sync::Arc;

/// Collects warnings: one for each code and part, with the first measure and a count.
#[derive(Debug, Default)]
pub(super) struct Warnings {
    found: Vec<Warning>,
    places: HashMap<(&'static str, Option<Arc<str>>), usize>,
}

impl Warnings {
    /// Notes something about a measure of a part.
    pub(super) fn in_measure(&mut self, code: &'static str, part: &Arc<str>, measure: &str, message: &str) {
        self.add(code, Some(part), Some(measure), message);
    }

    /// Notes something about a part as a whole.
    pub(super) fn in_part(&mut self, code: &'static str, part: &Arc<str>, message: &str) {
        self.add(code, Some(part), None, message);
    }

    /// Notes something about the score as a whole.
    pub(super) fn in_score(&mut self, code: &'static str, measure: Option<&str>, message: &str) {
        self.add(code, None, measure, message);
    }

    fn add(&mut self, code: &'static str, part: Option<&Arc<str>>, measure: Option<&str>, message: &str) {
        let place = *self.places.entry((code, part.cloned())).or_insert(self.found.len());
        match self.found.get_mut(place) {
            Some(warning) => warning.count += 1,
            None => self.found.push(Warning {
                code,
                part_id: part.map(|id| id.to_string()),
                measure_number: measure.map(str::to_owned),
                message: message.to_owned(),
                count: 1,
            }),
        }
    }

    pub(super) fn into_vec(self) -> Vec<Warning> {
        self.found
    }
}
