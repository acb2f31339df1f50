//! Promise: the report on an event is one sound page that shows everybody and loads nothing.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod photo_support;
mod support;

use photo_support::{face, jpeg, party, photo};
use sonic::faces::face_thumbnail;
use sonic::people::{self, PersonId, ReportOptions};
use sonic::{ErrorKind, Store};
use std::fs;
use support::Scratch;

/// Elements without an end.
const VOID: [&str; 2] = ["meta", "img"];

/// An element as it opens: its name and its attributes.
type Element = (String, Vec<(String, String)>);

/// The elements and the text of a page. Fails where it is not well-formed: a stray `<`, `>`, `"` or `&`, an element
/// that is not closed.
fn parse(page: &str) -> (Vec<Element>, String) {
    let (mut open, mut elements, mut text) = (Vec::new(), Vec::new(), String::new());
    let mut rest = page.strip_prefix("<!DOCTYPE html>\n").unwrap();
    while let Some(start) = rest.find('<') {
        text += &unescaped(&rest[..start]);
        let end = start + rest[start..].find('>').unwrap();
        let tag = &rest[start + 1..end];
        rest = &rest[end + 1..];
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name));
            continue;
        }
        let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        assert!(name.bytes().all(|b| b.is_ascii_alphanumeric()), "{name}");
        elements.push((name.to_owned(), attributes_of(attributes)));
        if name == "style" {
            let end = rest.find("</style>").unwrap();
            rest = &rest[end..];
        }
        if !VOID.contains(&name) {
            open.push(name.to_owned());
        }
    }
    assert!(open.is_empty() && rest.trim().is_empty(), "{open:?} {rest}");
    (elements, text)
}

fn attributes_of(mut text: &str) -> Vec<(String, String)> {
    let mut attributes = Vec::new();
    while !text.is_empty() {
        let (name, rest) = text.split_once("=\"").unwrap();
        let (value, rest) = rest.split_once('"').unwrap();
        assert!(name.trim_start().bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{name}");
        attributes.push((name.trim_start().to_owned(), unescaped(value)));
        text = rest;
    }
    attributes
}

fn unescaped(text: &str) -> String {
    assert!(!text.contains(['<', '>']), "{text}");
    let names = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];
    let plain = names.iter().fold(text.to_owned(), |text, (name, _)| text.replace(name, ""));
    assert!(!plain.contains('&'), "{text}");
    names.iter().fold(text.to_owned(), |text, (name, c)| text.replace(name, c))
}

fn attribute<'a>(element: &'a Element, name: &str) -> Option<&'a str> {
    element.1.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
}

/// The titles of the faces of the section `number`.
fn titles(elements: &[Element], number: usize) -> Vec<&str> {
    let sections = elements.split(|(name, _)| name == "section");
    let faces = sections.skip(1 + number).take(1).flatten().filter(|(name, _)| name == "figure");
    faces.map(|face| attribute(face, "title").unwrap()).collect()
}

fn first_lines<'a>(titles: &[&'a str]) -> Vec<&'a str> {
    titles.iter().map(|title| title.lines().next().unwrap()).collect()
}

#[test]
fn a_row_a_person_and_unassigned_faces_last() {
    let scratch = Scratch::new("report-rows");
    let store = party(&scratch.join("store"), "party");
    let options = ReportOptions { date: Some("2026-01-31".into()), ..ReportOptions::default() };
    let page = people::report(&store, "party", &options).unwrap();
    let (elements, text) = parse(&page);
    let classes: Vec<&str> =
        elements.iter().filter(|(n, _)| n == "section").map(|s| attribute(s, "class").unwrap()).collect();
    assert_eq!(classes, ["person pending", "person pending", "unassigned"]);
    for words in ["5 photos", "8 faces", "2 people", "1 unassigned face", "2026-01-31", "4 faces in 4 photos"]
    {
        assert!(text.contains(words), "{words}: {text}");
    }
    // The representative is the face of the greatest score, and so do the others follow.
    assert_eq!(first_lines(&titles(&elements, 0)), ["e.jpg", "d.jpg", "<b> & \"c\".jpg", "a.jpg"]);
    assert_eq!(first_lines(&titles(&elements, 1)), ["a.jpg", "<b> & \"c\".jpg", "d.jpg"]);
    assert_eq!(titles(&elements, 2), ["e.jpg\nscore 0.600, 40 pixels"]);
    assert_eq!(titles(&elements, 0)[0], "e.jpg\nscore 0.950, 40 pixels\nstands for the person");
    let marked = elements.iter().filter(|e| attribute(e, "class") == Some("representative")).count();
    assert_eq!(marked, 2);
    // What the user pins comes first, whatever its score.
    let person = store.people("party").list().unwrap()[0].person_id;
    let face = store.people("party").faces_of(person).unwrap()[0].face_id;
    store.people("party").pin_representative(person, Some(face)).unwrap();
    let (elements, _) = parse(&people::report(&store, "party", &options).unwrap());
    assert_eq!(first_lines(&titles(&elements, 0)), ["a.jpg", "e.jpg", "d.jpg", "<b> & \"c\".jpg"]);
}

