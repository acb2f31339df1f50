//! What models give and hand on to each other.

use super::KnownModels;
use crate::voicebank::Voicebank;
use crate::voicebank::finding::{Report, Stage};
use crate::voicebank::models::Known;
use crate::voicebank::stage::StageSettings;

/// The output that a model is named for by its key.
fn gives(key: &str) -> Option<&'static str> {
    Some(match key {
        "linguistic" => "encoder_out",
        "dur" => "ph_dur_pred",
        "pitch" => "pitch_pred",
        "acoustic" => "mel",
        _ => return None,
    })
}

/// That each model of a stage is what its key says, and that their widths fit.
pub(super) fn check(
    bank: &Voicebank,
    settings: &StageSettings,
    models: &KnownModels,
    report: &mut Report<'_>,
) {
    for (key, file) in &settings.models {
        let (Some(known), Some(output)) = (models.get(key), gives(key)) else { continue };
        if !known.gives(output) {
            let found: Vec<&str> = known.description.outputs.iter().map(|port| port.name.as_str()).collect();
            let message = format!(
                "{} is not what `{key}` needs: it gives {}, but no `{output}`",
                file.file,
                found.join(", ")
            );
            report.error("bad_model", &file.file, None, message);
        }
    }
    handed_on(settings, models, report);
    if settings.stage == Stage::Acoustic {
        bins(bank, settings, models, report);
    }
}

/// The linguistic model and the one after it must be of one training.
fn handed_on(settings: &StageSettings, models: &KnownModels, report: &mut Report<'_>) {
    let Some(given) = models.get("linguistic").and_then(|known| known.width("encoder_out")) else { return };
    for (key, known) in models.iter().filter(|(key, _)| **key != "linguistic") {
        let Some(taken) = width_of_input(known, "encoder_out").filter(|taken| *taken != given) else {
            continue;
        };
        let Some(file) = settings.models.get(key) else { continue };
        let message = format!(
            "{} takes an `encoder_out` of {taken} numbers, but the linguistic model gives {given}: they are not of one \
             training",
            file.file
        );
        report.error("wrong_hidden_size", &file.file, None, message);
    }
}

/// The bands of the spectrogram as the acoustic model gives them.
fn bins(bank: &Voicebank, settings: &StageSettings, models: &KnownModels, report: &mut Report<'_>) {
    let Some(known) = models.get("acoustic").filter(|known| known.gives("mel")) else { return };
    let (Some(mel), Some(given)) = (&bank.mel, known.width("mel")) else { return };
    if given != mel.num_mel_bins {
        let message = format!("num_mel_bins is {}, but the acoustic model gives {given}", mel.num_mel_bins);
        report.error("bad_value", &settings.settings.file, settings.settings.line("num_mel_bins"), message);
    }
}

fn width_of_input(known: &Known, name: &str) -> Option<usize> {
    known.description.inputs.iter().find(|port| port.name == name)?.shape.last().copied().flatten()
}
