//! `sonic._native`, the extension module of the Python package: the library with the habits of Python, nothing more.

mod adding;
mod analyzer;
mod argument;
mod arrays;
mod batches;
mod clip;
mod cluster;
mod embedder;
mod error;
mod exclusive;
mod explain;
mod face_arguments;
mod face_results;
mod faces;
mod fingerprint;
mod imported;
mod live;
mod mix;
mod models;
mod monitor;
mod people;
mod photos;
mod picture;
mod progress;
mod push;
mod recording_results;
mod recordings;
mod remote;
mod results;
mod sing;
mod sing_results;
mod snapshots;
mod speech;
mod store;
mod table;
mod voice_results;
mod voices;
mod writer;

use pyo3::prelude::*;
use std::ffi::OsString;

#[pymodule]
mod _native {
    #[pymodule_export]
    use crate::adding::Adding;
    #[pymodule_export]
    use crate::analyzer::FaceAnalyzer;
    #[pymodule_export]
    use crate::clip::{Clip, decode};
    #[pymodule_export]
    use crate::cluster::{Clustering, cluster};
    #[pymodule_export]
    use crate::embedder::{AnalyzedVoice, VoiceEmbedder};
    #[pymodule_export]
    use crate::explain::explain;
    #[pymodule_export]
    use crate::faces::Faces;
    #[pymodule_export]
    use crate::fingerprint::{Fingerprint, Fingerprinter, fingerprint};
    #[pymodule_export]
    use crate::imported::Imported;
    #[pymodule_export]
    use crate::live::{LiveSession, Recognizer, open_ai, spelling, whisper};
    #[pymodule_export]
    use crate::mix::{mix, write_sound};
    #[pymodule_export]
    use crate::models::{list_models, pull_model, resolve_model, verify_model};
    #[pymodule_export]
    use crate::monitor::{Airings, Monitor, RecordingQuery};
    #[pymodule_export]
    use crate::people::People;
    #[pymodule_export]
    use crate::photos::EventPhotos;
    #[pymodule_export]
    use crate::picture::{align, decode_image, thumbnail};
    #[pymodule_export]
    use crate::push::PushDecoder;
    #[pymodule_export]
    use crate::recordings::Recordings;
    #[pymodule_export]
    use crate::remote::Bucket;
    #[pymodule_export]
    use crate::run_command;
    #[pymodule_export]
    use crate::sing::{Score, Singing, Voicebank};
    #[pymodule_export]
    use crate::snapshots::{
        Follower, list_snapshots, prune_snapshots, pull_snapshot, push_snapshot, rollback_snapshot,
    };
    #[pymodule_export]
    use crate::speech::{speech_spans, voice_quality};
    #[pymodule_export]
    use crate::store::Store;
    #[pymodule_export]
    use crate::table::{AllPeople, PeopleTable, Table};
    #[pymodule_export]
    use crate::voices::Voices;
    #[pymodule_export]
    use crate::writer::Writer;

    #[pymodule_export]
    #[expect(non_upper_case_globals, reason = "this is its name in Python")]
    const __version__: &str = env!("CARGO_PKG_VERSION");
}

/// Runs the `sonic` command; the first argument is the program's name. Gives the exit status.
#[pyfunction]
#[pyo3(signature = (arguments))]
fn run_command(py: Python<'_>, arguments: Vec<OsString>) -> u8 {
    py.detach(|| sonic_cli::run(arguments))
}
