//! What is decided about people: `merge`, `split`, `link`, `rename`, `ignore`.

use super::{PersonTable, find};
use crate::output::Output;
use crate::{Common, Failure, Outcome, name};
use sonic::Access;
use sonic::faces::FaceId;
use sonic::lines::{MergedLine, PersonLine};
use sonic::people::{MergedPeople, People, Person, PersonId};

/// Who is meant.
#[derive(Debug, clap::Args)]
struct Whom {
    /// The event; needed where people are named by label.
    #[arg(long, value_name = "NAME", value_parser = name)]
    event: Option<String>,
    /// A person, by id, or by label in the event.
    #[arg(value_name = "PERSON")]
    person: u64,
}

impl Whom {
    fn find(&self, common: &Common) -> Result<(People, PersonId), Failure> {
        find(&common.open(Access::ReadWrite)?, self.event.as_deref(), self.person)
    }
}

/// Say that two people are one: the faces of the first are those of the second from now on.
#[derive(Debug, clap::Args)]
pub(crate) struct Merge {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(flatten)]
    from: Whom,
    /// Who the person really is, by id or label.
    #[arg(value_name = "INTO")]
    into: u64,
}

/// Say that some faces of a person are somebody else, who becomes a person of the event.
#[derive(Debug, clap::Args)]
pub(crate) struct Split {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(flatten)]
    whom: Whom,
    /// Ids of the faces.
    #[arg(required = true, value_name = "FACE")]
    faces: Vec<u64>,
}

/// Say which user a person is.
#[derive(Debug, clap::Args)]
pub(crate) struct Link {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(flatten)]
    whom: Whom,
    /// Id of the user.
    #[arg(value_name = "USER", value_parser = name)]
    user: String,
}

/// Give a person a name; without one, take it away.
#[derive(Debug, clap::Args)]
pub(crate) struct Rename {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(flatten)]
    whom: Whom,
    /// The name.
    #[arg(value_name = "NAME", value_parser = name)]
    name: Option<String>,
}

/// Say that nobody wants to know who a person is.
#[derive(Debug, clap::Args)]
pub(crate) struct Ignore {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(flatten)]
    whom: Whom,
    /// Take it back.
    #[arg(long)]
    undo: bool,
}

impl Merge {
    pub(crate) fn run(&self, output: &mut Output) -> Result<Outcome, Failure> {
        let store = self.common.open(Access::ReadWrite)?;
        let event = self.from.event.as_deref();
        let (people, from) = find(&store, event, self.from.person)?;
        let (_, into) = find(&store, event, self.into)?;
        let merged = people.merge(from, into)?;
        if output.is_json() {
            output.object(&MergedLine::from(&merged))?;
            return Ok(Outcome::AllFine);
        }
        let MergedPeople { person, unassigned, .. } = merged;
        show(&person, output)?;
        for face in unassigned {
            output.line(format_args!(
                "face {face} is unassigned: another of its photo is more like the person"
            ))?;
        }
        Ok(Outcome::AllFine)
    }
}

impl Split {
    pub(crate) fn run(&self, output: &mut Output) -> Result<Outcome, Failure> {
        let (people, person) = self.whom.find(&self.common)?;
        let faces: Vec<FaceId> = self.faces.iter().copied().map(FaceId).collect();
        show(&people.split(person, &faces)?, output)
    }
}

impl Link {
    pub(crate) fn run(&self, output: &mut Output) -> Result<Outcome, Failure> {
        let (people, person) = self.whom.find(&self.common)?;
        show(&people.link(person, &self.user)?, output)
    }
}

impl Rename {
    pub(crate) fn run(&self, output: &mut Output) -> Result<Outcome, Failure> {
        let (people, person) = self.whom.find(&self.common)?;
        show(&people.rename(person, self.name.as_deref())?, output)
    }
}

impl Ignore {
    pub(crate) fn run(&self, output: &mut Output) -> Result<Outcome, Failure> {
        let (people, person) = self.whom.find(&self.common)?;
        let person = if self.undo { people.unignore(person)? } else { people.ignore(person)? };
        show(&person, output)
    }
}

/// The person as it is now.
fn show(person: &Person, output: &mut Output) -> Result<Outcome, Failure> {
    match output.is_json() {
        true => output.object(&PersonLine::from(person))?,
        false => PersonTable::new(std::slice::from_ref(person), output)?.row(person, output)?,
    }
    Ok(Outcome::AllFine)
}
