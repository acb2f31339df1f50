//! MP4 and QuickTime files: which track is played, and how it comes to be read forwards only.
//!
//! Of a file whose samples are in tables, the chunks of the one track are read in their order. PCM and ADPCM are cut into
//! packets here; for all else symphonia is shown a file that it can stream, with the index in front, one track, and its
//! chunks behind each other. So it does not matter where the index stands, whether `ftyp` is there, in which order tracks
//! lie or where the file was cut. A fragmented file is shown with the index of one track, and is otherwise left as it is.

pub(super) mod boxes;
mod chunks;
mod entry;
mod movie;

use super::blocks::{Blocks, Run};
use super::media::{Forwards, Media, cannot_read};
use super::packet::{foreign, malformed};
use boxes::{Boxes, Header, boxed, child, word};
use chunks::Tables;
use movie::Track;
use sonic_core::{Error, ErrorKind, Result};
use std::io::{self, Cursor, Read};
use symphonia::core::formats::well_known::FORMAT_ID_ISOMP4;
use symphonia::core::formats::{FormatInfo, FormatReader};
use symphonia::core::io::ReadBytes;
use symphonia::default::formats::IsoMp4Reader;

static INFO: FormatInfo =
    FormatInfo { format: FORMAT_ID_ISOMP4, short_name: "isomp4", long_name: "ISO Base Media File Format" };

/// Most bytes of an index: that of a film of a day.
const MOVIE_LIMIT: u64 = 64 << 20;

/// An open file.
pub(super) struct Opened {
    pub(super) reader: Box<dyn FormatReader>,
    /// Where its sound starts, as (ticks, ticks per second).
    pub(super) start: (u64, u32),
}

/// Opens the sound track number `wanted`, or the default one.
pub(super) fn open(mut media: Media, wanted: Option<u32>) -> Result<Opened> {
    let (movie_start, movie) = find_movie(&mut media)?;
    let track = movie::choose(&movie, wanted)?;
    let start = (track.first_edit, track.timescale);
    if let Some(extends) = child(&movie, b"mvex") {
        let head = fragmented_head(&movie, &track, extends, movie_start, media.position());
        return Ok(Opened { reader: stream(head, media)?, start });
    }
    let tables = Tables::parse(track.tables)?;
    if let Some(layout) = track.entry.layout(track.timescale)? {
        let runs = in_reach(&mut media, joined(tables.blocks(&layout)))?;
        return Ok(Opened { reader: Box::new(Blocks::new(media, &INFO, layout, runs)), start });
    }
    let runs = tables.packets();
    let head = plain_head(&movie, &track, &runs);
    let runs = in_reach(&mut media, joined(runs))?.into_iter();
    Ok(Opened { reader: stream(head, Gathered { media, runs, left: 0 })?, start })
}

/// What the index of a fragmented file says of the track that is played.
#[derive(Debug, Clone, Default)]
pub(super) struct Fragmented {
    pub(super) id: u32,
    pub(super) timescale: u32,
    /// Media time of the first sound that is played.
    pub(super) first_edit: u64,
    /// The name of its sample entry.
    pub(super) format: [u8; 4],
    /// How it is coded: an `OpusHead`, or the configuration of AAC.
    pub(super) config: Vec<u8>,
    /// Ticks and bytes of samples that do not say theirs.
    pub(super) duration: u32,
    pub(super) size: u32,
}

impl Fragmented {
    /// A track whose index was lost.
    pub(super) fn unknown(timescale: u32) -> Self {
        Self { timescale, ..Self::default() }
    }
}

/// Reads the body of the index (`moov`) of a fragmented file.
pub(super) fn fragmented(movie: &[u8]) -> Result<Fragmented> {
    let track = movie::choose(movie, None)?;
    let defaults = child(movie, b"mvex").and_then(|extends| {
        Boxes(extends).find(|b| b.0 == *b"trex" && word(b.1, 4) == Some(track.id)).map(|b| b.1)
    });
    let default = |at| defaults.and_then(|body| word(body, at)).unwrap_or(0);
    let config = track.entry.config().ok_or_else(|| malformed("the sound's sample entry is damaged"))?;
    Ok(Fragmented {
        id: track.id,
        timescale: track.timescale,
        first_edit: track.first_edit,
        format: track.entry.format,
        config,
        duration: default(12),
        size: default(16),
    })
}

/// Reads up to the end of the index: its place, and the body of its box.
fn find_movie(media: &mut Media) -> Result<(u64, Vec<u8>)> {
    let missing = || malformed("the index (its moov box) is missing: the file was cut, or never finished");
    loop {
        let at = media.position();
        let header = Header::parse(media.peek(16)?).ok_or_else(missing)?;
        match &header.name {
            b"moov" => {
                let size = header.length.saturating_sub(header.size);
                if size > MOVIE_LIMIT {
                    let message =
                        format!("an index of {size} bytes is larger than the {MOVIE_LIMIT} that are read");
                    return Err(Error::new(ErrorKind::Limit, message));
                }
                media.skip(header.size)?;
                let body = media.read_up_to(size)?;
                let whole = header.length > 0 && body.len() as u64 == size;
                return if whole { Ok((at, body)) } else { Err(missing()) };
            }
            b"moof" => {
                return Err(malformed("a fragment without its index: the file's first part is missing"));
            }
            // The sound comes first: it must be gone back to.
            b"mdat" => media.make_still()?,
            _ => {}
        }
        if header.length == 0 || media.skip(header.length)? < header.length {
            return Err(missing());
        }
    }
}

