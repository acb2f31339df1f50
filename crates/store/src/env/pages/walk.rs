//! A walk over every page that LMDB could follow.

use super::format::{
    BRANCH, Checked, DataFile, HEADER, LEAF, METAS, OVERFLOW, TREE, Tree, damage, u16_at, u32_at, u64_at,
};
use super::nodes::{BIG, Nodes, TABLE};
use crate::env::error::damaged_value;
use crate::env::seal;
use std::cmp::Ordering;

/// Damaged values that are told; of more there is only their number.
const MOST_TOLD: usize = 100;

/// What is wrong with values in a file whose pages are sound.
#[derive(Debug, Default)]
pub(in crate::env) struct Flaws {
    /// Damaged values.
    pub(in crate::env) count: u64,
    /// What is wrong with the first of them.
    told: Vec<String>,
}

impl Flaws {
    pub(in crate::env) fn messages(self) -> Vec<String> {
        let untold = self.count - self.told.len() as u64;
        let more = (untold > 0).then(|| format!("{untold} more rows are damaged"));
        self.told.into_iter().chain(more).collect()
    }
}

/// Looks at the shape of every tree: each page is one of the file, of the kind that its place asks for, and used once;
/// nodes lie inside their page and beside each other; keys ascend and lie between those of the page above; large values
/// have their pages; counts are right; free pages are listed once and used by nothing. Gives the values that are not as
/// they were written.
pub(in crate::env) fn walk(file: &DataFile) -> Checked<Flaws> {
    let mut walk = Walk::new(file);
    walk.tree(&file.meta.free, Kind::FreePages)?;
    for (name, table) in walk.tree(&file.meta.main, Kind::Tables)? {
        let name = String::from_utf8(name).or_else(|_| damage("a table has a name that is no text"))?;
        walk.tree(&table, Kind::Rows(&name))?;
    }
    walk.beyond.sort_unstable();
    if let Some(twice) = walk.beyond.windows(2).find(|pair| pair[0] == pair[1]) {
        return damage(format!("page {} is free twice", twice[0]));
    }
    match walk.used.first_of_both(&walk.free) {
        Some(page) => damage(format!("page {page} is used, and free")),
        None => Ok(walk.flaws),
    }
}

/// The pages of a file that are free, and those that list them, if that list is whole.
pub(super) fn free_pages(file: &DataFile) -> Checked<Pages> {
    let mut walk = Walk::new(file);
    walk.tree(&file.meta.free, Kind::FreePages)?;
    let both = walk.free.0.iter().zip(&walk.used.0).map(|(free, used)| free | used);
    Ok(Pages(both.collect()))
}

/// One bit a page of the file.
pub(super) struct Pages(Vec<u64>);

impl Pages {
    pub(super) fn new(file: &DataFile) -> Self {
        Self(vec![0; (file.whole_pages() as usize).div_ceil(64)])
    }

    /// True if it was not there yet; false too for a page that the file does not have.
    pub(super) fn insert(&mut self, page: u64) -> bool {
        let Some(word) = self.0.get_mut((page / 64) as usize) else { return false };
        let bit = 1 << (page % 64);
        std::mem::replace(word, *word | bit) & bit == 0
    }

    pub(super) fn contains(&self, page: u64) -> bool {
        self.0.get((page / 64) as usize).is_some_and(|word| word >> (page % 64) & 1 == 1)
    }

    pub(super) fn first_of_both(&self, other: &Self) -> Option<u64> {
        let both = self.0.iter().zip(&other.0).map(|(a, b)| a & b);
        both.enumerate()
            .find(|(_, word)| *word != 0)
            .map(|(n, word)| n as u64 * 64 + u64::from(word.trailing_zeros()))
    }
}

/// What the keys and values of a tree are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind<'n> {
    /// Numbers of transactions, and the pages that each has given back.
    FreePages,
    /// Names, and trees.
    Tables,
    /// Bytes, and bytes with their checksum, of the table of this name.
    Rows(&'n str),
}

impl Kind<'_> {
    fn compare(self, a: &[u8], b: &[u8]) -> Ordering {
        match self {
            Self::FreePages => u64_at(a, 0).cmp(&u64_at(b, 0)),
            Self::Tables | Self::Rows(_) => a.cmp(b),
        }
    }
}

/// What was counted of a tree.
struct Count<'n> {
    kind: Kind<'n>,
    found: Tree,
    tables: Vec<(Vec<u8>, Tree)>,
}

/// The keys that a page may have: from the first on, below the second.
type Bounds<'k> = (Option<&'k [u8]>, Option<&'k [u8]>);

struct Walk<'f> {
    file: &'f DataFile,
    used: Pages,
    free: Pages,
    /// Free pages behind the end of the file.
    beyond: Vec<u64>,
    flaws: Flaws,
    /// The large value that was read last.
    large: Vec<u8>,
}

impl<'f> Walk<'f> {
    fn new(file: &'f DataFile) -> Self {
        let (used, free) = (Pages::new(file), Pages::new(file));
        Self { file, used, free, beyond: Vec::new(), flaws: Flaws::default(), large: Vec::new() }
    }

    /// Walks a tree and gives the tables in it, each with its name.
    fn tree(&mut self, tree: &Tree, kind: Kind<'_>) -> Checked<Vec<(Vec<u8>, Tree)>> {
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
    fn page(&mut self, page: u64, level: u16, bounds: Bounds<'_>, count: &mut Count<'_>) -> Checked<()> {
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
        count: &mut Count<'_>,
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

    fn value(&mut self, page: u64, nodes: &Nodes<'_>, at: usize, count: &mut Count<'_>) -> Checked<()> {
        count.found.entries += 1;
        let (size, data) = (nodes.data_size(at), nodes.data(at));
        match (nodes.flags(at), count.kind) {
            (0, Kind::FreePages) => self.free_pages(page, data),
            (0, Kind::Rows(table)) => {
                self.check(table, nodes.key(at), data);
                Ok(())
            }
            (BIG, kind @ (Kind::FreePages | Kind::Rows(_))) => {
                let first = u64_at(data, 0);
                count.found.overflow_pages += self.large_value(first, size)?;
                // It lies in the file as a whole.
                let mut bytes = std::mem::take(&mut self.large);
                bytes.resize(HEADER + size, 0);
                self.file.read(first, &mut bytes)?;
                match kind {
                    Kind::Rows(table) => self.check(table, nodes.key(at), &bytes[HEADER..]),
                    _ => self.free_pages(first, &bytes[HEADER..])?,
                }
                self.large = bytes;
                Ok(())
            }
            (TABLE, Kind::Tables) if size == TREE => {
                count.tables.push((nodes.key(at).to_vec(), Tree::parse(data)?));
                Ok(())
            }
            (flags, _) => damage(format!("page {page} has a value of the kind {flags}, of {size} bytes")),
        }
    }

    /// Looks at the checksum of a value.
    fn check(&mut self, table: &str, key: &[u8], sealed: &[u8]) {
        if seal::open(table, key, sealed).is_some() {
            return;
        }
        self.flaws.count += 1;
        if self.flaws.told.len() < MOST_TOLD {
            self.flaws.told.push(damaged_value(table, key).to_string());
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
    kind: Kind<'_>,
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
