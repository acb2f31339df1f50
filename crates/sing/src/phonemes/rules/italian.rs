//! Italian, and Latin as it is sung in Italian churches.

use super::Word;

/// The sounds of an Italian word; `None` if it has letters that Italian has not.
pub(super) fn spell(word: &str) -> Option<Vec<&'static str>> {
    let word = Word::new(word, |c| c);
    walk(&word, italian)
}

/// The sounds of a Latin word; `None` if it has letters that Latin has not.
pub(super) fn spell_latin(word: &str) -> Option<Vec<&'static str>> {
    let word = Word::new(word, plain);
    if word.has(0, "hosanna") || word.has(0, "osanna") {
        return Some(vec!["o", "s", "a", "n", "n", "a"]);
    }
    walk(&word, latin)
}

/// What begins at `at` sounds so, and has so many letters.
type Step = (&'static [&'static str], usize);

fn walk(word: &Word, step: fn(&Word, usize) -> Option<Step>) -> Option<Vec<&'static str>> {
    let mut out = Vec::new();
    let mut at = 0;
    while at < word.len() {
        let (sounds, taken) = step(word, at)?;
        out.extend(sounds);
        at += taken;
    }
    Some(out)
}

fn is_vowel(c: char) -> bool {
    "aeiouyàèéìíòóùúæœ".contains(c)
}

fn is_front(c: char) -> bool {
    "eièéìíæœ".contains(c)
}

/// The letters that both languages read alike.
fn simple(letter: char) -> Option<&'static [&'static str]> {
    Some(match letter {
        'a' | 'à' => &["a"],
        'e' | 'è' | 'é' => &["e"],
        'i' | 'ì' | 'í' | 'y' => &["i"],
        'o' | 'ò' | 'ó' => &["o"],
        'u' | 'ù' | 'ú' => &["u"],
        'b' => &["b"],
        'c' | 'k' | 'q' => &["k"],
        'd' => &["d"],
        'f' => &["f"],
        'g' => &["g"],
        'h' => &[],
        'j' => &["y"],
        'l' => &["l"],
        'm' => &["m"],
        'n' => &["n"],
        'p' => &["p"],
        'r' => &["r"],
        's' => &["s"],
        't' => &["t"],
        'v' => &["v"],
        'w' => &["w"],
        'x' => &["k", "s"],
        'z' => &["ts"],
        _ => return None,
    })
}

/// One s between vowels is voiced.
fn is_voiced_s(word: &Word, at: usize) -> bool {
    word.at(at) == 's' && is_vowel(word.before(at)) && is_vowel(word.at(at + 1))
}

/// i after a softened c, g, sc or gl is written only for the softening if a vowel follows.
fn soft(word: &Word, at: usize, sound: &'static [&'static str], letters: usize) -> Step {
    let mark = word.at(at + letters) == 'i' && is_vowel(word.at(at + letters + 1));
    (sound, letters + usize::from(mark))
}

fn italian(word: &Word, at: usize) -> Option<Step> {
    let (letter, next) = (word.at(at), word.at(at + 1));
    let front = |offset| is_front(word.at(at + offset));
    Some(match letter {
        's' if next == 'c' && front(2) => soft(word, at, &["sh"], 2),
        'c' if next == 'c' && front(2) => soft(word, at, &["ch"], 2),
        'c' if front(1) => soft(word, at, &["ch"], 1),
        'g' if next == 'g' && front(2) => soft(word, at, &["j"], 2),
        'g' if front(1) => soft(word, at, &["j"], 1),
        'g' if word.has(at, "gli") => soft(word, at, &["L"], 2),
        'g' if next == 'n' => (&["N"], 2),
        'c' | 'g' if next == 'h' => (simple(letter)?, 2),
        'q' if next == 'u' => (&["k", "w"], 2),
        'z' if at == 0 => (&["dz"], 1),
        'z' if next == 'z' => (&["t", "ts"], 2),
        's' if is_voiced_s(word, at) => (&["z"], 1),
        'i' | 'u' if glides(word, at) => (if letter == 'i' { &["y"] } else { &["w"] }, 1),
        _ => (simple(letter)?, 1),
    })
}

/// i and u glide into a vowel after them, but not in words such as mio and due, where they bear the stress.
fn glides(word: &Word, at: usize) -> bool {
    let next = word.at(at + 1);
    let is_plain_end = at + 2 == word.len() && "aeiou".contains(next);
    let is_first = (0..at).all(|before| !is_vowel(word.at(before)));
    is_vowel(next) && !(is_plain_end && is_first)
}

/// Latin without its marks of length and stress.
fn plain(c: char) -> char {
    match c {
        'á' | 'à' | 'ā' | 'ă' => 'a',
        'é' | 'è' | 'ē' | 'ĕ' | 'ë' => 'e',
        'í' | 'ì' | 'ī' | 'ĭ' | 'ï' => 'i',
        'ó' | 'ò' | 'ō' | 'ŏ' => 'o',
        'ú' | 'ù' | 'ū' | 'ŭ' => 'u',
        'ǽ' => 'æ',
        c => c,
    }
}

fn latin(word: &Word, at: usize) -> Option<Step> {
    let (letter, next) = (word.at(at), word.at(at + 1));
    let front =
        |offset| is_front(word.at(at + offset)) || word.has(at + offset, "ae") || word.has(at + offset, "oe");
    let next_is_vowel = is_vowel(next);
    Some(match letter {
        'æ' | 'œ' => (&["e"], 1),
        'a' | 'o' if next == 'e' => (&["e"], 2),
        's' if next == 'c' && front(2) => (&["sh"], 2),
        'x' if next == 'c' && front(2) => (&["k", "sh"], 2),
        'c' if next == 'c' && front(2) => (&["t", "ch"], 2),
        'c' if next == 'h' => (&["k"], 2),
        'c' if front(1) => (&["ch"], 1),
        'g' if next == 'n' => (&["N"], 2),
        'g' if front(1) => (&["j"], 1),
        'q' if next == 'u' => (&["k", "w"], 2),
        'g' if next == 'u' && word.before(at) == 'n' && is_vowel(word.at(at + 2)) => (&["g", "w"], 2),
        't' if next == 'i' && is_vowel(word.at(at + 2)) && !"stx".contains(word.before(at)) => (&["ts"], 1),
        't' if next == 'h' => (&["t"], 2),
        'p' if next == 'h' => (&["f"], 2),
        'r' if next == 'h' => (&["r"], 2),
        'h' if word.has(at.saturating_sub(2), "mihi") || word.has(at.saturating_sub(2), "nihil") => {
            (&["k"], 1)
        }
        'i' if next_is_vowel && (at == 0 || is_vowel(word.before(at))) => (&["y"], 1),
        'z' => (&["dz"], 1),
        's' if is_voiced_s(word, at) => (&["z"], 1),
        _ => (simple(letter)?, 1),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stressed_vowels_do_not_glide() {
        assert_eq!(spell("mio").unwrap(), ["m", "i", "o"]);
        assert_eq!(spell("più").unwrap(), ["p", "y", "u"]);
        assert_eq!(spell("pace").unwrap(), ["p", "a", "ch", "e"]);
        assert_eq!(spell_latin("alleluia").unwrap(), ["a", "l", "l", "e", "l", "u", "y", "a"]);
        assert_eq!(spell_latin("coelis").unwrap(), ["ch", "e", "l", "i", "s"]);
    }
}
