//! A walk through the trees of a file.

use super::file::{DataFile, HEADER, TREE, Tree};
use super::nodes::{BIG, Node, TABLE, nodes};
use super::{damaged, u16_at, u32_at, u64_at};
use crate::watch::Watch;
use sonic_core::{Error, ErrorKind, Result};

const BRANCH: u16 = 1;
const LEAF: u16 = 2;
const OVERFLOW: u16 = 4;
/// The largest value that is read.
const MAX_VALUE: usize = 1 << 24;

/// What is done with a key and its value.
pub(super) type Each<'e> = &'e mut dyn FnMut(&[u8], &[u8]) -> Result<()>;

/// Reads trees, each page once.
pub(super) struct Walk<'f, 'w, 'a> {
    file: &'f DataFile,
    /// One bit a page.
    seen: Vec<u64>,
    read: u64,
    large: Vec<u8>,
    watch: &'w mut Watch<'a>,
}

impl<'f, 'w, 'a> Walk<'f, 'w, 'a> {
    pub(super) fn new(file: &'f DataFile, watch: &'w mut Watch<'a>) -> Self {
        let seen = vec![0; file.pages.div_ceil(64) as usize];
        Self { file, seen, read: 0, large: Vec::new(), watch }
    }

    /// The named tables of the file.
    pub(super) fn tables(&mut self) -> Result<Vec<(Vec<u8>, Tree)>> {
        let mut tables = Vec::new();
        self.nodes(&self.file.tables, &mut |_, node| {
            if node.flags == TABLE && node.data.len() == TREE {
                tables.push((node.key.to_vec(), Tree::parse(node.data)?));
            }
            Ok(())
        })?;
        Ok(tables)
    }

    /// Reads every key of a table with its value.
    pub(super) fn rows(&mut self, table: &Tree, each: Each<'_>) -> Result<()> {
        if table.flags != 0 {
            let message =
                format!("a table of the LMDB file has the kind {}: only plain ones are read", table.flags);
            return Err(Error::new(ErrorKind::Unsupported, message));
        }
        let mut count = 0;
        self.nodes(table, &mut |walk, node| {
            count += 1;
            match node.flags {
                0 => each(node.key, node.data),
                BIG => {
                    let mut large = walk.large_value(u64_at(node.data, 0), node.size)?;
                    let done = each(node.key, &large[HEADER..]);
                    std::mem::swap(&mut walk.large, &mut large);
                    done
                }
                flags => Err(damaged(format!("a value of the kind {flags}"))),
            }
        })?;
        match count == table.entries {
            true => Ok(()),
            false => Err(damaged(format!("a table of {} rows has {count}", table.entries))),
        }
    }

    fn nodes(&mut self, tree: &Tree, each: &mut dyn FnMut(&mut Self, Node<'_>) -> Result<()>) -> Result<()> {
        match tree.root {
            Some(root) => self.page(root, tree.depth, each),
            None => Ok(()),
        }
    }

    /// Reads a page and all below it; `level` 1 is that of leaves.
    fn page(
        &mut self,
        page: u64,
        level: u16,
        each: &mut dyn FnMut(&mut Self, Node<'_>) -> Result<()>,
    ) -> Result<()> {
        let mut bytes = vec![0; self.file.page_size];
        self.file.read(page, &mut bytes)?;
        self.mark(page, 1)?;
        let wanted = if level == 1 { LEAF } else { BRANCH };
        let kind = u16_at(&bytes, 10);
        if kind != wanted {
            return Err(damaged(format!("page {page} is of the kind {kind} where {wanted} is needed")));
        }
        for node in nodes(page, &bytes, wanted == LEAF)? {
            match wanted {
                LEAF => each(self, node)?,
                _ => self.page(node.child, level - 1, each)?,
            }
        }
        Ok(())
    }

    /// Reads a value that lies on pages of its own, after the header of the first.
    fn large_value(&mut self, page: u64, size: usize) -> Result<Vec<u8>> {
        if size > MAX_VALUE {
            return Err(damaged(format!("a value of {size} bytes")));
        }
        let mut bytes = std::mem::take(&mut self.large);
        bytes.resize(HEADER + size, 0);
        self.file.read(page, &mut bytes)?;
        let (kind, pages) = (u16_at(&bytes, 10), u64::from(u32_at(&bytes, 12)));
        if kind != OVERFLOW || pages < (bytes.len() as u64).div_ceil(self.file.page_size as u64) {
            return Err(damaged(format!("page {page} does not begin a value of {size} bytes")));
        }
        self.mark(page, pages)?;
        Ok(bytes)
    }

    /// Notes that pages are read, which no other way may lead to.
    fn mark(&mut self, first: u64, pages: u64) -> Result<()> {
        let end = first.checked_add(pages).filter(|end| *end <= self.file.pages);
        let Some(end) = end else { return Err(damaged(format!("{pages} pages from {first} on"))) };
        for page in first..end {
            let (word, bit) = ((page / 64) as usize, 1 << (page % 64));
            if self.seen[word] & bit != 0 {
                return Err(damaged(format!("two ways lead to page {page}")));
            }
            self.seen[word] |= bit;
        }
        self.read += pages * self.file.page_size as u64;
        self.watch.advance(self.read)
    }
}
