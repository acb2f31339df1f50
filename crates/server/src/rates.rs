//! How often somebody may come.

use crate::error::Refusal;
use axum::http::StatusCode;
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use std::collections::HashMap;
use std::fmt;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Callers that are remembered; of more, all begin anew.
const MAX_CALLERS: usize = 10_000;

/// A limit for each caller.
#[derive(Default)]
pub struct Rates {
    callers: Mutex<HashMap<String, (u32, Arc<DefaultDirectRateLimiter>)>>,
}

impl Rates {
    /// Counts a request of a caller, who has so many a second, and for a moment twice as many.
    ///
    /// # Errors
    /// 429 with the seconds to wait.
    pub(crate) fn count(&self, caller: &str, per_second: u32) -> Result<(), Refusal> {
        self.wait(caller, per_second).map_or(Ok(()), |wait| {
            let message = format!("more than {per_second} requests a second");
            let refusal = Refusal::new(StatusCode::TOO_MANY_REQUESTS, "rate_limited", message);
            Err(refusal.after(wait.as_secs_f64().ceil() as u64))
        })
    }

    /// Counts a request of a caller, who has so many a second, and for a moment twice as many; gives how long they have to
    /// wait if it is one too many.
    pub fn wait(&self, caller: &str, per_second: u32) -> Option<Duration> {
        let refused = self.limiter(caller, per_second).check().err();
        refused.map(|until| until.wait_time_from(DefaultClock::default().now()))
    }

    fn limiter(&self, caller: &str, per_second: u32) -> Arc<DefaultDirectRateLimiter> {
        let mut callers = self.callers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, limiter)) = callers.get(caller).filter(|(rate, _)| *rate == per_second) {
            return limiter.clone();
        }
        if callers.len() >= MAX_CALLERS {
            callers.clear();
        }
        let rate = NonZeroU32::new(per_second).unwrap_or(NonZeroU32::MIN);
        let limiter = Arc::new(RateLimiter::direct(
            Quota::per_second(rate).allow_burst(rate.saturating_mul(NonZeroU32::MIN.saturating_add(1))),
        ));
        callers.insert(caller.to_owned(), (per_second, limiter.clone()));
        limiter
    }
}

impl fmt::Debug for Rates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rates").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_caller_has_a_limit_of_their_own() {
        let rates = Rates::default();
        let taken = (0..10).filter(|_| rates.count("a", 2).is_ok()).count();
        assert_eq!(taken, 4);
        let refused = rates.count("a", 2).unwrap_err();
        assert_eq!((refused.status.as_u16(), refused.retry_after_s), (429, Some(1)));
        assert!(rates.count("b", 2).is_ok());
    }
}
