//! YAML and text files as the authors of voicebanks write them.

use super::finding::Report;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::Spanned;
use std::fmt;
use std::path::Path;

/// The longest text file that is read. Dictionaries of 200,000 words have 12 MB.
const MOST_BYTES: u64 = 64 << 20;

/// The text of a file without byte order mark, as UTF-8; what is not UTF-8 becomes U+FFFD.
pub(crate) fn read_text(path: &Path) -> std::io::Result<String> {
    let length = std::fs::metadata(path)?.len();
    if length > MOST_BYTES {
        return Err(std::io::Error::other(format!("{length} bytes are more than {MOST_BYTES}")));
    }
    let bytes = std::fs::read(path)?;
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    Ok(match bytes {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        _ => String::from_utf8_lossy(bytes).into_owned(),
    })
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

/// A value of a settings file whose shape nobody knows beforehand.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    List(Vec<Value>),
    Map(Vec<(String, Value)>),
}

impl Value {
    /// As text, of a single value.
    pub(crate) fn text(&self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text.clone()),
            Self::Number(number) => Some(number.to_string()),
            Self::Bool(value) => Some(value.to_string()),
            _ => None,
        }
    }

    /// As a number; quoted numbers are numbers.
    pub(crate) fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Text(text) => text.trim().parse().ok(),
            _ => None,
        }
        .filter(|n: &f64| n.is_finite())
    }

    /// As a truth value, however YAML 1.1 and Python write it.
    pub(crate) fn truth(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            Self::Text(text) => match text.trim().to_ascii_lowercase().as_str() {
                "true" | "yes" | "on" | "1" => Some(true),
                "false" | "no" | "off" | "0" => Some(false),
                _ => None,
            },
            Self::Number(number) => [0.0, 1.0].contains(number).then_some(*number == 1.0),
            _ => None,
        }
    }

    /// The value at `key` of a map.
    pub(crate) fn get(&self, key: &str) -> Option<&Value> {
        match self {
            Self::Map(items) => items.iter().rev().find(|(k, _)| k == key).map(|(_, v)| v),
            _ => None,
        }
    }

    /// The items of a list; one value alone is a list of one.
    pub(crate) fn items(&self) -> &[Value] {
        match self {
            Self::List(items) => items,
            Self::Null => &[],
            other => std::slice::from_ref(other),
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value as f64))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value as f64))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Number(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::Text(value.to_owned()))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        Value::deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut map = Vec::new();
        while let Some((key, value)) = items.next_entry::<Value, Value>()? {
            map.push((key.text().unwrap_or_default(), value));
        }
        Ok(Value::Map(map))
    }
}

/// A settings file: keys, values and the lines they stand in.
#[derive(Debug, Clone, Default)]
pub(crate) struct Document {
    /// Its path from the bank's folder.
    pub(crate) file: String,
    items: Vec<(String, Value, u32)>,
}

/// The top of a settings file; nothing at all is a map without keys.
struct Top(Vec<(String, Value, u32)>);

impl<'de> Deserialize<'de> for Top {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Items;
        impl<'de> Visitor<'de> for Items {
            type Value = Top;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("settings: lines of `key: value`")
            }

            fn visit_unit<E>(self) -> Result<Top, E> {
                Ok(Top(Vec::new()))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut items: A) -> Result<Top, A::Error> {
                let mut top = Vec::new();
                while let Some(key) = items.next_key::<Spanned<Value>>()? {
                    let value = items.next_value()?;
                    let line = u32::try_from(key.referenced.line()).unwrap_or(0);
                    top.push((key.value.text().unwrap_or_default(), value, line));
                }
                Ok(Top(top))
            }
        }
        deserializer.deserialize_any(Items)
    }
}

/// `text` as a value of YAML of any type; the error is a message and a line.
pub(crate) fn from_yaml<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, (String, Option<u32>)> {
    let options = serde_saphyr::options! {
        duplicate_keys: serde_saphyr::options::DuplicateKeyPolicy::LastWins,
        strict_booleans: true,
        null_as_string: true,
        with_snippet: false,
        budget: serde_saphyr::budget! {
            max_events: 8_000_000,
            max_nodes: 8_000_000,
            max_depth: 64,
        },
        // A word for each of so many is more than settings share; bombs are made of it.
        alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: 50_000 },
    };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| {
        let line = error.location().and_then(|l| u32::try_from(l.line()).ok()).filter(|line| *line > 0);
        (error.without_snippet().to_string(), line)
    })
}

