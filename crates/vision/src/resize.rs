//! Pictures at another size, written as the numbers that a network takes.
//!
//! Bilinear without smoothing: what networks were trained and measured with, in the fixed-point arithmetic that makes
//! it fast (weights of 11 bits, 16-bit products between the two directions).

#[cfg(target_arch = "x86_64")]
mod avx2;

use crate::Image;
use sonic_core::wide;

/// One in the weights.
const ONE: f32 = 2048.0;

/// How a grey level becomes a number: `(level - mean) / std`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Normalise {
    /// The channel (0 red, 1 green, 2 blue) of each plane.
    pub(crate) channels: [usize; 3],
    /// By plane.
    pub(crate) mean: [f32; 3],
    /// By plane.
    pub(crate) std: [f32; 3],
}

impl Normalise {
    fn of(&self, plane: usize) -> Line {
        Line { mean: self.mean[plane], factor: 1.0 / self.std[plane] }
    }
}

/// How a grey level becomes a number in one plane.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Line {
    mean: f32,
    factor: f32,
}

impl Line {
    #[inline(always)]
    fn apply(self, level: f32) -> f32 {
        (level - self.mean) * self.factor
    }
}

/// A tensor of three planes, `width` numbers in a row.
pub(crate) struct Canvas<'a> {
    pub(crate) planes: &'a mut [f32],
    pub(crate) width: usize,
    pub(crate) height: usize,
}

/// Writes `image`, resized to `size` (width, height), into the top-left corner of `canvas`; the rest becomes black.
pub(crate) fn letterbox(image: &Image, size: (usize, usize), canvas: Canvas<'_>, normalise: &Normalise) {
    let Canvas { planes, width, height } = canvas;
    debug_assert!(size.0 <= width && size.1 <= height && planes.len() == 3 * width * height);
    let columns = Columns::new(image.width() as usize, size.0);
    let mut rows = Rows { image, columns: &columns, cached: [None, None], lines: Default::default() };
    for (y, tap) in taps(image.height() as usize, size.1, Edge::Blend).iter().enumerate() {
        let [upper, lower] = rows.pair(tap.from, tap.to);
        for (plane, out) in planes.chunks_exact_mut(width * height).enumerate() {
            let (row, rest) = out[y * width..][..width].split_at_mut(size.0);
            let channel = normalise.channels[plane] * size.0;
            blend([&upper[channel..][..size.0], &lower[channel..][..size.0]], tap, row, normalise.of(plane));
            rest.fill(normalise.of(plane).apply(0.0));
        }
    }
    for (plane, out) in planes.chunks_exact_mut(width * height).enumerate() {
        out[size.1 * width..].fill(normalise.of(plane).apply(0.0));
    }
}

/// Two neighbours and their weights, which add up to 2048.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Tap {
    from: usize,
    to: usize,
    weights: [i16; 2],
}

/// What is done where a pixel lies before the first or after the last of the picture; the level is the same but for
/// rounding, which is OpenCV's.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Edge {
    /// The pixel at the edge is taken.
    Level,
    /// The pixel at the edge is blended with itself.
    Blend,
}

/// What each of `to` pixels is made from when there are `from`.
fn taps(from: usize, to: usize, edge: Edge) -> Vec<Tap> {
    let (step, last) = (from as f64 / to as f64, from - 1);
    (0..to)
        .map(|i| {
            let at = ((i as f64 + 0.5) * step - 0.5) as f32;
            let left = at.floor();
            let outside = left < 0.0 || left as usize >= last;
            let part = if outside && edge == Edge::Level { 0.0 } else { at - left };
            let place = |left: f32| (left.max(0.0) as usize).min(last);
            let weight = |part: f32| (part * ONE).round_ties_even() as i16;
            Tap { from: place(left), to: place(left + 1.0), weights: [weight(1.0 - part), weight(part)] }
        })
        .collect()
}

/// What the pixels of a row are made from.
struct Columns {
    taps: Vec<Tap>,
    /// Of the left neighbour, in bytes from the beginning of the row.
    offsets: Vec<u32>,
    weights: Vec<[i16; 2]>,
    /// The first columns, as many as have eight bytes of the row from their left neighbour on. The right neighbour is
    /// the pixel after it there, or has no weight.
    inside: usize,
}

impl Columns {
    fn new(from: usize, to: usize) -> Self {
        let taps = taps(from, to, Edge::Level);
        let inside = taps.partition_point(|tap| tap.from * 3 + 8 <= from * 3);
        Self {
            offsets: taps.iter().map(|tap| tap.from as u32 * 3).collect(),
            weights: taps.iter().map(|tap| tap.weights).collect(),
            inside,
            taps,
        }
    }
}

