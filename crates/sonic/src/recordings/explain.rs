//! A picture of why a clip was recognised: its landmarks over those of the recording, and the votes by offset.
//!
//! The picture is one SVG text without scripts, fonts or anything else from outside, so it opens anywhere.

mod evidence;

pub use evidence::explain;

/// The most landmarks of one kind that are drawn; of more, an even choice is.
const MAX_POINTS: usize = 5_000;
/// The most bars of the histogram; of more, neighbours share one as high as the highest.
const MAX_BARS: usize = 2_000;
/// Title lines, and characters in a line; what is beyond is left out.
const MAX_LINES: usize = 6;
const MAX_CHARACTERS: usize = 110;

/// The largest number that is drawn.
const HUGE: f32 = 1e9;

const WIDTH: f32 = 1_000.0;
const LEFT: f32 = 70.0;
const PLOT_WIDTH: f32 = 900.0;
const STYLE: &str = "text{font-family:Inter,'Segoe UI',Roboto,'Helvetica Neue',Arial,'Liberation Sans',sans-serif;\
    font-size:12px;fill:#64748b}.head{font-size:19px;font-weight:600;fill:#0f172a}.line{font-size:13px;fill:#475569}\
    .key{fill:#334155}.peak{font-size:13px;font-weight:600;fill:#c2410c}.grid{stroke:#e8ecf1;fill:none}\
    .axis{stroke:#94a3b8;fill:none}.clip{fill:#2563eb;fill-opacity:.07}\
    .reference{fill:none;stroke:#a3adba;stroke-width:1.1}.query{fill:none;stroke:#2563eb;stroke-width:1.4}\
    .matched{fill:#f97316;stroke:#fff;stroke-width:.8}.bars{stroke:#94a3b8;fill:none}.best{stroke:#f97316;fill:none}";

/// What a picture shows. Times are seconds and frequencies hertz; landmarks are (time, frequency). Whatever is not a
/// finite number or lies outside the picture is left out.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Picture {
    /// Lines above the picture, the first one large.
    pub title: Vec<String>,
    /// The clip's landmarks, already at the time and frequency where they fall in the recording.
    pub query: Vec<(f32, f32)>,
    /// The recording's landmarks around the match.
    pub reference: Vec<(f32, f32)>,
    /// Landmarks that are in both.
    pub matched: Vec<(f32, f32)>,
    /// The part of the recording that is shown, as its first and last second.
    pub span: (f32, f32),
    /// The frequencies that are shown, from the lowest to the highest.
    pub hertz: (f32, f32),
    /// Votes by offset, as (seconds, votes), in any order.
    pub histogram: Vec<(f32, f32)>,
    /// The offset that was chosen.
    pub offset: f32,
}

/// The picture as the text of an SVG document of bounded size: at most about 700 KB, whatever it is given.
pub fn render(picture: &Picture) -> String {
    let head = 62.0 + 20.0 * picture.title.len().clamp(1, MAX_LINES) as f32;
    let sky = Frame::new(head, 400.0, picture.span, picture.hertz);
    let bars = bars(&picture.histogram);
    let votes = Frame::new(sky.bottom() + 76.0, 150.0, offsets(&bars), (0.0, 1.12 * highest(&bars)));
    let height = votes.bottom() + 54.0;
    [
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" \
             height=\"{height}\" role=\"img\">\n<style>{STYLE}</style>\n\
             <rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#fff\"/>\n"
        ),
        title(&picture.title),
        legend(head - 16.0),
        constellation(picture, &sky),
        histogram(&bars, picture.offset, &votes),
        "</svg>\n".to_owned(),
    ]
    .concat()
}

/// A plot's place on the page and the values at its edges.
struct Frame {
    top: f32,
    height: f32,
    across: (f32, f32),
    up: (f32, f32),
}

impl Frame {
    fn new(top: f32, height: f32, across: (f32, f32), up: (f32, f32)) -> Self {
        Self { top, height, across: proper(across), up: proper(up) }
    }

    fn bottom(&self) -> f32 {
        self.top + self.height
    }

    fn x(&self, value: f32) -> f32 {
        LEFT + PLOT_WIDTH * (value - self.across.0) / (self.across.1 - self.across.0)
    }

    fn y(&self, value: f32) -> f32 {
        self.bottom() - self.height * (value - self.up.0) / (self.up.1 - self.up.0)
    }

    /// At most `limit` of the `points` inside the frame, on the page.
    fn place(&self, points: &[(f32, f32)], limit: usize) -> Vec<(f32, f32)> {
        let inside = |range: (f32, f32), value: f32| range.0 <= value && value <= range.1;
        let points = points.iter().filter(|(x, y)| inside(self.across, *x) && inside(self.up, *y));
        let points: Vec<_> = points.map(|&(x, y)| (self.x(x), self.y(y))).collect();
        let kept = points.len().min(limit);
        (0..kept).map(|n| points[n * points.len() / kept]).collect()
    }