#[test]
fn the_page_carries_its_pictures_and_loads_nothing() {
    let scratch = Scratch::new("report-whole");
    let store = party(&scratch.join("store"), "party");
    let page = people::report(&store, "party", &ReportOptions::default()).unwrap();
    let (elements, _) = parse(&page);
    let images: Vec<&Element> = elements.iter().filter(|(name, _)| name == "img").collect();
    assert_eq!(images.len(), 8);
    for image in images {
        let data = attribute(image, "src").unwrap().strip_prefix("data:image/jpeg;base64,").unwrap();
        assert!(data.starts_with("/9j/") && data.len().is_multiple_of(4), "{data}");
        assert!(attribute(image, "alt").unwrap().contains(" in "));
    }
    assert!(elements.iter().all(|(name, _)| !["script", "link", "iframe", "a"].contains(&name.as_str())));
    assert!(!page.contains("http:") && !page.contains("https:") && !page.contains("url("));
}

#[test]
fn text_of_users_stays_text() {
    let scratch = Scratch::new("report-escape");
    let event = "<script>alert('1')</script> & \"friends\"";
    let store = party(&scratch.join("store"), event);
    let people = store.people(event);
    let [first, second] = [0, 1].map(|n| people.list().unwrap()[n].person_id);
    people.rename(first, Some("Zoë <i>&amp;</i> \u{1}\"Max\"")).unwrap();
    people.link(first, "user'<1>").unwrap();
    people.invite(second, "\"><img src=x>@example.org").unwrap();
    let (elements, text) = parse(&people::report(&store, event, &ReportOptions::default()).unwrap());
    assert_eq!(elements.iter().filter(|(name, _)| name == "script" || name == "i").count(), 0);
    assert_eq!(elements.iter().filter(|(name, _)| name == "img").count(), 8);
    for words in
        [event, "Zoë <i>&amp;</i> \u{fffd}\"Max\"", "user user'<1>", "invited: \"><img src=x>@example.org"]
    {
        assert!(text.contains(words), "{words}: {text}");
    }
}

#[test]
fn faces_beyond_the_most_are_counted_and_ignored_people_come_late() {
    let scratch = Scratch::new("report-many");
    let store = party(&scratch.join("store"), "party");
    let people = store.people("party");
    people.ignore(people.list().unwrap()[0].person_id).unwrap();
    let options = ReportOptions { max_faces: 2, ..ReportOptions::default() };
    let (elements, text) = parse(&people::report(&store, "party", &options).unwrap());
    assert_eq!([0, 1, 2].map(|n| titles(&elements, n).len()), [2, 2, 1]);
    assert!(text.contains("+ 1 more") && text.contains("+ 2 more"), "{text}");
    let sections: Vec<_> = elements.iter().filter(|(name, _)| name == "section").collect();
    assert_eq!(attribute(sections[1], "class"), Some("person ignored"));
}

#[test]
fn without_a_thumbnail_the_face_is_cut_out_of_its_photo() {
    let scratch = Scratch::new("report-original");
    let store = Store::open(scratch.join("store"), sonic::StoreOptions::default()).unwrap();
    let file = scratch.join("a.jpg");
    fs::write(&file, jpeg(200, 100, [10, 200, 10])).unwrap();
    let mut new = photo("e", "a.jpg", vec![face(0, 0.0, 0.9, 10.0), face(1, 0.0, 0.8, 100.0)]);
    new.thumbnails.clear();
    new.photo.path = Some(file.to_string_lossy().into_owned());
    store.faces().add_photo(&new).unwrap();
    let id = store.faces().faces_of("e", "a.jpg").unwrap()[0].face_id;
    let cut = sonic::vision::decode(&face_thumbnail(&store, id, 64).unwrap().unwrap()).unwrap();
    assert_eq!((cut.width(), cut.height()), (64, 64));
    assert!(cut.pixels().chunks(3).all(|p| p[0] < 30 && p[1] > 180 && p[2] < 30), "it is of the photo");
    let images = |store: &Store| {
        let page = people::report(store, "e", &ReportOptions::default()).unwrap();
        parse(&page).0.iter().filter(|(name, _)| name == "img").count()
    };
    assert_eq!(images(&store), 2);
    // Another picture took its place.
    fs::write(&file, jpeg(100, 100, [10, 200, 10])).unwrap();
    assert_eq!((images(&store), face_thumbnail(&store, id, 64).unwrap()), (0, None));
    fs::remove_file(&file).unwrap();
    assert_eq!(images(&store), 0);
}

