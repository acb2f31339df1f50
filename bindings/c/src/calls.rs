//! What is done with a store or a model. Every file leans on `nouns`, none on another.

// In the order of the header.
pub mod store;

pub mod recordings;

pub mod monitor;

pub mod add_many;

pub mod imported;

pub mod embed;

pub mod voices;

pub mod voice_rows;

pub mod voice_people;

pub mod voice_speakers;

pub mod voice_scores;

pub mod cluster;

pub mod analyze;

pub mod faces;

pub mod face_rows;

pub mod people;

pub mod people_decide;

pub mod people_cluster;

pub mod tables;

pub mod snapshots;

pub mod models;
