//! A walk over every page that LMDB could follow.

use super::format::{
    BRANCH, Checked, DataFile, HEADER, LEAF, METAS, NODE, OVERFLOW, TREE, Tree, damage, u16_at, u32_at,
    u64_at,
};
use std::cmp::Ordering;

/// The longest key that LMDB takes.
const MAX_KEY: usize = 511;
/// Flags of a node: its value lies on pages of its own; its value is a tree.
const BIG: u16 = 1;
const TABLE: u16 = 2;

/// Looks at the shape of every tree: each page is one of the file, of the kind that its place asks for, and used once;
/// nodes lie inside their page and beside each other; keys ascend and lie between those of the page above; large values
/// have their pages; counts are right; free pages are listed once and used by nothing. What values say is for those who
/// read them.
pub(in crate::env) fn walk(file: &DataFile) -> Checked<()> {
    let mut walk = Walk { file, used: Pages::new(file), free: Pages::new(file), beyond: Vec::new() };
    walk.tree(&file.meta.free, Kind::FreePages)?;
    let tables = walk.tree(&file.meta.main, Kind::Tables)?;
    for table in tables {
        walk.tree(&table, Kind::Rows)?;
    }
    walk.beyond.sort_unstable();
    if let Some(twice) = walk.beyond.windows(2).find(|pair| pair[0] == pair[1]) {
        return damage(format!("page {} is free twice", twice[0]));
    }
    match walk.used.first_of_both(&walk.free) {
        Some(page) => damage(format!("page {page} is used, and free")),
        None => Ok(()),
    }
}

/// One bit a page of the file.
struct Pages(Vec<u64>);

impl Pages {
    fn new(file: &DataFile) -> Self {
        Self(vec![0; (file.whole_pages() as usize).div_ceil(64)])
    }

    /// True if it was not there yet; false too for a page that the file does not have.
    fn insert(&mut self, page: u64) -> bool {
        let Some(word) = self.0.get_mut((page / 64) as usize) else { return false };
        let bit = 1 << (page % 64);
        std::mem::replace(word, *word | bit) & bit == 0
    }

    fn first_of_both(&self, other: &Self) -> Option<u64> {
        let both = self.0.iter().zip(&other.0).map(|(a, b)| a & b);
        both.enumerate()
            .find(|(_, word)| *word != 0)
            .map(|(n, word)| n as u64 * 64 + u64::from(word.trailing_zeros()))
    }
}

/// What the keys and values of a tree are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Numbers of transactions, and the pages that each has given back.
    FreePages,
    /// Names, and trees.
    Tables,
    /// Bytes.
    Rows,
}

impl Kind {
    fn compare(self, a: &[u8], b: &[u8]) -> Ordering {
        match self {
            Self::FreePages => u64_at(a, 0).cmp(&u64_at(b, 0)),
            Self::Tables | Self::Rows => a.cmp(b),
        }
    }
}

/// What was counted of a tree.
struct Count {
    kind: Kind,
    found: Tree,
    tables: Vec<Tree>,
}

/// The keys that a page may have: from the first on, below the second.
type Bounds<'k> = (Option<&'k [u8]>, Option<&'k [u8]>);

struct Walk<'f> {
    file: &'f DataFile,
    used: Pages,
    free: Pages,
    /// Free pages behind the end of the file.
    beyond: Vec<u64>,
}

