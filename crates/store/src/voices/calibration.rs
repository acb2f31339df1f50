//! The calibration of a pipeline that was fitted and kept.

use crate::env::{Table, View, WriteTxn};
use crate::rows::encode::{json, parse};
use serde::{Deserialize, Serialize};
use sonic_core::{Calibration, PipelineId, Result};

const KEY: &[u8] = b"voice_calibration";

#[derive(Serialize, Deserialize)]
struct Row {
    pipeline: String,
    calibration: Line,
}

#[derive(Serialize, Deserialize)]
struct Line {
    slope: f64,
    offset: f64,
    trials: u64,
}

/// The calibration fitted for `pipeline`, if one was.
pub(crate) fn of_store(view: View<'_>, pipeline: &PipelineId) -> Result<Option<Calibration>> {
    let Some(value) = view.get(Table::Meta, KEY)? else { return Ok(None) };
    let row: Row = parse(value, "the calibration of the voices")?;
    let Line { slope, offset, trials } = row.calibration;
    Ok((row.pipeline == pipeline.as_str()).then_some(Calibration { slope, offset, trials }))
}

pub(crate) fn keep(txn: &mut WriteTxn<'_>, pipeline: &PipelineId, calibration: &Calibration) -> Result<()> {
    let &Calibration { slope, offset, trials } = calibration;
    let row = Row { pipeline: pipeline.as_str().to_owned(), calibration: Line { slope, offset, trials } };
    txn.put(Table::Meta, KEY, &json(&row, "a calibration")?)
}
