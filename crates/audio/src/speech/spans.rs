//! Probabilities to spans: hysteresis, minimum lengths, padding.

use super::options::SpeechOptions;
use sonic_core::Span;

/// How far under the threshold speech ends.
const RELEASE: f32 = 0.15;
/// Speech does not go on below this, however low the threshold.
const LEAST_RELEASE: f32 = 0.01;

/// A span in samples.
#[derive(Clone, Copy)]
struct Stretch {
    start: u64,
    end: u64,
}

/// Turns one probability after the other into spans.
pub(super) struct Hysteresis {
    sample_rate: u64,
    frame: u64,
    threshold: f32,
    release: f32,
    min_speech: u64,
    min_silence: u64,
    padding: u64,
    /// The first sample of the next frame.
    position: u64,
    /// Where the speech began that goes on.
    start: Option<u64>,
    /// Where the pause began that may end it.
    pause: Option<u64>,
    /// The last stretch, padded; it may still grow together with the next.
    last: Option<Stretch>,
}

impl Hysteresis {
    /// For frames of `frame` samples.
    pub(super) fn new(options: &SpeechOptions, sample_rate: u32, frame: u64) -> Self {
        let samples = |ms: u32| u64::from(ms) * u64::from(sample_rate) / 1000;
        Self {
            sample_rate: sample_rate.into(),
            frame,
            threshold: options.threshold,
            release: (options.threshold - RELEASE).max(LEAST_RELEASE),
            min_speech: samples(options.min_speech_ms),
            min_silence: samples(options.min_silence_ms),
            padding: samples(options.padding_ms),
            position: 0,
            start: None,
            pause: None,
            last: None,
        }
    }

    /// Takes the probability of the next frame; gives a span if one became certain.
    pub(super) fn push(&mut self, probability: f32) -> Option<Span> {
        let now = self.position;
        self.position += self.frame;
        if probability >= self.threshold {
            self.pause = None;
            self.start.get_or_insert(now);
        }
        let Some(start) = self.start else { return self.release_last(now) };
        if probability < self.release {
            let pause = *self.pause.get_or_insert(now);
            if self.position - pause >= self.min_silence {
                return self.close(start, pause);
            }
        }
        None
    }

    /// Ends after `samples` samples; gives what is left.
    pub(super) fn finish(mut self, samples: u64) -> Vec<Span> {
        let mut spans = Vec::new();
        if let Some(start) = self.start {
            let end = self.pause.unwrap_or(samples).min(samples);
            spans.extend(self.close(start, end));
        }
        spans.extend(self.last.take().map(|last| self.span(Stretch { end: last.end.min(samples), ..last })));
        spans
    }

    /// Ends speech; gives the stretch before it if they do not touch.
    fn close(&mut self, start: u64, end: u64) -> Option<Span> {
        (self.start, self.pause) = (None, None);
        if end - start < self.min_speech {
            return None;
        }
        let next = Stretch { start: start.saturating_sub(self.padding), end: end + self.padding };
        match &mut self.last {
            Some(last) if last.end >= next.start => {
                last.end = next.end;
                None
            }
            last => last.replace(next).map(|done| self.span(done)),
        }
    }

    /// Gives the last stretch once speech that begins at `now` cannot touch it any more.
    fn release_last(&mut self, now: u64) -> Option<Span> {
        let last = self.last.take_if(|last| now > last.end + self.padding)?;
        Some(self.span(last))
    }

    fn span(&self, stretch: Stretch) -> Span {
        let ms = |samples: u64| samples * 1000 / self.sample_rate;
        Span { start_ms: ms(stretch.start), end_ms: ms(stretch.end) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Spans of a string of frames of 10 ms, each a digit: tenths of probability.
    fn spans(digits: &str, options: &SpeechOptions) -> Vec<(u64, u64)> {
        let mut hysteresis = Hysteresis::new(options, 16_000, 160);
        let tenths = |c: char| c.to_digit(10).unwrap() as f32 / 10.0;
        let mut spans: Vec<_> = digits.chars().filter_map(|c| hysteresis.push(tenths(c))).collect();
        spans.extend(hysteresis.finish(digits.len() as u64 * 160));
        spans.into_iter().map(|s| (s.start_ms, s.end_ms)).collect()
    }

    fn options(min_speech_ms: u32, min_silence_ms: u32, padding_ms: u32) -> SpeechOptions {
        SpeechOptions { min_speech_ms, min_silence_ms, padding_ms, ..Default::default() }
    }

    #[test]
    fn speech_begins_at_the_threshold_and_ends_under_the_release() {
        assert_eq!(spans("0049994440000", &options(30, 20, 0)), [(30, 90)]);
        assert_eq!(spans("00444440000", &options(10, 20, 0)), []);
    }

    #[test]
    fn short_pauses_do_not_end_speech_and_short_speech_does_not_count() {
        assert_eq!(spans("0999009990000", &options(30, 30, 0)), [(10, 90)]);
        assert_eq!(spans("0999000999000", &options(30, 30, 0)), [(10, 40), (70, 100)]);
        assert_eq!(spans("0990009999000", &options(30, 30, 0)), [(60, 100)]);
    }

    #[test]
    fn padding_stays_inside_and_joins_neighbours() {
        assert_eq!(spans("099900000000999", &options(30, 30, 20)), [(0, 60), (100, 150)]);
        assert_eq!(spans("09990000999000", &options(30, 30, 20)), [(0, 130)]);
        assert_eq!(spans("9999", &options(30, 30, 20)), [(0, 40)]);
    }

    #[test]
    fn an_open_end_is_the_end() {
        assert_eq!(spans("000999990", &options(30, 30, 0)), [(30, 80)]);
        assert_eq!(spans("00099", &options(30, 30, 0)), []);
    }
}
