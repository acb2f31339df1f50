//! `sonic people show`: everybody, or somebody with all faces.

use super::{PersonTable, find};
use crate::faces::FaceTable;
use crate::output::Output;
use crate::{Common, Failure, Outcome, name};
use sonic::faces::check_events;
use sonic::lines::{PersonLine, WholePersonLine};
use sonic::{Access, Error, ErrorKind, Store};

/// Show the people of an event, or a person with all faces.
#[derive(Debug, clap::Args)]
pub(crate) struct Show {
    #[command(flatten)]
    pub(crate) common: Common,
    /// The event [default: all].
    #[arg(long, value_name = "NAME", value_parser = name)]
    event: Option<String>,
    /// A person, by id, or by label in the event.
    #[arg(value_name = "PERSON")]
    person: Option<u64>,
}

impl Show {
    pub(crate) fn run(&self, output: &mut Output) -> Result<Outcome, Failure> {
        let store = self.common.open(Access::ReadOnly)?;
        match self.person {
            Some(number) => self.one(&store, number, output)?,
            None => self.all(&store, output)?,
        }
        Ok(Outcome::AllFine)
    }

    fn one(&self, store: &Store, number: u64, output: &mut Output) -> Result<(), Failure> {
        let (people, id) = find(store, self.event.as_deref(), number)?;
        let missing = || Error::new(ErrorKind::NotFound, format!("there is no person {id} in this event"));
        let person = people.get(id)?.ok_or_else(missing)?;
        let faces = people.faces_of(id)?;
        match output.is_json() {
            true => output.object(&WholePersonLine::new(&person, &faces))?,
            false => {
                PersonTable::new(std::slice::from_ref(&person), output)?.row(&person, output)?;
                let table = FaceTable::new(&faces, output)?;
                faces.iter().try_for_each(|face| table.row(face, output))?;
            }
        }
        Ok(())
    }

    fn all(&self, store: &Store, output: &mut Output) -> Result<(), Failure> {
        let events: Vec<String> = match &self.event {
            Some(event) => {
                check_events(store, std::slice::from_ref(event))?;
                vec![event.clone()]
            }
            None => store.faces().events()?.into_iter().map(|event| event.name).collect(),
        };
        for event in events {
            let everybody = store.people(&event).list()?;
            if output.is_json() {
                everybody.iter().try_for_each(|person| output.object(&PersonLine::from(person)))?;
                continue;
            }
            output.line(format_args!("{event}:"))?;
            let table = PersonTable::new(&everybody, output)?;
            everybody.iter().try_for_each(|person| table.row(person, output))?;
        }
        Ok(())
    }
}
