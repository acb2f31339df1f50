//! The file and its meta pages.

use super::{damaged, u16_at, u32_at, u64_at};
use sonic_core::{Error, ErrorKind, Result};
use std::fs::File;

/// Bytes at the start of every page.
pub(super) const HEADER: usize = 16;
/// Bytes that describe a tree.
pub(super) const TREE: usize = 48;
/// Pages at the start of the file that belong to no tree.
const METAS: u64 = 2;
const META: u16 = 8;
const MAGIC: u32 = 0xBEEF_C0DE;
const VERSION: u32 = 1;
const NO_PAGE: u64 = u64::MAX;
const PAGE_SIZES: std::ops::RangeInclusive<usize> = 512..=0x8000;
/// Levels that LMDB's own cursors can follow.
const MAX_DEPTH: u16 = 32;

/// A tree, as the file describes it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tree {
    pub(super) flags: u16,
    pub(super) depth: u16,
    pub(super) entries: u64,
    /// `None` of an empty tree.
    pub(super) root: Option<u64>,
}

impl Tree {
    pub(super) fn parse(bytes: &[u8]) -> Result<Self> {
        let root = u64_at(bytes, 40);
        let tree = Self {
            flags: u16_at(bytes, 4),
            depth: u16_at(bytes, 6),
            entries: u64_at(bytes, 32),
            root: (root != NO_PAGE).then_some(root),
        };
        match tree.root {
            Some(_) if !(1..=MAX_DEPTH).contains(&tree.depth) => {
                Err(damaged(format!("a tree of {} levels", tree.depth)))
            }
            None if tree.entries > 0 => Err(damaged("a tree without pages claims entries")),
            _ => Ok(tree),
        }
    }
}

/// A file whose meta pages were read.
pub(super) struct DataFile {
    file: File,
    pub(super) page_size: usize,
    /// Pages that lie in the file as a whole and belong to it.
    pub(super) pages: u64,
    pub(super) tables: Tree,
}

/// What a meta page says.
struct Meta {
    page_size: usize,
    tables: Tree,
    last_page: u64,
    transaction: u64,
}

impl Meta {
    const LENGTH: usize = HEADER + 24 + 2 * TREE + 16;

    fn read(file: &File, number: u64, offset: u64) -> Result<Self> {
        let mut bytes = [0; Self::LENGTH];
        read_at(file, &mut bytes, offset)?;
        if u64_at(&bytes, 0) != number || u16_at(&bytes, 10) != META || u32_at(&bytes, HEADER) != MAGIC {
            return Err(damaged(format!("page {number} is not one that describes an LMDB file")));
        }
        match u32_at(&bytes, HEADER + 4) {
            VERSION => {}
            version => {
                let message = format!("it is an LMDB file of layout {version}: layout {VERSION} is read");
                return Err(Error::new(ErrorKind::Unsupported, message));
            }
        }
        let free = &bytes[HEADER + 24..];
        let page_size = u32_at(free, 0) as usize;
        if !page_size.is_power_of_two() || !PAGE_SIZES.contains(&page_size) {
            return Err(damaged(format!("it claims pages of {page_size} bytes")));
        }
        Ok(Self {
            page_size,
            tables: Tree::parse(&free[TREE..])?,
            last_page: u64_at(free, 2 * TREE),
            transaction: u64_at(free, 2 * TREE + 8),
        })
    }
}

impl DataFile {
    pub(super) fn open(file: File) -> Result<Self> {
        let length = file.metadata().map_err(|e| Error::io("cannot read the LMDB file", e))?.len();
        let first = Meta::read(&file, 0, 0)?;
        let second = Meta::read(&file, 1, first.page_size as u64)?;
        if second.page_size != first.page_size {
            return Err(damaged("its first pages disagree about the size of a page"));
        }
        let meta = if second.transaction > first.transaction { second } else { first };
        let whole = length / meta.page_size as u64;
        if meta.last_page >= whole {
            let (last, size) = (meta.last_page, meta.page_size);
            return Err(damaged(format!(
                "page {last} of {size} bytes lies behind its {length} bytes: it was cut off"
            )));
        }
        Ok(Self { file, page_size: meta.page_size, pages: meta.last_page + 1, tables: meta.tables })
    }

    /// Reads a page, or the first bytes of pages that belong together.
    pub(super) fn read(&self, page: u64, bytes: &mut [u8]) -> Result<()> {
        let needed = (bytes.len() as u64).div_ceil(self.page_size as u64);
        let end = page.checked_add(needed).filter(|end| *end <= self.pages && page >= METAS);
        if end.is_none() {
            return Err(damaged(format!("something leads to page {page}, which is not there")));
        }
        read_at(&self.file, bytes, page * self.page_size as u64)?;
        match u64_at(bytes, 0) {
            number if number == page => Ok(()),
            number => Err(damaged(format!("page {page} says that it is page {number}"))),
        }
    }
}

fn read_at(file: &File, bytes: &mut [u8], offset: u64) -> Result<()> {
    exact_at(file, bytes, offset).map_err(|e| match e.kind() {
        std::io::ErrorKind::UnexpectedEof => damaged("it ends early: it was cut off"),
        _ => Error::io("cannot read the LMDB file", e),
    })
}

#[cfg(unix)]
fn exact_at(file: &File, bytes: &mut [u8], offset: u64) -> std::io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, offset)
}

#[cfg(not(unix))]
fn exact_at(mut file: &File, bytes: &mut [u8], offset: u64) -> std::io::Result<()> {
    use std::io::{Read, Seek, SeekFrom};
    file.seek(SeekFrom::Start(offset))?;
    file.read_exact(bytes)
}
