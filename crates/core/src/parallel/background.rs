//! Threads that make things while the caller uses them.

use super::{help, threads};
use crate::{Error, Result};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::Builder;

/// Runs `make` on at most `threads` threads beside the caller's (see [`threads`]) while `take` receives what they send;
/// `room` things may wait. Gives what `take` gives, once all have ended: `make` has to when nobody receives any more.
///
/// The first of the threads stands for the caller, which mostly waits: it comes without a permit of the budget, so that
/// there is always one.
///
/// # Errors
/// `Io` if the system starts no thread.
pub fn background<T: Send, R>(
    option: usize,
    room: usize,
    make: impl Fn(&SyncSender<T>) + Sync,
    take: impl FnOnce(Receiver<T>) -> R,
) -> Result<R> {
    let (sender, receiver) = sync_channel(room);
    std::thread::scope(|scope| {
        let make = &make;
        let job = || {
            let sender = sender.clone();
            move || make(&sender)
        };
        let first = Builder::new().name("sonic-maker".to_owned()).spawn_scoped(scope, job());
        first.map_err(|e| Error::io("cannot start a thread", e))?;
        help(scope, threads(option) - 1, job);
        drop(sender);
        Ok(take(receiver))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[test]
    fn what_is_made_arrives_and_a_receiver_that_leaves_ends_the_work() {
        for option in [0, 1, 3, 1000] {
            let next = AtomicU32::new(0);
            let make = |sender: &SyncSender<u32>| {
                while sender.send(next.fetch_add(1, Ordering::Relaxed)).is_ok() {}
            };
            let mut got =
                background(option, 2, make, |made| made.iter().take(50).collect::<Vec<_>>()).unwrap();
            got.sort_unstable();
            assert!(got.len() == 50 && got.windows(2).all(|pair| pair[0] < pair[1]));
        }
    }

    #[test]
    fn the_end_of_the_work_is_the_end_of_what_is_received() {
        let sum =
            background(3, 0, |sender| sender.send(7).unwrap(), |made| made.iter().sum::<u32>()).unwrap();
        assert!([7, 14, 21].contains(&sum));
    }
}
