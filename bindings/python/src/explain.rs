//! Why a clip was recognised, as a picture.

use crate::argument::{Arg, Sound, expected};
use crate::error::detached;
use crate::store::Store;
use pyo3::prelude::*;
use sonic::recordings::Match;

/// Why a clip was recognised, as the text of an SVG picture: its landmarks over those of the recording, and how many of
/// them meet at which offset.
///
/// `source` is the path, the bytes or the file object that was identified, `match` what `identify` gave for it. Of a long
/// clip the first 30 seconds that match are drawn. Raises `NotFoundError` if the recording is not in the store, and what
/// `decode` raises.
#[pyfunction]
#[pyo3(signature = (store, source, r#match))]
pub(crate) fn explain(
    py: Python<'_>,
    store: &Bound<'_, PyAny>,
    source: Sound,
    r#match: &Bound<'_, PyAny>,
) -> PyResult<String> {
    let store = store.cast::<Store>().map_err(|_| expected("a sonic.Store", store))?.get().handle();
    let found = match_of(r#match)?;
    detached(py, "explaining", || {
        let picture = sonic::recordings::explain(&store, source.0, &found)?;
        Ok(sonic::recordings::render(&picture))
    })
}

/// A `Match` that Python gives.
fn match_of(object: &Bound<'_, PyAny>) -> PyResult<Match> {
    let mut found = Match::default();
    macro_rules! take {
        ($($field:ident),*) => {$(
            let value = object.getattr(stringify!($field)).map_err(|_| expected("a sonic.Match", object))?;
            found.$field = value.extract::<Arg<_>>()?.0;
        )*};
    }
    take!(
        id,
        offset_ms,
        score,
        aligned,
        probability,
        time_scale,
        pitch_semitones,
        query_start_ms,
        query_end_ms
    );
    Ok(found)
}
