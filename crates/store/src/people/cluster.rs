//! A clustering as one transaction.

use super::options::ClusterOptions;
use super::plan::Plan;
use super::report::ClusterReport;
use crate::album::similarity::Vectors;
use crate::album::state::Album;
use crate::env::{View, WriteTxn};
use crate::rows::event;
use crate::store::Store;
use sonic_core::Result;
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::time::Instant;

/// Times that a plan is made on a snapshot before it is made while others wait.
const TRIES: usize = 3;

pub(super) fn cluster(
    store: &Store,
    name: &str,
    options: &ClusterOptions,
    progress: &mut dyn FnMut(f32) -> ControlFlow<()>,
) -> Result<ClusterReport> {
    options.check()?;
    let start = Instant::now();
    let finish =
        |report: ClusterReport| ClusterReport { elapsed_ms: start.elapsed().as_secs_f64() * 1e3, ..report };
    for _ in 0..TRIES {
        let planned = store.read(|view| plan(view, name, options, progress))?;
        let Some(planned) = planned else {
            return Ok(finish(ClusterReport { event: name.to_owned(), ..ClusterReport::default() }));
        };
        if let Some(report) = store.write(|txn| carry_out(txn, name, &planned))? {
            return Ok(finish(report));
        }
    }
    // Somebody changes the event all the time: now they wait.
    let report = store.write(|txn| {
        let planned = plan(txn.view(), name, options, progress)?;
        planned.map_or(Ok(None), |planned| carry_out(txn, name, &planned))
    })?;
    Ok(finish(report.unwrap_or_else(|| ClusterReport { event: name.to_owned(), ..ClusterReport::default() })))
}

/// A plan, and the state of the event that it was made for.
struct Planned {
    plan: Plan,
    event: u32,
    revision: u64,
}

/// `None` if there is no such event.
fn plan(
    view: View<'_>,
    name: &str,
    options: &ClusterOptions,
    progress: &mut dyn FnMut(f32) -> ControlFlow<()>,
) -> Result<Option<Planned>> {
    let Some(event) = event::number_of(view, name)? else { return Ok(None) };
    let album = Album::load(view, event)?;
    let vectors = Vectors::load(view, &album)?;
    let plan = Plan::new(&album, &vectors, options, progress)?;
    Ok(Some(Planned { plan, event, revision: album.row.revision }))
}

/// `None` if the event was changed since the plan was made.
fn carry_out(txn: &mut WriteTxn<'_>, name: &str, planned: &Planned) -> Result<Option<ClusterReport>> {
    let Some((event, row)) = event::find(txn.view(), name)? else { return Ok(None) };
    if (event, row.revision) != (planned.event, planned.revision) {
        return Ok(None);
    }
    let mut album = Album::load(txn.view(), event)?;
    let alive = album.people.iter().filter(|(_, p)| !p.is_merged());
    let before: BTreeSet<u32> = alive.map(|(n, _)| *n).collect();
    planned.plan.carry_out(&mut album)?;
    album.tidy();
    album.save(txn)?;
    Ok(Some(ClusterReport::new(&album, &planned.plan, &before)))
}
