//! Where packets lie in time: by their sum, moved only where the container runs far ahead or bytes are missing.
//!
//! Chromium writes the wall clock as the time of a packet, which wavers by tens of milliseconds about the sum of the
//! packets; Firefox counts samples. So packets follow each other, and what the container says moves them only where it
//! is ahead by more than a threshold. Behind a hole the packets that were lost are counted: the time that the container
//! says is missing, less what it was ahead by before, in whole packets.

use super::counts::PushCounts;
use super::drift::Drift;
use super::item::{Item, Packet, Time, Track};
use super::sound::Sound;
use super::trend::{self, Trend};
use sonic_core::Result;
use std::collections::VecDeque;

/// Packets by which the place of a run is judged.
const JUDGED: usize = 16;
/// Packets before a hole, and behind it, by which it is told how much is missing: few, because the clock may leap.
const NEAR: (usize, usize) = (8, 5);
/// What is missing, in milliseconds, so that a leap of the clock may well be among it.
const SHORT_MS: f64 = 500.0;
/// How long packets wait for the time of their Cluster: slices, and milliseconds of sound.
const PATIENCE: (u32, f64) = (2, 10_000.0);
/// A slice's length, in milliseconds, before any has come.
const USUAL_SLICE_MS: f64 = 1_000.0;
/// By what part of a slice two places may differ that are of the same slice.
const SAME_SLICE: f64 = 0.6;
/// How many times the length of a slice is missing for each that is lost, at most, without a pause of the recorder.
const PAUSE: f64 = 1.5;
/// How far the container's clock may run back, in milliseconds, before it is a new one.
const BACKWARDS_MS: f64 = 1_000.0;

/// The places of the packets of a connection.
#[derive(Debug, Default)]
pub(super) struct Timeline {
    pub(super) threshold_ms: f64,
    pub(super) session: Session,
    /// Slices that are missing before what comes; `None` without a hole.
    pub(super) hole: Option<u64>,
    /// What is missing by the length of slices, in milliseconds.
    pub(super) missing_ms: f64,
    /// Whether a recorder began whose first packets have no place yet.
    pub(super) starting: bool,
    /// Packets that wait for their place, and for how many slices they have.
    pub(super) held: Vec<Packet>,
    pub(super) waited: u32,
    pub(super) deviations: VecDeque<f64>,
    pub(super) pace: Pace,
    /// The least by which a slice was sent after the end of its sound.
    pub(super) lag_ms: Option<f64>,
    /// When the first slice of the connection was sent, and the first one of the recorder at hand.
    pub(super) first_sent_ms: Option<f64>,
    pub(super) began_ms: Option<f64>,
    /// Whether slices go on in a recorder whose header came before.
    pub(super) goes_on: bool,
    pub(super) drift: Drift,
    pub(super) trend: Trend,
    pub(super) counts: PushCounts,
}

/// The times of one recorder, in milliseconds.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub(super) struct Session {
    /// Where its sound begins on the line of the connection.
    pub(super) base_ms: f64,
    /// What of its first packets is no sound.
    pub(super) skip_ms: f64,
    /// The sum of the packets so far, and of the gaps.
    pub(super) clock_ms: f64,
    /// The container's time of the first packet.
    pub(super) origin_ms: Option<f64>,
    /// The same for recordings of that kind, where the first packet is missing.
    pub(super) usual_origin_ms: f64,
}

/// How much sound slices hold, in milliseconds.
#[derive(Debug, Default, Clone, PartialEq)]
pub(super) struct Pace {
    /// Of the last ones that seemed whole.
    pub(super) recent: VecDeque<f64>,
    /// Of the last one.
    pub(super) last_ms: f64,
}

impl Pace {
    fn slice_ms(&self) -> f64 {
        median(&self.recent).unwrap_or(USUAL_SLICE_MS)
    }
}

impl Timeline {
    pub(super) fn new(threshold_ms: f64) -> Self {
        Self { threshold_ms, ..Self::default() }
    }

