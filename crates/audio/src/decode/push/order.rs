//! The order of slices: by their index, within a window; what is repeated, late, lost, or begins anew.

use super::counts::PushCounts;
use sonic_core::{Error, ErrorKind, Result};
use std::collections::{BTreeMap, VecDeque};

/// Slices whose contents are remembered, to tell those that are repeated from those of another recorder.
const REMEMBERED: usize = 64;
/// Slices of another recorder that are kept until its first one comes.
const MOST_STRAYS: usize = 8;
/// Slices that come again in their order from the first on, by which a recorder shows whose header is that of the one
/// before: MP4 gives it no identity.
const REPLAYED: usize = 3;

/// What is to be read next.
#[derive(Debug, PartialEq)]
pub(super) enum Arrival {
    /// A slice, before which so many did not come.
    Slice(Slice, u64),
    /// The index began anew: a page was loaded again, or made another recorder.
    Restart,
}

/// The bytes of a slice, and when it was sent, in milliseconds of any clock.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Slice {
    pub(super) bytes: Vec<u8>,
    pub(super) sent_ms: Option<f64>,
}

/// Puts slices in their order.
#[derive(Debug, Default)]
pub(super) struct Order {
    /// The index that is read next.
    pub(super) next: u64,
    /// One more than the highest that came.
    pub(super) end: u64,
    /// Slices that did not come before the next one to be read.
    pub(super) lost: u64,
    pub(super) held: BTreeMap<u64, Slice>,
    /// Indices and what came under them, the last ones; and under the first.
    pub(super) seen: VecDeque<(u64, u64)>,
    pub(super) first: Option<u64>,
    /// Slices from the index 0 on that came again, or anew: the beginning of another recorder, perhaps.
    pub(super) run: Vec<(Slice, bool)>,
    /// Slices that are not what came under their index.
    pub(super) strays: BTreeMap<u64, Slice>,
}

/// Limits.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// How far a slice may be out of its place.
    pub(super) window: u64,
    pub(super) max_slice_bytes: usize,
    pub(super) max_index_jump: u64,
}

impl Order {
    /// Takes a slice that was [checked](Self::check); what can be read then is appended to `out`.
    pub(super) fn push(
        &mut self,
        index: u64,
        slice: Slice,
        limits: &Limits,
        out: &mut Vec<Arrival>,
        counts: &mut PushCounts,
    ) {
        counts.slices += 1;
        let sum = hash(&slice.bytes);
        if index < self.next || self.held.contains_key(&index) {
            return self.again(index, slice, sum, limits, out, counts);
        }
        if self.is_replay(index) {
            self.restart(limits, out, counts);
        }
        self.run.clear();
        self.strays.clear();
        self.take(index, slice, sum, limits, out, counts);
    }

    /// Refuses what cannot be a slice.
    ///
    /// # Errors
    /// `Limit` for a slice that is too large, `InvalidArgument` for an index that cannot be.
    pub(super) fn check(&self, index: u64, size: usize, limits: &Limits) -> Result<()> {
        if size > limits.max_slice_bytes {
            let most = limits.max_slice_bytes;
            let message = format!(
                "slice {index} has {size} bytes, more than the {most} that are read: record shorter ones"
            );
            return Err(Error::new(ErrorKind::Limit, message));
        }
        if index >= self.end.saturating_add(limits.max_index_jump) {
            let message = format!(
                "the slice's index {index} is too far beyond {}: count from 0, one for each slice",
                self.end
            );
            return Err(Error::new(ErrorKind::InvalidArgument, message));
        }
        Ok(())
    }

    fn take(
        &mut self,
        index: u64,
        slice: Slice,
        sum: u64,
        limits: &Limits,
        out: &mut Vec<Arrival>,
        counts: &mut PushCounts,
    ) {
        if index == 0 {
            self.first = Some(sum);
        }
        self.seen.push_back((index, sum));
        if self.seen.len() > REMEMBERED {
            self.seen.pop_front();
        }
        self.end = self.end.max(index + 1);
        self.held.insert(index, slice);
        self.release(limits.window, out, counts);
        let held = |order: &Self| order.held.values().map(|slice| slice.bytes.len()).sum::<usize>();
        let mut window = limits.window;
        while window > 0 && held(self) > limits.max_slice_bytes {
            window -= 1;
            self.release(window, out, counts);
        }
    }

