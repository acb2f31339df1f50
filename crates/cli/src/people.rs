//! `sonic people`: who is seen in the photos of an event?

mod cluster;
mod decide;
mod forget;
mod report;
mod show;

use crate::output::Output;
use crate::{Failure, Outcome};
use sonic::people::{People as PeopleOfEvent, Person, PersonId};
use sonic::{Error, ErrorKind, Store};

/// Find out who is seen in the photos of an event, and correct what was found.
#[derive(Debug, clap::Args)]
pub(crate) struct People {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Cluster(cluster::Cluster),
    Show(show::Show),
    Merge(decide::Merge),
    Split(decide::Split),
    Link(decide::Link),
    Rename(decide::Rename),
    Ignore(decide::Ignore),
    Forget(forget::Forget),
    Report(report::Report),
}

impl People {
    /// True if answers are JSON lines.
    pub(crate) fn json(&self) -> bool {
        match &self.command {
            Command::Cluster(cluster) => cluster.common.json,
            Command::Show(show) => show.common.json,
            Command::Merge(merge) => merge.common.json,
            Command::Split(split) => split.common.json,
            Command::Link(link) => link.common.json,
            Command::Rename(rename) => rename.common.json,
            Command::Ignore(ignore) => ignore.common.json,
            Command::Forget(forget) => forget.common.json,
            Command::Report(report) => report.common.json,
        }
    }

    pub(crate) fn run(&self, output: &mut Output) -> Result<Outcome, Failure> {
        match &self.command {
            Command::Cluster(cluster) => cluster.run(output),
            Command::Show(show) => show.run(output),
            Command::Merge(merge) => merge.run(output),
            Command::Split(split) => split.run(output),
            Command::Link(link) => link.run(output),
            Command::Rename(rename) => rename.run(output),
            Command::Ignore(ignore) => ignore.run(output),
            Command::Forget(forget) => forget.run(output),
            Command::Report(report) => report.run(output),
        }
    }
}

/// The event that a person belongs to, and the person. A number below 2^32 is no id: it is the person's label in the
/// event.
fn find(store: &Store, event: Option<&str>, number: u64) -> Result<(PeopleOfEvent, PersonId), Failure> {
    let Ok(label) = u32::try_from(number) else { return of_id(store, event, PersonId(number)) };
    let Some(event) = event else {
        let message =
            format!("{label} is the label of a person in an event: give --event too, or the person's id");
        return Err(Failure::Usage(message));
    };
    let people = store.people(event);
    let labelled = people.list()?.into_iter().find(|person| person.label == label);
    let missing =
        || Error::new(ErrorKind::NotFound, format!("there is no person {label} in the event {event:?}"));
    let id = labelled.ok_or_else(missing)?.person_id;
    Ok((people, id))
}

fn of_id(store: &Store, event: Option<&str>, id: PersonId) -> Result<(PeopleOfEvent, PersonId), Failure> {
    if let Some(event) = event {
        return Ok((store.people(event), id));
    }
    let missing = || Error::new(ErrorKind::NotFound, format!("there is no person {id} in the store"));
    let person = store.person(id)?.ok_or_else(missing)?;
    Ok((store.people(&person.event), id))
}

/// Rows of people for people.
struct PersonTable {
    name: usize,
}

impl PersonTable {
    /// Writes the heading.
    fn new(people: &[Person], output: &mut Output) -> sonic::Result<Self> {
        let name = people.iter().map(|p| called(p).chars().count()).max().unwrap_or(0).clamp(6, 32);
        let (label, person, id) = ("LABEL", "PERSON", "ID");
        output.line(format_args!(
            "{label:>5}  {person:name$}  {:>5}  {:>6}  STATUS    {id:>12}",
            "FACES", "PHOTOS"
        ))?;
        Ok(Self { name })
    }

    fn row(&self, person: &Person, output: &mut Output) -> sonic::Result<()> {
        output.line(format_args!(
            "{:>5}  {:width$}  {:>5}  {:>6}  {:8}  {:>12}",
            person.label,
            called(person),
            person.faces,
            person.photos,
            person.status.name(),
            person.person_id.0,
            width = self.name,
        ))
    }
}

/// The name of a person, else the user, else nothing.
fn called(person: &Person) -> &str {
    person.name.as_deref().or(person.user_id.as_deref()).unwrap_or("-")
}
