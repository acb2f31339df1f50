//! What slices hold: told by their first bytes, or where the first ones were lost by what is in them.

use super::super::adts::Frame;
use super::super::blocks::Layout;
use super::super::frames::{chains, tag_size};
use super::super::mpeg::Mpeg;
use super::super::packet::unsupported;
use super::bare::{Bare, Kind};
use super::elements::{self, Known};
use super::item::Item;
use super::pages::Pages;
use super::webm::Webm;
use sonic_core::Result;

#[cfg(feature = "isomp4")]
use super::fragments::{self, Fragments};

/// How far into slices of no known kind sound is looked for.
const SEARCH: usize = 64 << 10;

/// What reads the slices of one kind.
#[derive(Debug)]
pub(super) enum Parser {
    /// Too few bytes so far to know, and whether some before them are missing.
    Unknown(Vec<u8>, bool),
    Webm(Webm),
    Pages(Pages),
    #[cfg(feature = "isomp4")]
    Fragments(Fragments),
    Bare(Bare),
}

/// What bytes may be.
enum Sniffed {
    Is(Box<Parser>),
    Short,
    Nothing,
}

impl Sniffed {
    fn is(parser: Parser) -> Self {
        Self::Is(Box::new(parser))
    }
}

impl Parser {
    /// Reads the next slice, before which bytes are missing if `hole`. What is found is put into `items`, also in case
    /// of an error, after which the next slice can be read.
    pub(super) fn feed(
        &mut self,
        slice: &[u8],
        hole: bool,
        raw: Option<Layout>,
        items: &mut Vec<Item>,
    ) -> Result<()> {
        if self.is_another(slice) {
            *self = Self::Unknown(Vec::new(), false);
        }
        match self {
            Self::Unknown(..) => self.sniff(slice, hole, raw, items),
            Self::Webm(webm) => webm.feed(slice, hole, items),
            Self::Pages(pages) => pages.feed(slice, hole, items),
            #[cfg(feature = "isomp4")]
            Self::Fragments(fragments) => fragments.feed(slice, hole, items),
            Self::Bare(bare) => bare.feed(slice, hole, items),
        }
    }

    fn sniff(&mut self, slice: &[u8], hole: bool, raw: Option<Layout>, items: &mut Vec<Item>) -> Result<()> {
        let Self::Unknown(buffer, missing) = self else { return Ok(()) };
        if hole {
            buffer.clear();
            *missing = true;
        }
        buffer.extend_from_slice(slice);
        if buffer.is_empty() {
            return Ok(());
        }
        let found = match raw {
            Some(layout) => Sniffed::is(Self::Bare(Bare::new(Kind::Raw(layout)))),
            None => look(buffer),
        };
        let (data, hole) = match &found {
            Sniffed::Short => return Ok(()),
            _ => (std::mem::take(buffer), std::mem::take(missing)),
        };
        if let Sniffed::Is(parser) = found {
            *self = *parser;
            return self.feed(&data, hole, raw, items);
        }
        items.push(Item::Hole);
        Err(unsupported(
            "the slices are no WebM, MP4, Ogg, WAV, MP3 or AAC that is recorded live: record audio/webm or audio/mp4",
        ))
    }

    /// Whether a slice begins with the header of another kind.
    fn is_another(&self, slice: &[u8]) -> bool {
        match self {
            Self::Unknown(..) => false,
            Self::Bare(Bare { kind: Kind::Raw(_), .. }) => false,
            Self::Webm(_) => begins(slice).is_some_and(|parser| !matches!(parser, Self::Webm(_))),
            Self::Pages(_) => begins(slice).is_some_and(|parser| !matches!(parser, Self::Pages(_))),
            #[cfg(feature = "isomp4")]
            Self::Fragments(_) => begins(slice).is_some_and(|parser| !matches!(parser, Self::Fragments(_))),
            Self::Bare(_) => begins(slice).is_some_and(|parser| !matches!(parser, Self::Bare(_))),
        }
    }

