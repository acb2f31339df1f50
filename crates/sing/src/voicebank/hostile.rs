//! Foreign bytes into the readers of text: for fuzz targets.

use super::document::{Document, Value};
use super::{Dictionary, Inventory};
use crate::phonemes::{Language, Speller, trimmed};

/// Reads `text` as settings; true if it is.
pub fn settings(text: &str) -> bool {
    let Ok(document) = Document::parse("dsconfig.yaml", text) else { return false };
    for (_, value, _) in document.items() {
        let _ = (value.number(), value.truth(), value.text());
        let _ = value.items().iter().map(Value::number).count();
    }
    true
}

/// Reads `text` as a dictionary and looks a word of it up; true if it is one.
pub fn dictionary(text: &str, word: &str) -> bool {
    let Ok((dictionary, _)) = Dictionary::parse(text) else { return false };
    let inventory = Inventory::of(dictionary.kinds().map(|(symbol, _)| symbol));
    let speller = |language| {
        let inventories = vec![&inventory];
        Speller { dictionary: &dictionary, inventories, prefix: "en", language }
    };
    for language in [None, Language::named("it"), Language::named("en")] {
        let spelled = speller(language).spell(word);
        assert!(spelled.is_none_or(|s| !s.phonemes.is_empty()));
    }
    true
}

/// Spells a word in every language.
pub fn words(word: &str) {
    let _ = trimmed(word);
    for code in ["en", "es", "it", "la", "de", "ja"] {
        let spelled = Language::named(code).and_then(|language| language.spell(&trimmed(word)));
        assert!(spelled.is_none_or(|s| s.symbols.len() <= word.len() * 8 + 64), "{code} {word}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_texts_end() {
        for word in [
            "",
            "\u{301}",
            "'",
            "ß",
            "\u{fdfa}",
            "\u{1f600}",
            "x'",
            "ﬁ",
            "日本",
            "ーっ",
            "İ",
            "e\u{301}",
            "a.b-c",
        ] {
            words(word);
            assert!(dictionary("symbols: [{symbol: a, type: vowel}]", word));
        }
        assert!(!dictionary("entries: [{grapheme: [a], phonemes: b}]", "a"));
        settings("a: !!binary x\nb: 1e999\n? [c]\n: d\n");
    }
}
