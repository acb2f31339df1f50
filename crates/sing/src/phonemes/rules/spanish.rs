//! Spanish, as in Castile.

use super::Word;

/// The sounds of a word; `None` if it has letters that Spanish has not.
pub(super) fn spell(word: &str) -> Option<Vec<&'static str>> {
    let word = Word::new(word, |c| c);
    let mut out = Vec::new();
    let mut at = 0;
    while at < word.len() {
        at += consonant(&word, at, &mut out).or_else(|| vowel(&word, at, &mut out))?;
    }
    Some(out)
}

fn is_vowel(c: char) -> bool {
    "aeiouáéíóúü".contains(c)
}

fn is_front(c: char) -> bool {
    "eiéí".contains(c)
}

/// Adds the sound of what begins at `at`, gives the letters that it took.
fn consonant(word: &Word, at: usize, out: &mut Vec<&'static str>) -> Option<usize> {
    let (letter, next, after) = (word.at(at), word.at(at + 1), word.at(at + 2));
    let (sounds, taken): (&[&'static str], usize) = match letter {
        'c' if next == 'h' => (&["ch"], 2),
        'c' if is_front(next) => (&["th"], 1),
        'c' | 'k' => (&["k"], 1),
        'q' if next == 'u' => (&["k"], 2),
        'q' => (&["k"], 1),
        'z' => (&["th"], 1),
        'g' if is_front(next) => (&["x"], 1),
        'g' if next == 'u' && is_front(after) => (&["g"], 2),
        'g' => (&["g"], 1),
        'j' => (&["x"], 1),
        'h' if next == 'u' && is_vowel(after) => (&["w"], 2),
        'h' if next == 'i' && after == 'e' => (&["y"], 2),
        'h' => (&[], 1),
        'l' if next == 'l' => (&["y"], 2),
        'l' => (&["l"], 1),
        'r' if next == 'r' => (&["rr"], 2),
        'r' if [' ', 'n', 'l', 's'].contains(&word.before(at)) => (&["rr"], 1),
        'r' => (&["r"], 1),
        'ñ' => (&["N"], 1),
        'b' | 'v' => (&["b"], 1),
        'x' if at == 0 => (&["s"], 1),
        'x' => (&["k", "s"], 1),
        'y' if is_vowel(next) => (&["y"], 1),
        'y' => (&["i"], 1),
        'd' => (&["d"], 1),
        'f' => (&["f"], 1),
        'm' => (&["m"], 1),
        'n' => (&["n"], 1),
        'p' => (&["p"], 1),
        's' => (&["s"], 1),
        't' => (&["t"], 1),
        'w' => (&["w"], 1),
        _ => return None,
    };
    out.extend(sounds);
    Some(taken)
}

/// Vowels; i and u without accent glide into a vowel after them.
fn vowel(word: &Word, at: usize, out: &mut Vec<&'static str>) -> Option<usize> {
    let glides = is_vowel(word.at(at + 1));
    out.push(match word.at(at) {
        'a' | 'á' => "a",
        'e' | 'é' => "e",
        'i' if glides => "y",
        'i' | 'í' => "i",
        'o' | 'ó' => "o",
        'u' | 'ü' if glides => "w",
        'u' | 'ü' | 'ú' => "u",
        _ => return None,
    });
    Some(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accents_keep_vowels_apart() {
        assert_eq!(spell("día").unwrap(), ["d", "i", "a"]);
        assert_eq!(spell("alrededor").unwrap(), ["a", "l", "rr", "e", "d", "e", "d", "o", "r"]);
        assert_eq!(spell("hueso").unwrap(), ["w", "e", "s", "o"]);
        assert_eq!(spell("шум"), None);
    }
}
