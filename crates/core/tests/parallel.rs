//! The rule about threads holds for the whole process.

use sonic_core::parallel::{MAX_THREADS, background, cores, map};
use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// How many threads work at once, and the most that ever did.
#[derive(Default)]
struct Busy {
    now: AtomicUsize,
    most: AtomicUsize,
}

impl Busy {
    fn work(&self) {
        self.most.fetch_max(self.now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        std::thread::sleep(Duration::from_micros(200));
        self.now.fetch_sub(1, Ordering::SeqCst);
    }
}

/// One test, because the budget belongs to the process.
#[test]
fn many_calls_at_once_share_the_cores() {
    a_call_that_is_alone_has_all_cores();
    calls_at_once_never_have_more_than_the_cores_in_addition();
    nested_calls_end();
    background_work_always_goes_on();
    a_call_that_is_alone_has_all_cores();
}

fn a_call_that_is_alone_has_all_cores() {
    let busy = Busy::default();
    let all = Barrier::new(cores());
    map(0..cores(), 0, |_| {
        all.wait(); // It ends only if each item has its own thread.
        busy.work();
    });
    assert!(busy.most.into_inner() <= cores());
    let busy = Busy::default();
    map(0..2 * MAX_THREADS, usize::MAX, |_| busy.work());
    assert!(busy.most.into_inner() <= cores() + 1);
}

fn calls_at_once_never_have_more_than_the_cores_in_addition() {
    const CALLERS: usize = 64;
    let (busy, start) = (Busy::default(), Barrier::new(CALLERS));
    std::thread::scope(|scope| {
        for _ in 0..CALLERS {
            scope.spawn(|| {
                start.wait();
                for threads in [0, 16] {
                    let want: Vec<usize> = (0..40).map(|n| n * n).collect();
                    let square = |n: usize| {
                        busy.work();
                        n * n
                    };
                    assert_eq!(map(0..40usize, threads, square), want);
                }
            });
        }
    });
    let most = busy.most.into_inner();
    assert!((CALLERS / 2..=CALLERS + cores()).contains(&most), "{most} threads at once");
}

fn nested_calls_end() {
    let sums = map(0..20u32, 0, |a| {
        let inner = map(0..20u32, 0, |b| map(0..20u32, 7, |c| a + b + c).into_iter().sum::<u32>());
        inner.into_iter().sum::<u32>()
    });
    assert_eq!(sums.into_iter().sum::<u32>(), 3 * 8000 * 19 / 2);
}

/// A thread in the background comes even where the budget is used up, by calls that wait for it.
fn background_work_always_goes_on() {
    let sums = map(0..4 * cores() as u32, 0, |n| {
        let make =
            |sender: &std::sync::mpsc::SyncSender<u32>| assert!((0..10).all(|_| sender.send(n).is_ok()));
        background(1, 0, make, |made| made.iter().sum::<u32>()).ok()
    });
    assert_eq!(sums, Vec::from_iter((0..4 * cores() as u32).map(|n| Some(10 * n))));
}
