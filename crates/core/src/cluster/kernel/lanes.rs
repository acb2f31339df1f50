//! Sixteen sums at once: for any processor, and with the instructions of newer ones.

#![cfg_attr(
    target_arch = "x86_64",
    expect(unsafe_code, reason = "these instructions are used in functions that `wide!` compiled for them")
)]

use super::{LINE, Line, Sums, Words};
#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::{
    __m256, __m512, __m512bh, _mm256_fmadd_ps, _mm256_load_ps, _mm256_set1_ps, _mm256_setzero_ps,
    _mm256_store_ps, _mm512_dpbf16_ps, _mm512_fmadd_ps, _mm512_load_ps, _mm512_set1_ps, _mm512_setzero_ps,
    _mm512_store_ps,
};

/// Sums of sixteen pairs at once.
pub(super) trait Lanes: Copy {
    /// What it multiplies.
    const WORDS: Words = Words::Singles;

    fn zero() -> Self;
    fn load(line: &Line) -> Self;
    /// The same word sixteen times.
    fn splat(word: u32) -> Self;
    /// `self * other + sum`; `self` and `other` hold words, `sum` numbers.
    fn multiply_add(self, other: Self, sum: Self) -> Self;
    fn store(self, sums: &mut Sums);

    #[inline(always)]
    fn add_to(self, sums: &mut Sums) {
        let mut more = Sums([0.0; LINE]);
        self.store(&mut more);
        sums.0.iter_mut().zip(more.0).for_each(|(sum, more)| *sum += more);
    }
}

/// For any processor.
#[derive(Clone, Copy)]
pub(super) struct Plain([f32; LINE]);

impl Lanes for Plain {
    #[inline(always)]
    fn zero() -> Self {
        Self([0.0; LINE])
    }

    #[inline(always)]
    fn load(line: &Line) -> Self {
        Self(line.0.map(f32::from_bits))
    }

    #[inline(always)]
    fn splat(word: u32) -> Self {
        Self([f32::from_bits(word); LINE])
    }

    #[inline(always)]
    fn multiply_add(self, other: Self, mut sum: Self) -> Self {
        for (sum, (a, b)) in sum.0.iter_mut().zip(self.0.iter().zip(&other.0)) {
            *sum = if cfg!(target_arch = "aarch64") { a.mul_add(*b, *sum) } else { a * b + *sum };
        }
        sum
    }

    #[inline(always)]
    fn store(self, sums: &mut Sums) {
        sums.0 = self.0;
    }
}

/// Words of two numbers, for any processor.
#[derive(Clone, Copy)]
pub(super) struct PlainHalves([f32; LINE]);

impl Lanes for PlainHalves {
    const WORDS: Words = Words::Halves;

    #[inline(always)]
    fn zero() -> Self {
        Self([0.0; LINE])
    }

    #[inline(always)]
    fn load(line: &Line) -> Self {
        Self(line.0.map(f32::from_bits))
    }

    #[inline(always)]
    fn splat(word: u32) -> Self {
        Self([f32::from_bits(word); LINE])
    }

    #[inline(always)]
    fn multiply_add(self, other: Self, mut sum: Self) -> Self {
        let halves = |word: f32| [word.to_bits() << 16, word.to_bits() & 0xffff_0000].map(f32::from_bits);
        for (sum, (a, b)) in sum.0.iter_mut().zip(self.0.iter().zip(&other.0)) {
            let (a, b) = (halves(*a), halves(*b));
            *sum = (a[0] * b[0] + *sum) + a[1] * b[1];
        }
        sum
    }

    #[inline(always)]
    fn store(self, sums: &mut Sums) {
        sums.0 = self.0;
    }
}

/// For an x86 with AVX2 and FMA; used where `wide!` found both, and nowhere else.
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy)]
pub(super) struct Avx2([__m256; 2]);

