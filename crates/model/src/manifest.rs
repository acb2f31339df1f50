//! What sonic must know about a model besides its bytes.

use crate::refuse;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use sonic_core::{Error, Result};
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

/// What sonic must know about a model: a TOML file beside the model's files, or one that sonic has
/// [built in](crate::built_in).
///
/// A model of one ONNX file says `file`, `url`, `mirrors`, `sha256` and `bytes` at the top; one of several has a table
/// `files.encoder`, `files.tokenizer`, ... with these keys for each of them. `folder` is where they lie within the folder
/// of models; with `folder` alone, everything in it belongs to the model, by file name.
///
/// Every other table is a [section](Self::section) that says how a kind of model is fed.
#[derive(Debug, Clone, PartialEq)]
pub struct Manifest {
    /// The name it is asked for by: lower-case letters, digits, `.`, `-` and `_`.
    pub id: String,
    /// What it is for, a name that the crate which uses it knows: `vad`, `face-embedding`, ...
    pub task: String,
    /// Its files by name; a single one is called [`ONLY_FILE`](Self::ONLY_FILE). Without files and folder the model is
    /// built into sonic, or, in a manifest beside an ONNX file, the file has the name of the manifest.
    pub files: BTreeMap<String, ManifestFile>,
    /// The folder of its files, within that of the models.
    pub folder: Option<String>,
    /// The licence of the weights: an SPDX name where there is one.
    pub licence: String,
    /// True if the licence permits commercial use.
    pub commercial: bool,
    /// The page or paper that describes the model.
    pub source: String,
    /// What else its user should know.
    pub note: String,
    /// Names of the inputs that are fed.
    pub inputs: Vec<String>,
    /// Names of the outputs that are read.
    pub outputs: Vec<String>,
    /// Length of the vectors that an embedder gives.
    pub dimensions: Option<usize>,
    /// What errors call it.
    name: String,
    sections: toml::Table,
}

/// A file of a model.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ManifestFile {
    /// Its name on disk; `None` for the ONNX file of the manifest's own name.
    pub file: Option<String>,
    /// Where it is published, or a ZIP archive that holds it (an address ending in `.zip`); `None` if nobody publishes
    /// it in this form.
    pub url: Option<String>,
    /// Other places that have it, tried in this order.
    #[serde(default)]
    pub mirrors: Vec<String>,
    /// SHA-256 in hexadecimal; `None` if it could not be verified.
    pub sha256: Option<String>,
    /// Size in bytes, if it is known.
    pub bytes: Option<u64>,
}

/// A manifest as it is written.
#[derive(Deserialize)]
struct Written {
    id: String,
    task: String,
    file: Option<String>,
    url: Option<String>,
    #[serde(default)]
    mirrors: Vec<String>,
    sha256: Option<String>,
    bytes: Option<u64>,
    #[serde(default)]
    files: BTreeMap<String, ManifestFile>,
    folder: Option<String>,
    licence: String,
    commercial: bool,
    source: String,
    #[serde(default)]
    note: String,
    #[serde(default)]
    inputs: Vec<String>,
    #[serde(default)]
    outputs: Vec<String>,
    dimensions: Option<usize>,
    #[serde(flatten)]
    rest: toml::Table,
}

impl Manifest {
    /// What the file of a model that has one is called.
    pub const ONLY_FILE: &str = "model";

    /// The manifest in `text`; `name` is what errors call it.
    ///
    /// # Errors
    /// `Model` if a key is unknown, missing or of the wrong type, or a value cannot be; the message names the key.
    pub fn parse(text: &str, name: impl fmt::Display) -> Result<Self> {
        let name = name.to_string();
        let wrong = |reason: String| wrong(&name, &reason);
        let written: Written =
            toml::from_str(text).map_err(|e| wrong(e.to_string().trim_end().to_owned()))?;
        let manifest = written.into_manifest(name.clone()).map_err(wrong)?;
        manifest.check().map_err(wrong)?;
        Ok(manifest)
    }

