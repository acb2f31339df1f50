//! A bank's settings against what its models declare and against each other.

mod inputs;
mod outputs;
mod words;

use super::Voicebank;
use super::finding::{Finding, Report, Stage};
use super::models::{Known, Unreadable};
use super::stage::{CURVES, ModelFile, StageSettings};
use std::collections::HashMap;

/// The models of a stage that could be read, by the key that names them.
pub(super) type KnownModels = HashMap<&'static str, Known>;

/// Adds what is wrong with the bank beyond what reading its files has shown.
pub(super) fn check(bank: &Voicebank, findings: &mut Vec<Finding>) {
    let mut all: HashMap<Stage, KnownModels> = HashMap::new();
    for stage in [Stage::Acoustic, Stage::Duration, Stage::Pitch, Stage::Variance] {
        let Some(settings) = bank.stage(stage) else { continue };
        let mut report = Report { stage, findings };
        let models = read_models(settings, &mut report);
        inputs::check(settings, &models, &mut report);
        outputs::check(bank, settings, &models, &mut report);
        speakers(settings, &models, &mut report);
        inventory(settings, &models, &mut report);
        all.insert(stage, models);
    }
    if let Some(acoustic) = bank.stage(Stage::Acoustic) {
        let mut report = Report { stage: Stage::Acoustic, findings };
        depth(acoustic, &mut report);
        gender(acoustic, &mut report);
        variances(bank, acoustic, &all, findings);
    }
    vocoder(bank, findings);
    colors(bank, findings);
    words::check(bank, findings);
}

fn read_models(settings: &StageSettings, report: &mut Report<'_>) -> KnownModels {
    let mut models = KnownModels::new();
    for (key, file) in &settings.models {
        if let Some(known) = read_model(file, report) {
            models.insert(key, known);
        }
    }
    models
}

fn read_model(file: &ModelFile, report: &mut Report<'_>) -> Option<Known> {
    match Known::read(file) {
        Ok(known) => return Some(known),
        Err(Unreadable::Missing(reason)) => {
            report.error("missing_file", &file.file, None, format!("{} cannot be read: {reason}", file.file));
        }
        Err(Unreadable::Bad(reason)) => {
            report.error("bad_model", &file.file, None, format!("{} cannot be used: {reason}", file.file));
        }
    }
    None
}

/// The width of `spk_embed` and `encoder_out`, and the files of the speakers.
fn speakers(settings: &StageSettings, models: &KnownModels, report: &mut Report<'_>) {
    let declared = width(settings, models, "spk_embed").or_else(|| width(settings, models, "encoder_out"));
    let file = &settings.settings.file;
    if let Some(declared) = declared.filter(|declared| *declared != settings.hidden_size) {
        let needed = !settings.speakers.is_empty();
        if needed {
            let message = format!(
                "hidden_size is {}, but the model takes {declared} numbers a speaker: write `hidden_size: {declared}`",
                settings.hidden_size
            );
            report.error("wrong_hidden_size", file, settings.settings.line("hidden_size"), message);
        }
    }
    let bytes = declared.unwrap_or(settings.hidden_size) as u64 * 4;
    for speaker in settings.speakers.iter().filter(|s| s.bytes != bytes) {
        let message = format!(
            "{} has {} bytes, but an embedding of {} numbers has {bytes}",
            speaker.file,
            speaker.bytes,
            bytes / 4
        );
        report.error("wrong_size", &speaker.file, None, message);
    }
}

/// The declared width of an input or output, of the first of the stage's models that says it.
fn width(settings: &StageSettings, models: &KnownModels, name: &str) -> Option<usize> {
    let keys = super::stage::model_keys(settings.stage);
    keys.iter().filter_map(|key| models.get(key)).find_map(|known| known.width(name))
}

/// Silence is listed, and every number has a row in the models' tables.
fn inventory(settings: &StageSettings, models: &KnownModels, report: &mut Report<'_>) {
    let Some(inventory) = &settings.inventory else { return };
    if !inventory.has("SP") {
        let message = "the phoneme SP (silence) is not listed: every phrase begins and ends with it";
        report.error("missing_silence", &inventory.file, None, message);
    }
    let rows = |input: &str| {
        let tables = models.values().flat_map(|known| &known.description.tables);
        tables.filter(|(name, rows)| name == input && *rows > 0).map(|(_, rows)| *rows).min()
    };
    if let Some(rows) = rows("tokens") {
        // Empty lines move the numbers; they were reported.
        let known = rows + inventory.blank_lines;
        let is_beyond = |id: i64| usize::try_from(id).is_ok_and(|id| id >= known);
        for (symbol, id, line) in inventory.iter().filter(|(_, id, _)| is_beyond(*id)) {
            let message =
                format!("the phoneme {symbol} has the number {id}, but the model knows 0 to {}", rows - 1);
            report.error("id_out_of_range", &inventory.file, line, message);
        }
    }
    let Some(rows) = rows("languages") else { return };
    let is_beyond = |id: i64| usize::try_from(id).is_ok_and(|id| id >= rows);
    for (language, (id, line)) in settings.languages.iter().filter(|(_, (id, _))| is_beyond(*id)) {
        let message =
            format!("the language {language} has the number {id}, but the model knows 0 to {}", rows - 1);
        report.error("id_out_of_range", &settings.languages_file(), Some(*line), message);
    }
}

