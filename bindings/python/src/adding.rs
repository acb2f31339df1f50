//! Adding many files, sound or photos: a thread of the library works, Python takes the results as they come.

use crate::error::raise;
use crate::results::ToPython;
use pyo3::prelude::*;
use sonic::faces::{AddPhotoEvent, AddPhotosOptions, AddedPhotoFile, FaceAnalyzer};
use sonic::recordings::{AddEvent, AddOptions, AddSummary, AddedFile};
use sonic::{Error, ErrorKind, Store};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// How often to look whether Ctrl-C was pressed.
const PATIENCE: Duration = Duration::from_millis(50);
/// Results that may wait for Python to take them.
const WAITING: usize = 256;

/// Files that are being added; iterating gives an `AddedFile` (for photos an `AddedPhotoFile`) for each, as soon as it is
/// committed or has failed.
#[pyclass(frozen, generic, module = "sonic", weakref)]
pub(crate) struct Adding {
    /// Taken when the work ends or is ended.
    work: Mutex<Option<Work>>,
    stop: Arc<AtomicBool>,
    /// Files that there are; `usize::MAX` until they are counted.
    total: AtomicUsize,
    done: AtomicUsize,
    progress: Option<Py<PyAny>>,
    process: u32,
}

struct Work {
    news: Receiver<News>,
    thread: JoinHandle<sonic::Result<AddSummary>>,
}

enum News {
    Found(usize),
    File(Box<AddedFile>),
    Photo(Box<AddedPhotoFile>),
    /// What is not taken does not count.
    PassedOver(Box<AddedFile>),
    PhotoPassedOver(Box<AddedPhotoFile>),
}

impl Adding {
    /// Adds recordings.
    pub(crate) fn files(
        store: Store,
        paths: Vec<PathBuf>,
        options: AddOptions,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<Self> {
        Self::start(progress, move |reporter| {
            sonic::recordings::add_files(&store, &paths, &options, |event| match event {
                AddEvent::Found(total) => reporter.send(News::Found(total)),
                AddEvent::PassedOver(file) => reporter.send(News::PassedOver(Box::new(file))),
                AddEvent::File(file) => reporter.send(News::File(Box::new(file))),
                _ => reporter.go_on(),
            })
        })
    }

    /// Adds photos to an event.
    pub(crate) fn photos(
        (store, analyzer): (Store, Arc<FaceAnalyzer>),
        event: String,
        paths: Vec<PathBuf>,
        options: AddPhotosOptions,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<Self> {
        Self::start(progress, move |reporter| {
            sonic::faces::add_photos(&store, &analyzer, &event, &paths, &options, |event| match event {
                AddPhotoEvent::Found(total) => reporter.send(News::Found(total)),
                AddPhotoEvent::PassedOver(photo) => reporter.send(News::PhotoPassedOver(Box::new(photo))),
                AddPhotoEvent::Photo(photo) => reporter.send(News::Photo(Box::new(photo))),
                _ => reporter.go_on(),
            })
        })
    }

    fn start(
        progress: Option<Py<PyAny>>,
        work: impl FnOnce(&Reporter) -> sonic::Result<AddSummary> + Send + 'static,
    ) -> PyResult<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let (sender, news) = sync_channel(WAITING);
        let reporter = Reporter { sender, stop: Arc::clone(&stop) };
        let thread = std::thread::Builder::new()
            .name("sonic-add".to_owned())
            .spawn(move || sonic::guard::guard(ErrorKind::Internal, "adding files", || work(&reporter)))?;
        Ok(Self {
            work: Mutex::new(Some(Work { news, thread })),
            stop,
            total: AtomicUsize::new(usize::MAX),
            done: AtomicUsize::new(0),
            progress,
            process: std::process::id(),
        })
    }

    /// The next news; `None` once there is no more.
    fn wait(&self) -> Option<Result<News, RecvTimeoutError>> {
        let work = self.work.lock().unwrap_or_else(PoisonError::into_inner);
        let news = work.as_ref()?.news.recv_timeout(PATIENCE);
        Some(news)
    }

    /// Cancels the rest, waits until what is decoded is committed, and gives how it went.
    fn end(&self) -> sonic::Result<()> {
        self.stop.store(true, Ordering::Relaxed);
        let work = self.work.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(Work { news, thread }) = work else { return Ok(()) };
        if self.process != std::process::id() {
            std::mem::forget(thread); // It runs in the process that this one was forked from.
            return Ok(());
        }
        drop(news);
        let result = thread.join();
        result.unwrap_or_else(|_| Err(Error::new(ErrorKind::Internal, "adding files failed"))).map(drop)
    }

    /// Counts a file that is decided, and calls `progress`.
    fn decided(&self, py: Python<'_>) -> PyResult<()> {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        if let Some(progress) = &self.progress {
            progress.call1(py, (done, self.total.load(Ordering::Relaxed)))?;
        }
        Ok(())
    }

