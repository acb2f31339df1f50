//! Finding a clip: votes of landmark pairs name candidates, the clip's texture judges them.

mod places;
pub(crate) mod query;
pub(crate) mod scale;
pub(crate) mod verify;
pub(crate) mod vote;
pub(crate) mod window;
