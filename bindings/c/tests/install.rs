//! Promise: `make install` gives what compilers, linkers and pkg-config look for, and disturbs no other libsonic.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod support;

use std::fs;
use std::path::Path;
use std::process::Command;
use support::{Language, found, install, prefix, run, scratch, succeed};

const LINUX: bool = cfg!(target_os = "linux");

fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}

/// Every file below `folder`, links with their targets.
fn files(folder: &Path) -> Vec<String> {
    let mut all = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(folder).unwrap().display().to_string();
            match fs::read_link(&path) {
                Ok(target) => all.push(format!("{name} -> {}", target.display())),
                Err(_) if path.is_dir() => folders.push(path),
                Err(_) => all.push(name),
            }
        }
    }
    all.sort();
    all
}

#[test]
fn the_files_are_where_they_belong() {
    if !LINUX {
        return;
    }
    let version = version();
    let want = [
        "include/sonic/sonic.h".to_owned(),
        "lib/libsonic.a".to_owned(),
        "lib/libsonic.so -> libsonic.so.1".to_owned(),
        format!("lib/libsonic.so.1 -> libsonic.so.1.{version}"),
        format!("lib/libsonic.so.1.{version}"),
        "lib/pkgconfig/sonic.pc".to_owned(),
    ];
    assert_eq!(files(prefix()), want);

    // A package is built in a folder that stands for the root.
    let stage = scratch("stage");
    install(Path::new("/usr"), &[&format!("DESTDIR={}", stage.display()), "LIBDIR=/usr/lib/some-triplet"]);
    let staged = files(&stage);
    assert!(staged.contains(&"usr/lib/some-triplet/libsonic.so -> libsonic.so.1".to_owned()), "{staged:?}");
    let description = fs::read_to_string(stage.join("usr/lib/some-triplet/pkgconfig/sonic.pc")).unwrap();
    assert!(description.contains("prefix=/usr\n"), "{description}");
    assert!(description.contains("libdir=${prefix}/lib/some-triplet\n"), "{description}");
    assert!(!description.contains('@'), "{description}");
    fs::remove_dir_all(stage).unwrap(); // Each of these folders is large.
}

#[test]
fn the_header_stands_alone() {
    for language in [Language::C99, Language::Cpp17] {
        let source = scratch(&format!("header-{language:?}")).join("header.c");
        fs::write(
            &source,
            "#include <sonic/sonic.h>\n#include <sonic/sonic.h>\nint main(void) { return 0; }\n",
        )
        .unwrap();
        succeed(language.compiler().arg("-fsyntax-only").arg(source));
    }
}

/// What the shared library shows is the interface: everything in the header, nothing else of ours.
#[test]
fn the_symbols_are_those_of_the_header() {
    if !LINUX || !found("nm") || !found("readelf") {
        return;
    }
    let library = prefix().join("lib/libsonic.so");
    let listing =
        succeed(Command::new("nm").args(["--dynamic", "--defined-only", "--format=posix"]).arg(&library));
    let names = listing.lines().filter_map(|line| line.split(' ').next());
    // The crate of checksums that object_store needs has a C interface of its own, and rustc exports that of every crate.
    let mut shown: Vec<&str> = names.filter(|name| !name.starts_with("crc_fast_")).collect();
    shown.sort_unstable();

    let header = fs::read_to_string(prefix().join("include/sonic/sonic.h")).unwrap();
    let code = header.split("extern \"C\" {").nth(1).unwrap();
    let code: String = code.lines().filter(|l| !l.starts_with(" *") && !l.starts_with("/*")).collect();
    let words = code.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '(');
    let mut declared: Vec<&str> =
        words.filter(|w| w.starts_with("sonic_")).filter_map(|w| w.split_once('(')).map(|w| w.0).collect();
    declared.sort_unstable();
    assert!(declared.len() > 60, "{declared:?}");
    assert_eq!(shown, declared);

    let dynamic = succeed(Command::new("readelf").arg("--dynamic").arg(&library));
    assert!(dynamic.contains("soname: [libsonic.so.1]"), "{dynamic}");
}

const PROGRAM: &str = r#"
#include <sonic/sonic.h>
#include <stdio.h>

int main(void) {
    sonic_clip *clip = NULL;
    sonic_fingerprint *fingerprint = NULL;
    float samples[22050] = {0};
    for (int i = 0; i < 22050; i++) samples[i] = (float)(i % 37) / 37;
    if (sonic_clip_new(samples, 22050, 11025, &clip) || sonic_fingerprint_new(clip, &fingerprint)) return 1;
    printf("%s %d %d\n", sonic_version(), (int)sonic_fingerprint_duration_ms(fingerprint),
           sonic_abi_version() >= SONIC_ABI_VERSION);
    sonic_fingerprint_free(fingerprint);
    sonic_clip_free(clip);
    return 0;
}
"#;

