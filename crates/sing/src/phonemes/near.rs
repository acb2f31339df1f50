//! What stands in for a phoneme that a bank does not have.

use super::Language;

/// Phonemes, separated by spaces, that come near to `symbol` of the rules of `language`, the nearest first.
pub(super) fn alternatives(language: Language, symbol: &str) -> &'static [&'static str] {
    match (language, symbol) {
        (Language::Japanese, "N") => return &["n", "m"],
        (_, "N") => return &["ny", "n y", "n"],
        (Language::Japanese, "cl") => return &["t", "k", "SP"],
        (Language::Japanese, "r") => return &["l"],
        _ => (),
    }
    if let Some((_, found)) = NEAR.iter().find(|(s, _)| *s == symbol) {
        return found;
    }
    // A palatal of the kana table is its consonant and a glide.
    match symbol {
        "ky" => &["k y"],
        "gy" => &["g y", "k y"],
        "ny" => &["n y"],
        "hy" => &["h y", "y"],
        "by" => &["b y", "m y"],
        "py" => &["p y", "t y"],
        "my" => &["m y"],
        "ry" => &["r y", "l y"],
        "ty" => &["t y"],
        "dy" => &["d y", "t y"],
        _ => &[],
    }
}

const NEAR: &[(&str, &[&str])] = &[
    ("aa", &["a", "ah"]),
    ("ae", &["a", "aa", "eh"]),
    ("ah", &["a", "aa"]),
    ("ao", &["o", "ow"]),
    ("aw", &["a u", "aa uw"]),
    ("ay", &["a i", "aa iy"]),
    ("ai", &["a i", "ay"]),
    ("oi", &["o i", "oy"]),
    ("au", &["a u", "aw"]),
    ("eh", &["e", "ey"]),
    ("er", &["e r", "e"]),
    ("ey", &["e i", "e"]),
    ("ih", &["i", "iy"]),
    ("iy", &["i"]),
    ("ow", &["o", "ao"]),
    ("oy", &["o i"]),
    ("uh", &["u", "uw"]),
    ("uw", &["u"]),
    ("a", &["aa", "ah"]),
    ("e", &["eh", "ey"]),
    ("i", &["iy", "ih"]),
    ("o", &["ow", "ao"]),
    ("u", &["uw", "uh"]),
    ("oe", &["e"]),
    ("ue", &["i"]),
    ("hh", &["h", "x"]),
    ("h", &["hh", "x"]),
    ("x", &["h", "hh", "k"]),
    ("C", &["hh", "h", "sh", "s"]),
    ("dh", &["d", "z", "t"]),
    ("th", &["s", "t"]),
    ("ng", &["n"]),
    ("jh", &["j", "d zh", "d y", "t y"]),
    ("j", &["jh", "d y", "t y"]),
    ("ch", &["t sh", "t s"]),
    ("sh", &["s"]),
    ("zh", &["sh", "z", "s"]),
    ("z", &["s"]),
    ("ts", &["t s"]),
    ("dz", &["d z", "z"]),
    ("f", &["s"]),
    ("v", &["b", "w"]),
    ("b", &["p", "m"]),
    ("p", &["b", "t"]),
    ("d", &["t"]),
    ("g", &["k"]),
    ("k", &["c"]),
    ("rr", &["r"]),
    ("r", &["rr", "l"]),
    ("L", &["l y", "y"]),
    ("y", &["j", "i"]),
    ("w", &["u"]),
    ("-", &["SP"]),
];
