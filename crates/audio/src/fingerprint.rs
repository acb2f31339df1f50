//! Turning sound into a fingerprint.
