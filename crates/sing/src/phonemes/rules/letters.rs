//! English words that no list has, by the letters they are written with.

/// Letters and how they mostly sound; longer ones stand before shorter ones. `^` before letters means the start of the
/// word, `$` after them its end.
const RULES: &[(&str, &str)] = &[
    ("^kn", "n"),
    ("^wr", "r"),
    ("^wh", "w"),
    ("^ps", "s"),
    ("^gn", "n"),
    ("^x", "z"),
    ("tion", "sh ah n"),
    ("sion", "zh ah n"),
    ("ture", "ch er"),
    ("ight", "ay t"),
    ("eigh", "ey"),
    ("ough", "ow"),
    ("augh", "ao"),
    ("tch", "ch"),
    ("dge", "jh"),
    ("sch", "s k"),
    ("igh", "ay"),
    ("ing$", "ih ng"),
    ("eer", "ih r"),
    ("ear", "ih r"),
    ("air", "eh r"),
    ("are$", "eh r"),
    ("ire$", "ay er"),
    ("ore$", "ao r"),
    ("ure$", "y uh r"),
    ("oor", "ao r"),
    ("our", "aw er"),
    ("ous$", "ah s"),
    ("cious$", "sh ah s"),
    ("le$", "ah l"),
    ("ed$", "d"),
    ("ch", "ch"),
    ("sh", "sh"),
    ("th", "th"),
    ("ph", "f"),
    ("gh", "g"),
    ("ck", "k"),
    ("ng", "ng"),
    ("qu", "k w"),
    ("ee", "iy"),
    ("ea", "iy"),
    ("ie", "iy"),
    ("ei", "iy"),
    ("ey$", "iy"),
    ("ey", "ey"),
    ("ai", "ey"),
    ("ay", "ey"),
    ("oa", "ow"),
    ("oo", "uw"),
    ("ou", "aw"),
    ("ow", "ow"),
    ("oi", "oy"),
    ("oy", "oy"),
    ("au", "ao"),
    ("aw", "ao"),
    ("ew", "uw"),
    ("ue$", "uw"),
    ("ui", "uw"),
    ("eu", "y uw"),
    ("er", "er"),
    ("ir", "er"),
    ("ur", "er"),
    ("ar", "aa r"),
    ("or", "ao r"),
    ("ce", "s eh"),
    ("ci", "s ih"),
    ("cy", "s iy"),
    ("ge", "jh eh"),
    ("gi", "jh ih"),
    ("y$", "iy"),
    ("^y", "y"),
    ("a$", "ah"),
    ("o$", "ow"),
    ("i$", "iy"),
    ("a", "ae"),
    ("b", "b"),
    ("c", "k"),
    ("d", "d"),
    ("e", "eh"),
    ("f", "f"),
    ("g", "g"),
    ("h", "hh"),
    ("i", "ih"),
    ("j", "jh"),
    ("k", "k"),
    ("l", "l"),
    ("m", "m"),
    ("n", "n"),
    ("o", "aa"),
    ("p", "p"),
    ("q", "k"),
    ("r", "r"),
    ("s", "s"),
    ("t", "t"),
    ("u", "ah"),
    ("v", "v"),
    ("w", "w"),
    ("x", "k s"),
    ("y", "ih"),
    ("z", "z"),
];

/// How a vowel sounds before one consonant and a silent e at the end.
const LONG: &[(char, &str)] = &[('a', "ey"), ('e', "iy"), ('i', "ay"), ('o', "ow"), ('u', "uw"), ('y', "ay")];

/// The sounds of a word in lower case; empty if it has no letter from a to z.
pub(super) fn spell(word: &str) -> Vec<&'static str> {
    let word: Vec<char> = word.chars().filter(char::is_ascii_lowercase).collect();
    let mut out = Vec::new();
    let mut at = 0;
    while at < word.len() {
        let (sounds, taken) = long(&word, at).or_else(|| rule(&word, at)).unwrap_or(("", 1));
        out.extend(sounds.split_whitespace());
        at += taken;
    }
    out
}

fn rule(word: &[char], at: usize) -> Option<(&'static str, usize)> {
    // A doubled consonant sounds once; an e at the end of a longer word does not.
    if at > 0 && word[at] == word[at - 1] && !"aeiou".contains(word[at]) {
        return Some(("", 1));
    }
    if word[at] == 'e' && at + 1 == word.len() && at > 1 {
        return Some(("", 1));
    }
    RULES.iter().find_map(|(letters, sounds)| {
        let (text, start) = letters.strip_prefix('^').map_or((*letters, false), |rest| (rest, true));
        let (text, end) = text.strip_suffix('$').map_or((text, false), |rest| (rest, true));
        let length = text.len();
        let here = word.get(at..at + length)?;
        let fits = here.iter().copied().eq(text.chars());
        let placed = (!start || at == 0) && (!end || at + length == word.len());
        (fits && placed).then_some((*sounds, length))
    })
}

/// A vowel whose length a silent e marks, with its consonant.
fn long(word: &[char], at: usize) -> Option<(&'static str, usize)> {
    let [vowel, consonant, 'e'] = word.get(at..)? else { return None };
    let known = LONG.iter().find(|(letter, _)| letter == vowel)?;
    (!"aeiouywrx".contains(*consonant)).then_some((known.1, 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_sound_as_they_mostly_do() {
        assert_eq!(spell("blime"), ["b", "l", "ay", "m"]);
        assert_eq!(spell("shunning"), ["sh", "ah", "n", "ih", "ng"]);
        assert_eq!(spell("knight"), ["n", "ay", "t"]);
        assert!(spell("漢").is_empty());
    }
}
