//! Work on several threads, and the one rule of how many a process uses.
//!
//! A call works on its own thread. Others that help it come out of one budget of the whole process, which has as many
//! as the machine has cores: a call takes what is free, up to the number that its options say, and never waits for more.
//! So a call that is alone has all cores, a hundred calls at once have one thread each and the cores in addition, and a
//! call inside of another cannot block it. What comes out never depends on how many there were.
//!
//! Threads end with the call that they help: starting one takes 15 us of processor time where waking one that waits
//! takes 5, too little a difference for threads that would have to be made anew after each `fork`.

mod background;
mod budget;
mod pool;

pub use background::background;
pub use pool::{Kept, Pool};

use budget::BUDGET;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::{Builder, Scope, ScopedJoinHandle};

/// The most threads that an option can ask for; a larger number counts as this.
pub const MAX_THREADS: usize = 256;

/// How many cores this process may use; asked once.
pub fn cores() -> usize {
    static CORES: OnceLock<usize> = OnceLock::new();
    *CORES.get_or_init(|| std::thread::available_parallelism().map_or(1, usize::from))
}

/// What an option `threads` stands for: 0 for as many as there are cores, other numbers for themselves, up to
/// [`MAX_THREADS`].
pub fn threads(option: usize) -> usize {
    if option == 0 { cores() } else { option.min(MAX_THREADS) }
}

/// Does `work` for each item, on at most `threads` threads (see [`threads`]), and gives the results in the order of the
/// items. Whoever is free takes the next; a panic goes on in the caller.
pub fn map<I: Send, T: Send>(
    items: impl IntoIterator<Item = I, IntoIter: ExactSizeIterator + Send>,
    threads: usize,
    work: impl Fn(I) -> T + Sync,
) -> Vec<T> {
    map_with(items, threads, || (), |(), item| work(item))
}

/// As [`map`], with something that each thread makes itself first and works with.
pub fn map_with<I: Send, S, T: Send>(
    items: impl IntoIterator<Item = I, IntoIter: ExactSizeIterator + Send>,
    threads: usize,
    scratch: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, I) -> T + Sync,
) -> Vec<T> {
    let items = items.into_iter();
    let helpers = self::threads(threads).min(items.len()).saturating_sub(1);
    if helpers == 0 {
        let mut scratch = scratch();
        return items.map(|item| work(&mut scratch, item)).collect();
    }
    let queue = Mutex::new(items.enumerate());
    let run = &|| {
        let (mut scratch, mut done) = (scratch(), Vec::new());
        while let Some((index, item)) = next(&queue) {
            done.push((index, work(&mut scratch, item)));
        }
        done
    };
    let mut done = std::thread::scope(|scope| {
        let others = help(scope, helpers, || run);
        let mut done = run();
        for other in others {
            done.extend(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        done
    });
    done.sort_unstable_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}

/// The next of a queue, which is locked no longer than that.
fn next<I: Iterator>(queue: &Mutex<I>) -> Option<I::Item> {
    lock(queue).next()
}

/// What the mutex holds; a panic of another thread ends the work anyway.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Starts jobs on as many threads as the budget has, at most `most`, and as the system starts.
fn help<'scope, T: Send + 'scope, J: FnOnce() -> T + Send + 'scope>(
    scope: &'scope Scope<'scope, '_>,
    most: usize,
    job: impl Fn() -> J,
) -> Vec<ScopedJoinHandle<'scope, T>> {
    let start = || {
        let (permit, job) = (BUDGET.take()?, job());
        let helper = move || {
            let _held = permit;
            job()
        };
        Builder::new().name("sonic-helper".to_owned()).spawn_scoped(scope, helper).ok()
    };
    std::iter::from_fn(start).take(most).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_keep_the_order_of_the_items() {
        let items: Vec<u32> = (0..100).collect();
        let expected: Vec<u32> = items.iter().map(|n| n * n).collect();
        for threads in [0, 1, 3, 200] {
            assert_eq!(map(&items, threads, |n| n * n), expected);
            assert_eq!(map(items.clone(), threads, |n| n * n), expected);
        }
        assert!(map(&[], 2, |n: &u32| *n).is_empty());
    }

    #[test]
    fn each_thread_works_with_its_own() {
        let counts = Mutex::new(0);
        let seen = map_with(
            0..50,
            3,
            || *lock(&counts) += 1,
            |(), n| n, //
        );
        assert_eq!(seen, Vec::from_iter(0..50));
        assert!((1..=3).contains(&*lock(&counts)));
    }

    #[test]
    #[should_panic(expected = "the seventh")]
    fn a_panic_reaches_the_caller() {
        map(&[1, 7, 3], 2, |n| assert!(*n != 7, "the seventh"));
    }

    #[test]
    fn numbers_of_threads_have_a_limit() {
        assert_eq!([threads(0), threads(3), threads(usize::MAX)], [cores(), 3, MAX_THREADS]);
    }
}
