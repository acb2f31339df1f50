//! Memory that threads work with, kept from one call to the next.

use super::{lock, map_with};
use std::sync::Mutex;

/// Work on several threads, with scratch memory that is used again.
pub struct Pool<S> {
    threads: usize,
    idle: Mutex<Vec<S>>,
}

impl<S: Default + Send> Pool<S> {
    /// A pool for at most `threads` threads (see [`threads`](super::threads)), the calling one included.
    pub fn new(threads: usize) -> Self {
        Self { threads, idle: Mutex::new(Vec::new()) }
    }

    /// As [`map`](super::map); what `work` finds in its scratch memory is what another turn left there.
    pub fn map<I: Send, T: Send>(
        &self,
        items: impl IntoIterator<Item = I, IntoIter: ExactSizeIterator + Send>,
        work: impl Fn(&mut S, I) -> T + Sync,
    ) -> Vec<T> {
        let lend = || Lent { scratch: lock(&self.idle).pop().unwrap_or_default(), pool: self };
        map_with(items, self.threads, lend, |lent, item| work(&mut lent.scratch, item))
    }
}

/// Scratch memory that goes back to its pool.
struct Lent<'a, S: Default> {
    scratch: S,
    pool: &'a Pool<S>,
}

impl<S: Default> Drop for Lent<'_, S> {
    fn drop(&mut self) {
        lock(&self.pool.idle).push(std::mem::take(&mut self.scratch));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_keep_their_order_on_any_number_of_threads() {
        let want: Vec<usize> = (0..100).map(|i| i * i).collect();
        for threads in [1, 2, 7, 200] {
            assert_eq!(Pool::<usize>::new(threads).map(0..100, |_, i| i * i), want);
        }
        assert!(Pool::<usize>::new(4).map(&[], |_, _: &usize| 0).is_empty());
    }

    #[test]
    fn scratch_memory_is_used_again() {
        let pool = Pool::<Vec<u32>>::new(1);
        pool.map(0..10, |scratch, i| scratch.push(i));
        assert_eq!(pool.map(0..1, |scratch, _| scratch.len()), [10]);
    }
}
