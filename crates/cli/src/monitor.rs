//! `sonic monitor`: what plays on a stream.

use crate::output::{self, Output, clock};
use crate::{Common, Failure, Outcome};
use sonic::recordings::{self, Airing, MonitorOptions};
use sonic::{Access, Error, Source};
use std::path::PathBuf;

/// Say what plays on a stream, from when to when: a line for each recording as it ends.
#[derive(Debug, clap::Args)]
pub(crate) struct Monitor {
    #[command(flatten)]
    pub(crate) common: Common,
    /// Leave out the recording with this id; may be repeated.
    #[arg(long, value_name = "ID")]
    exclude: Vec<String>,
    /// The sound track to take, from 0 on [default: the one that the file calls its default].
    #[arg(long, value_name = "N")]
    track: Option<u32>,
    /// A sound file, or - for standard input, which is read as it comes and need not end.
    #[arg(value_name = "SOURCE")]
    source: PathBuf,
}

impl Monitor {
    pub(crate) fn run(&self, output: &mut Output) -> Result<Outcome, Failure> {
        let store = self.common.open(Access::ReadOnly)?;
        let is_input = self.source.as_os_str() == "-";
        let source = if is_input { Source::reader(std::io::stdin()) } else { Source::from(&self.source) };
        let options = MonitorOptions { exclude: self.exclude.clone(), ..MonitorOptions::default() };
        let name = if is_input { "standard input".into() } else { self.source.to_string_lossy() };
        let named = |e: Error| e.context(&name);
        let mut airings =
            recordings::monitor(&store, source.with_track(self.track), &options).map_err(named)?;
        for airing in &mut airings {
            let airing = airing.map_err(named)?;
            if airing.ended {
                write(output, &airing)?;
            }
            if output.is_closed() {
                return Ok(Outcome::AllFine);
            }
        }
        if airings.damaged_ms() > 0 {
            let damaged = clock(airings.damaged_ms() as i64, 3);
            output::complain(format_args!("note: {name} is damaged: {damaged} of it is missing"));
        }
        if airings.truncated() {
            output::complain(format_args!("note: {name} ends early"));
        }
        Ok(Outcome::AllFine)
    }
}

fn write(output: &mut Output, airing: &Airing) -> sonic::Result<()> {
    if output.is_json() {
        return output.object(airing);
    }
    let Airing { start_ms, end_ms, offset_ms, .. } = *airing;
    output.line(format_args!(
        "{:>12}  {:>12}  {:24}  {:>9}  {:>5.1} %  {:>+4.1} %  {:>+6.2}",
        clock(start_ms as i64, 1),
        clock(end_ms as i64, 1),
        airing.id,
        clock(offset_ms as i64, 1),
        100.0 * airing.probability,
        100.0 * (airing.time_scale - 1.0),
        airing.pitch_semitones
    ))
}
