//! `sonic people forget`: faces that are not to be known any more.

use super::find;
use crate::output::{Output, plural};
use crate::{Common, Failure, Outcome, name};
use sonic::Access;
use sonic::faces::ForgottenFaces;
use sonic::lines::ForgottenFacesLine;

/// Forget a user's face everywhere or in an event, a person with all faces, or an event with all photos.
///
/// They are not found any more at once; `compact` takes their bytes out of the file. Photos stay, unless their event
/// goes. The voice of a user is another matter: see `sonic voice forget`.
#[derive(Debug, clap::Args)]
pub(crate) struct Forget {
    #[command(flatten)]
    pub(crate) common: Common,
    /// The user: the people who were linked to it, with their faces.
    #[arg(long, value_name = "ID", value_parser = name, required_unless_present_any = ["person", "event"])]
    user: Option<String>,
    /// The person, by id, or by label in the event.
    #[arg(long, value_name = "PERSON", conflicts_with = "user")]
    person: Option<u64>,
    /// The event; alone, all of it is forgotten.
    #[arg(long, value_name = "NAME", value_parser = name)]
    event: Option<String>,
}

impl Forget {
    pub(crate) fn run(&self, output: &mut Output) -> Result<Outcome, Failure> {
        let store = self.common.open(Access::ReadWrite)?;
        let forgotten = match (&self.user, self.person, &self.event) {
            (Some(user), _, Some(event)) => store.people(event).forget_user(user)?,
            (Some(user), _, None) => store.faces().forget_user(user)?,
            (None, Some(person), event) => {
                let (people, person) = find(&store, event.as_deref(), person)?;
                people.forget_person(person)?
            }
            (None, None, Some(event)) => store.faces().remove_event(event)?,
            (None, None, None) => {
                return Err(Failure::Usage("say whom to forget: --user, --person or --event".into()));
            }
        };
        let ForgottenFaces { faces, people, tags, photos, .. } = forgotten;
        if output.is_json() {
            output.object(&ForgottenFacesLine::from(forgotten))?;
            return Ok(Outcome::AllFine);
        }
        let (faces, tags) = (plural(faces, "face"), plural(tags, "tag"));
        let people = if people == 1 { "1 person".into() } else { format!("{people} people") };
        let photos = plural(photos, "photo");
        match self.user {
            Some(_) => output
                .line(format_args!("forgot {people} with {faces} and {tags}, and who brought {photos}"))?,
            None => output.line(format_args!("forgot {people} with {faces}, {tags} and {photos}"))?,
        }
        Ok(Outcome::AllFine)
    }
}
