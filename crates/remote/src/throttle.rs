//! A limit on bytes a second.

use sonic_core::parallel::lock;
use std::sync::Mutex;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// A limit on bytes a second, shared by all connections.
pub(crate) struct Throttle {
    bytes_per_second: Option<u64>,
    /// When the next bytes may go.
    free_at: Mutex<Instant>,
}

impl Throttle {
    pub(crate) fn new(bytes_per_second: Option<u64>) -> Self {
        Self { bytes_per_second, free_at: Mutex::new(Instant::now()) }
    }

    /// Waits until so many bytes may go.
    pub(crate) async fn take(&self, bytes: u64) {
        let Some(limit) = self.bytes_per_second else { return };
        let begin = {
            let mut free_at = lock(&self.free_at);
            let begin = (*free_at).max(Instant::now());
            *free_at = begin + Duration::from_secs_f64(bytes as f64 / limit as f64);
            begin
        };
        sleep_until(begin).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_take_their_time() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let begin = std::time::Instant::now();
        runtime.block_on(async {
            let throttle = Throttle::new(Some(100_000));
            for _ in 0..4 {
                throttle.take(5_000).await;
            }
        });
        // The last does not wait for its own end.
        assert!((140..400).contains(&begin.elapsed().as_millis()), "{:?}", begin.elapsed());
    }
}
