//! What another process needs to go on with a connection: its header, its clocks, what waits, and the last packets.
//!
//! A fixed order of numbers of 8 bytes, the lowest byte first, and of bytes behind their length. The version changes with
//! any of it.

use super::super::packet::{Discard, malformed};
use super::counts::PushCounts;
use super::drift::Drift;
use super::item::{Packet, Time};
use super::order::{Order, Slice};
use super::sound::Sound;
use super::timeline::{Pace, Session, Timeline};
use super::trend::Trend;
use sonic_core::Result;
use std::collections::VecDeque;

/// What a state begins with, the version last.
const MAGIC: &[u8] = b"sonicpush\x02";

/// Writes a state.
pub(super) struct Writer(Vec<u8>);

impl Writer {
    pub(super) fn new() -> Self {
        Self(MAGIC.to_vec())
    }

    pub(super) fn finish(self) -> Vec<u8> {
        self.0
    }

    pub(super) fn number(&mut self, number: u64) {
        self.0.extend(number.to_le_bytes());
    }

    pub(super) fn float(&mut self, number: f64) {
        self.number(number.to_bits());
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
    }

    /// Not a number stands for none.
    pub(super) fn maybe(&mut self, number: Option<f64>) {
        self.float(number.unwrap_or(f64::NAN));
    }

    fn packet(&mut self, packet: &Packet) {
        self.bytes(&packet.data);
        self.float(packet.ms);
        let (kind, a, b) = match packet.time {
            Time::None => (0, 0.0, None),
            Time::At(at) => (1, at, None),
            Time::InCluster(at, known) => (2, at, known),
            Time::ByOrder(at) => (3, at, None),
        };
        self.number(kind);
        self.float(a);
        self.maybe(b);
        self.number(packet.discard.frames);
        self.number(packet.discard.nanos);
    }

    pub(super) fn order(&mut self, order: &Order) {
        [order.next, order.end, order.lost].into_iter().for_each(|n| self.number(n));
        self.number(order.first.is_some().into());
        self.number(order.first.unwrap_or(0));
        self.number(order.seen.len() as u64);
        for &(index, sum) in &order.seen {
            self.number(index);
            self.number(sum);
        }
        self.slices(order.held.iter().map(|(&index, slice)| (index, slice)));
        self.slices(order.strays.iter().map(|(&index, slice)| (index, slice)));
        self.slices(order.run.iter().map(|(slice, same)| (u64::from(*same), slice)));
    }

    fn slices<'s>(&mut self, slices: impl ExactSizeIterator<Item = (u64, &'s Slice)>) {
        self.number(slices.len() as u64);
        for (index, slice) in slices {
            self.number(index);
            self.bytes(&slice.bytes);
            self.maybe(slice.sent_ms);
        }
    }

    pub(super) fn timeline(&mut self, timeline: &Timeline) {
        let Session { base_ms, skip_ms, clock_ms, origin_ms, usual_origin_ms } = timeline.session;
        [base_ms, skip_ms, clock_ms, usual_origin_ms].into_iter().for_each(|n| self.float(n));
        self.maybe(origin_ms);
        self.number(timeline.hole.map_or(0, |lost| lost.saturating_add(1)));
        [timeline.starting, timeline.goes_on].into_iter().for_each(|flag| self.number(flag.into()));
        self.number(timeline.waited.into());
        self.number(timeline.held.len() as u64);
        timeline.held.iter().for_each(|packet| self.packet(packet));
        self.number(timeline.deviations.len() as u64);
        timeline.deviations.iter().for_each(|&ahead| self.float(ahead));
        let Pace { recent, last_ms } = &timeline.pace;
        self.number(recent.len() as u64);
        recent.iter().chain([last_ms, &timeline.missing_ms]).for_each(|&n| self.float(n));
        [timeline.lag_ms, timeline.first_sent_ms, timeline.began_ms].into_iter().for_each(|n| self.maybe(n));
        let Drift { slew_ms, length_ms, sum, usual_ms, rate, follow } = timeline.drift;
        [slew_ms, length_ms, sum, rate, follow].into_iter().for_each(|n| self.float(n));
        self.maybe(usual_ms);
        let Trend { first_ms, leapt_ms, length_ms } = timeline.trend;
        self.maybe(first_ms);
        self.float(leapt_ms);
        self.float(length_ms);
    }

    pub(super) fn sound(&mut self, sound: &Sound) {
        self.float(sound.end_ms);
        self.maybe(sound.handed_out_to());
        self.number(sound.gaps.len() as u64);
        for &(from, to) in &sound.gaps {
            self.float(from);
            self.float(to);
        }
        self.number(sound.recent.len() as u64);
        for (at_ms, packet) in &sound.recent {
            self.float(*at_ms);
            self.packet(packet);
        }
    }

    pub(super) fn counts(&mut self, counts: &PushCounts) {
        fields(&mut counts.clone()).into_iter().for_each(|count| self.number(*count));
    }
}

/// All counts, in their order.
fn fields(counts: &mut PushCounts) -> [&mut u64; 13] {
    let PushCounts {
        slices,
        repeated,
        late,
        lost,
        conflicting,
        restarts,
        sessions,
        headers_assumed,
        holes,
        placed_by_order,
        unreadable_bytes,
        damaged_packets,
        errors,
    } = counts;
    [
        slices,
        repeated,
        late,
        lost,
        conflicting,
        restarts,
        sessions,
        headers_assumed,
        holes,
        placed_by_order,
        unreadable_bytes,
        damaged_packets,
        errors,
    ]
}

