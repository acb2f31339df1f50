//! A model whose files are known.

use crate::{Manifest, refuse};
use sonic_core::Result;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A model that can be loaded: what it is, and where its files are.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    /// How it is fed.
    pub manifest: Manifest,
    /// Its files by the names that the manifest gives them; none if the model is built into sonic.
    pub files: BTreeMap<String, PathBuf>,
}

impl Model {
    /// A model of one ONNX file.
    pub fn of_file(manifest: Manifest, path: impl Into<PathBuf>) -> Self {
        Self { manifest, files: BTreeMap::from([(Manifest::ONLY_FILE.to_owned(), path.into())]) }
    }

    /// True if the model is part of sonic and has no file.
    pub fn is_built_in(&self) -> bool {
        self.files.is_empty()
    }

    /// The file of a model that has one; `None` if it has none or several.
    pub fn path(&self) -> Option<&Path> {
        let mut paths = self.files.values();
        paths.next().filter(|_| paths.next().is_none()).map(PathBuf::as_path)
    }

    /// The file that the manifest calls `name`: `encoder`, `tokenizer`, ...
    ///
    /// # Errors
    /// `Model` if it has no file of this name; the message lists those that it has.
    pub fn file(&self, name: &str) -> Result<&Path> {
        self.files.get(name).map(PathBuf::as_path).ok_or_else(|| {
            let names: Vec<_> = self.files.keys().map(|name| format!("`{name}`")).collect();
            let there = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
            self.manifest.refuse(format!("it has no file `{name}`; of its files there are {there}"))
        })
    }

    /// The only file.
    pub(crate) fn only_file(&self) -> Result<&Path> {
        let id = &self.manifest.id;
        match (self.path(), self.files.is_empty()) {
            (Some(path), _) => Ok(path),
            (None, true) => Err(refuse(format!("{id} is built into sonic and has no file to load"))),
            (None, false) => Err(self.manifest.refuse("it has several files: one of them must be named")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_found_by_name() {
        let manifest = crate::built_in()[0].clone();
        let one = Model::of_file(manifest.clone(), "a.onnx");
        assert_eq!(one.path(), Some(Path::new("a.onnx")));
        let files =
            ["decoder", "encoder"].map(|name| (name.to_owned(), PathBuf::from(format!("{name}.onnx"))));
        let two = Model { manifest: manifest.clone(), files: files.into() };
        assert_eq!(two.file("encoder").unwrap(), Path::new("encoder.onnx"));
        assert!(two.path().is_none() && two.only_file().is_err());
        let error = two.file("tokenizer").unwrap_err().to_string();
        assert!(
            error.ends_with("it has no file `tokenizer`; of its files there are `decoder`, `encoder`"),
            "{error}"
        );
        let none = Model { manifest, files: BTreeMap::new() };
        assert!(none.is_built_in() && none.only_file().unwrap_err().message().contains("built into"));
    }
}
