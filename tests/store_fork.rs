//! Promise: a forked child cannot harm the store that its parent has open, is told to open it again, and can do so at
//! any moment, whatever the parent's threads are doing.

#![cfg(unix)]
#![expect(clippy::unwrap_used, unsafe_code, reason = "a test may fail; only the C library forks")]

mod support;

use sonic::recordings::{Added, Landmark, NewRecording, Recording};
use sonic::{Access, Error, ErrorKind, Fingerprint, PipelineId};
use sonic::{Store, StoreOptions};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use support::Scratch;

type Outcome = Result<(), String>;

/// One test at a time forks: the threads of another would be in the way of what is tested.
static FORKING: Mutex<()> = Mutex::new(());
/// A child that takes longer hangs.
const LONGEST_SECONDS: u32 = 60;

/// A forked child.
struct Child(libc::pid_t);

impl Child {
    /// Forks; the child does `work`, says what went wrong, and exits without any of this process's tidying up.
    fn start(work: impl FnOnce() -> Outcome) -> Self {
        // SAFETY: the child runs plain Rust, allocates with glibc, which allows it, and leaves by `_exit`.
        let child = unsafe { libc::fork() };
        assert!(child >= 0);
        if child > 0 {
            return Self(child);
        }
        // SAFETY: an alarm kills a child that waits for a lock nobody holds.
        unsafe { libc::alarm(LONGEST_SECONDS) };
        let code = match work() {
            Ok(()) => 0,
            Err(message) => {
                // SAFETY: the message outlives the call.
                unsafe { libc::write(2, message.as_ptr().cast(), message.len()) };
                1
            }
        };
        // SAFETY: ends the child here and now.
        unsafe { libc::_exit(code) }
    }

    fn wait(self) {
        let mut status = 0;
        // SAFETY: `status` is valid for the call.
        assert_eq!(unsafe { libc::waitpid(self.0, &mut status, 0) }, self.0);
        assert_eq!(status, 0, "a child failed, or hung until the alarm");
    }
}

fn in_child(work: impl FnOnce() -> Outcome) {
    Child::start(work).wait();
}

fn new(id: &str) -> NewRecording {
    let landmarks = (0..50).map(|n| Landmark { frame: 2 * n, frequency: 900, salience: 9 }).collect();
    let fingerprint = Fingerprint {
        pipeline: PipelineId::new("fork"),
        duration_ms: 2_786,
        frames: 120,
        landmarks,
        texture: None,
    };
    NewRecording { recording: Recording { id: id.to_owned(), ..Recording::default() }, fingerprint }
}

fn add(store: &Store, id: &str) -> Result<(), Error> {
    match store.add(vec![new(id)])?.remove(0) {
        Added::New(_) => Ok(()),
        other => Err(Error::new(ErrorKind::Internal, format!("{other:?}"))),
    }
}

fn open(path: &Path) -> Result<Store, String> {
    Store::open(path, StoreOptions { access: Access::Create, map_size: 1 << 20, ..StoreOptions::default() })
        .map_err(text)
}

fn text(error: Error) -> String {
    format!("{error:?}")
}

fn expect(condition: bool, what: &str) -> Outcome {
    if condition { Ok(()) } else { Err(what.to_owned()) }
}

fn store(scratch: &Scratch) -> (Store, PathBuf) {
    let path = scratch.join("store");
    let store = open(&path).unwrap();
    add(&store, "first").unwrap();
    (store, path)
}

#[test]
fn an_inherited_handle_is_closed() {
    let _forking = FORKING.lock().unwrap_or_else(PoisonError::into_inner);
    let scratch = Scratch::new("fork");
    let (store, path) = store(&scratch);
    in_child(|| {
        let refused = [
            store.recordings().iter().try_for_each(|row| row.map(drop)),
            store.recordings().len().map(drop),
            store.stats().map(drop),
            store.check().map(drop),
            store.compact(),
            add(&store, "second"),
            store.recordings().remove("first").map(drop),
        ];
        for error in refused {
            let error = error.err().ok_or("an inherited handle works")?;
            expect(
                error.kind() == ErrorKind::Closed && error.message().contains("before a fork"),
                "message",
            )?;
        }
        store.close();
        drop(store.clone());
        Ok(())
    });
    // What the child did to its handle did nothing to this one.
    add(&store, "second").unwrap();
    assert_eq!(store.recordings().len().unwrap(), 2);
    store.close();
    assert_eq!(open(&path).unwrap().recordings().len().unwrap(), 2);
}

