//! What two processors agree on when their Fourier transforms round differently.

use serde_json::{Map, Value};

/// From this score on a match is the answer, below it is a guess.
const ACCEPTED: f64 = 1.0986;

/// True if transforms round here as they did where the golden files were written: an x86-64 processor with AVX and FMA.
/// `SONIC_GOLDEN=close` says that they do not.
pub(crate) fn rounds_alike() -> bool {
    #[cfg(target_arch = "x86_64")]
    let alike = is_x86_feature_detected!("avx") && is_x86_feature_detected!("fma");
    #[cfg(not(target_arch = "x86_64"))]
    let alike = false;
    alike && std::env::var_os("SONIC_GOLDEN").is_none_or(|how| how != "close")
}

/// Whether two cases are the same but for rounding.
pub(crate) fn close(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Object(x), Value::Object(y)) => {
            x.len() == y.len() && x.iter().all(|(key, x)| y.get(key).is_some_and(|y| field(key, x, y)))
        }
        _ => a == b,
    }
}

fn field(key: &str, a: &Value, b: &Value) -> bool {
    match key {
        "sha256" => true,
        "landmarks" if a.is_array() => mostly_common(a, b),
        "landmarks" => within(a, b, 2.0 + number(b) / 50.0),
        "matches" => accepted(a).zip(accepted(b)).all(|(x, y)| match_close(x, y)) && same_count(a, b),
        "clip" | "fingerprint" | "added" | "answer" => close(a, b),
        _ => a == b,
    }
}

/// Nineteen of twenty rows are in both.
fn mostly_common(a: &Value, b: &Value) -> bool {
    let (a, b) = (a.as_array().unwrap(), b.as_array().unwrap());
    let common = a.iter().filter(|row| b.contains(row)).count();
    20 * common >= 19 * a.len().max(b.len())
}

fn accepted(matches: &Value) -> impl Iterator<Item = &Map<String, Value>> {
    let matches = matches.as_array().unwrap().iter().map(|m| m.as_object().unwrap());
    matches.filter(|m| number(&m["score"]) >= ACCEPTED)
}

fn same_count(a: &Value, b: &Value) -> bool {
    accepted(a).count() == accepted(b).count()
}

fn match_close(a: &Map<String, Value>, b: &Map<String, Value>) -> bool {
    let near = |key: &str, most: f64| within(&a[key], &b[key], most);
    let placed = ["offset_ms", "query_start_ms", "query_end_ms"].iter().all(|key| near(key, 100.0));
    let alike = near("score", 1.0) && near("probability", 0.01) && near("aligned", 5.0);
    a["id"] == b["id"] && placed && alike && near("time_scale", 0.01) && near("pitch_semitones", 0.2)
}

fn within(a: &Value, b: &Value, most: f64) -> bool {
    (number(a) - number(b)).abs() <= most
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

#[test]
fn closeness_is_no_carelessness() {
    let case = |hash: &str, score: f64, offset: i64, id: &str| {
        let found = serde_json::json!({
            "id": id, "offset_ms": offset, "score": score, "aligned": 9, "probability": 0.99, "time_scale": 1.0,
            "pitch_semitones": 0.0, "query_start_ms": 0, "query_end_ms": 9000,
        });
        serde_json::json!({ "clip": { "samples": 5, "sha256": hash }, "answer": { "matches": [found] } })
    };
    let golden = case("a", 40.0, 1000, "x");
    assert!(close(&case("b", 40.4, 1020, "x"), &golden));
    assert!(close(&case("b", -9.0, 1000, "y"), &case("a", -4.0, 7000, "x")), "guesses may be others");
    for other in [case("a", 42.0, 1000, "x"), case("a", 40.0, 2000, "x"), case("a", 40.0, 1000, "y")] {
        assert!(!close(&other, &golden));
    }
    assert!(!close(&case("a", -4.0, 1000, "x"), &golden), "a match is no guess");
}
