//! Containers, and where their tracks must be read with care.

use symphonia::core::formats::FormatId;
use symphonia::core::formats::well_known::{
    FORMAT_ID_ADTS, FORMAT_ID_CAF, FORMAT_ID_FLAC, FORMAT_ID_ISOMP4, FORMAT_ID_MKV, FORMAT_ID_MP1,
    FORMAT_ID_MP2, FORMAT_ID_MP3, FORMAT_ID_OGG,
};

/// The containers that differ from the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// Ogg.
    Ogg,
    /// Matroska and WebM.
    Matroska,
    /// MP4 and its kin.
    Mp4,
    /// A bare MPEG audio stream, layers 1 to 3.
    Mpeg,
    /// Core Audio.
    Caf,
    /// FLAC, and AAC with ADTS headers, whose demuxers leave out what is damaged.
    Frames,
    /// Every other.
    Plain,
}

/// How the tracks of a container are read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Quirks {
    /// What a packet says to drop at its end counts only if no packet follows.
    pub(super) cut_at_the_end_only: bool,
    /// What the track says to drop at its start is not dropped by its decoder.
    pub(super) delay: bool,
    /// No more is dropped at the end than the track says.
    pub(super) padding: bool,
    /// Which of the lengths that a track states is to be trusted.
    pub(super) length: Length,
    /// Time that no packet covers is sound that was lost.
    pub(super) gaps_are_damage: bool,
    /// When bytes that end without a mark of the end are whole.
    pub(super) whole: Whole,
}

/// The length of a track, by which a file that ends early is known.
#[derive(Debug, Clone, Copy)]
pub(super) enum Length {
    /// None is.
    Unknown,
    /// Its duration, unless that is zero.
    Duration,
    /// Its number of frames.
    Frames,
}

/// When a file is whole although the demuxer ran out of bytes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Whole {
    /// Never: the end is marked.
    Never,
    /// If the last element and the segment are complete.
    Elements,
    /// If the length is known, which then decides.
    LengthKnown,
}

impl Format {
    /// The container that symphonia calls `id`.
    pub(super) fn of(id: FormatId) -> Self {
        match id {
            FORMAT_ID_OGG => Self::Ogg,
            FORMAT_ID_MKV => Self::Matroska,
            FORMAT_ID_ISOMP4 => Self::Mp4,
            FORMAT_ID_MP1 | FORMAT_ID_MP2 | FORMAT_ID_MP3 => Self::Mpeg,
            FORMAT_ID_CAF => Self::Caf,
            FORMAT_ID_FLAC | FORMAT_ID_ADTS => Self::Frames,
            _ => Self::Plain,
        }
    }

    /// The table: what differs from a plain container.
    pub(super) const fn quirks(self) -> Quirks {
        const PLAIN: Quirks = Quirks {
            cut_at_the_end_only: false,
            delay: false,
            padding: false,
            length: Length::Frames,
            gaps_are_damage: false,
            whole: Whole::Never,
        };
        match self {
            // Pages in the middle whose time stamps waver look as if their last packet had to be cut.
            Self::Ogg => Quirks { cut_at_the_end_only: true, length: Length::Unknown, ..PLAIN },
            // A stream of Matroska or MP4 has no other end than the end of its bytes.
            Self::Matroska => Quirks { length: Length::Unknown, whole: Whole::Elements, ..PLAIN },
            Self::Mp4 => Quirks { length: Length::Duration, whole: Whole::LengthKnown, ..PLAIN },
            // The header counts frames, and of two files in one it counts those of the first.
            Self::Mpeg => Quirks { delay: true, padding: true, ..PLAIN },
            Self::Caf => Quirks { delay: true, ..PLAIN },
            Self::Frames => Quirks { gaps_are_damage: true, ..PLAIN },
            Self::Plain => PLAIN,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use symphonia::core::formats::well_known::{FORMAT_ID_AIFF, FORMAT_ID_WAVE};

    #[test]
    fn layers_of_mpeg_are_one_format_and_the_rest_is_plain() {
        for id in [FORMAT_ID_MP1, FORMAT_ID_MP2, FORMAT_ID_MP3] {
            assert_eq!(Format::of(id), Format::Mpeg);
        }
        for id in [FORMAT_ID_AIFF, FORMAT_ID_WAVE] {
            assert_eq!(Format::of(id), Format::Plain);
        }
    }
}
