//! Lists of places, packed: one row for two bands and a batch.
//!
//! ```text
//! row   list*                                          in order of steps
//! list  steps u8 | places varint | bytes varint | varint*    the first place, then what each is further on
//! ```

use super::row;
use crate::env::{Table, View};
use crate::rows::encode::damaged;
use sonic_core::{PairHash, Result};

/// Bytes of a key: the bands, then the batch.
pub(super) const PREFIX: usize = 2;

/// The bands of a hash, as keys begin.
pub(super) fn prefix(hash: PairHash) -> [u8; PREFIX] {
    [hash.first_band() as u8, hash.second_band() as u8]
}

pub(super) fn key(prefix: [u8; PREFIX], batch: u32) -> [u8; PREFIX + 4] {
    let [a, b, c, d] = batch.to_be_bytes();
    [prefix[0], prefix[1], a, b, c, d]
}

/// The batch that a key ends with.
pub(super) fn batch_of(key: &[u8]) -> Result<u32> {
    key.get(PREFIX..).and_then(|rest| rest.try_into().ok()).map(u32::from_be_bytes).ok_or_else(unreadable)
}

/// The bands that a key begins with.
pub(super) fn bands_of(key: &[u8]) -> Result<[u8; PREFIX]> {
    key.first_chunk().copied().ok_or_else(unreadable)
}

pub(super) fn unreadable() -> sonic_core::Error {
    damaged("a list of imported hashes")
}

/// A list.
#[derive(Debug, Clone, Copy)]
pub(super) struct List<'t> {
    pub(super) steps: u32,
    pub(super) count: u32,
    places: &'t [u8],
}

impl<'t> List<'t> {
    /// The places, in order; it ends early if the list is damaged.
    pub(super) fn places(self) -> Places<'t> {
        Places { rest: self.places, last: 0 }
    }
}

/// The places of a list.
#[derive(Debug, Clone)]
pub(super) struct Places<'t> {
    rest: &'t [u8],
    last: u32,
}

impl Iterator for Places<'_> {
    type Item = u32;

    #[inline]
    fn next(&mut self) -> Option<u32> {
        // Most are of two bytes.
        let step = match *self.rest {
            [a, ref rest @ ..] if a < 0x80 => {
                self.rest = rest;
                u32::from(a)
            }
            [a, b, ref rest @ ..] if b < 0x80 => {
                self.rest = rest;
                u32::from(a & 0x7f) | u32::from(b) << 7
            }
            _ => varint(&mut self.rest)?,
        };
        self.last = self.last.wrapping_add(step);
        Some(self.last)
    }
}

/// The lists of a row.
pub(super) struct Lists<'t>(&'t [u8]);

impl<'t> Lists<'t> {
    pub(super) fn new(row: &'t [u8]) -> Self {
        Self(row)
    }

    fn take(&mut self) -> Option<List<'t>> {
        let (steps, rest) = self.0.split_first()?;
        self.0 = rest;
        let (count, bytes) = (varint(&mut self.0)?, varint(&mut self.0)? as usize);
        let (places, rest) = self.0.split_at_checked(bytes)?;
        self.0 = rest;
        Some(List { steps: u32::from(*steps), count, places })
    }
}

impl<'t> Iterator for Lists<'t> {
    type Item = Result<List<'t>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let list = self.take();
        if list.is_none() {
            self.0 = &[];
        }
        Some(list.ok_or_else(unreadable))
    }
}

/// Seven bits a byte, the lowest first.
pub(super) fn varint(rest: &mut &[u8]) -> Option<u32> {
    let mut value = 0;
    for shift in [0, 7, 14, 21, 28] {
        let (byte, after) = rest.split_first()?;
        *rest = after;
        value |= u32::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

pub(super) fn write_varint(out: &mut Vec<u8>, mut value: u32) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Appends a list of places, which are in order, to a row.
pub(super) fn write_list(row: &mut Vec<u8>, steps: u32, places: impl Iterator<Item = u32>) -> u32 {
    let (mut packed, mut last, mut count) = (Vec::new(), 0, 0);
    for place in places {
        write_varint(&mut packed, place - last);
        (last, count) = (place, count + 1);
    }
    if count > 0 {
        row.push(steps as u8);
        write_varint(row, count);
        write_varint(row, packed.len() as u32);
        row.extend(packed);
    }
    count
}

/// The frames of a recording that each hash has.
pub(super) fn frames_of(view: View<'_>, number: u32, hashes: &[PairHash]) -> Result<Vec<Vec<u32>>> {
    let Some(row) = row::row(view, number)? else { return Ok(vec![Vec::new(); hashes.len()]) };
    let (start, frames) = (row.start, row.recording.frames);
    let of = |hash: &PairHash| {
        let value = view.get(Table::ImportedPostings, &key(prefix(*hash), row.batch))?.unwrap_or_default();
        for list in Lists::new(value) {
            let list = list?;
            if list.steps == hash.steps() {
                let own = list.places().filter_map(|place| place.checked_sub(start));
                return Ok(own.filter(|frame| *frame < frames).collect());
            }
        }
        Ok(Vec::new())
    };
    hashes.iter().map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_come_back() {
        let lists: [&[u32]; 3] = [&[0], &[5, 5, 132, 20_000, u32::MAX], &[127, 128, 16_383, 16_384, 16_385]];
        let mut row = Vec::new();
        for (steps, places) in lists.iter().enumerate() {
            assert_eq!(write_list(&mut row, steps as u32, places.iter().copied()), places.len() as u32);
        }
        assert_eq!(write_list(&mut row, 9, std::iter::empty()), 0);
        let read: Vec<(u32, Vec<u32>)> = Lists::new(&row)
            .map(|list| list.map(|list| (list.count, list.places().collect())).unwrap())
            .collect();
        let want: Vec<(u32, Vec<u32>)> =
            lists.iter().map(|places| (places.len() as u32, places.to_vec())).collect();
        assert_eq!(read, want);
    }

    #[test]
    fn damage_ends_early() {
        let mut row = Vec::new();
        write_list(&mut row, 3, [1, 2, 70_000].into_iter());
        for length in 1..row.len() {
            let ends: Vec<bool> = Lists::new(&row[..length]).map(|list| list.is_err()).collect();
            assert_eq!(ends, [true], "{length} bytes");
        }
        for place in 0..row.len() {
            for value in 0..=255 {
                let mut damaged = row.clone();
                damaged[place] = value;
                let places = Lists::new(&damaged).filter_map(Result::ok).flat_map(List::places);
                assert!(places.count() <= row.len());
            }
        }
    }
}
