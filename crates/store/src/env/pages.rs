//! The pages of an LMDB data file, read by plain reads and believed only as far as they were checked.
//!
//! LMDB maps the file and follows what it finds there: a page number that leads out of the file ends the process. So
//! no file that was not looked at is given to LMDB. The layout is LMDB's own, version 1 (`mdb.c`): a page begins with its
//! number, flags and the bounds of its free space; two meta pages, written in turn, name the roots of two B+ trees, the
//! list of free pages and the tree of tables; a leaf holds keys and values, or the first of the pages on which a large value
//! lies.

mod format;
mod nodes;
mod salvage;
mod walk;

pub(super) use format::{DataFile, Fault};
pub(super) use salvage::{Lost, rows};
pub(super) use walk::{Flaws, walk};
