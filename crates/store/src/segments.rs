//! Segments: immutable parts of the inverted index, merged as they accumulate.
//!
//! Each transaction that adds recordings writes one segment. A segment lays its recordings end to end on a line of
//! frames and keeps `(hash, position on the line)` of every pair, split by hash into shards of a handy size. When a
//! segment is not much smaller than the one before it the two are merged, so that there are never many and
//! every posting is rewritten only a logarithmic number of times.

use crate::env::{Derived, Table, View, WriteTxn};
use crate::pairs::HASH_BITS;
use crate::postings::{self, Cursor, Postings};
use crate::rows::encode::damaged;
use sonic_core::{Error, ErrorKind, Result};
use std::collections::HashSet;
use std::ops::Range;

/// Frames of silence before every recording on the line: a clip may start before its recording.
pub(crate) const GAP: u32 = 1024;
/// Aim of the size of a shard, in postings.
const SHARD_POSTINGS: u64 = 1 << 17;
const MAX_SHARD_BITS: u32 = 12;
const MAX_POSITION_BITS: u32 = 34;

/// Where a recording lies on the line of its segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub recording: u32,
    pub start: u64,
    pub frames: u32,
}

const SPAN_BYTES: usize = 16;

/// What is kept about a segment beside its postings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Description {
    pub number: u32,
    pub postings: u64,
    /// Length of the line in frames.
    pub length: u64,
    pub shard_bits: u32,
}

impl Description {
    fn position_bits(&self) -> u32 {
        (u64::BITS - self.length.leading_zeros()).max(1)
    }

    fn hashes_per_shard(&self) -> u32 {
        1 << (HASH_BITS - self.shard_bits)
    }

    fn to_bytes(self) -> [u8; 20] {
        let mut out = [0; 20];
        out[..8].copy_from_slice(&self.postings.to_le_bytes());
        out[8..16].copy_from_slice(&self.length.to_le_bytes());
        out[16..].copy_from_slice(&self.shard_bits.to_le_bytes());
        out
    }

    fn from_row(key: &[u8], value: &[u8]) -> Option<Self> {
        let description = Self {
            number: u32::from_be_bytes(key.try_into().ok()?),
            postings: u64::from_le_bytes(value.get(..8)?.try_into().ok()?),
            length: u64::from_le_bytes(value.get(8..16)?.try_into().ok()?),
            shard_bits: u32::from_le_bytes(value.get(16..20)?.try_into().ok()?),
        };
        let fits =
            description.shard_bits <= MAX_SHARD_BITS && description.position_bits() <= MAX_POSITION_BITS;
        fits.then_some(description)
    }
}

/// Where the postings of a hash start in its segment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Found {
    shard: u32,
    /// First number of the hash.
    first: u64,
    cursor: Cursor,
}

/// A segment, ready to be searched.
pub(crate) struct Segment<'t> {
    pub description: Description,
    shards: Vec<Option<Postings<'t>>>,
    spans: &'t [u8],
    /// Bits of a hash within its shard, and of a position.
    hash_bits: u32,
    position_bits: u32,
}

impl<'t> Segment<'t> {
    /// Every segment of the store, in order of age.
    pub(crate) fn all(view: View<'t>) -> Result<Vec<Self>> {
        descriptions(view)?.into_iter().map(|d| Self::whole(view, d)).collect()
    }

    /// A segment with all its hashes.
    fn whole(view: View<'t>, description: Description) -> Result<Self> {
        let mut segment = Self::open(view, description, &(0..0))?;
        for row in view.prefix(Table::Postings, &description.number.to_be_bytes())? {
            let (key, value) = row?;
            let shard = key.get(4..6).map(|shard| usize::from(shard[0]) << 8 | usize::from(shard[1]));
            let slot = shard.and_then(|shard| segment.shards.get_mut(shard));
            *slot.ok_or_else(|| damaged("the key of a list of postings"))? = Some(postings_of(value)?);
        }
        Ok(segment)
    }

    /// The part of a segment that holds `hashes`.
    fn open(view: View<'t>, description: Description, hashes: &Range<u32>) -> Result<Self> {
        let per_shard = description.hashes_per_shard();
        let mut shards = vec![None; 1 << description.shard_bits];
        for shard in hashes.start / per_shard..hashes.end.div_ceil(per_shard) {
            if let Some(value) = view.get(Table::Postings, &posting_key(description.number, shard))? {
                shards[shard as usize] = Some(postings_of(value)?);
            }
        }
        let spans = view.get(Table::Spans, &description.number.to_be_bytes())?.unwrap_or_default();
        let (hash_bits, position_bits) = (HASH_BITS - description.shard_bits, description.position_bits());
        Ok(Self { description, shards, spans, hash_bits, position_bits })
    }

