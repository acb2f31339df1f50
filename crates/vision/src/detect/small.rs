//! Small faces in large pictures.
//!
//! A picture is looked at whole in two sizes. Where that makes faces of 40 pixels too small to be seen, it is looked at
//! in finer sizes too, tile by tile, each for the faces that the coarser ones are too coarse for; and what may be a face
//! in the finest, but is not sure, is looked at once more from near.

use super::suppress::{covered, suppress};
use super::{Detection, FaceDetector, Fit, Reader, scrfd, yunet};
use crate::Image;
use sonic_core::{Result, RunMode};

/// Sides, in pixels, of the squares that a picture is fitted into: faces that fill the picture are found in the small
/// one, small faces in the large one.
const WHOLE: [u32; 2] = [128, 640];
/// The finest scale. Faces of 40 pixels have 12 then: enough to be suspected.
const FINEST: f64 = 0.3;
/// From one scale to the next coarser one.
const STEP: f64 = 3.0;
/// As long as the picture in the square of 640 is at least this large, no finer scale is needed.
const FINE_ENOUGH: f64 = 0.27;
/// Largest side of a tile in pixels of the input.
const TILE: u32 = 1536;
/// What two tiles share: more than the largest face and what is around it.
const SHARED: u32 = 96;
/// The largest face, in pixels of the input, that a finer scale gives: the next coarser one sees it at 21.
const LARGEST: f64 = 64.0;
/// A face of fewer pixels of the square of 640 is taken from where it is seen surest.
const COARSE: f64 = 24.0;
/// A face that reaches this near to where a tile was cut, in pixels of the input, is left to the neighbour.
const CUT: f64 = 2.0;
/// Side of the input for one suspected face, and the face in it.
const WINDOW: f64 = 96.0;
const FACE: f64 = 40.0;
/// From near is at least this much nearer.
const NEARER: f64 = 1.25;
/// Most of a new face that may lie in another.
const NESTED: f32 = 0.5;
/// How much of a suspected face is found again from near.
const SAME: f32 = 0.3;
/// Most suspected faces that are compared with each other.
const MOST_SUSPECTED: usize = 2000;
/// Windows without a face after which no more is suspected, at least.
const MISSES: usize = 16;
/// As many more are looked at for each small face that there is: where some are, others are likely.
const FOR_A_FACE: usize = 40;
/// Most pixels of a small face in the finest scale.
const SMALL: f64 = 32.0;

/// What was found so far.
struct Found {
    faces: Vec<Detection>,
    /// What may be a face in the finest scale.
    suspected: Vec<Detection>,
    scale: f64,
    /// Pixels of the input in that scale.
    pixels: usize,
}

impl FaceDetector {
    /// The faces in `image`, the surest first.
    pub(super) fn at_all_sizes(&self, image: &Image, mode: RunMode) -> Result<Vec<Detection>> {
        let mut found = self.whole(image, mode)?;
        if found.scale < FINE_ENOUGH {
            self.finer(image, mode, &mut found)?;
        }
        self.nearer(image, mode, &mut found)?;
        found.faces.sort_by(|a, b| b.score.total_cmp(&a.score));
        Ok(found.faces)
    }

    /// What is seen in the whole picture.
    fn whole(&self, image: &Image, mode: RunMode) -> Result<Found> {
        let [close, fit] = WHOLE.map(|side| Fit::inside(image, (side, side)));
        let mut faces = self.candidates(image, close, self.threshold(), mode)?;
        let (sure, suspected) = self.sure(self.candidates(image, fit, self.suspicion(), mode)?);
        faces.extend(sure);
        let pixels = fit.canvas.0 as usize * fit.canvas.1 as usize;
        Ok(Found { faces: self.suppress(faces), suspected, scale: fit.scale, pixels })
    }

    /// Looks at the picture in finer scales.
    fn finer(&self, image: &Image, mode: RunMode, found: &mut Found) -> Result<()> {
        let small = |face: &Detection| f64::from(face.side()) * found.scale < COARSE;
        let (mut pool, large): (Vec<_>, Vec<_>) = found.faces.iter().copied().partition(small);
        let (known, coarsest, mut scale) = (pool.clone(), found.scale, FINEST);
        found.suspected.clear();
        found.pixels = 0;
        while scale > coarsest {
            for fit in tiles(image, scale) {
                let mut seen = self.candidates(image, fit, self.suspicion(), mode)?;
                seen.retain(|face| f64::from(face.side()) * scale <= LARGEST && !is_cut(face, fit, image));
                let (sure, suspected) = self.sure(seen);
                pool.extend(sure);
                if scale == FINEST {
                    found.pixels += fit.canvas.0 as usize * fit.canvas.1 as usize;
                    found.suspected.extend(suspected);
                }
            }
            scale /= STEP;
        }
        found.scale = FINEST;
        found.faces = large;
        for face in self.suppress(pool) {
            if known.contains(&face) || is_apart(&face, &found.faces) {
                found.faces.push(face);
            }
        }
        Ok(())
    }

