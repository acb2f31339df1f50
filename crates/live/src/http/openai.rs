//! OpenAI's `/v1/audio/transcriptions`, which many services speak.

use super::multipart::Form;
use super::service::{Service, ServiceOptions, ServiceStats};
use super::{milliseconds, number, share};
use crate::recognizer::{Recognition, Recognizer, Request, malformed};
use crate::wav::wav;
use serde_json::Value;
use sonic_core::{Result, Word};

/// How a service that speaks OpenAI's interface is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenAiOptions {
    /// The model that is asked for.
    pub model: String,
    /// What is sent as bearer token.
    pub token: Option<String>,
    /// How the service is asked.
    pub service: ServiceOptions,
}

impl Default for OpenAiOptions {
    fn default() -> Self {
        Self { model: "whisper-1".to_owned(), token: None, service: ServiceOptions::default() }
    }
}

/// A service that speaks OpenAI's interface for transcriptions, with answers that have words.
#[derive(Debug)]
pub struct OpenAi {
    service: Service,
    model: String,
}

impl OpenAi {
    /// The service at `url`, the whole address: `https://api.openai.com/v1/audio/transcriptions`.
    ///
    /// # Errors
    /// `InvalidArgument` if the address is none or an option is out of range.
    pub fn new(url: &str, options: &OpenAiOptions) -> Result<Self> {
        if options.model.is_empty() {
            return Err(crate::invalid("the model must be named"));
        }
        let service = Service::new(url, options.token.as_deref(), &options.service)?;
        Ok(Self { service, model: options.model.clone() })
    }

    /// How calls ended so far.
    pub fn stats(&self) -> ServiceStats {
        self.service.stats()
    }
}

impl Recognizer for OpenAi {
    fn pipeline(&self) -> String {
        format!("openai-1/{}/{}", self.model, self.service.url())
    }

    fn recognize(&self, request: &Request<'_>) -> Result<Recognition> {
        let mut form = Form::default();
        form.wav("file", wav(request.samples));
        form.text("model", &self.model);
        form.text("response_format", "verbose_json");
        form.text("timestamp_granularities[]", "word");
        form.text("timestamp_granularities[]", "segment");
        form.text("temperature", "0");
        if let Some(prompt) = request.prompt {
            form.text("prompt", prompt);
        }
        if let Some(language) = request.language {
            form.text("language", language);
        }
        self.service.post(form, |json| read(json)?.checked(request.duration_ms()))
    }
}

/// A part of the answer with how sure it is.
struct Part {
    start_ms: u64,
    end_ms: u64,
    confidence: f64,
}

fn read(json: &Value) -> Result<Recognition> {
    let text = json["text"].as_str().ok_or_else(|| malformed("it has no `text`"))?;
    let parts: Vec<Part> = list(&json["segments"])?.iter().map(part).collect::<Result<_>>()?;
    let words = list(&json["words"])?.iter().map(|word| read_word(word, &parts)).collect::<Result<_>>()?;
    let length = |part: &Part| part.end_ms.saturating_sub(part.start_ms).max(1) as f64;
    let all = parts.iter().map(length).sum::<f64>();
    let sure = parts.iter().map(|part| length(part) * part.confidence).sum::<f64>();
    // A service that gives no segments says nothing about how sure it is.
    let confidence =
        if parts.is_empty() { f64::from(u8::from(!text.trim().is_empty())) * 0.5 } else { sure / all };
    Ok(Recognition { text: text.to_owned(), words, confidence: confidence as f32 })
}

fn list(value: &Value) -> Result<&[Value]> {
    match value {
        Value::Null => Ok(&[]),
        Value::Array(values) => Ok(values),
        _ => Err(malformed("`segments` or `words` is no list")),
    }
}

fn part(segment: &Value) -> Result<Part> {
    let time = |name: &str| milliseconds(&segment[name]).ok_or_else(|| malformed("a segment has no times"));
    let probability = number(&segment["avg_logprob"]).unwrap_or(0.0).min(0.0).exp();
    let speech = 1.0 - share(&segment["no_speech_prob"]).unwrap_or(0.0);
    Ok(Part { start_ms: time("start")?, end_ms: time("end")?, confidence: speech * probability })
}

/// A word, as sure as the segment that it lies in: the interface gives words no probability, but some services do.
fn read_word(word: &Value, parts: &[Part]) -> Result<Word> {
    let wrong = || malformed("a word has no text or times");
    let time = |name: &str| milliseconds(&word[name]).ok_or_else(wrong);
    let (start_ms, end_ms) = (time("start")?, time("end")?);
    let around = parts.iter().find(|part| part.start_ms <= start_ms && start_ms < part.end_ms);
    let own = share(&word["probability"]);
    let confidence = own.or(around.map(|part| part.confidence)).unwrap_or(0.5);
    let text = word["word"].as_str().ok_or_else(wrong)?.to_owned();
    Ok(Word { start_ms, end_ms, text, confidence: confidence as f32 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn words_are_as_sure_as_their_segment() {
        let said = read(&json!({
            "task": "transcribe", "language": "english", "duration": 2.0, "text": "hello world",
            "words": [{"word": "hello", "start": 0.1, "end": 0.5}, {"word": "world", "start": 1.1, "end": 1.5}],
            "segments": [
                {"id": 0, "start": 0.0, "end": 1.0, "text": " hello", "avg_logprob": -0.1, "no_speech_prob": 0.0},
                {"id": 1, "start": 1.0, "end": 2.0, "text": " world", "avg_logprob": -0.7, "no_speech_prob": 0.5},
            ],
        }));
        let said = said.unwrap();
        assert!(
            (said.words[0].confidence - 0.905).abs() < 1e-3
                && (said.words[1].confidence - 0.248).abs() < 1e-3
        );
        assert!((said.confidence - 0.577).abs() < 1e-3);
        assert_eq!(said.words[1].text, "world");
    }

    #[test]
    fn what_is_no_answer_is_refused() {
        for json in [
            json!([]),
            json!({"text": 7}),
            json!({"text": "a", "words": "a"}),
            json!({"text": "a", "words": [{"word": "a", "start": "x", "end": 1.0}]}),
            json!({"text": "a", "segments": [{"start": 1e300, "end": 0.0}]}),
        ] {
            assert!(read(&json).is_err(), "{json}");
        }
    }
}
