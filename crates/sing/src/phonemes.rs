//! Words become phonemes: the bank's dictionary, the spelling rules of a language, and what its models know.

mod near;
mod rules;

pub use rules::Language;

use crate::voicebank::{Dictionary, Inventory, Kind, Replacement};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// NFC, lower case, without punctuation, symbols or spaces at either end (R2).
pub(crate) fn trimmed(text: &str) -> String {
    let text: String = text.nfc().flat_map(char::to_lowercase).collect();
    text.trim_matches(|c: char| !c.is_alphanumeric() && !is_combining_mark(c)).to_owned()
}

/// How a word was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// In the bank's dictionary, or as phonemes.
    Bank,
    /// In the word list of a language or by its spelling rules.
    Language,
    /// As [`Language`](Self::Language), with other phonemes in the place of those that the bank has not.
    Near,
    /// By letter rules of English, for a word that its list has not.
    Letters,
}

/// A word in the phonemes of the bank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Spelling {
    pub(crate) phonemes: Vec<String>,
    pub(crate) way: Way,
}

/// Writes words in the phonemes of one bank.
#[derive(Debug)]
pub(crate) struct Speller<'a> {
    pub(crate) dictionary: &'a Dictionary,
    /// What each stage knows, the one first that the words are looked up for.
    pub(crate) inventories: Vec<&'a Inventory>,
    /// Prefix of the phonemes of the language that is sung; empty for none.
    pub(crate) prefix: &'a str,
    /// The rules that spell words which the bank does not have.
    pub(crate) language: Option<Language>,
}

