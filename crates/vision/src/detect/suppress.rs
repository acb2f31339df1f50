//! One face at one place.

use super::Detection;

/// What a box covers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Overlap {
    /// The area between its sides.
    Plain,
    /// The pixels from its first to its last column and row: one more each way.
    InPixels,
}

/// The surest first, without those that overlap a surer one by more than `limit` (area of both by area of either).
/// Of equally sure ones the earlier comes first.
pub(super) fn suppress(mut candidates: Vec<Detection>, limit: f32, overlap: Overlap) -> Vec<Detection> {
    candidates.sort_by(|a, b| b.score.total_cmp(&a.score));
    let mut kept: Vec<Detection> = Vec::new();
    for candidate in candidates {
        if kept.iter().all(|surer| shared(&surer.bbox, &candidate.bbox, overlap) <= limit) {
            kept.push(candidate);
        }
    }
    kept
}

/// How much of the smaller box lies in the other, 0 to 1.
pub(super) fn covered(a: &[f32; 4], b: &[f32; 4]) -> f32 {
    let area = |[left, top, right, bottom]: [f32; 4]| (right - left).max(0.0) * (bottom - top).max(0.0);
    let both = [a[0].max(b[0]), a[1].max(b[1]), a[2].min(b[2]), a[3].min(b[3])];
    let smaller = area(*a).min(area(*b));
    if smaller > 0.0 { area(both) / smaller } else { 0.0 }
}

/// Area of both by area of either.
fn shared(a: &[f32; 4], b: &[f32; 4], overlap: Overlap) -> f32 {
    let more = if overlap == Overlap::InPixels { 1.0 } else { 0.0 };
    let area = |left: f32, top: f32, right: f32, bottom: f32| {
        (right - left + more).max(0.0) * (bottom - top + more).max(0.0)
    };
    let both = area(a[0].max(b[0]), a[1].max(b[1]), a[2].min(b[2]), a[3].min(b[3]));
    let either = area(a[0], a[1], a[2], a[3]) + area(b[0], b[1], b[2], b[3]) - both;
    if either > 0.0 { both / either } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn face(bbox: [f32; 4], score: f32) -> Detection {
        Detection { bbox, score, landmarks: [[0.0; 2]; 5] }
    }

    #[test]
    fn of_overlapping_faces_the_surest_is_kept() {
        let faces = vec![
            face([0.0, 0.0, 10.0, 10.0], 0.6),
            face([100.0, 0.0, 110.0, 10.0], 0.7),
            face([1.0, 0.0, 11.0, 10.0], 0.9),
            face([6.0, 0.0, 16.0, 10.0], 0.5),
        ];
        let scores = |limit| {
            suppress(faces.clone(), limit, Overlap::Plain).iter().map(|f| f.score).collect::<Vec<_>>()
        };
        assert_eq!(scores(0.4), [0.9, 0.7, 0.5]);
        assert_eq!(scores(0.3), [0.9, 0.7]);
        assert_eq!(scores(1.0), [0.9, 0.7, 0.6, 0.5]);
    }

    #[test]
    fn the_last_pixel_counts_where_boxes_are_pixels() {
        let (a, b) = ([0.0, 0.0, 9.0, 9.0], [5.0, 0.0, 14.0, 9.0]);
        assert_eq!(shared(&a, &b, Overlap::InPixels), 50.0 / 150.0);
        assert_eq!(shared(&a, &b, Overlap::Plain), 36.0 / 126.0);
        assert_eq!(shared(&[0.0; 4], &[0.0; 4], Overlap::Plain), 0.0);
        assert_eq!((covered(&a, &[3.0, 3.0, 6.0, 6.0]), covered(&a, &b)), (1.0, 36.0 / 81.0));
        assert_eq!((covered(&a, &[20.0, 0.0, 30.0, 9.0]), covered(&[0.0; 4], &a)), (0.0, 0.0));
    }
}
