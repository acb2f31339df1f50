//! The transactional LMDB store of sonic.
