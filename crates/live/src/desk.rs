//! A desk where utterances are handed in for a recogniser: bounded in number, in time and in what a hanging one can hold up.

use crate::recognizer::{Recognition, Recognizer, Request};
use serde::Serialize;
use sonic_core::{Error, ErrorKind, Result, guard};
use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::Builder;
use std::time::{Duration, Instant};

/// How a desk works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeskOptions {
    /// Utterances that are recognised at once, 1 to 64.
    pub workers: usize,
    /// Utterances that wait at most; further ones are refused, and partial ones make room for final ones.
    pub queue: usize,
    /// An answer is waited for so long from the time on that it was asked for, in milliseconds.
    pub timeout_ms: u64,
}

impl Default for DeskOptions {
    fn default() -> Self {
        Self { workers: 2, queue: 64, timeout_ms: 30_000 }
    }
}

/// How utterances fared at a desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct DeskStats {
    /// Those that were answered.
    pub answered: u64,
    /// Those for which the recogniser gave an error, or an answer that cannot be one.
    pub failed: u64,
    /// Those for which no answer came in time.
    pub timed_out: u64,
    /// Those that were refused because too many waited, or made room for others.
    pub refused: u64,
    /// Threads that a recogniser has not given back in time; each is replaced, up to as many as there are workers.
    pub stuck: usize,
}

/// A ticket for an utterance that was handed in.
#[derive(Debug)]
pub(crate) struct Ticket {
    slot: Arc<Slot>,
    deadline: Instant,
}

/// Where an answer is put.
#[derive(Debug, Default)]
struct Slot {
    state: Mutex<SlotState>,
    told: Condvar,
}

#[derive(Debug, Default)]
enum SlotState {
    #[default]
    Waiting,
    Told(Result<Recognition>),
    /// Nobody wants it any more.
    Given,
}

/// An utterance to be recognised.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) samples: Vec<f32>,
    pub(crate) prompt: Option<String>,
    pub(crate) language: Option<String>,
    pub(crate) is_final: bool,
}

/// Where utterances of any number of sessions are handed in for one recogniser. Clones are the same desk. Its threads end
/// with the last of them, but for those that the recogniser does not give back.
#[derive(Clone)]
pub struct Desk {
    handle: Arc<Handle>,
}

/// What is closed with the last clone of a desk.
struct Handle {
    shared: Arc<Shared>,
}

struct Shared {
    recognizer: Arc<dyn Recognizer>,
    options: DeskOptions,
    pipeline: String,
    inside: Mutex<Inside>,
    came: Condvar,
}

#[derive(Default)]
struct Inside {
    queue: VecDeque<(Job, Arc<Slot>, Instant)>,
    /// The deadline of what each thread works at.
    busy: Vec<(u64, Instant)>,
    threads: usize,
    next: u64,
    stats: DeskStats,
    is_closed: bool,
}

impl Desk {
    /// A desk for `recognizer`. Threads start when they are needed.
    ///
    /// # Errors
    /// `InvalidArgument` if an option is out of range.
    pub fn new(recognizer: Arc<dyn Recognizer>, options: &DeskOptions) -> Result<Self> {
        let is_right = (1..=64).contains(&options.workers)
            && (1..=100_000).contains(&options.queue)
            && (1..=3_600_000).contains(&options.timeout_ms);
        if !is_right {
            let message = "workers is 1 to 64, queue 1 to 100000 and timeout_ms 1 to 3600000";
            return Err(crate::invalid(message));
        }
        let pipeline = recognizer.pipeline();
        let (options, inside, came) = (options.clone(), Mutex::default(), Condvar::new());
        let shared = Arc::new(Shared { recognizer, options, pipeline, inside, came });
        Ok(Self { handle: Arc::new(Handle { shared }) })
    }

    /// What tells the recogniser's answers from those of others.
    pub fn pipeline(&self) -> &str {
        &self.handle.shared.pipeline
    }

    /// How utterances fared so far.
    pub fn stats(&self) -> DeskStats {
        let inside = self.handle.shared.inside();
        DeskStats { stuck: inside.stuck(Instant::now()), ..inside.stats }
    }

    /// Hands an utterance in.
    ///
    /// # Errors
    /// `Busy` if too many wait; `Io` if no thread can be started.
    pub(crate) fn submit(&self, job: Job) -> Result<Ticket> {
        let shared = &self.handle.shared;
        let deadline = Instant::now() + Duration::from_millis(shared.options.timeout_ms);
        let slot = Arc::new(Slot::default());
        let mut inside = shared.inside();
        if inside.queue.len() >= shared.options.queue && !(job.is_final && inside.make_room()) {
            inside.stats.refused += 1;
            return Err(busy());
        }
        inside.queue.push_back((job, slot.clone(), deadline));
        let stuck = inside.stuck(Instant::now()).min(shared.options.workers);
        let is_needed = inside.threads - inside.busy.len() < inside.queue.len();
        if is_needed && inside.threads < shared.options.workers + stuck {
            inside.threads += 1;
            let shared = shared.clone();
            let spawned = Builder::new().name("sonic-recognize".to_owned()).spawn(move || work(&shared));
            if let Err(error) = spawned {
                inside.threads -= 1;
                if inside.threads == 0 {
                    inside.queue.pop_back();
                    return Err(Error::io("cannot start a thread", error));
                }
            }
        }
        drop(inside);
        shared.came.notify_one();
        Ok(Ticket { slot, deadline })
    }

