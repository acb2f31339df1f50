//! Finding a clip: votes of landmark pairs name candidates, the clip's texture judges them.
//!
//! Pairs, their hashes and the histogram of offsets are those of Wang, "An industrial-strength audio search algorithm",
//! ISMIR 2003. Changes of speed, tempo and pitch, which Six and Leman, "Panako", ISMIR 2014, measure from the pairs
//! themselves, are tried by moving the clip's pairs: all of them with a few pairs, the likeliest with more. Votes alone
//! name seven clips in ten of the tuning set at one false answer in a hundred, because noise moves and hides the clip's
//! own landmarks. So a candidate is verified the other way round: the stored landmarks of the recording are looked up in
//! the clip, where noise may raise a level but seldom hides a peak. What is found last is where exactly, by the stretch
//! that is explained ([`locate`], [`support`]), and how likely ([`proof`]).

mod ballot;
pub(crate) mod locate;
mod lookup;
pub(crate) mod place;
mod places;
pub(crate) mod proof;
pub(crate) mod query;
pub(crate) mod scale;
pub(crate) mod support;
pub(crate) mod verify;
pub(crate) mod vote;
mod weights;
pub(crate) mod window;

/// A recording by the store that it is in, of those that are searched, and its number there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Numbered {
    pub(crate) shard: u32,
    pub(crate) number: u32,
}
