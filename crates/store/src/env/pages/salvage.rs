//! What can still be read of a damaged file: rows are taken from wherever they lie, and their checksums tell which are
//! whole, of which table and under which key. The trees serve only to tell what is current from what is not.

use super::format::{
    BRANCH, Checked, DataFile, HEADER, LEAF, METAS, Meta, OVERFLOW, Tree, damage, u16_at, u64_at,
};
use super::nodes::{BIG, Nodes, TABLE};
use super::walk::{Pages, free_pages};
use crate::env::seal;

/// Levels of a tree that are followed.
const MAX_DEPTH: u16 = 32;

/// What there is no trace of any more, as far as it can be told.
#[derive(Debug, Default)]
pub(crate) struct Lost {
    /// Rows that are damaged.
    pub(crate) rows: u64,
    /// Pages of a tree that cannot be made out. What lay below one may have been found nevertheless.
    pub(crate) pages: u64,
    /// Of the two pages that tell in turn of the last change one is damaged.
    pub(crate) last_change: bool,
}

/// Calls `each` with name of table, key and value of every row of the tables `names` that is whole. Of a row that is found
/// twice the first is the current one.
pub(in crate::env) fn rows<E>(
    file: &DataFile,
    names: &[&str],
    mut each: impl FnMut(usize, &[u8], &[u8]) -> Result<(), E>,
) -> Checked<Result<Lost, E>> {
    let mut reached = Reached { file, pages: Pages::new(file), used: Pages::new(file), lost: 0 };
    reached.table_of_tables(&file.meta);
    let mut lost = Lost { rows: 0, pages: reached.lost, last_change: !file.has_both_metas };
    let mut reader = Reader { file, names, last: 0, large: Vec::new() };
    let mut bytes = vec![0; file.meta.page_size];
    // What the trees lead to is current. What nothing leads to is too, unless it is free: the way to it is damaged. Where trees
    // lead to what is free, one of them is damaged: that is not taken, nor what nothing leads to.
    let free = free_pages(file).ok();
    let agree = free.as_ref().is_some_and(|free| free.first_of_both(&reached.used).is_none());
    for orphans in [false, true] {
        for page in METAS..file.whole_pages() {
            let is_orphan = !reached.pages.contains(page);
            let is_free = free.as_ref().is_some_and(|free| free.contains(page));
            if is_orphan != orphans || is_free || (orphans && !agree) {
                continue;
            }
            let is_leaf = file.read(page, &mut bytes).is_ok() && u16_at(&bytes, 10) == LEAF;
            if is_leaf && let Err(e) = reader.leaf(&bytes, &mut lost, &mut each) {
                return Ok(Err(e));
            }
        }
    }
    Ok(Ok(lost))
}

/// The pages to which the trees lead.
struct Reached<'f> {
    file: &'f DataFile,
    pages: Pages,
    /// With those of large values.
    used: Pages,
    /// Those that could not be made out.
    lost: u64,
}

impl Reached<'_> {
    fn table_of_tables(&mut self, meta: &Meta) {
        let mut tables = Vec::new();
        self.tree(&meta.main, &mut |nodes, at| {
            if nodes.flags(at) == TABLE {
                tables.extend(Tree::parse(nodes.data(at)));
            }
        });
        for table in tables {
            self.tree(&table, &mut |_, _| {});
        }
    }

    fn tree(&mut self, tree: &Tree, leaf: &mut impl FnMut(&Nodes<'_>, usize)) {
        if let Some(root) = tree.root {
            self.page(root, tree.depth.min(MAX_DEPTH), leaf);
        }
    }

    fn page(&mut self, page: u64, level: u16, leaf: &mut impl FnMut(&Nodes<'_>, usize)) {
        let mut bytes = vec![0; self.file.meta.page_size];
        let wanted = if level == 1 { LEAF } else { BRANCH };
        if level == 0 || self.file.read(page, &mut bytes).is_err() || u16_at(&bytes, 10) != wanted {
            self.lost += 1;
            return;
        }
        if !self.pages.insert(page) {
            return;
        }
        self.used.insert(page);
        let nodes = Nodes::loose(&bytes, wanted == LEAF);
        for at in &nodes.offsets {
            match wanted {
                LEAF => {
                    self.large_value(&nodes, *at);
                    leaf(&nodes, *at);
                }
                _ => self.page(nodes.child(*at), level - 1, leaf),
            }
        }
    }

    /// Marks the pages of a large value, if the first is one.
    fn large_value(&mut self, nodes: &Nodes<'_>, at: usize) {
        let mut header = [0; HEADER];
        if nodes.flags(at) != BIG {
            return;
        }
        let (first, size) = (u64_at(nodes.data(at), 0), nodes.data_size(at));
        if self.file.read(first, &mut header).is_ok() && u16_at(&header, 10) == OVERFLOW {
            let pages = (HEADER + size).div_ceil(self.file.meta.page_size) as u64;
            let end = (first + pages).min(self.file.whole_pages());
            for page in first..end {
                self.used.insert(page);
            }
        }
    }
}

struct Reader<'f> {
    file: &'f DataFile,
    names: &'f [&'f str],
    /// The table of the last row: that of the next, most often.
    last: usize,
    large: Vec<u8>,
}

impl Reader<'_> {
    fn leaf<E>(
        &mut self,
        bytes: &[u8],
        lost: &mut Lost,
        each: &mut impl FnMut(usize, &[u8], &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let nodes = Nodes::loose(bytes, true);
        for at in &nodes.offsets {
            let key = nodes.key(*at);
            let sealed = match nodes.flags(*at) {
                0 => nodes.data(*at),
                BIG if self.read_large(&nodes, *at).is_ok() => &self.large[HEADER..],
                TABLE => continue,
                _ => {
                    lost.rows += 1;
                    continue;
                }
            };
            let places = [self.last].into_iter().chain(0..self.names.len());
            let found = places
                .filter_map(|table| Some((table, seal::open(self.names.get(table)?, key, sealed)?)))
                .next();
            match found {
                Some((table, value)) => {
                    self.last = table;
                    each(table, key, value)?;
                }
                None => lost.rows += 1,
            }
        }
        Ok(())
    }

    /// Reads a large value to where [`Self::large`] keeps it; its checksum tells whether it is one.
    fn read_large(&mut self, nodes: &Nodes<'_>, at: usize) -> Checked<()> {
        let (first, size) = (u64_at(nodes.data(at), 0), nodes.data_size(at));
        let pages = (HEADER + size).div_ceil(self.file.meta.page_size) as u64;
        if first < METAS || first.checked_add(pages).is_none_or(|end| end > self.file.whole_pages()) {
            return damage("a large value lies outside the file");
        }
        self.large.resize(HEADER + size, 0);
        self.file.read_any(first, &mut self.large)
    }
}
