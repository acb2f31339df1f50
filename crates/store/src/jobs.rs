//! Jobs: work that is to be done once, outlives a restart, and goes on when its worker dies.

use crate::ids::{Cursor, check_name};
use crate::meta;
use crate::rows::job::{self, Job, JobPage, JobState};
use crate::store::Store;
use serde_json::Value;
use sonic_core::{Error, ErrorKind, Result};

/// Longest name of a queue, in bytes.
pub const MAX_QUEUE_BYTES: usize = 64;
/// Longest payload, progress or result, in bytes of JSON.
const MAX_JSON_BYTES: usize = 1 << 20;
/// The longest wait between two attempts: an hour.
const MAX_BACKOFF_MS: u64 = 3_600_000;

/// A job that is to be added.
#[derive(Debug, Clone, PartialEq)]
pub struct NewJob {
    /// What kind of work it is: workers take jobs of a queue.
    pub queue: String,
    /// What makes it one: the same key in the same queue is the same job. Without, each is another.
    pub key: Option<String>,
    /// What is to be done.
    pub payload: Value,
    /// How often it is tried at most.
    pub max_attempts: u32,
    /// How long it waits after the first failure; twice as long after each further one, up to an hour.
    pub backoff_ms: u64,
    /// How long it waits before it may be taken first.
    pub delay_ms: u64,
}

impl Default for NewJob {
    fn default() -> Self {
        let (queue, key, payload) = (String::new(), None, Value::Null);
        Self { queue, key, payload, max_attempts: 5, backoff_ms: 1_000, delay_ms: 0 }
    }
}

/// What became of a job that was to be added.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum AddedJob {
    /// It is in the store now.
    New(Box<Job>),
    /// The store has a job of this key, as it is now.
    Known(Box<Job>),
}

impl AddedJob {
    /// True if the job was not there before.
    pub fn is_new(&self) -> bool {
        matches!(self, Self::New(_))
    }

    /// The job.
    pub fn into_job(self) -> Job {
        let (Self::New(job) | Self::Known(job)) = self;
        *job
    }
}

/// The jobs of a store. Every call is one transaction.
///
/// A worker [takes](Self::lease) a job for a while and [extends](Self::extend) that while it works. If it dies, the lease ends
/// and somebody else takes the job; what the first one still reports is refused, as its number of attempts is an old one.
///
/// ```
/// use sonic_store::{NewJob, Store, StoreOptions};
///
/// # let directory = std::env::temp_dir().join(format!("sonic-doc-jobs-{}", std::process::id()));
/// let store = Store::open(&directory, StoreOptions::default())?;
/// let jobs = store.jobs();
/// let job = NewJob { queue: "cluster".to_owned(), key: Some("wedding".to_owned()), ..NewJob::default() };
/// assert!(jobs.add(&job)?.is_new() && !jobs.add(&job)?.is_new());
/// let taken = jobs.lease("cluster", "worker 1", 30_000)?.expect("there is one");
/// jobs.complete(taken.id, taken.attempts, serde_json::json!({ "people": 12 }))?;
/// assert_eq!(jobs.get(taken.id)?.and_then(|job| job.result), Some(serde_json::json!({ "people": 12 })));
/// # store.close();
/// # std::fs::remove_dir_all(&directory).ok();
/// # Ok::<(), sonic_core::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Jobs {
    store: Store,
}

impl Store {
    /// The jobs of this store.
    pub fn jobs(&self) -> Jobs {
        Jobs { store: self.clone() }
    }
}

/// What is to be done.
impl Jobs {
    /// Adds a job, unless its queue has one of its key: then that one stays as it is.
    ///
    /// # Errors
    /// `InvalidArgument` for a queue or key that is none, or no attempts; `Limit` for a payload above 1 MiB; `Io` if
    /// another process is writing or the disk is full.
    pub fn add(&self, new: &NewJob) -> Result<AddedJob> {
        check_queue(&new.queue)?;
        new.key.as_ref().map_or(Ok(()), |key| check_name("job's key", key))?;
        check_size(&new.payload)?;
        if new.max_attempts == 0 {
            return Err(Error::new(ErrorKind::InvalidArgument, "a job is tried once at least"));
        }
        self.store.write(|txn| {
            let known = new.key.as_ref().map(|key| job::by_key(txn.view(), &new.queue, key)).transpose()?;
            if let Some(known) = known.flatten() {
                return Ok(AddedJob::Known(Box::new(known)));
            }
            let mut id = meta::new_number(txn, meta::NEXT_JOB)?;
            // A counter that was lost begins anew.
            while job::by_number(txn.view(), id)?.is_some() {
                id = meta::new_number(txn, meta::NEXT_JOB)?;
            }
            let now = meta::now_ms();
            let job = Job {
                id,
                queue: new.queue.clone(),
                key: new.key.clone(),
                payload: new.payload.clone(),
                max_attempts: new.max_attempts,
                backoff_ms: new.backoff_ms.clamp(1, MAX_BACKOFF_MS),
                ready_at_ms: now.saturating_add(new.delay_ms),
                created_at_ms: now,
                updated_at_ms: now,
                ..Job::default()
            };
            job::write(txn, None, &job)?;
            Ok(AddedJob::New(Box::new(job)))
        })
    }

