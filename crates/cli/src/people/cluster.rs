//! `sonic people cluster`: faces become people.

use super::PersonTable;
use crate::add::{go_on, interruption};
use crate::output::{Output, plural};
use crate::{Common, Failure, Outcome, name};
use clap::ValueEnum;
use sonic::lines::ClusterLine;
use sonic::people::{ClusterMode, ClusterOptions, ClusterReport, People};
use sonic::{Access, ErrorKind};
use std::sync::atomic::Ordering;

/// Find out who is seen in the photos of an event.
///
/// It can be repeated as photos come: people keep their ids, and what was decided about them stays.
#[derive(Debug, clap::Args)]
pub(crate) struct Cluster {
    #[command(flatten)]
    pub(crate) common: Common,
    /// The event.
    #[arg(long, value_name = "NAME", value_parser = name)]
    event: String,
    /// How clusters are found, with the numbers that belong to it.
    #[arg(long, value_name = "METHOD", value_enum, default_value_t = Method::Hdbscan)]
    method: Method,
    /// Move only the unassigned faces; `full` moves all but those that were decided [default: full with hdbscan,
    /// incremental with dbscan].
    #[arg(long, value_name = "MODE", value_enum)]
    mode: Option<Mode>,
    /// Distance, 1 less the cosine: within it dbscan takes faces for neighbours, and hdbscan does not part clusters.
    #[arg(long, value_name = "DISTANCE")]
    epsilon: Option<f64>,
    /// Fewest faces that hdbscan takes for a cluster.
    #[arg(long, value_name = "N")]
    min_cluster_size: Option<usize>,
    /// Faces near a face, itself included, within which its density is taken.
    #[arg(long, value_name = "N")]
    min_samples: Option<usize>,
    /// Cosine from which on a face is of a person who is there.
    #[arg(long, value_name = "COSINE", allow_negative_numbers = true)]
    assign_similarity: Option<f32>,
    /// Score of detection from which on a face takes part.
    #[arg(long, value_name = "SCORE")]
    min_quality: Option<f32>,
    /// Shorter side of the box in pixels from which on a face takes part.
    #[arg(long, value_name = "PIXELS")]
    min_size: Option<f32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Method {
    /// HDBSCAN: clusters of any density.
    Hdbscan,
    /// DBSCAN: clusters of one density.
    Dbscan,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Mode {
    Full,
    Incremental,
}

impl Cluster {
    pub(crate) fn run(&self, output: &mut Output) -> Result<Outcome, Failure> {
        let people = self.common.open(Access::ReadWrite)?.people(&self.event);
        let interrupted = interruption();
        let report =
            people.cluster_with(&self.options(), &mut |_| go_on(!interrupted.load(Ordering::Relaxed)));
        match report {
            Err(e) if e.kind() == ErrorKind::Closed && interrupted.load(Ordering::Relaxed) => {
                return Ok(Outcome::Interrupted);
            }
            Ok(report) if output.is_json() => output.object(&ClusterLine::from(&report))?,
            report => show(&report?, &people, output)?,
        }
        Ok(Outcome::AllFine)
    }

    fn options(&self) -> ClusterOptions {
        let base = match self.method {
            Method::Hdbscan => ClusterOptions::default(),
            Method::Dbscan => ClusterOptions::dbscan(),
        };
        ClusterOptions {
            mode: match self.mode {
                Some(Mode::Full) => ClusterMode::Full,
                Some(Mode::Incremental) => ClusterMode::Incremental,
                None => base.mode,
            },
            epsilon: self.epsilon.unwrap_or(base.epsilon),
            min_cluster_size: self.min_cluster_size.unwrap_or(base.min_cluster_size),
            min_samples: self.min_samples.unwrap_or(base.min_samples),
            assign_similarity: self.assign_similarity.unwrap_or(base.assign_similarity),
            min_quality: self.min_quality.unwrap_or(base.min_quality),
            min_size: self.min_size.unwrap_or(base.min_size),
            ..base
        }
    }
}

fn show(report: &ClusterReport, people: &People, output: &mut Output) -> Result<(), Failure> {
    let everybody = people.list()?;
    let table = PersonTable::new(&everybody, output)?;
    everybody.iter().try_for_each(|person| table.row(person, output))?;
    output.line(format_args!(
        "{} of {}: {} new, {} there before; {} unassigned; in {:.1} s",
        plural(u64::from(report.total_faces), "face"),
        plural(report.clusters.len() as u64, "cluster"),
        report.new_clusters_created,
        report.preserved_clusters,
        plural(u64::from(report.unassigned_faces), "face"),
        report.elapsed_ms / 1e3,
    ))?;
    Ok(())
}
