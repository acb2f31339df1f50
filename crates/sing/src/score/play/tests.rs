use super::*;
use crate::score::written::Endings;

/// Measures by signs: `|:` and `:|` repeats (`:|3` three times), `[1` opens an ending, `]` closes it, `F` fine, `C` da
/// capo, `S` dal segno, `s` segno, `t` to coda, `c` coda.
fn measures(text: &str) -> Vec<Measure> {
    let mut open = Endings::default();
    let mut measures = Vec::new();
    for written in text.split_whitespace() {
        let mut measure = Measure::default();
        for sign in written.split('.') {
            match sign {
                "|:" => measure.starts_repeat = true,
                "]" => measure.closes_ending = true,
                "F" => measure.sounded.fine = true,
                "C" => measure.sounded.da_capo = true,
                "S" => measure.sounded.dal_segno = true,
                "s" => measure.sounded.segno = true,
                "t" => measure.sounded.to_coda = true,
                "c" => measure.sounded.coda = true,
                _ if sign.starts_with(":|") => measure.times = sign[2..].parse().unwrap_or(2),
                _ if sign.starts_with('[') => open = Endings::parse(&sign[1..]),
                _ => {}
            }
        }
        measure.ending = open.clone();
        if measure.closes_ending {
            open = Endings::default();
        }
        measures.push(measure);
    }
    measures
}

fn played(text: &str) -> String {
    let order = order(&measures(text), &mut Warnings::default()).unwrap();
    order.iter().map(|played| char::from(b'a' + played.measure as u8)).collect()
}

#[test]
fn repeats_endings_and_jumps_are_expanded() {
    for (text, expected) in [
        ("- - -", "abc"),
        ("- :| -", "ababc"),
        ("- |:.:|4 -", "abbbbc"),
        ("- |: :| - :| -", "abcbcdedef"),
        ("|: [1.].:| [2.] -", "abacd"),
        ("- [1,2.].:|3 [3.] -", "ababacd"),
        ("|: [1 ].:| [2 ] -", "abcadef"),
        ("|: [1.].:| [2.].:| [3.]", "abacad"),
        ("- F - C", "abcdab"),
        ("- s t S c -", "abcdbcef"),
        ("- [1.].:| [2.].F C", "abacdac"),
        ("s S -", "ababc"),
        ("S t -", "abc"),
        ("- s S C", "abcbcd"),
    ] {
        assert_eq!(played(text), expected, "{text}");
    }
}

#[test]
fn passes_are_counted() {
    let order = order(&measures("- :|3 -"), &mut Warnings::default()).unwrap();
    let passes: Vec<u32> = order.iter().map(|played| played.pass).collect();
    assert_eq!(passes, [1, 1, 2, 2, 3, 3, 1]);
}

#[test]
fn endless_repeats_are_refused() {
    let error = order(&measures(":|1000000"), &mut Warnings::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Limit);
    assert_eq!(order(&measures(":|10000"), &mut Warnings::default()).unwrap().len(), 10_000);
}

#[test]
fn a_jump_without_a_target_is_said() {
    let mut warnings = Warnings::default();
    order(&measures("S t.C"), &mut warnings).unwrap();
    let codes: Vec<_> = warnings.into_vec().iter().map(|warning| warning.code).collect();
    assert_eq!(codes, ["no_segno", "no_coda"]);
}