impl Walk<'_> {
    /// Walks a tree and gives the tables in it.
    fn tree(&mut self, tree: &Tree, kind: Kind) -> Checked<Vec<Tree>> {
        let Some(root) = tree.root else { return Ok(Vec::new()) };
        let found = Tree { depth: tree.depth, root: tree.root, ..Tree::EMPTY };
        let mut count = Count { kind, found, tables: Vec::new() };
        self.page(root, tree.depth, (None, None), &mut count)?;
        match count.found == *tree {
            true => Ok(count.tables),
            false => damage(format!("the tree of page {root} is {tree:?} and should be {:?}", count.found)),
        }
    }

    /// Walks the page and all below it; `level` 1 is that of leaves.
    fn page(&mut self, page: u64, level: u16, bounds: Bounds<'_>, count: &mut Count) -> Checked<()> {
        let mut bytes = vec![0; self.file.meta.page_size];
        self.file.read(page, &mut bytes)?;
        if !self.used.insert(page) {
            return damage(format!("two ways lead to page {page}"));
        }
        let wanted = if level == 1 { LEAF } else { BRANCH };
        if u16_at(&bytes, 10) != wanted {
            return damage(format!(
                "page {page} is of the kind {} where {wanted} is needed",
                u16_at(&bytes, 10)
            ));
        }
        let nodes = Nodes::parse(page, &bytes, wanted == LEAF)?;
        // The first key of a branch is not looked at.
        let keys = nodes.offsets.iter().map(|at| nodes.key(*at)).skip(usize::from(wanted == BRANCH));
        check_order(page, keys, bounds, count.kind)?;
        match wanted {
            LEAF => {
                count.found.leaf_pages += 1;
                nodes.offsets.iter().try_for_each(|at| self.value(page, &nodes, *at, count))
            }
            _ => self.children(page, level, &nodes, bounds, count),
        }
    }

    fn children(
        &mut self,
        page: u64,
        level: u16,
        nodes: &Nodes<'_>,
        (low, high): Bounds<'_>,
        count: &mut Count,
    ) -> Checked<()> {
        count.found.branch_pages += 1;
        // LMDB ends the process over a branch with one way on, but in the list of free pages.
        if nodes.offsets.len() < 2 && count.kind != Kind::FreePages {
            return damage(format!("page {page} leads to {} pages", nodes.offsets.len()));
        }
        for (place, at) in nodes.offsets.iter().enumerate() {
            let from = if place == 0 { low } else { Some(nodes.key(*at)) };
            let to = nodes.offsets.get(place + 1).map(|next| nodes.key(*next)).or(high);
            self.page(nodes.child(*at), level - 1, (from, to), count)?;
        }
        Ok(())
    }

    fn value(&mut self, page: u64, nodes: &Nodes<'_>, at: usize, count: &mut Count) -> Checked<()> {
        count.found.entries += 1;
        let (size, data) = (nodes.data_size(at), nodes.data(at));
        let flags = u16_at(nodes.bytes, at + 4);
        match (flags, count.kind) {
            (0, Kind::FreePages) => self.free_pages(page, data),
            (0, _) => Ok(()),
            (BIG, kind) => {
                let first = u64_at(data, 0);
                let pages = self.large_value(first, size)?;
                count.found.overflow_pages += pages;
                match kind {
                    Kind::FreePages => self.large_free_pages(first, size),
                    _ => Ok(()),
                }
            }
            (TABLE, Kind::Tables) if size == TREE => {
                count.tables.push(Tree::parse(data)?);
                Ok(())
            }
            _ => damage(format!("page {page} has a value of the kind {flags}, of {size} bytes")),
        }
    }

    /// The pages of a value that lies on pages of its own: how many there are.
    fn large_value(&mut self, first: u64, size: usize) -> Checked<u64> {
        let mut header = [0; HEADER];
        self.file.read(first, &mut header)?;
        let pages = u64::from(u32_at(&header, 12));
        let needed = (HEADER + size).div_ceil(self.file.meta.page_size) as u64;
        let end = first + pages;
        if u16_at(&header, 10) != OVERFLOW || pages < needed || end > self.file.whole_pages() {
            return damage(format!("page {first} should begin a value of {size} bytes"));
        }
        match (first..end).find(|page| !self.used.insert(*page)) {
            Some(page) => damage(format!("two values lie on page {page}")),
            None => Ok(pages),
        }
    }

    /// A list of free pages that lies on pages of its own.
    fn large_free_pages(&mut self, first: u64, size: usize) -> Checked<()> {
        // It lies in the file as a whole.
        let mut bytes = vec![0; HEADER + size];
        self.file.read(first, &mut bytes)?;
        self.free_pages(first, &bytes[HEADER..])
    }

    /// A list of free pages: how many, then each, from the last to the first.
    fn free_pages(&mut self, page: u64, list: &[u8]) -> Checked<()> {
        let wrong = || damage(format!("the free pages that page {page} lists are no list"));
        if !list.len().is_multiple_of(8) || list.is_empty() || u64_at(list, 0) != list.len() as u64 / 8 - 1 {
            return wrong();
        }
        let mut before = self.file.meta.last_page + 1;
        for at in (8..list.len()).step_by(8) {
            let free = u64_at(list, at);
            if free >= before || free < METAS {
                return wrong();
            }
            before = free;
            if free >= self.file.whole_pages() {
                self.beyond.push(free);
            } else if !self.free.insert(free) {
                return damage(format!("page {free} is free twice"));
            }
        }
        Ok(())
    }
}

/// Keys that ascend, inside their bounds.
fn check_order<'k>(
    page: u64,
    keys: impl Iterator<Item = &'k [u8]>,
    (low, high): Bounds<'k>,
    kind: Kind,
) -> Checked<()> {
    let mut before: Option<&[u8]> = None;
    for key in keys {
        let follows = match before {
            Some(before) => kind.compare(before, key) == Ordering::Less,
            None => low.is_none_or(|low| kind.compare(low, key) != Ordering::Greater),
        };
        if !follows || high.is_some_and(|high| kind.compare(key, high) != Ordering::Less) {
            return damage(format!("the keys of page {page} are out of order"));
        }
        if kind == Kind::FreePages && key.len() != 8 {
            return damage(format!("page {page} has a key of {} bytes where numbers are", key.len()));
        }
        before = Some(key);
    }
    Ok(())
}

/// The nodes of a page, which lie inside it and beside each other.
struct Nodes<'b> {
    bytes: &'b [u8],
    /// Where each begins, in order of key.
    offsets: Vec<usize>,
}

impl<'b> Nodes<'b> {
    fn parse(page: u64, bytes: &'b [u8], leaf: bool) -> Checked<Self> {
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

    fn key(&self, at: usize) -> &'b [u8] {
        let length = usize::from(u16_at(self.bytes, at + 6));
        &self.bytes[at + NODE..at + NODE + length]
    }

    /// The page below that a node of a branch leads to.
    fn child(&self, at: usize) -> u64 {
        u64::from(u32_at(self.bytes, at)) | u64::from(u16_at(self.bytes, at + 4)) << 32
    }

    /// Bytes of the value.
    fn data_size(&self, at: usize) -> usize {
        u32_at(self.bytes, at) as usize
    }

    /// Bytes that the value takes in the page.
    fn data_length(&self, at: usize) -> usize {
        match u16_at(self.bytes, at + 4) & BIG {
            0 => self.data_size(at),
            _ => 8,
        }
    }

    fn data(&self, at: usize) -> &'b [u8] {
        let begin = at + NODE + usize::from(u16_at(self.bytes, at + 6));
        &self.bytes[begin..begin + self.data_length(at)]
    }
}
