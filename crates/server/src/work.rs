//! Work that computes or touches the disk: on threads of its own, so many at a time, and so many in line.

use crate::error::Refusal;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Who computes and who waits.
#[derive(Debug)]
pub(crate) struct Work {
    permits: Arc<Semaphore>,
    waiting: AtomicUsize,
    queue: usize,
    workers: usize,
}

impl Work {
    pub(crate) fn new(workers: Option<u32>, queue: usize) -> Self {
        let workers = workers.map_or_else(sonic::parallel::cores, |n| n as usize);
        Self { permits: Arc::new(Semaphore::new(workers)), waiting: AtomicUsize::new(0), queue, workers }
    }

    /// How many compute and how many wait.
    pub(crate) fn load(&self) -> (usize, usize) {
        (self.workers - self.permits.available_permits(), self.waiting.load(Ordering::Relaxed))
    }

    /// A place among those who compute; it is kept until the work ends, also if nobody waits for it any more.
    async fn permit(&self) -> Result<OwnedSemaphorePermit, Refusal> {
        if let Ok(permit) = self.permits.clone().try_acquire_owned() {
            return Ok(permit);
        }
        let waiting = Waiting::new(&self.waiting);
        if waiting.place >= self.queue {
            return Err(Refusal::overloaded("too many requests wait already"));
        }
        self.permits.clone().acquire_owned().await.map_err(|_| Refusal::overloaded("the server is stopping"))
    }

    /// Runs what computes.
    pub(crate) async fn heavy<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> sonic::Result<T> + Send + 'static,
    ) -> Result<T, Refusal> {
        let permit = self.permit().await?;
        quick(move || {
            let _permit = permit;
            work()
        })
        .await
    }
}

/// Runs what takes a moment, such as reading a row.
pub(crate) async fn quick<T: Send + 'static>(
    work: impl FnOnce() -> sonic::Result<T> + Send + 'static,
) -> Result<T, Refusal> {
    let span = tracing::Span::current();
    let done = tokio::task::spawn_blocking(move || span.in_scope(work)).await;
    done.map_err(|_| Refusal::internal("a bug in sonic: the work ended in a panic"))?.map_err(Refusal::from)
}

/// Somebody in line, until it is dropped.
struct Waiting<'a> {
    count: &'a AtomicUsize,
    place: usize,
}

impl<'a> Waiting<'a> {
    fn new(count: &'a AtomicUsize) -> Self {
        Self { count, place: count.fetch_add(1, Ordering::Relaxed) }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.count.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[tokio::test]
    async fn more_than_fit_are_refused() {
        let work = Arc::new(Work::new(Some(1), 1));
        let slow = |work: Arc<Work>| {
            tokio::spawn(async move {
                work.heavy(|| {
                    std::thread::sleep(Duration::from_millis(300));
                    Ok(())
                })
                .await
            })
        };
        let first = slow(work.clone());
        tokio::time::sleep(Duration::from_millis(50)).await;
        let second = slow(work.clone());
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert_eq!(work.load(), (1, 1));
        let third = work.heavy(|| Ok(())).await.unwrap_err();
        assert_eq!((third.status.as_u16(), third.retry_after_s), (503, Some(1)));
        assert!(first.await.unwrap().is_ok() && second.await.unwrap().is_ok());
        assert_eq!(work.load(), (0, 0));
        let panicked = work.heavy::<()>(|| panic!("a bug")).await.unwrap_err();
        assert_eq!(panicked.status.as_u16(), 500);
        assert_eq!(work.load(), (0, 0));
    }
}
