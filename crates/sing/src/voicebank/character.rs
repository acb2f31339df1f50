//! `character.yaml`: the singer's name and voice colours.

use super::document::{Document, Value};
use super::finding::Report;
use std::path::Path;

/// A voice colour: a name for people and the speaker that sings it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Color {
    pub(crate) color: String,
    pub(crate) suffix: String,
}

/// What a bank says about its singer.
#[derive(Debug, Clone, Default)]
pub(crate) struct Character {
    pub(crate) name: String,
    pub(crate) colors: Vec<Color>,
    /// The line of the colours.
    pub(crate) colors_line: Option<u32>,
}

impl Character {
    pub(crate) fn read(root: &Path, report: &mut Report<'_>) -> Self {
        let folder = root.canonicalize().unwrap_or_else(|_| root.to_owned());
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let path = root.join("character.yaml");
        if !path.is_file() {
            let message = "character.yaml is missing: without it the folder is not seen as a singer";
            report.error("missing_file", "character.yaml", None, message);
            return Self { name, ..Self::default() };
        }
        let Some(document) = Document::read(&path, "character.yaml", report) else {
            return Self { name, ..Self::default() };
        };
        let text = |value: Option<&Value>| value.and_then(Value::text).unwrap_or_default();
        let colors = document.get("subbanks").map_or(&[][..], Value::items).iter();
        let colors = colors
            .map(|c| Color { color: text(c.get("color")), suffix: text(c.get("suffix")) })
            .filter(|c| !c.suffix.is_empty())
            .collect();
        let name = document.text("name", report).unwrap_or(name);
        Self { name, colors, colors_line: document.line("subbanks") }
    }
}