/// Rows of the picture at the new width, in planes; the two that were used last are kept.
struct Rows<'a> {
    image: &'a Image,
    columns: &'a Columns,
    cached: [Option<usize>; 2],
    lines: [Vec<i16>; 2],
}

impl Rows<'_> {
    /// Rows `upper` and `lower`.
    fn pair(&mut self, upper: usize, lower: usize) -> [&[i16]; 2] {
        if self.cached[1] == Some(upper) {
            self.cached.swap(0, 1);
            self.lines.swap(0, 1);
        }
        for (slot, y) in [upper, lower].into_iter().enumerate() {
            if self.cached[slot] != Some(y) {
                squeeze(self.image.row(y), self.columns, &mut self.lines[slot]);
                self.cached[slot] = Some(y);
            }
        }
        [&self.lines[0], &self.lines[1]]
    }
}

/// A row at the new width, in planes: 128 times the grey level.
fn squeeze(row: &[u8], columns: &Columns, line: &mut Vec<i16>) {
    line.resize(3 * columns.taps.len(), 0);
    let done = squeeze_first(row, columns, line);
    squeeze_plain(row, &columns.taps, done, line);
}

wide! {
    /// Writes the first columns, and gives how many.
    fn squeeze_first(row: &[u8], columns: &Columns, line: &mut [i16]) -> usize {
        v3 => avx2::squeeze,
        _ => squeeze_none,
    }
}

fn squeeze_none(_: &[u8], _: &Columns, _: &mut [i16]) -> usize {
    0
}

/// Columns from number `first` on.
fn squeeze_plain(row: &[u8], columns: &[Tap], first: usize, line: &mut [i16]) {
    let width = columns.len();
    let (red, rest) = line.split_at_mut(width);
    let (green, blue) = rest.split_at_mut(width);
    let (red, green, blue) = (&mut red[first..], &mut green[first..], &mut blue[first..]);
    for (((tap, red), green), blue) in columns[first..].iter().zip(red).zip(green).zip(blue) {
        let (left, right) = (&row[tap.from * 3..][..3], &row[tap.to * 3..][..3]);
        let [a, b] = tap.weights.map(i32::from);
        let mix =
            |channel: usize| ((i32::from(left[channel]) * a + i32::from(right[channel]) * b) >> 4) as i16;
        (*red, *green, *blue) = (mix(0), mix(1), mix(2));
    }
}

wide! {
    /// The row between two, as numbers.
    fn blend(rows: [&[i16]; 2], tap: &Tap, out: &mut [f32], number: Line) {
        v3 => blend_plain,
        _ => blend_plain,
    }
}