    fn next<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        if self.process != std::process::id() {
            let message = "these files are added by the process that this one was forked from";
            return Err(raise(py, Error::new(ErrorKind::Closed, message)));
        }
        loop {
            py.check_signals()?;
            match py.detach(|| self.wait()) {
                None => return Ok(None),
                Some(Ok(News::Found(total))) => self.total.store(total, Ordering::Relaxed),
                Some(Ok(News::PassedOver(file))) => return file.to_python(py).map(Some),
                Some(Ok(News::PhotoPassedOver(photo))) => return photo.to_python(py).map(Some),
                Some(Ok(News::File(file))) => {
                    self.decided(py)?;
                    return file.to_python(py).map(Some);
                }
                Some(Ok(News::Photo(photo))) => {
                    self.decided(py)?;
                    return photo.to_python(py).map(Some);
                }
                Some(Err(RecvTimeoutError::Timeout)) => {}
                Some(Err(RecvTimeoutError::Disconnected)) => {
                    return py.detach(|| self.end()).map(|()| None).map_err(|e| raise(py, e));
                }
            }
        }
    }
}

#[pymethods]
impl Adding {
    /// Number of files; None until they are counted.
    #[getter]
    fn total(&self) -> Option<usize> {
        Some(self.total.load(Ordering::Relaxed)).filter(|&total| total != usize::MAX)
    }

    /// Number of files whose results were taken.
    #[getter]
    fn done(&self) -> usize {
        self.done.load(Ordering::Relaxed)
    }

    /// Cancels the rest: what is decoded by then is committed.
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        py.detach(|| self.end()).map_err(|e| raise(py, e))
    }

    fn __iter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.next(py).inspect_err(|_| {
            // The error goes to the caller; the rest is left because of it.
            let _ = py.detach(|| self.end());
        })
    }

    fn __enter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    #[pyo3(signature = (*_exception))]
    fn __exit__(&self, py: Python<'_>, _exception: &Bound<'_, PyAny>) -> PyResult<()> {
        self.close(py)
    }

    fn __repr__(&self) -> String {
        let total = self.total().map_or_else(|| "?".to_owned(), |total| total.to_string());
        format!("Adding({} of {total} files)", self.done())
    }
}

impl Drop for Adding {
    /// Leaving a loop early leaves the store as `close` does.
    fn drop(&mut self) {
        Python::attach(|py| py.detach(|| self.end())).ok();
    }
}

/// How the thread that works reports what it did, and sees whether it is cancelled.
struct Reporter {
    sender: SyncSender<News>,
    stop: Arc<AtomicBool>,
}

impl Reporter {
    fn send(&self, news: News) -> ControlFlow<()> {
        match self.sender.send(news) {
            Ok(()) => self.go_on(),
            Err(_) => ControlFlow::Break(()),
        }
    }

    fn go_on(&self) -> ControlFlow<()> {
        if self.stop.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}
