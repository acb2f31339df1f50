//! How much sound could not be decoded.

use symphonia::core::units::TimeBase;

/// Sound that was lost.
#[derive(Debug, Default)]
pub(super) struct Damage {
    nanos: u128,
}

impl Damage {
    /// Counts sound in units of `tick`; of an unknown tick nothing.
    pub(super) fn ticks(&mut self, count: u64, tick: Option<TimeBase>) {
        if let Some(TimeBase { numer, denom }) = tick {
            let nanos = u128::from(count) * u128::from(numer.get()) * 1_000_000_000;
            self.nanos = self.nanos.saturating_add(nanos / u128::from(denom.get()));
        }
    }

    /// Counts nanoseconds.
    pub(super) fn nanos(&mut self, nanos: u64) {
        self.nanos = self.nanos.saturating_add(nanos.into());
    }

    /// All of it, rounded up: what is not nothing is at least one millisecond.
    pub(super) fn milliseconds(&self) -> u64 {
        u64::try_from(self.nanos.div_ceil(1_000_000)).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_damage_shows() {
        let mut damage = Damage::default();
        damage.ticks(5, None);
        assert_eq!(damage.milliseconds(), 0);
        damage.ticks(1, TimeBase::try_new(1, 48_000));
        assert_eq!(damage.milliseconds(), 1);
        damage.ticks(48_000, TimeBase::try_new(1, 48_000));
        damage.nanos(500_000_000);
        assert_eq!(damage.milliseconds(), 1_501);
    }
}
