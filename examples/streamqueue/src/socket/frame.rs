//! A slice as it travels over a socket: the length of a header, little endian in four bytes; the header, JSON; the bytes.

use super::MOST_HEADER;
use axum::body::Bytes;
use serde::Deserialize;

/// Milliseconds that a bit of activity stands for.
const BIT_MS: f64 = 100.0;

/// A slice with what came with it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Frame {
    pub(super) index: u64,
    /// When the recorder gave it, by the sender's clock.
    pub(super) sent_ms: f64,
    /// How much sound it holds, in milliseconds, if that is said.
    slice_ms: Option<f64>,
    /// Microphones since the slice before, up to `sent_ms`.
    pub(super) activity: Vec<(String, String)>,
    pub(super) bytes: Bytes,
}

#[derive(Deserialize)]
struct Header {
    i: u64,
    ts: Option<f64>,
    slice_ms: Option<f64>,
    #[serde(default)]
    activity: Option<Vec<(String, String)>>,
}

impl Frame {
    /// # Errors
    /// What is wrong with it.
    pub(super) fn read(message: &Bytes) -> Result<Self, String> {
        let short = || "a slice begins with the length of its header, in four bytes".to_owned();
        let length =
            message.first_chunk().map(|bytes| u32::from_le_bytes(*bytes) as usize).ok_or_else(short)?;
        if length > MOST_HEADER || message.len() < 4 + length {
            return Err("the header of a slice is longer than the slice, or than 64 KiB".to_owned());
        }
        let header: Header = serde_json::from_slice(&message[4..4 + length])
            .map_err(|e| format!("the header of a slice: {e}"))?;
        let activity = header.activity.unwrap_or_default();
        crate::routes::check(&activity).map_err(|refusal| refusal.text())?;
        let sent_ms = header.ts.filter(|ts| ts.is_finite()).unwrap_or_else(crate::names::now_ms);
        let slice_ms = header.slice_ms.filter(|ms| (0.0..=60_000.0).contains(ms));
        Ok(Self { index: header.i, sent_ms, slice_ms, activity, bytes: message.slice(4 + length..) })
    }

    /// When it would have been sent if it held as much as slices of the extension, which is what the worker goes by.
    pub(super) fn shifted(&self, sent_ms: f64, usual_ms: u32) -> f64 {
        let usual_ms = f64::from(usual_ms);
        sent_ms + usual_ms - self.slice_ms.unwrap_or(usual_ms)
    }

    /// How an update of the microphones is stamped whose last bit ends with this slice: as those of the extension are, a
    /// while after its first bit. `None` if there is none.
    pub(super) fn stamp(&self, sent_ms: f64, delay_ms: u32) -> Option<f64> {
        let bits = self.activity.iter().map(|(_, bits)| bits.len()).max().filter(|bits| *bits > 0)?;
        Some(sent_ms - bits as f64 * BIT_MS + f64::from(delay_ms))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(header: &str, bytes: &[u8]) -> Bytes {
        let mut all = (header.len() as u32).to_le_bytes().to_vec();
        all.extend_from_slice(header.as_bytes());
        all.extend_from_slice(bytes);
        all.into()
    }

    #[test]
    fn a_frame_is_read_whole_or_not_at_all() {
        let frame =
            Frame::read(&message(r#"{"i":7,"ts":5000.5,"activity":[["Ann","0110"]]}"#, b"abc")).unwrap();
        assert_eq!((frame.index, frame.sent_ms, &frame.bytes[..]), (7, 5000.5, &b"abc"[..]));
        assert_eq!(frame.stamp(frame.sent_ms, 1_000), Some(5_600.5));
        assert_eq!(frame.shifted(frame.sent_ms, 3_000), 5_000.5);
        let short = Frame::read(&message(r#"{"i":7,"ts":5000,"slice_ms":1000}"#, b"abc")).unwrap();
        assert_eq!(short.shifted(short.sent_ms, 3_000), 7_000.0);
        assert_eq!(Frame::read(&message(r#"{"i":0}"#, b"")).unwrap().stamp(1.0, 1), None);
        for wrong in [
            message("", b"abc"),
            message("[]", b""),
            message(r#"{"i":-1}"#, b""),
            message(r#"{"i":1.5}"#, b""),
            message(r#"{"i":1e30}"#, b""),
            message(r#"{"i":1,"activity":[["a","012"]]}"#, b""),
            Bytes::from_static(b""),
            Bytes::from_static(b"\x01\0\0"),
            Bytes::from_static(b"\xff\xff\xff\xff{}"),
            Bytes::from_static(b"\x09\0\0\0{}"),
        ] {
            assert!(Frame::read(&wrong).is_err(), "{wrong:?}");
        }
    }
}
