//! The way through a MusicXML file: parts of measures, or measures of parts.

use super::measure::{PartReader, Shared};
use super::rational::Rational;
use super::warnings::Warnings;
use super::written::{Measure, Written};
use super::xml::{Cursor, Element};
use sonic_core::{Error, ErrorKind, Result};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// How many measures may be written; more cannot be played.
const MAX_MEASURES: usize = 20_000;
/// How many parts a score may have.
const MAX_PARTS: usize = 1_000;

/// Reads a score from the text of an XML file.
///
/// # Errors
/// `Malformed` for what is no score, `Limit` for one that is too large.
pub(super) fn read(text: &str, warnings: &mut Warnings) -> Result<Written> {
    let mut cursor = Cursor::open(text)?;
    let is_partwise = match cursor.element().name() {
        "score-partwise" => true,
        "score-timewise" => false,
        _ => {
            let message =
                "the root element is neither score-partwise nor score-timewise: this is no MusicXML score";
            return Err(Error::new(ErrorKind::Malformed, message));
        }
    };
    let mut document = Document::new(warnings);
    cursor.enter();
    while cursor.next_child()? {
        match cursor.element().name() {
            "part" if is_partwise => document.read_part(&mut cursor)?,
            "measure" if !is_partwise => document.read_measure(&mut cursor)?,
            _ => document.read_header(cursor.whole()?),
        }
    }
    cursor.finish()?;
    document.into_written()
}

struct Document<'w> {
    work_title: Option<String>,
    movement_title: Option<String>,
    /// Ids of the part list, in its order.
    listed: Vec<Arc<str>>,
    names: HashMap<Arc<str>, String>,
    measures: Vec<Measure>,
    parts: Vec<PartReader>,
    by_id: HashMap<Arc<str>, usize>,
    /// Parts of a score by measures that have no id.
    unnamed: Vec<usize>,
    notes: usize,
    warnings: &'w mut Warnings,
}

impl<'w> Document<'w> {
    fn new(warnings: &'w mut Warnings) -> Self {
        Self {
            work_title: None,
            movement_title: None,
            listed: Vec::new(),
            names: HashMap::new(),
            measures: Vec::new(),
            parts: Vec::new(),
            by_id: HashMap::new(),
            unnamed: Vec::new(),
            notes: 0,
            warnings,
        }
    }

    /// An element before the music: titles and the list of parts.
    fn read_header(&mut self, element: Element<'_>) {
        match element.name() {
            "work" => self.work_title = element.text_of("work-title").map(str::to_owned),
            "movement-title" => self.movement_title = Some(element.text().trim().to_owned()),
            "part-list" => {
                for part in element.all("score-part") {
                    let Some(id) = part.attribute("id") else { continue };
                    let id: Arc<str> = id.into();
                    self.names.insert(id.clone(), part.text_of("part-name").unwrap_or_default().to_owned());
                    self.listed.push(id);
                }
            }
            _ => {}
        }
    }

    /// A part with its measures.
    fn read_part(&mut self, cursor: &mut Cursor<'_>) -> Result<()> {
        let part = self.part(cursor.element().attribute("id"), true)?;
        cursor.enter();
        let mut index = 0;
        while cursor.next_child()? {
            let element = cursor.whole()?;
            if element.name() == "measure" {
                self.number_measure(index, element.attribute("number"))?;
                self.read_cell(element, part, index)?;
                index += 1;
            }
        }
        Ok(())
    }

    /// A measure with its parts.
    fn read_measure(&mut self, cursor: &mut Cursor<'_>) -> Result<()> {
        let index = self.measures.len();
        self.number_measure(index, cursor.element().attribute("number"))?;
        cursor.enter();
        let (mut seen, mut unnamed) = (HashSet::new(), 0);
        while cursor.next_child()? {
            let element = cursor.whole()?;
            if element.name() != "part" {
                continue;
            }
            let part = match element.attribute("id") {
                Some(id) => self.part(Some(id), false)?,
                None => {
                    unnamed += 1;
                    self.unnamed_part(unnamed - 1)?
                }
            };
            if !seen.insert(part) {
                return Err(repeated(&self.parts[part].part.id));
            }
            self.read_cell(element, part, index)?;
        }
        Ok(())
    }

    /// The part that stands at this place among those without an id, in each measure the same.
    fn unnamed_part(&mut self, place: usize) -> Result<usize> {
        if let Some(part) = self.unnamed.get(place) {
            return Ok(*part);
        }
        let part = self.part(None, false)?;
        self.unnamed.push(part);
        Ok(part)
    }

    /// The index of the part of this id; it is added if it is new. One without an id takes the next of the list that no
    /// other has.
    fn part(&mut self, id: Option<&str>, must_be_new: bool) -> Result<usize> {
        let id: Arc<str> = match id {
            Some(id) => id.into(),
            None => match self.listed.iter().find(|id| !self.by_id.contains_key(*id)) {
                Some(id) => id.clone(),
                None => format!("P{}", self.parts.len() + 1).into(),
            },
        };
        match self.by_id.get(&id) {
            Some(_) if must_be_new => Err(repeated(&id)),
            Some(&index) => Ok(index),
            None if self.parts.len() == MAX_PARTS => {
                Err(Error::new(ErrorKind::Limit, format!("the score has more than {MAX_PARTS} parts")))
            }
            None => {
                let name = self.names.get(&id).cloned();
                if name.is_none() {
                    let message = "the part is not in the part list: it has no name";
                    self.warnings.in_part("unlisted_part", &id, message);
                }
                self.by_id.insert(id.clone(), self.parts.len());
                self.parts.push(PartReader::new(id, name.unwrap_or_default()));
                Ok(self.parts.len() - 1)
            }
        }
    }

    /// Makes sure that the measure is there; the first part that numbers it does so for all.
    fn number_measure(&mut self, index: usize, number: Option<&str>) -> Result<()> {
        if index == MAX_MEASURES {
            let message = format!("the score has more than {MAX_MEASURES} measures");
            return Err(Error::new(ErrorKind::Limit, message));
        }
        if index == self.measures.len() {
            let number = match number.filter(|number| !number.is_empty()) {
                Some(number) => number.into(),
                None => (index + 1).to_string().into(),
            };
            self.measures.push(Measure { number, signature: Rational::whole(4), ..Measure::default() });
        }
        Ok(())
    }

    fn read_cell(&mut self, element: Element<'_>, part: usize, index: usize) -> Result<()> {
        let mut shared = Shared {
            index: index as u32,
            measure: &mut self.measures[index],
            warnings: self.warnings,
            notes: &mut self.notes,
            is_first_part: part == 0,
        };
        self.parts[part].read(element, &mut shared)
    }

    fn into_written(self) -> Result<Written> {
        if self.parts.is_empty() {
            return Err(Error::new(ErrorKind::Malformed, "the score has no parts"));
        }
        for reader in &self.parts {
            if reader.measures < self.measures.len() {
                let message = "the part has fewer measures than others: it is silent at the end";
                self.warnings.in_part("short_part", &reader.part.id, message);
            }
        }
        Ok(Written {
            title: self.work_title.or(self.movement_title).filter(|title| !title.is_empty()),
            measures: self.measures,
            parts: self.parts.into_iter().map(|reader| reader.part).collect(),
        })
    }
}

fn repeated(id: &str) -> Error {
    Error::new(ErrorKind::Malformed, format!("two parts have the id {id:?}: give each its own"))
}
