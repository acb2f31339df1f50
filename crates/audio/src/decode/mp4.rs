//! The parts of an MP4 index that symphonia reads and keeps to itself: edit lists and encryption.
//!
//! Layout: ISO/IEC 14496-12, sections 8.6.6 (edit list) and 8.12 (protection).

use sonic_core::{Error, Result};
use std::io::{self, Read, Seek, SeekFrom};

/// An index larger than this is not looked into.
const MOVIE_LIMIT: u64 = 64 << 20;

/// What the `moov` box says about its tracks.
#[derive(Debug, Default)]
pub(super) struct Movie {
    tracks: Vec<Track>,
}

#[derive(Debug, Default)]
struct Track {
    id: u32,
    timescale: u32,
    first_edit: u64,
    format: [u8; 4],
}

impl Movie {
    /// Reads the body of a `moov` box; what cannot be read is left out.
    pub(super) fn parse(body: &[u8]) -> Self {
        Self { tracks: Boxes(body).filter(|b| b.0 == *b"trak").filter_map(|b| Track::parse(b.1)).collect() }
    }

    /// Where the sound of track `id` starts, as (ticks, ticks per second); zero if there is no edit list.
    pub(super) fn start_of(&self, id: u32) -> (u64, u32) {
        self.tracks.iter().find(|t| t.id == id).map_or((0, 1), |t| (t.first_edit, t.timescale))
    }

    /// True if a sound track is encrypted, by common encryption or as the iTunes store once did.
    pub(super) fn encrypted(&self) -> bool {
        self.tracks.iter().any(|t| matches!(&t.format, b"enca" | b"drms"))
    }
}

impl Track {
    fn parse(body: &[u8]) -> Option<Self> {
        let header = child(body, b"tkhd")?;
        let media = child(body, b"mdia")?;
        let times = child(media, b"mdhd")?;
        let description = child(child(child(media, b"minf")?, b"stbl")?, b"stsd")?;
        let edits = child(body, b"edts").and_then(|b| child(b, b"elst"));
        Some(Self {
            id: word(header, versioned(header, 12, 20))?,
            timescale: word(times, versioned(times, 12, 20))?.max(1),
            first_edit: edits.and_then(first_edit).unwrap_or(0),
            format: description.get(12..16)?.try_into().ok()?,
        })
    }
}

/// The media time of the first edit that is not empty.
fn first_edit(list: &[u8]) -> Option<u64> {
    let wide = *list.first()? == 1;
    let entries = list.get(8..)?.chunks_exact(if wide { 20 } else { 12 });
    let times = entries.filter_map(|entry| {
        if wide {
            Some(i64::from_be_bytes(entry[8..16].try_into().ok()?))
        } else {
            Some(i64::from(i32::from_be_bytes(entry[4..8].try_into().ok()?)))
        }
    });
    times.filter_map(|time| u64::try_from(time).ok()).next()
}

/// The offset of a field in a box whose version 1 has wide times in front of it.
fn versioned(body: &[u8], narrow: usize, wide: usize) -> usize {
    if body.first() == Some(&1) { wide } else { narrow }
}

fn word(body: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(body.get(at..at + 4)?.try_into().ok()?))
}

fn child<'a>(body: &'a [u8], name: &[u8; 4]) -> Option<&'a [u8]> {
    Boxes(body).find(|b| b.0 == *name).map(|b| b.1)
}

/// The boxes in a slice, as (name, body); a damaged length ends the iteration.
struct Boxes<'a>(&'a [u8]);

impl<'a> Iterator for Boxes<'a> {
    type Item = ([u8; 4], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let header = Header::parse(self.0)?;
        let end = header.end(self.0.len() as u64) as usize;
        let body = self.0.get(header.size as usize..end)?;
        self.0 = &self.0[end..];
        Some((header.name, body))
    }
}

/// The header of a box: its own size, the length of the whole box (zero: up to the end), its name.
struct Header {
    size: u64,
    length: u64,
    name: [u8; 4],
}

impl Header {
    fn parse(bytes: &[u8]) -> Option<Self> {
        let short = u64::from(word(bytes, 0)?);
        let name = bytes.get(4..8)?.try_into().ok()?;
        match short {
            1 => {
                let length = u64::from_be_bytes(bytes.get(8..16)?.try_into().ok()?);
                (length >= 16).then_some(Self { size: 16, length, name })
            }
            2..8 => None,
            length => Some(Self { size: 8, length, name }),
        }
    }