    /// Bytes that were passed over because they are nothing.
    pub(super) fn unreadable(&self) -> u64 {
        match self {
            Self::Unknown(..) => 0,
            Self::Webm(webm) => webm.unreadable,
            Self::Pages(pages) => pages.unreadable,
            #[cfg(feature = "isomp4")]
            Self::Fragments(fragments) => fragments.unreadable,
            Self::Bare(bare) => bare.unreadable,
        }
    }
}

/// What surely begins with these bytes.
fn begins(bytes: &[u8]) -> Option<Parser> {
    match bytes {
        [0x1a, 0x45, 0xdf, 0xa3, ..] => Some(Parser::Webm(Webm::default())),
        [b'O', b'g', b'g', b'S', 0, 2, ..] => Some(Parser::Pages(Pages::default())),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'A', b'V', b'E', ..] => {
            Some(Parser::Bare(Bare::new(Kind::Wave(None))))
        }
        #[cfg(feature = "isomp4")]
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => Some(Parser::Fragments(Fragments::default())),
        _ => None,
    }
}

/// What bytes are, whose beginning may be missing.
fn look(bytes: &[u8]) -> Sniffed {
    if let Some(parser) = begins(bytes) {
        return Sniffed::is(parser);
    }
    const MAGIC: [&[u8]; 3] = [&[0x1a, 0x45, 0xdf, 0xa3], b"OggS\0\x02", b"RIFF"];
    let short = |magic: &&[u8]| bytes.len() < magic.len() && magic.starts_with(bytes);
    let is_riff = bytes.starts_with(b"RIFF") && bytes.len() < 12;
    if bytes.len() < 4 || is_riff || MAGIC.iter().any(short) {
        return if bytes.len() < 4 && !MAGIC.iter().any(short) && !maybe_box(bytes) {
            Sniffed::Nothing
        } else {
            Sniffed::Short
        };
    }
    if let Some(found) = tagged(bytes) {
        return found;
    }
    inside(&bytes[..bytes.len().min(SEARCH)]).map_or(Sniffed::Nothing, Sniffed::is)
}

/// Whether so few bytes may begin a box.
fn maybe_box(bytes: &[u8]) -> bool {
    bytes[0] == 0
}

/// Frames behind tags; `None` without a tag.
fn tagged(bytes: &[u8]) -> Option<Sniffed> {
    let size = tag_size(bytes).filter(|_| bytes.starts_with(b"ID3"))?;
    match bytes.get(usize::try_from(size).ok()?..) {
        None | Some([]) if bytes.len() < SEARCH * 16 => Some(Sniffed::Short),
        None | Some([]) => Some(Sniffed::Nothing),
        Some(rest) => Some(frames(rest).map_or(Sniffed::Nothing, Sniffed::is)),
    }
}

/// What is somewhere in bytes of which the first are missing.
fn inside(bytes: &[u8]) -> Option<Parser> {
    #[cfg(feature = "isomp4")]
    if fragments::find(bytes).is_some() {
        return Some(Parser::Fragments(Fragments::default()));
    }
    if Pages::find(bytes) {
        return Some(Parser::Pages(Pages::default()));
    }
    if elements::begin_surely(bytes, &Known::default()) {
        return Some(Parser::Webm(Webm::default()));
    }
    frames(bytes)
}

fn frames(bytes: &[u8]) -> Option<Parser> {
    (0..bytes.len()).filter(|&at| bytes[at] == 0xff).find_map(|at| {
        let rest = &bytes[at..];
        let kind = if chains::<Mpeg>(rest, at == 0, true) {
            Kind::Mpeg(None)
        } else if chains::<Frame>(rest, at == 0, true) {
            Kind::Adts(None)
        } else {
            return None;
        };
        Some(Parser::Bare(Bare::new(kind)))
    })
}
