//! Gives the shared library the name by which programs ask the loader for it.
//!
//! Debian has an unrelated `libsonic.so.0`; with the number 1 both live in one folder, and neither is taken for the other.

use std::io::{self, Write};

fn main() -> io::Result<()> {
    let mut cargo = io::stdout().lock();
    writeln!(cargo, "cargo::rerun-if-changed=build.rs")?;
    match std::env::var("CARGO_CFG_TARGET_OS").as_deref() {
        Ok("windows") | Err(_) => Ok(()),
        Ok("macos") => {
            writeln!(cargo, "cargo::rustc-cdylib-link-arg=-Wl,-install_name,@rpath/libsonic.1.dylib")
        }
        Ok(_) => writeln!(cargo, "cargo::rustc-cdylib-link-arg=-Wl,-soname,libsonic.so.1"),
    }
}
