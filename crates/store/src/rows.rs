//! The rows of the tables of faces, of jobs and of live sound, each kind in a file of its own, and how rows are written. They know the tables and
//! nothing above: no rules, no views.

pub(crate) mod encode;
pub(crate) mod event;
pub(crate) mod face;
pub(crate) mod id;
pub(crate) mod job;
pub(crate) mod links;
pub(crate) mod live_queue;
pub(crate) mod person;
pub(crate) mod photo;
pub(crate) mod thumbnail;
pub(crate) mod transcript;