    /// The manifest in the file `path`.
    ///
    /// # Errors
    /// As [`parse`](Self::parse); `NotFound` or `Io` if the file cannot be read.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path);
        let text = text.map_err(|e| Error::io(format!("cannot read the manifest {}", path.display()), e))?;
        Self::parse(&text, path.display())
    }

    /// The table `name`, which belongs to the crate that feeds the model.
    ///
    /// # Errors
    /// `Model` if it is missing or is not what `T` takes; the message names the key.
    pub fn section<T: DeserializeOwned>(&self, name: &str) -> Result<T> {
        let section = self.sections.get(name).ok_or_else(|| self.needs(name))?;
        section.clone().try_into().map_err(|e| self.wrong(e.to_string().trim_end()))
    }

    /// Length of the vectors of an embedder.
    ///
    /// # Errors
    /// `Model` if the manifest does not say it.
    pub fn dimensions(&self) -> Result<usize> {
        self.dimensions.ok_or_else(|| self.needs("dimensions"))
    }

    /// That the model is for `task`.
    ///
    /// # Errors
    /// `Model` if it is for another.
    pub fn expect(&self, task: &str) -> Result<()> {
        match self.task == task {
            true => Ok(()),
            false => {
                Err(refuse(format!("{} is for {}; a model for {task} is needed here", self.id, self.task)))
            }
        }
    }

    /// The file of a model that has one; `None` if it has none or several.
    pub fn only_file(&self) -> Option<&ManifestFile> {
        let mut files = self.files.values();
        files.next().filter(|_| files.next().is_none())
    }

    /// The manifest of another model that is fed as this one is. Nothing is known about its files and licence, so it
    /// counts as not commercial.
    #[must_use]
    pub fn as_template(&self, id: &str) -> Self {
        Self {
            id: id.to_owned(),
            files: BTreeMap::new(),
            folder: None,
            licence: "unknown".to_owned(),
            commercial: false,
            source: "unknown".to_owned(),
            note: format!("There is no manifest: by its inputs and outputs it is fed as {} is.", self.id),
            name: id.to_owned(),
            ..self.clone()
        }
    }

    /// An error about the model.
    pub fn refuse(&self, message: impl Into<String>) -> Error {
        refuse(message).context(&self.id)
    }

    /// An error about what stands in the manifest; `reason` names the key.
    pub fn wrong(&self, reason: &str) -> Error {
        wrong(&self.name, reason)
    }

    /// The error of a manifest that lacks `key`.
    pub fn needs(&self, key: &str) -> Error {
        self.wrong(&format!("a model for {} needs `{key}`", self.task))
    }

    /// What serde cannot check; the message names the key.
    fn check(&self) -> std::result::Result<(), String> {
        let plain = |text: &str| {
            text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b))
        };
        let fault = |holds: bool, message: &str| if holds { Ok(()) } else { Err(message.to_owned()) };
        fault(
            !self.id.is_empty() && plain(&self.id),
            "`id` must be lower-case letters, digits, `.`, `-` and `_`",
        )?;
        fault(self.dimensions != Some(0), "`dimensions` must be at least 1")?;
        fault(self.folder.as_deref().is_none_or(bare), "`folder` must be one folder's name")?;
        for (name, file) in &self.files {
            file.check()?;
            let named = file.file.is_some() || name == Self::ONLY_FILE;
            fault(named, "each of `files` needs `file`")?;
        }
        Ok(())
    }
}

impl ManifestFile {
    fn check(&self) -> std::result::Result<(), String> {
        let fault = |holds: bool, message: &str| if holds { Ok(()) } else { Err(message.to_owned()) };
        fault(self.file.as_deref().is_none_or(bare), "`file` must be a file name without a folder")?;
        let web = |url: &String| url.starts_with("https://") || url.starts_with("http://");
        fault(
            self.url.iter().chain(&self.mirrors).all(web),
            "`url` and `mirrors` must begin with https:// or http://",
        )?;
        let hash = |text: &String| {
            text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
        };
        fault(self.sha256.as_ref().is_none_or(hash), "`sha256` must be 64 lower-case hexadecimal digits")
    }
}