    /// Shard and first number of a hash; its numbers are `(hash, position)` as the shard packs them.
    #[inline(always)]
    fn start(&self, hash: u32) -> Option<(u32, &Postings<'t>, u64)> {
        let shard = hash >> self.hash_bits;
        let postings = self.shards.get(shard as usize)?.as_ref()?;
        let within = hash & ((1 << self.hash_bits) - 1);
        Some((shard, postings, u64::from(within) << self.position_bits))
    }

    /// Fetches what [`seek`](Self::seek) reads first of `hash`...
    #[inline(always)]
    pub(crate) fn prefetch_start(&self, hash: u32) {
        if let Some((_, postings, first)) = self.start(hash) {
            postings.prefetch_start(first);
        }
    }

    /// ...and then what it reads next.
    #[inline(always)]
    pub(crate) fn prefetch_bucket(&self, hash: u32) {
        if let Some((_, postings, first)) = self.start(hash) {
            postings.prefetch_bucket(first);
        }
    }

    /// Finds the postings of `hash`; `None` if there are none.
    #[inline(always)]
    pub(crate) fn seek(&self, hash: u32) -> Option<Found> {
        let (shard, postings, first) = self.start(hash)?;
        Some(Found { shard, first, cursor: postings.seek(first) })
    }

    /// Calls `each` with the positions of the postings that were found.
    #[inline(always)]
    pub(crate) fn read_found(&self, found: &Found, mut each: impl FnMut(u64)) {
        if let Some(postings) = self.shards.get(found.shard as usize).and_then(Option::as_ref) {
            let end = found.first + (1u64 << self.position_bits);
            postings.read(found.cursor, found.first..end, |number| each(number - found.first));
        }
    }

    /// About how many pairs have `hash`.
    #[inline(always)]
    pub(crate) fn count(&self, hash: u32) -> u64 {
        let size = 1u64 << self.position_bits;
        self.start(hash).map_or(0, |(_, postings, first)| postings.count_in(first..first + size))
    }

    /// Calls `each` with the position of every posting.
    pub(crate) fn for_each(&self, mut each: impl FnMut(u64)) {
        let bits = self.position_bits;
        let end = 1u64 << (self.hash_bits + bits);
        for postings in self.shards.iter().flatten() {
            postings.for_each(0..end, |number| each(number & ((1 << bits) - 1)));
        }
    }

    /// The recordings in order of their places.
    pub(crate) fn spans(&self) -> impl Iterator<Item = Span> + '_ {
        self.spans.chunks_exact(SPAN_BYTES).map(read_span)
    }

    /// The recording whose stretch, the gap before it included, holds `position`.
    pub(crate) fn span_at(&self, position: i64) -> Option<Span> {
        let reach = u64::try_from(position + i64::from(GAP)).ok()?;
        let count = self.spans.len() / SPAN_BYTES;
        let span = |i: usize| read_span(&self.spans[i * SPAN_BYTES..(i + 1) * SPAN_BYTES]);
        let (mut low, mut high) = (0, count);
        while low < high {
            let middle = (low + high) / 2;
            if span(middle).start <= reach {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        let span = span(low.checked_sub(1)?);
        (reach < span.start + u64::from(span.frames) + u64::from(GAP)).then_some(span)
    }

    /// Adds the postings of the hashes in `range` to `out`, as `(hash, position)`, moved to new places.
    fn read(&self, hashes: &Range<u32>, moves: &Moves, out: &mut Vec<(u32, u64)>) {
        let (bits, per_shard) = (self.description.position_bits(), self.description.hashes_per_shard());
        for (i, shard) in self.shards.iter().enumerate() {
            let Some(shard) = shard else { continue };
            let first = i as u32 * per_shard;
            let (from, to) = (hashes.start.max(first), hashes.end.min(first + per_shard));
            if from >= to {
                continue;
            }
            let range = u64::from(from - first) << bits..u64::from(to - first) << bits;
            shard.for_each(range, |number| {
                let (hash, position) = (first + (number >> bits) as u32, number & ((1 << bits) - 1));
                out.extend(moves.apply(position).map(|position| (hash, position)));
            });
        }
    }
}

fn postings_of(value: &[u8]) -> Result<Postings<'_>> {
    Postings::new(value).ok_or_else(|| damaged("a list of postings"))
}