    /// Grid lines, tick labels (values divided by `unit`) and the names of the axes.
    fn axes(&self, unit: f32, name_across: &str, name_up: &str) -> String {
        let (left, right, bottom) = (LEFT, LEFT + PLOT_WIDTH, self.bottom());
        let across = ticks(self.across, 10.0).into_iter().map(|(value, digits)| {
            let (x, y) = (self.x(value), bottom + 18.0);
            format!(
                "<path class=\"grid\" d=\"M{x:.1} {:.1}V{bottom:.1}\"/>\
                 <text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"middle\">{value:.digits$}</text>\n",
                self.top
            )
        });
        let up = ticks((self.up.0 / unit, self.up.1 / unit), (self.height / 50.0).max(5.0)).into_iter().map(
            |(value, digits)| {
                let (x, y) = (left - 8.0, self.y(value * unit));
                format!(
                    "<path class=\"grid\" d=\"M{left} {y:.1}H{right}\"/>\
                 <text x=\"{x}\" y=\"{:.1}\" text-anchor=\"end\">{value:.digits$}</text>\n",
                    y + 4.0
                )
            },
        );
        let (middle, turn) = (left + PLOT_WIDTH / 2.0, self.top + self.height / 2.0);
        let names = format!(
            "<path class=\"axis\" d=\"M{left} {:.1}V{bottom:.1}H{right}\"/>\n\
             <text x=\"{middle}\" y=\"{:.1}\" text-anchor=\"middle\">{name_across}</text>\n\
             <text transform=\"translate(22 {turn:.1}) rotate(-90)\" text-anchor=\"middle\">{name_up}</text>\n",
            self.top,
            bottom + 38.0
        );
        across.chain(up).chain([names]).collect()
    }
}

/// `range` if it is one, else something that can be drawn.
fn proper((low, high): (f32, f32)) -> (f32, f32) {
    let low = if low.is_finite() { low.clamp(-HUGE, HUGE) } else { 0.0 };
    let high = if high.is_finite() { high.clamp(-2.0 * HUGE, 2.0 * HUGE) } else { low + 1.0 };
    let least = 1e-3 + 1e-4 * low.abs(); // closer values would print as the same
    if high - low >= least { (low, high) } else { (low, low + least.max(1.0)) }
}

/// Round values inside `range`, about `wanted` of them, each with the number of decimals to print.
fn ticks(range: (f32, f32), wanted: f32) -> Vec<(f32, usize)> {
    let rough = (range.1 - range.0) / wanted.max(1.0);
    let power = 10f32.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().find(|m| m * power >= 0.999 * rough).unwrap_or(10.0) * power;
    let digits = (-(step * 1.001).log10().floor()).clamp(0.0, 6.0) as usize;
    let first = (range.0 / step - 1e-3).ceil() as i64;
    let last = (range.1 / step + 1e-3).floor() as i64;
    (first..=last.min(first.saturating_add(50))).map(|n| (n as f32 * step, digits)).collect()
}

fn title(lines: &[String]) -> String {
    let line = |(number, text): (usize, &String)| {
        let (class, y) = if number == 0 { ("head", 34 + 4) } else { ("line", 40 + 20 * number) };
        format!("<text class=\"{class}\" x=\"24\" y=\"{y}\">{}</text>\n", escape(text))
    };
    lines.iter().take(MAX_LINES).enumerate().map(line).collect()
}

/// `text` for use between tags: markup escaped, characters that XML forbids left out, cut to a bounded length.
fn escape(text: &str) -> String {
    let allowed = |c: &char| !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}');
    let mut characters = text.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).filter(allowed);
    let mut out = String::new();
    for c in characters.by_ref().take(MAX_CHARACTERS) {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    if characters.next().is_some() {
        out.push('…');
    }
    out
}

fn legend(y: f32) -> String {
    let text = |x: f32, words| format!("<text class=\"key\" x=\"{x}\" y=\"{:.1}\">{words}</text>\n", y + 4.0);
    [
        circles("reference", &[(LEFT + 8.0, y)], 3.2),
        text(LEFT + 18.0, "landmark of the recording"),
        crosses(&[(LEFT + 192.0, y)]),
        text(LEFT + 202.0, "landmark of the clip"),
        circles("matched", &[(LEFT + 344.0, y)], 4.0),
        text(LEFT + 354.0, "in both"),
        format!(
            "<rect class=\"clip\" x=\"{}\" y=\"{:.1}\" width=\"18\" height=\"12\"/>\n",
            LEFT + 418.0,
            y - 6.0
        ),
        text(LEFT + 442.0, "where the clip lies"),
    ]
    .concat()
}

