//! A voicebank that is ready to sing with certain options: dictionary, speakers, controls.

use super::options::{RenderOptions, refuse};
use crate::phonemes::{Language, Speller};
use crate::voicebank::{Dictionary, Inventory, Stage, StageSettings, Voicebank, read_dictionary};
use sonic_core::{Error, ErrorKind, Result};
use sonic_model::Session;
use std::collections::HashMap;
use std::sync::Arc;

/// A voicebank and how it sings.
#[derive(Debug)]
pub(crate) struct Singer {
    pub(crate) bank: Voicebank,
    pub(crate) options: RenderOptions,
    pub(crate) acoustic: Arc<StageSettings>,
    pub(crate) dictionary: Dictionary,
    /// The embedding of the speaker in each stage that has any.
    pub(crate) embeddings: HashMap<Stage, Vec<f32>>,
}

impl Singer {
    pub(crate) fn new(bank: &Voicebank, options: RenderOptions) -> Result<Self> {
        options.check()?;
        let (acoustic, mel) = bank.acoustic()?;
        let vocoder = bank.vocoder()?;
        let differs =
            vocoder.mel.shared().into_iter().zip(mel.shared()).find(|(theirs, ours)| theirs != ours);
        if let Some(((key, theirs), (_, ours))) = differs {
            return Err(bank.refuse(format!("its vocoder has {key} {theirs}, its acoustic model {ours}")));
        }
        let dictionary = match bank.word_stage() {
            Some(stage) => read_dictionary(stage, &options.language)?,
            None => Dictionary::of_letters(inventory(bank, acoustic)?.symbols()),
        };
        let (bank, acoustic) = (bank.clone(), acoustic.clone());
        let mut singer =
            Self { bank: bank.clone(), options, acoustic, dictionary, embeddings: HashMap::new() };
        for stage in [Stage::Acoustic, Stage::Duration, Stage::Pitch, Stage::Variance] {
            if let Some(settings) = bank.stage(stage).filter(|s| !s.speakers.is_empty()) {
                let embedding = singer.embedding(settings)?;
                singer.embeddings.insert(stage, embedding);
            }
        }
        Ok(singer)
    }

    /// The numbers of the speaker that the voice colour names.
    fn embedding(&self, settings: &StageSettings) -> Result<Vec<f32>> {
        let wanted = &self.options.voice_color;
        let colors: Vec<(&str, &str)> = self.bank.voice_colors().collect();
        let name =
            colors.iter().find(|(color, _)| color == wanted).map_or(wanted.as_str(), |(_, suffix)| suffix);
        let is = |speaker: &str| speaker == name || speaker.ends_with(&format!(".{name}"));
        let found = match name {
            "" => settings.speakers.first(),
            _ => settings.speakers.iter().find(|s| is(&s.name)),
        };
        let speaker = found.ok_or_else(|| {
            let names: Vec<&str> = settings.speakers.iter().map(|s| s.name.as_str()).collect();
            let what = format!("the {} stage has no voice colour or speaker `{wanted}`", settings.stage);
            refuse(format!("{what}; it has {}", names.join(", ")))
        })?;
        let path = self.bank.path().join(&speaker.file);
        let bytes = std::fs::read(&path).map_err(|e| Error::io(format!("reading {}", path.display()), e))?;
        let width = settings.hidden_size;
        if bytes.len() < width * 4 {
            let message = format!("{} has {} bytes, but needs {}", speaker.file, bytes.len(), width * 4);
            return Err(Error::new(ErrorKind::Malformed, message));
        }
        let numbers = bytes.chunks_exact(4).take(width);
        Ok(numbers.map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect())
    }

    /// What writes words in the bank's phonemes.
    pub(crate) fn speller(&self) -> Result<Speller<'_>> {
        let bank = &self.bank;
        let first = bank.stage(Stage::Duration).unwrap_or(&self.acoustic);
        let mut inventories = vec![inventory(bank, first)?];
        for stage in [Stage::Acoustic, Stage::Pitch, Stage::Variance] {
            if let Some(settings) = bank.stage(stage).filter(|settings| settings.stage != first.stage) {
                inventories.push(inventory(bank, settings)?);
            }
        }
        let prefix = self.options.language.as_str();
        let language = Language::named(prefix).or_else(|| bank.default_language());
        Ok(Speller { dictionary: &self.dictionary, inventories, prefix, language })
    }

    /// The session of a model of a stage.
    pub(crate) fn session(&self, stage: &StageSettings, key: &str) -> Result<Arc<Session>> {
        let missing = || self.bank.refuse(format!("its {} stage names no model `{key}`", stage.stage));
        self.bank.models().session(stage.models.get(key).ok_or_else(missing)?)
    }
}

fn inventory<'a>(bank: &Voicebank, settings: &'a StageSettings) -> Result<&'a Inventory> {
    let missing = || bank.refuse(format!("its {} stage has no list of phonemes", settings.stage));
    settings.inventory.as_ref().ok_or_else(missing)
}
