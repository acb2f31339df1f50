//! The picture of a conversation: its sound, who spoke when, and the truth.

use crate::talk::{Talk, Turn};
use std::collections::BTreeSet;
use std::fmt::Write;

const WIDTH: f64 = 1_000.0;
const LEFT: f64 = 110.0;
const PLOT: f64 = 860.0;
const TOP: f64 = 84.0;
/// Height of the waveform, and of the lane of a speaker.
const WAVE: f64 = 110.0;
const LANE: f64 = 46.0;
/// Samples per second of the sound.
const RATE: f64 = 16_000.0;
/// Columns of the waveform.
const COLUMNS: usize = 860;
const COLOURS: [&str; 6] = ["#2563eb", "#f97316", "#16a34a", "#a855f7", "#db2777", "#0891b2"];
const QUIET: &str = "#cbd5e1";
const STYLE: &str = "text{font-family:Inter,'Segoe UI',Roboto,'Helvetica Neue',Arial,'Liberation Sans',sans-serif;\
    font-size:12px;fill:#64748b}.head{font-size:19px;font-weight:600;fill:#0f172a}.line{font-size:13px;fill:#475569}\
    .name{font-size:14px;font-weight:600}.note{font-size:11px}.grid{stroke:#e8ecf1}.lane{fill:#f8fafc}\
    .truth{fill:#94a3b8}.wave{stroke-width:1;fill:none}";

/// The picture as an SVG document without anything from outside.
pub(crate) fn render(talk: &Talk) -> String {
    let labels: Vec<&String> =
        talk.found.iter().map(|turn| &turn.speaker).collect::<BTreeSet<_>>().into_iter().collect();
    let lanes = TOP + WAVE + 26.0;
    let bottom = lanes + LANE * labels.len() as f64;
    let height = bottom + 44.0;
    let axis = Axis { seconds: (talk.samples.len() as f64 / RATE).max(1.0) };
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\" \
         role=\"img\">\n<style>{STYLE}</style>\n<rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#fff\"/>\n\
         <text class=\"head\" x=\"{LEFT}\" y=\"36\">Who spoke when</text>\n\
         <text class=\"line\" x=\"{LEFT}\" y=\"60\">{:.0} s of conversation, slice by slice: turns as they were found, and in grey \
         below them the truth</text>\n",
        axis.seconds
    );
    svg += &grid(&axis, lanes, bottom);
    svg += &waveform(talk, &axis, &labels);
    for (number, label) in labels.iter().enumerate() {
        svg += &lane(talk, &axis, label, number, lanes + LANE * number as f64);
    }
    svg + "</svg>\n"
}

struct Axis {
    seconds: f64,
}

impl Axis {
    fn x(&self, ms: u64) -> f64 {
        LEFT + PLOT * ms as f64 / 1000.0 / self.seconds
    }
}

fn colour(number: usize) -> &'static str {
    COLOURS[number % COLOURS.len()]
}

/// Lines of time with their seconds.
fn grid(axis: &Axis, lanes: f64, bottom: f64) -> String {
    let mut svg = String::new();
    for second in (0..=axis.seconds as u64).step_by(5) {
        let x = axis.x(second * 1000);
        let _ = writeln!(
            svg,
            "<path class=\"grid\" d=\"M{x:.1} {TOP}V{bottom}\"/><text x=\"{x:.1}\" y=\"{}\" text-anchor=\"middle\">{second} \
             s</text>",
            bottom + 20.0
        );
    }
    let _ = writeln!(svg, "<path class=\"grid\" d=\"M{LEFT} {0}H{1}\"/>", lanes - 13.0, LEFT + PLOT);
    svg
}

/// The sound, in the colours of the speakers.
fn waveform(talk: &Talk, axis: &Axis, labels: &[&String]) -> String {
    let middle = TOP + WAVE / 2.0;
    let most = talk.samples.iter().fold(1e-3f32, |most, x| most.max(x.abs()));
    let mut paths = vec![String::new(); labels.len() + 1];
    let column = talk.samples.len().div_ceil(COLUMNS).max(1);
    for (number, samples) in talk.samples.chunks(column).enumerate() {
        let ms = ((number as f64 + 0.5) * column as f64 / RATE * 1000.0) as u64;
        let speaks =
            |label: &&String| talk.found.iter().any(|turn| turn.speaker == **label && holds(turn, ms));
        let path = labels.iter().position(speaks).unwrap_or(labels.len());
        let peak = samples.iter().fold(0.0f32, |peak, x| peak.max(x.abs()));
        let half = (f64::from(peak / most) * WAVE / 2.0).max(0.5);
        let _ = write!(paths[path], "M{:.1} {:.1}V{:.1}", axis.x(ms), middle - half, middle + half);
    }
    let mut svg =
        format!("<text x=\"{}\" y=\"{}\" text-anchor=\"end\">sound</text>\n", LEFT - 14.0, middle + 4.0);
    for (number, path) in paths.iter().enumerate().filter(|(_, path)| !path.is_empty()) {
        let colour = if number < labels.len() { colour(number) } else { QUIET };
        let _ = writeln!(svg, "<path class=\"wave\" stroke=\"{colour}\" d=\"{path}\"/>");
    }
    svg
}

fn holds(turn: &Turn, ms: u64) -> bool {
    (turn.start_ms..turn.end_ms).contains(&ms)
}

/// What was found of a speaker, and the truth below it.
fn lane(talk: &Talk, axis: &Axis, label: &str, number: usize, top: f64) -> String {
    let (colour, name) = (colour(number), talk.names.get(label));
    let mut svg = format!(
        "<rect class=\"lane\" x=\"{LEFT}\" y=\"{:.1}\" width=\"{PLOT}\" height=\"{:.1}\" rx=\"4\"/>\n\
         <text class=\"name\" x=\"{}\" y=\"{:.1}\" text-anchor=\"end\" style=\"fill:{colour}\">{}</text>\n",
        top + 2.0,
        LANE - 6.0,
        LEFT - 14.0,
        top + 20.0,
        escaped(label)
    );
    let note = name.filter(|name| *name != label).map(|name| format!("in truth {}", escaped(name)));
    let _ = writeln!(
        svg,
        "<text class=\"note\" x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
        LEFT - 14.0,
        top + 35.0,
        note.as_deref().unwrap_or("truth")
    );
    let mut bar = |turn: &Turn, y: f64, height: f64, style: &str| {
        let (from, to) = (axis.x(turn.start_ms), axis.x(turn.end_ms));
        let _ = writeln!(
            svg,
            "<rect {style} x=\"{from:.1}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{height}\" rx=\"3\"/>",
            (to - from).max(1.0)
        );
    };
    let found = talk.found.iter().filter(|turn| turn.speaker == label);
    found.for_each(|turn| bar(turn, top + 7.0, 18.0, &format!("fill=\"{colour}\"")));
    let truth = talk.truth.iter().filter(|turn| Some(&turn.speaker) == name);
    truth.for_each(|turn| bar(turn, top + 29.0, 6.0, "class=\"truth\""));
    svg
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
