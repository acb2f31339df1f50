//! Pickles of the older writers, read as data: nothing in them is looked up, made or called.
//!
//! The opcodes of protocols 0 to 5 that such files hold are known, and of the names of Python exactly the two by which NumPy
//! writes a number. Whatever else a pickle asks for is refused. A file is read twice: first which values it refers to
//! again, then the values, so that memory is a small multiple of what the file holds.

mod machine;
mod opcodes;
mod season;
mod value;

use crate::watch::Watch;
use machine::Machine;
use opcodes::{Op, Opcodes};
pub(crate) use season::read;
use sonic_core::Result;
use std::collections::HashSet;
use std::io::Read;
use value::{Heap, Value};

/// What a pickle holds: the value on top, where others lie, and how many bytes follow its end.
struct Pickled {
    top: Value,
    heap: Heap,
    trailing: u64,
}

/// Reads a pickle that `open` opens, twice.
fn unpickle<R: Read>(mut open: impl FnMut() -> Result<R>, watch: &mut Watch<'_>) -> Result<Pickled> {
    let wanted = referred_to(open()?, watch)?;
    let mut opcodes = Opcodes::new(open()?);
    let mut machine = Machine::new(wanted);
    loop {
        watch.advance(opcodes.taken())?;
        match opcodes.next()? {
            Op::Stop => break,
            op => machine.step(op)?,
        }
    }
    let trailing = opcodes.rest()?;
    let (top, heap) = machine.finish()?;
    Ok(Pickled { top, heap, trailing })
}

/// The numbers under which values are fetched again.
fn referred_to(reader: impl Read, watch: &mut Watch<'_>) -> Result<HashSet<u32>> {
    let mut opcodes = Opcodes::new(reader);
    let mut wanted = HashSet::new();
    loop {
        watch.advance(opcodes.taken())?;
        match opcodes.next()? {
            Op::Stop => return Ok(wanted),
            Op::Get(number) => {
                wanted.insert(number);
            }
            _ => {}
        }
    }
}
