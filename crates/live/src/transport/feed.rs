//! Telling those who wait for the segments of meetings.

use super::{Backoff, Told, Transport, Watch};
use sonic_core::{Error, ErrorKind, Result};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::Builder;
use std::time::{Duration, Instant};

/// Results of one meeting that are fetched at once.
const PAGE: usize = 256;
/// How long news is waited for.
const WAIT: Duration = Duration::from_millis(100);
/// How often all meetings are looked at, whatever was said about news.
const LOOK: Duration = Duration::from_secs(5);

type Listener = Arc<dyn Fn(&Told) + Send + Sync>;

/// Tells any number of listeners what becomes known in meetings, with one thread. Clones are the same feed.
#[derive(Clone)]
pub struct Feed {
    shared: Arc<Shared>,
}

struct Shared {
    inside: Mutex<Inside>,
}

#[derive(Default)]
struct Inside {
    next: u64,
    /// By meeting, each with its number.
    listeners: HashMap<String, Vec<(u64, Place)>>,
    /// Meetings that somebody has begun to listen to.
    new: Vec<String>,
}

/// What a listener knows.
struct Place {
    after: String,
    listener: Listener,
}

/// Somebody who listens, until it is dropped.
pub struct Subscription {
    feed: Weak<Shared>,
    meeting: String,
    number: u64,
}

impl Feed {
    /// A feed of what goes through `transport`.
    ///
    /// # Errors
    /// `Io` if no thread can be started.
    pub fn new(transport: Arc<dyn Transport>) -> Result<Self> {
        let shared = Arc::new(Shared { inside: Mutex::default() });
        let weak = Arc::downgrade(&shared);
        let spawned = Builder::new().name("sonic-feed".to_owned()).spawn(move || work(&weak, &*transport));
        spawned.map_err(|error| Error::io("cannot start a thread", error))?;
        Ok(Self { shared })
    }

    /// Listens to a meeting from behind a place on: that of the last [`Told`] somebody knows, or empty for all that is kept. The
    /// listener is called by the feed's thread, in order, and must not wait.
    pub fn subscribe(
        &self,
        meeting: &str,
        after: &str,
        listener: impl Fn(&Told) + Send + Sync + 'static,
    ) -> Subscription {
        let mut inside = self.shared.inside();
        inside.next += 1;
        let number = inside.next;
        let place = Place { after: after.to_owned(), listener: Arc::new(listener) };
        inside.listeners.entry(meeting.to_owned()).or_default().push((number, place));
        inside.new.push(meeting.to_owned());
        Subscription { feed: Arc::downgrade(&self.shared), meeting: meeting.to_owned(), number }
    }

    /// How many listen.
    pub fn listeners(&self) -> usize {
        self.shared.inside().listeners.values().map(Vec::len).sum()
    }
}

impl Shared {
    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells the listeners of a meeting what they do not know.
    fn tell(&self, transport: &dyn Transport, meeting: &str) -> Result<()> {
        let places: Vec<(u64, String, Listener)> = match self.inside().listeners.get(meeting) {
            Some(all) => all.iter().map(|(n, p)| (*n, p.after.clone(), p.listener.clone())).collect(),
            None => return Ok(()),
        };
        let mut pages: HashMap<String, Vec<Told>> = HashMap::new();
        for (number, mut after, listener) in places {
            loop {
                if !pages.contains_key(&after) {
                    let page = match transport.results(meeting, &after, PAGE) {
                        // A place that is none is one before all.
                        Err(error) if error.kind() == ErrorKind::InvalidArgument => {
                            transport.results(meeting, "", PAGE)?
                        }
                        page => page?,
                    };
                    pages.insert(after.clone(), page);
                }
                let page = pages.get(&after).map_or(&[][..], Vec::as_slice);
                let Some(last) = page.last().map(|told| told.place.clone()) else { break };
                for told in page {
                    listener(told);
                }
                let is_last = page.len() < PAGE;
                self.know(meeting, number, &last);
                after = last;
                if is_last {
                    break;
                }
            }
        }
        Ok(())
    }

    fn know(&self, meeting: &str, number: u64, last: &str) {
        let mut inside = self.inside();
        let place =
            inside.listeners.get_mut(meeting).and_then(|all| all.iter_mut().find(|(n, _)| *n == number));
        if let Some((_, place)) = place {
            last.clone_into(&mut place.after);
        }
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let Some(feed) = self.feed.upgrade() else { return };
        let mut inside = feed.inside();
        if let Some(all) = inside.listeners.get_mut(&self.meeting) {
            all.retain(|(number, _)| *number != self.number);
            if all.is_empty() {
                inside.listeners.remove(&self.meeting);
            }
        }
    }
}

/// What the thread of a feed does, until nobody has the feed any more.
fn work(shared: &Weak<Shared>, transport: &dyn Transport) {
    let mut watch: Option<Box<dyn Watch>> = None;
    let mut backoff = Backoff::new(Duration::from_millis(50), Duration::from_secs(2));
    let mut looked = None;
    loop {
        let Some(feed) = shared.upgrade() else { return };
        match step(&feed, transport, &mut watch, &mut looked) {
            Ok(()) => backoff.reset(),
            Err(_) => {
                // What was missed meanwhile is looked for.
                (watch, looked) = (None, None);
                drop(feed);
                std::thread::sleep(backoff.wait());
            }
        }
    }
}

fn step(
    feed: &Shared,
    transport: &dyn Transport,
    watch: &mut Option<Box<dyn Watch>>,
    looked: &mut Option<Instant>,
) -> Result<()> {
    let watching = match watch {
        Some(watching) => watching,
        none => none.insert(transport.watch()?),
    };
    let all = || feed.inside().listeners.keys().cloned().collect::<Vec<_>>();
    let mut meetings = std::mem::take(&mut feed.inside().new);
    let news =
        if meetings.is_empty() { watching.changed(WAIT)? } else { watching.changed(Duration::ZERO)? };
    match news {
        Some(news) => meetings.extend(news),
        None => *looked = None,
    }
    if looked.is_none_or(|time| time.elapsed() >= LOOK) {
        meetings = all();
        *looked = Some(Instant::now());
    }
    meetings.sort_unstable();
    meetings.dedup();
    meetings.iter().try_for_each(|meeting| feed.tell(transport, meeting))
}

impl fmt::Debug for Feed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Feed").field("listeners", &self.listeners()).finish_non_exhaustive()
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription").field("meeting", &self.meeting).finish_non_exhaustive()
    }
}
