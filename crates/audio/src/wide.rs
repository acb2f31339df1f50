//! One loop, two builds: for every processor, and for those of x86 with AVX2 and FMA.

/// Defines a function `$name` that calls `$plain`, an `#[inline(always)]` function of the same arguments, compiled
/// for AVX2 and FMA where the processor has them. `$plain` gets `true` as its constant parameter then, and may
/// multiply and add in one step.
macro_rules! wide {
    ($(#[$attribute:meta])* $visibility:vis fn $name:ident = $plain:ident($($argument:ident: $type:ty),* $(,)?)) => {
        $(#[$attribute])*
        #[inline]
        $visibility fn $name($($argument: $type),*) {
            #[cfg(target_arch = "x86_64")]
            #[expect(unsafe_code, reason = "the processor is asked before instructions beyond its baseline run")]
            {
                #[target_feature(enable = "avx2,fma")]
                fn with_avx2($($argument: $type),*) {
                    $plain::<true>($($argument),*)
                }
                if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                    // SAFETY: both features have been detected.
                    return unsafe { with_avx2($($argument),*) };
                }
            }
            $plain::<false>($($argument),*)
        }
    };
}
pub(crate) use wide;

/// `a * b + c`, rounded once if `FUSED`: that is quick only where the processor has an instruction for it.
#[inline(always)]
pub(crate) fn multiply_add<const FUSED: bool>(a: f32, b: f32, c: f32) -> f32 {
    if FUSED { a.mul_add(b, c) } else { a * b + c }
}
