//! German, as it is sung: no reduced vowels, r at the end of syllables kept.

use super::Word;

/// Frequent words that the rules miss.
const EXCEPTIONS: &[(&str, &[&str])] = &[
    ("weg", &["v", "e", "k"]),
    ("vom", &["f", "o", "m"]),
    ("viel", &["f", "i", "l"]),
    ("hast", &["h", "a", "s", "t"]),
    ("christus", &["k", "r", "i", "s", "t", "u", "s"]),
    ("lebendig", &["l", "e", "b", "e", "n", "d", "i", "C"]),
    ("november", &["n", "o", "v", "e", "m", "b", "e", "r"]),
];

/// The sounds of a word; `None` if it has letters that German has not.
pub(super) fn spell(word: &str) -> Option<Vec<&'static str>> {
    if let Some((_, sounds)) = EXCEPTIONS.iter().find(|(known, _)| *known == word) {
        return Some(sounds.to_vec());
    }
    let word = Word::new(word, |c| c);
    let mut out = Vec::new();
    let mut at = 0;
    while at < word.len() {
        let (sounds, taken) =
            vowel(&word, at).or_else(|| cluster(&word, at)).or_else(|| consonant(&word, at))?;
        out.extend(sounds);
        at += taken;
    }
    Some(out)
}

type Step = (&'static [&'static str], usize);

fn is_vowel(c: char) -> bool {
    "aeiouyäöüéè".contains(c)
}

/// Vowels with the letters that lengthen them.
fn vowel(word: &Word, at: usize) -> Option<Step> {
    const PAIRS: &[(&str, &[&str])] = &[
        ("äu", &["oi"]),
        ("eu", &["oi"]),
        ("ei", &["ai"]),
        ("ai", &["ai"]),
        ("ey", &["ai"]),
        ("ay", &["ai"]),
        ("au", &["au"]),
        ("ie", &["i"]),
        ("aa", &["a"]),
        ("ee", &["e"]),
        ("oo", &["o"]),
    ];
    let pair = PAIRS.iter().find(|(letters, _)| word.has(at, letters));
    let (sound, taken): Step = match (pair, word.at(at)) {
        (Some((_, sound)), _) => (sound, 2),
        (_, 'a') => (&["a"], 1),
        (_, 'e' | 'ä' | 'é' | 'è') => (&["e"], 1),
        (_, 'i') => (&["i"], 1),
        (_, 'o') => (&["o"], 1),
        (_, 'u') => (&["u"], 1),
        (_, 'ö') => (&["oe"], 1),
        (_, 'ü' | 'y') => (&["ue"], 1),
        _ => return None,
    };
    Some((sound, taken + usize::from(word.at(at + taken) == 'h')))
}

/// Consonants that are written with several letters, or depend on their place.
fn cluster(word: &Word, at: usize) -> Option<Step> {
    let (before, is_start) = (word.before(at), at == 0);
    let has = |text| word.has(at, text);
    let is_end = |letters: usize| at + letters == word.len();
    Some(match word.at(at) {
        't' if has("tsch") => (&["ch"], 4),
        's' if has("sch") => (&["sh"], 3),
        'c' if has("chs") => (&["k", "s"], 3),
        'c' if has("ch") && is_start => (&["k"], 2),
        'c' if has("ch") && "aou".contains(before) => (&["x"], 2),
        'c' if has("ch") => (&["C"], 2),
        'c' if has("ck") => (&["k"], 2),
        's' if is_start && has("sp") => (&["sh", "p"], 2),
        's' if is_start && has("st") => (&["sh", "t"], 2),
        'n' if has("ng") => (&["ng"], 2),
        'n' if has("nk") => (&["ng", "k"], 2),
        't' if has("tz") => (&["ts"], 2),
        't' | 'p' if has("th") || has("ph") => (if has("th") { &["t"] } else { &["f"] }, 2),
        'd' if has("dt") => (&["t"], 2),
        'q' if has("qu") => (&["k", "v"], 2),
        'g' if is_end(1) && before == 'i' => (&["C"], 1),
        'b' if is_end(1) => (&["p"], 1),
        'd' if is_end(1) => (&["t"], 1),
        'g' if is_end(1) => (&["k"], 1),
        's' if is_vowel(word.at(at + 1)) && (is_start || is_vowel(before) || "lmnr".contains(before)) => {
            (&["z"], 1)
        }
        _ => return None,
    })
}

fn consonant(word: &Word, at: usize) -> Option<Step> {
    let letter = word.at(at);
    let sound: &[&str] = match letter {
        'b' => &["b"],
        'c' | 'k' => &["k"],
        'd' => &["d"],
        'f' | 'v' => &["f"],
        'g' => &["g"],
        'h' => &["h"],
        'j' => &["y"],
        'l' => &["l"],
        'm' => &["m"],
        'n' => &["n"],
        'p' => &["p"],
        'q' => &["k"],
        'r' => &["r"],
        's' | 'ß' => &["s"],
        't' => &["t"],
        'w' => &["v"],
        'x' => &["k", "s"],
        'z' => &["ts"],
        _ => return None,
    };
    Some((sound, 1 + usize::from(word.at(at + 1) == letter)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_in_the_word_count() {
        assert_eq!(spell("sehen").unwrap(), ["z", "e", "e", "n"]);
        assert_eq!(spell("wasser").unwrap(), ["v", "a", "s", "e", "r"]);
        assert_eq!(spell("lachen").unwrap(), ["l", "a", "x", "e", "n"]);
    }
}