fn constellation(picture: &Picture, frame: &Frame) -> String {
    [
        clip_band(&picture.query, frame),
        frame.axes(1_000.0, "time in the recording (s)", "frequency (kHz)"),
        circles("reference", &frame.place(&picture.reference, MAX_POINTS), 3.2),
        crosses(&frame.place(&picture.query, MAX_POINTS)),
        circles("matched", &frame.place(&picture.matched, MAX_POINTS), 4.0),
    ]
    .concat()
}

/// A tint over the part of the recording that the clip covers.
fn clip_band(query: &[(f32, f32)], frame: &Frame) -> String {
    let placed = frame.place(query, usize::MAX);
    let start = placed.iter().map(|point| point.0).fold(f32::INFINITY, f32::min);
    let end = placed.iter().map(|point| point.0).fold(f32::NEG_INFINITY, f32::max);
    if placed.is_empty() {
        return String::new();
    }
    format!(
        "<rect class=\"clip\" x=\"{start:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{}\"/>\n",
        frame.top,
        (end - start).max(1.0),
        frame.height
    )
}

fn circles(class: &str, points: &[(f32, f32)], radius: f32) -> String {
    let circle = |(x, y): &(f32, f32)| format!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius}\"/>");
    format!("<g class=\"{class}\">{}</g>\n", points.iter().map(circle).collect::<String>())
}

fn crosses(points: &[(f32, f32)]) -> String {
    let cross = |(x, y): &(f32, f32)| format!("M{:.1} {y:.1}h6M{x:.1} {:.1}v6", x - 3.0, y - 3.0);
    format!("<path class=\"query\" d=\"{}\"/>\n", points.iter().map(cross).collect::<String>())
}

/// The histogram's bars in order, few enough to draw.
fn bars(histogram: &[(f32, f32)]) -> Vec<(f32, f32)> {
    let drawable = |bar: &&(f32, f32)| bar.0.abs() <= HUGE && (0.0..=HUGE).contains(&bar.1);
    let mut bars: Vec<_> = histogram.iter().filter(drawable).copied().collect();
    bars.sort_by(|a, b| a.0.total_cmp(&b.0));
    let group = bars.len().div_ceil(MAX_BARS).max(1);
    bars.chunks(group).filter_map(|bars| bars.iter().max_by(|a, b| a.1.total_cmp(&b.1)).copied()).collect()
}

fn highest(bars: &[(f32, f32)]) -> f32 {
    bars.iter().map(|bar| bar.1).fold(1.0, f32::max)
}

/// The offsets from the first bar to the last and a little room on either side.
fn offsets(bars: &[(f32, f32)]) -> (f32, f32) {
    match (bars.first(), bars.last()) {
        (Some(first), Some(last)) => {
            let room = 0.015 * (last.0 - first.0).max(1.0);
            (first.0 - room, last.0 + room)
        }
        _ => (0.0, 1.0),
    }
}

fn histogram(bars: &[(f32, f32)], offset: f32, frame: &Frame) -> String {
    let distance = |bar: &(f32, f32)| (bar.0 - offset).abs();
    let peak =
        bars.iter().filter(|_| offset.abs() <= HUGE).min_by(|a, b| distance(a).total_cmp(&distance(b)));
    let upright =
        |bar: &(f32, f32)| format!("M{:.1} {:.1}V{:.1}", frame.x(bar.0), frame.bottom(), frame.y(bar.1));
    let width = (0.6 * PLOT_WIDTH / bars.len().max(1) as f32).clamp(1.0, 12.0);
    [
        frame.axes(1.0, "offset of the clip in the recording (s)", "votes"),
        format!(
            "<path class=\"bars\" stroke-width=\"{width:.1}\" d=\"{}\"/>\n",
            bars.iter().map(upright).collect::<String>()
        ),
        peak.map(|bar| peak_bar(bar, &upright(bar), offset, width, frame)).unwrap_or_default(),
    ]
    .concat()
}

/// The bar of the chosen offset, and its value beside it on the side with more room.
fn peak_bar(bar: &(f32, f32), upright: &str, offset: f32, width: f32, frame: &Frame) -> String {
    let left = frame.x(bar.0) > LEFT + 0.8 * PLOT_WIDTH;
    let (side, anchor) = if left { (-1.0, "end") } else { (1.0, "start") };
    let width = width.max(4.0);
    let (x, y) =
        (frame.x(bar.0) + side * (width / 2.0 + 6.0), (frame.y(bar.1) + 11.0).min(frame.bottom() - 4.0));
    format!(
        "<path class=\"best\" stroke-width=\"{width:.1}\" d=\"{upright}\"/>\n\
         <text class=\"peak\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{} at {offset:.2} s</text>\n",
        votes(bar.1)
    )
}

