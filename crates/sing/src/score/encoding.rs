//! From bytes to text: the encodings in which scores are written.

use super::MAX_BYTES;
use sonic_core::{Error, ErrorKind, Result};

/// Where the declaration of an XML file ends at the latest.
const DECLARATION_BYTES: usize = 200;

/// The text of an XML file, by its byte order mark or else by its declaration: UTF-8, UTF-16, ISO-8859-1 or
/// Windows-1252.
///
/// # Errors
/// `Unsupported` for another encoding; `Malformed` for bytes that are not text in the one that is named, and for
/// characters that XML forbids; `Limit` for text of more than 20 MiB.
pub(super) fn text_of(bytes: Vec<u8>) -> Result<String> {
    let text = match bytes.as_slice() {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes)?,
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes)?,
        [b'<', 0, _, _, ..] => utf16(&bytes, u16::from_le_bytes)?,
        [0, b'<', _, _, ..] => utf16(&bytes, u16::from_be_bytes)?,
        [0xef, 0xbb, 0xbf, ..] => utf8(bytes)?,
        _ => by_declaration(bytes)?,
    };
    if text.len() > MAX_BYTES {
        return Err(too_large());
    }
    match text.bytes().position(|byte| byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r')) {
        None => Ok(text),
        Some(at) => {
            let message = format!(
                "the control character {:#04x} at byte {at} has no place in XML",
                text.as_bytes()[at]
            );
            Err(Error::new(ErrorKind::Malformed, message))
        }
    }
}

pub(super) fn too_large() -> Error {
    let most = MAX_BYTES >> 20;
    Error::new(ErrorKind::Limit, format!("the score has more than {most} MiB of text, the most that is read"))
}

fn by_declaration(bytes: Vec<u8>) -> Result<String> {
    let declared = declared_encoding(&bytes).unwrap_or_default().to_ascii_lowercase();
    match declared.as_str() {
        // Text that can be read as bytes is not UTF-16, whatever it says.
        "" | "utf-8" | "utf8" | "us-ascii" | "ascii" | "utf-16" => utf8(bytes),
        "iso-8859-1" | "iso8859-1" | "latin1" | "latin-1" => single_bytes(&bytes, char::from),
        "windows-1252" | "cp1252" => single_bytes(&bytes, windows_1252),
        _ => {
            let message = format!("the encoding {declared:?} is not read: save the score as UTF-8");
            Err(Error::new(ErrorKind::Unsupported, message))
        }
    }
}

/// What stands behind `encoding=` in the declaration.
fn declared_encoding(bytes: &[u8]) -> Option<&str> {
    let head = &bytes[..bytes.len().min(DECLARATION_BYTES)];
    let ascii = head.iter().position(|byte| !byte.is_ascii()).unwrap_or(head.len());
    let head = std::str::from_utf8(&head[..ascii]).ok()?.trim_start();
    let declaration = head.strip_prefix("<?xml")?.split("?>").next()?;
    let (_, value) = declaration.split_once("encoding")?;
    let value = value.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    value[1..].split(quote).next().map(str::trim)
}

fn utf8(bytes: Vec<u8>) -> Result<String> {
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Error::new(
            ErrorKind::Malformed,
            format!("byte {at} is not UTF-8, in which the score is said to be written"),
        )
    })
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String> {
    let odd = || Error::new(ErrorKind::Malformed, "the score is said to be UTF-16, but is not");
    let (pairs, []) = bytes.as_chunks::<2>() else { return Err(odd()) };
    let mut text = String::with_capacity(pairs.len());
    for character in char::decode_utf16(pairs.iter().map(|&pair| unit(pair))) {
        text.push(character.map_err(|_| odd())?);
        if text.len() > MAX_BYTES {
            return Err(too_large());
        }
    }
    Ok(text)
}

fn single_bytes(bytes: &[u8], character: fn(u8) -> char) -> Result<String> {
    let length: usize = bytes.iter().map(|&byte| character(byte).len_utf8()).sum();
    if length > MAX_BYTES {
        return Err(too_large());
    }
    let mut text = String::with_capacity(length);
    text.extend(bytes.iter().map(|&byte| character(byte)));
    Ok(text)
}

/// The characters from 0x80 to 0x9f, where Windows-1252 differs from ISO-8859-1; what it leaves free stays.
fn windows_1252(byte: u8) -> char {
    const SPECIAL: [char; 32] = [
        '\u{20ac}', '\u{81}', '\u{201a}', '\u{192}', '\u{201e}', '\u{2026}', '\u{2020}', '\u{2021}',
        '\u{2c6}', '\u{2030}', '\u{160}', '\u{2039}', '\u{152}', '\u{8d}', '\u{17d}', '\u{8f}', '\u{90}',
        '\u{2018}', '\u{2019}', '\u{201c}', '\u{201d}', '\u{2022}', '\u{2013}', '\u{2014}', '\u{2dc}',
        '\u{2122}', '\u{161}', '\u{203a}', '\u{153}', '\u{9d}', '\u{17e}', '\u{178}',
    ];
    match byte {
        0x80..=0x9f => SPECIAL[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_are_told_apart() {
        let text = "<a>\u{e9}\u{1d11e}</a>";
        let units = |bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes).collect::<Vec<_>>();
        let marked = |mark: &[u8], rest: Vec<u8>| [mark, &rest].concat();
        for bytes in [
            text.as_bytes().to_vec(),
            units(u16::to_le_bytes),
            units(u16::to_be_bytes),
            marked(&[0xff, 0xfe], units(u16::to_le_bytes)),
            marked(&[0xfe, 0xff], units(u16::to_be_bytes)),
        ] {
            assert_eq!(text_of(bytes).unwrap(), text);
        }
        let latin = b"<?xml version='1.0' encoding = \"ISO-8859-1\"?><a>\xe9\x93</a>".to_vec();
        assert!(text_of(latin.clone()).unwrap().ends_with("<a>\u{e9}\u{93}</a>"));
        let windows = String::from_utf8_lossy(&latin).replace("ISO-8859-1", "Windows-1252");
        assert!(windows.contains("Windows"));
        let windows = b"<?xml version='1.0' encoding='windows-1252'?><a>\xe9\x93</a>".to_vec();
        assert!(text_of(windows).unwrap().ends_with("<a>\u{e9}\u{201c}</a>"));
    }

    #[test]
    fn what_is_no_text_is_said() {
        let kind = |bytes: &[u8]| text_of(bytes.to_vec()).unwrap_err().kind();
        assert_eq!(kind(b"<a>\xff</a>"), ErrorKind::Malformed);
        assert_eq!(kind(b"<a>\0</a>"), ErrorKind::Malformed);
        assert_eq!(kind(b"\xff\xfe<"), ErrorKind::Malformed);
        assert_eq!(kind(b"\xff\xfe\x00\xd8"), ErrorKind::Malformed);
        assert_eq!(kind(b"<?xml version='1.0' encoding='Shift_JIS'?><a/>"), ErrorKind::Unsupported);
        assert_eq!(kind(&vec![b' '; MAX_BYTES + 1]), ErrorKind::Limit);
    }
}
