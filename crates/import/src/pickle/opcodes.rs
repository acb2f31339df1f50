//! The opcodes of a pickle, one after another, as the documentation of Python's `pickletools` describes them.

use sonic_core::{Error, ErrorKind, Result};
use std::io::{BufReader, Read};

/// The longest text, number in digits or row of bytes that such a file has a use for.
const MAX_TEXT: usize = 4096;
/// The newest protocol.
const MAX_PROTOCOL: u8 = 5;
/// The longest frame that is believed; the bytes themselves tell how many there are.
const MAX_FRAME: u64 = 1 << 40;
/// Bytes of a pickle at most: several times a season of thirty hours.
const MAX_BYTES: u64 = 8 << 30;

/// An opcode with its argument.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Op<'b> {
    /// Protocol and frames: nothing to do.
    Nothing,
    Stop,
    Mark,
    None,
    Bool(bool),
    Integer(i64),
    Number(f64),
    Text(&'b str),
    Bytes(&'b [u8]),
    EmptyDict,
    EmptyList,
    EmptyTuple,
    Dict,
    List,
    /// A tuple of what lies above the mark.
    Tuple,
    /// A tuple of so many values.
    TupleOf(usize),
    SetItem,
    SetItems,
    Append,
    Appends,
    Global(&'b str, &'b str),
    StackGlobal,
    Reduce,
    Build,
    Get(u32),
    Put(u32),
    Memoize,
}

/// The opcodes of a stream.
pub(super) struct Opcodes<R> {
    reader: BufReader<R>,
    taken: u64,
    buffer: Vec<u8>,
}

impl<R: Read> Opcodes<R> {
    pub(super) fn new(reader: R) -> Self {
        Self { reader: BufReader::with_capacity(1 << 16, reader), taken: 0, buffer: Vec::new() }
    }

    /// Bytes so far.
    pub(super) fn taken(&self) -> u64 {
        self.taken
    }

    /// Bytes that follow the end of the pickle.
    pub(super) fn rest(&mut self) -> Result<u64> {
        let mut rest = (&mut self.reader).take(MAX_BYTES);
        std::io::copy(&mut rest, &mut std::io::sink()).map_err(|e| Error::io("cannot read the pickle", e))
    }

    pub(super) fn next(&mut self) -> Result<Op<'_>> {
        let at = self.taken;
        let code = self.array::<1>()?[0];
        Ok(match code {
            0x80 => return self.protocol(),
            0x95 => return self.frame(),
            b'.' => Op::Stop,
            b'(' => Op::Mark,
            b'N' => Op::None,
            0x88 => Op::Bool(true),
            0x89 => Op::Bool(false),
            b'}' => Op::EmptyDict,
            b']' => Op::EmptyList,
            b')' => Op::EmptyTuple,
            b'd' => Op::Dict,
            b'l' => Op::List,
            b't' => Op::Tuple,
            0x85..=0x87 => Op::TupleOf(usize::from(code - 0x84)),
            b's' => Op::SetItem,
            b'u' => Op::SetItems,
            b'a' => Op::Append,
            b'e' => Op::Appends,
            0x93 => Op::StackGlobal,
            b'R' => Op::Reduce,
            b'b' => Op::Build,
            0x94 => Op::Memoize,
            _ => return self.with_argument(code, at),
        })
    }

    fn with_argument(&mut self, code: u8, at: u64) -> Result<Op<'_>> {
        Ok(match code {
            b'K' => Op::Integer(i64::from(self.array::<1>()?[0])),
            b'M' => Op::Integer(i64::from(u16::from_le_bytes(self.array()?))),
            b'J' => Op::Integer(i64::from(i32::from_le_bytes(self.array()?))),
            b'G' => Op::Number(f64::from_be_bytes(self.array()?)),
            b'h' => Op::Get(u32::from(self.array::<1>()?[0])),
            b'j' => Op::Get(u32::from_le_bytes(self.array()?)),
            b'q' => Op::Put(u32::from(self.array::<1>()?[0])),
            b'r' => Op::Put(u32::from_le_bytes(self.array()?)),
            0x8a => self.long()?,
            b'I' | b'F' | b'g' | b'p' => self.digits(code)?,
            0x8c => Op::Text(self.short_text()?),
            b'X' => Op::Text(self.text_of_four()?),
            0x8d => Op::Text(self.text_of_eight()?),
            b'V' => Op::Text(text(self.line()?)?),
            b'C' => {
                let length = self.array::<1>()?[0];
                Op::Bytes(self.bytes(u64::from(length))?)
            }
            b'c' => return self.global(),
            _ => return Err(refused(code, at)),
        })
    }

    fn protocol(&mut self) -> Result<Op<'_>> {
        match self.array::<1>()?[0] {
            0..=MAX_PROTOCOL => Ok(Op::Nothing),
            other => {
                let message =
                    format!("it is a pickle of protocol {other}: protocols up to {MAX_PROTOCOL} are read");
                Err(Error::new(ErrorKind::Unsupported, message))
            }
        }
    }

    fn frame(&mut self) -> Result<Op<'_>> {
        match u64::from_le_bytes(self.array()?) {
            0..MAX_FRAME => Ok(Op::Nothing),
            length => Err(damaged(format!("a frame claims {length} bytes"))),
        }
    }

    fn short_text(&mut self) -> Result<&str> {
        let length = self.array::<1>()?[0];
        text(self.bytes(u64::from(length))?)
    }

    fn text_of_four(&mut self) -> Result<&str> {
        let length = u32::from_le_bytes(self.array()?);
        text(self.bytes(u64::from(length))?)
    }

    fn text_of_eight(&mut self) -> Result<&str> {
        let length = u64::from_le_bytes(self.array()?);
        text(self.bytes(length)?)
    }

    fn long(&mut self) -> Result<Op<'_>> {
        let length = usize::from(self.array::<1>()?[0]);
        let bytes = self.bytes(length as u64)?;
        if bytes.len() > 8 {
            return Err(damaged(format!("a number of {length} bytes")));
        }
        let negative = bytes.last().is_some_and(|last| last & 0x80 != 0);
        let mut whole = [if negative { 0xff } else { 0 }; 8];
        whole[..bytes.len()].copy_from_slice(bytes);
        Ok(Op::Integer(i64::from_le_bytes(whole)))
    }

    /// An argument that is written in digits, as protocol 0 does.
    fn digits(&mut self, code: u8) -> Result<Op<'_>> {
        let line = text(self.line()?)?;
        let op = match (code, line) {
            (b'I', "00") => Some(Op::Bool(false)),
            (b'I', "01") => Some(Op::Bool(true)),
            (b'I', _) => line.parse().ok().map(Op::Integer),
            (b'F', _) => line.parse().ok().map(Op::Number),
            (b'g', _) => line.parse().ok().map(Op::Get),
            _ => line.parse().ok().map(Op::Put),
        };
        op.ok_or_else(|| damaged(format!("{line:?} where a number should be")))
    }

    fn global(&mut self) -> Result<Op<'_>> {
        self.line()?;
        let module = std::mem::take(&mut self.buffer);
        self.line()?;
        let split = module.len();
        self.buffer.splice(0..0, module);
        let (module, name) = self.buffer.split_at(split);
        Ok(Op::Global(text(module)?, text(name)?))
    }

    /// The rest of a line, without its end.
    fn line(&mut self) -> Result<&[u8]> {
        self.buffer.clear();
        loop {
            match self.array::<1>()?[0] {
                b'\n' => return Ok(&self.buffer),
                _ if self.buffer.len() == MAX_TEXT => return Err(damaged("a line without end")),
                byte => self.buffer.push(byte),
            }
        }
    }

    fn bytes(&mut self, length: u64) -> Result<&[u8]> {
        if length > MAX_TEXT as u64 {
            return Err(damaged(format!("a text of {length} bytes")));
        }
        self.buffer.resize(length as usize, 0);
        self.taken += length;
        self.reader.read_exact(&mut self.buffer).map_err(cut_off)?;
        Ok(&self.buffer)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let mut bytes = [0; N];
        self.reader.read_exact(&mut bytes).map_err(cut_off)?;
        self.taken += N as u64;
        match self.taken {
            0..=MAX_BYTES => Ok(bytes),
            _ => Err(Error::new(ErrorKind::Limit, format!("the pickle has more than {MAX_BYTES} bytes"))),
        }
    }
}

fn text(bytes: &[u8]) -> Result<&str> {
    std::str::from_utf8(bytes).map_err(|e| damaged("a text is not UTF-8").with_source(e))
}

pub(super) fn damaged(what: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::Malformed, format!("the pickle is damaged, or of another kind: {what}"))
}

fn cut_off(error: std::io::Error) -> Error {
    match error.kind() {
        std::io::ErrorKind::UnexpectedEof => damaged("it ends in the middle: it was cut off"),
        std::io::ErrorKind::Other | std::io::ErrorKind::InvalidData => damaged(error),
        _ => Error::io("cannot read the pickle", error),
    }
}

/// An opcode that fingerprints have no use for: most of them make or call something.
fn refused(code: u8, at: u64) -> Error {
    let message = format!(
        "the pickle holds the opcode 0x{code:02x} at byte {at}, which fingerprints have no use for: nothing of it was run"
    );
    Error::new(ErrorKind::Malformed, message)
}