    /// Hands out what is next, and what does not wait any longer.
    fn release(&mut self, window: u64, out: &mut Vec<Arrival>, counts: &mut PushCounts) {
        while let Some((&index, _)) = self.held.first_key_value() {
            let waits = self.end - 1 <= self.next + window;
            if index > self.next && waits {
                return;
            }
            let to = index.min((self.end - 1).saturating_sub(window)).max(self.next);
            if index > self.next {
                counts.lost += to - self.next;
                self.lost += to - self.next;
                self.next = to;
            }
            if index == self.next
                && let Some(slice) = self.held.remove(&index)
            {
                out.push(Arrival::Slice(slice, std::mem::take(&mut self.lost)));
                self.next += 1;
            }
        }
    }

    /// Hands out all that is held.
    pub(super) fn finish(&mut self, out: &mut Vec<Arrival>, counts: &mut PushCounts) {
        self.release(0, out, counts);
        self.run.clear();
        self.strays.clear();
    }

    /// A slice under an index that came already, or that was given up.
    fn again(
        &mut self,
        index: u64,
        slice: Slice,
        sum: u64,
        limits: &Limits,
        out: &mut Vec<Arrival>,
        counts: &mut PushCounts,
    ) {
        let known = self.seen.iter().rev().find(|seen| seen.0 == index).map(|seen| seen.1);
        let known = known.or(self.first.filter(|_| index == 0));
        let remembered = self.seen.front().is_some_and(|oldest| oldest.0 < index);
        let same = known == Some(sum);
        match known {
            Some(_) if same => counts.repeated += 1,
            None if remembered => {
                counts.late += 1;
                return;
            }
            _ => counts.conflicting += 1,
        }
        if index == 0 || index == self.run.len() as u64 {
            self.run.truncate(index as usize);
            self.run.push((slice, same));
        } else if same {
            self.run.clear();
        } else {
            self.strays.insert(index, slice);
            if self.strays.len() > MOST_STRAYS {
                self.strays.pop_first();
            }
        }
        while let Some(slice) = self.strays.remove(&(self.run.len() as u64)) {
            self.run.push((slice, false));
        }
        self.bound(limits.max_slice_bytes);
        if self.begins_anew() {
            self.restart(limits, out, counts);
        }
    }

    /// Keeps what waits for another recorder small.
    fn bound(&mut self, most: usize) {
        let size = |slice: &Slice| slice.bytes.len();
        if self.run.iter().map(|run| size(&run.0)).sum::<usize>() > most || self.run.len() > REMEMBERED {
            self.run.clear();
        }
        if self.strays.values().map(size).sum::<usize>() > most {
            self.strays.clear();
        }
    }

    /// The first bytes of what came again, and whether they are what came before.
    fn again_from_start(&self) -> (Vec<u8>, bool) {
        let mut head = Vec::new();
        for (slice, same) in &self.run {
            head.extend_from_slice(&slice.bytes[..slice.bytes.len().min(12)]);
            if head.len() >= 8 {
                return (head, *same);
            }
        }
        (head, true)
    }

    /// Whether what came again is the beginning of another recorder: its header is another one, or so many slices follow
    /// each other that nobody repeats them.
    fn begins_anew(&self) -> bool {
        let (head, same) = self.again_from_start();
        is_header(&head) && (!same || self.run.len() >= REPLAYED)
    }

    /// Whether all that came, and came again, goes on with `index`.
    fn is_replay(&self, index: u64) -> bool {
        let all = index == self.end && index == self.run.len() as u64 && index > 1;
        all && is_header(&self.again_from_start().0)
    }

    /// Begins anew with what came again.
    fn restart(&mut self, limits: &Limits, out: &mut Vec<Arrival>, counts: &mut PushCounts) {
        let run = std::mem::take(&mut self.run);
        let strays = std::mem::take(&mut self.strays);
        self.finish(out, counts);
        *self = Self::default();
        out.push(Arrival::Restart);
        counts.restarts += 1;
        for (index, (slice, same)) in (0..).zip(run) {
            let counted = if same { &mut counts.repeated } else { &mut counts.conflicting };
            *counted = counted.saturating_sub(1);
            let sum = hash(&slice.bytes);
            self.take(index, slice, sum, limits, out, counts);
        }
        for (index, slice) in strays {
            counts.conflicting = counts.conflicting.saturating_sub(1);
            if index >= self.next && !self.held.contains_key(&index) {
                let sum = hash(&slice.bytes);
                self.take(index, slice, sum, limits, out, counts);
            }
        }
    }
}

/// Whether bytes begin as a recording does.
fn is_header(head: &[u8]) -> bool {
    matches!(
        head,
        [0x1a, 0x45, 0xdf, 0xa3, ..] | [b'O', b'g', b'g', b'S', 0, 2, ..] | [b'R', b'I', b'F', b'F', ..]
    ) || head.get(4..8) == Some(b"ftyp")
}

