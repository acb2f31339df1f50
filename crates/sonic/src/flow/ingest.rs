//! The ingest engine: several threads prepare items, the caller's thread takes what comes out.
//!
//! Recordings, voices and photos go through it, and so do iterables of the bindings: items are pulled as there is room
//! for them, so that a long list costs no more memory than a short one.

use crate::{Result, parallel};
use std::collections::BTreeMap;
use std::iter::Enumerate;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// The one who takes has a turn at least this often, so that it can cancel while long items are prepared.
const TURN: Duration = Duration::from_millis(100);

/// In which order results are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// In that of the items.
    Given,
    /// As they are ready.
    Completion,
}

/// How many items are worked on, and in which order they leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ingest {
    /// Threads that prepare, 1 or more.
    pub workers: usize,
    /// Most items that are prepared, or ready and not taken, at any moment; at least one a worker.
    pub held: usize,
    /// In which order results are taken.
    pub order: Order,
}

/// A turn of the one who takes.
#[derive(Debug)]
pub enum Turn<T> {
    /// The result of the item of this number.
    Ready(usize, T),
    /// Nothing is ready: an occasion to cancel.
    Waiting,
}

/// As many workers as `jobs`; 0 means as many as the machine has cores.
pub fn workers(jobs: usize) -> usize {
    parallel::threads(jobs)
}

impl Ingest {
    /// As many workers as `jobs` says, 0 meaning as many as there are cores, and twice as many items held.
    pub fn new(jobs: usize, order: Order) -> Self {
        let workers = workers(jobs);
        Self { workers, held: 2 * workers, order }
    }

    /// Prepares each item and gives the results to `take`, until that breaks; then what is under way is dropped, and
    /// the flag that `prepare` sees is set. Gives what `take` gave last.
    ///
    /// # Errors
    /// Those of `take`, at once.
    pub fn run<I: Iterator + Send, T: Send>(
        &self,
        items: I,
        prepare: impl Fn(I::Item, &AtomicBool) -> T + Sync,
        take: impl FnMut(Turn<T>) -> Result<ControlFlow<()>>,
    ) -> Result<ControlFlow<()>> {
        let workers = self.workers.max(1).min(items.size_hint().1.unwrap_or(usize::MAX));
        let held = self.held.max(workers);
        let (permit, permits) = sync_channel(held);
        for _ in 0..held {
            let _ = permit.try_send(());
        }
        let queue =
            Queue { items: Mutex::new((permits, items.enumerate())), cancelled: AtomicBool::new(false) };
        let work = |sender: &SyncSender<(usize, T)>| queue.work(&prepare, sender);
        parallel::background(workers, held, work, |receiver| {
            let taken = self.take_all(&receiver, permit, &queue.cancelled, take);
            queue.cancelled.store(true, Ordering::Relaxed);
            taken
        })?
    }

    /// Takes results until there are no more. Dropping `permit` then ends the workers.
    fn take_all<T>(
        &self,
        receiver: &Receiver<(usize, T)>,
        permit: SyncSender<()>,
        cancelled: &AtomicBool,
        mut take: impl FnMut(Turn<T>) -> Result<ControlFlow<()>>,
    ) -> Result<ControlFlow<()>> {
        let (mut early, mut next) = (BTreeMap::new(), 0);
        let mut flow = ControlFlow::Continue(());
        while flow.is_continue() {
            match receiver.recv_timeout(TURN) {
                Ok((number, result)) if self.order == Order::Completion => {
                    flow = take(Turn::Ready(number, result))?;
                    let _ = permit.try_send(());
                }
                Ok((number, result)) => {
                    early.insert(number, result);
                    while let (true, Some(result)) = (flow.is_continue(), early.remove(&next)) {
                        flow = take(Turn::Ready(next, result))?;
                        let _ = permit.try_send(());
                        next += 1;
                    }
                }
                // A worker panicked, and its item will never come: the scope passes the panic on.
                Err(RecvTimeoutError::Timeout) if cancelled.load(Ordering::Relaxed) => break,
                Err(RecvTimeoutError::Timeout) => flow = take(Turn::Waiting)?,
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        Ok(flow)
    }
}

/// The items, each to be taken with a permit.
struct Queue<I: Iterator> {
    items: Mutex<(Receiver<()>, Enumerate<I>)>,
    cancelled: AtomicBool,
}

impl<I: Iterator> Queue<I> {
    fn work<T>(&self, prepare: impl Fn(I::Item, &AtomicBool) -> T, sender: &SyncSender<(usize, T)>) {
        let _alarm = Alarm(&self.cancelled);
        while let Some((number, item)) = self.next() {
            if sender.send((number, prepare(item, &self.cancelled))).is_err() {
                return;
            }
        }
    }

    /// The next item, once there is room for it; `None` after the last, or when nobody takes any more.
    fn next(&self) -> Option<(usize, I::Item)> {
        let mut items = self.items.lock().unwrap_or_else(PoisonError::into_inner);
        items.0.recv().ok()?;
        if self.cancelled.load(Ordering::Relaxed) { None } else { items.1.next() }
    }
}

/// Cancels if the thread panics.
struct Alarm<'a>(&'a AtomicBool);

impl Drop for Alarm<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.store(true, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Error, ErrorKind};
    use std::sync::atomic::AtomicUsize;

