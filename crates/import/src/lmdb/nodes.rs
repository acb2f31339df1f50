//! The nodes of a page: keys with the pages below, or with values.

use super::file::HEADER;
use super::{damaged, u16_at, u32_at};
use sonic_core::Result;

/// Bytes of a node before its key.
const NODE: usize = 8;
/// The longest key that LMDB takes.
const MAX_KEY: usize = 511;
/// Flags of a node: its value lies on pages of its own; its value is a tree.
pub(super) const BIG: u16 = 1;
pub(super) const TABLE: u16 = 2;

/// A node.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node<'b> {
    pub(super) key: &'b [u8],
    pub(super) flags: u16,
    /// Bytes of the value, wherever it lies.
    pub(super) size: usize,
    /// The value, or where it lies; nothing of a branch.
    pub(super) data: &'b [u8],
    /// The page below, of a branch.
    pub(super) child: u64,
}

/// The nodes of a page that lie inside it.
pub(super) fn nodes(page: u64, bytes: &[u8], is_leaf: bool) -> Result<Vec<Node<'_>>> {
    let (lower, upper) = (usize::from(u16_at(bytes, 12)), usize::from(u16_at(bytes, 14)));
    if lower <= HEADER || !lower.is_multiple_of(2) || lower > upper || upper > bytes.len() {
        return Err(damaged(format!("page {page} has its free space from {lower} to {upper}")));
    }
    let places = (HEADER..lower).step_by(2).map(|at| usize::from(u16_at(bytes, at)));
    let node = |at: usize| {
        let found = if at < upper { None } else { node_at(bytes, at, is_leaf) };
        found.ok_or_else(|| damaged(format!("page {page} has a node at {at} that does not lie in it")))
    };
    places.map(node).collect()
}

fn node_at(bytes: &[u8], at: usize, is_leaf: bool) -> Option<Node<'_>> {
    let head = bytes.get(at..at + NODE)?;
    let key_length = usize::from(u16_at(head, 6));
    let key = bytes.get(at + NODE..)?.get(..key_length).filter(|key| key.len() <= MAX_KEY)?;
    let (flags, size) = (u16_at(head, 4), u32_at(head, 0) as usize);
    let rest = &bytes[at + NODE + key_length..];
    let data = match is_leaf {
        true if flags & BIG != 0 => rest.get(..8)?,
        true => rest.get(..size)?,
        false => &[],
    };
    let child = u64::from(u32_at(head, 0)) | u64::from(flags) << 32;
    Some(Node { key, flags, size, data, child })
}