fn votes(count: f32) -> String {
    let digits = if count.fract() == 0.0 || count >= 100.0 { 0 } else { 1 };
    format!("{count:.digits$} vote{}", if count == 1.0 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Panics unless every tag is closed in order and nothing but tags stands outside them unescaped.
    fn assert_balanced(svg: &str) {
        let mut open = Vec::new();
        for piece in svg.split('<').skip(1) {
            let (tag, text) = piece.split_once('>').expect("a tag without an end");
            assert!(!text.contains('>') && tag.matches('"').count() % 2 == 0, "{piece}");
            let name = tag.split([' ', '/']).find(|word| !word.is_empty()).expect("a tag without a name");
            if tag.starts_with('/') {
                assert_eq!(open.pop(), Some(name));
            } else if !tag.ends_with('/') {
                open.push(name);
            }
        }
        assert!(open.is_empty() && !svg.contains("NaN") && !svg.contains("inf"), "{open:?}");
    }

    fn picture() -> Picture {
        let landmarks: Vec<_> =
            (0..300).map(|n| (30.0 + n as f32 / 20.0, 200.0 + (n * 71 % 47) as f32 * 100.0)).collect();
        Picture {
            title: vec!["lantern-waltz at 31.37 s".into(), "score 8.1".into()],
            query: landmarks[50..200].to_vec(),
            matched: landmarks[60..150].to_vec(),
            reference: landmarks,
            span: (30.0, 45.0),
            hertz: (0.0, 5_000.0),
            histogram: (0..80).map(|n| (n as f32, if n == 31 { 142.0 } else { (n % 7) as f32 })).collect(),
            offset: 31.37,
        }
    }

    #[test]
    fn everything_is_drawn_and_every_tag_is_closed() {
        let svg = render(&picture());
        assert_balanced(&svg);
        assert_eq!(svg.matches("<circle").count(), 300 + 90 + 2, "with the two of the legend");
        assert!(svg.contains("142 votes at 31.37 s") && svg.contains(">frequency (kHz)<"));
    }

    #[test]
    fn text_cannot_break_out() {
        let hostile = "</text><script>\"a\" & 'b'\u{0}\n".to_owned() + &"x".repeat(500);
        let svg = render(&Picture { title: vec![hostile; 40], ..picture() });
        assert_balanced(&svg);
        assert!(svg.contains("&lt;/text&gt;&lt;script&gt;&quot;a&quot; &amp; &#39;b&#39; xxx"));
        assert!(!svg.contains('\u{0}') && svg.matches('…').count() == MAX_LINES);
    }

    #[test]
    fn nothing_to_draw_is_drawn() {
        assert_balanced(&render(&Picture::default()));
    }

    #[test]
    fn numbers_that_are_none_are_left_out() {
        let odd = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX, f32::MIN, 1e-30, 0.0];
        let pairs: Vec<_> = odd.iter().flat_map(|&a| odd.iter().map(move |&b| (a, b))).collect();
        for &range in &pairs {
            let (points, histogram) = (pairs.clone(), pairs.clone());
            assert_balanced(&render(&Picture {
                query: points.clone(),
                matched: points.clone(),
                reference: points,
                span: range,
                hertz: (range.1, range.0),
                histogram,
                offset: range.0,
                ..Picture::default()
            }));
        }
    }

    #[test]
    fn the_size_is_bounded_and_the_peak_survives() {
        let many: Vec<_> = (0..200_000).map(|n| (30.0 + n as f32 / 20_000.0, (n % 5_000) as f32)).collect();
        let mut histogram: Vec<_> = (0..100_000).map(|n| (n as f32 / 10.0, 3.0)).collect();
        histogram[31_370].1 = 99.0;
        let svg = render(&Picture {
            query: many.clone(),
            reference: many.clone(),
            matched: many,
            histogram,
            offset: 3_137.0,
            ..picture()
        });
        assert!(svg.len() < 700_000, "{}", svg.len());
        assert!(svg.contains("99 votes at 3137.00 s"));
    }

    #[test]
    fn ticks_are_round_and_inside() {
        let values =
            |range, wanted| ticks(range, wanted).into_iter().map(|(value, _)| value).collect::<Vec<_>>();
        assert_eq!(values((0.0, 5.0), 6.0), [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
        assert_eq!(values((28.3, 42.9), 8.0), [30.0, 32.0, 34.0, 36.0, 38.0, 40.0, 42.0]);
        assert_eq!(ticks((0.0, 1.0), 5.0)[1], (0.2, 1));
    }
}