/// Reads a state.
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// # Errors
    /// `Malformed` for what is no state of this version.
    pub(super) fn new(bytes: &'a [u8]) -> Result<Self> {
        let rest = bytes.strip_prefix(MAGIC);
        rest.map(Self)
            .ok_or_else(|| malformed("it is no state of a push decoder of this version: begin anew"))
    }

    pub(super) fn number(&mut self) -> Result<u64> {
        let (number, rest) = self.0.split_first_chunk::<8>().ok_or_else(cut)?;
        self.0 = rest;
        Ok(u64::from_le_bytes(*number))
    }

    pub(super) fn float(&mut self) -> Result<f64> {
        self.number().map(f64::from_bits).map(|number| if number.is_finite() { number } else { 0.0 })
    }

    pub(super) fn maybe(&mut self) -> Result<Option<f64>> {
        Ok(Some(self.number().map(f64::from_bits)?).filter(|number| number.is_finite()))
    }

    pub(super) fn bytes(&mut self) -> Result<&'a [u8]> {
        let length = usize::try_from(self.number()?).map_err(|_| cut())?;
        let (bytes, rest) = self.0.split_at_checked(length).ok_or_else(cut)?;
        self.0 = rest;
        Ok(bytes)
    }

    /// As many as a number says, which each take bytes.
    fn list<T>(&mut self, mut read: impl FnMut(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        let mut list = Vec::new();
        for _ in 0..self.number()? {
            list.push(read(self)?);
        }
        Ok(list)
    }

    fn packet(&mut self) -> Result<Packet> {
        let (data, ms) = (self.bytes()?.to_vec(), self.float()?.clamp(0.0, 1e6));
        let (kind, a, b) = (self.number()?, self.float()?, self.maybe()?);
        let time = match kind {
            0 => Time::None,
            1 => Time::At(a),
            3 => Time::ByOrder(a),
            _ => Time::InCluster(a, b),
        };
        let discard = Discard { frames: self.number()?, nanos: self.number()? };
        Ok(Packet { data, ms, time, discard })
    }

    fn slices(&mut self) -> Result<Vec<(u64, Slice)>> {
        self.list(|reader| {
            let (index, bytes) = (reader.number()?, reader.bytes()?.to_vec());
            Ok((index, Slice { bytes, sent_ms: reader.maybe()? }))
        })
    }

    pub(super) fn order(&mut self) -> Result<Order> {
        let mut order = Order::default();
        (order.next, order.end, order.lost) = (self.number()?, self.number()?, self.number()?);
        let (known, sum) = (self.number()?, self.number()?);
        order.first = (known != 0).then_some(sum);
        order.seen = self.list(|reader| Ok((reader.number()?, reader.number()?)))?.into();
        let (next, end) = (order.next, order.end);
        order.held = self.slices()?.into_iter().filter(|held| (next..end).contains(&held.0)).collect();
        order.strays = self.slices()?.into_iter().collect();
        order.run = self.slices()?.into_iter().map(|(same, slice)| (slice, same != 0)).collect();
        Ok(order)
    }

    pub(super) fn timeline(&mut self, timeline: &mut Timeline) -> Result<()> {
        let [base_ms, skip_ms, clock_ms, usual_origin_ms] =
            [self.float()?, self.float()?, self.float()?, self.float()?];
        timeline.session = Session { base_ms, skip_ms, clock_ms, usual_origin_ms, origin_ms: self.maybe()? };
        timeline.hole = self.number()?.checked_sub(1);
        (timeline.starting, timeline.goes_on) = (self.number()? != 0, self.number()? != 0);
        timeline.waited = u32::try_from(self.number()?).unwrap_or(u32::MAX);
        timeline.held = self.list(Self::packet)?;
        timeline.deviations = self.list(Self::float)?.into();
        timeline.pace = Pace { recent: self.list(Self::float)?.into(), last_ms: self.float()? };
        timeline.missing_ms = self.float()?;
        (timeline.lag_ms, timeline.first_sent_ms, timeline.began_ms) =
            (self.maybe()?, self.maybe()?, self.maybe()?);
        let [slew_ms, length_ms, sum, rate, follow] =
            [self.float()?, self.float()?, self.float()?, self.float()?, self.float()?];
        timeline.drift = Drift { slew_ms, length_ms, sum, rate, follow, usual_ms: self.maybe()? };
        timeline.trend = Trend { first_ms: self.maybe()?, leapt_ms: self.float()?, length_ms: self.float()? };
        Ok(())
    }

    pub(super) fn sound(&mut self, sound: &mut Sound) -> Result<()> {
        let (end_ms, handed_out_to) = (self.float()?, self.maybe()?);
        sound.gaps = self.list(|reader| Ok((reader.float()?, reader.float()?)))?.into();
        let recent: VecDeque<_> = self.list(|reader| Ok((reader.float()?, reader.packet()?)))?.into();
        sound.take_up(recent, handed_out_to)?;
        sound.end_ms = end_ms;
        Ok(())
    }

    pub(super) fn counts(&mut self) -> Result<PushCounts> {
        let mut counts = PushCounts::default();
        for count in fields(&mut counts) {
            *count = self.number()?;
        }
        Ok(counts)
    }
}

fn cut() -> sonic_core::Error {
    malformed("the state of the push decoder is damaged: begin anew")
}