/// One loop for every processor; where it may use AVX2 the compiler does.
#[inline(always)]
fn blend_plain([upper, lower]: [&[i16]; 2], tap: &Tap, out: &mut [f32], number: Line) {
    let high = |line: i16, weight: i16| ((i32::from(line) * i32::from(weight)) >> 16) as i16;
    let [a, b] = tap.weights;
    for ((&upper, &lower), out) in upper.iter().zip(lower).zip(out) {
        let level = (high(upper, a) + high(lower, b) + 2) >> 2;
        *out = number.apply(f32::from(level));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Normalise = Normalise { channels: [0, 1, 2], mean: [0.0; 3], std: [1.0; 3] };

    fn noise(width: u32, height: u32) -> Image {
        let mut state = width * 7 + height;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        };
        Image::new(width, height, (0..width * height * 3).map(|_| next()).collect()).unwrap()
    }

    /// Bilinear by its definition, in floating point.
    fn plain(image: &Image, size: (usize, usize), x: usize, y: usize, channel: usize) -> f64 {
        let at = |i: usize, from: u32, to: usize| {
            let at = (i as f64 + 0.5) * f64::from(from) / to as f64 - 0.5;
            at.clamp(0.0, f64::from(from - 1))
        };
        let (x, y) = (at(x, image.width(), size.0), at(y, image.height(), size.1));
        let level = |x: f64, y: f64| {
            let (x, y) = (x.min(f64::from(image.width() - 1)), y.min(f64::from(image.height() - 1)));
            f64::from(image.row(y as usize)[x as usize * 3 + channel])
        };
        let (u, v) = (x.fract(), y.fract());
        let (x, y) = (x.floor(), y.floor());
        (level(x, y) * (1.0 - u) + level(x + 1.0, y) * u) * (1.0 - v)
            + (level(x, y + 1.0) * (1.0 - u) + level(x + 1.0, y + 1.0) * u) * v
    }

    #[test]
    fn the_fixed_point_resize_is_that_of_the_definition() {
        for (from, to) in [
            ((50, 37), (96, 64)),
            ((97, 61), (32, 20)),
            ((64, 48), (32, 24)),
            ((1, 1), (8, 5)),
            ((3, 200), (2, 160)),
        ] {
            let image = noise(from.0, from.1);
            let (width, height) = (to.0 + 3, to.1 + 2);
            let mut planes = vec![f32::NAN; 3 * width * height];
            letterbox(&image, to, Canvas { planes: &mut planes, width, height }, &PLAIN);
            for (i, &got) in planes.iter().enumerate() {
                let (channel, y, x) = (i / (width * height), i / width % height, i % width);
                let inside = x < to.0 && y < to.1;
                let want = if inside { plain(&image, to, x, y, channel) } else { 0.0 };
                assert!((f64::from(got) - want).abs() <= 1.0, "{from:?} to {to:?} at {x} {y}: {got} {want}");
            }
        }
    }

    #[test]
    fn levels_are_those_of_opencv() {
        let Some(assets) = sonic_testing::assets("face") else { return };
        for (path, stages) in [
            ("images/insightface/t1.jpg", "ref/stages_t1.npz"),
            ("people/Tony_Blair/Tony_Blair_0001.jpg", "ref/stages_Tony_Blair_0001.npz"),
        ] {
            let Ok(image) = crate::decode(&assets.join(path)) else { panic!("{path} cannot be decoded") };
            let file = std::fs::File::open(assets.join(stages)).unwrap();
            let mut stages = ndarray_npy::NpzReader::new(file).unwrap();
            let want: ndarray::Array3<u8> = stages.by_name("letterbox_bgr").unwrap();
            let mut planes = vec![f32::NAN; 3 * 640 * 640];
            let canvas = Canvas { planes: &mut planes, width: 640, height: 640 };
            let height = 640 * image.height() / image.width();
            letterbox(&image, (640, height as usize), canvas, &Normalise { channels: [2, 1, 0], ..PLAIN });
            for ((y, x, channel), &want) in want.indexed_iter() {
                assert_eq!(planes[(channel * 640 + y) * 640 + x], f32::from(want), "{path} at {x} {y}");
            }
        }
    }

    #[test]
    fn rows_are_the_same_with_and_without_wide_instructions() {
        for (from, to) in
            [(1, 40), (2, 16), (3, 100), (5, 33), (640, 640), (333, 640), (1000, 127), (4000, 64)]
        {
            let image = noise(from, 1);
            let columns = Columns::new(from as usize, to);
            let (mut got, mut want) = (Vec::new(), vec![0; 3 * to]);
            squeeze(image.row(0), &columns, &mut got);
            squeeze_plain(image.row(0), &columns.taps, 0, &mut want);
            assert_eq!(got, want, "{from} to {to}");
            let tap = taps(7, 3, Edge::Blend)[1];
            let number = Line { mean: 127.5, factor: 1.0 / 128.0 };
            let (mut plain, mut wide) = (vec![0.0; to], vec![0.0; to]);
            blend([&want[..to], &want[to..2 * to]], &tap, &mut wide, number);
            blend_plain([&want[..to], &want[to..2 * to]], &tap, &mut plain, number);
            assert_eq!(wide, plain);
        }
    }

    #[test]
    fn a_picture_of_the_same_size_is_the_same() {
        let image = noise(33, 21);
        let mut planes = vec![0.0; 3 * 33 * 21];
        letterbox(&image, (33, 21), Canvas { planes: &mut planes, width: 33, height: 21 }, &PLAIN);
        for (i, pixel) in image.pixels().chunks(3).enumerate() {
            let got: Vec<u8> = (0..3).map(|c| planes[c * 33 * 21 + i] as u8).collect();
            assert_eq!(got, pixel);
        }
    }

    #[test]
    fn planes_have_their_channel_mean_and_scale() {
        let image = Image::new(1, 1, vec![10, 20, 30]).unwrap();
        let normalise = Normalise { channels: [2, 1, 0], mean: [1.0, 2.0, 3.0], std: [2.0, 4.0, 8.0] };
        let mut planes = vec![0.0; 6];
        letterbox(&image, (1, 1), Canvas { planes: &mut planes, width: 2, height: 1 }, &normalise);
        assert_eq!(planes, [14.5, -0.5, 4.5, -0.5, 0.875, -0.375]);
    }
}
