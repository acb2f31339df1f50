//! Forgetting somebody everywhere.

use crate::album::forget::{self, ForgottenFaces};
use crate::forgotten;
use crate::ids::check_name;
use crate::store::Store;
use crate::transcripts::{self, ForgottenTranscripts};
use crate::voices::{self, ForgottenVoices};
use serde::Serialize;
use sonic_core::Result;

/// What was forgotten of somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct Forgotten {
    /// Of their voice.
    pub voices: ForgottenVoices,
    /// Of their face.
    pub faces: ForgottenFaces,
    /// Of what they said in meetings.
    pub transcripts: ForgottenTranscripts,
}

impl Store {
    /// Forgets a user everywhere, in one transaction: the voice as [`Voices::forget_user`](crate::Voices::forget_user)
    /// does, with what was enrolled under that name, the face as [`Faces::forget_user`](crate::Faces::forget_user), and of
    /// [transcripts](crate::Transcripts) the connections that are theirs and what they said on others.
    /// Counts of 0 mean that there was nothing.
    ///
    /// It is gone for every call at once, and its bytes from the file after [`compact`](Self::compact). The store keeps that
    /// somebody of that name, as a hash, was forgotten, so that a rollback to a snapshot from before brings nobody back. Recordings that
    /// are found by fingerprint are not looked at: they say what was played, not who somebody is.
    ///
    /// # Errors
    /// `InvalidArgument` if the name is empty or too long; `Io` if another process is writing or the disk is full:
    /// nothing is forgotten then.
    pub fn forget(&self, user_id: &str) -> Result<Forgotten> {
        check_name("user id", user_id)?;
        self.remove(|txn| {
            let who = forgotten::hash(txn, user_id)?;
            forgotten::keep(txn, &forgotten::Row::User { who })?;
            Ok(Forgotten {
                voices: voices::forget_everywhere(txn, user_id)?,
                faces: forget::forget_user(txn, user_id, None)?,
                transcripts: transcripts::forget_user(txn, user_id)?,
            })
        })
    }
}