impl Speller<'_> {
    /// The word in the bank's own dictionary.
    pub(crate) fn in_bank(&self, word: &str) -> Option<Vec<String>> {
        Some(self.dictionary.entry(word)?.iter().filter(|p| self.knows(p)).cloned().collect())
    }

    /// The word in phonemes: the bank's dictionary, then the text as phonemes, then the rules of the language.
    /// `None` if none of these gives any.
    pub(crate) fn spell(&self, word: &str) -> Option<Spelling> {
        let bank = |phonemes| Spelling { phonemes, way: Way::Bank };
        if let Some(found) = self.in_bank(word).filter(|p| !p.is_empty()) {
            return Some(bank(found));
        }
        let pieces: Vec<&str> = word.split_whitespace().collect();
        let direct: Vec<String> = pieces.iter().filter_map(|piece| self.symbol(piece)).collect();
        if !direct.is_empty() && direct.len() == pieces.len() {
            return Some(bank(direct));
        }
        if let Some(found) = self.by_rules(word) {
            return Some(found);
        }
        if !direct.is_empty() {
            return Some(bank(direct));
        }
        let letters = || word.to_lowercase().chars().filter_map(|c| self.symbol(&c.to_string())).collect();
        let letters: Vec<String> = if self.dictionary.has_no_entries() { letters() } else { Vec::new() };
        (!letters.is_empty()).then(|| bank(letters))
    }

    /// The word by the rules of its language; kana are Japanese in every language.
    pub(crate) fn by_rules(&self, word: &str) -> Option<Spelling> {
        let word = trimmed(word);
        let language = if rules::has_kana(&word) { Some(Language::Japanese) } else { self.language };
        let spelled = language?.spell(&word)?;
        let mut way = if spelled.is_guess { Way::Letters } else { Way::Language };
        let mut out = Vec::new();
        for symbol in replace(&self.dictionary.replacements, spelled.symbols) {
            match self.symbol(&symbol) {
                Some(own) => out.push(own),
                None => {
                    out.extend(self.near(language?, &symbol, 3)?);
                    way = if way == Way::Letters { way } else { Way::Near };
                }
            }
        }
        (!out.is_empty()).then_some(Spelling { phonemes: out, way })
    }

    /// The bank's phonemes that come nearest to one that it has not.
    fn near(&self, language: Language, symbol: &str, depth: u32) -> Option<Vec<String>> {
        let one = |s: &str| match self.symbol(s) {
            Some(own) => Some(vec![own]),
            None if depth > 0 => self.near(language, s, depth - 1),
            None => None,
        };
        near::alternatives(language, symbol).iter().find_map(|alternative| {
            let parts: Option<Vec<_>> = alternative.split_whitespace().map(one).collect();
            parts.map(|parts| parts.concat())
        })
    }

    /// The phoneme as the bank writes it, bare or with the prefix of the language, if the bank has it.
    fn symbol(&self, text: &str) -> Option<String> {
        if self.knows(text) {
            return Some(text.to_owned());
        }
        let prefixed = format!("{}/{text}", self.prefix);
        (!self.prefix.is_empty() && self.knows(&prefixed)).then_some(prefixed)
    }

    /// True if the phoneme has a type, and every stage has a number for it.
    fn knows(&self, symbol: &str) -> bool {
        self.dictionary.kind(symbol).is_some() && self.inventories.iter().all(|i| i.id(symbol).is_some())
    }

    /// What is tried for a word, in words.
    pub(crate) fn tried(&self) -> String {
        let mut tried = vec!["the bank's dictionary".to_owned(), "its phonemes".to_owned()];
        match self.language {
            Some(Language::English) if cfg!(not(feature = "english")) => {
                tried.push("no rules of en: sonic was built without `english`".to_owned());
            }
            Some(language) => tried.push(format!("the rules of {}", language.code())),
            None => tried.push("no rules: no language is chosen".to_owned()),
        }
        tried.join(", ")
    }

    /// What a note is hummed with: m, another nasal, or a vowel.
    pub(crate) fn hum(&self) -> Option<String> {
        let wanted = ["m", "n", "ng"].iter().find_map(|s| self.symbol(s));
        wanted.or_else(|| self.vowel())
    }

    /// What a note without words is sung on: a, another vowel that the bank knows.
    pub(crate) fn vowel(&self) -> Option<String> {
        let wanted = ["a", "aa", "ah"].iter().find_map(|s| self.symbol(s));
        let is_vowel =
            |(s, kind): &(&str, Kind)| *kind == Kind::Vowel && !["SP", "AP"].contains(s) && self.knows(s);
        wanted.or_else(|| self.dictionary.kinds().filter(is_vowel).map(|(s, _)| s.to_owned()).min())
    }
}

/// `symbols` with each rule applied once, from left to right; the longest rule that fits holds.
fn replace(rules: &[Replacement], symbols: Vec<String>) -> Vec<String> {
    let mut out = Vec::new();
    let mut at = 0;
    while at < symbols.len() {
        let fits = |rule: &&Replacement| !rule.from.is_empty() && symbols[at..].starts_with(&rule.from);
        // The first of rules of one length holds.
        let rule = rules.iter().filter(fits).rev().max_by_key(|rule| rule.from.len());
        match rule {
            Some(rule) => {
                out.extend(rule.to.iter().cloned());
                at += rule.from.len();
            }
            None => {
                out.push(symbols[at].clone());
                at += 1;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_trimmed_to_what_dictionaries_hold() {
        assert_eq!(trimmed("\u{201e}Glo\u{0308}ria,\u{201c} "), "glöria");
        assert_eq!(trimmed("don't!"), "don't");
        assert_eq!(trimmed("--"), "");
    }

    #[test]
    fn replacements_apply_once_and_the_longest_first() {
        let rule = |from: &[&str], to: &[&str]| Replacement {
            from: from.iter().map(|s| s.to_string()).collect(),
            to: to.iter().map(|s| s.to_string()).collect(),
        };
        let rules = [rule(&["a"], &["b"]), rule(&["b"], &["c"]), rule(&["a", "y"], &["ai"])];
        let text = |s: &str| s.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(replace(&rules, text("a b a y")), ["b", "c", "ai"]);
    }
}
