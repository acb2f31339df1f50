//! Tables as Arrow: the only module that knows `arrow`.
//!
//! A table leaves through the Arrow C stream interface, which pyarrow, pandas, polars and DuckDB read without copying.
//! A stream is read page by page, each page in a transaction of its own.

#![expect(unsafe_code, reason = "the C stream interface is a struct that is handed over by address")]

pub(crate) mod faces;
#[cfg(feature = "parquet")]
mod parquet;
mod recordings;
mod schema;
mod voices;

use arrow_array::builder::{FixedSizeListBuilder, Float32Builder, ListBuilder};
use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use arrow_array::{
    ArrayRef, Int32Array, RecordBatch, RecordBatchReader, StringArray, TimestampMillisecondArray,
};
use arrow_schema::{ArrowError, SchemaRef};
use sonic_core::{Error, ErrorKind, Result, guard::guard};
use std::ffi::c_void;
use std::sync::Arc;

/// Rows of a batch.
const BATCH: usize = 4096;

/// A table on its way out: a struct `ArrowArrayStream` of the Arrow C stream interface, and nothing else.
///
/// A pointer to it may be given to whoever reads such streams, as the `arrow_array_stream` capsule of Python, and
/// dropping it releases what was not read. Errors of the store while it is read reach the reader as errors of the
/// stream. The stream keeps its store's handle; it ends with an error when the store is closed.
///
#[doc = include_str!("arrow/columns.md")]
#[repr(transparent)]
pub struct ArrowStream(FFI_ArrowArrayStream);

impl std::fmt::Debug for ArrowStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ArrowStream")
    }
}

impl ArrowStream {
    /// Moves the stream to `out`, which then owns it: its reader calls `release`.
    ///
    /// # Safety
    /// `out` points to room for a struct `ArrowArrayStream`, aligned as a pointer is; what it holds is overwritten.
    pub unsafe fn write_to(self, out: *mut c_void) {
        // SAFETY: the caller vouches for `out`.
        unsafe { out.cast::<Self>().write(self) };
    }

    fn new(batches: Batches) -> Self {
        Self(FFI_ArrowArrayStream::new(Box::new(batches)))
    }
}

type Next = Box<dyn FnMut() -> Result<Option<RecordBatch>> + Send>;

/// Batches until there is none or an error.
struct Batches {
    schema: SchemaRef,
    next: Option<Next>,
}

impl Batches {
    fn new(schema: SchemaRef, next: impl FnMut() -> Result<Option<RecordBatch>> + Send + 'static) -> Self {
        Self { schema, next: Some(Box::new(next)) }
    }
}

impl Iterator for Batches {
    type Item = std::result::Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.next.as_mut()?;
        let batch = guard(ErrorKind::Internal, "reading a table", next).transpose();
        if !matches!(batch, Some(Ok(_))) {
            self.next = None;
        }
        batch.map(|batch| batch.map_err(|e| outward(&e)))
    }
}

impl RecordBatchReader for Batches {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }
}

/// The error as a reader sees it: C knows no string with a zero in it.
fn outward(error: &Error) -> ArrowError {
    ArrowError::ExternalError(Box::new(Error::new(error.kind(), error.message().replace('\0', "\u{fffd}"))))
}

fn batch(schema: &SchemaRef, columns: Vec<ArrayRef>) -> Result<RecordBatch> {
    RecordBatch::try_new(schema.clone(), columns)
        .map_err(|e| Error::new(ErrorKind::Internal, format!("cannot make a table: {e}")).with_source(e))
}

fn strings<T: AsRef<str>>(values: impl Iterator<Item = Option<T>>) -> ArrayRef {
    Arc::new(StringArray::from_iter(values))
}

/// Instants, given in milliseconds since 1970 UTC.
fn instants(values: impl Iterator<Item = Option<u64>>) -> ArrayRef {
    let instants = TimestampMillisecondArray::from_iter(values.map(|ms| ms.map(|ms| ms as i64)));
    Arc::new(instants.with_timezone(schema::ZONE))
}

/// Lists of numbers, all of one length; null where there is none of that length.
fn lists<'a>(length: usize, rows: impl Iterator<Item = Option<&'a Vec<f32>>>) -> ArrayRef {
    let rows = rows.map(|row| row.filter(|row| row.len() == length));
    if length == 0 {
        let mut lists = ListBuilder::new(Float32Builder::new());
        rows.for_each(|_| lists.append(false));
        return Arc::new(lists.finish());
    }
    let mut lists = FixedSizeListBuilder::new(Float32Builder::new(), length as i32);
    for row in rows {
        match row {
            Some(row) => lists.values().append_slice(row),
            None => lists.values().append_nulls(length),
        }
        lists.append(row.is_some());
    }
    Arc::new(lists.finish())
}

/// A count that SQL knows as INTEGER.
fn integers(values: impl Iterator<Item = u32>) -> ArrayRef {
    Arc::new(Int32Array::from_iter_values(values.map(|n| i32::try_from(n).unwrap_or(i32::MAX))))
}

/// Free metadata as JSON; null if there is none.
fn json(value: &serde_json::Value) -> Option<String> {
    (!value.is_null()).then(|| value.to_string())
}
