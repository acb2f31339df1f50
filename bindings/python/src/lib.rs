//! `sonic._native`, the extension module of the Python package.

use pyo3::prelude::*;

#[pymodule]
mod _native {}
