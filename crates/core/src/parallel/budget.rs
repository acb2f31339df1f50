//! How many threads help at once in this process.

use super::cores;
use std::sync::atomic::{AtomicU64, Ordering};

/// The one budget.
pub(super) static BUDGET: Budget = Budget { state: AtomicU64::new(0) };

/// Counts the permits that are taken; there are as many as the machine has cores.
pub(super) struct Budget {
    /// The process in the upper half, its permits taken in the lower one: a process that is forked from another has none
    /// of its threads, and begins anew.
    state: AtomicU64,
}

/// Leave for one thread; given back when it is dropped.
pub(super) struct Permit {
    budget: &'static Budget,
    process: u32,
}

impl Budget {
    /// A permit, if one is left.
    pub(super) fn take(&'static self) -> Option<Permit> {
        let process = std::process::id();
        self.count_up(process, cores() as u64).then(|| Permit { budget: self, process })
    }

    fn count_up(&self, process: u32, most: u64) -> bool {
        self.change(|state| {
            let taken = taken(state, process);
            (taken < most).then_some(u64::from(process) << 32 | (taken + 1))
        })
    }

    fn count_down(&self, process: u32) {
        // What another process took does not count here.
        self.change(|state| (taken(state, process) > 0).then(|| state - 1));
    }

    fn change(&self, change: impl Fn(u64) -> Option<u64>) -> bool {
        self.state.fetch_update(Ordering::Relaxed, Ordering::Relaxed, change).is_ok()
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.budget.count_down(self.process);
    }
}

/// The permits that a process has taken.
fn taken(state: u64, process: u32) -> u64 {
    if state >> 32 == u64::from(process) { state & u64::from(u32::MAX) } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_as_many_as_were_said() {
        let budget = Budget { state: AtomicU64::new(0) };
        assert!((0..3).all(|_| budget.count_up(7, 3)) && !budget.count_up(7, 3));
        budget.count_down(7);
        assert!(budget.count_up(7, 3) && !budget.count_up(7, 3));
    }

    #[test]
    fn a_forked_process_has_all_of_its_own() {
        let budget = Budget { state: AtomicU64::new(0) };
        assert!((0..3).all(|_| budget.count_up(7, 3)));
        budget.count_down(8);
        assert!((0..3).all(|_| budget.count_up(8, 3)) && !budget.count_up(8, 3));
        // A permit that the parent held when it forked.
        budget.count_down(7);
        assert!(!budget.count_up(8, 3));
    }
}
