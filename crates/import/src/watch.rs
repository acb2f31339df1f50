//! Telling how far the work has come, and whether it is to go on.

use sonic_core::{Error, ErrorKind, Result};
use std::ops::ControlFlow;

/// Bytes between two reports.
const STEP: u64 = 1 << 20;

/// What is told of a file while it is read: bytes that were read so far.
pub(crate) type Tell<'a> = &'a mut dyn FnMut(u64) -> ControlFlow<()>;

/// Watches the reading of one file.
pub(crate) struct Watch<'a> {
    tell: Tell<'a>,
    /// Bytes of earlier passes over the file.
    before: u64,
    /// Bytes of this pass.
    pass: u64,
    told: u64,
}

impl<'a> Watch<'a> {
    pub(crate) fn new(tell: Tell<'a>) -> Self {
        Self { tell, before: 0, pass: 0, told: 0 }
    }

    /// So many bytes were read since the pass began; fewer than before is another pass.
    ///
    /// # Errors
    /// `Closed` if the work is to end.
    pub(crate) fn advance(&mut self, bytes: u64) -> Result<()> {
        if bytes < self.pass {
            self.before += self.pass;
        }
        self.pass = bytes;
        let total = self.before + bytes;
        if total < self.told + STEP {
            return Ok(());
        }
        self.told = total;
        match (self.tell)(total) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(Error::new(ErrorKind::Closed, "the import was cancelled")),
        }
    }
}
