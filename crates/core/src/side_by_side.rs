//! Work on many things at once.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Does `work` for each item, on `workers` threads of which the caller's is one (0: as many as the machine has cores),
/// and gives the results in the order of the items. Whoever is free takes the next; a panic goes on in the caller.
pub fn side_by_side<I: Sync, T: Send>(items: &[I], workers: usize, work: impl Fn(&I) -> T + Sync) -> Vec<T> {
    let workers = match workers {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        n => n,
    };
    let next = AtomicUsize::new(0);
    let take = || -> Vec<(usize, T)> {
        let mine = || {
            let i = next.fetch_add(1, Ordering::Relaxed);
            items.get(i).map(|item| (i, work(item)))
        };
        std::iter::from_fn(mine).collect()
    };
    let mut done = std::thread::scope(|scope| {
        let others: Vec<_> = (1..workers.min(items.len())).map(|_| scope.spawn(take)).collect();
        let mut done = take();
        for other in others {
            done.extend(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        done
    });
    done.sort_by_key(|(i, _)| *i);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_keep_the_order_of_the_items() {
        let items: Vec<u32> = (0..100).collect();
        let expected: Vec<u32> = items.iter().map(|n| n * n).collect();
        for workers in [0, 1, 3, 200] {
            assert_eq!(side_by_side(&items, workers, |n| n * n), expected);
        }
        assert!(side_by_side(&[], 2, |n: &u32| *n).is_empty());
    }

    #[test]
    #[should_panic(expected = "the seventh")]
    fn a_panic_reaches_the_caller() {
        side_by_side(&[1, 7, 3], 2, |n| assert!(*n != 7, "the seventh"));
    }
}
