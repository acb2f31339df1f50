//! Numbers and shared texts as they are written in JSON.

use serde::Serializer;
use std::sync::Arc;

/// A whole number without a point, any other rounded to nine decimals.
pub(super) fn number<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    /// Up to here a whole number is exact.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if value.fract() == 0.0 && value.abs() <= EXACT {
        return serializer.serialize_i64(*value as i64);
    }
    serializer.serialize_f64(format!("{value:.9}").parse().unwrap_or(*value))
}

/// A text that is shared: Serde does not know such without a feature, which every crate would be built again for.
pub(super) fn text<S: Serializer>(text: &Arc<str>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(text)
}

/// Such a text or null.
pub(super) fn optional_text<S: Serializer>(
    text: &Option<Arc<str>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match text {
        Some(text) => serializer.serialize_some(&**text),
        None => serializer.serialize_none(),
    }
}
