//! The page: text, and nothing that it does not carry itself.

use super::Summary;
use crate::faces::{Crops, FaceId, StoredFace};
use crate::people::{Person, PersonStatus};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, Render, html};

const STYLE: &str = include_str!("style.css");
const POLICY: &str = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";

/// A row of the page; of the unassigned faces if there is no person.
pub(super) struct Row<'a> {
    pub(super) person: Option<&'a Person>,
    pub(super) representative: Option<FaceId>,
    pub(super) faces: Vec<StoredFace>,
    pub(super) pictures: Crops,
    /// Faces that are not shown.
    pub(super) hidden: usize,
}

/// The whole page around its rows.
pub(super) fn page(summary: &Summary<'_>, date: Option<&str>, rows: &[Markup]) -> String {
    let name = Text(&summary.event.name);
    let page = html! {
        (DOCTYPE) "\n"
        html lang="en" { "\n"
            head { "\n"
                meta charset="utf-8"; "\n"
                meta name="viewport" content="width=device-width, initial-scale=1"; "\n"
                meta http-equiv="Content-Security-Policy" content=(PreEscaped(POLICY)); "\n"
                title { "People of " (name) } "\n"
                style { "\n" (PreEscaped(STYLE)) } "\n"
            } "\n"
            body { "\n"
                header { "\n" h1 { (name) } "\n" (counts(summary, date)) } "\n"
                main { "\n"
                    @if summary.event.faces == 0 {
                        p.empty { "No face was found in the photos of this event." } "\n"
                    }
                    @for row in rows { (row) }
                } "\n"
            } "\n"
        } "\n"
    };
    page.into_string()
}

fn counts(summary: &Summary<'_>, date: Option<&str>) -> Markup {
    let Summary { event, people, unassigned } = summary;
    let counts = [
        (event.photos, "photo", "photos"),
        (event.faces, "face", "faces"),
        (*people as u64, "person", "people"),
        (*unassigned, "unassigned face", "unassigned faces"),
    ];
    html! {
        ul.summary { "\n"
            @for (count, one, many) in counts {
                li { b { (count) } " " (if count == 1 { one } else { many }) } "\n"
            }
            @if event.archived { li { "archived" } "\n" }
            @if let Some(date) = date { li.date { (Text(date)) } "\n" }
        } "\n"
    }
}

pub(super) fn row(row: &Row<'_>) -> Markup {
    let status = row.person.map_or("unassigned", |person| person.status.name());
    let class = if row.person.is_some() { format!("person {status}") } else { status.to_owned() };
    let id = row.person.map(|person| format!("person-{}", person.person_id));
    let name = row.person.map_or_else(|| "unassigned".to_owned(), name);
    html! {
        section class=(class) id=[id] { "\n"
            div.who { "\n"
                @match row.person {
                    Some(person) => (heading(person)),
                    None => {
                        h2 { "Unassigned" } "\n"
                        p {
                            (counted((row.faces.len() + row.hidden) as u64, "face"))
                            ", like no other or too poor to compare."
                        } "\n"
                    }
                }
            } "\n"
            div.faces { "\n"
                @for face in &row.faces { (figure(face, &name, row)) "\n" }
                @if row.hidden > 0 { p.more { "+ " (row.hidden) " more" } "\n" }
            } "\n"
        } "\n"
    }
}

fn heading(person: &Person) -> Markup {
    let confirmed = person.confirmed && person.status == PersonStatus::Pending;
    let badge = if confirmed { "confirmed" } else { person.status.name() };
    let user = person.name.as_ref().and(person.user_id.as_ref());
    let (faces, photos) = (counted(person.faces.into(), "face"), counted(person.photos.into(), "photo"));
    html! {
        h2 { (Text(&name(person))) } "\n"
        p { span.badge { (badge) } } "\n"
        @if let Some(user) = user { p { "user " (Text(user)) } "\n" }
        @if let Some(address) = &person.invitation_email { p { "invited: " (Text(address)) } "\n" }
        p { (faces) " in " (photos) } "\n"
        @if person.faces > 0 {
            p { "scores " (format!("{:.2} to {:.2}", person.min_quality, person.max_quality)) } "\n"
        }
        p.id { (person.person_id) } "\n"
    }
}

fn figure(face: &StoredFace, name: &str, row: &Row<'_>) -> Markup {
    let first = row.representative == Some(face.face_id);
    let class = first.then_some("representative");
    let mut title = format!("{}\nscore {:.3}, {:.0} pixels", face.photo_id, face.score, face.quality.size);
    if face.confirmed {
        title += "\nconfirmed";
    }
    if first {
        title += "\nstands for the person";
    }
    html! {
        figure class=[class] title=(Text(&title)) {
            @match row.pictures.get(face.face_id) {
                Some(jpeg) => {
                    img src={ "data:image/jpeg;base64," (STANDARD.encode(jpeg)) }
                        alt={ (Text(name)) " in " (Text(&face.photo_id)) } width="112" height="112";
                }
                None => span.gone { "no picture" },
            }
            figcaption { (Text(&face.photo_id)) }
        }
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

/// Text as it stands in an element or an attribute, without the characters that HTML has no way to write.
#[derive(Clone, Copy)]
struct Text<'a>(&'a str);

impl Render for Text<'_> {
    fn render_to(&self, buffer: &mut String) {
        let writable = |c: char| !c.is_control() || matches!(c, '\n' | '\t');
        let text = self.0.chars().map(|c| if writable(c) { c } else { char::REPLACEMENT_CHARACTER });
        text.collect::<String>().render_to(buffer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_leave_its_place() {
        let text = "<b title=\"x\">O'Neil & Söhne</b>\u{0}\u{1b}\n";
        let expected = "&lt;b title=&quot;x&quot;&gt;O'Neil &amp; Söhne&lt;/b&gt;\u{fffd}\u{fffd}\n";
        assert_eq!(Text(text).render().into_string(), expected);
    }
}