    /// The job of a number; `None` if there is none.
    ///
    /// # Errors
    /// `Malformed` if its row is damaged; `Closed` after the store was closed.
    pub fn get(&self, id: u32) -> Result<Option<Job>> {
        self.store.read(|view| job::by_number(view, id))
    }

    /// Jobs from a place on, in the order in which they were added; those of a queue, of a state, or all.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn page(
        &self,
        queue: Option<&str>,
        state: Option<JobState>,
        after: Cursor,
        limit: usize,
    ) -> Result<JobPage> {
        let wanted = |job: &Job| {
            queue.is_none_or(|queue| job.queue == queue) && state.is_none_or(|state| job.state == state)
        };
        self.store.read(|view| job::page(view, after, limit, wanted))
    }

    /// Calls a job off, whoever has it; one that has ended stays as it is.
    ///
    /// # Errors
    /// `NotFound` if there is no such job; `Io` if another process is writing.
    pub fn cancel(&self, id: u32) -> Result<Job> {
        self.change(id, |job, _| {
            if !job.state.is_final() {
                job.state = JobState::Cancelled;
            }
            Ok(())
        })
    }

    /// Removes jobs that ended before a time, in milliseconds since 1970 UTC; gives how many.
    ///
    /// # Errors
    /// `Io` if another process is writing.
    pub fn remove_ended(&self, before_ms: u64) -> Result<u64> {
        self.store.remove(|txn| {
            let wanted = |job: &Job| job.state.is_final() && job.updated_at_ms < before_ms;
            let ended = job::page(txn.view(), Cursor::default(), usize::MAX, wanted)?.jobs;
            ended.iter().try_for_each(|job| job::remove(txn, job))?;
            Ok(ended.len() as u64)
        })
    }
}

/// Doing it.
impl Jobs {
    /// Takes the job of a queue that has waited longest, for so many milliseconds; `None` if none waits. One whose lease has
    /// ended is taken again, unless that was its last attempt: then it has failed, and is given in that state, so that it can
    /// be told to whoever waits for it.
    ///
    /// # Errors
    /// `InvalidArgument` for a queue that is none; `Io` if another process is writing.
    pub fn lease(&self, queue: &str, worker: &str, lease_ms: u64) -> Result<Option<Job>> {
        check_queue(queue)?;
        self.lease_at(queue, worker, lease_ms, meta::now_ms())
    }

    fn lease_at(&self, queue: &str, worker: &str, lease_ms: u64, now: u64) -> Result<Option<Job>> {
        // Looking costs no write.
        if self.store.read(|view| job::ready(view, queue, now))?.is_none() {
            return Ok(None);
        }
        self.store.write(|txn| {
            let Some(was) = job::ready(txn.view(), queue, now)? else { return Ok(None) };
            let mut job = Job { updated_at_ms: now, ..was.clone() };
            if was.attempts >= was.max_attempts {
                job.state = JobState::Failed;
                job.error = Some("its worker was lost with the last attempt".to_owned());
            } else {
                job.state = JobState::Running;
                job.attempts += 1;
                job.ready_at_ms = now.saturating_add(lease_ms);
                job.worker = Some(worker.chars().take(200).collect());
            }
            job::write(txn, Some(&was), &job)?;
            Ok(Some(job))
        })
    }

    /// Says that the work goes on, how far it has come if there is news, and that the job is not to be taken for so many
    /// milliseconds.
    ///
    /// # Errors
    /// `Mismatch` if the job is not that of this attempt any more: the worker is to stop; `NotFound` if there is no such
    /// job; `Limit` for a progress above 1 MiB.
    pub fn extend(&self, id: u32, attempt: u32, lease_ms: u64, progress: Option<Value>) -> Result<Job> {
        progress.as_ref().map_or(Ok(()), check_size)?;
        self.change(id, |job, now| {
            check_attempt(job, attempt)?;
            job.ready_at_ms = now.saturating_add(lease_ms);
            if progress.is_some() {
                job.progress.clone_from(&progress);
            }
            Ok(())
        })
    }

