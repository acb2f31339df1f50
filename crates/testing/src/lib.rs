//! What the tests share: what a machine may lack, and whether a test may be skipped for it; and sound made by formulas.
//!
//! A test that needs something that is not there is skipped with a printed reason. `SONIC_REQUIRE` names what must be
//! there, separated by commas (or `all`): what it names is never skipped unseen, the test fails instead. With
//! `SONIC_SOAK` tests that repeat themselves do so more often.
#![expect(clippy::print_stderr, reason = "a test says what it skips")]

pub mod media;
pub mod sound;

use std::path::PathBuf;

/// What a test needs that a machine may lack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// The folder of reference models, media and outputs, named by `SONIC_TEST_ASSETS`.
    Assets,
    /// ONNX Runtime, as the library looks for it.
    OnnxRuntime,
    /// The Python package, installed in `.venv`.
    Python,
    /// The packages of the Node module.
    Node,
    /// A C compiler, and pkg-config where a test compiles as a user does.
    PkgConfig,
    /// CMake.
    CMake,
    /// A C++ compiler.
    Cxx,
    /// Valgrind.
    Valgrind,
    /// The system's libheif.
    Libheif,
    /// A user whom file permissions bind (not root).
    Unprivileged,
    /// moto, which stands for S3.
    Moto,
    /// Azurite, which stands for Azure's blobs.
    Azurite,
    /// schemathesis, which sends what an OpenAPI document allows, and what it does not.
    Schemathesis,
    /// promtool, of Prometheus.
    Promtool,
    /// Redis's server.
    Redis,
    /// A machine without a GPU that ONNX Runtime can use.
    NoGpu,
}

impl Need {
    /// Its name in `SONIC_REQUIRE`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Assets => "assets",
            Self::OnnxRuntime => "onnxruntime",
            Self::Python => "python",
            Self::Node => "node",
            Self::PkgConfig => "pkg-config",
            Self::CMake => "cmake",
            Self::Cxx => "c++",
            Self::Valgrind => "valgrind",
            Self::Libheif => "libheif",
            Self::Unprivileged => "unprivileged",
            Self::Moto => "moto",
            Self::Azurite => "azurite",
            Self::Schemathesis => "schemathesis",
            Self::Promtool => "promtool",
            Self::Redis => "redis",
            Self::NoGpu => "no-gpu",
        }
    }

    fn is_required(self) -> bool {
        let required = std::env::var("SONIC_REQUIRE").unwrap_or_default();
        required.split(',').any(|name| [self.name(), "all"].contains(&name.trim()))
    }
}

/// Says that a test is skipped, and why.
///
/// # Panics
/// If `SONIC_REQUIRE` names what is missing.
pub fn skip(need: Need, reason: impl std::fmt::Display) {
    assert!(!need.is_required(), "SONIC_REQUIRE names {}, but {reason}", need.name());
    eprintln!("skipped: {reason}");
}

/// The folder `name` of the reference files; `None`, and a reason printed, without.
///
/// # Panics
/// If `SONIC_REQUIRE` names `assets` and they are not there.
pub fn assets(name: &str) -> Option<PathBuf> {
    let Some(assets) = std::env::var_os("SONIC_TEST_ASSETS") else {
        skip(Need::Assets, "SONIC_TEST_ASSETS is not set");
        return None;
    };
    let folder = PathBuf::from(assets).join(name);
    if !folder.exists() {
        skip(Need::Assets, format_args!("{} does not exist", folder.display()));
        return None;
    }
    Some(folder)
}

/// How many rounds a test runs: `ordinary`, or `soak` where `SONIC_SOAK` is set.
pub fn rounds(ordinary: usize, soak: usize) -> usize {
    if std::env::var_os("SONIC_SOAK").is_some() { soak } else { ordinary }
}

/// `value`, or `None` and the reason printed if what is needed failed to load.
///
/// # Panics
/// If `SONIC_REQUIRE` names what is needed and it failed.
pub fn needs<T, E: std::fmt::Display>(need: Need, value: Result<T, E>) -> Option<T> {
    value.map_err(|error| skip(need, error)).ok()
}

/// Takes from a command that runs Cargo what Cargo says to a test about its package: build scripts that look at it would
/// run again for every package whose tests build something, and all that depends on them would be compiled again.
pub fn as_outside_of_cargo(command: &mut std::process::Command) {
    for (name, _) in std::env::vars_os() {
        let said =
            name.to_str().is_some_and(|n| n.starts_with("CARGO_PKG_") || n.starts_with("CARGO_MANIFEST_"));
        if said {
            command.env_remove(name);
        }
    }
}

/// A manifest of a voice model that is right.
pub const MANIFEST: &str = r#"
    id = "mine"
    task = "speaker-embedding"
    file = "mine.onnx"
    licence = "MIT"
    commercial = true
    source = "https://example.org"
    dimensions = 192
    speech = { front_end = "ecapa80", sample_rate = 16000 }
"#;

/// Changes `good`, a manifest that is right, in one place after another: each time `refusal`, what is said of it, must name
/// the manifest and what is wrong in it.
///
/// # Panics
/// If a change is not refused, or in other words.
pub fn manifest_refused(
    good: &str,
    changes: &[((&str, &str), &str)],
    refusal: impl Fn(&str) -> Option<String>,
) {
    for ((from, to), part) in changes {
        let said = refusal(&good.replace(from, to)).unwrap_or_default();
        assert!(said.starts_with("the manifest mine.toml is wrong: "), "{to}: {said}");
        assert!(said.contains(part), "{part}: {said}");
    }
}
