//! Kana. Hiragana and katakana lie in the same order, 0x60 apart; a small y or vowel joins the kana before it.

/// The rows of the kana table by consonant; the vowels are a, i, u, e, o.
const ROWS: &[(&str, &str)] = &[
    ("", "あいうえお"),
    ("k", "かきくけこ"),
    ("s", "さしすせそ"),
    ("t", "たちつてと"),
    ("n", "なにぬねの"),
    ("h", "はひふへほ"),
    ("m", "まみむめも"),
    ("r", "らりるれろ"),
    ("g", "がぎぐげご"),
    ("z", "ざじずぜぞ"),
    ("d", "だぢづでど"),
    ("b", "ばびぶべぼ"),
    ("p", "ぱぴぷぺぽ"),
];

const VOWELS: [&str; 5] = ["a", "i", "u", "e", "o"];

/// Kana that do not sound like their row, and those without one.
const ODD: &[(char, &[&str])] = &[
    ('し', &["sh", "i"]),
    ('ち', &["ch", "i"]),
    ('つ', &["ts", "u"]),
    ('ふ', &["f", "u"]),
    ('じ', &["j", "i"]),
    ('ぢ', &["j", "i"]),
    ('づ', &["z", "u"]),
    ('や', &["y", "a"]),
    ('ゆ', &["y", "u"]),
    ('よ', &["y", "o"]),
    ('わ', &["w", "a"]),
    ('ゐ', &["w", "i"]),
    ('ゑ', &["w", "e"]),
    ('を', &["o"]),
    ('ん', &["N"]),
    ('っ', &["cl"]),
    ('ー', &["-"]),
    ('ゔ', &["v", "u"]),
    ('ぁ', &["a"]),
    ('ぃ', &["i"]),
    ('ぅ', &["u"]),
    ('ぇ', &["e"]),
    ('ぉ', &["o"]),
    ('ゃ', &["y", "a"]),
    ('ゅ', &["y", "u"]),
    ('ょ', &["y", "o"]),
];

/// What the consonant of a kana becomes before a small y.
const PALATALS: &[(char, &str)] = &[
    ('き', "ky"),
    ('し', "sh"),
    ('ち', "ch"),
    ('に', "ny"),
    ('ひ', "hy"),
    ('み', "my"),
    ('り', "ry"),
    ('ぎ', "gy"),
    ('じ', "j"),
    ('ぢ', "j"),
    ('び', "by"),
    ('ぴ', "py"),
    ('て', "ty"),
    ('で', "dy"),
];

/// The consonant of a kana before a small vowel, in foreign words.
const FOREIGN: &[(char, &str)] = &[
    ('ふ', "f"),
    ('て', "t"),
    ('で', "d"),
    ('と', "t"),
    ('ど', "d"),
    ('う', "w"),
    ('し', "sh"),
    ('ち', "ch"),
    ('じ', "j"),
    ('つ', "ts"),
    ('ゔ', "v"),
    ('き', "ky"),
    ('い', "y"),
];

/// True if there is a kana in `word`.
pub(in crate::phonemes) fn has_kana(word: &str) -> bool {
    word.chars().any(|c| matches!(c, 'ぁ'..='ゖ' | 'ァ'..='ヺ'))
}

/// The sounds of a word in kana; `None` if anything else is in it.
pub(super) fn spell(word: &str) -> Option<Vec<&'static str>> {
    let kana: Vec<char> = word.chars().map(hiragana).collect();
    let mut out = Vec::new();
    let mut at = 0;
    while at < kana.len() {
        let joined = kana.get(at + 1).and_then(|small| joined(kana[at], *small));
        match joined {
            Some(sounds) => {
                out.extend(sounds);
                at += 2;
            }
            None => {
                single(kana[at], &mut out)?;
                at += 1;
            }
        }
    }
    Some(out)
}

fn hiragana(c: char) -> char {
    match c {
        'ァ'..='ヶ' => char::from_u32(u32::from(c) - 0x60).unwrap_or(c),
        _ => c,
    }
}

fn single(kana: char, out: &mut Vec<&'static str>) -> Option<()> {
    if let Some((_, sounds)) = ODD.iter().find(|(k, _)| *k == kana) {
        out.extend(*sounds);
        return Some(());
    }
    let place = |(_, row): &&(&str, &str)| row.chars().position(|k| k == kana);
    let (consonant, vowel) = ROWS.iter().find_map(|row| Some((row.0, place(&row)?)))?;
    out.extend(Some(consonant).filter(|c| !c.is_empty()));
    out.push(VOWELS[vowel]);
    Some(())
}

fn joined(kana: char, small: char) -> Option<[&'static str; 2]> {
    let find = |table: &[(char, &'static str)]| table.iter().find(|(k, _)| *k == kana).map(|(_, s)| *s);
    let (table, vowel) = match small {
        'ゃ' => (PALATALS, "a"),
        'ゅ' => (PALATALS, "u"),
        'ょ' => (PALATALS, "o"),
        'ぁ' => (FOREIGN, "a"),
        'ぃ' => (FOREIGN, "i"),
        'ぅ' => (FOREIGN, "u"),
        'ぇ' => (FOREIGN, "e"),
        'ぉ' => (FOREIGN, "o"),
        _ => return None,
    };
    Some([find(table)?, vowel])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kana_are_read_and_kanji_are_not() {
        assert_eq!(spell("しゃっきん").unwrap(), ["sh", "a", "cl", "k", "i", "N"]);
        assert_eq!(spell("ファイト").unwrap(), ["f", "a", "i", "t", "o"]);
        assert_eq!(spell("桜"), None);
        assert!(has_kana("桜ノ") && !has_kana("sakura"));
    }
}
