//! The rows of the tables of faces and of jobs, each kind in a file of its own, and how rows are written. They know the tables and
//! nothing above: no rules, no views.

pub(crate) mod encode;
pub(crate) mod event;
pub(crate) mod face;
pub(crate) mod id;
pub(crate) mod job;
pub(crate) mod links;
pub(crate) mod person;
pub(crate) mod photo;
pub(crate) mod thumbnail;
