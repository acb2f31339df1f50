//! What a meeting says about who is speaking: bits of activity, put where they belong in time.
//!
//! An update says for each participant, bit by bit, whether the microphone was active since the update before. Its stamp is
//! late by a delay that is known and by a little that is not. Updates follow each other without holes, so the one that was
//! least late tells where all of them belong; a whole number of missing updates is a hole, one that comes again is left out.

use serde::{Deserialize, Serialize};
use sonic_core::Result;
use std::collections::VecDeque;

/// Participants, updates and bits of an update at most.
const MOST_NAMES: usize = 256;
const MOST_UPDATES: usize = 600;
const MOST_BITS: usize = 600;
/// Bytes of a name at most.
const LONGEST_NAME: usize = 512;
/// A stamp is later than where its update belongs by no more than this share of the update's length.
const LATE_SHARE: f64 = 0.5;
/// Updates are placed one after the other over at most so many that are missing; after that the stamp alone counts.
const MOST_MISSING: f64 = 60.0;

/// The updates of the last minutes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Activity {
    names: Vec<String>,
    updates: VecDeque<Update>,
    /// Where the run of updates began that follow each other: the first number of it.
    run: u64,
    /// Updates that were forgotten.
    forgotten: u64,
}

/// An update in its place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Update {
    start_ms: f64,
    /// Bits of the longest string.
    bits: usize,
    /// Number of the participant, and its bits.
    active: Vec<(usize, Vec<bool>)>,
}

impl Update {
    fn end_ms(&self, bit_ms: f64) -> f64 {
        self.start_ms + self.bits as f64 * bit_ms
    }
}

impl Activity {
    /// Who took part so far.
    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    /// True if nothing is known.
    pub(crate) fn is_empty(&self) -> bool {
        self.updates.is_empty()
    }

    /// Takes an update whose first bit was stamped `stamp_ms`, the known delay already subtracted. False if it was known.
    pub(crate) fn push(&mut self, stamp_ms: f64, bit_ms: f64, body: &[(String, String)]) -> Result<bool> {
        let mut update = self.read(stamp_ms, body)?;
        if update.bits == 0 {
            return Ok(false);
        }
        let length = update.bits as f64 * bit_ms;
        if let Some(last) = self.updates.back() {
            let missing = ((stamp_ms - last.end_ms(bit_ms)) / length).round();
            let place = last.end_ms(bit_ms) + missing * length;
            if missing < 0.0 {
                return Ok(self.replace(update, place, length));
            }
            let late = stamp_ms - place;
            match missing <= MOST_MISSING && late.abs() <= LATE_SHARE * length {
                true => update.start_ms = self.settle(place, late),
                false => self.run = self.forgotten + self.updates.len() as u64,
            }
        }
        self.updates.push_back(update);
        if self.updates.len() > MOST_UPDATES {
            self.updates.pop_front();
            self.forgotten += 1;
        }
        Ok(true)
    }

    /// Whether the microphone of `name` was active at a time; `None` if no update tells.
    pub(crate) fn at(&self, time_ms: f64, bit_ms: f64, name: usize) -> Option<bool> {
        let after = self.updates.partition_point(|update| update.start_ms <= time_ms);
        let update = self.updates.get(after.checked_sub(1)?)?;
        let bit = ((time_ms - update.start_ms) / bit_ms) as usize;
        if bit >= update.bits {
            return None;
        }
        let found = update.active.iter().find(|(number, _)| *number == name);
        Some(found.and_then(|(_, bits)| bits.get(bit).copied()).unwrap_or(false))
    }

    /// Forgets updates that end before a time.
    pub(crate) fn forget_before(&mut self, time_ms: f64, bit_ms: f64) {
        while self.updates.len() > 1 && self.updates[0].end_ms(bit_ms) < time_ms {
            self.updates.pop_front();
            self.forgotten += 1;
        }
    }

    /// The place of an update that follows: where it is expected, or, if it is less late than those before, earlier, and
    /// those before of the same run with it.
    fn settle(&mut self, place: f64, late: f64) -> f64 {
        if late >= 0.0 {
            return place;
        }
        let first = self.run.saturating_sub(self.forgotten) as usize;
        self.updates.range_mut(first.min(self.updates.len())..).for_each(|update| update.start_ms += late);
        place + late
    }

    /// An update of a time that is known already: the same once more, or one that was overtaken.
    fn replace(&mut self, mut update: Update, place: f64, length: f64) -> bool {
        update.start_ms = place;
        let at = self.updates.partition_point(|known| known.start_ms < place - LATE_SHARE * length);
        let is_known = self.updates.get(at).is_some_and(|known| known.start_ms < place + LATE_SHARE * length);
        if !is_known {
            self.updates.insert(at, update);
        }
        !is_known
    }