impl Written {
    fn into_manifest(self, name: String) -> std::result::Result<Manifest, String> {
        let Self { file, url, mirrors, sha256, bytes, mut files, rest: sections, .. } = self;
        let only = ManifestFile { file, url, mirrors, sha256, bytes };
        if only != ManifestFile::default() {
            if !files.is_empty() {
                return Err(
                    "`file`, `url`, `mirrors`, `sha256` and `bytes` stand in `files` if there is one".into(),
                );
            }
            files.insert(Manifest::ONLY_FILE.to_owned(), only);
        }
        if let Some((key, _)) = sections.iter().find(|(_, value)| !value.is_table()) {
            return Err(format!("the key `{key}` is unknown"));
        }
        Ok(Manifest {
            id: self.id,
            task: self.task,
            files,
            folder: self.folder,
            licence: self.licence,
            commercial: self.commercial,
            source: self.source,
            note: self.note,
            inputs: self.inputs,
            outputs: self.outputs,
            dimensions: self.dimensions,
            name,
            sections,
        })
    }
}

fn wrong(name: &str, reason: &str) -> Error {
    refuse(format!("the manifest {name} is wrong: {reason}"))
}

/// True for the name of a file or folder that leads nowhere else.
fn bare(name: &str) -> bool {
    !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\\', ':'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use sonic_testing::{MANIFEST, manifest_refused};

    #[test]
    fn errors_name_the_key() {
        let changes = [
            (("licence =", "license ="), "licen"),
            (("dimensions = 192", "dimension = 192"), "`dimension`"),
            (("dimensions = 192", "dimensions = 0"), "dimensions"),
            (("dimensions = 192", "dimensions = \"many\""), "dimensions"),
            (("id = \"mine\"", "id = \"My model\""), "`id`"),
            (("mine.onnx", "../mine.onnx"), "`file`"),
            (("commercial = true", "sha256 = \"12\"\ncommercial = true"), "sha256"),
            (("commercial = true", "url = \"ftp://x\"\ncommercial = true"), "`url`"),
            (("commercial = true", ""), "commercial"),
            (("commercial = true", "commercial = true\nfolder = \"a/b\""), "`folder`"),
            (("file = \"mine.onnx\"", "[files.encoder]"), "commercial"),
            (("speech = {", "files.a = {"), "front_end"),
            (("speech = {", "files.a = { file = \"a\" }\nspeech = {"), "`files`"),
        ];
        manifest_refused(MANIFEST, &changes, |text| {
            Manifest::parse(text, "mine.toml").err().map(|e| e.message().to_owned())
        });
    }

    #[test]
    fn a_model_has_one_file_or_several() {
        let one = Manifest::parse(MANIFEST, "mine").unwrap();
        assert_eq!(one.only_file().unwrap().file.as_deref(), Some("mine.onnx"));
        let text = MANIFEST.replace("file = \"mine.onnx\"", "folder = \"whisper\"");
        let folder = Manifest::parse(&text, "mine").unwrap();
        assert_eq!((folder.folder.as_deref(), folder.files.len()), (Some("whisper"), 0));
        let text = format!(
            "{text}\n[files.encoder]\nfile = \"e.onnx\"\nbytes = 7\n[files.vocabulary]\nfile = \"v.txt\""
        );
        let two = Manifest::parse(&text, "mine").unwrap();
        assert_eq!((two.files.len(), two.files["encoder"].bytes), (2, Some(7)));
        assert!(two.only_file().is_none());
    }

    #[test]
    fn sections_are_for_who_knows_them() {
        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Speech {
            sample_rate: u32,
            #[expect(dead_code, reason = "it is there to be parsed")]
            front_end: String,
        }
        let manifest = Manifest::parse(MANIFEST, "mine.toml").unwrap();
        assert_eq!(manifest.section::<Speech>("speech").unwrap().sample_rate, 16_000);
        let error = manifest.section::<Speech>("face").unwrap_err().to_string();
        assert_eq!(error, "the manifest mine.toml is wrong: a model for speaker-embedding needs `face`");
        let text = MANIFEST.replace("16000", "\"fast\"");
        let error = Manifest::parse(&text, "mine.toml").unwrap().section::<Speech>("speech").unwrap_err();
        assert!(error.message().contains("sample_rate"), "{error}");
    }

    #[test]
    fn a_model_is_used_for_its_task() {
        let manifest = Manifest::parse(MANIFEST, "mine").unwrap();
        assert!(manifest.expect("speaker-embedding").is_ok());
        let error = manifest.expect("vad").unwrap_err().to_string();
        assert_eq!(error, "mine is for speaker-embedding; a model for vad is needed here");
    }
}
