//! Rows at a new width, sixteen pixels at a time, for processors of x86 with AVX2.

#![expect(unsafe_code, reason = "pixels are read eight bytes at a time, wherever they lie")]

use super::Columns;
use std::arch::x86_64::{
    __m256i, _mm_loadh_pd, _mm_loadl_epi64, _mm256_loadu_si256, _mm256_madd_epi16, _mm256_or_si256,
    _mm256_packs_epi32, _mm256_permute4x64_epi64, _mm256_set_m128i, _mm256_setr_epi8, _mm256_shuffle_epi8,
    _mm256_srai_epi32, _mm256_storeu_si256, _mm256_unpackhi_epi64, _mm256_unpacklo_epi64,
};
use std::arch::x86_64::{_mm_castpd_si128, _mm_castsi128_pd};

/// Columns in one turn of the loop.
const STEP: usize = 16;

/// Writes as many columns of a row as it can from the first on, and gives their number: the last of a row are left,
/// because eight bytes are read for each two pixels.
///
/// `line` is three planes of as many columns as there are.
#[target_feature(enable = "avx2")]
pub(super) fn squeeze(row: &[u8], columns: &Columns, line: &mut [i16]) -> usize {
    let width = columns.offsets.len();
    let count = columns.inside / STEP * STEP;
    assert!(line.len() == 3 * width && columns.weights.len() == width && count <= width);
    // Offsets rise: the last is the farthest.
    assert!(count == 0 || columns.offsets[count - 1] as usize + 8 <= row.len());
    for at in (0..count).step_by(STEP) {
        // SAFETY: `at + 16 <= count`, and the offsets of so many columns leave eight bytes in the row.
        let [first, second] = unsafe { [mix(row, columns, at), mix(row, columns, at + STEP / 2)] };
        for (channel, (first, second)) in first.into_iter().zip(second).enumerate() {
            // Packing works in halves of 128 bits; the quarters are put in order again.
            let levels = _mm256_permute4x64_epi64::<0b11_01_10_00>(_mm256_packs_epi32(first, second));
            // SAFETY: A plane has `width` numbers, and `at + 16 <= count <= width`.
            unsafe { _mm256_storeu_si256(line.as_mut_ptr().add(channel * width + at).cast(), levels) };
        }
    }
    count
}

/// Red, green and blue of eight columns: 128 times the grey level in 32 bits each.
///
/// # Safety
/// There are `at + 8` columns, and from the offset of each, eight bytes in the row.
#[target_feature(enable = "avx2")]
unsafe fn mix(row: &[u8], columns: &Columns, at: usize) -> [__m256i; 3] {
    // Eight bytes are a pixel, its right neighbour, and two bytes that are not used.
    let two = |first: usize| {
        // SAFETY: The caller's promise.
        unsafe {
            let place =
                |column: usize| row.as_ptr().add(*columns.offsets.get_unchecked(at + column) as usize);
            let low = _mm_loadl_epi64(place(first).cast());
            _mm_castpd_si128(_mm_loadh_pd(_mm_castsi128_pd(low), place(first + 1).cast()))
        }
    };
    let (outer, inner) = (_mm256_set_m128i(two(4), two(0)), _mm256_set_m128i(two(6), two(2)));
    // Left and right level of one channel side by side, as pairs of 16 bits: of red twice, then of green twice.
    let [red_green, blue_low, blue_high] = [
        [0, -1, 3, -1, 8, -1, 11, -1, 1, -1, 4, -1, 9, -1, 12, -1],
        [2, -1, 5, -1, 10, -1, 13, -1, -1, -1, -1, -1, -1, -1, -1, -1],
        [-1, -1, -1, -1, -1, -1, -1, -1, 2, -1, 5, -1, 10, -1, 13, -1],
    ]
    .map(|bytes| twice(bytes));
    let (low, high) = (_mm256_shuffle_epi8(outer, red_green), _mm256_shuffle_epi8(inner, red_green));
    let blue = _mm256_or_si256(_mm256_shuffle_epi8(outer, blue_low), _mm256_shuffle_epi8(inner, blue_high));
    // SAFETY: The caller's promise: there are eight pairs of weights from `at` on.
    let weights = unsafe { _mm256_loadu_si256(columns.weights.as_ptr().add(at).cast()) };
    [_mm256_unpacklo_epi64(low, high), _mm256_unpackhi_epi64(low, high), blue]
        .map(|pairs| _mm256_srai_epi32::<4>(_mm256_madd_epi16(pairs, weights)))
}

/// The same sixteen bytes in both halves.
#[target_feature(enable = "avx2")]
fn twice(bytes: [i8; 16]) -> __m256i {
    let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = bytes;
    _mm256_setr_epi8(
        a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p,
    )
}