    fn read(&mut self, start_ms: f64, body: &[(String, String)]) -> Result<Update> {
        let is_bits = |bits: &str| bits.len() <= MOST_BITS && bits.bytes().all(|bit| b"01".contains(&bit));
        if body.len() > MOST_NAMES || !start_ms.is_finite() || start_ms.abs() > super::LONGEST_MS {
            let message = format!("an update of activity has a time and at most {MOST_NAMES} participants");
            return Err(crate::invalid(message));
        }
        if let Some((name, bits)) = body.iter().find(|(n, bits)| !is_bits(bits) || n.len() > LONGEST_NAME) {
            let message = format!(
                "activity is at most {MOST_BITS} digits 0 or 1 of a name of at most {LONGEST_NAME} bytes: {name:?} has {bits:?}"
            );
            return Err(crate::invalid(message));
        }
        let mut active = Vec::new();
        for (name, bits) in body {
            if let Some(number) = self.number(name) {
                active.push((number, bits.bytes().map(|bit| bit == b'1').collect()));
            }
        }
        let bits = active.iter().map(|(_, bits): &(usize, Vec<bool>)| bits.len()).max().unwrap_or(0);
        Ok(Update { start_ms, bits, active })
    }

    /// The number of a participant; `None` if there are too many.
    fn number(&mut self, name: &str) -> Option<usize> {
        let known = self.names.iter().position(|known| known == name);
        known.or_else(|| {
            let is_room = self.names.len() < MOST_NAMES;
            is_room.then(|| self.names.push(name.to_owned())).map(|()| self.names.len() - 1)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(bits: &str) -> Vec<(String, String)> {
        vec![("Alice".to_owned(), bits.to_owned()), ("Bob".to_owned(), "0".repeat(bits.len()))]
    }

    #[test]
    fn the_least_late_update_tells_where_all_belong() {
        let mut activity = Activity::default();
        for (k, late) in [80.0, 110.0, 3.0, 60.0].into_iter().enumerate() {
            assert!(activity.push(k as f64 * 1_000.0 + late, 100.0, &body("0000011111")).unwrap());
        }
        let starts: Vec<_> = activity.updates.iter().map(|update| update.start_ms).collect();
        assert_eq!(starts, [3.0, 1_003.0, 2_003.0, 3_003.0]);
        assert_eq!(activity.at(1_502.0, 100.0, 0), Some(false));
        assert_eq!(activity.at(1_504.0, 100.0, 0), Some(true));
        assert_eq!(activity.at(1_504.0, 100.0, 1), Some(false));
        assert_eq!((activity.at(0.0, 100.0, 0), activity.at(4_100.0, 100.0, 0)), (None, None));
    }

    #[test]
    fn lost_updates_are_holes_and_repeated_ones_nothing() {
        let mut activity = Activity::default();
        assert!(activity.push(10.0, 100.0, &body("1111111111")).unwrap());
        assert!(!activity.push(45.0, 100.0, &body("1111111111")).unwrap());
        assert!(activity.push(3_050.0, 100.0, &body("1111111111")).unwrap());
        assert_eq!(activity.at(1_500.0, 100.0, 0), None);
        assert_eq!(activity.at(3_020.0, 100.0, 0), Some(true));
        // One that was overtaken fills its hole.
        assert!(activity.push(2_020.0, 100.0, &body("1111100000")).unwrap());
        assert_eq!(activity.at(2_100.0, 100.0, 0), Some(true));
        assert_eq!(activity.at(2_900.0, 100.0, 0), Some(false));
        assert_eq!(activity.at(3_020.0, 100.0, 0), Some(true));
    }

    #[test]
    fn nonsense_is_refused_and_what_is_kept_is_bounded() {
        let mut activity = Activity::default();
        for (stamp, bits) in [(f64::NAN, "01"), (1e300, "01"), (0.0, "012"), (0.0, &*"1".repeat(601))] {
            assert!(activity.push(stamp, 100.0, &body(bits)).is_err());
        }
        assert!(!activity.push(0.0, 100.0, &[]).unwrap());
        for k in 0..2_000u32 {
            let name = format!("guest {k}");
            activity.push(f64::from(k) * 200.0, 100.0, &[(name, "11".to_owned())]).unwrap();
        }
        assert!(activity.names.len() == MOST_NAMES && activity.updates.len() <= MOST_UPDATES);
    }
}