impl Document {
    /// The settings in the text of `file`.
    pub(crate) fn parse(file: &str, text: &str) -> Result<Self, (String, Option<u32>)> {
        let items = if text.trim().is_empty() { Vec::new() } else { from_yaml::<Top>(text)?.0 };
        Ok(Self { file: file.to_owned(), items })
    }

    /// The settings at `path`; `None`, and a finding, if they cannot be read.
    pub(crate) fn read(path: &Path, file: &str, report: &mut Report<'_>) -> Option<Self> {
        let text = match read_text(path) {
            Ok(text) => text,
            Err(error) => {
                report.error("missing_file", file, None, format!("{file} cannot be read: {error}"));
                return None;
            }
        };
        match Self::parse(file, &text) {
            Ok(document) => Some(document),
            Err((message, line)) => {
                let place = line.map_or_else(String::new, |line| format!(", line {line}"));
                report.error("bad_yaml", file, line, format!("{file}{place} is not YAML: {message}"));
                None
            }
        }
    }

    /// Keys, values and lines.
    pub(crate) fn items(&self) -> impl Iterator<Item = (&str, &Value, u32)> {
        self.items.iter().map(|(key, value, line)| (key.as_str(), value, *line))
    }

    /// The value of `key`, unless it is missing or null.
    pub(crate) fn get(&self, key: &str) -> Option<&Value> {
        self.items.iter().rev().find(|(k, ..)| k == key).map(|(_, v, _)| v).filter(|v| **v != Value::Null)
    }

    /// The line of `key`.
    pub(crate) fn line(&self, key: &str) -> Option<u32> {
        self.items.iter().rev().find(|(k, ..)| k == key).map(|(.., line)| *line).filter(|line| *line > 0)
    }

    /// The value of `key` as `read` reads it, or `default` if it is missing; a finding if it is something else.
    pub(crate) fn value<T>(
        &self,
        key: &str,
        what: &str,
        default: T,
        read: impl FnOnce(&Value) -> Option<T>,
        report: &mut Report<'_>,
    ) -> T {
        let Some(value) = self.get(key) else { return default };
        read(value).unwrap_or_else(|| {
            let got = value.text().unwrap_or_else(|| "a list or map".to_owned());
            let message = format!("{key} must be {what}, but is `{got}`");
            report.error("bad_value", &self.file, self.line(key), message);
            default
        })
    }

    pub(crate) fn truth(&self, key: &str, default: bool, report: &mut Report<'_>) -> bool {
        self.value(key, "true or false", default, Value::truth, report)
    }

    pub(crate) fn text(&self, key: &str, report: &mut Report<'_>) -> Option<String> {
        self.value(key, "text", None, |v| v.text().map(Some), report)
    }

    /// A whole number above 0 and below 2^24.
    pub(crate) fn count(&self, key: &str, default: usize, report: &mut Report<'_>) -> usize {
        let whole = |v: &Value| v.number().filter(|n| (1.0..16_777_216.0).contains(n) && n.fract() == 0.0);
        self.value(key, "a whole number above 0", default, |v| whole(v).map(|n| n as usize), report)
    }

    pub(crate) fn number(&self, key: &str, default: f64, report: &mut Report<'_>) -> f64 {
        self.value(key, "a number", default, Value::number, report)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quirks_of_settings_are_read() {
        let text = "# c\r\na: '44100'\r\nb: False  # python\r\nc: &x {r: [-5., 5.]}\r\n\
                    d: *x\r\ne: [y, no, 1]\r\nf:\r\n";
        let document = Document::parse("x.yaml", text).unwrap();
        assert_eq!(document.get("a").unwrap().number(), Some(44100.0));
        assert_eq!((document.line("a"), document.line("c")), (Some(2), Some(4)));
        assert_eq!(document.get("b").unwrap().truth(), Some(false));
        assert_eq!(document.get("d").unwrap().get("r").unwrap().items()[0].number(), Some(-5.0));
        let list: Vec<_> = document.get("e").unwrap().items().iter().filter_map(Value::text).collect();
        assert_eq!(list, ["y", "no", "1"]);
        assert!(document.get("f").is_none());
    }

    #[test]
    fn what_is_no_yaml_says_where() {
        let (_, line) = Document::parse("x.yaml", "a: 1\nb: [c\n\tx: {\n").unwrap_err();
        assert!(line.is_some_and(|line| line >= 2));
        assert!(Document::parse("x.yaml", "- a\n- b\n").is_err());
        assert!(Document::parse("x.yaml", "").unwrap().get("a").is_none());
    }
}
