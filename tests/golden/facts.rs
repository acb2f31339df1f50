//! Results as golden files have them: the fields of the library, but for those that differ from time to time.

use serde::Serialize;
use serde_json::Value;

const TIMES: [&str; 4] = ["created_at_ms", "updated_at_ms", "invited_at_ms", "elapsed_ms"];

/// The fields of `result` but for times and those `left_out`; floats with the fewest digits that give them back.
pub(crate) fn facts(result: &impl Serialize, left_out: &[&str]) -> Value {
    let mut value = serde_json::from_str(&serde_json::to_string(result).unwrap()).unwrap();
    remove(&mut value, left_out);
    value
}

/// As [`facts`], floats with as many `digits` as are compared.
pub(crate) fn rounded_facts(result: &impl Serialize, left_out: &[&str], digits: i32) -> Value {
    let mut value = serde_json::to_value(result).unwrap();
    remove(&mut value, left_out);
    round(&mut value, 10f64.powi(digits));
    value
}

fn remove(value: &mut Value, left_out: &[&str]) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(|value| remove(value, left_out)),
        Value::Object(fields) => {
            fields.retain(|key, _| !TIMES.contains(&key.as_str()) && !left_out.contains(&key.as_str()));
            fields.values_mut().for_each(|value| remove(value, left_out));
        }
        _ => {}
    }
}

fn round(value: &mut Value, scale: f64) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(|value| round(value, scale)),
        Value::Object(fields) => fields.values_mut().for_each(|value| round(value, scale)),
        Value::Number(number) if number.is_f64() => {
            *value = number.as_f64().map_or(Value::Null, |x| ((x * scale).round() / scale).into());
        }
        _ => {}
    }
}
