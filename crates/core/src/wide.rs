//! One loop, several builds: for every processor, and for newer ones where the process finds itself on one.
//!
//! This is the only place where it is looked up what a processor can do. The levels are those of the x86-64 psABI, and two
//! more for the kernels of clustering.

use std::sync::atomic::{AtomicU8, Ordering};

/// What a processor can do; each level includes those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Level {
    /// What every processor of the architecture can do.
    Baseline = 1,
    /// x86-64-v2: SSE4.2, `popcnt`, `pshufb`, rounding.
    V2,
    /// x86-64-v3: AVX2, FMA, the bit manipulations.
    V3,
    /// AVX-512 F and DQ.
    Avx512,
    /// Products of 16-bit floating point numbers (bfloat16).
    Bfloat16,
}

impl Level {
    /// All of them, the least first.
    pub const ALL: [Self; 5] = [Self::Baseline, Self::V2, Self::V3, Self::Avx512, Self::Bfloat16];
}

/// The level that is used; 0 until it was detected.
static LEVEL: AtomicU8 = AtomicU8::new(0);

/// Whether code of this level may run.
#[inline]
pub fn has(level: Level) -> bool {
    let known = match LEVEL.load(Ordering::Relaxed) {
        0 => detect(),
        known => known,
    };
    known >= level as u8
}

#[cold]
fn detect() -> u8 {
    let level = detected() as u8;
    LEVEL.store(level, Ordering::Relaxed);
    level
}

/// What the processor can do, whatever [`limit`] says.
pub fn detected() -> Level {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::is_x86_feature_detected as detected;
        let v2 = detected!("sse4.2") && detected!("ssse3") && detected!("popcnt");
        let v3 = v2 && detected!("avx2") && detected!("fma") && detected!("bmi1") && detected!("bmi2");
        let v3 = v3 && detected!("lzcnt");
        let avx512 = v3 && detected!("avx512f") && detected!("avx512dq");
        let steps = [v2, v3, avx512, avx512 && detected!("avx512bf16")];
        Level::ALL[steps.iter().take_while(|step| **step).count()]
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        Level::Baseline
    }
}

/// Lets code of at most this level run in the whole process, as far as the processor has it: how tests and benches take
/// the plain path. For programs that do nothing else meanwhile, because a level may round otherwise than another.
pub fn limit(level: Level) {
    LEVEL.store(level.min(detected()) as u8, Ordering::Relaxed);
}

/// `a * b + c`, rounded once if `FUSED`: that is quick only where the processor has an instruction for it.
#[inline(always)]
pub fn multiply_add<const FUSED: bool>(a: f32, b: f32, c: f32) -> f32 {
    if FUSED { a.mul_add(b, c) } else { a * b + c }
}

