//! Memory that threads work with, kept from one call to the next.

use super::{cores, lock, map_with};
use std::sync::Mutex;

/// Scratch memory of a process that lies ready for the next pool, of one thread a core at most. Nobody waits for it: after
/// a fork it may be locked for good.
pub struct Kept<S>(Mutex<Vec<S>>);

impl<S> Kept<S> {
    /// Nothing yet.
    #[expect(
        clippy::new_without_default,
        reason = "what it keeps may have no default, and a static needs a constant"
    )]
    pub const fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }
}

/// Work on several threads, with scratch memory that is used again.
pub struct Pool<S: 'static> {
    threads: usize,
    idle: Mutex<Vec<S>>,
    kept: Option<&'static Kept<S>>,
}

impl<S: Default + Send> Pool<S> {
    /// A pool for at most `threads` threads (see [`threads`](super::threads)), the calling one included.
    pub fn new(threads: usize) -> Self {
        Self { threads, idle: Mutex::new(Vec::new()), kept: None }
    }

    /// The same, with memory that is taken from `kept` and goes back there.
    pub fn kept(threads: usize, kept: &'static Kept<S>) -> Self {
        Self { threads, idle: Mutex::new(Vec::new()), kept: Some(kept) }
    }

    /// The number of threads that share work at most.
    pub fn threads(&self) -> usize {
        super::threads(self.threads)
    }

    fn take(&self) -> S {
        let own = lock(&self.idle).pop();
        own.or_else(|| self.kept?.0.try_lock().ok()?.pop()).unwrap_or_default()
    }

    /// As [`map`](super::map); what `work` finds in its scratch memory is what another turn left there.
    pub fn map<I: Send, T: Send>(
        &self,
        items: impl IntoIterator<Item = I, IntoIter: ExactSizeIterator + Send>,
        work: impl Fn(&mut S, I) -> T + Sync,
    ) -> Vec<T> {
        let lend = || Lent { scratch: Some(self.take()), pool: self };
        map_with(items, self.threads, lend, |lent, item| work(lent.scratch.get_or_insert_default(), item))
    }
}

impl<S> Drop for Pool<S> {
    fn drop(&mut self) {
        if let Some(Ok(mut kept)) = self.kept.map(|kept| kept.0.try_lock()) {
            let room = cores().saturating_sub(kept.len());
            kept.extend(lock(&self.idle).drain(..).take(room));
        }
    }
}

/// Scratch memory that goes back to its pool.
struct Lent<'a, S: 'static> {
    scratch: Option<S>,
    pool: &'a Pool<S>,
}

impl<S> Drop for Lent<'_, S> {
    fn drop(&mut self) {
        lock(&self.pool.idle).extend(self.scratch.take());
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
    fn kept_memory_outlives_a_pool() {
        static KEPT: Kept<Vec<u32>> = Kept::new();
        Pool::kept(1, &KEPT).map(0..10, |scratch, i| scratch.push(i));
        assert_eq!(Pool::kept(1, &KEPT).map(0..1, |scratch, _| scratch.len()), [10]);
        assert_eq!(lock(&KEPT.0).len(), 1);
    }

    #[test]
    fn scratch_memory_is_used_again() {
        let pool = Pool::<Vec<u32>>::new(1);
        pool.map(0..10, |scratch, i| scratch.push(i));
        assert_eq!(pool.map(0..1, |scratch, _| scratch.len()), [10]);
    }
}
