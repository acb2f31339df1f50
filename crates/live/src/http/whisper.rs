//! Whisper over HTTP, as Vexa's transcription service calls it.

use super::multipart::Form;
use super::service::{Service, ServiceOptions, ServiceStats};
use super::{milliseconds, number, share};
use crate::recognizer::{Recognition, Recognizer, Request, malformed};
use crate::wav::wav;
use serde_json::Value;
use sonic_core::{Result, Word};

/// How Whisper is called.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WhisperOptions {
    /// What is sent as bearer token.
    pub token: Option<String>,
    /// How the service is asked.
    pub service: ServiceOptions,
}

/// Whisper as Vexa's service calls it: a form with the sound as `audio_data` and what was said before as `prefix`; the
/// answer has `segments`, each a list of id, seek, start, end, text, tokens, temperature, average log probability,
/// compression ratio, probability of no speech, and words of start, end, text and probability.
#[derive(Debug)]
pub struct Whisper {
    service: Service,
}

impl Whisper {
    /// The service at `url`.
    ///
    /// # Errors
    /// `InvalidArgument` if the address is none or an option is out of range.
    pub fn new(url: &str, options: &WhisperOptions) -> Result<Self> {
        Ok(Self { service: Service::new(url, options.token.as_deref(), &options.service)? })
    }

    /// How calls ended so far.
    pub fn stats(&self) -> ServiceStats {
        self.service.stats()
    }
}

impl Recognizer for Whisper {
    fn pipeline(&self) -> String {
        format!("whisper-http-1/{}", self.service.url())
    }

    fn recognize(&self, request: &Request<'_>) -> Result<Recognition> {
        let mut form = Form::default();
        form.wav("audio_data", wav(request.samples));
        if let Some(prompt) = request.prompt {
            form.text("prefix", prompt);
        }
        self.service.post(form, |json| read(json)?.checked(request.duration_ms()))
    }
}

/// Fields of a segment.
const START: usize = 2;
const END: usize = 3;
const TEXT: usize = 4;
const LOG_PROBABILITY: usize = 7;
const NO_SPEECH: usize = 9;
const WORDS: usize = 10;

fn read(json: &Value) -> Result<Recognition> {
    let segments = json["segments"].as_array().ok_or_else(|| malformed("it has no `segments`"))?;
    let (mut said, mut sure, mut length) = (Recognition::default(), 0.0, 0.0);
    for segment in segments {
        let fields = segment.as_array().ok_or_else(|| malformed("a segment is no list"))?;
        let field = |place: usize| fields.get(place).unwrap_or(&Value::Null);
        let text = field(TEXT).as_str().ok_or_else(|| malformed("a segment has no text"))?;
        let time =
            |place: usize| milliseconds(field(place)).ok_or_else(|| malformed("a segment has no times"));
        let words = words(field(WORDS))?;
        let seconds = time(END)?.saturating_sub(time(START)?).max(1) as f64;
        sure += seconds * confidence(field(LOG_PROBABILITY), field(NO_SPEECH), &words);
        length += seconds;
        said.text.push_str(text);
        said.text.push(' ');
        said.words.extend(words);
    }
    said.confidence = if length > 0.0 { (sure / length) as f32 } else { 0.0 };
    Ok(said)
}

/// How sure a segment is: the mean of how surely there is speech and of how sure its words are; without words, how
/// probable its tokens are where there is speech. (Vexa takes the probability that there is none for the first.)
fn confidence(log_probability: &Value, no_speech: &Value, words: &[Word]) -> f64 {
    let speech = 1.0 - share(no_speech).unwrap_or(0.0);
    match words.len() {
        0 => speech * number(log_probability).unwrap_or(0.0).min(0.0).exp(),
        count => {
            let mean = words.iter().map(|word| f64::from(word.confidence)).sum::<f64>() / count as f64;
            (speech + mean) / 2.0
        }
    }
}

fn words(words: &Value) -> Result<Vec<Word>> {
    let wrong = || malformed("a word is no list of start, end, text and probability");
    let word = |word: &Value| {
        let fields = word.as_array().filter(|fields| fields.len() >= 4).ok_or_else(wrong)?;
        Ok(Word {
            start_ms: milliseconds(&fields[0]).ok_or_else(wrong)?,
            end_ms: milliseconds(&fields[1]).ok_or_else(wrong)?,
            text: fields[2].as_str().ok_or_else(wrong)?.to_owned(),
            confidence: share(&fields[3]).ok_or_else(wrong)? as f32,
        })
    };
    match words {
        Value::Null => Ok(Vec::new()),
        Value::Array(words) => words.iter().map(word).collect(),
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn silence_does_not_raise_confidence() {
        let segment = |no_speech: f64| json!({"segments": [[0, 0, 0.0, 1.0, " hello", [1], 0.0, -0.2, 1.1, no_speech, [[0.1, 0.6, " hello", 0.9]]]]});
        let (speech, silence) = (read(&segment(0.02)).unwrap(), read(&segment(0.95)).unwrap());
        assert!((speech.confidence - 0.94).abs() < 1e-3 && (silence.confidence - 0.475).abs() < 1e-3);
        assert_eq!((speech.words[0].start_ms, speech.words[0].end_ms), (100, 600));
        let bare =
            read(&json!({"segments": [[0, 0, 0.0, 1.0, "a", [], 0.0, -0.5, 1.0, 0.5, null]]})).unwrap();
        assert!((bare.confidence - 0.5 * (-0.5f32).exp()).abs() < 1e-4);
    }

    #[test]
    fn what_is_no_answer_is_refused() {
        for json in [
            json!({}),
            json!({"segments": {}}),
            json!({"segments": [{"text": "a"}]}),
            json!({"segments": [[0, 0, "now", 1.0, "a"]]}),
            json!({"segments": [[0, 0, 0.0, 1.0, 7]]}),
            json!({"segments": [[0, 0, 0.0, 1.0, "a", [], 0.0, 0.0, 0.0, 0.0, [[0.0, 1.0, "a", 7.5]]]]}),
            json!({"segments": [[0, 0, 0.0, 1.0, "a", [], 0.0, 0.0, 0.0, 0.0, "words"]]}),
        ] {
            assert!(read(&json).is_err(), "{json}");
        }
        assert_eq!(read(&json!({"segments": []})).unwrap(), Recognition::default());
    }
}
