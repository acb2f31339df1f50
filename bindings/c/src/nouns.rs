//! What C sees: handles, rows and options, each with the calls that make, read and free it.
//!
//! They know how to get out of C's pointers and back; what is done with a store or a model is in `calls`.

// In the order of the header.
pub mod version;

pub mod source;

pub mod job;

pub mod clip;

pub mod push_decoder;

pub mod fingerprint;

pub mod decision;

pub mod answer;

pub mod recording;

pub mod added_file;

pub mod imported;

pub mod store;

pub mod snapshot;

pub mod model;

pub mod registry;

pub mod embedder;

pub mod speech;

pub mod voiceprint;

pub mod voice_answer;

pub mod enrolled;

pub mod voice;

pub mod speaker;

pub mod calibration;

pub mod clustering;

pub mod image;

pub mod face;

pub mod analyzer;

pub mod stored_face;

pub mod photo;

pub mod added_photo_file;

pub mod event;

pub mod person;

pub mod merged_people;

pub mod people_options;

pub mod cluster_report;

pub mod file;

pub mod recognizer;

pub mod segment;

pub mod live_session;

pub mod score;

pub mod voicebank;

pub mod render_warning;

pub mod singing;

pub mod mix;
