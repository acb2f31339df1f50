//! XML as small trees, one measure at a time: only elements and attributes that scores are read by are kept, so that
//! memory does not grow with what a file brings along.

mod names;

use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::{Reader, XmlVersion};
use sonic_core::{Error, ErrorKind, Result};
use std::borrow::Cow;

/// How deep elements may stand in each other; those of MusicXML do about ten deep.
const MAX_DEPTH: usize = 128;
/// How many elements one measure may have.
const MAX_ELEMENTS: usize = 200_000;

/// Reads one element after another; the text has the declared encoding behind it.
pub(super) struct Cursor<'t> {
    reader: Reader<&'t [u8]>,
    text: &'t str,
    tree: Tree<'t>,
    /// The start tag that was read last is of an element without content.
    is_empty: bool,
    /// Such an element was entered: its end is next.
    ends_at_once: bool,
    depth: usize,
}

/// An element with all that is in it.
#[derive(Default)]
struct Tree<'t> {
    nodes: Vec<Node<'t>>,
    attributes: Vec<(&'static str, Box<str>)>,
}

struct Node<'t> {
    /// The local name; empty if nothing is read by it.
    name: &'static str,
    /// What stands before the first element in it.
    text: Cow<'t, str>,
    has_children: bool,
    /// Its place among the attributes of the tree, up to that of the next node.
    first_attribute: usize,
    /// The index behind the last node in it.
    end: usize,
}

/// An element of a tree.
#[derive(Clone, Copy)]
pub(super) struct Element<'a> {
    tree: &'a Tree<'a>,
    index: usize,
}

impl<'t> Cursor<'t> {
    /// Reads up to the root element.
    ///
    /// # Errors
    /// `Malformed` for text that is not XML, and for a document type that declares entities.
    pub(super) fn open(text: &'t str) -> Result<Self> {
        let mut reader = Reader::from_str(text.strip_prefix('\u{feff}').unwrap_or(text));
        reader.config_mut().check_comments = true;
        let mut cursor =
            Self { reader, text, tree: Tree::default(), is_empty: false, ends_at_once: false, depth: 0 };
        loop {
            match cursor.event()? {
                Event::Start(start) => break cursor.begin(&start, false)?,
                Event::Empty(start) => break cursor.begin(&start, true)?,
                Event::DocType(declared) if declared.contains("<!ENTITY") => {
                    return Err(cursor.wrong("entities are declared: they are refused"));
                }
                Event::DocType(_) | Event::Decl(_) => {}
                Event::Text(text) if text.trim().is_empty() => {}
                Event::Eof => return Err(cursor.wrong("there is no XML element: this is no MusicXML file")),
                _ => return Err(cursor.wrong("there is text before the first element: this is no XML file")),
            }
        }
        Ok(cursor)
    }

