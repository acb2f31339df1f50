//! The golden files' way of writing JSON, numbers and bytes.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// Whether two values are equal; numbers that are not whole are compared as 32-bit floats.
pub(crate) fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(x), Value::Number(y)) if x.is_f64() || y.is_f64() => {
            x.as_f64().map(|x| x as f32) == y.as_f64().map(|y| y as f32)
        }
        (Value::Array(x), Value::Array(y)) => x.len() == y.len() && x.iter().zip(y).all(|(x, y)| same(x, y)),
        (Value::Object(x), Value::Object(y)) => {
            x.len() == y.len() && x.iter().all(|(key, x)| y.get(key).is_some_and(|y| same(x, y)))
        }
        _ => a == b,
    }
}

/// JSON for people: an object's keys on lines of their own, what has no depth on one line.
pub(crate) fn written(value: &Value) -> String {
    let mut out = String::new();
    write(value, 0, &mut out);
    out.push('\n');
    out
}

/// An object without objects, or an array without objects, of up to this many letters stays on one line.
const LINE: usize = 110;

fn write(value: &Value, depth: usize, out: &mut String) {
    let flat = value.to_string();
    let (open, items, close): (_, Vec<(String, &Value)>, _) = match value {
        Value::Object(map) => {
            ('{', map.iter().map(|(k, v)| (format!("{}: ", Value::from(k.as_str())), v)).collect(), '}')
        }
        Value::Array(items) => ('[', items.iter().map(|v| (String::new(), v)).collect(), ']'),
        _ => return out.push_str(&flat),
    };
    let row = |v: &Value| v.as_array().is_some_and(|row| row.iter().all(Value::is_number));
    let numbers = items.iter().all(|(_, v)| v.is_number() || row(v));
    if flat.len() <= LINE || (open == '[' && numbers) {
        return out.push_str(&flat);
    }
    out.push(open);
    for (i, (key, item)) in items.iter().enumerate() {
        out.push_str(if i == 0 { "\n" } else { ",\n" });
        out.push_str(&"  ".repeat(depth + 1));
        out.push_str(key);
        write(item, depth + 1, out);
    }
    out.push('\n');
    out.push_str(&"  ".repeat(depth));
    out.push(close);
}

/// The bytes that `text` stands for (RFC 4648, padded).
pub(crate) fn base64(text: &str) -> Vec<u8> {
    STANDARD.decode(text).unwrap()
}