/// FNV-1a with 64 bits: the same in every process.
fn hash(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |sum, &byte| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { window: 3, max_slice_bytes: 1_000, max_index_jump: 100 };

    /// What comes out of slices by their index and first byte: index and how many were lost before, `None` for a restart.
    fn order(slices: &[(u64, &[u8])]) -> (Vec<Option<(u8, u64)>>, PushCounts) {
        let (mut order, mut out, mut counts) = (Order::default(), Vec::new(), PushCounts::default());
        for (index, bytes) in slices {
            let slice = Slice { bytes: bytes.to_vec(), sent_ms: None };
            order.push(*index, slice, &LIMITS, &mut out, &mut counts);
        }
        order.finish(&mut out, &mut counts);
        let out = out.into_iter().map(|arrival| match arrival {
            Arrival::Slice(slice, lost) => Some((slice.bytes[0], lost)),
            Arrival::Restart => None,
        });
        (out.collect(), counts)
    }

    #[test]
    fn slices_come_out_in_their_order_once() {
        let (out, counts) = order(&[(1, &[1]), (0, &[0]), (3, &[3]), (3, &[3]), (2, &[2]), (1, &[1])]);
        assert_eq!(out, [0, 1, 2, 3].map(|n| Some((n, 0))));
        assert_eq!((counts.repeated, counts.lost), (2, 0));
    }

    #[test]
    fn what_is_lost_is_waited_for_as_long_as_the_window() {
        let (out, counts) = order(&[(0, &[0]), (2, &[2]), (3, &[3]), (4, &[4]), (1, &[1]), (9, &[9])]);
        assert_eq!(out, [(0, 0), (1, 0), (2, 0), (3, 0), (4, 0), (9, 4)].map(Some));
        assert_eq!(counts.lost, 4);
        let (out, counts) = order(&[(0, &[0]), (2, &[2]), (3, &[3]), (4, &[4]), (5, &[5]), (1, &[1])]);
        assert_eq!(out, [(0, 0), (2, 1), (3, 0), (4, 0), (5, 0)].map(Some));
        assert_eq!((counts.lost, counts.late), (1, 1));
    }

    #[test]
    fn another_recorder_is_told_from_repeats() {
        let header = |id: u8| [0x1a, 0x45, 0xdf, 0xa3, 0, 0, 0, 0, id];
        let (one, two) = (header(1), header(2));
        let (out, counts) = order(&[(0, &one), (1, &[1]), (2, &[2]), (0, &one), (0, &two), (1, &[1])]);
        assert_eq!(out[..3], [Some((0x1a, 0)), Some((1, 0)), Some((2, 0))]);
        assert_eq!(out[3..], [None, Some((0x1a, 0)), Some((1, 0))]);
        assert_eq!((counts.repeated, counts.restarts), (1, 1));
        // The first slice is one byte, and the same in both.
        let (out, counts) = order(&[(0, &one[..1]), (1, &one[1..]), (0, &two[..1]), (1, &two[1..])]);
        assert_eq!(out.iter().filter(|arrival| arrival.is_none()).count(), 1);
        assert_eq!((out.len(), counts.repeated, counts.conflicting), (5, 0, 0));
    }

    #[test]
    fn an_mp4_recorder_without_identity_shows_by_its_order() {
        let header = b"\0\0\0\x10ftypisom";
        let all: Vec<(u64, &[u8])> = vec![(0, header), (1, &[1]), (0, header), (1, &[1]), (2, &[2])];
        let (out, counts) = order(&all);
        assert_eq!(out, [Some((0, 0)), Some((1, 0)), None, Some((0, 0)), Some((1, 0)), Some((2, 0))]);
        assert_eq!((counts.restarts, counts.repeated), (1, 0));
        let (_, counts) = order(&[(0, header), (1, &[1]), (1, &[1]), (0, header), (2, &[2])]);
        assert_eq!((counts.restarts, counts.repeated), (0, 2));
    }

    #[test]
    fn what_cannot_be_is_refused_and_changes_nothing() {
        let (mut order, mut out, mut counts) = (Order::default(), Vec::new(), PushCounts::default());
        let mut push = |index, size| {
            order.check(index, size, &LIMITS).map_err(|error| error.kind())?;
            let slice = Slice { bytes: vec![0; size], sent_ms: None };
            order.push(index, slice, &LIMITS, &mut out, &mut counts);
            Ok(())
        };
        assert_eq!(push(1 << 40, 1), Err(ErrorKind::InvalidArgument));
        assert_eq!(push(0, 1_001), Err(ErrorKind::Limit));
        assert_eq!((push(0, 1), push(u64::MAX, 1)), (Ok(()), Err(ErrorKind::InvalidArgument)));
        assert_eq!((out.len(), counts.slices), (1, 1));
    }
}
