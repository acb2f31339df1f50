//! The `jobs` table: work that is to be done once, by whoever takes it.
//!
//! ```text
//! 'j' number u32, big-endian                            -> row
//! 'k' queue 0 key                                       -> number u32, little-endian
//! 'r' queue 0 ready_at_ms u64, number u32, big-endian   -> nothing
//! ```
//!
//! A job that waits, or that somebody took, stands in the third index at the time from which on it may be taken (again).

use super::encode::{damaged, indexed, json, parse};
use crate::env::{Table, View, WriteTxn};
use crate::ids::Cursor;
use serde::{Deserialize, Serialize};
use sonic_core::Result;

/// How far a job has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum JobState {
    /// It waits to be taken.
    #[default]
    Queued,
    /// Somebody has taken it, until the lease ends.
    Running,
    /// It is done, and the result is there.
    Done,
    /// It failed as often as it may.
    Failed,
    /// Somebody called it off.
    Cancelled,
}

impl JobState {
    /// The state in snake case, as in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// True if nothing will happen to it any more.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Cancelled)
    }
}

/// A job.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Job {
    /// Its number.
    pub id: u32,
    /// What kind of work it is: workers take jobs of a queue.
    pub queue: String,
    /// What makes it one: the same key in the same queue is the same job.
    pub key: Option<String>,
    /// What is to be done.
    pub payload: serde_json::Value,
    /// How far it has come.
    pub state: JobState,
    /// How often it was taken. Together with the id it names who has it: what an earlier one reports is refused.
    pub attempts: u32,
    /// How often it is tried at most.
    pub max_attempts: u32,
    /// How long it waits after the first failure; twice as long after each further one.
    pub backoff_ms: u64,
    /// From when on it may be taken; of a running one, when its lease ends.
    pub ready_at_ms: u64,
    /// Who took it last.
    pub worker: Option<String>,
    /// What the worker said last.
    pub progress: Option<serde_json::Value>,
    /// What came of it.
    pub result: Option<serde_json::Value>,
    /// Why it failed last.
    pub error: Option<String>,
    /// When it was added.
    pub created_at_ms: u64,
    /// When anything happened to it last.
    pub updated_at_ms: u64,
}

/// Jobs, with the place where the next page begins.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct JobPage {
    /// The jobs, in the order in which they were added.
    pub jobs: Vec<Job>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<Cursor>,
}

const WHAT: &str = "the row of a job";

fn row_key(number: u32) -> [u8; 5] {
    let [a, b, c, d] = number.to_be_bytes();
    [b'j', a, b, c, d]
}

fn named(queue: &str, key: &str) -> Vec<u8> {
    [b"k", queue.as_bytes(), &[0], key.as_bytes()].concat()
}

fn ready_prefix(queue: &str) -> Vec<u8> {
    [b"r", queue.as_bytes(), &[0]].concat()
}

fn ready_key(job: &Job) -> Vec<u8> {
    [&ready_prefix(&job.queue), &job.ready_at_ms.to_be_bytes()[..], &job.id.to_be_bytes()].concat()
}

pub(crate) fn by_number(view: View<'_>, number: u32) -> Result<Option<Job>> {
    view.get(Table::Jobs, &row_key(number))?.map(|value| parse(value, WHAT)).transpose()
}

/// The job of a key.
pub(crate) fn by_key(view: View<'_>, queue: &str, key: &str) -> Result<Option<Job>> {
    let Some(value) = view.get(Table::Jobs, &named(queue, key))? else { return Ok(None) };
    by_number(view, indexed(value, "the key of a job")?)
}

/// Writes a job in the place of what it `was`.
pub(crate) fn write(txn: &mut WriteTxn<'_>, was: Option<&Job>, job: &Job) -> Result<()> {
    if let Some(was) = was.filter(|was| !was.state.is_final()) {
        txn.delete(Table::Jobs, &ready_key(was))?;
    }
    if let (None, Some(key)) = (was, &job.key) {
        txn.put(Table::Jobs, &named(&job.queue, key), &job.id.to_le_bytes())?;
    }
    if !job.state.is_final() {
        txn.put(Table::Jobs, &ready_key(job), &[])?;
    }
    txn.put(Table::Jobs, &row_key(job.id), &json(job, "a job")?)
}

pub(crate) fn remove(txn: &mut WriteTxn<'_>, job: &Job) -> Result<()> {
    if let Some(key) = &job.key {
        txn.delete(Table::Jobs, &named(&job.queue, key))?;
    }
    txn.delete(Table::Jobs, &ready_key(job))?;
    txn.delete(Table::Jobs, &row_key(job.id)).map(drop)
}

/// The first job of a queue that may be taken at `now_ms`.
pub(crate) fn ready(view: View<'_>, queue: &str, now_ms: u64) -> Result<Option<Job>> {
    let prefix = ready_prefix(queue);
    for row in view.prefix(Table::Jobs, &prefix)? {
        let (time, number) = ready_parts(&row?.0[prefix.len()..])?;
        if time > now_ms {
            return Ok(None);
        }
        if let Some(job) = by_number(view, number)? {
            return Ok(Some(job));
        }
    }
    Ok(None)
}

fn ready_parts(rest: &[u8]) -> Result<(u64, u32)> {
    let parts = rest.split_first_chunk::<8>().and_then(|(time, rest)| Some((time, rest.first_chunk::<4>()?)));
    let (time, number) = parts.ok_or_else(|| damaged("the index of jobs"))?;
    Ok((u64::from_be_bytes(*time), u32::from_be_bytes(*number)))
}

/// Jobs from a place on that `wanted` takes.
pub(crate) fn page(
    view: View<'_>,
    after: Cursor,
    limit: usize,
    wanted: impl Fn(&Job) -> bool,
) -> Result<JobPage> {
    let (mut jobs, mut next) = (Vec::new(), None);
    for row in view.after(Table::Jobs, &row_key(after.0))? {
        let (key, value) = row?;
        if key.first() != Some(&b'j') {
            break;
        }
        let job: Job = parse(value, WHAT)?;
        if !wanted(&job) {
            continue;
        }
        if jobs.len() == limit {
            next = jobs.last().map(|job: &Job| Cursor(job.id));
            break;
        }
        jobs.push(job);
    }
    Ok(JobPage { jobs, next })
}