    /// Says that it is done, and what came of it.
    ///
    /// # Errors
    /// As [`extend`](Self::extend).
    pub fn complete(&self, id: u32, attempt: u32, result: Value) -> Result<Job> {
        check_size(&result)?;
        self.change(id, |job, _| {
            check_attempt(job, attempt)?;
            job.state = JobState::Done;
            job.error = None;
            job.result = Some(result.clone());
            Ok(())
        })
    }

    /// Says that it failed and why. It waits to be tried again, unless that would be in vain or it was the last attempt.
    ///
    /// # Errors
    /// As [`extend`](Self::extend).
    pub fn fail(&self, id: u32, attempt: u32, error: &str, in_vain: bool) -> Result<Job> {
        self.change(id, |job, now| {
            check_attempt(job, attempt)?;
            job.error = Some(sonic_core::readable(error.to_owned()));
            if in_vain || job.attempts >= job.max_attempts {
                job.state = JobState::Failed;
                return Ok(());
            }
            let doubled = 1_u64.checked_shl(job.attempts - 1).unwrap_or(u64::MAX);
            job.state = JobState::Queued;
            job.ready_at_ms = now + job.backoff_ms.saturating_mul(doubled).min(MAX_BACKOFF_MS);
            Ok(())
        })
    }

    /// Gives it back untouched, as a worker does that has to end: somebody else may take it at once.
    ///
    /// # Errors
    /// As [`extend`](Self::extend).
    pub fn release(&self, id: u32, attempt: u32) -> Result<Job> {
        self.change(id, |job, now| {
            check_attempt(job, attempt)?;
            job.state = JobState::Queued;
            job.max_attempts = job.max_attempts.saturating_add(1);
            job.ready_at_ms = now;
            Ok(())
        })
    }

    fn change(&self, id: u32, mut change: impl FnMut(&mut Job, u64) -> Result<()>) -> Result<Job> {
        self.store.write(|txn| {
            let missing = || Error::new(ErrorKind::NotFound, format!("there is no job {id} in the store"));
            let was = job::by_number(txn.view(), id)?.ok_or_else(missing)?;
            let mut job = was.clone();
            let now = meta::now_ms();
            change(&mut job, now)?;
            if job != was {
                job.updated_at_ms = now;
                job::write(txn, Some(&was), &job)?;
            }
            Ok(job)
        })
    }
}

fn check_queue(queue: &str) -> Result<()> {
    let is_one = (1..=MAX_QUEUE_BYTES).contains(&queue.len()) && !queue.contains('\0');
    let message =
        || format!("the name of a queue has 1 to {MAX_QUEUE_BYTES} bytes, none of them zero: {queue:?}");
    if is_one { Ok(()) } else { Err(Error::new(ErrorKind::InvalidArgument, message())) }
}

fn check_size(value: &Value) -> Result<()> {
    match value.to_string().len() {
        0..=MAX_JSON_BYTES => Ok(()),
        bytes => {
            let message = format!("JSON of a job has up to {MAX_JSON_BYTES} bytes, not {bytes}");
            Err(Error::new(ErrorKind::Limit, message))
        }
    }
}

