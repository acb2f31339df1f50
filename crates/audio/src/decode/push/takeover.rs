//! The state of a parser, and how another process takes it up.

use super::bare::{Bare, Kind};
use super::item::Item;
use super::pages::{Pages, Place};
use super::parser::Parser;
use super::state::{Reader, Writer};
use super::webm::{Cluster, Webm};
use super::{Layout, PushDecoder, PushOptions};
use sonic_core::{Error, ErrorKind, Result};

#[cfg(feature = "isomp4")]
use super::fragments::{Fragments, Sample};

impl PushDecoder {
    /// What another process needs to go on: the header of the recording, its clocks, what waits, and the last packets.
    ///
    /// It is as large as those: some 10 kB, and the slices that wait for others. Taken between two calls of
    /// [`push`](Self::push) and kept with the number of the last slice, it gives a decoder from which the same sound
    /// follows at the same times.
    pub fn state(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.number(self.sample_rate.into());
        writer.order(&self.order);
        write_parser(&self.parser, &mut writer);
        writer.timeline(&self.timeline);
        writer.sound(&self.sound);
        writer.counts(&self.counts());
        writer.finish()
    }

    /// A decoder that goes on where another one, of the same `options`, left its [`state`](Self::state).
    ///
    /// # Errors
    /// `Malformed` for what is no state of this version, and as [`new`](Self::new).
    pub fn restore(state: &[u8], options: &PushOptions) -> Result<Self> {
        let mut reader = Reader::new(state)?;
        let rate = u32::try_from(reader.number()?).unwrap_or(u32::MAX);
        let mut decoder = Self::new(rate, options)?;
        decoder.order = reader.order()?;
        let mut items = Vec::new();
        decoder.parser = read_parser(&mut reader, decoder.raw, &mut items)?;
        if let Some(Item::Session(track)) = items.iter().rev().find(|item| matches!(item, Item::Session(_))) {
            decoder.sound.session(track)?;
        }
        reader.timeline(&mut decoder.timeline)?;
        decoder.sound.slew_ms = decoder.timeline.drift.slew_ms;
        reader.sound(&mut decoder.sound)?;
        decoder.counts = reader.counts()?;
        // What the parser passed over is among the counts.
        decoder.forget_unreadable();
        Ok(decoder)
    }
}

fn write_parser(parser: &Parser, writer: &mut Writer) {
    match parser {
        Parser::Unknown(buffer, missing) => {
            writer.number(0);
            writer.bytes(buffer);
            writer.number((*missing).into());
        }
        Parser::Webm(webm) => {
            writer.number(1);
            writer.bytes(&webm.header);
            writer.bytes(&webm.buffer);
            writer.number(webm.skip);
            let Cluster { at_ms, known_ms, last_ms } = webm.cluster;
            writer.maybe(at_ms);
            writer.maybe(known_ms);
            writer.float(last_ms);
        }
        Parser::Pages(pages) => {
            writer.number(2);
            writer.bytes(&pages.header);
            writer.bytes(&pages.buffer);
            writer.bytes(&pages.packet);
            let Place { page, head_packets, granule } = pages.place;
            writer.number(page.into());
            writer.number(head_packets.into());
            writer.number(granule.map_or(0, |granule| granule.saturating_add(1)));
        }
        #[cfg(feature = "isomp4")]
        Parser::Fragments(fragments) => write_fragments(fragments, writer),
        Parser::Bare(bare) => {
            writer.number(match bare.kind {
                Kind::Mpeg(_) => 4,
                Kind::Adts(_) => 5,
                Kind::Wave(_) => 6,
                Kind::Raw(_) => 7,
            });
            writer.bytes(&bare.header);
            writer.bytes(&bare.buffer);
            writer.number(bare.skip);
            writer.number(bare.in_step.into());
        }
    }
}

#[cfg(feature = "isomp4")]
fn write_fragments(fragments: &Fragments, writer: &mut Writer) {
    writer.number(3);
    writer.bytes(&fragments.header);
    writer.bytes(&fragments.buffer);
    [fragments.skip, fragments.at, fragments.left].into_iter().for_each(|number| writer.number(number));
    writer.number(fragments.samples.len() as u64);
    for sample in &fragments.samples {
        [sample.offset, sample.size.into(), sample.time].into_iter().for_each(|number| writer.number(number));
    }
}

fn read_parser(reader: &mut Reader<'_>, raw: Option<Layout>, items: &mut Vec<Item>) -> Result<Parser> {
    let kind = reader.number()?;
    if kind == 0 {
        return Ok(Parser::Unknown(reader.bytes()?.to_vec(), reader.number()? != 0));
    }
    let (header, buffer) = (reader.bytes()?, reader.bytes()?.to_vec());
    Ok(match kind {
        1 => {
            let mut webm = Webm::default();
            // A recording that is refused is refused again, and silently: that was said.
            let _ = webm.take_up(header, items);
            let skip = reader.number()?;
            let cluster =
                Cluster { at_ms: reader.maybe()?, known_ms: reader.maybe()?, last_ms: reader.float()? };
            (webm.buffer, webm.skip, webm.cluster) = (buffer, skip, cluster);
            Parser::Webm(webm)
        }
        2 => {
            let mut pages = Pages::default();
            let _ = pages.take_up(header, items);
            let packet = reader.bytes()?.to_vec();
            let small = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
            let place = Place {
                page: small(reader.number()?),
                head_packets: small(reader.number()?),
                granule: reader.number()?.checked_sub(1),
            };
            (pages.buffer, pages.packet, pages.place) = (buffer, packet, place);
            Parser::Pages(pages)
        }
        #[cfg(feature = "isomp4")]
        3 => read_fragments(reader, header, buffer, items)?,
        kind => {
            let kind = match (kind, raw) {
                (4, _) => Kind::Mpeg(None),
                (5, _) => Kind::Adts(None),
                (6, _) => Kind::Wave(None),
                (_, Some(layout)) => Kind::Raw(layout),
                _ => return Err(mismatch()),
            };
            let mut bare = Bare::new(kind);
            let _ = bare.take_up(header, items);
            (bare.buffer, bare.skip, bare.in_step) = (buffer, reader.number()?, reader.number()? != 0);
            Parser::Bare(bare)
        }
    })
}

#[cfg(feature = "isomp4")]
fn read_fragments(
    reader: &mut Reader<'_>,
    header: &[u8],
    buffer: Vec<u8>,
    items: &mut Vec<Item>,
) -> Result<Parser> {
    let mut fragments = Fragments::default();
    let _ = fragments.take_up(header, items);
    fragments.buffer = buffer;
    (fragments.skip, fragments.at, fragments.left) = (reader.number()?, reader.number()?, reader.number()?);
    fragments.samples.clear();
    for _ in 0..reader.number()? {
        let (offset, size, time) = (reader.number()?, reader.number()?, reader.number()?);
        let size = u32::try_from(size).unwrap_or(u32::MAX);
        fragments.samples.push_back(Sample { offset, size, time });
    }
    Ok(Parser::Fragments(fragments))
}

fn mismatch() -> Error {
    let message =
        "the state is of raw samples, or of a kind that this build does not read: give the same options";
    Error::new(ErrorKind::Mismatch, message)
}
