//! Sessions that are shared: two embedders of one file need its weights once.

use crate::{Session, SessionOptions};
use sonic_core::Result;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError, Weak};

/// The key of `StringStringEntryProto` by which an ONNX file says that weights lie in another file.
const EXTERNAL: &[u8] = b"location";

/// What makes two sessions the same; `None` for a model that is more than its file.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Key(Option<Parts>);

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Parts {
    /// What errors call it.
    name: String,
    hash: String,
    options: SessionOptions,
    any_size: bool,
    /// The threads of a session stay behind in the process that a fork leaves.
    process: u32,
}

impl Key {
    pub(crate) fn new(
        name: String,
        hash: &str,
        model: &[u8],
        options: SessionOptions,
        any_size: bool,
    ) -> Self {
        let whole = !model.windows(EXTERNAL.len()).any(|bytes| bytes == EXTERNAL);
        let (hash, process) = (hash.to_owned(), std::process::id());
        Self(whole.then_some(Parts { name, hash, options, any_size, process }))
    }
}

/// Sessions that are alive as long as somebody else holds them.
static SESSIONS: LazyLock<Mutex<HashMap<Parts, Weak<Session>>>> = LazyLock::new(Mutex::default);

/// The session that somebody has of this key, or a new one. Nobody waits for another model's loading: two who load
/// the same at once both do, and share the first that is ready.
pub(crate) fn get_or_insert(key: Key, make: impl FnOnce() -> Result<Session>) -> Result<Arc<Session>> {
    let Some(parts) = key.0 else { return make().map(Arc::new) };
    if let Some(session) = sessions().get(&parts).and_then(Weak::upgrade) {
        return Ok(session);
    }
    let made = Arc::new(make()?);
    let mut sessions = sessions();
    if let Some(session) = sessions.get(&parts).and_then(Weak::upgrade) {
        return Ok(session);
    }
    sessions.retain(|_, session| session.strong_count() > 0);
    sessions.insert(parts, Arc::downgrade(&made));
    Ok(made)
}

fn sessions() -> MutexGuard<'static, HashMap<Parts, Weak<Session>>> {
    SESSIONS.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_with_weights_elsewhere_are_not_shared() {
        let key = |bytes: &[u8]| Key::new("x".into(), "0", bytes, SessionOptions::default(), false);
        assert!(key(b"an external location").0.is_none());
        assert_eq!(key(b"a"), key(b"b"), "the hash counts");
        assert_ne!(key(b"a"), Key::new("x".into(), "1", b"a", SessionOptions::default(), false));
        assert_ne!(key(b"a"), Key::new("x".into(), "0", b"a", SessionOptions::default(), true));
    }
}