    /// Places what was found in a slice, before which `lost` did not come, and that was sent at `sent_ms`.
    pub(super) fn slice(
        &mut self,
        items: Vec<Item>,
        mut lost: u64,
        sent_ms: Option<f64>,
        sound: &mut Sound,
    ) -> Result<()> {
        let (mut problem, mut whole, mut length_ms) = (None, self.hole.is_none(), 0.0);
        self.first_sent_ms = self.first_sent_ms.or(sent_ms);
        if !self.goes_on {
            self.began_ms = self.began_ms.or(sent_ms);
        }
        for item in items {
            let done = match item {
                Item::Session(track) => {
                    let done = self.begin(&track, sent_ms, sound);
                    (whole, length_ms) = (track.assumed && whole, 0.0);
                    done
                }
                Item::Hole => {
                    let done = self.settle(true, sent_ms, sound);
                    self.open(std::mem::take(&mut lost), length_ms > 0.0);
                    whole = false;
                    done
                }
                Item::Mark(at_ms) => {
                    self.date(at_ms);
                    Ok(())
                }
                Item::Packet(packet) => {
                    length_ms += packet.ms;
                    if self.hole.is_some() || self.starting {
                        self.held.push(packet);
                        Ok(())
                    } else {
                        self.place(packet, sound)
                    }
                }
            };
            problem = problem.or(done.err());
        }
        self.waited += u32::from(!self.held.is_empty());
        problem = problem.or(self.settle(false, sent_ms, sound).err());
        self.note_slice(whole, length_ms, sent_ms);
        problem.map_or(Ok(()), Err)
    }

    /// Bytes are missing: those of so many slices, or else the rest of one that was cut.
    fn open(&mut self, lost: u64, within: bool) {
        let slice_ms = self.pace.slice_ms();
        if self.hole.is_none() {
            self.counts.holes += 1;
            self.missing_ms = if lost > 0 || within { 0.0 } else { (slice_ms - self.pace.last_ms).max(0.0) };
        }
        self.missing_ms += lost as f64 * slice_ms;
        *self.hole.get_or_insert(0) += lost;
    }

    fn note_slice(&mut self, whole: bool, length_ms: f64, sent_ms: Option<f64>) {
        self.pace.last_ms = length_ms;
        if !whole {
            return;
        }
        self.pace.recent.push_back(length_ms);
        if self.pace.recent.len() > JUDGED {
            self.pace.recent.pop_front();
        }
        if let (Some(sent), true) = (sent_ms, length_ms > 0.0) {
            let lag = sent - (self.session.base_ms + self.session.clock_ms - self.session.skip_ms);
            self.lag_ms = Some(self.lag_ms.map_or(lag, |least| least.min(lag)));
        }
    }

    /// The index began anew with a slice that comes next: what waits is placed.
    pub(super) fn restart(&mut self, sound: &mut Sound) -> Result<()> {
        (self.began_ms, self.goes_on) = (None, false);
        self.settle(true, None, sound)
    }

    /// A recorder begins: nothing of its sound is before it, unless its header was lost.
    fn begin(&mut self, track: &Track, sent_ms: Option<f64>, sound: &mut Sound) -> Result<()> {
        self.settle(true, sent_ms, sound)?;
        self.counts.sessions += 1;
        if std::mem::replace(&mut self.goes_on, true) {
            self.began_ms = sent_ms;
        }
        self.counts.headers_assumed += u64::from(track.assumed);
        if !track.assumed {
            self.hole = None;
        }
        self.deviations.clear();
        (self.drift, self.trend) = (Drift::default(), Trend::default());
        self.starting = true;
        self.session =
            Session { skip_ms: track.skip_ms(), usual_origin_ms: track.origin_ms, ..Session::default() };
        sound.session(track)?;
        self.session.base_ms = sound.end_ms;
        Ok(())
    }

    /// Ends the session: what waits is placed.
    pub(super) fn finish(&mut self, sound: &mut Sound) -> Result<()> {
        self.settle(true, None, sound)
    }

    /// Gives packets that wait their times: they end where a Cluster begins.
    fn date(&mut self, at_ms: f64) {
        if self.hole.is_none() || self.held.iter().any(is_dated) {
            return;
        }
        let (mut at, mut next) = (at_ms, None);
        for packet in self.held.iter_mut().rev() {
            if let (Time::InCluster(this, _), Some(next)) = (packet.time, next) {
                let pause = next - this - packet.ms;
                at -= if pause > self.threshold_ms { pause } else { 0.0 };
            }
            if let Time::InCluster(this, _) = packet.time {
                next = Some(this);
            }
            at -= packet.ms;
            packet.time = Time::ByOrder(at);
            self.counts.placed_by_order += 1;
        }
    }

