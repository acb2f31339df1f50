//! Numbers in JSON that a parser would round without a word.

use crate::{Error, ErrorKind, Result};

/// That every integer in this JSON is one of 64 bits: others would become floating-point numbers, and others than were
/// written. What is no JSON is for the parser to refuse.
///
/// # Errors
/// `InvalidArgument` for an integer below -2^63 or of 2^64 and beyond.
pub fn check_integers(json: &str) -> Result<()> {
    let mut rest = json;
    while let Some(start) = rest.find(|c: char| c == '"' || c == '-' || c.is_ascii_digit()) {
        rest = &rest[start..];
        let length = if rest.starts_with('"') { string(rest) } else { number(rest)? };
        rest = &rest[length..];
    }
    Ok(())
}

/// Bytes of the string that `json` begins with.
fn string(json: &str) -> usize {
    let mut escaped = false;
    let end = json.bytes().skip(1).position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    });
    end.map_or(json.len(), |end| end + 2)
}

/// Bytes of the number that `json` begins with.
fn number(json: &str) -> Result<usize> {
    let is_part = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E');
    let length = json.bytes().position(|byte| !is_part(byte)).unwrap_or(json.len());
    let text = &json[..length];
    let is_integer = !text.contains(['.', 'e', 'E']);
    if is_integer && text.len() > 1 && text.parse::<i64>().is_err() && text.parse::<u64>().is_err() {
        let message = format!(
            "the integer {text} has more than 64 bits, which JSON in a store does not keep exactly: give it as text"
        );
        return Err(Error::new(ErrorKind::InvalidArgument, message));
    }
    Ok(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_of_64_bits_pass_and_larger_ones_are_named() {
        let fine = [
            "null",
            "",
            "-",
            r#"{"a": [18446744073709551615, -9223372036854775808, 1e400, 3.5, 0]}"#,
            r#""a string with \" and 99999999999999999999""#,
            r#"{"99999999999999999999\\": 1, "unclosed 99999999999999999999"#,
            "184467440737095516160.0",
        ];
        for json in fine {
            assert!(check_integers(json).is_ok(), "{json}");
        }
        for number in ["18446744073709551616", "-9223372036854775809", &"9".repeat(100_000)] {
            let error = check_integers(&format!(r#"{{"a\\": "b", "c": [1, {number}]}}"#)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidArgument);
            assert!(error.message().contains(&number[..20]) && error.message().contains("64 bits"));
            assert!(error.message().len() < 1100);
        }
    }
}