/// `max_depth` of shallow diffusion.
fn depth(acoustic: &StageSettings, report: &mut Report<'_>) {
    if !acoustic.has_depth() {
        return;
    }
    let (file, line) = (&acoustic.settings.file, acoustic.settings.line("max_depth"));
    let (limit, example) =
        if acoustic.continuous { (1.0, "a fraction such as 0.4") } else { (1000.0, "steps such as 400") };
    let message = match acoustic.number("max_depth") {
        None => format!("shallow diffusion is on, but max_depth is missing: write {example}"),
        Some(depth) if depth <= 0.0 || depth > limit => {
            format!("max_depth is {depth}, but must be above 0 and at most {limit}: {example}")
        }
        Some(depth) if !acoustic.continuous && depth < 1.0 => {
            format!(
                "max_depth is {depth}; without use_continuous_acceleration it is counted in steps: {example}"
            )
        }
        Some(_) => return,
    };
    report.error("bad_depth", file, line, message);
}

/// The range that gender is scaled by.
fn gender(acoustic: &StageSettings, report: &mut Report<'_>) {
    if !acoustic.flag("use_key_shift_embed", false) || acoustic.shift_range().is_some() {
        return;
    }
    let (file, key) = (&acoustic.settings.file, "augmentation_args");
    let what = "random_pitch_shifting.range: [-5.0, 5.0], by which gender is scaled";
    match acoustic.settings.get(key) {
        None => report.error(
            "missing_key",
            file,
            None,
            format!("use_key_shift_embed is true, but {key} is missing: {what}"),
        ),
        Some(_) => {
            report.error("bad_value", file, acoustic.settings.line(key), format!("{key} must hold {what}"))
        }
    }
}

/// What the acoustic model is given must be predicted.
fn variances(
    bank: &Voicebank,
    acoustic: &StageSettings,
    models: &HashMap<Stage, KnownModels>,
    findings: &mut Vec<Finding>,
) {
    // A curve that the model does not take, or that no flag promises, was reported; it need not be predicted.
    let taken = models.get(&Stage::Acoustic).and_then(|models| models.get("acoustic"));
    let is_needed = |curve: &&str| acoustic.uses(curve) && taken.is_none_or(|known| known.takes(curve));
    let needed: Vec<&str> = CURVES.into_iter().filter(is_needed).collect();
    let mut report = Report { stage: Stage::Variance, findings };
    let Some(variance) = bank.stage(Stage::Variance) else {
        let is_unread = bank.path().join("dsvariance/dsconfig.yaml").exists();
        if !needed.is_empty() && !is_unread {
            let line = acoustic.settings.line(&format!("use_{}_embed", needed[0]));
            let message = format!(
                "the acoustic model is given {}, but there is no dsvariance to predict it",
                needed.join(", ")
            );
            report.error("missing_stage", &acoustic.settings.file, line, message);
        }
        return;
    };
    let model = models.get(&Stage::Variance).and_then(|models| models.get("variance"));
    for curve in needed {
        let is_given = model.is_none_or(|known| known.gives(&format!("{curve}_pred")));
        if !variance.predicts(curve) || !is_given {
            let key = format!("predict_{curve}");
            let message =
                format!("the acoustic model is given {curve}, but dsvariance does not predict it ({key})");
            report.error("missing_variance", &variance.settings.file, variance.settings.line(&key), message);
        }
    }
}

/// The vocoder's file, and its spectrograms against those of the acoustic model.
fn vocoder(bank: &Voicebank, findings: &mut Vec<Finding>) {
    let Some(vocoder) = &bank.vocoder else { return };
    let mut report = Report { stage: Stage::Vocoder, findings };
    let settings = &vocoder.settings;
    let ours = bank.mel.iter().flat_map(super::stage::MelSettings::shared);
    for ((key, theirs), (_, ours)) in vocoder.mel.shared().into_iter().zip(ours) {
        if theirs != ours {
            let message = format!(
                "{key} is {theirs} in the vocoder, but {ours} in the acoustic model: they must agree"
            );
            report.error("vocoder_mismatch", &settings.file, settings.line(key), message);
        }
    }
    let Some(known) = vocoder.model.as_ref().and_then(|file| read_model(file, &mut report)) else { return };
    for name in known.description.inputs.iter().map(|port| &port.name) {
        if !["mel", "f0"].contains(&name.as_str()) {
            let message = format!("the vocoder takes `{name}`; sonic feeds mel and f0");
            report.error("unknown_input", &settings.file, settings.line("model"), message);
        }
    }
    if !known.gives("waveform") {
        let file = vocoder.model.as_ref().map_or("", |model| &model.file);
        report.error("bad_model", file, None, format!("{file} is no vocoder: it gives no `waveform`"));
    }
    if let Some(bins) = known.width("mel").filter(|bins| *bins != vocoder.mel.num_mel_bins) {
        let message = format!("num_mel_bins is {}, but the model takes {bins}", vocoder.mel.num_mel_bins);
        report.error("vocoder_mismatch", &settings.file, settings.line("num_mel_bins"), message);
    }
}

/// Voice colours name speakers.
fn colors(bank: &Voicebank, findings: &mut Vec<Finding>) {
    let Some(acoustic) = bank.stage(Stage::Acoustic).filter(|a| a.settings.get("speakers").is_some()) else {
        return;
    };
    let listed = acoustic.settings.get("speakers").map_or(&[][..], super::document::Value::items);
    let listed: Vec<String> = listed.iter().filter_map(super::document::Value::text).collect();
    let mut report = Report { stage: Stage::Bank, findings };
    for color in &bank.character.colors {
        let suffix = &color.suffix;
        if !listed.iter().any(|name| name == suffix || name.ends_with(&format!(".{suffix}"))) {
            let message = format!(
                "the voice colour `{}` names the speaker {suffix}, which is none of {}: the first sings instead",
                color.color,
                listed.join(", ")
            );
            report.warn("unknown_speaker", "character.yaml", color.line, message);
        }
    }
}
