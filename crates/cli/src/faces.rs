//! `sonic faces`: whose face is this?

mod add;
mod list;
mod search;

use crate::output::Output;
use crate::{Failure, Outcome};
use sonic::faces::{FaceAnalyzer, FaceAnalyzerOptions, StoredFace};
use sonic::vision::DecodeOptions;

/// Add photos with the faces that are seen in them, and find faces that look alike.
#[derive(Debug, clap::Args)]
pub(crate) struct Faces {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Add(add::Add),
    Search(search::Search),
    List(list::List),
}

impl Faces {
    /// True if answers are JSON lines.
    pub(crate) fn json(&self) -> bool {
        match &self.command {
            Command::Add(add) => add.common.json,
            Command::Search(search) => search.common.json,
            Command::List(list) => list.common.json,
        }
    }

    pub(crate) fn run(&self, output: &mut Output) -> Result<Outcome, Failure> {
        match &self.command {
            Command::Add(add) => add.run(output),
            Command::Search(search) => search.run(output),
            Command::List(list) => list.run(output),
        }
    }
}

/// What finds faces and turns them into embeddings.
#[derive(Debug, clap::Args)]
struct Models {
    /// What finds faces: yunet, the id of another model, or the path of a manifest or ONNX file.
    #[arg(long, value_name = "MODEL", default_value = "yunet")]
    detector: String,
    /// What makes the embeddings: sface, the id of another model, or the path of a manifest or ONNX file. A store has
    /// embeddings of one model.
    #[arg(long, value_name = "MODEL", default_value = "sface")]
    embedder: String,
    /// Side in pixels of the square that a picture is fitted into to look for faces, a multiple of 32 [default: 128,
    /// 640 and what the picture's size asks for].
    #[arg(long, value_name = "N")]
    det_size: Option<u32>,
    /// Most pixels of a picture, width times height.
    #[arg(long, value_name = "N", default_value_t = DecodeOptions::default().max_pixels)]
    max_pixels: u64,
}

impl Models {
    fn load(&self) -> sonic::Result<FaceAnalyzer> {
        let (detector, embedder) =
            (sonic::models::resolve(&self.detector)?, sonic::models::resolve(&self.embedder)?);
        let options = FaceAnalyzerOptions { det_size: self.det_size, ..FaceAnalyzerOptions::default() };
        FaceAnalyzer::load(&detector, &embedder, &options)
    }

    /// What decoding a picture may cost.
    fn decode(&self) -> DecodeOptions {
        DecodeOptions::within(self.max_pixels)
    }
}

/// Rows of faces for people.
pub(crate) struct FaceTable {
    photo: usize,
}

impl FaceTable {
    /// Writes the heading.
    pub(crate) fn new(faces: &[StoredFace], output: &mut Output) -> sonic::Result<Self> {
        let photo = faces.iter().map(|f| f.photo_id.chars().count()).max().unwrap_or(0).clamp(5, 48);
        let (face, name, person) = ("FACE", "PHOTO", "PERSON");
        output
            .line(format_args!("{face:>12}  {name:photo$}  {person:>12}  {:>5}  {:>6}", "SCORE", "PIXELS"))?;
        Ok(Self { photo })
    }

    pub(crate) fn row(&self, face: &StoredFace, output: &mut Output) -> sonic::Result<()> {
        let person = face.person_id.map_or_else(|| "-".to_owned(), |person| person.to_string());
        output.line(format_args!(
            "{:>12}  {:width$}  {person:>12}  {:>5.3}  {:>6.0}",
            face.face_id.0,
            face.photo_id,
            face.score,
            face.quality.size,
            width = self.photo,
        ))
    }
}
