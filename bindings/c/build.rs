//! Gives the shared library the name by which programs ask the loader for it.
//!
//! Debian has an unrelated `libsonic.so.0`; with the number 1 both live in one folder, and neither is taken for the other.

fn main() {
    let system = std::env::var("CARGO_CFG_TARGET_OS").unwrap_or_default();
    match system.as_str() {
        "macos" | "ios" => argument("-Wl,-install_name,@rpath/libsonic.1.dylib"),
        "windows" => (),
        _ => argument("-Wl,-soname,libsonic.so.1"),
    }
    let _ = std::fs::exists("build.rs").map(|_| argument_of_cargo("rerun-if-changed=build.rs"));
}

fn argument(text: &str) {
    argument_of_cargo(&format!("rustc-cdylib-link-arg={text}"));
}

fn argument_of_cargo(line: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stdout().lock(), "cargo::{line}");
}
