//! Captions on their way to one client: so many wait, and a client that is slower gets the others when it comes to them.

use super::{Closing, told_json};
use sonic::live::transport::{Feed, Subscription, Told};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::mpsc::{self, Receiver, error::TrySendError};

/// Captions that wait for a client.
const WAITING: usize = 64;

pub(super) struct Captions {
    feed: Feed,
    meeting: String,
    /// Of the last caption that was given.
    place: String,
    following: Following,
}

struct Following {
    _subscription: Subscription,
    captions: Receiver<(String, String)>,
    /// Set when one did not fit: those behind it are not taken either.
    is_behind: Arc<AtomicBool>,
}

impl Captions {
    pub(super) fn new(feed: &Feed, meeting: &str, place: String) -> Self {
        let following = follow(feed, meeting, &place);
        Self { feed: feed.clone(), meeting: meeting.to_owned(), place, following }
    }

    /// The next caption, as JSON.
    ///
    /// # Errors
    /// If there will be none any more.
    pub(super) async fn next(&mut self) -> Result<String, Closing> {
        loop {
            // What waits is given before it is looked whether something did not fit.
            if self.following.captions.is_empty() && self.following.is_behind.load(Ordering::Acquire) {
                self.following = follow(&self.feed, &self.meeting, &self.place);
            }
            match self.following.captions.recv().await {
                Some((place, text)) => {
                    self.place = place;
                    return Ok(text);
                }
                None if self.following.is_behind.load(Ordering::Acquire) => (),
                None => return Err(Closing::new(super::LATER, "captions ended")),
            }
        }
    }
}

fn follow(feed: &Feed, meeting: &str, place: &str) -> Following {
    let (sender, captions) = mpsc::channel(WAITING);
    let is_behind = Arc::new(AtomicBool::new(false));
    let behind = is_behind.clone();
    let sender = Mutex::new(Some(sender));
    let told = move |told: &Told| {
        let mut sender = sender.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(open) = sender.as_ref() else { return };
        let caption = (told.place.clone(), told_json(told).to_string());
        if let Err(TrySendError::Full(_)) = open.try_send(caption) {
            behind.store(true, Ordering::Release);
            // Its end wakes the reader when it has read what there is.
            *sender = None;
        }
    };
    Following { _subscription: feed.subscribe(meeting, place, told), captions, is_behind }
}