    fn engine(workers: usize, order: Order) -> Ingest {
        Ingest { workers, held: 2 * workers, order }
    }

    /// Items that take longer the sooner they come.
    fn squares(engine: Ingest, count: u64) -> Vec<(usize, u64)> {
        let mut taken = Vec::new();
        let work = |n: u64, _: &AtomicBool| {
            std::thread::sleep(Duration::from_millis((count - n) % 4));
            n * n
        };
        let take = |turn| {
            if let Turn::Ready(number, result) = turn {
                taken.push((number, result));
            }
            Ok(ControlFlow::Continue(()))
        };
        assert!(engine.run(0..count, work, take).unwrap().is_continue());
        taken
    }

    #[test]
    fn every_item_is_taken_once_and_in_order_if_given() {
        let expected: Vec<_> = (0..40usize).map(|n| (n, (n * n) as u64)).collect();
        for workers in [1, 2, 5] {
            assert_eq!(squares(engine(workers, Order::Given), 40), expected);
            let mut any = squares(engine(workers, Order::Completion), 40);
            any.sort_unstable();
            assert_eq!(any, expected);
        }
        assert!(squares(engine(3, Order::Given), 0).is_empty());
    }

    #[test]
    fn items_are_pulled_only_while_there_is_room() {
        let (pulled, taken) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let items = (0..100).inspect(|_| {
            let held = pulled.fetch_add(1, Ordering::SeqCst) + 1 - taken.load(Ordering::SeqCst);
            assert!(held <= 5, "{held} held");
        });
        let ingest = Ingest { workers: 2, held: 4, order: Order::Given };
        let take = |turn| {
            if let Turn::Ready(..) = turn {
                std::thread::sleep(Duration::from_millis(1));
                taken.fetch_add(1, Ordering::SeqCst);
            }
            Ok(ControlFlow::Continue(()))
        };
        let _ = ingest.run(items, |n, _| n, take).unwrap();
        assert_eq!(taken.load(Ordering::SeqCst), 100);
    }

    #[test]
    fn cancelling_and_errors_end_the_work() {
        let endless = || std::iter::repeat(()).enumerate().map(|(n, ())| n);
        let stop = |turn| match turn {
            Turn::Ready(7, _) => Ok(ControlFlow::Break(())),
            _ => Ok(ControlFlow::Continue(())),
        };
        assert!(engine(3, Order::Given).run(endless(), |n, _| n, stop).unwrap().is_break());
        let fail = |turn| match turn {
            Turn::Ready(7, _) => Err(Error::new(ErrorKind::Io, "full")),
            _ => Ok(ControlFlow::Continue(())),
        };
        let failed = engine(3, Order::Completion).run(endless(), |n, _| n, fail);
        assert_eq!(failed.unwrap_err().kind(), ErrorKind::Io);
    }

    #[test]
    #[should_panic(expected = "a scoped thread panicked")]
    fn a_panic_reaches_the_caller() {
        let prepare = |n: u32, _: &AtomicBool| assert_ne!(n, 3, "the third");
        let _ = engine(2, Order::Given).run(0..100, prepare, |_| Ok(ControlFlow::Continue(())));
    }
}