    /// The element whose start tag was read last: its name and attributes, and after [`whole`](Self::whole) all in it.
    pub(super) fn element(&self) -> Element<'_> {
        Element { tree: &self.tree, index: 0 }
    }

    /// Goes into the element whose start tag was read last: its children come next.
    pub(super) fn enter(&mut self) {
        self.ends_at_once = self.is_empty;
        self.depth += 1;
    }

    /// Reads on to the start tag of the next child; false at the end of the element that was entered.
    pub(super) fn next_child(&mut self) -> Result<bool> {
        if std::mem::take(&mut self.ends_at_once) {
            self.depth -= 1;
            return Ok(false);
        }
        loop {
            match self.event()? {
                Event::Start(start) => return self.begin(&start, false).map(|()| true),
                Event::Empty(start) => return self.begin(&start, true).map(|()| true),
                Event::End(_) => {
                    self.depth -= 1;
                    return Ok(false);
                }
                Event::GeneralRef(reference) => drop(self.resolve(&reference)?),
                Event::Eof => return Err(self.wrong("the file ends within an element")),
                _ => {}
            }
        }
    }

    /// The element whose start tag was read last, with all that is in it.
    pub(super) fn whole(&mut self) -> Result<Element<'_>> {
        if !self.is_empty {
            self.is_empty = true;
            let mut open = vec![0];
            // Elements by which nothing is read, with all in them.
            let mut passed_over = usize::from(self.tree.nodes[0].name.is_empty());
            while let Some(&parent) = open.last() {
                self.step(&mut open, parent, &mut passed_over)?;
            }
        }
        Ok(self.element())
    }

    /// Reads one event within the innermost of the elements that are `open`.
    fn step(&mut self, open: &mut Vec<usize>, parent: usize, passed_over: &mut usize) -> Result<()> {
        match self.event()? {
            Event::Start(start) => {
                self.tree.nodes[parent].has_children = true;
                if *passed_over > 0 || !self.add(&start)? {
                    *passed_over += 1;
                } else {
                    open.push(self.tree.nodes.len() - 1);
                }
                if self.depth + open.len() + *passed_over > MAX_DEPTH {
                    let message = format!("elements stand more than {MAX_DEPTH} deep in each other");
                    return Err(Error::new(ErrorKind::Limit, message));
                }
            }
            Event::Empty(start) => {
                self.tree.nodes[parent].has_children = true;
                if *passed_over == 0 {
                    self.add(&start)?;
                }
            }
            Event::End(_)
                if *passed_over > usize::from(parent == 0 && self.tree.nodes[0].name.is_empty()) =>
            {
                *passed_over -= 1;
            }
            Event::End(_) => {
                self.tree.nodes[parent].end = self.tree.nodes.len();
                open.pop();
            }
            Event::Text(text) => self.append(parent, *passed_over, text.xml10_content()),
            Event::CData(text) => self.append(parent, *passed_over, text.xml10_content()),
            Event::GeneralRef(reference) => {
                let character = self.resolve(&reference)?;
                self.append(parent, *passed_over, Cow::Owned(character.to_string()));
            }
            Event::Eof => return Err(self.wrong("the file ends within an element")),
            _ => return Err(self.wrong("a declaration stands within an element")),
        }
        Ok(())
    }

    /// Makes sure that nothing but comments follows the root element.
    pub(super) fn finish(&mut self) -> Result<()> {
        loop {
            match self.event()? {
                Event::Eof => return Ok(()),
                Event::Text(text) if text.trim().is_empty() => {}
                _ => return Err(self.wrong("something follows the end of the score")),
            }
        }
    }

    /// The next event that is neither a comment nor an instruction to a program.
    fn event(&mut self) -> Result<Event<'t>> {
        loop {
            match self.reader.read_event() {
                Ok(Event::Comment(_) | Event::PI(_)) => {}
                Ok(event) => return Ok(event),
                Err(error) => return Err(self.wrong(&error.to_string()).with_source(error)),
            }
        }
    }

    /// Takes a start tag as the root of a new tree.
    fn begin(&mut self, start: &BytesStart<'_>, is_empty: bool) -> Result<()> {
        self.tree.nodes.clear();
        self.tree.attributes.clear();
        self.is_empty = is_empty;
        if !self.add(start)? {
            self.tree.nodes.push(Node::new("", 0, 1));
        }
        Ok(())
    }

    /// Adds an element to the tree, unless nothing is read by it.
    fn add(&mut self, start: &BytesStart<'_>) -> Result<bool> {
        let Some(name) = names::element(start.local_name().as_ref()) else { return Ok(false) };
        if self.tree.nodes.len() == MAX_ELEMENTS {
            let message = format!("a measure has more than {MAX_ELEMENTS} elements");
            return Err(Error::new(ErrorKind::Limit, message));
        }
        let first_attribute = self.tree.attributes.len();
        for attribute in start.attributes().with_checks(false) {
            let attribute = attribute.map_err(|error| self.wrong(&error.to_string()).with_source(error))?;
            let Some(key) = names::attribute(attribute.key.as_ref()) else { continue };
            if self.tree.attributes[first_attribute..].iter().any(|(name, _)| *name == key) {
                return Err(self.wrong(&format!("<{name}> has the attribute {key} twice")));
            }
            let value = attribute
                .normalized_value(XmlVersion::Explicit1_0)
                .map_err(|error| self.wrong(&error.to_string()).with_source(error))?;
            self.tree.attributes.push((key, value.into()));
        }
        self.tree.nodes.push(Node::new(name, first_attribute, self.tree.nodes.len() + 1));
        Ok(true)
    }

    fn append(&mut self, parent: usize, passed_over: usize, text: Cow<'t, str>) {
        let node = &mut self.tree.nodes[parent];
        if passed_over > 0 || node.has_children {
            return;
        }
        match node.text.is_empty() {
            true => node.text = text,
            false => node.text.to_mut().push_str(&text),
        }
    }

    /// The character that stands behind `&...;`: one by its number, or one of the five that XML knows.
    fn resolve(&self, reference: &BytesRef<'_>) -> Result<char> {
        let by_number = reference.resolve_char_ref().map_err(|error| self.wrong(&error.to_string()))?;
        let character = by_number.or_else(|| match &**reference {
            "amp" => Some('&'),
            "lt" => Some('<'),
            "gt" => Some('>'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            _ => None,
        });
        character
            .filter(|c| *c >= ' ' || matches!(c, '\t' | '\n' | '\r'))
            .ok_or_else(|| self.wrong(&format!("the entity &{}; is not known", &**reference)))
    }

    /// A `Malformed` error at the place that was read last.
    fn wrong(&self, message: &str) -> Error {
        let read = usize::try_from(self.reader.error_position().max(self.reader.buffer_position()));
        let read = read.unwrap_or(usize::MAX).min(self.text.len());
        let line = 1 + self.text.as_bytes()[..read].iter().filter(|byte| **byte == b'\n').count();
        Error::new(ErrorKind::Malformed, format!("line {line}: {message}"))
    }
}