/// `cc program.c $(pkg-config ARGUMENTS sonic)` with the description in `prefix`.
fn built_with_pkg_config(
    name: &str,
    prefix: &Path,
    arguments: &[&str],
    flags: &[&str],
) -> std::path::PathBuf {
    let folder = scratch(name);
    fs::write(folder.join("program.c"), PROGRAM).unwrap();
    let mut pkg_config = Command::new("pkg-config");
    pkg_config
        .env("PKG_CONFIG_PATH", prefix.join("lib/pkgconfig"))
        .args(arguments)
        .args(["--cflags", "--libs"]);
    let answer = succeed(pkg_config.arg("sonic"));
    let mut compiler = Command::new(std::env::var_os("CC").unwrap_or("cc".into()));
    compiler.args(flags).arg("-o").arg(folder.join("program")).arg(folder.join("program.c"));
    succeed(compiler.args(answer.split_whitespace()));
    folder.join("program")
}

#[test]
fn pkg_config_links_the_shared_library() {
    if !found("pkg-config") {
        return;
    }
    let program = built_with_pkg_config("shared", prefix(), &[], &[]);
    assert_eq!(succeed(&mut run(&program)), format!("{} 2000 1\n", version()));
    let mut pkg_config = Command::new("pkg-config");
    pkg_config.env("PKG_CONFIG_PATH", prefix().join("lib/pkgconfig")).args(["--modversion", "sonic"]);
    assert_eq!(succeed(&mut pkg_config).trim(), version());
}

#[test]
fn pkg_config_links_the_static_library() {
    if !LINUX || !found("pkg-config") {
        return;
    }
    // With the C library shared: where there is no libsonic.so, the linker takes libsonic.a.
    let only_static = scratch("only-static");
    install(&only_static, &[]);
    for entry in fs::read_dir(only_static.join("lib")).unwrap() {
        let path = entry.unwrap().path();
        if path.display().to_string().contains(".so") {
            fs::remove_file(path).unwrap();
        }
    }
    let program = built_with_pkg_config("static", &only_static, &["--static"], &[]);
    assert_eq!(
        succeed(Command::new(program).env_remove("LD_LIBRARY_PATH")),
        format!("{} 2000 1\n", version())
    );

    fs::remove_dir_all(only_static).unwrap();

    // And everything static, where there is a static C library.
    let folder = scratch("static-c");
    fs::write(folder.join("empty.c"), "int main(void) { return 0; }\n").unwrap();
    let mut trial = Command::new("cc");
    trial.arg("-static").arg("-o").arg(folder.join("empty")).arg(folder.join("empty.c"));
    if trial.output().is_ok_and(|o| o.status.success()) {
        let program = built_with_pkg_config("all-static", prefix(), &["--static"], &["-static"]);
        assert_eq!(succeed(&mut Command::new(program)), format!("{} 2000 1\n", version()));
    }
}

/// Debian's libsonic is called libsonic.so.0 and has sonic.h: both in one folder, a program with each.
#[test]
fn the_other_libsonic_is_left_alone() {
    if !LINUX || !found("pkg-config") {
        return;
    }
    let both = scratch("both");
    fs::create_dir_all(both.join("lib")).unwrap();
    fs::create_dir_all(both.join("include")).unwrap();
    fs::write(both.join("include/sonic.h"), "int sonicTheOther(void);\n").unwrap();
    fs::write(both.join("other.c"), "int sonicTheOther(void) { return 42; }\n").unwrap();
    let main = "#include <sonic.h>\n#include <sonic/sonic.h>\n#include <stdio.h>\n\
                int main(void) { printf(\"%d %s\\n\", sonicTheOther(), sonic_version()); return 0; }\n";
    fs::write(both.join("main.c"), main).unwrap();
    let library = both.join("lib/libsonic.so.0.3.0");
    let mut cc = Command::new("cc");
    cc.args(["-shared", "-fPIC", "-Wl,-soname,libsonic.so.0", "-o"]).arg(&library);
    succeed(cc.arg(both.join("other.c")));
    std::os::unix::fs::symlink("libsonic.so.0.3.0", both.join("lib/libsonic.so.0")).unwrap();
    install(&both, &[]);

    // A program that uses both.
    let mut cc = Command::new("cc");
    cc.arg("-o").arg(both.join("main")).arg(both.join("main.c")).arg("-I").arg(both.join("include"));
    cc.arg(both.join("lib/libsonic.so.0")).arg("-L").arg(both.join("lib")).arg("-lsonic");
    succeed(&mut cc);
    let mut program = Command::new(both.join("main"));
    assert_eq!(succeed(program.env("LD_LIBRARY_PATH", both.join("lib"))), format!("42 {}\n", version()));
    fs::remove_dir_all(both).unwrap();
}
