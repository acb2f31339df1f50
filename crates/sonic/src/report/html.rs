//! The page: text, and nothing that it does not carry itself.

use super::Summary;
use super::crops::Crops;
use crate::{FaceId, Person, PersonStatus, StoredFace};
use std::fmt::{self, Write};

const STYLE: &str = include_str!("style.css");

/// A page that is being written.
pub(super) struct Page(String);

/// A row of the page; of the faces that are nobody's if there is no person.
pub(super) struct Row<'a> {
    pub(super) person: Option<&'a Person>,
    pub(super) representative: Option<FaceId>,
    pub(super) faces: Vec<StoredFace>,
    pub(super) pictures: Crops,
    /// Faces that are not shown.
    pub(super) hidden: usize,
}

impl Page {
    pub(super) fn new(summary: &Summary<'_>, date: Option<&str>) -> Self {
        let Summary { event, people, noise } = summary;
        let name = Text(&event.name);
        let mut page = Self(String::new());
        page.add(format_args!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta http-equiv=\"Content-Security-Policy\" \
             content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\">\n\
             <title>People of {name}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<header>\n<h1>{name}</h1>\n\
             <ul class=\"summary\">\n"
        ));
        let counts = [
            (event.photos, "photo", "photos"),
            (event.faces, "face", "faces"),
            (*people as u64, "person", "people"),
            (*noise, "face of nobody", "faces of nobody"),
        ];
        for (count, one, many) in counts {
            let noun = if count == 1 { one } else { many };
            page.add(format_args!("<li><b>{count}</b> {noun}</li>\n"));
        }
        if event.archived {
            page.add(format_args!("<li>archived</li>\n"));
        }
        if let Some(date) = date {
            page.add(format_args!("<li class=\"date\">{}</li>\n", Text(date)));
        }
        page.add(format_args!("</ul>\n</header>\n<main>\n"));
        if event.faces == 0 {
            page.add(format_args!("<p class=\"empty\">No face was found in the photos of this event.</p>\n"));
        }
        page
    }

    pub(super) fn row(&mut self, row: &Row<'_>) {
        match row.person {
            Some(person) => self.heading(person),
            None => self.add(format_args!(
                "<section class=\"noise\">\n<div class=\"who\">\n<h2>Nobody</h2>\n<p>{}, like no other or too poor to \
                 tell.</p>\n</div>\n",
                counted((row.faces.len() + row.hidden) as u64, "face"),
            )),
        }
        self.add(format_args!("<div class=\"faces\">\n"));
        let name = row.person.map_or_else(|| "nobody".to_owned(), name);
        for face in &row.faces {
            self.face(face, &name, row);
        }
        if row.hidden > 0 {
            self.add(format_args!("<p class=\"more\">+ {} more</p>\n", row.hidden));
        }
        self.add(format_args!("</div>\n</section>\n"));
    }

    pub(super) fn close(mut self) -> String {
        self.add(format_args!("</main>\n</body>\n</html>\n"));
        self.0
    }

    fn heading(&mut self, person: &Person) {
        let status = person.status.name();
        let confirmed = person.confirmed && person.status == PersonStatus::Pending;
        let badge = if confirmed { "confirmed" } else { status };
        self.add(format_args!(
            "<section class=\"person {status}\" id=\"person-{}\">\n<div class=\"who\">\n<h2>{}</h2>\n\
             <p><span class=\"badge\">{badge}</span></p>\n",
            person.person_id,
            Text(&name(person)),
        ));
        let also = [
            person.name.as_ref().and(person.user_id.as_ref()).map(|user| format!("user {user}")),
            person.invitation_email.as_ref().map(|address| format!("invited: {address}")),
        ];
        for line in also.into_iter().flatten() {
            self.add(format_args!("<p>{}</p>\n", Text(&line)));
        }
        let (faces, photos) =
            (counted(u64::from(person.faces), "face"), counted(u64::from(person.photos), "photo"));
        self.add(format_args!("<p>{faces} in {photos}</p>\n"));
        if person.faces > 0 {
            let (least, most) = (person.min_quality, person.max_quality);
            self.add(format_args!("<p>scores {least:.2} to {most:.2}</p>\n"));
        }
        self.add(format_args!("<p class=\"id\">{}</p>\n</div>\n", person.person_id));
    }

    fn face(&mut self, face: &StoredFace, name: &str, row: &Row<'_>) {
        let first = row.representative == Some(face.face_id);
        let class = if first { " class=\"representative\"" } else { "" };
        let mut title =
            format!("{}\nscore {:.3}, {:.0} pixels", face.photo_id, face.score, face.quality.size);
        if face.confirmed {
            title += "\nconfirmed";
        }
        if first {
            title += "\nstands for the person";
        }
        let (title, photo) = (Text(&title), Text(&face.photo_id));
        self.add(format_args!("<figure{class} title=\"{title}\">"));
        match row.pictures.get(face.face_id) {
            Some(jpeg) => self.add(format_args!(
                "<img src=\"data:image/jpeg;base64,{}\" alt=\"{} in {photo}\" width=\"112\" height=\"112\">",
                Base64(jpeg),
                Text(name),
            )),
            None => self.add(format_args!("<span class=\"gone\">no picture</span>")),
        }
        self.add(format_args!("<figcaption>{photo}</figcaption></figure>\n"));
    }

    fn add(&mut self, text: fmt::Arguments<'_>) {
        // Writing to a string cannot fail.
        let _ = self.0.write_fmt(text);
    }
}

/// What a person is called.
fn name(person: &Person) -> String {
    let name = person.name.as_ref().or(person.user_id.as_ref()).cloned();
    name.unwrap_or_else(|| format!("Person {}", person.label))
}

/// `1 face`, `2 faces`.
fn counted(count: u64, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// Text as it stands in an element or an attribute in double quotes.
struct Text<'a>(&'a str);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                '\n' | '\t' => f.write_char(c)?,
                // HTML has no way to write the others.
                c if c.is_control() => f.write_char(char::REPLACEMENT_CHARACTER)?,
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

/// Bytes by RFC 4648, section 4.
struct Base64<'a>(&'a [u8]);

impl fmt::Display for Base64<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        for three in self.0.chunks(3) {
            let byte = |i: usize| u32::from(three.get(i).copied().unwrap_or(0));
            let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
            for digit in 0..4 {
                match digit <= three.len() {
                    true => f.write_char(char::from(DIGITS[(bits >> (18 - 6 * digit)) as usize & 63]))?,
                    false => f.write_char('=')?,
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_leave_its_place() {
        let text = "<b title=\"x\">O'Neil & Söhne</b>\u{0}\u{1b}\n";
        let expected = "&lt;b title=&quot;x&quot;&gt;O&#39;Neil &amp; Söhne&lt;/b&gt;\u{fffd}\u{fffd}\n";
        assert_eq!(Text(text).to_string(), expected);
    }

    #[test]
    fn bytes_are_written_as_the_standard_says() {
        let examples = [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
        ];
        for (plain, expected) in examples {
            assert_eq!(Base64(plain.as_bytes()).to_string(), expected);
        }
        assert_eq!(Base64(&[0xfb, 0xff, 0xfe]).to_string(), "+//+");
    }
}
