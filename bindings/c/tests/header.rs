//! Promise: the header in the repository is what the sources say.

use std::path::Path;

/// `UPDATE=1 cargo test -p sonic-media-c --test header` writes it anew.
#[test]
fn the_header_is_up_to_date() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let config = cbindgen::Config::from_file(folder.join("cbindgen.toml")).unwrap();
    let bindings = cbindgen::Builder::new().with_config(config).with_src(folder.join("src/lib.rs"));
    let mut made = Vec::new();
    bindings.generate().unwrap().write(&mut made);
    let made = String::from_utf8(made).unwrap();

    let header = folder.join("include/sonic/sonic.h");
    if std::env::var_os("UPDATE").is_some_and(|v| v == "1") {
        std::fs::create_dir_all(header.parent().unwrap()).unwrap();
        std::fs::write(&header, &made).unwrap();
    }
    let committed = std::fs::read_to_string(&header).unwrap_or_default().replace("\r\n", "\n");
    let differs = made.lines().zip(committed.lines()).position(|(a, b)| a != b);
    assert!(
        made == committed,
        "include/sonic/sonic.h differs from line {} on: make it anew with UPDATE=1",
        differs.map_or(0, |n| n + 1)
    );
}
