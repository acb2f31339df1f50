//! libsonic: the C interface of sonic.
//!
//! Functions here translate types and nothing else. Their documentation is that of `include/sonic/sonic.h`, which is
//! generated from this crate; a test keeps the two equal. Every Rust name that C sees is the C name.

#![expect(unsafe_code, reason = "a C interface is made of pointers")]
#![expect(non_camel_case_types, reason = "the names are those of C")]
#![expect(clippy::missing_safety_doc, reason = "the header states the rules once, for all functions")]

// In the order of the header.
mod version;

mod error;

mod clip;

mod fingerprint;

mod store;

mod answer;

mod recording;

mod contents;

mod arrow;

mod embedder;

mod speech;

mod person;

mod enrolled;

mod voice_answer;

mod voices;

mod voice_rows;

mod voice_list;

mod speakers;

mod voice_scores;

mod cluster;

mod image;

mod analyzer;

mod face;

mod photo;

mod face_rows;

mod people_cluster;

mod event_person;

mod people_decide;

mod events;

mod look;

mod convert;

mod model;

pub use analyzer::*;
pub use answer::*;
pub use arrow::*;
pub use clip::*;
pub use cluster::*;
pub use contents::*;
pub use embedder::*;
pub use enrolled::*;
pub use error::*;
pub use event_person::*;
pub use events::*;
pub use face::*;
pub use face_rows::*;
pub use fingerprint::*;
pub use image::*;
pub use look::*;
pub use people_cluster::*;
pub use people_decide::*;
pub use person::*;
pub use photo::*;
pub use recording::*;
pub use speakers::*;
pub use speech::*;
pub use store::*;
pub use version::*;
pub use voice_answer::*;
pub use voice_list::*;
pub use voice_rows::*;
pub use voice_scores::*;
pub use voices::*;
