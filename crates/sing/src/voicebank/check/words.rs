//! Dictionaries against the lists of phonemes.

use crate::voicebank::Voicebank;
use crate::voicebank::dictionary::{Dictionary, Lines};
use crate::voicebank::finding::{Finding, Report, Stage, relative};
use crate::voicebank::inventory::Inventory;
use crate::voicebank::stage::StageSettings;
use std::collections::BTreeMap;

pub(super) fn check(bank: &Voicebank, findings: &mut Vec<Finding>) {
    let Some(settings) = bank.word_stage() else { return };
    let mut used = read(settings, &mut Report { stage: settings.stage, findings });
    // Other renderers tell vowels by the dictionary of each of these stages.
    for stage in [Stage::Pitch, Stage::Variance] {
        if let Some(other) = bank.stage(stage).filter(|_| stage != settings.stage) {
            read(other, &mut Report { stage, findings });
        }
    }
    let own = settings.inventory.as_ref();
    used.retain(|symbol, _| own.is_none_or(|own| own.has(symbol)));
    for stage in [Stage::Acoustic, Stage::Duration, Stage::Pitch, Stage::Variance] {
        if let Some(other) = bank.stage(stage).filter(|_| stage != settings.stage) {
            listed(&used, other, &mut Report { stage, findings });
        }
    }
}

/// Checks the dictionaries of a stage; gives the phonemes that words use, and where.
fn read(settings: &StageSettings, report: &mut Report<'_>) -> BTreeMap<String, (String, u32)> {
    let mut used = BTreeMap::new();
    for (file, path) in dictionaries(settings) {
        let Some((dictionary, lines)) = Dictionary::read(&path, &file, report) else { continue };
        if let Some(inventory) = &settings.inventory {
            entries(&file, &dictionary, &lines, inventory, report);
        }
        replacements(&file, &dictionary, &lines, settings, report);
        for (symbol, line) in lines.used {
            used.entry(symbol).or_insert((file.clone(), line));
        }
    }
    used
}

/// The files of a stage's dictionaries: the one of every language, which must be there, and those of languages.
fn dictionaries(settings: &StageSettings) -> Vec<(String, std::path::PathBuf)> {
    let place = settings.stage.folder();
    let mut names: Vec<String> = std::fs::read_dir(&settings.folder)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| name.starts_with("dsdict-") && name.ends_with(".yaml"))
        .collect();
    names.sort();
    // Only a bank that has one for a language can do without the common one.
    if names.is_empty() || settings.folder.join("dsdict.yaml").exists() {
        names.insert(0, "dsdict.yaml".to_owned());
    }
    names.into_iter().map(|name| (relative(place, &name), settings.folder.join(name))).collect()
}

fn entries(
    file: &str,
    dictionary: &Dictionary,
    lines: &Lines,
    inventory: &Inventory,
    report: &mut Report<'_>,
) {
    for (symbol, line) in &lines.used {
        let line = Some(*line).filter(|line| *line > 0);
        if inventory.id(symbol).is_none() {
            let message =
                format!("the phoneme {symbol} is not in {}: it would be left out of words", inventory.file);
            report.error("unknown_phoneme", file, line, message);
        } else if dictionary.kind(symbol).is_none() {
            let message = format!("the phoneme {symbol} has no type: add it to `symbols`");
            report.error("untyped_phoneme", file, line, message);
        }
    }
    for symbol in &lines.untyped {
        let message =
            format!("the type of the symbol {symbol} is none that is known; it is taken for a consonant");
        report.warn("untyped_phoneme", file, None, message);
    }
}

/// Phonemes that words use must be listed in every stage.
fn listed(used: &BTreeMap<String, (String, u32)>, settings: &StageSettings, report: &mut Report<'_>) {
    let Some(inventory) = &settings.inventory else { return };
    for (symbol, (file, line)) in used.iter().filter(|(symbol, _)| inventory.id(symbol).is_none()) {
        let message = format!(
            "the phoneme {symbol} is not in {}, but words use it ({file}, line {line})",
            inventory.file
        );
        report.error("unknown_phoneme", &inventory.file, None, message);
    }
}

/// Replacements are applied once: chains do not do what they seem to.
fn replacements(
    file: &str,
    dictionary: &Dictionary,
    lines: &Lines,
    settings: &StageSettings,
    report: &mut Report<'_>,
) {
    let written = dictionary.replaced_symbols();
    for (rule, line) in dictionary.replacements.iter().zip(&lines.replacements) {
        let line = Some(*line).filter(|line| *line > 0);
        let text = format!("{} to {}", rule.from.join(" "), rule.to.join(" "));
        let is_unlisted = |s: &&String| settings.inventory.as_ref().is_some_and(|i| i.id(s).is_none());
        let again = rule.to.iter().find(|to| written.contains(to.as_str()) && !rule.from.contains(to));
        if let Some(again) = again.filter(|to| is_unlisted(to)) {
            let message = format!(
                "the replacement of {text} gives {again}, which is replaced itself; rules apply once"
            );
            report.warn("bad_replacement", file, line, message);
        } else if let Some(unlisted) = rule.to.iter().find(is_unlisted) {
            let message =
                format!("the replacement of {text} gives {unlisted}, which is no phoneme of the bank");
            report.warn("bad_replacement", file, line, message);
        }
    }
}
