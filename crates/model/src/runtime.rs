//! Where ONNX Runtime is found, and which version it is.

#![expect(unsafe_code, reason = "a library is asked for its version before it is trusted")]

use crate::{engine, refuse};
use sonic_core::{Error, ErrorKind, Result};
use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::error::Error as _;
use std::ffi::{CStr, OsStr, c_char, c_void};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// The oldest ONNX Runtime that has all we call, as (major, minor).
const OLDEST: (u32, u32) = (1, 20);
const HOW_TO_INSTALL: &str = "install ONNX Runtime 1.20 or later (`pip install onnxruntime`, or a release from \
                              https://github.com/microsoft/onnxruntime/releases) and set ORT_DYLIB_PATH to its shared \
                              library";

/// Where to look for ONNX Runtime, beyond what is looked at anyway.
#[derive(Debug, Clone, Default)]
pub struct RuntimeOptions {
    /// The shared library; nothing else is tried then.
    pub library: Option<PathBuf>,
    /// The folder of the Python package `onnxruntime`, whose `capi` folder holds a library.
    pub python_package: Option<PathBuf>,
}

/// The ONNX Runtime of this process: one for all models, loaded once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Runtime {
    library: PathBuf,
    version: Version,
}

/// A version number, `1.31.1`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Version {
    text: String,
    major: u32,
    minor: u32,
}

/// What this process has found, and where it was told to look.
struct State {
    loaded: Option<Runtime>,
    python_package: Option<PathBuf>,
}

static STATE: Mutex<State> = Mutex::new(State { loaded: None, python_package: None });

impl Runtime {
    /// The runtime, loaded if that has not happened yet; the look-up may be repeated after an error.
    ///
    /// The library is `options.library`, or else what `ORT_DYLIB_PATH` names; without either, the first that loads of
    /// those in the Python package and those that the system finds by name. [`Session::load`](super::Session::load)
    /// does this with the default options.
    ///
    /// # Errors
    /// `Model`, which says what was tried and what to install; `Mismatch` if another library than `options.library`
    /// is loaded already, because a process can have one.
    pub fn load(options: &RuntimeOptions) -> Result<Self> {
        let mut state = STATE.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(loaded) = &state.loaded {
            return loaded.is(options.library.as_deref()).map(|()| loaded.clone());
        }
        let package = options.python_package.clone().or_else(|| state.python_package.clone());
        let loaded = match options.library.clone().or_else(named_by_environment) {
            Some(library) => start(&library).map_err(|reason| cannot_load(&[reason]))?,
            None => first_that_starts(&candidates(package.as_deref()))?,
        };
        Ok(state.loaded.insert(loaded).clone())
    }

    /// The runtime if it is loaded.
    pub fn loaded() -> Option<Self> {
        STATE.lock().unwrap_or_else(PoisonError::into_inner).loaded.clone()
    }

    /// Says where the Python package `onnxruntime` is, for every later look-up that does not say it itself.
    pub fn set_python_package(folder: &Path) {
        STATE.lock().unwrap_or_else(PoisonError::into_inner).python_package = Some(folder.to_owned());
    }

    /// The shared library: a path, or the name that the system found it by.
    pub fn library(&self) -> &Path {
        &self.library
    }

    /// Its version, as `1.31.1`.
    pub fn version(&self) -> &str {
        &self.version.text
    }

    /// True if its version is `major.minor` or later.
    pub fn is_at_least(&self, major: u32, minor: u32) -> bool {
        (self.version.major, self.version.minor) >= (major, minor)
    }

    /// That this is the library asked for.
    fn is(&self, library: Option<&Path>) -> Result<()> {
        let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
        match library {
            Some(library) if real(library) != real(&self.library) => Err(Error::new(
                ErrorKind::Mismatch,
                format!(
                    "{} is loaded already, and a process can have one ONNX Runtime: start another for {}",
                    self.library.display(),
                    library.display()
                ),
            )),
            _ => Ok(()),
        }
    }
}

impl fmt::Display for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ONNX Runtime {} ({})", self.version.text, self.library.display())
    }
}

fn named_by_environment() -> Option<PathBuf> {
    std::env::var_os("ORT_DYLIB_PATH").filter(|path| !path.is_empty()).map(PathBuf::from)
}

