//! What a movie's index says about its sound tracks.

use super::super::demux::check_number;
use super::super::packet::unsupported;
use super::boxes::{Boxes, child, inside, versioned, word};
use super::entry::Entry;
use sonic_core::Result;

/// A sound track.
#[derive(Debug)]
pub(super) struct Track<'a> {
    pub(super) id: u32,
    pub(super) timescale: u32,
    /// Media time of the first sound that is played.
    pub(super) first_edit: u64,
    enabled: bool,
    pub(super) entry: Entry<'a>,
    /// The body of the track's box.
    pub(super) body: &'a [u8],
    /// The body of its sample tables.
    pub(super) tables: &'a [u8],
}

impl<'a> Track<'a> {
    /// `None` if it is no sound track, or damaged.
    fn parse(body: &'a [u8]) -> Option<Self> {
        let header = child(body, b"tkhd")?;
        let media = child(body, b"mdia")?;
        if inside(media, &[b"hdlr"])?.get(8..12) != Some(b"soun") {
            return None;
        }
        let times = child(media, b"mdhd")?;
        let tables = inside(media, &[b"minf", b"stbl"])?;
        let edits = inside(body, &[b"edts", b"elst"]);
        Some(Self {
            id: word(header, versioned(header, 12, 20))?,
            timescale: word(times, versioned(times, 12, 20))?.max(1),
            first_edit: edits.and_then(first_edit).unwrap_or(0),
            enabled: header.get(3)? & 1 != 0,
            entry: Entry::parse(child(tables, b"stsd")?.get(8..)?)?,
            body,
            tables,
        })
    }
}

/// The track number `wanted` among the sound tracks of the index; without, the first that is enabled and can be decoded.
pub(super) fn choose(movie: &[u8], wanted: Option<u32>) -> Result<Track<'_>> {
    let bodies = Boxes(movie).filter(|b| b.0 == *b"trak").map(|b| b.1);
    let mut tracks: Vec<Track<'_>> = bodies.filter_map(Track::parse).collect();
    if tracks.is_empty() {
        return Err(unsupported("the file holds no sound track"));
    }
    if let Some(wanted) = wanted {
        check_number(wanted, tracks.len())?;
        let track = tracks.swap_remove(wanted as usize);
        return track.entry.check().map(|()| track);
    }
    // Stable: tracks of one kind stay in their order.
    tracks.sort_by_key(|track| !track.enabled);
    let first = tracks.iter().position(|track| track.entry.check().is_ok()).unwrap_or(0);
    let track = tracks.swap_remove(first);
    track.entry.check().map(|()| track)
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

#[cfg(test)]
mod tests {
    use super::super::boxes::boxed;
    use super::*;

    fn words(words: &[u32]) -> Vec<u8> {
        words.iter().flat_map(|w| w.to_be_bytes()).collect()
    }

    fn track(id: u32, flags: u32, format: &[u8; 4], edits: &[(u32, i32)]) -> Vec<u8> {
        let entries = edits.iter().flat_map(|&(length, time)| words(&[length, time as u32, 0x1_0000]));
        let list = [words(&[0, edits.len() as u32]), entries.collect()].concat();
        let entry = boxed(format, &[words(&[0, 1, 0, 0, 0x2_0010, 0]), words(&[44_100 << 16])].concat());
        let description = boxed(b"stsd", &[words(&[0, 1]), entry].concat());
        let tables = boxed(b"minf", &boxed(b"stbl", &description));
        let handler = boxed(b"hdlr", &[&words(&[0, 0])[..], b"soun"].concat());
        let media = [boxed(b"mdhd", &words(&[0, 0, 0, 44_100, 9])), handler, tables].concat();
        let header = boxed(b"tkhd", &words(&[flags, 0, 0, id]));
        let edits = boxed(b"edts", &boxed(b"elst", &list));
        boxed(b"trak", &[header, edits, boxed(b"mdia", &media)].concat())
    }

    #[test]
    fn the_first_edit_with_sound_counts() {
        let movie = track(7, 1, b"mp4a", &[(500, -1), (9000, 1024), (10, 5000)]);
        let track = choose(&movie, None).unwrap();
        assert_eq!((track.id, track.first_edit, track.timescale), (7, 1024, 44_100));
    }

    #[test]
    fn the_default_track_is_enabled_and_can_be_decoded() {
        let movie =
            [track(1, 0, b"mp4a", &[]), track(2, 1, b"ac-3", &[]), track(3, 1, b"mp4a", &[])].concat();
        assert_eq!(choose(&movie, None).unwrap().id, 3);
        assert_eq!(choose(&movie, Some(0)).unwrap().id, 1);
        let message = |wanted| choose(&movie, wanted).unwrap_err().message().to_owned();
        assert!(message(Some(1)).contains("AC-3"));
        assert!(message(Some(3)).contains("0 to 2"));
    }

    #[test]
    fn encrypted_and_damaged_tracks_are_refused() {
        let message = |movie: &[u8]| choose(movie, None).unwrap_err().message().to_owned();
        assert!(message(&track(1, 1, b"enca", &[])).contains("encrypted"));
        let whole = track(1, 1, b"mp4a", &[]);
        for length in 0..whole.len() {
            assert!(message(&whole[..length]).contains("no sound track"));
        }
    }
}