    /// Places the packets that wait, if they can be, or `now`.
    fn settle(&mut self, now: bool, sent_ms: Option<f64>, sound: &mut Sound) -> Result<()> {
        let length_ms: f64 = self.held.iter().map(|packet| packet.ms).sum();
        if self.held.is_empty() {
            return Ok(());
        }
        if self.hole.is_some() {
            let dated = self.held.iter().any(is_dated);
            let patient = self.waited <= PATIENCE.0 && length_ms < PATIENCE.1;
            if !dated && !now && patient {
                return Ok(());
            }
            if !dated {
                self.date_by_order();
            }
        }
        self.waited = 0;
        if std::mem::take(&mut self.starting) {
            self.session.base_ms = self.base(length_ms, sent_ms, sound);
        }
        if let Some(lost) = self.hole.take() {
            self.bridge(lost);
        }
        let held = std::mem::take(&mut self.held);
        held.into_iter().try_for_each(|packet| self.place(packet, sound))
    }

    /// Where a new recorder begins: where the one before ended, or by the clock of whoever sends. Its first slice was sent as
    /// long after its start as the very first one was after its own; and its sound as long ago as that before, at least.
    fn base(&self, length_ms: f64, sent_ms: Option<f64>, sound: &Sound) -> f64 {
        let by_start = self.began_ms.zip(self.first_sent_ms).map(|(began, first)| began - first);
        let by_sound =
            sent_ms.zip(self.lag_ms).map(|(sent, lag)| sent - lag - (length_ms - self.session.skip_ms));
        let by_clock = match (by_start, by_sound) {
            (Some(start), Some(sound)) if self.hole.is_none() => start.min(sound),
            (start, _) => start.unwrap_or(0.0),
        };
        by_clock.max(sound.end_ms)
    }

    /// Packets whose time nothing tells: as much later as slices are missing, or those of a Cluster that goes on, if that
    /// agrees.
    fn date_by_order(&mut self) {
        let Some(first) = self.held.first().map(|packet| packet.time) else { return };
        self.counts.placed_by_order += self.held.len() as u64;
        let slice_ms = self.pace.slice_ms();
        let ahead_ms = median(&self.deviations).unwrap_or(0.0);
        let origin_ms = *self.session.origin_ms.get_or_insert(self.session.usual_origin_ms);
        let by_order = origin_ms + self.now_ms() + ahead_ms + self.missing_ms;
        let cluster = |time| if let Time::InCluster(_, known) = time { known } else { None };
        let agrees = |at: f64| self.pace.recent.is_empty() || (at - by_order).abs() < SAME_SLICE * slice_ms;
        if !cluster(first).is_some_and(agrees) {
            self.held[0].time = Time::ByOrder(by_order);
            return;
        }
        for packet in &mut self.held {
            let Some(at_ms) = cluster(packet.time) else { break };
            packet.time = Time::ByOrder(at_ms);
        }
    }

    /// The sum of the packets, with what the clock of the container is ahead of that of the samples.
    fn now_ms(&self) -> f64 {
        self.session.clock_ms + self.drift.slew_ms
    }

    /// Counts the packets that are missing before those that wait, of so many slices that did not come.
    fn bridge(&mut self, lost: u64) {
        let origin_ms = *self.session.origin_ms.get_or_insert(self.session.usual_origin_ms);
        let starts = self.starts(origin_ms, false);
        let by_order = || self.starts(origin_ms, true);
        let Some(start_ms) = median(&starts).or_else(|| median(&by_order())) else { return };
        let near: VecDeque<f64> = self.deviations.iter().rev().take(NEAR.0).copied().collect();
        let ahead_ms = median(&near).unwrap_or(0.0);
        let (moved_ms, packet_ms) = (start_ms - self.now_ms(), self.held[0].ms);
        if moved_ms - ahead_ms > (PAUSE * lost.max(1) as f64 + 1.0) * self.pace.slice_ms() {
            // More than slices hold: the recorder paused too, whose clock begins anew behind it.
            self.session.clock_ms += moved_ms;
            self.deviations.clear();
            self.drift.interrupt();
        } else if moved_ms > ahead_ms && packet_ms > 0.0 {
            let rate = self.trend.rate(ahead_ms);
            let packets = ((moved_ms - ahead_ms) / (1.0 + rate) / packet_ms).round();
            let without_ms = moved_ms - packets * packet_ms;
            let waver_ms = self.waver_ms(ahead_ms);
            let most_ms = if packets * packet_ms < SHORT_MS { self.threshold_ms } else { packet_ms };
            let ahead_ms = trend::ahead(without_ms, waver_ms, self.threshold_ms, most_ms);
            if ahead_ms < without_ms {
                self.trend.leap(without_ms - ahead_ms, self.threshold_ms);
                self.deviations.clear();
                self.drift.interrupt();
            }
            self.trend.packet(packets * packet_ms, None);
            self.session.clock_ms += moved_ms - ahead_ms;
        }
    }

