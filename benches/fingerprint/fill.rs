//! A store filled up with drawn recordings, so that answers take as long as among so many real ones.

use crate::Anyhow;
use crate::draw::{self, Drawer};
use serde_json::{Value, json};
use sonic::recordings::NewRecording;
use sonic::{Store, StoreOptions};
use std::path::Path;

/// Recordings added in one transaction.
const BATCH: usize = 8;

/// Fills the store below `work` up to so many hours; the hours that it has then.
pub(crate) fn up_to(hours: f64, work: &Path) -> Anyhow<Value> {
    let store = Store::open(work.join("store"), StoreOptions::default())?;
    let mut drawer = Drawer::new(draw::sources(&store)?);
    let filled = |store: &Store| Ok::<_, sonic::Error>(store.stats()?.duration_ms as f64 / 3.6e6);
    while filled(&store)? < hours {
        let batch: Vec<NewRecording> = (0..BATCH).map(|_| drawer.next()).collect();
        store.add(batch)?;
    }
    store.compact()?;
    Ok(json!(filled(&store)?))
}
