//! An event in memory with the rules of faces and people: what a decision changes, what is removed, who is tagged. It
//! stands on the rows; the views stand on it.

mod decide;
pub(crate) mod forget;
pub(crate) mod similarity;
pub(crate) mod state;
pub(crate) mod tags;
