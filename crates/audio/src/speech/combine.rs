//! Work of several threads done as one: whoever finds room takes along what the others wait for.

use sonic_core::guard::guard;
use sonic_core::{Error, ErrorKind, Result};
use std::collections::HashMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Combines items that threads bring at once. One that finds fewer at work than there may be works at once, with its own item
/// and all that wait, so that nobody waits where there is room, and there are batches where there is none.
pub(super) struct Combiner<T, R> {
    at_once: usize,
    most: usize,
    inside: Mutex<Inside<T, R>>,
    changed: Condvar,
}

struct Inside<T, R> {
    next: u64,
    working: usize,
    largest: usize,
    waiting: Vec<(u64, T)>,
    done: HashMap<u64, (T, Result<R>)>,
}

impl<T, R> Combiner<T, R> {
    /// So many batches `at_once`, each of `most` items.
    pub(super) fn new(at_once: usize, most: usize) -> Self {
        let inside = Inside { next: 0, working: 0, largest: 0, waiting: Vec::new(), done: HashMap::new() };
        let (at_once, most) = (at_once.max(1), most.max(1));
        Self { at_once, most, inside: Mutex::new(inside), changed: Condvar::new() }
    }

    /// The most items that were done at once so far.
    pub(super) fn largest(&self) -> usize {
        self.inside().largest
    }

    /// Does `work` for `item`, together with those of other threads; gives it back with what came of it.
    pub(super) fn run(&self, item: T, work: impl Fn(&mut [T]) -> Vec<Result<R>>) -> Result<(T, R)> {
        let mut inside = self.inside();
        let own = inside.next;
        inside.next += 1;
        inside.waiting.push((own, item));
        loop {
            if let Some((item, result)) = inside.done.remove(&own) {
                return result.map(|result| (item, result));
            }
            let is_waiting = inside.waiting.iter().any(|(number, _)| *number == own);
            if !is_waiting || inside.working >= self.at_once {
                inside = self.changed.wait(inside).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            let (numbers, items) = inside.take(own, self.most);
            inside.working += 1;
            drop(inside);
            let (items, results) = worked(items, &work);
            inside = self.inside();
            inside.working -= 1;
            inside.largest = inside.largest.max(items.len());
            inside.done.extend(numbers.into_iter().zip(items.into_iter().zip(results)));
            self.changed.notify_all();
        }
    }

    fn inside(&self) -> MutexGuard<'_, Inside<T, R>> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T, R> Inside<T, R> {
    /// Takes those that wait longest, `own` among them.
    fn take(&mut self, own: u64, most: usize) -> (Vec<u64>, Vec<T>) {
        if let Some(place) = self.waiting.iter().position(|(number, _)| *number == own).filter(|p| *p >= most)
        {
            let item = self.waiting.remove(place);
            self.waiting.insert(0, item);
        }
        let count = self.waiting.len().min(most);
        self.waiting.drain(..count).unzip()
    }
}

/// Works; a panic, or a wrong number of answers, is an error for each item.
fn worked<T, R>(mut items: Vec<T>, work: impl Fn(&mut [T]) -> Vec<Result<R>>) -> (Vec<T>, Vec<Result<R>>) {
    let count = items.len();
    let results = guard(ErrorKind::Model, "a model of speech", || Ok(work(&mut items)));
    let failed = || Error::new(ErrorKind::Model, "a model of speech failed");
    match results {
        Ok(results) if results.len() == count => (items, results),
        _ => {
            let results = items.iter().map(|_| Err(failed())).collect();
            (items, results)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn threads_share_batches_and_each_has_its_own_answer() {
        let combiner = Combiner::new(1, 8);
        let work = |items: &mut [u64]| {
            std::thread::sleep(Duration::from_millis(2));
            items.iter().map(|item| if item % 7 == 6 { Err(refused()) } else { Ok(item * 10) }).collect()
        };
        std::thread::scope(|scope| {
            for thread in 0..12u64 {
                let combiner = &combiner;
                scope.spawn(move || {
                    for n in 0..20 {
                        let item = thread * 20 + n;
                        let answer = combiner.run(item, work);
                        match item % 7 {
                            6 => assert_eq!(answer.unwrap_err().kind(), ErrorKind::Model),
                            _ => assert_eq!(answer.unwrap(), (item, item * 10)),
                        }
                    }
                });
            }
        });
        assert!((2..=8).contains(&combiner.largest()), "{}", combiner.largest());
        let inside = combiner.inside();
        assert!(inside.done.is_empty() && inside.waiting.is_empty() && inside.working == 0);
    }

    fn refused() -> Error {
        Error::new(ErrorKind::Model, "refused")
    }

    #[test]
    fn what_panics_is_an_error_and_others_go_on() {
        let combiner = Combiner::new(2, 4);
        let work = |items: &mut [u32]| -> Vec<Result<u32>> {
            assert!(items[0] != 1, "a bug");
            items.iter().map(|item| Ok(*item)).collect()
        };
        assert!(combiner.run(1, work).is_err());
        assert_eq!(combiner.run(2, work).unwrap(), (2, 2));
        assert!(combiner.run(3, |_| -> Vec<Result<u32>> { Vec::new() }).is_err(), "an answer is missing");
    }
}