#[test]
fn thumbnails_go_with_their_faces() {
    let scratch = Scratch::new("report-thumbnails");
    let store = party(&scratch.join("store"), "party");
    let faces = store.faces();
    let of =
        |photo: &str| faces.faces_of("party", photo).unwrap().iter().map(|f| f.face_id).collect::<Vec<_>>();
    let (a, d) = (of("a.jpg"), of("d.jpg"));
    assert_eq!(faces.thumbnail(a[0]).unwrap().unwrap(), jpeg(16, 16, [200, 120, 40]));
    let other = jpeg(8, 8, [1, 2, 3]);
    let mut new = photo("party", "a.jpg", vec![face(0, 0.0, 0.9, 10.0), face(3, 0.0, 0.8, 100.0)]);
    new.thumbnails = vec![other.clone(), Vec::new()];
    faces.replace_photo(&new).unwrap();
    assert_eq!(of("a.jpg"), a, "a face in the same place is the same");
    assert_eq!(faces.thumbnail(a[0]).unwrap(), Some(other));
    assert_eq!(faces.thumbnail(a[1]).unwrap(), None);
    faces.remove_photo("party", "d.jpg").unwrap();
    assert_eq!(faces.thumbnail(d[0]).unwrap(), None);
    let (kept, gone) = (of("e.jpg")[1], of("e.jpg")[0]);
    let person = faces.get(gone).unwrap().unwrap().person_id.unwrap();
    let forgotten = store.people("party").forget_person(person).unwrap();
    assert_eq!((forgotten.people, forgotten.faces), (1, 3));
    assert_eq!(faces.thumbnail(gone).unwrap(), None);
    assert!(faces.thumbnail(kept).unwrap().is_some());
    assert_eq!(of("e.jpg"), [kept]);
    faces.archive("party").unwrap();
    assert!(faces.thumbnail(kept).unwrap().is_some(), "an archive is still shown");
    faces.remove_event("party").unwrap();
    assert_eq!(faces.thumbnail(kept).unwrap(), None);
    let problems = store.check().unwrap();
    assert!(problems.is_empty(), "{problems:?}");
    let wrong = sonic::faces::NewPhoto { thumbnails: vec![vec![1]], ..photo("e", "x", vec![]) };
    assert_eq!(faces.add_photo(&wrong).unwrap_err().kind(), ErrorKind::InvalidArgument);
}

#[test]
fn photos_are_known_by_their_bytes() {
    let scratch = Scratch::new("report-sources");
    let store = Store::open(scratch.join("store"), sonic::StoreOptions::default()).unwrap();
    let faces = store.faces();
    let with_hash = |id: &str, hash: &str| {
        let mut new = photo("e", id, vec![]);
        new.photo.source_hash = Some(hash.to_owned());
        new
    };
    faces.add_photos(&[with_hash("a", "1"), with_hash("b", "2")]).unwrap();
    let id = |hash: &str| faces.photo_of_source("e", hash).unwrap().map(|photo| photo.photo_id);
    assert_eq!((id("1").as_deref(), id("2").as_deref(), id("3")), (Some("a"), Some("b"), None));
    assert_eq!(faces.photo_of_source("other", "1").unwrap(), None);
    faces.replace_photo(&with_hash("a", "3")).unwrap();
    assert_eq!((id("1"), id("3").as_deref()), (None, Some("a")));
    faces.remove_photo("e", "b").unwrap();
    assert_eq!(id("2"), None);
}

#[test]
fn what_cannot_be_shown_is_said() {
    let scratch = Scratch::new("report-errors");
    let store = party(&scratch.join("store"), "party");
    let kind =
        |event: &str, options: &ReportOptions| people::report(&store, event, options).unwrap_err().kind();
    assert_eq!(kind("other", &ReportOptions::default()), ErrorKind::NotFound);
    for wrong in [
        ReportOptions { max_faces: 0, ..ReportOptions::default() },
        ReportOptions { thumbnail_size: 0, ..ReportOptions::default() },
    ] {
        assert_eq!(kind("party", &wrong), ErrorKind::InvalidArgument);
    }
    assert_eq!(face_thumbnail(&store, sonic::faces::FaceId(7), 64).unwrap(), None);
    store.faces().add_photo(&photo("empty", "a", vec![])).unwrap();
    let (_, text) = parse(&people::report(&store, "empty", &ReportOptions::default()).unwrap());
    assert!(text.contains("No face was found") && text.contains("1 photo\n"), "{text}");
    assert_eq!(store.people("empty").get(PersonId(1)).unwrap(), None);
    store.close();
    assert_eq!(kind("party", &ReportOptions::default()), ErrorKind::Closed);
}
