//! The keys of the cache: a hash of everything that a model is told, and of the models.

use super::engine::SentencePlan;
use super::plan::{Encoded, Numbers, Plan};
use super::singer::Singer;
use crate::voicebank::{ModelFile, Stage, StageSettings};
use sonic_core::Result;
use xxhash_rust::xxh3::Xxh3;

/// Changes whenever the same inputs give another sound.
const VERSION: &[u8] = b"sonic-sing-1";

/// Gathers what makes a key; every item is preceded by its length, so that no two rows of items are alike.
struct Hasher(Xxh3);

impl Hasher {
    fn new(kind: &str) -> Self {
        let mut hasher = Self(Xxh3::new());
        hasher.bytes(VERSION);
        hasher.bytes(kind.as_bytes());
        hasher
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.0.update(&(bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
    }

    fn ints(&mut self, values: &[i64]) {
        self.0.update(&(values.len() as u64).to_le_bytes());
        values.iter().for_each(|v| self.0.update(&v.to_le_bytes()));
    }

    fn floats(&mut self, values: &[f32]) {
        self.0.update(&(values.len() as u64).to_le_bytes());
        values.iter().for_each(|v| self.0.update(&v.to_bits().to_le_bytes()));
    }

    fn number(&mut self, value: f64) {
        // 0 and -0 sound alike.
        self.bytes(&(value + 0.0).to_bits().to_le_bytes());
    }

    fn numbers(&mut self, numbers: &Numbers) {
        self.ints(&numbers.tokens);
        self.ints(&numbers.languages);
    }

    fn encoded(&mut self, encoded: &Encoded) {
        self.numbers(&encoded.numbers);
        self.ints(&encoded.ph_dur);
        self.ints(&encoded.words.word_div);
        self.ints(&encoded.words.word_dur);
    }

    fn key(self) -> String {
        format!("{:032x}", self.0.digest128())
    }
}

impl Singer {
    /// Hashes of the models that make a phrase out of its plan, and of the settings that change it.
    pub(crate) fn identity(&self) -> Result<String> {
        let mut hasher = Hasher::new("bank");
        for stage in [Stage::Acoustic, Stage::Pitch, Stage::Variance] {
            if let Some(settings) = self.bank.stage(stage) {
                self.stage(&mut hasher, settings)?;
            }
        }
        let (vocoder, (_, mel)) = (self.bank.vocoder()?, self.bank.acoustic()?);
        if let Some(file) = &vocoder.model {
            self.model(&mut hasher, file)?;
        }
        hasher.bytes(format!("{mel:?}{:?}", vocoder.mel).as_bytes());
        let options = &self.options;
        let controls = [
            options.articulation,
            options.airiness,
            options.intensity,
            options.tension,
            options.clarity,
            options.pitch_expression,
            self.gender(),
            self.depth(),
        ];
        controls.into_iter().for_each(|value| hasher.number(value));
        hasher.ints(&[options.steps as i64, options.pitch_steps as i64, options.variance_steps as i64]);
        Ok(hasher.key())
    }

    fn stage(&self, hasher: &mut Hasher, settings: &StageSettings) -> Result<()> {
        let mut keys: Vec<_> = settings.models.iter().collect();
        keys.sort_by_key(|(key, _)| **key);
        for (_, file) in keys {
            self.model(hasher, file)?;
        }
        hasher.number(settings.frame_ms);
        hasher.bytes(&[u8::from(settings.has_depth())]);
        hasher.floats(self.embeddings.get(&settings.stage).map_or(&[], Vec::as_slice));
        Ok(())
    }

    fn model(&self, hasher: &mut Hasher, file: &ModelFile) -> Result<()> {
        hasher.bytes(&self.bank.models().known(file)?.hash.to_le_bytes());
        Ok(())
    }

    /// The key of a phrase.
    pub(crate) fn phrase_key(&self, identity: &str, plan: &Plan) -> String {
        let mut hasher = Hasher::new("phrase");
        hasher.bytes(identity.as_bytes());
        hasher.numbers(&plan.numbers);
        hasher.ints(&plan.durations);
        for encoded in [&plan.pitch, &plan.variance] {
            hasher.bytes(&[u8::from(encoded.is_some())]);
            if let Some(encoded) = encoded {
                hasher.encoded(encoded);
            }
        }
        hasher.floats(&plan.notes.midi);
        hasher.bytes(&plan.notes.rest.iter().map(|rest| u8::from(*rest)).collect::<Vec<_>>());
        hasher.ints(&plan.notes.dur);
        hasher.key()
    }

    /// The key of the durations of a sentence.
    pub(crate) fn sentence_key(&self, stage: &StageSettings, plan: &SentencePlan) -> Result<String> {
        let mut hasher = Hasher::new("sentence");
        self.stage(&mut hasher, stage)?;
        hasher.numbers(&plan.numbers);
        hasher.ints(&plan.word_div);
        hasher.ints(&plan.word_dur);
        hasher.ints(&plan.ph_midi);
        Ok(hasher.key())
    }
}