    /// Where the packets that wait begin, as each of the first ones says that tells when it is: by the container, or by its order
    /// before others that the container dates.
    fn starts(&self, origin_ms: f64, by_order: bool) -> VecDeque<f64> {
        let (mut starts, mut sum_ms, mut next_ms) = (VecDeque::new(), 0.0, None);
        for packet in &self.held {
            let at_ms = match packet.time {
                Time::At(at_ms) if !by_order => Some(at_ms),
                Time::ByOrder(at_ms) => {
                    // A pause of the recorder among them.
                    let pause_ms = next_ms.map_or(0.0, |next| at_ms - next);
                    sum_ms += if pause_ms > self.threshold_ms { pause_ms } else { 0.0 };
                    next_ms = Some(at_ms + packet.ms);
                    Some(at_ms).filter(|_| by_order)
                }
                _ => None,
            };
            if let Some(at_ms) = at_ms {
                let start = at_ms - origin_ms - sum_ms;
                // A pause of the recorder ends the run.
                if starts.back().is_some_and(|last| start - last > self.threshold_ms)
                    || starts.len() == NEAR.1
                {
                    break;
                }
                starts.push_back(start);
            }
            sum_ms += packet.ms;
        }
        starts
    }

    /// By how much the container's clock goes beyond what it is ahead by.
    fn waver_ms(&self, ahead_ms: f64) -> f64 {
        self.deviations.iter().map(|deviation| deviation - ahead_ms).fold(0.0, f64::max)
    }

    /// Follows the container's clock to `at_ms`, where a packet of `ms` begins.
    fn follow(&mut self, at_ms: f64, ms: f64) {
        let origin_ms = *self.session.origin_ms.get_or_insert(at_ms);
        let ahead_ms = at_ms - origin_ms - self.now_ms();
        if ahead_ms > self.threshold_ms {
            self.trend.leap(ahead_ms, self.threshold_ms);
            self.session.clock_ms += ahead_ms;
            self.deviations.clear();
            self.drift.interrupt();
        } else if ahead_ms < -BACKWARDS_MS {
            self.session.origin_ms = Some(at_ms - self.now_ms());
            self.deviations.clear();
            self.drift.interrupt();
        }
        let origin_ms = self.session.origin_ms.unwrap_or(origin_ms);
        let ahead_ms = at_ms - origin_ms - self.now_ms();
        self.deviations.push_back(ahead_ms);
        if self.deviations.len() > JUDGED {
            self.deviations.pop_front();
        }
        self.drift.note(ahead_ms, ms);
        let usual_ms = median(&self.deviations).filter(|_| self.deviations.len() == JUDGED);
        self.trend.packet(ms, usual_ms);
    }

    /// Places a packet behind those before it, or where the container says if that is far ahead.
    fn place(&mut self, packet: Packet, sound: &mut Sound) -> Result<()> {
        match packet.time {
            Time::At(at_ms) => self.follow(at_ms, packet.ms),
            // What is reckoned is not exact enough for more than a pause.
            Time::ByOrder(at_ms) => {
                let origin_ms = *self.session.origin_ms.get_or_insert(at_ms);
                let ahead_ms = at_ms - origin_ms - self.now_ms();
                self.session.clock_ms += if ahead_ms > 2.0 * self.threshold_ms { ahead_ms } else { 0.0 };
            }
            _ => {}
        }
        let Session { base_ms, skip_ms, clock_ms, .. } = self.session;
        self.session.clock_ms += packet.ms;
        sound.slew_ms = self.drift.slew_ms;
        sound.packet(base_ms + clock_ms - skip_ms, base_ms, packet)
    }
}

/// Whether it is known when a packet begins.
fn is_dated(packet: &Packet) -> bool {
    matches!(packet.time, Time::At(_) | Time::ByOrder(_))
}

/// The middle one of numbers.
fn median(numbers: &VecDeque<f64>) -> Option<f64> {
    let mut sorted: Vec<f64> = numbers.iter().copied().collect();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied()
}