#[cfg(target_arch = "x86_64")]
impl Lanes for Avx2 {
    #[inline(always)]
    fn zero() -> Self {
        // SAFETY: the processor has AVX.
        Self(unsafe { [_mm256_setzero_ps(), _mm256_setzero_ps()] })
    }

    #[inline(always)]
    fn load(line: &Line) -> Self {
        let start: *const f32 = line.0.as_ptr().cast();
        // SAFETY: a line is 64 bytes at an address that 64 divides.
        Self(unsafe { [_mm256_load_ps(start), _mm256_load_ps(start.add(8))] })
    }

    #[inline(always)]
    fn splat(word: u32) -> Self {
        // SAFETY: the processor has AVX.
        let lanes = unsafe { _mm256_set1_ps(f32::from_bits(word)) };
        Self([lanes, lanes])
    }

    #[inline(always)]
    fn multiply_add(self, other: Self, sum: Self) -> Self {
        // SAFETY: the processor has FMA.
        Self(unsafe {
            [
                _mm256_fmadd_ps(self.0[0], other.0[0], sum.0[0]),
                _mm256_fmadd_ps(self.0[1], other.0[1], sum.0[1]),
            ]
        })
    }

    #[inline(always)]
    fn store(self, sums: &mut Sums) {
        let start = sums.0.as_mut_ptr();
        // SAFETY: sums are 64 bytes at an address that 64 divides.
        unsafe {
            _mm256_store_ps(start, self.0[0]);
            _mm256_store_ps(start.add(8), self.0[1]);
        }
    }
}

/// For an x86 with AVX-512; used where `wide!` found it, and nowhere else.
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy)]
pub(super) struct Avx512(__m512);

#[cfg(target_arch = "x86_64")]
impl Lanes for Avx512 {
    #[inline(always)]
    fn zero() -> Self {
        // SAFETY: the processor has AVX-512.
        Self(unsafe { _mm512_setzero_ps() })
    }

    #[inline(always)]
    fn load(line: &Line) -> Self {
        // SAFETY: a line is 64 bytes at an address that 64 divides.
        Self(unsafe { _mm512_load_ps(line.0.as_ptr().cast()) })
    }

    #[inline(always)]
    fn splat(word: u32) -> Self {
        // SAFETY: the processor has AVX-512.
        Self(unsafe { _mm512_set1_ps(f32::from_bits(word)) })
    }

    #[inline(always)]
    fn multiply_add(self, other: Self, sum: Self) -> Self {
        // SAFETY: the processor has AVX-512.
        Self(unsafe { _mm512_fmadd_ps(self.0, other.0, sum.0) })
    }

    #[inline(always)]
    fn store(self, sums: &mut Sums) {
        // SAFETY: sums are 64 bytes at an address that 64 divides.
        unsafe { _mm512_store_ps(sums.0.as_mut_ptr(), self.0) };
    }
}

/// Words of two numbers, for an x86 that multiplies bfloat16.
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy)]
pub(super) struct Halves(Avx512);

#[cfg(target_arch = "x86_64")]
impl Lanes for Halves {
    const WORDS: Words = Words::Halves;

    #[inline(always)]
    fn zero() -> Self {
        Self(Avx512::zero())
    }

    #[inline(always)]
    fn load(line: &Line) -> Self {
        Self(Avx512::load(line))
    }

    #[inline(always)]
    fn splat(word: u32) -> Self {
        Self(Avx512::splat(word))
    }

    #[inline(always)]
    fn multiply_add(self, other: Self, sum: Self) -> Self {
        // SAFETY: both types are 64 bytes that any numbers may fill.
        let words = |lanes: Self| unsafe { std::mem::transmute::<__m512, __m512bh>(lanes.0.0) };
        // SAFETY: the processor has the instruction.
        Self(Avx512(unsafe { _mm512_dpbf16_ps(sum.0.0, words(self), words(other)) }))
    }

    #[inline(always)]
    fn store(self, sums: &mut Sums) {
        self.0.store(sums);
    }
}
