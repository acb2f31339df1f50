//! What becomes of stores when the process forks.
//!
//! LMDB's environment belongs to the process that opened it: a child that used it would share the parent's slots and
//! locks. So every handle remembers its process, a child leaves what it inherited untouched, to the point of leaking
//! it, and opens the directory anew. That only works if no lock is held by a thread which the child does not have:
//! a fork waits until nobody is opening or closing an environment.

#![expect(unsafe_code, reason = "only the C library can tell of forks")]

use std::cell::RefCell;
use std::mem::ManuallyDrop;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Held while environments are opened and closed, and while the process forks.
static OPENING: Mutex<()> = Mutex::new(());
/// The first process that opened a store with this library's memory.
static FIRST: AtomicU32 = AtomicU32::new(0);
static WATCHING: AtomicBool = AtomicBool::new(false);

/// How often this thread holds [`OPENING`], and its guard. Never dropped: it must work while a thread ends.
struct Held {
    count: usize,
    guard: Option<ManuallyDrop<MutexGuard<'static, ()>>>,
}

thread_local! {
    static HELD: RefCell<Held> = const { RefCell::new(Held { count: 0, guard: None }) };
}

/// No fork happens before it is dropped.
pub(crate) struct Hold {
    /// It belongs to its thread.
    _thread: std::marker::PhantomData<*const ()>,
}

/// Keeps the process from forking, after waiting for other threads that do so.
pub(crate) fn hold() -> Hold {
    watch();
    let _ = FIRST.compare_exchange(0, std::process::id(), Ordering::Relaxed, Ordering::Relaxed);
    HELD.with_borrow_mut(|held| {
        if held.count == 0 {
            held.guard = Some(ManuallyDrop::new(OPENING.lock().unwrap_or_else(PoisonError::into_inner)));
        }
        held.count += 1;
    });
    Hold { _thread: std::marker::PhantomData }
}

impl Drop for Hold {
    fn drop(&mut self) {
        HELD.with_borrow_mut(|held| {
            held.count -= 1;
            if held.count == 0 {
                drop(held.guard.take().map(ManuallyDrop::into_inner));
            }
        });
    }
}

/// True if this process was forked from one that had opened a store.
pub(crate) fn is_child() -> bool {
    ![0, std::process::id()].contains(&FIRST.load(Ordering::Relaxed))
}

#[cfg(unix)]
fn watch() {
    extern "C" fn before() {
        std::mem::forget(hold());
    }
    extern "C" fn after() {
        drop(Hold { _thread: std::marker::PhantomData });
    }
    if !WATCHING.swap(true, Ordering::Relaxed) {
        // SAFETY: the handlers are functions of this library, which the C library forgets when it is unloaded; they
        // take a lock and give it back. Without memory for them forks are not waited for, which is no worse than
        // not asking.
        unsafe { libc::pthread_atfork(Some(before), Some(after), Some(after)) };
    }
}

/// Elsewhere processes do not fork.
#[cfg(not(unix))]
fn watch() {}
