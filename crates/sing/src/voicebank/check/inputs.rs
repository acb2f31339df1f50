//! Flags of settings against the inputs of models.

use super::KnownModels;
use crate::voicebank::finding::{Report, Stage};
use crate::voicebank::stage::{CURVES, StageSettings};

/// What sonic can feed to each stage's models, beside what flags ask for.
fn always(key: &str) -> &'static [&'static str] {
    match key {
        "linguistic" => &["tokens", "word_div", "word_dur", "ph_dur"],
        "dur" => &["encoder_out", "x_masks", "ph_midi"],
        "pitch" => &["encoder_out", "ph_dur", "note_midi", "note_dur", "note_glide", "pitch", "retake"],
        "variance" => &["encoder_out", "ph_dur", "pitch", "retake"],
        "acoustic" => &["tokens", "durations", "f0"],
        _ => &[],
    }
}

/// A flag, whether it is set, the input that it promises, and the key of the model that takes it.
struct Promise {
    flag: String,
    set: bool,
    input: &'static str,
    model: &'static str,
}

pub(super) fn check(settings: &StageSettings, models: &KnownModels, report: &mut Report<'_>) {
    let promises = promises(settings, models);
    for promise in &promises {
        let Some(known) = models.get(promise.model) else { continue };
        let Promise { flag, input, .. } = promise;
        let line = settings.settings.line(flag);
        match (promise.set, known.takes(input)) {
            (true, false) => {
                let message =
                    format!("{flag} promises the input `{input}`, which the {} model has not", promise.model);
                report.error("flag_without_input", &settings.settings.file, line, message);
            }
            (false, true) => {
                let message =
                    format!("the {} model takes `{input}`, but {flag} does not say so", promise.model);
                report.error("input_without_flag", &settings.settings.file, line, message);
            }
            _ => (),
        }
    }
    word_form(settings, models, report);
    unknown(settings, models, &promises, report);
}

fn promises(settings: &StageSettings, models: &KnownModels) -> Vec<Promise> {
    let mut out = Vec::new();
    let mut add =
        |flag: &str, set, input, model| out.push(Promise { flag: flag.to_owned(), set, input, model });
    let main = match settings.stage {
        Stage::Duration => "dur",
        Stage::Pitch => "pitch",
        Stage::Variance => "variance",
        _ => "acoustic",
    };
    let language = if main == "acoustic" { "acoustic" } else { "linguistic" };
    add("use_lang_id", settings.flag("use_lang_id", false), "languages", language);
    add(
        "speakers",
        !settings.settings.get("speakers").is_none_or(|s| s.items().is_empty()),
        "spk_embed",
        main,
    );
    if main == "acoustic" {
        add("use_key_shift_embed", settings.flag("use_key_shift_embed", false), "gender", main);
        add("use_speed_embed", settings.flag("use_speed_embed", false), "velocity", main);
        for curve in CURVES {
            add(&format!("use_{curve}_embed"), settings.uses(curve), curve, main);
        }
        let depth = if settings.settings.get("use_variable_depth").is_some() {
            "use_variable_depth"
        } else {
            "use_shallow_diffusion"
        };
        let depth = if settings.settings.get(depth).is_some() { depth } else { "use_variable_depth" };
        add(depth, settings.has_depth(), "depth", main);
    }
    if main == "pitch" {
        add("use_expr", settings.flag("use_expr", false), "expr", main);
        add("use_note_rest", settings.flag("use_note_rest", false), "note_rest", main);
    }
    if main == "variance" {
        for curve in CURVES {
            // Where the acoustic model misses the curve, that is said instead.
            let missed = !settings.predicts(curve)
                && models.get(main).is_some_and(|m| m.gives(&format!("{curve}_pred")));
            if !missed {
                add(&format!("predict_{curve}"), settings.predicts(curve), curve, main);
            }
        }
    }
    if main != "dur" {
        add("use_continuous_acceleration", settings.continuous, "steps", main);
    }
    out
}

/// `predict_dur` says that words are fed, not the durations of phonemes.
fn word_form(settings: &StageSettings, models: &KnownModels, report: &mut Report<'_>) {
    let Some(linguistic) = models.get("linguistic") else { return };
    let (words, phonemes) = (linguistic.takes("word_div"), linguistic.takes("ph_dur"));
    let (file, line) = (&settings.settings.file, settings.settings.line("predict_dur"));
    if phonemes && !words && settings.flag("predict_dur", true) {
        let message = "predict_dur promises the inputs `word_div` and `word_dur`, but the linguistic model takes \
                       `ph_dur`: write `predict_dur: false`";
        report.error("flag_without_input", file, line, message);
    }
    if words && !settings.flag("predict_dur", true) {
        let message = "the linguistic model takes `word_div` and `word_dur`, but predict_dur is false";
        report.error("input_without_flag", file, line, message);
    }
}

/// Inputs that nobody knows how to feed.
fn unknown(settings: &StageSettings, models: &KnownModels, promises: &[Promise], report: &mut Report<'_>) {
    for (key, known) in models {
        for port in &known.description.inputs {
            let name = port.name.as_str();
            let promised = promises.iter().any(|p| p.input == name && p.model == *key);
            let curve = *key == "variance" && CURVES.contains(&name);
            let clock = *key != "dur" && ["steps", "speedup"].contains(&name);
            if !promised && !curve && !clock && !always(key).contains(&name) {
                let message = format!("the {key} model takes `{name}`, which sonic does not know");
                report.error("unknown_input", &settings.settings.file, settings.settings.line(key), message);
            }
        }
    }
}
