//! A little work on several threads, in order, with memory that is kept from one piece of work to the next.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Threads and their scratch memory.
pub(crate) struct Pool<S> {
    threads: usize,
    scratch: Mutex<Vec<S>>,
}

impl<S: Default + Send> Pool<S> {
    /// A pool of at most `threads` threads, the calling one included.
    pub(crate) fn new(threads: usize) -> Self {
        Self { threads: threads.max(1), scratch: Mutex::new(Vec::new()) }
    }

    /// `work` on every item; results in the order of the items, whatever the number of threads.
    pub(crate) fn map<T: Sync, R: Send>(&self, items: &[T], work: impl Fn(&T, &mut S) -> R + Sync) -> Vec<R> {
        let next = AtomicUsize::new(0);
        let run = || {
            let mut scratch = self.scratch().pop().unwrap_or_default();
            let mut done = Vec::new();
            while let Some((i, item)) = nth(items, next.fetch_add(1, Ordering::Relaxed)) {
                done.push((i, work(item, &mut scratch)));
            }
            self.scratch().push(scratch);
            done
        };
        let threads = self.threads.min(items.len());
        let mut results = std::thread::scope(|scope| {
            let others: Vec<_> = (1..threads).map(|_| scope.spawn(run)).collect();
            let mut results = run();
            for other in others {
                results.extend(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
            }
            results
        });
        results.sort_by_key(|(i, _)| *i);
        results.into_iter().map(|(_, result)| result).collect()
    }

    fn scratch(&self) -> MutexGuard<'_, Vec<S>> {
        self.scratch.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn nth<T>(items: &[T], i: usize) -> Option<(usize, &T)> {
    items.get(i).map(|item| (i, item))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_keep_their_order_on_any_number_of_threads() {
        let items: Vec<usize> = (0..100).collect();
        let want: Vec<usize> = items.iter().map(|i| i * i).collect();
        for threads in [1, 2, 7, 200] {
            let pool = Pool::<usize>::new(threads);
            assert_eq!(pool.map(&items, |i, _| i * i), want);
        }
        assert!(Pool::<usize>::new(4).map(&[], |_: &usize, _| 0).is_empty());
    }
}
