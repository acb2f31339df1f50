//! Paths as text, in ids, rows and JSON, so that two names are never one and a path can be opened again.

use std::ffi::OsStr;
use std::path::PathBuf;

/// A path as text: as it is if it is UTF-8; otherwise with `\xNN` for each byte that is none, and `\\` for `\`.
pub fn path_text(path: impl AsRef<OsStr>) -> String {
    let path = path.as_ref();
    match path.to_str() {
        Some(text) => text.to_owned(),
        None => path.as_encoded_bytes().utf8_chunks().fold(String::new(), |mut text, chunk| {
            text.push_str(&chunk.valid().replace('\\', r"\\"));
            chunk.invalid().iter().for_each(|byte| text.push_str(&format!("\\x{byte:02x}")));
            text
        }),
    }
}

/// The path that [`path_text`] wrote as `text`; where a file has that name, or no byte is written as `\xNN`, the text itself.
pub fn path_of(text: &str) -> PathBuf {
    let literal = PathBuf::from(text);
    if !text.contains(r"\x") || literal.exists() {
        return literal;
    }
    bytes_of(text).and_then(path_of_bytes).unwrap_or(literal)
}

#[cfg(unix)]
fn path_of_bytes(bytes: Vec<u8>) -> Option<PathBuf> {
    use std::os::unix::ffi::OsStringExt;
    Some(std::ffi::OsString::from_vec(bytes).into())
}

#[cfg(not(unix))]
fn path_of_bytes(bytes: Vec<u8>) -> Option<PathBuf> {
    String::from_utf8(bytes).ok().map(PathBuf::from)
}

/// What [`path_text`] was made of; `None` if it was not made so.
fn bytes_of(text: &str) -> Option<Vec<u8>> {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let Some((&first, after)) = rest.split_first() {
        let byte;
        (byte, rest) = match (first, after) {
            (b'\\', [b'\\', after @ ..]) => (b'\\', after),
            (b'\\', [b'x', a, b, after @ ..]) => {
                let digit = |digit: u8| (digit as char).to_digit(16).map(|d| d as u8);
                (digit(*a)? << 4 | digit(*b)?, after)
            }
            (b'\\', _) => return None,
            (byte, after) => (byte, after),
        };
        bytes.push(byte);
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn text_is_taken_as_it_is() {
        assert_eq!(path_of("disc 1/01.opus"), Path::new("disc 1/01.opus"));
        assert_eq!(path_of(r"C:\music\xylophone"), Path::new(r"C:\music\xylophone"));
    }

    #[cfg(unix)]
    #[test]
    fn names_that_are_no_text_stay_apart_and_come_back() {
        use std::os::unix::ffi::OsStrExt;
        let names: [&[u8]; 3] = [b"caf\xe9.wav", b"caf\xea.wav", b"a\\b\xff.wav"];
        let texts = names.map(|name| path_text(OsStr::from_bytes(name)));
        assert_eq!(texts, [r"caf\xe9.wav", r"caf\xea.wav", r"a\\b\xff.wav"]);
        for (text, name) in texts.iter().zip(names) {
            assert_eq!(path_of(text).as_os_str().as_bytes(), name);
        }
    }
}
