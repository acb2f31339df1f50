//! Milliseconds to frames, and curves from one frame length to another.

/// Frames of silence before a phrase.
pub(crate) const HEAD_FRAMES: usize = 8;

/// Frames of silence after a phrase.
pub(crate) const TAIL_FRAMES: usize = 8;

/// The frames of durations in a row: the sum so far in frames plus one half, rounded, halves to even (R12).
pub(crate) fn to_frames(durations_ms: impl IntoIterator<Item = f64>, frame_ms: f64) -> Vec<i64> {
    let (mut total_ms, mut before) = (0.0, 0);
    let frames = durations_ms.into_iter().map(|duration_ms| {
        total_ms += duration_ms;
        let frame = (total_ms / frame_ms + 0.5).round_ties_even() as i64;
        frame - std::mem::replace(&mut before, frame)
    });
    frames.collect()
}

/// `frames` values of a curve between whose frames lie `ratio` source frames; frame `origin` of both is the same
/// moment.
/// Between frames the curve is straight, beyond its ends it is held (R18).
pub(crate) fn resample(curve: &[f64], frames: usize, ratio: f64, origin: usize) -> Vec<f64> {
    let Some(last) = curve.len().checked_sub(1) else { return vec![0.0; frames] };
    let origin = origin as f64;
    let value = |frame: usize| {
        let at = (origin + (frame as f64 - origin) * ratio).clamp(0.0, last as f64);
        let low = at.floor() as usize;
        let high = (low + 1).min(last);
        curve[low] + (curve[high] - curve[low]) * (at - low as f64)
    };
    (0..frames).map(value).collect()
}

/// A curve of a whole phrase in `total` frames of another length: head, body and tail each by itself (R18).
pub(crate) fn resample_padded(curve: Vec<f64>, total: usize, source_ms: f64, target_ms: f64) -> Vec<f64> {
    let padding = HEAD_FRAMES + TAIL_FRAMES;
    let same = curve.len() == total && (source_ms - target_ms).abs() < 1e-3;
    if same || curve.len() < padding || total < padding {
        return if curve.len() == total { curve } else { resample(&curve, total, target_ms / source_ms, 0) };
    }
    let ratio = target_ms / source_ms;
    let (head, rest) = curve.split_at(HEAD_FRAMES);
    let (body, tail) = rest.split_at(rest.len() - TAIL_FRAMES);
    let mut out = resample(head, HEAD_FRAMES, ratio, 0);
    out.extend(resample(body, total - padding, ratio, 0));
    out.extend(resample(tail, TAIL_FRAMES, ratio, 0));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_of_frames_round_to_even() {
        // Sums of 1, 2, 3 and 4.2 frames: plus a half 1.5, 2.5, 3.5 and 4.7.
        assert_eq!(to_frames([10.0, 10.0, 10.0, 12.0], 10.0), [2, 0, 2, 1]);
        assert!(to_frames([], 10.0).is_empty());
    }

    #[test]
    fn curves_keep_their_ends() {
        assert_eq!(resample(&[0.0, 1.0, 2.0], 4, 0.5, 0), [0.0, 0.5, 1.0, 1.5]);
        assert_eq!(resample(&[0.0, 1.0], 4, 1.0, 1), [0.0, 1.0, 1.0, 1.0]);
        assert_eq!(resample(&[], 2, 1.0, 0), [0.0, 0.0]);
        let curve: Vec<f64> = (0..20).map(f64::from).collect();
        assert_eq!(resample_padded(curve.clone(), 20, 10.0, 10.0), curve);
        assert_eq!(resample_padded(curve, 24, 10.0, 5.0).len(), 24);
    }
}