    fn end(&self, available: u64) -> u64 {
        if self.length == 0 { available } else { self.length }
    }
}

/// The body of the `moov` box of a file, if it has one that is whole and not absurdly large.
pub(super) fn find_movie(file: &mut (impl Read + Seek)) -> io::Result<Option<Vec<u8>>> {
    let length = file.seek(SeekFrom::End(0))?;
    let mut at = 0;
    while at < length {
        file.seek(SeekFrom::Start(at))?;
        let Some(header) = Header::parse(&read_up_to(file, 16)?) else { return Ok(None) };
        let end = at.saturating_add(header.end(length - at));
        if header.name == *b"moov" {
            let size = end.saturating_sub(at + header.size);
            if end > length || size > MOVIE_LIMIT {
                return Ok(None);
            }
            file.seek(SeekFrom::Start(at + header.size))?;
            return read_up_to(file, size).map(Some);
        }
        at = end;
    }
    Ok(None)
}

/// Reads `stream` up to the end of its index, or up to the sound if that comes first.
pub(super) fn read_until_movie(stream: &mut dyn Read) -> Result<(Vec<u8>, Option<Movie>)> {
    let mut bytes = Vec::new();
    loop {
        let start = bytes.len();
        take(stream, 8, &mut bytes)?;
        if word(&bytes, start) == Some(1) {
            take(stream, 8, &mut bytes)?;
        }
        let Some(header) = Header::parse(&bytes[start..]) else { return Ok((bytes, None)) };
        if header.name == *b"mdat" || header.length == 0 || header.length > MOVIE_LIMIT {
            return Ok((bytes, None));
        }
        take(stream, header.length - header.size, &mut bytes)?;
        if header.name == *b"moov" {
            let body = bytes.get(start + header.size as usize..).unwrap_or_default();
            let movie = Movie::parse(body);
            return Ok((bytes, Some(movie)));
        }
    }
}

fn take(stream: &mut dyn Read, count: u64, bytes: &mut Vec<u8>) -> Result<()> {
    stream.take(count).read_to_end(bytes).map_err(|e| Error::io("cannot read", e))?;
    Ok(())
}

fn read_up_to(file: &mut impl Read, count: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(count).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn boxed(name: &[u8; 4], body: &[u8]) -> Vec<u8> {
        [&(body.len() as u32 + 8).to_be_bytes()[..], name, body].concat()
    }

    fn movie(format: &[u8; 4], edits: &[(u32, i32)]) -> Vec<u8> {
        let words = |words: &[u32]| words.iter().flat_map(|w| w.to_be_bytes()).collect::<Vec<_>>();
        let entries = edits.iter().flat_map(|&(length, time)| words(&[length, time as u32, 0x1_0000]));
        let list = [words(&[0, edits.len() as u32]), entries.collect()].concat();
        let description = boxed(b"stsd", &[words(&[0, 1, 16]), format.to_vec()].concat());
        let tables = boxed(b"minf", &boxed(b"stbl", &description));
        let media = boxed(b"mdia", &[boxed(b"mdhd", &words(&[0, 0, 0, 44_100, 9])), tables].concat());
        let header = boxed(b"tkhd", &words(&[0, 0, 0, 7]));
        boxed(b"trak", &[header, boxed(b"edts", &boxed(b"elst", &list)), media].concat())
    }

    #[test]
    fn the_first_edit_with_sound_counts() {
        let movie = Movie::parse(&movie(b"mp4a", &[(500, -1), (9000, 1024), (10, 5000)]));
        assert_eq!((movie.start_of(7), movie.start_of(8)), ((1024, 44_100), (0, 1)));
        assert!(!movie.encrypted());
    }

    #[test]
    fn encryption_is_noticed() {
        assert!(Movie::parse(&movie(b"enca", &[])).encrypted());
    }

    #[test]
    fn damaged_boxes_are_left_out() {
        let whole = movie(b"mp4a", &[(9000, 1024)]);
        for length in 0..whole.len() {
            assert_eq!(Movie::parse(&whole[..length]).start_of(7), (0, 1));
        }
    }
}