fn posting_key(segment: u32, shard: u32) -> [u8; 6] {
    let (s, n) = (segment.to_be_bytes(), (shard as u16).to_be_bytes());
    [s[0], s[1], s[2], s[3], n[0], n[1]]
}

fn read_span(bytes: &[u8]) -> Span {
    let word = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
    Span { recording: word(0), frames: word(4), start: u64::from(word(8)) | u64::from(word(12)) << 32 }
}

/// What is kept about every segment, in order of age.
pub(crate) fn descriptions(view: View<'_>) -> Result<Vec<Description>> {
    let rows = view.rows(Table::Segments)?;
    rows.map(|row| {
        let (key, value) = row?;
        Description::from_row(key, value).ok_or_else(|| damaged("the description of a segment"))
    })
    .collect()
}

/// Bytes that all postings take.
pub(crate) fn postings_bytes(view: View<'_>) -> Result<u64> {
    view.rows(Table::Postings)?.map(|row| row.map(|(k, v)| (k.len() + v.len()) as u64)).sum()
}

/// Lays recordings end to end: the length in frames of each gives its place.
pub(crate) fn lay_out(recordings: impl IntoIterator<Item = (u32, u32)>) -> (Vec<Span>, u64) {
    let mut end = 0;
    let spans = recordings
        .into_iter()
        .map(|(recording, frames)| {
            let start = end + u64::from(GAP);
            end = start + u64::from(frames);
            Span { recording, start, frames }
        })
        .collect();
    (spans, end + u64::from(GAP))
}

/// Writes a segment of new recordings. `pairs` are `(hash, position)`, sorted.
pub(crate) fn add(txn: &mut WriteTxn<'_>, spans: &[Span], length: u64, pairs: &[(u32, u64)]) -> Result<()> {
    let description = describe(next_number(txn.view())?, pairs.len() as u64, length)?;
    let mut rest = pairs;
    let mut write = |txn: &mut WriteTxn<'_>| {
        put(txn, description, spans, |_, hashes, out| {
            let (now, later) = rest.split_at(rest.partition_point(|p| p.0 < hashes.end));
            out.extend_from_slice(now);
            rest = later;
            Ok(())
        })
    };
    if !txn.is_recorded() {
        return write(txn);
    }
    // One that was replaced by another of the same transaction has no landmarks to make its pairs of.
    for span in spans {
        if txn.view().get_sealed(Table::Landmarks, &span.recording.to_be_bytes())?.is_none() {
            return write(txn);
        }
    }
    txn.derive(Derived::Index(spans.iter().map(|span| span.recording).collect()), write)
}

/// Merges the youngest segments while the older of two holds less than twice what the younger does; all of them if
/// `everything`. Recordings that have been removed are left out.
pub(crate) fn tidy(txn: &mut WriteTxn<'_>, everything: bool) -> Result<()> {
    let all = descriptions(txn.view())?;
    let mut from = if everything { 0 } else { all.len().saturating_sub(1) };
    let mut size: u64 = all[from.min(all.len())..].iter().map(|d| d.postings).sum();
    while from > 0 && all[from - 1].postings < 2 * size {
        from -= 1;
        size += all[from].postings;
    }
    let old = &all[from..];
    if old.len() > 1 || (everything && old.len() == 1 && has_removed(txn.view(), old[0])?) {
        merge(txn, old)?;
    }
    Ok(())
}