impl Node<'_> {
    fn new(name: &'static str, first_attribute: usize, end: usize) -> Self {
        Self { name, text: Cow::Borrowed(""), has_children: false, first_attribute, end }
    }
}

impl<'a> Element<'a> {
    fn node(self) -> &'a Node<'a> {
        &self.tree.nodes[self.index]
    }

    /// Its local name; empty if it is not one that scores are read by.
    pub(super) fn name(self) -> &'static str {
        self.node().name
    }

    /// The text before the first element in it, as written.
    pub(super) fn text(self) -> &'a str {
        &self.node().text
    }

    /// The value of an attribute.
    pub(super) fn attribute(self, name: &str) -> Option<&'a str> {
        let last =
            self.tree.nodes.get(self.index + 1).map_or(self.tree.attributes.len(), |n| n.first_attribute);
        let own = &self.tree.attributes[self.node().first_attribute..last];
        own.iter().find(|(key, _)| *key == name).map(|(_, value)| &**value)
    }

    /// The elements directly in it, in order.
    pub(super) fn children(self) -> impl Iterator<Item = Self> {
        let (tree, end) = (self.tree, self.node().end);
        let mut next = self.index + 1;
        std::iter::from_fn(move || {
            let child = Self { tree, index: next };
            (next < end).then(|| {
                next = child.node().end;
                child
            })
        })
    }

    /// The children of this name, in order.
    pub(super) fn all(self, name: &'static str) -> impl Iterator<Item = Self> {
        self.children().filter(move |child| child.name() == name)
    }

    /// The first child of this name.
    pub(super) fn child(self, name: &'static str) -> Option<Self> {
        self.all(name).next()
    }

    /// True if there is a child of this name.
    pub(super) fn has(self, name: &'static str) -> bool {
        self.child(name).is_some()
    }

    /// The text of the first child of this name without white space around it; `None` if there is none.
    pub(super) fn text_of(self, name: &'static str) -> Option<&'a str> {
        self.child(name).map(|child| child.text().trim()).filter(|text| !text.is_empty())
    }
}

#[cfg(test)]
mod tests;
