//! When a service is not asked at all: after failures in a row, for a while.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Counts failures in a row, and those that ask at once.
#[derive(Debug)]
pub(super) struct Breaker {
    failures: u32,
    pause: Duration,
    concurrency: usize,
    state: Mutex<State>,
    left: Condvar,
}

#[derive(Debug, Default)]
struct State {
    in_a_row: u32,
    open_until: Option<Instant>,
    inside: usize,
    /// True while one asks whether the service is back.
    is_trying: bool,
}

/// Leave to ask; what came of it must be told.
#[derive(Debug)]
pub(super) struct Leave<'a> {
    breaker: &'a Breaker,
    is_trial: bool,
}

/// Why there is no leave.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Refused {
    /// The service failed too often: it may be asked after this.
    Open(Duration),
    /// Too many ask at once, and none of them was answered in time.
    Full,
}

impl Breaker {
    pub(super) fn new(failures: u32, pause: Duration, concurrency: usize) -> Self {
        Self { failures, pause, concurrency, state: Mutex::default(), left: Condvar::new() }
    }

    /// Leave to ask, waited for at most until `deadline`.
    pub(super) fn enter(&self, deadline: Instant) -> Result<Leave<'_>, Refused> {
        let mut state = self.state();
        loop {
            let now = Instant::now();
            let wait = state.open_until.map_or(Duration::ZERO, |until| until.saturating_duration_since(now));
            if !wait.is_zero() || (state.open_until.is_some() && state.is_trying) {
                return Err(Refused::Open(wait.max(Duration::from_millis(100))));
            }
            if state.inside < self.concurrency {
                state.inside += 1;
                state.is_trying = state.open_until.is_some();
                return Ok(Leave { breaker: self, is_trial: state.is_trying });
            }
            let left = deadline.saturating_duration_since(now);
            if left.is_zero() {
                return Err(Refused::Full);
            }
            state = self.left.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Leave<'_> {
    /// Tells whether the service worked.
    pub(super) fn told(&self, worked: bool) {
        let mut state = self.breaker.state();
        state.in_a_row = if worked { 0 } else { state.in_a_row.saturating_add(1) };
        let is_open = !worked && (self.is_trial || state.in_a_row >= self.breaker.failures);
        if worked || is_open {
            state.open_until = is_open.then(|| Instant::now() + self.breaker.pause);
        }
    }
}

impl Drop for Leave<'_> {
    fn drop(&mut self) {
        let mut state = self.breaker.state();
        state.inside -= 1;
        state.is_trying &= !self.is_trial;
        drop(state);
        self.breaker.left.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_opens_after_failures_and_lets_one_try() {
        let breaker = Breaker::new(2, Duration::from_millis(30), 3);
        let soon = || Instant::now() + Duration::from_millis(5);
        for _ in 0..2 {
            breaker.enter(soon()).unwrap().told(false);
        }
        assert!(matches!(breaker.enter(soon()), Err(Refused::Open(wait)) if wait > Duration::from_millis(5)));
        std::thread::sleep(Duration::from_millis(40));
        let trial = breaker.enter(soon()).unwrap();
        assert!(matches!(breaker.enter(soon()), Err(Refused::Open(_))), "one tries at a time");
        trial.told(false);
        drop(trial);
        assert!(matches!(breaker.enter(soon()), Err(Refused::Open(_))));
        std::thread::sleep(Duration::from_millis(40));
        breaker.enter(soon()).unwrap().told(true);
        breaker.enter(soon()).unwrap().told(false);
        assert!(breaker.enter(soon()).is_ok(), "one failure is none in a row");
    }

    #[test]
    fn no_more_than_so_many_run_at_once() {
        let breaker = Breaker::new(2, Duration::from_millis(30), 1);
        let first = breaker.enter(Instant::now()).unwrap();
        assert_eq!(breaker.enter(Instant::now() + Duration::from_millis(5)).unwrap_err(), Refused::Full);
        drop(first);
        assert!(breaker.enter(Instant::now()).is_ok());
    }
}
