//! What was said, by whom and when: the plain data of a transcript.

/// A word with its place in time.
#[derive(Debug, Clone, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Word {
    /// Where it begins, in milliseconds of the sound that it was heard in.
    pub start_ms: u64,
    /// Where it ends, in milliseconds.
    pub end_ms: u64,
    /// The word, without space around it.
    pub text: String,
    /// How sure the recogniser is of it, 0 to 1.
    pub confidence: f32,
}

/// A stretch of speech with what was said in it and by whom, as far as that is known.
///
/// More context revises a segment under its [`id`](Self::id): the one of the largest [`revision`](Self::revision) holds.
#[derive(Debug, Clone, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Segment {
    /// What the stretch is called: the same sound of the same connection, heard by the same pipeline, has the same id,
    /// in another process too.
    pub id: String,
    /// 0 for what was known first, one more each time that something of it changed.
    pub revision: u32,
    /// False while somebody still speaks or the text is still to come. What was said does not change after that, who said it
    /// may: an utterance of two speakers becomes a segment for each, and one that is taken back has no length and no text.
    #[cfg_attr(feature = "serde", serde(rename = "final"))]
    pub is_final: bool,
    /// Where it begins, in milliseconds of the connection's sound.
    pub start_ms: u64,
    /// Where it ends, in milliseconds.
    pub end_ms: u64,
    /// What was said; empty if nothing was understood, or nobody was asked.
    pub text: String,
    /// The words of the text in order, in milliseconds of the connection's sound; none if the recogniser gives none.
    pub words: Vec<Word>,
    /// Who spoke; `None` if nobody knows.
    pub speaker: Option<String>,
    /// How sure it all is, 0 to 1: of the text if there is one, and of the speaker if one is named.
    pub confidence: f32,
}

/// A stretch of time in which one speaker speaks; those of two may overlap.
#[derive(Debug, Clone, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Turn {
    /// Where it begins, in milliseconds of the connection's sound.
    pub start_ms: u64,
    /// Where it ends, in milliseconds.
    pub end_ms: u64,
    /// Who speaks: a name, or the label of a voice that nobody has named.
    pub speaker: String,
    /// How sure that is, 0 to 1.
    pub confidence: f32,
    /// True if somebody else speaks in a part of it as well.
    pub overlapped: bool,
}