fn has_removed(view: View<'_>, description: Description) -> Result<bool> {
    let segment = Segment::open(view, description, &(0..0))?;
    for span in segment.spans() {
        if view.get(Table::Recordings, &span.recording.to_be_bytes())?.is_none() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Merges segments, as the journal of another store says.
pub(crate) fn merge_again(txn: &mut WriteTxn<'_>, numbers: &[u32]) -> Result<()> {
    let all = descriptions(txn.view())?;
    let old: Vec<Description> = all.into_iter().filter(|d| numbers.contains(&d.number)).collect();
    match old.len() == numbers.len() {
        true => merge(txn, &old),
        false => Err(damaged("a list of segments to merge")),
    }
}

fn merge(txn: &mut WriteTxn<'_>, old: &[Description]) -> Result<()> {
    txn.derive(Derived::Merge(old.iter().map(|d| d.number).collect()), |txn| merge_into_one(txn, old))
}

fn merge_into_one(txn: &mut WriteTxn<'_>, old: &[Description]) -> Result<()> {
    let number = next_number(txn.view())?;
    let removed = removed_recordings(txn.view(), old)?;
    let (mut kept, mut places) = (Vec::new(), Vec::new());
    for &description in old {
        let segment = Segment::open(txn.view(), description, &(0..0))?;
        let live: Vec<Span> = segment.spans().filter(|s| !removed.contains(&s.recording)).collect();
        kept.extend(live.iter().map(|s| (s.recording, s.frames)));
        places.push(live);
    }
    let (spans, length) = lay_out(kept);
    let mut new = spans.iter();
    let moves: Vec<Moves> = places.iter().map(|live| Moves::new(live, &mut new)).collect();
    let postings = old.iter().map(|d| d.postings).sum();
    let description = describe(number, postings, length)?;
    let written = put(txn, description, &spans, |view, hashes, out| {
        for (&description, moves) in old.iter().zip(&moves) {
            Segment::open(view, description, &hashes)?.read(&hashes, moves, out);
        }
        out.sort(); // Sorted runs, one a segment: a merge.
        Ok(())
    });
    written?;
    old.iter().try_for_each(|d| delete(txn, d.number))
}

fn removed_recordings(view: View<'_>, segments: &[Description]) -> Result<HashSet<u32>> {
    let mut removed = HashSet::new();
    for &description in segments {
        for span in Segment::open(view, description, &(0..0))?.spans() {
            if view.get(Table::Recordings, &span.recording.to_be_bytes())?.is_none() {
                removed.insert(span.recording);
            }
        }
    }
    Ok(removed)
}

fn describe(number: u32, postings: u64, length: u64) -> Result<Description> {
    let shards = (postings / SHARD_POSTINGS).max(1);
    let shard_bits = (u64::BITS - 1 - shards.leading_zeros()).min(MAX_SHARD_BITS);
    let description = Description { number, postings, length, shard_bits };
    if description.position_bits() > MAX_POSITION_BITS {
        return Err(Error::new(ErrorKind::Limit, "a segment is full: use a second store"));
    }
    Ok(description)
}

/// Writes a segment, shard by shard: `fill` gives the sorted postings of a range of hashes.
fn put(
    txn: &mut WriteTxn<'_>,
    mut description: Description,
    spans: &[Span],
    mut fill: impl FnMut(View<'_>, Range<u32>, &mut Vec<(u32, u64)>) -> Result<()>,
) -> Result<()> {
    let number = description.number.to_be_bytes();
    let (bits, per_shard) = (description.position_bits(), description.hashes_per_shard());
    let (mut pairs, mut numbers) = (Vec::new(), Vec::new());
    description.postings = 0;
    for shard in 0..1u32 << description.shard_bits {
        let first = shard * per_shard;
        pairs.clear();
        fill(txn.view(), first..first + per_shard, &mut pairs)?;
        if pairs.is_empty() {
            continue;
        }
        description.postings += pairs.len() as u64;
        numbers.clear();
        numbers.extend(pairs.iter().map(|&(hash, position)| u64::from(hash - first) << bits | position));
        let key = posting_key(description.number, shard);
        txn.put(
            Table::Postings,
            &key,
            &postings::encode(&numbers, HASH_BITS - description.shard_bits + bits),
        )?;
    }
    let mut bytes = Vec::with_capacity(spans.len() * SPAN_BYTES);
    for span in spans {
        bytes.extend(span.recording.to_le_bytes());
        bytes.extend(span.frames.to_le_bytes());
        bytes.extend(span.start.to_le_bytes());
    }
    txn.put(Table::Spans, &number, &bytes)?;
    txn.put(Table::Segments, &number, &description.to_bytes())
}

fn delete(txn: &mut WriteTxn<'_>, number: u32) -> Result<()> {
    let number = number.to_be_bytes();
    txn.delete_prefix(Table::Postings, &number)?;
    txn.delete(Table::Spans, &number)?;
    txn.delete(Table::Segments, &number).map(drop)
}

fn next_number(view: View<'_>) -> Result<u32> {
    Ok(descriptions(view)?.last().map_or(0, |d| d.number) + 1)
}

/// Where the stretches of a segment go in a merge.
struct Moves {
    /// Old start, old end, new start; in order.
    stretches: Vec<(u64, u64, u64)>,
}

impl Moves {
    fn new<'a>(old: &[Span], new: &mut impl Iterator<Item = &'a Span>) -> Self {
        let pairs = old.iter().zip(new);
        Self { stretches: pairs.map(|(o, n)| (o.start, o.start + u64::from(o.frames), n.start)).collect() }
    }

    #[inline]
    fn apply(&self, position: u64) -> Option<u64> {
        let i = self.stretches.partition_point(|s| s.0 <= position);
        let (from, end, to) = self.stretches[i.checked_sub(1)?];
        (position < end).then(|| position - from + to)
    }
}
