//! Words to phonemes by the spelling rules of languages.

#[cfg(feature = "english")]
mod english;
mod german;
mod italian;
mod japanese;
#[cfg(feature = "english")]
mod letters;
mod spanish;

pub(super) use japanese::has_kana;

/// A language whose words can be spelled without a bank's dictionary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Language {
    /// By CMUdict and, for words outside it, letter rules; needs the feature `english`.
    English,
    /// By rules, in the pronunciation of Castile.
    Spanish,
    /// By rules.
    Italian,
    /// By rules, in the Italian pronunciation of church music.
    Latin,
    /// By rules and a list of exceptions; words of several stems are a matter of luck.
    German,
    /// Kana by table; kanji are refused.
    Japanese,
}

/// What rules make of a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Spelled {
    pub(crate) symbols: Vec<String>,
    /// True if the word is not in the list of a language whose spelling does not tell how it sounds.
    pub(crate) is_guess: bool,
}

impl Language {
    /// The language of a code such as `en`, `en-US`, `eng` or `english`; `None` if there are no rules for it.
    pub fn named(code: &str) -> Option<Self> {
        let code = code.to_ascii_lowercase();
        let code = code.split(['-', '_']).next().unwrap_or_default();
        Some(match code {
            "en" | "eng" | "english" => Self::English,
            "es" | "spa" | "spanish" => Self::Spanish,
            "it" | "ita" | "italian" => Self::Italian,
            "la" | "lat" | "latin" => Self::Latin,
            "de" | "deu" | "ger" | "german" => Self::German,
            "ja" | "jp" | "jpn" | "japanese" => Self::Japanese,
            _ => return None,
        })
    }

    /// Its code: `en`, `es`, `it`, `la`, `de` or `ja`.
    pub fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Spanish => "es",
            Self::Italian => "it",
            Self::Latin => "la",
            Self::German => "de",
            Self::Japanese => "ja",
        }
    }

    /// The phonemes of a word in lower case and NFC; `None` if the rules do not cover its letters.
    pub(crate) fn spell(self, word: &str) -> Option<Spelled> {
        let by_rules = |symbols: Option<Vec<&str>>| {
            let symbols = symbols?.into_iter().map(str::to_owned).collect::<Vec<_>>();
            (!symbols.is_empty()).then_some(Spelled { symbols, is_guess: false })
        };
        match self {
            Self::English => english(word),
            Self::Spanish => by_rules(spanish::spell(word)),
            Self::Italian => by_rules(italian::spell(word)),
            Self::Latin => by_rules(italian::spell_latin(word)),
            Self::German => by_rules(german::spell(word)),
            Self::Japanese => by_rules(japanese::spell(word)),
        }
    }
}

#[cfg(feature = "english")]
fn english(word: &str) -> Option<Spelled> {
    english::spell(word)
}

#[cfg(not(feature = "english"))]
fn english(_: &str) -> Option<Spelled> {
    None
}

/// A word that rules walk through, letter by letter.
struct Word(Vec<char>);

impl Word {
    /// Letters without accents that only mark stress: those that `plain` maps.
    fn new(word: &str, plain: impl Fn(char) -> char) -> Self {
        Self(word.chars().filter(|c| c.is_alphabetic()).map(plain).collect())
    }

    /// The letter at `at`, or a space outside the word.
    fn at(&self, at: usize) -> char {
        self.0.get(at).copied().unwrap_or(' ')
    }

    /// The letter before `at`, or a space.
    fn before(&self, at: usize) -> char {
        at.checked_sub(1).map_or(' ', |at| self.at(at))
    }

    /// True if the letters from `at` on begin with `text`.
    fn has(&self, at: usize, text: &str) -> bool {
        text.chars().enumerate().all(|(i, c)| self.at(at + i) == c)
    }

    fn len(&self) -> usize {
        self.0.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_name_languages() {
        assert_eq!(Language::named("en-US"), Some(Language::English));
        assert_eq!(Language::named("JA").map(Language::code), Some("ja"));
        assert_eq!(Language::named("tlh"), None);
    }

    /// The words of `dict/rule_tests.json`, without the marks between syllables: notes open at vowels.
    #[test]
    fn words_of_the_tests_are_spelled() {
        let Some(path) = sonic_testing::assets("sing/dict/rule_tests.json") else { return };
        let tests: serde_json::Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        let mut wrong = Vec::new();
        for (code, words) in tests.as_object().unwrap() {
            let Some(language) = Language::named(code) else { continue };
            if language == Language::English && cfg!(not(feature = "english")) {
                continue;
            }
            for (word, sounds) in words.as_object().unwrap().iter().filter(|(word, _)| !word.starts_with('_'))
            {
                let expected: Vec<&str> =
                    sounds.as_str().unwrap().split_whitespace().filter(|s| *s != ".").collect();
                let spelled =
                    language.spell(&crate::phonemes::trimmed(word)).map_or_else(Vec::new, |s| s.symbols);
                if spelled != expected {
                    wrong.push(format!("{code} {word}: {expected:?}, but {spelled:?}"));
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn every_kana_of_the_table_is_known() {
        let Some(path) = sonic_testing::assets("sing/dict/kana.json") else { return };
        let table: serde_json::Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        for (kana, sounds) in table.as_object().unwrap() {
            let spelled = Language::Japanese.spell(kana).unwrap().symbols.join(" ");
            assert_eq!(spelled, sounds.as_str().unwrap(), "{kana}");
        }
    }
}