#[test]
fn a_child_and_its_child_open_the_store_anew() {
    let _forking = FORKING.lock().unwrap_or_else(PoisonError::into_inner);
    let scratch = Scratch::new("fork");
    let (store, path) = store(&scratch);
    in_child(|| {
        let mine = open(&path)?;
        add(&mine, "from the child").map_err(text)?;
        in_child(|| {
            expect(mine.recordings().len().is_err(), "the grandchild uses the child's handle")?;
            add(&open(&path)?, "from the grandchild").map_err(text)
        });
        let second = open(&path)?;
        expect(second.recordings().len().map_err(text)? == 3, "a second handle sees other rows")?;
        mine.close();
        second.close();
        // All handles are closed: this opens the files again.
        expect(open(&path)?.check().map_err(text)?.is_empty(), "the store is damaged")
    });
    let ids: Vec<String> =
        store.recordings().iter().collect::<Result<Vec<_>, _>>().unwrap().into_iter().map(|r| r.id).collect();
    assert_eq!(ids, ["first", "from the child", "from the grandchild"]);
    in_child(|| open(&path)?.compact().map_err(text));
    add(&store, "last").unwrap();
    assert_eq!(store.recordings().len().unwrap(), 4);
    assert!(store.check().unwrap().is_empty());
}

#[test]
fn forks_while_another_thread_writes_lose_nothing() {
    let _forking = FORKING.lock().unwrap_or_else(PoisonError::into_inner);
    let scratch = Scratch::new("fork");
    let (store, path) = store(&scratch);
    let done = AtomicBool::new(false);
    let (written, lingering) = std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let mut written = 1;
            while !done.load(Ordering::Relaxed) {
                match add(&store, &format!("from the parent {written}")) {
                    Err(e) => assert_eq!(e.kind(), ErrorKind::Io, "{e}: a child may be writing"),
                    Ok(()) => written += 1,
                }
            }
            written
        });
        let over = Over(&done);
        for n in 0..40 {
            in_child(|| {
                let mine = open(&path)?;
                expect(mine.recordings().len().map_err(text)? >= 1, "the child sees nothing")?;
                match add(&mine, &format!("from child {n}")) {
                    Err(e) if e.kind() != ErrorKind::Io => Err(text(e)),
                    _ => Ok(()),
                }
            });
        }
        // One that lives on with everything that it inherited, the lock of a write in progress perhaps.
        let lingering: Vec<Child> = (0..5)
            .map(|_| {
                Child::start(|| {
                    sleep(2);
                    Ok(())
                })
            })
            .collect();
        drop(over);
        (writer.join().unwrap(), lingering)
    });
    in_child(|| add(&open(&path)?, "when the parent is done").map_err(text));
    lingering.into_iter().for_each(Child::wait);
    let rows = store.recordings().iter().collect::<Result<Vec<_>, _>>().unwrap();
    assert_eq!(rows.iter().filter(|r| !r.id.contains("parent") && r.id.len() < 6).count(), 1);
    assert_eq!(rows.iter().filter(|r| r.id.starts_with("from the parent")).count(), written - 1);
    assert!(rows.iter().any(|r| r.id == "when the parent is done"));
    assert!(store.check().unwrap().is_empty());
}

#[test]
fn forks_while_other_threads_open_and_close_do_not_hang() {
    let _forking = FORKING.lock().unwrap_or_else(PoisonError::into_inner);
    let scratch = Scratch::new("fork");
    let (store, path) = store(&scratch);
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for thread in 0..3 {
            let (other, done) = (scratch.join(&format!("other-{thread}")), &done);
            scope.spawn(move || {
                while !done.load(Ordering::Relaxed) {
                    open(&other).unwrap().recordings().len().unwrap();
                }
            });
        }
        let _over = Over(&done);
        for n in 0..60 {
            in_child(|| {
                open(&scratch.join(&format!("other-{}", n % 3)))?.recordings().len().map_err(text)?;
                expect(open(&path)?.recordings().len().map_err(text)? == 1, "the child sees other rows")
            });
        }
    });
    assert_eq!(store.recordings().len().unwrap(), 1);
}

/// Tells threads that the test is over, also when it failed.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn sleep(seconds: u64) {
    std::thread::sleep(std::time::Duration::from_secs(seconds));
}
