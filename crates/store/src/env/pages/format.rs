//! What lies where in a page, and the meta pages.

use std::fs::File;
use std::io;
use std::path::Path;

/// Bytes at the start of every page.
pub(super) const HEADER: usize = 16;
/// Bytes of a node before its key.
pub(super) const NODE: usize = 8;
/// Bytes that describe a tree.
pub(super) const TREE: usize = 48;
/// Pages at the start of the file that belong to no tree.
pub(super) const METAS: u64 = 2;

pub(super) const BRANCH: u16 = 1;
pub(super) const LEAF: u16 = 2;
pub(super) const OVERFLOW: u16 = 4;
const META: u16 = 8;

const MAGIC: u32 = 0xBEEF_C0DE;
const VERSION: u32 = 1;
/// The keys of the list of free pages are numbers; that is all that may be said of a file.
const NUMBER_KEYS: u16 = 8;
const NO_PAGE: u64 = u64::MAX;
/// The smallest and the largest page that LMDB makes.
const PAGE_SIZES: std::ops::RangeInclusive<usize> = 512..=0x8000;
/// Levels of a tree that LMDB follows.
const MAX_DEPTH: u16 = 32;

/// Why a file cannot be given to LMDB.
#[derive(Debug)]
pub(in crate::env) enum Fault {
    /// What is wrong, in words.
    Damage(String),
    /// It cannot be read.
    Io(io::Error),
}

pub(super) type Checked<T> = Result<T, Fault>;

/// Damage, in words.
pub(super) fn damage<T>(what: impl Into<String>) -> Checked<T> {
    Err(Fault::Damage(what.into()))
}

pub(super) fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_ne_bytes(array_at(bytes, at))
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_ne_bytes(array_at(bytes, at))
}

pub(super) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_ne_bytes(array_at(bytes, at))
}

/// The bytes from `at` on; zeros where there are none.
fn array_at<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    bytes.get(at..).and_then(|rest| rest.first_chunk()).copied().unwrap_or([0; N])
}

/// A tree, as the file describes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tree {
    /// Levels, 0 of an empty tree.
    pub(super) depth: u16,
    pub(super) branch_pages: u64,
    pub(super) leaf_pages: u64,
    pub(super) overflow_pages: u64,
    pub(super) entries: u64,
    /// `None` of an empty tree.
    pub(super) root: Option<u64>,
}

impl Tree {
    /// A table, or the tree of tables: keys and values in order of their bytes.
    pub(super) fn parse(bytes: &[u8]) -> Checked<Self> {
        match (u32_at(bytes, 0), u16_at(bytes, 4)) {
            (0, 0) => Self::parse_counts(bytes),
            (pad, flags) => damage(format!("a tree of the kind {flags}, {pad}, which a store does not have")),
        }
    }

    fn parse_counts(bytes: &[u8]) -> Checked<Self> {
        let root = u64_at(bytes, 40);
        let tree = Self {
            depth: u16_at(bytes, 6),
            branch_pages: u64_at(bytes, 8),
            leaf_pages: u64_at(bytes, 16),
            overflow_pages: u64_at(bytes, 24),
            entries: u64_at(bytes, 32),
            root: (root != NO_PAGE).then_some(root),
        };
        match tree.root {
            None if tree == Self::EMPTY => Ok(tree),
            Some(_) if (1..=MAX_DEPTH).contains(&tree.depth) => Ok(tree),
            _ => damage(format!("a tree of {} levels that begins on page {root}", tree.depth)),
        }
    }

    /// The tree without an entry.
    pub(super) const EMPTY: Self =
        Self { depth: 0, branch_pages: 0, leaf_pages: 0, overflow_pages: 0, entries: 0, root: None };
}

/// What a meta page says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Meta {
    pub(super) page_size: usize,
    pub(super) free: Tree,
    pub(super) main: Tree,
    pub(super) last_page: u64,
    pub(super) transaction: u64,
}

impl Meta {
    /// Bytes of a meta page that say something.
    const LENGTH: usize = HEADER + 24 + 2 * TREE + 16;

    fn parse(bytes: &[u8], number: u64) -> Checked<Self> {
        if u64_at(bytes, 0) != number || u16_at(bytes, 10) != META || u32_at(bytes, HEADER) != MAGIC {
            return damage(format!("page {number} is not the page that describes the file"));
        }
        if u32_at(bytes, HEADER + 4) != VERSION {
            return damage(format!("the layout is of version {}, not {VERSION}", u32_at(bytes, HEADER + 4)));
        }
        let (free, main) = (&bytes[HEADER + 24..], &bytes[HEADER + 24 + TREE..]);
        let page_size = u32_at(free, 0) as usize;
        if !page_size.is_power_of_two() || !PAGE_SIZES.contains(&page_size) || u16_at(free, 4) != NUMBER_KEYS
        {
            return damage(format!("page {number} tells of pages of {page_size} bytes"));
        }
        let meta = Self {
            page_size,
            free: Tree::parse_counts(free)?,
            main: Tree::parse(main)?,
            last_page: u64_at(bytes, HEADER + 24 + 2 * TREE),
            transaction: u64_at(bytes, HEADER + 32 + 2 * TREE),
        };
        let map_size = u64_at(bytes, HEADER + 16);
        let needed = meta.last_page.checked_add(1).and_then(|pages| pages.checked_mul(page_size as u64));
        match needed.filter(|needed| *needed <= map_size && meta.last_page + 1 >= METAS) {
            Some(_) => Ok(meta),
            None => damage(format!("page {number} tells of {} pages in {map_size} bytes", meta.last_page)),
        }
    }
}

