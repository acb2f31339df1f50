//! The nodes of a page: keys with the pages below, or with values.

use super::format::{Checked, HEADER, NODE, damage, u16_at, u32_at};

/// The longest key that LMDB takes.
const MAX_KEY: usize = 511;
/// Flags of a node: its value lies on pages of its own; its value is a tree.
pub(super) const BIG: u16 = 1;
pub(super) const TABLE: u16 = 2;

/// The nodes of a page, which lie inside it and beside each other.
pub(super) struct Nodes<'b> {
    bytes: &'b [u8],
    /// Where each begins, in order of key.
    pub(super) offsets: Vec<usize>,
}

impl<'b> Nodes<'b> {
    pub(super) fn parse(page: u64, bytes: &'b [u8], leaf: bool) -> Checked<Self> {
        let (lower, upper) = (usize::from(u16_at(bytes, 12)), usize::from(u16_at(bytes, 14)));
        if lower <= HEADER || !lower.is_multiple_of(2) || lower > upper || upper > bytes.len() {
            return damage(format!("page {page} has its free space from {lower} to {upper}"));
        }
        let offsets: Vec<usize> =
            (HEADER..lower).step_by(2).map(|at| usize::from(u16_at(bytes, at))).collect();
        let nodes = Self { bytes, offsets };
        let mut extents = Vec::with_capacity(nodes.offsets.len());
        for (place, at) in nodes.offsets.iter().enumerate() {
            if *at < upper || !at.is_multiple_of(2) || at + NODE > bytes.len() {
                return damage(format!("page {page} has a node at {at}"));
            }
            let key = usize::from(u16_at(bytes, at + 6));
            let may_be_empty = !leaf && place == 0;
            if key > MAX_KEY || (key == 0 && !may_be_empty) {
                return damage(format!("page {page} has a key of {key} bytes"));
            }
            let data = if leaf { nodes.data_length(*at) } else { 0 };
            let end = (at + NODE + key).saturating_add(data);
            extents.push((*at, end.next_multiple_of(2)));
        }
        extents.sort_unstable();
        // They fill the page from `upper` on, without a gap.
        let filled = extents.iter().try_fold(upper, |place, (from, to)| (*from == place).then_some(*to));
        match filled {
            Some(end) if end == bytes.len() => Ok(nodes),
            _ => damage(format!("the nodes of page {page} do not lie beside each other")),
        }
    }

    /// The nodes of a damaged page that lie where its nodes are, whatever else does. Before that place lie what is left of
    /// nodes that were removed.
    pub(super) fn loose(bytes: &'b [u8], leaf: bool) -> Self {
        let (lower, upper) = (usize::from(u16_at(bytes, 12)), usize::from(u16_at(bytes, 14)));
        let lower = lower.min(upper).min(bytes.len());
        let listed = (HEADER..lower.saturating_sub(1)).step_by(2).map(|at| usize::from(u16_at(bytes, at)));
        let mut nodes = Self { bytes, offsets: Vec::new() };
        let fits = |at: &usize| {
            if *at < upper || at + NODE > bytes.len() {
                return false;
            }
            let key = usize::from(u16_at(bytes, at + 6));
            let data = if leaf { nodes.data_length(*at) } else { 0 };
            key <= MAX_KEY && (at + NODE + key).saturating_add(data) <= bytes.len()
        };
        nodes.offsets = listed.filter(fits).collect();
        nodes
    }

    pub(super) fn key(&self, at: usize) -> &'b [u8] {
        let length = usize::from(u16_at(self.bytes, at + 6));
        &self.bytes[at + NODE..at + NODE + length]
    }

    /// The page below that a node of a branch leads to.
    pub(super) fn child(&self, at: usize) -> u64 {
        u64::from(u32_at(self.bytes, at)) | u64::from(u16_at(self.bytes, at + 4)) << 32
    }

    /// What the value of a node of a leaf is.
    pub(super) fn flags(&self, at: usize) -> u16 {
        u16_at(self.bytes, at + 4)
    }

    /// Bytes of the value.
    pub(super) fn data_size(&self, at: usize) -> usize {
        u32_at(self.bytes, at) as usize
    }

    /// Bytes that the value takes in the page.
    fn data_length(&self, at: usize) -> usize {
        match self.flags(at) & BIG {
            0 => self.data_size(at),
            _ => 8,
        }
    }

    pub(super) fn data(&self, at: usize) -> &'b [u8] {
        let begin = at + NODE + usize::from(u16_at(self.bytes, at + 6));
        &self.bytes[begin..begin + self.data_length(at)]
    }
}
