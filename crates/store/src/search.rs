//! Finding a clip: votes of landmark pairs name candidates, the clip's texture judges them.

pub(crate) mod locate;
mod places;
pub(crate) mod proof;
pub(crate) mod query;
pub(crate) mod scale;
pub(crate) mod support;
pub(crate) mod verify;
pub(crate) mod vote;
pub(crate) mod window;