/// A data file whose meta pages were checked.
pub(in crate::env) struct DataFile {
    file: File,
    length: u64,
    pub(super) meta: Meta,
    pub(super) has_both_metas: bool,
}

impl DataFile {
    /// Opens the file at `path` for plain reads.
    pub(in crate::env) fn open(path: &Path) -> Checked<Self> {
        let file = File::open(path).map_err(Fault::Io)?;
        let length = file.metadata().map_err(Fault::Io)?.len();
        let mut bytes = [0; Meta::LENGTH];
        let mut read = |number: u64, offset: u64| {
            if offset + Meta::LENGTH as u64 > length {
                return damage(format!(
                    "it has {length} bytes, which is less than a store has: it was cut off"
                ));
            }
            read_at(&file, &mut bytes, offset).map_err(Fault::Io)?;
            Meta::parse(&bytes, number)
        };
        let first = read(0, 0)?;
        let second = read(1, first.page_size as u64)?;
        if second.page_size != first.page_size {
            return damage("its first pages disagree about the size of a page");
        }
        // LMDB takes the first of two that are as new as each other.
        let meta = if second.transaction > first.transaction { second } else { first };
        Ok(Self { file, length, meta, has_both_metas: true })
    }

    /// Opens a file of which perhaps only one meta page is sound: the newer of those that are.
    pub(in crate::env) fn open_damaged(path: &Path) -> Checked<Self> {
        let file = File::open(path).map_err(Fault::Io)?;
        let length = file.metadata().map_err(Fault::Io)?.len();
        let at = |number: u64, offset: u64| {
            let mut bytes = [0; Meta::LENGTH];
            read_at(&file, &mut bytes, offset).ok()?;
            Meta::parse(&bytes, number).ok()
        };
        let sizes = (0..).map(|n| PAGE_SIZES.start() << n).take_while(|size| PAGE_SIZES.contains(size));
        let second = sizes.filter_map(|size| at(1, size as u64).filter(|meta| meta.page_size == size));
        let metas: Vec<Meta> = at(0, 0).into_iter().chain(second).collect();
        match metas.iter().max_by_key(|meta| meta.transaction) {
            Some(meta) => Ok(Self { file, length, meta: *meta, has_both_metas: metas.len() > 1 }),
            None => damage("neither of its first pages tells which rows are current"),
        }
    }

    /// Bytes of the file.
    pub(in crate::env) fn length(&self) -> u64 {
        self.length
    }

    /// The last transaction that was committed.
    pub(in crate::env) fn transaction(&self) -> u64 {
        self.meta.transaction
    }

    /// When the file was last written.
    pub(in crate::env) fn modified(&self) -> io::Result<std::time::SystemTime> {
        self.file.metadata()?.modified()
    }

    /// Pages that lie in the file as a whole. Those that were allocated and given back in one transaction lie behind its
    /// end.
    pub(super) fn whole_pages(&self) -> u64 {
        (self.length / self.meta.page_size as u64).min(self.meta.last_page + 1)
    }

    /// Reads bytes from the beginning of a page on, whatever they are. They lie in the file.
    pub(super) fn read_any(&self, page: u64, bytes: &mut [u8]) -> Checked<()> {
        read_at(&self.file, bytes, page * self.meta.page_size as u64).map_err(Fault::Io)
    }

    /// Reads the first bytes of a page, or all of it.
    pub(super) fn read(&self, page: u64, bytes: &mut [u8]) -> Checked<()> {
        if !(METAS..self.whole_pages()).contains(&page) {
            return damage(format!("there is no page {page}, to which something leads"));
        }
        read_at(&self.file, bytes, page * self.meta.page_size as u64).map_err(Fault::Io)?;
        match u64_at(bytes, 0) {
            number if number == page => Ok(()),
            number => damage(format!("page {page} says that it is page {number}")),
        }
    }
}

#[cfg(unix)]
fn read_at(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, offset)
}

#[cfg(not(unix))]
fn read_at(mut file: &File, bytes: &mut [u8], offset: u64) -> io::Result<()> {
    use std::io::{Read, Seek, SeekFrom};
    file.seek(SeekFrom::Start(offset))?;
    file.read_exact(bytes)
}