/// Runs that follow each other as one.
fn joined(runs: Vec<Run>) -> Vec<Run> {
    let mut joined: Vec<Run> = Vec::new();
    for run in runs {
        match joined.last_mut() {
            Some(Run { start, length: Some(length) }) if *start + *length == run.start => {
                *length = length.saturating_add(run.length.unwrap_or(0));
            }
            _ => joined.push(run),
        }
    }
    joined
}

/// The same `runs`, and a source that can go to them in their order.
fn in_reach(media: &mut Media, runs: Vec<Run>) -> Result<Vec<Run>> {
    let mut at = media.position();
    let forwards = runs.iter().all(|run| {
        let ahead = run.start >= at;
        at = run.start.saturating_add(run.length.unwrap_or(0));
        ahead
    });
    if !forwards {
        media.make_still()?;
    }
    Ok(runs)
}

/// A file whose index stands in front: one track, whose chunks follow each other.
fn plain_head(movie: &[u8], track: &Track<'_>, runs: &[Run]) -> Vec<u8> {
    let length = |run: &Run| run.length.unwrap_or(0);
    let total: u64 = runs.iter().map(length).fold(0, u64::saturating_add).min(u64::MAX / 4);
    // The first rendering tells how long the index is, by which the offsets in the second are known.
    let render = |base: u64| {
        let mut offsets = [&[0; 4][..], &(runs.len() as u32).to_be_bytes()].concat();
        let mut at = base;
        for run in runs {
            offsets.extend(at.to_be_bytes());
            at = at.saturating_add(length(run));
        }
        let tables = Boxes(track.tables).filter(|b| !matches!(&b.0, b"stco" | b"co64"));
        let tables =
            tables.flat_map(|b| entry_renamed(b.0, b.1)).chain(boxed(b"co64", &offsets)).collect::<Vec<_>>();
        let track = replaced(track.body, &[b"mdia", b"minf", b"stbl"], &tables);
        let header = child(movie, b"mvhd").map_or(vec![], |body| boxed(b"mvhd", body));
        let movie = boxed(b"moov", &[header, boxed(b"trak", &track)].concat());
        let data = [&[0, 0, 0, 1][..], b"mdat", &(16 + total).to_be_bytes()].concat();
        [file_type(16), movie, data].concat()
    };
    let size = render(0).len() as u64;
    render(size)
}

/// A sample table; MP3 under its registered number is given the name that symphonia knows.
fn entry_renamed(name: [u8; 4], body: &[u8]) -> Vec<u8> {
    let mut table = boxed(&name, body);
    if name == *b"stsd" && table.get(20..24) == Some(b"ms\0U") {
        table[20..24].copy_from_slice(b".mp3");
    }
    table
}

/// The head of a fragmented file, of the same length as it was, so that what refers to places in it stays right.
fn fragmented_head(movie: &[u8], track: &Track<'_>, extends: &[u8], start: u64, end: u64) -> Vec<u8> {
    let before = file_type(usize::try_from(start).unwrap_or(16).clamp(16, 1 << 16));
    let extends: Vec<u8> = Boxes(extends)
        .filter(|b| b.0 != *b"trex" || word(b.1, 4) == Some(track.id))
        .flat_map(|b| boxed(&b.0, b.1))
        .collect();
    let header = child(movie, b"mvhd").map_or(vec![], |body| boxed(b"mvhd", body));
    let mut body = [header, boxed(b"trak", track.body), boxed(b"mvex", &extends)].concat();
    let missing = (end as usize).saturating_sub(before.len() + 8 + body.len());
    match missing.checked_sub(8) {
        Some(size) => body.extend(boxed(b"free", &vec![0; size])),
        None => body.resize(body.len() + missing, 0),
    }
    [before, boxed(b"moov", &body)].concat()
}

/// A box that says what kind of file it is, of `size` bytes, 16 or more.
fn file_type(size: usize) -> Vec<u8> {
    let mut body = b"isom\0\0\0\0".to_vec();
    body.resize(size - 8, 0);
    boxed(b"ftyp", &body)
}

/// `body` with the body of the box at `path` replaced.
fn replaced(body: &[u8], path: &[&[u8; 4]], with: &[u8]) -> Vec<u8> {
    let Some((name, rest)) = path.split_first() else { return with.to_vec() };
    let render = |(found, inner): boxes::Named<'_>| match found == **name {
        true => boxed(&found, &replaced(inner, rest, with)),
        false => boxed(&found, inner),
    };
    Boxes(body).flat_map(render).collect()
}

/// Shows symphonia `head` and then `rest`.
fn stream(head: Vec<u8>, rest: impl Read + Send + Sync + 'static) -> Result<Box<dyn FormatReader>> {
    let mut source = Forwards::stream(Cursor::new(head).chain(rest), None);
    // It steps back over the four bytes by which a probe would have known the file.
    source.read_quad_bytes().map_err(cannot_read)?;
    let reader = IsoMp4Reader::try_new(source, Default::default());
    Ok(Box::new(reader.map_err(|e| foreign("the MP4 file cannot be read", e))?))
}

/// The chunks of a track, as if they lay behind each other.
struct Gathered {
    media: Media,
    runs: std::vec::IntoIter<Run>,
    left: u64,
}

impl Read for Gathered {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.left == 0 {
            let Some(run) = self.runs.next() else { return Ok(0) };
            self.media.seek_to(run.start)?;
            self.left = run.length.unwrap_or(0);
        }
        let most = buffer.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        let count = self.media.read(&mut buffer[..most])?;
        self.left -= count as u64;
        Ok(count)
    }
}