/// Libraries of the Python package, then names for the system to find.
fn candidates(package: Option<&Path>) -> Vec<PathBuf> {
    let entries = package.into_iter().flat_map(|package| std::fs::read_dir(package.join("capi")));
    let files = entries.flatten().flatten().map(|entry| entry.path());
    let mut found: Vec<PathBuf> = files.filter(|path| path.file_name().is_some_and(is_library)).collect();
    found.sort();
    let name = format!("{DLL_PREFIX}onnxruntime{DLL_SUFFIX}");
    let versioned = cfg!(target_os = "linux").then(|| format!("{name}.1"));
    found.extend([Some(name), versioned].into_iter().flatten().map(PathBuf::from));
    found
}

/// `libonnxruntime.so.1.31.1`, `libonnxruntime.1.31.1.dylib`, `onnxruntime.dll`; not its providers.
fn is_library(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    let rest = name.strip_prefix(DLL_PREFIX).and_then(|name| name.strip_prefix("onnxruntime"));
    rest.is_some_and(|rest| rest.starts_with('.') && rest.contains(DLL_SUFFIX))
}

fn first_that_starts(candidates: &[PathBuf]) -> Result<Runtime> {
    let mut reasons = Vec::new();
    for candidate in candidates {
        match start(candidate) {
            Ok(runtime) => return Ok(runtime),
            Err(reason) => reasons.push(reason),
        }
    }
    Err(cannot_load(&reasons))
}

fn cannot_load(reasons: &[String]) -> Error {
    refuse(format!("ONNX Runtime cannot be loaded: {HOW_TO_INSTALL} (tried: {})", reasons.join("; ")))
}

/// Loads a library if it is an ONNX Runtime that will do; otherwise says why not.
fn start(library: &Path) -> std::result::Result<Runtime, String> {
    let of_library = |reason: String| format!("{}: {reason}", library.display());
    // A bare name is for the system to find; everything else means a file, and the file from here.
    let path = match library.components().count() {
        1 if !library.exists() => library.to_owned(),
        _ => std::path::absolute(library).map_err(|e| of_library(e.to_string()))?,
    };
    let version = probe(&path).map_err(of_library)?;
    engine::start(&path).map_err(of_library)?;
    Ok(Runtime { library: path, version })
}

/// What every ONNX Runtime gives away before its version is agreed on; the layout is fixed (onnxruntime_c_api.h).
#[repr(C)]
struct ApiBase {
    _get_api: unsafe extern "system" fn(u32) -> *const c_void,
    version_string: unsafe extern "system" fn() -> *const c_char,
}

/// The version of a library that may be too old, or something else.
fn probe(path: &Path) -> std::result::Result<Version, String> {
    // SAFETY: Loading runs the library's initialisers. The caller named the file, or the system did.
    let library = unsafe { libloading::Library::new(path) }.map_err(reason)?;
    // SAFETY: The C interface of ONNX Runtime declares this function so; other libraries have none of that name.
    let base = unsafe { library.get::<unsafe extern "system" fn() -> *const ApiBase>(b"OrtGetApiBase") }
        .map_err(|_| "this is not ONNX Runtime".to_owned())?;
    // SAFETY: It takes nothing and returns a static table, which is read while the library is loaded.
    let text = unsafe { base().as_ref().map(|base| (base.version_string)()) }.filter(|text| !text.is_null());
    // SAFETY: The string is static and ends with a zero byte.
    let text = text.map(|text| unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned());
    let version = text.as_deref().and_then(Version::parse).ok_or("it does not tell its version")?;
    match (version.major, version.minor) >= OLDEST {
        true => std::mem::forget(library), // It is loaded again at once.
        false => return Err(format!("version {} is older than {}.{}", version.text, OLDEST.0, OLDEST.1)),
    }
    Ok(version)
}

/// What the system says, if it says more than that loading failed.
fn reason(error: libloading::Error) -> String {
    error.source().map_or_else(|| error.to_string(), |source| source.to_string())
}

impl Version {
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let (major, minor) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        Some(Self { text: text.to_owned(), major, minor })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_by_number() {
        let parse = |text| Version::parse(text).map(|v| (v.major, v.minor));
        assert_eq!(parse("1.31.1"), Some((1, 31)));
        assert_eq!(parse("1.9.0-dev"), Some((1, 9)));
        assert!(parse("1.9.0") < Some(OLDEST) && parse("").or(parse("x.y")).is_none());
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn libraries_are_known_by_their_names() {
        for (name, is) in [
            ("libonnxruntime.so", true),
            ("libonnxruntime.so.1.31.1", true),
            ("libonnxruntime_providers_shared.so", false),
            ("onnxruntime_pybind11_state.so", false),
        ] {
            assert_eq!(is_library(name.as_ref()), is, "{name}");
        }
    }
}
