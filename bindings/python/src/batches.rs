//! Iterables whose items are worked on while they are pulled: a bounded number is held at a time.

use pyo3::prelude::*;

/// Batches keep this many times as many items as there are cores, so that cores do not wait for the last of a batch.
const PER_CORE: usize = 4;

/// Items that are held at a time: pulled and not yet worked on.
pub(crate) fn batch_size() -> usize {
    PER_CORE * sonic::parallel::cores()
}

/// Pulls an iterable a batch at a time, and gives each batch to `work` before it pulls the next. Between items it looks
/// whether Ctrl-C was pressed.
pub(crate) fn in_batches<T>(
    items: &Bound<'_, PyAny>,
    convert: impl Fn(&Bound<'_, PyAny>) -> PyResult<T>,
    mut work: impl FnMut(Vec<T>) -> PyResult<()>,
) -> PyResult<()> {
    let (py, size) = (items.py(), batch_size());
    let mut items = items.try_iter()?;
    loop {
        let mut batch = Vec::with_capacity(size);
        for item in items.by_ref().take(size) {
            py.check_signals()?;
            batch.push(convert(&item?)?);
        }
        let last = batch.len() < size;
        if !batch.is_empty() {
            work(batch)?;
        }
        if last {
            return Ok(());
        }
    }
}
