//! `sonic faces search`: where else is somebody seen?

use super::Models;
use crate::output::{Output, problem, said};
use crate::{Common, Failure, Outcome, name};
use sonic::Access;
use sonic::faces::{self, FaceSearchOptions, FoundFaces, SimilarFace};
use sonic::lines::FoundFacesLine;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

/// Find the faces of a store that look like those of pictures.
#[derive(Debug, clap::Args)]
pub(crate) struct Search {
    #[command(flatten)]
    pub(crate) common: Common,
    /// The event to search; may be given more than once [default: all].
    #[arg(long, value_name = "NAME", value_parser = name)]
    event: Vec<String>,
    /// Faces reported for a face at most.
    #[arg(long, value_name = "N", default_value = "10")]
    limit: NonZeroUsize,
    /// Least likeness, the cosine of two embeddings.
    #[arg(long, value_name = "COSINE", default_value_t = FaceSearchOptions::default().threshold,
          allow_negative_numbers = true, value_parser = cosine)]
    threshold: f32,
    #[command(flatten)]
    models: Models,
    /// Pictures.
    #[arg(required = true, value_name = "IMAGE")]
    images: Vec<PathBuf>,
}

impl Search {
    pub(crate) fn run(&self, output: &mut Output) -> Result<Outcome, Failure> {
        let analyzer = self.models.load()?;
        let store = self.common.open(Access::ReadOnly)?;
        let options = FaceSearchOptions {
            events: self.event.clone(),
            limit: self.limit.get(),
            threshold: self.threshold,
            ..FaceSearchOptions::default()
        };
        // An event that is not there is not the pictures' fault.
        faces::check_events(&store, &self.event)?;
        let mut outcome = Outcome::AllFine;
        for image in &self.images {
            let answer = faces::search_within(&store, &analyzer, image, &options, &self.models.decode());
            if answer.is_err() {
                outcome = Outcome::SomeFailed;
            }
            match output.is_json() {
                true => output.object(&line(image, &answer))?,
                false => show(image, &answer, output)?,
            }
            if output.is_closed() {
                break;
            }
        }
        Ok(outcome)
    }
}

fn line<'a>(image: &Path, answer: &'a sonic::Result<FoundFaces>) -> FoundFacesLine<'a> {
    FoundFacesLine::new(image.to_string_lossy().into_owned(), answer.as_ref().map_err(problem))
}

fn show(image: &Path, answer: &sonic::Result<FoundFaces>, output: &mut Output) -> sonic::Result<()> {
    let name = image.display();
    let found = match answer {
        Err(error) => return output.line(format_args!("{name}: failed: {}", said(error))),
        Ok(found) => found,
    };
    if found.faces.is_empty() {
        return output.line(format_args!("{name}: no face"));
    }
    for (number, (face, matches)) in found.faces.iter().enumerate() {
        let [left, top, right, bottom] = face.bbox;
        let like = if matches.is_empty() { "like no other" } else { "looks like" };
        output.line(format_args!(
            "{name}: face {} at {left:.0},{top:.0} to {right:.0},{bottom:.0} {like}",
            number + 1
        ))?;
        for SimilarFace { face, similarity, .. } in matches {
            let person = face.person_id.map_or_else(|| "unassigned".to_owned(), |p| format!("person {p}"));
            let (event, photo) = (&face.event, &face.photo_id);
            output.line(format_args!(
                "  {similarity:>6.3}  {photo} of {event} (face {}, {person})",
                face.face_id
            ))?;
        }
    }
    Ok(())
}

fn cosine(text: &str) -> Result<f32, String> {
    match text.parse::<f32>() {
        Ok(value) if (-1.0..=1.0).contains(&value) => Ok(value),
        _ => Err("a cosine is -1 to 1".to_owned()),
    }
}
