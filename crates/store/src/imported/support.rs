//! What of a clip agrees with a place.

use super::clip::{Clip, Listed, MAX_FRAMES};

/// Frames by which a hash may lie beside its place.
const TOLERANCE: u32 = 1;
/// Frames of half a second.
const HALF_SECOND: usize = 22;

/// What agrees.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Support {
    /// Frames of the clip that have a hash which agrees.
    pub(super) anchors: u32,
    /// Half seconds that have such a frame.
    pub(super) half_seconds: u32,
    /// The first and the last such frame.
    pub(super) span: (u32, u32),
}

/// What of the clip agrees with beginning at `place`, which is [`MAX_FRAMES`] further on.
pub(super) fn of(clip: &Clip, lists: &[Listed<'_>], place: usize) -> Support {
    let mut agrees = vec![false; MAX_FRAMES as usize];
    for Listed { list, wanted } in lists {
        let frames = clip.frames_of(*wanted);
        for found in list.places() {
            for frame in frames {
                let start = (found + MAX_FRAMES).wrapping_sub(*frame);
                if start.abs_diff(place as u32) <= TOLERANCE {
                    agrees[*frame as usize] = true;
                }
            }
        }
    }
    let frames = || agrees.iter().enumerate().filter(|(_, agrees)| **agrees).map(|(frame, _)| frame as u32);
    Support {
        anchors: frames().count() as u32,
        half_seconds: agrees.chunks(HALF_SECOND).filter(|part| part.contains(&true)).count() as u32,
        span: (frames().next().unwrap_or(0), frames().next_back().unwrap_or(0)),
    }
}
