//! A store's rows as chunks.

use super::cut::{Cutter, aim};
use super::manifest::Pipelines;
use super::rows;
use crate::env::{Table, View};
use crate::forgotten;
use crate::journal;
use crate::meta::{self, FORMAT_VERSION};
use crate::space::{self, FACES, VOICES};
use crate::store::Store;
use sonic_core::Result;

/// A chunk on its way out.
#[derive(Debug)]
pub struct Exported {
    /// The table.
    pub table: &'static str,
    /// Its rows.
    pub bytes: Vec<u8>,
    /// How many there are.
    pub rows: u64,
    /// About as many bytes as all chunks have together.
    pub total_bytes: u64,
}

/// What was exported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// The transaction that the chunks are of.
    pub transaction: u64,
    /// Version of the store's format.
    pub store_format: u32,
    /// How often somebody was forgotten so far.
    pub forget_epoch: u64,
    /// Pipelines.
    pub pipelines: Pipelines,
    /// Aim of the size of a chunk.
    pub chunk_bytes: u64,
    /// Number of the last entry of the store's journal; `None` if it keeps none.
    pub sequence: Option<u64>,
    /// Names of all tables, in the order of their chunks.
    pub tables: Vec<&'static str>,
}

/// Gives the chunks of a store to `take`, table by table and in order of key, all of one transaction; `before` is the aim of
/// their size in the snapshot before. Writers go on, but reuse no page until the end.
///
/// # Errors
/// `Malformed` if a row is damaged; `Limit` if one is too large; what `take` returns.
pub fn export(
    store: &Store,
    before: Option<u64>,
    mut take: impl FnMut(Exported) -> Result<()>,
) -> Result<Summary> {
    let env = store.shared()?.env()?;
    let txn = env.read()?;
    let view = txn.view();
    let tables: Vec<Table> = Table::ALL.into_iter().filter(|table| table.travels()).collect();
    let sizes: Vec<u64> = tables.iter().map(|table| view.bytes(*table)).collect::<Result<_>>()?;
    let total_bytes = sizes.iter().sum();
    let aim = aim(total_bytes, before);
    for &table in &tables {
        export_table(view, table, aim, &mut |bytes, rows| {
            take(Exported { table: table.name(), bytes, rows, total_bytes })
        })?;
    }
    let pipeline = |kind| Ok(space::of_store(view, kind)?.map(|space| space.pipeline));
    Ok(Summary {
        transaction: txn.transaction(),
        store_format: FORMAT_VERSION,
        forget_epoch: forgotten::epoch(view)?,
        pipelines: Pipelines {
            fingerprints: meta::pipeline(view)?.map(|id| id.as_str().to_owned()),
            voices: pipeline(VOICES)?,
            faces: pipeline(FACES)?,
        },
        chunk_bytes: aim,
        sequence: journal::last(view)?,
        tables: tables.into_iter().map(Table::name).collect(),
    })
}

fn export_table(
    view: View<'_>,
    table: Table,
    aim: u64,
    take: &mut dyn FnMut(Vec<u8>, u64) -> Result<()>,
) -> Result<()> {
    let (mut cutter, mut chunk, mut count) = (Cutter::new(aim), Vec::new(), 0);
    for row in view.sealed_rows(table, b"")? {
        let row = row?;
        rows::push(&mut chunk, row)?;
        count += 1;
        if cutter.ends_after(row.0, rows::length(row)) {
            let room = chunk.len();
            take(
                std::mem::replace(&mut chunk, Vec::with_capacity(room.min(1 << 20))),
                std::mem::take(&mut count),
            )?;
        }
    }
    if count > 0 { take(chunk, count) } else { Ok(()) }
}
