//! Which library a program runs with.

use std::ffi::c_char;

/// The state of the interface that this header describes. It grows by one with every addition; what is there never
/// changes its meaning. A program that was compiled with this header needs a library of this state or a later one:
///
/// ```c
/// assert(sonic_abi_version() >= SONIC_ABI_VERSION);
/// ```
pub const SONIC_ABI_VERSION: u32 = 1;

/// The state of the interface of the library that is running; see SONIC_ABI_VERSION.
#[unsafe(no_mangle)]
pub extern "C" fn sonic_abi_version() -> u32 {
    SONIC_ABI_VERSION
}

/// The version of the library that is running, such as "0.1.0". Static.
#[unsafe(no_mangle)]
pub extern "C" fn sonic_version() -> *const c_char {
    concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
}