fn check_attempt(job: &Job, attempt: u32) -> Result<()> {
    if job.state == JobState::Running && job.attempts == attempt {
        return Ok(());
    }
    let (id, state) = (job.id, job.state.name());
    let message = format!("job {id} is {state}, at attempt {}: attempt {attempt} has lost it", job.attempts);
    Err(Error::new(ErrorKind::Mismatch, message))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::StoreOptions;

    /// A store in a folder that goes with it.
    struct Scratch(Store);

    impl Scratch {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("sonic-jobs-{name}-{}", std::process::id()));
            let _ = std::fs::remove_dir_all(&path);
            Self(Store::open(path, StoreOptions::default()).unwrap())
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            self.0.close();
            let _ = std::fs::remove_dir_all(self.0.path());
        }
    }

    fn new(key: Option<&str>) -> NewJob {
        NewJob { queue: "work".into(), key: key.map(str::to_owned), max_attempts: 2, ..NewJob::default() }
    }

    #[test]
    fn the_same_key_is_the_same_job_also_after_a_restart() {
        let scratch = Scratch::new("key");
        let jobs = scratch.0.jobs();
        let first = jobs.add(&new(Some("a"))).unwrap().into_job();
        let again = jobs.add(&new(Some("a"))).unwrap();
        assert!(!again.is_new());
        assert_eq!(again.into_job(), first);
        assert_ne!(jobs.add(&new(None)).unwrap().into_job().id, first.id);
        let taken = jobs.lease("work", "w", 1_000).unwrap().unwrap();
        jobs.complete(taken.id, 1, serde_json::json!(7)).unwrap();
        scratch.0.close();
        let store = Store::open(scratch.0.path(), StoreOptions::default()).unwrap();
        let known = store.jobs().add(&new(Some("a"))).unwrap().into_job();
        assert_eq!((known.state, known.result), (JobState::Done, Some(serde_json::json!(7))));
        assert_eq!(store.check().unwrap(), []);
        store.close();
    }

    #[test]
    fn a_lost_worker_loses_its_job_and_in_the_end_the_job_fails() {
        let scratch = Scratch::new("lost");
        let jobs = scratch.0.jobs();
        let id = jobs.add(&new(None)).unwrap().into_job().id;
        let now = meta::now_ms();
        assert_eq!(jobs.lease_at("work", "w1", 1_000, now).unwrap().unwrap().attempts, 1);
        assert_eq!(jobs.lease_at("work", "w2", 1_000, now + 999).unwrap(), None);
        let second = jobs.lease_at("work", "w2", 1_000, now + 1_000).unwrap().unwrap();
        assert_eq!((second.id, second.attempts), (id, 2));
        for lost in [
            jobs.complete(id, 1, Value::Null),
            jobs.extend(id, 1, 1_000, None),
            jobs.fail(id, 1, "", false),
            jobs.release(id, 1),
        ] {
            assert_eq!(lost.unwrap_err().kind(), ErrorKind::Mismatch);
        }
        let failed = jobs.lease_at("work", "w3", 1_000, now + 10_000).unwrap().unwrap();
        assert!(failed.state == JobState::Failed && failed.error.is_some(), "{failed:?}");
        assert_eq!(jobs.lease_at("work", "w3", 1_000, now + 10_000).unwrap(), None);
    }

    #[test]
    fn what_failed_waits_twice_as_long_each_time() {
        let scratch = Scratch::new("backoff");
        let jobs = scratch.0.jobs();
        let job = NewJob { max_attempts: 4, backoff_ms: 10_000, ..new(None) };
        let id = jobs.add(&job).unwrap().into_job().id;
        let mut now = meta::now_ms();
        for (attempt, wait) in [(1, 10_000), (2, 20_000), (3, 40_000)] {
            assert_eq!(jobs.lease_at("work", "w", 1, now).unwrap().unwrap().attempts, attempt);
            let failed = jobs.fail(id, attempt, "no", false).unwrap();
            assert_eq!(failed.state, JobState::Queued);
            assert_eq!(failed.ready_at_ms - failed.updated_at_ms, wait);
            now = failed.ready_at_ms;
        }
        jobs.lease_at("work", "w", 1_000, now).unwrap().unwrap();
        assert_eq!(jobs.fail(id, 4, "no", false).unwrap().state, JobState::Failed);
        let other = jobs.add(&new(None)).unwrap().into_job().id;
        jobs.lease("work", "w", 1_000).unwrap().unwrap();
        assert_eq!(jobs.fail(other, 1, "never", true).unwrap().state, JobState::Failed);
        assert_eq!(jobs.page(None, Some(JobState::Failed), Cursor(0), 1).unwrap().next, Some(Cursor(id)));
        assert_eq!(jobs.remove_ended(u64::MAX).unwrap(), 2);
        assert_eq!(scratch.0.read(|view| view.len(crate::env::Table::Jobs)).unwrap(), 0);
    }

    #[test]
    fn what_is_given_back_loses_no_attempt_and_what_is_called_off_no_worker_ends() {
        let scratch = Scratch::new("release");
        let jobs = scratch.0.jobs();
        let id = jobs.add(&NewJob { max_attempts: 1, ..new(None) }).unwrap().into_job().id;
        for attempt in 1..=3 {
            assert_eq!(jobs.lease("work", "w", 60_000).unwrap().unwrap().attempts, attempt);
            jobs.release(id, attempt).unwrap();
        }
        let job = jobs.lease("work", "w", 60_000).unwrap().unwrap();
        jobs.extend(id, job.attempts, 60_000, Some(serde_json::json!({ "done": 1 }))).unwrap();
        let job = jobs.cancel(id).unwrap();
        assert_eq!((job.state, job.progress), (JobState::Cancelled, Some(serde_json::json!({ "done": 1 }))));
        assert_eq!(jobs.complete(id, job.attempts, Value::Null).unwrap_err().kind(), ErrorKind::Mismatch);
        assert_eq!(jobs.lease("work", "w", 1).unwrap(), None);
        assert_eq!(jobs.add(&NewJob::default()).unwrap_err().kind(), ErrorKind::InvalidArgument);
    }
}