    /// Looks from near at what may be a face.
    fn nearer(&self, image: &Image, mode: RunMode, found: &mut Found) -> Result<()> {
        let mut suspected = std::mem::take(&mut found.suspected);
        let zoom = |face: &Detection| (FACE / f64::from(face.side())).min(1.0);
        suspected.retain(|face| face.side() > 0.0 && zoom(face) >= NEARER * found.scale);
        suspected.retain(|face| is_apart(face, &found.faces));
        suspected.sort_by(|a, b| b.score.total_cmp(&a.score));
        suspected.truncate(MOST_SUSPECTED);
        // A sixth of what the finest scale has cost is the most that doubts which come to nothing may cost.
        let small = found.faces.iter().filter(|face| f64::from(face.side()) * found.scale <= SMALL).count();
        let mut misses = MISSES.max(found.pixels / (6 * (WINDOW * WINDOW) as usize)) + FOR_A_FACE * small;
        for suspect in suppress(suspected, self.overlap(), self.area()) {
            if !is_apart(&suspect, &found.faces) {
                continue;
            }
            if misses == 0 {
                break;
            }
            let before = found.faces.len();
            let fit = window(image, &suspect, zoom(&suspect));
            let mut seen = self.candidates(image, fit, self.threshold(), mode)?;
            seen.retain(|face| covered(&face.bbox, &suspect.bbox) > SAME && !is_cut(face, fit, image));
            for face in self.suppress(seen) {
                if is_apart(&face, &found.faces) {
                    found.faces.push(face);
                }
            }
            match found.faces.len() == before {
                true => misses -= 1,
                false => misses += FOR_A_FACE,
            }
        }
        Ok(())
    }

    /// Faces, and what may be some.
    fn sure(&self, candidates: Vec<Detection>) -> (Vec<Detection>, Vec<Detection>) {
        candidates.into_iter().partition(|face| face.score >= self.threshold())
    }

    /// Least score of what may be a face.
    fn suspicion(&self) -> f32 {
        let least = match self.reader {
            Reader::Scrfd => scrfd::SUSPICION,
            Reader::Yunet(_) => yunet::SUSPICION,
        };
        least.min(self.threshold())
    }
}

/// True if `face` is none of those, nor a part of one.
fn is_apart(face: &Detection, others: &[Detection]) -> bool {
    others.iter().all(|other| covered(&face.bbox, &other.bbox) <= NESTED)
}

/// `image` in parts that overlap, at this scale.
fn tiles(image: &Image, scale: f64) -> Vec<Fit> {
    let columns = stretches(image.width(), scale);
    let row = |[top, height]: [u32; 2]| {
        columns.iter().map(move |[left, width]| Fit::part([*left, top, *width, height], scale))
    };
    stretches(image.height(), scale).into_iter().flat_map(row).collect()
}

/// Where stretches of `length` pixels begin and how long they are: as few as make tiles, of equal length.
fn stretches(length: u32, scale: f64) -> Vec<[u32; 2]> {
    let scaled = |pixels: u32| (f64::from(pixels) / scale).ceil() as u32;
    if length <= scaled(TILE) {
        return vec![[0, length]];
    }
    let (shared, step) = (scaled(SHARED), scaled(TILE - SHARED));
    let count = (length - shared).div_ceil(step);
    let step = (length - shared).div_ceil(count);
    (0..count).map(|i| [i * step, (step + shared).min(length - i * step)]).collect()
}

/// The surroundings of `face`, as an input of the same size for all.
fn window(image: &Image, face: &Detection, zoom: f64) -> Fit {
    let [left, top, right, bottom] = face.bbox;
    let side = (WINDOW / zoom).round() as u32;
    let from = |low: f32, high: f32, length: u32| {
        let start = (f64::from(low) + f64::from(high) - f64::from(side)) / 2.0;
        (start.max(0.0) as u32).min(length.saturating_sub(side))
    };
    let (left, top) = (from(left, right, image.width()), from(top, bottom, image.height()));
    let (width, height) = (side.min(image.width() - left), side.min(image.height() - top));
    Fit::part([left, top, width, height], zoom)
}

/// True if `face` reaches to where the part was cut out of the picture.
fn is_cut(face: &Detection, fit: Fit, image: &Image) -> bool {
    let Some([left, top, width, height]) = fit.part else { return false };
    let margin = CUT / fit.scale;
    let near = |at: f32, edge: u32, inwards: f64| (f64::from(at) - f64::from(edge)) * inwards < margin;
    let [right, bottom] = [left + width, top + height];
    (left > 0 && near(face.bbox[0], left, 1.0))
        || (top > 0 && near(face.bbox[1], top, 1.0))
        || (right < image.width() && near(face.bbox[2], right, -1.0))
        || (bottom < image.height() && near(face.bbox[3], bottom, -1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_cover_the_picture_and_share_more_than_a_face() {
        for length in [1, 700, 4607, 4608, 4609, 9000, 14_000, 65_535] {
            let parts = stretches(length, FINEST);
            assert_eq!((parts[0][0], parts.last().map(|[from, long]| from + long)), (0, Some(length)));
            for pair in parts.windows(2) {
                let shared = pair[0][0] + pair[0][1] - pair[1][0];
                assert!(f64::from(shared) * FINEST >= LARGEST + 2.0 * CUT, "{length}: {shared}");
            }
            assert!(parts.iter().all(|[_, long]| f64::from(*long) * FINEST <= f64::from(TILE) + 1.0));
        }
    }

    #[test]
    fn a_face_at_the_edge_of_a_tile_is_left_to_the_neighbour() {
        let image = Image::new(1000, 100, vec![0; 300_000]).unwrap();
        let fit = Fit::part([200, 0, 400, 100], 0.5);
        let cut = |left: f32, right: f32| {
            is_cut(
                &Detection { bbox: [left, -3.0, right, 101.0], score: 0.9, landmarks: [[0.0; 2]; 5] },
                fit,
                &image,
            )
        };
        assert_eq!(
            [cut(203.0, 300.0), cut(205.0, 300.0), cut(500.0, 595.0), cut(500.0, 597.0)],
            [true, false, false, true]
        );
        let first = Fit::part([0, 0, 400, 100], 0.5);
        let face = Detection { bbox: [-2.0, 0.0, 40.0, 40.0], score: 0.9, landmarks: [[0.0; 2]; 5] };
        assert!(!is_cut(&face, first, &image), "the picture ends there");
    }
}
