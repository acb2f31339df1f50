//! `sonic faces list`: the faces of a store.

use super::FaceTable;
use crate::output::Output;
use crate::{Common, Failure, Outcome, name};
use sonic::Access;
use sonic::faces::{Faces, StoredFace, check_events};
use sonic::lines::FaceLine;
use sonic::store::Cursor;

/// Faces read at once.
const PAGE: usize = 1000;

/// List the faces of a store, in the order in which they were added.
#[derive(Debug, clap::Args)]
pub(crate) struct List {
    #[command(flatten)]
    pub(crate) common: Common,
    /// The event [default: all].
    #[arg(long, value_name = "NAME", value_parser = name)]
    event: Option<String>,
    /// The photo of the event.
    #[arg(long, value_name = "ID", requires = "event")]
    photo: Option<String>,
}

impl List {
    pub(crate) fn run(&self, output: &mut Output) -> Result<Outcome, Failure> {
        let store = self.common.open(Access::ReadOnly)?;
        let faces = store.faces();
        match (&self.event, &self.photo) {
            (Some(event), Some(photo)) => report(&faces.faces_of(event, photo)?, output)?,
            (Some(event), None) => {
                check_events(&store, std::slice::from_ref(event))?;
                each_page(&faces, event, output)?;
            }
            (None, _) => {
                for event in faces.events()? {
                    each_page(&faces, &event.name, output)?;
                }
            }
        }
        Ok(Outcome::AllFine)
    }
}

fn each_page(faces: &Faces, event: &str, output: &mut Output) -> sonic::Result<()> {
    if !output.is_json() {
        output.line(format_args!("{event}:"))?;
    }
    let mut after = Some(Cursor::default());
    while let Some(place) = after.filter(|_| !output.is_closed()) {
        let page = faces.page(event, place, PAGE)?;
        report(&page.faces, output)?;
        after = page.next;
    }
    Ok(())
}

fn report(faces: &[StoredFace], output: &mut Output) -> sonic::Result<()> {
    if output.is_json() {
        return faces.iter().try_for_each(|face| output.object(&FaceLine::from(face)));
    }
    let table = FaceTable::new(faces, output)?;
    faces.iter().try_for_each(|face| table.row(face, output))
}