    /// The answer, if it came or its time is over.
    pub(crate) fn answer(&self, ticket: &Ticket) -> Option<Result<Recognition>> {
        let answer = ticket.slot.take(Instant::now() >= ticket.deadline)?;
        self.count(&answer);
        Some(answer)
    }

    /// Waits for the answer until its time is over.
    pub(crate) fn wait(&self, ticket: &Ticket) -> Result<Recognition> {
        let answer = ticket.slot.wait(ticket.deadline);
        self.count(&answer);
        answer
    }

    fn count(&self, answer: &Result<Recognition>) {
        let mut inside = self.handle.shared.inside();
        let stats = &mut inside.stats;
        match answer {
            Ok(_) => stats.answered += 1,
            Err(error) if is_timeout(error) => stats.timed_out += 1,
            Err(error) if error.kind() == ErrorKind::Busy && error.retry_after().is_none() => {
                stats.refused += 1
            }
            Err(_) => stats.failed += 1,
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        *self.slot.state() = SlotState::Given;
    }
}

impl Slot {
    fn state(&self) -> MutexGuard<'_, SlotState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, answer: Result<Recognition>) {
        let mut state = self.state();
        if matches!(*state, SlotState::Waiting) {
            *state = SlotState::Told(answer);
            self.told.notify_all();
        }
    }

    /// The answer, or that none came if it `is_late`.
    fn take(&self, is_late: bool) -> Option<Result<Recognition>> {
        let mut state = self.state();
        match (std::mem::replace(&mut *state, SlotState::Given), is_late) {
            (SlotState::Told(answer), _) => Some(answer),
            (_, true) => Some(Err(late())),
            (waiting, false) => {
                *state = waiting;
                None
            }
        }
    }

    fn wait(&self, deadline: Instant) -> Result<Recognition> {
        let mut state = self.state();
        while matches!(*state, SlotState::Waiting) {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            state = self.told.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        match std::mem::replace(&mut *state, SlotState::Given) {
            SlotState::Told(answer) => answer,
            _ => Err(late()),
        }
    }
}

impl Shared {
    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.shared.inside().is_closed = true;
        self.shared.came.notify_all();
    }
}

impl Inside {
    fn stuck(&self, now: Instant) -> usize {
        self.busy.iter().filter(|(_, deadline)| *deadline < now).count()
    }

    /// Takes the partial utterance that waits longest out of the queue.
    fn make_room(&mut self) -> bool {
        let partial = self.queue.iter().position(|(job, ..)| !job.is_final);
        let removed = partial.and_then(|place| self.queue.remove(place));
        removed.inspect(|(_, slot, _)| slot.tell(Err(busy()))).is_some()
    }
}

/// What a thread of a desk does, until the desk is gone or there are others enough.
fn work(shared: &Shared) {
    let mut inside = shared.inside();
    loop {
        let surplus = inside.threads > shared.options.workers + inside.stuck(Instant::now());
        if inside.is_closed || surplus {
            inside.threads -= 1;
            return;
        }
        let Some((job, slot, deadline)) = inside.queue.pop_front() else {
            inside = shared.came.wait(inside).unwrap_or_else(PoisonError::into_inner);
            continue;
        };
        if Instant::now() >= deadline || matches!(*slot.state(), SlotState::Given) {
            slot.tell(Err(late()));
            continue;
        }
        let number = inside.next;
        inside.next += 1;
        inside.busy.push((number, deadline));
        drop(inside);
        slot.tell(recognize(&*shared.recognizer, &job));
        inside = shared.inside();
        inside.busy.retain(|(busy, _)| *busy != number);
    }
}

/// Asks the recogniser; a panic of it is an error.
fn recognize(recognizer: &dyn Recognizer, job: &Job) -> Result<Recognition> {
    let request = Request {
        prompt: job.prompt.as_deref(),
        language: job.language.as_deref(),
        is_final: job.is_final,
        ..Request::new(&job.samples)
    };
    let answer = guard::guard(ErrorKind::Model, "recognising speech", || recognizer.recognize(&request))?;
    answer.checked(request.duration_ms())
}

const LATE: &str = "the recogniser did not answer in time";

fn late() -> Error {
    Error::new(ErrorKind::Io, LATE)
}

fn is_timeout(error: &Error) -> bool {
    error.kind() == ErrorKind::Io && error.message() == LATE
}

fn busy() -> Error {
    Error::new(
        ErrorKind::Busy,
        "too many utterances wait for the recogniser: ask less often, or give it more workers",
    )
}

impl fmt::Debug for Desk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Desk").field("pipeline", &self.handle.shared.pipeline).finish_non_exhaustive()
    }
}