/// Tells the processor that the byte at `index` will be read soon: the fetches of many places overlap. Nothing happens
/// beyond the end, and where there is no such instruction.
#[inline(always)]
pub fn prefetch(bytes: &[u8], index: usize) {
    #[cfg(target_arch = "x86_64")]
    if let Some(byte) = bytes.get(index) {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        #[expect(unsafe_code, reason = "there is no safe way to say it")]
        // SAFETY: the place is inside of a slice, and nothing is read.
        unsafe {
            _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(byte).cast());
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (bytes, index);
}

/// Defines a function that runs the best of several builds that the processor has.
///
/// ```
/// use sonic_core::wide;
///
/// #[inline(always)]
/// fn count_plain(words: &[u64]) -> u32 {
///     words.iter().map(|word| word.count_ones()).sum()
/// }
///
/// wide! {
///     /// How many bits are set.
///     fn count(words: &[u64]) -> u32 {
///         v3 => count_plain,
///         v2 => count_plain,
///         _ => count_plain,
///     }
/// }
/// assert_eq!(count(&[7, 1]), 4);
/// ```
///
/// Each line names a level (`v2`, `v3`, `avx512`, `bfloat16`; the highest first) and the `#[inline(always)]` function
/// that is compiled for it; `_` is for every processor. Generic parameters stand in brackets after the name. The short
/// form `fn name = plain(arguments)` is for a function with a constant parameter that says whether it may use
/// [`multiply_add`](crate::wide::multiply_add) fused: `plain::<true>` at `v3`, `plain::<false>` otherwise.
#[macro_export]
#[doc(hidden)]
macro_rules! wide {
    ($(#[$attribute:meta])* $visibility:vis fn $name:ident = $plain:ident $arguments:tt) => {
        $crate::wide! {
            $(#[$attribute])* $visibility fn $name $arguments { v3 => $plain::<true>, _ => $plain::<false> }
        }
    };
    ($(#[$attribute:meta])* $visibility:vis fn $name:ident $arguments:tt -> $result:ty { $($lines:tt)* }) => {
        $crate::wide!(@define [$(#[$attribute])* #[inline]] [$visibility $name] [] $arguments [$result] $($lines)*);
    };
    ($(#[$attribute:meta])* $visibility:vis fn $name:ident $arguments:tt { $($lines:tt)* }) => {
        $crate::wide!(@define [$(#[$attribute])* #[inline]] [$visibility $name] [] $arguments [()] $($lines)*);
    };
    ($(#[$attribute:meta])* $visibility:vis fn $name:ident $generics:tt $arguments:tt { $($lines:tt)* }) => {
        $crate::wide!(@define [$(#[$attribute])* #[inline]] [$visibility $name] $generics $arguments [()] $($lines)*);
    };
    (
        $(#[$attribute:meta])* $visibility:vis fn $name:ident $generics:tt $arguments:tt -> $result:ty { $($lines:tt)* }
    ) => {
        $crate::wide!(
            @define [$(#[$attribute])* #[inline]] [$visibility $name] $generics $arguments [$result] $($lines)*
        );
    };
    (
        @define [$($attributes:tt)*] [$visibility:vis $name:ident] [$($generics:tt)*] $arguments:tt [$result:ty]
        $($level:ident => $wide:expr,)+ _ => $plain:expr $(,)?
    ) => {
        $($attributes)*
        $visibility fn $name<$($generics)*> $arguments -> $result {
            $crate::wide!(@lines [$($generics)*] $arguments [$result] [$($level => $wide,)+]);
            $crate::wide!(@call $plain; $arguments)
        }
    };
    // One line at a time: arguments and lines are two lists, which cannot be repeated within each other.
    (@lines $generics:tt $arguments:tt $result:tt []) => {};
    (@lines $generics:tt $arguments:tt $result:tt [v2 => $wide:expr, $($rest:tt)*]) => {
        $crate::wide!(@line "sse4.2,ssse3,popcnt" V2 $wide; $generics $arguments $result);
        $crate::wide!(@lines $generics $arguments $result [$($rest)*]);
    };
    (@lines $generics:tt $arguments:tt $result:tt [v3 => $wide:expr, $($rest:tt)*]) => {
        $crate::wide!(@line "avx2,fma,bmi1,bmi2,lzcnt,popcnt" V3 $wide; $generics $arguments $result);
        $crate::wide!(@lines $generics $arguments $result [$($rest)*]);
    };
    (@lines $generics:tt $arguments:tt $result:tt [avx512 => $wide:expr, $($rest:tt)*]) => {
        $crate::wide!(@line "avx512f,avx512dq" Avx512 $wide; $generics $arguments $result);
        $crate::wide!(@lines $generics $arguments $result [$($rest)*]);
    };
    (@lines $generics:tt $arguments:tt $result:tt [bfloat16 => $wide:expr, $($rest:tt)*]) => {
        $crate::wide!(@line "avx512f,avx512dq,avx512bf16" Bfloat16 $wide; $generics $arguments $result);
        $crate::wide!(@lines $generics $arguments $result [$($rest)*]);
    };
    (
        @line $features:literal $level:ident $wide:expr;
        [$($generics:tt)*] ($($argument:ident: $type:ty),* $(,)?) [$result:ty]
    ) => {
        #[cfg(target_arch = "x86_64")]
        #[expect(unsafe_code, reason = "instructions beyond the baseline run where they have been detected")]
        {
            #[target_feature(enable = $features)]
            fn widened<$($generics)*>($($argument: $type),*) -> $result {
                $wide($($argument),*)
            }
            if $crate::wide::has($crate::wide::Level::$level) {
                // SAFETY: the processor has what the level stands for.
                return unsafe { widened($($argument),*) };
            }
        }
    };
    (@call $plain:expr; ($($argument:ident: $type:ty),* $(,)?)) => {
        $plain($($argument),*)
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_level_is_no_higher_than_the_processor() {
        assert!(has(Level::Baseline) && has(detected()));
        assert!(Level::ALL.iter().filter(|level| **level > detected()).all(|level| !has(*level)));
        assert!(Level::ALL.is_sorted());
    }

    #[inline(always)]
    fn twice<T: Copy + std::ops::Add<Output = T>>(x: T, mut tell: impl FnMut(T)) {
        tell(x + x);
    }

    wide! {
        fn doubled[T: Copy + std::ops::Add<Output = T>](x: T, tell: impl FnMut(T)) {
            v3 => twice,
            _ => twice,
        }
    }

    #[test]
    fn generic_functions_can_be_dispatched() {
        let mut told = 0;
        doubled(4, |x| told = x);
        assert_eq!(told, 8);
    }
}
