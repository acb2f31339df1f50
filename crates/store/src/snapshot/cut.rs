//! Where chunks end.

use xxhash_rust::xxh3::xxh3_64;

/// Smallest and largest aim of the size of a chunk.
const AIMS: [u64; 2] = [1 << 14, 1 << 20];
/// Chunks that a store is cut into, about.
const CHUNKS: u64 = 2048;
/// A chunk is at most so many times as large as the aim, but for a row that is larger.
const LARGEST: u64 = 4;

/// The aim of the size of chunks, for a store of so many bytes: that of the snapshot before, unless the store has become
/// another, since with another aim all chunks are others.
pub(super) fn aim(bytes: u64, before: Option<u64>) -> u64 {
    let own = (bytes / CHUNKS).clamp(AIMS[0], AIMS[1]).next_power_of_two();
    match before {
        Some(before) if (own / 4..=own * 4).contains(&before) => before.clamp(AIMS[0], AIMS[1]),
        _ => own,
    }
}

/// Says after which rows a chunk ends. It depends on the row's key, and on the length of the chunk so far: behind a change
/// the same rows end a chunk soon again.
pub(super) struct Cutter {
    aim: u64,
    bytes: u64,
}

impl Cutter {
    pub(super) fn new(aim: u64) -> Self {
        Self { aim, bytes: 0 }
    }

    /// True if a chunk ends after the row of this key, which takes so many bytes.
    pub(super) fn ends_after(&mut self, key: &[u8], bytes: u64) -> bool {
        self.bytes += bytes;
        let least = self.aim / 4;
        // As likely for each byte, so that chunks have the size of the aim whatever the size of rows.
        let chosen = u128::from(xxh3_64(key)) * u128::from(self.aim - least) < u128::from(bytes) << 64;
        let ends = (chosen && self.bytes >= least) || self.bytes >= LARGEST * self.aim;
        if ends {
            self.bytes = 0;
        }
        ends
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first key of each chunk.
    fn firsts(keys: &[u32], aim: u64) -> Vec<u32> {
        let mut cutter = Cutter::new(aim);
        let mut begins = true;
        let mut firsts = Vec::new();
        for key in keys {
            if begins {
                firsts.push(*key);
            }
            begins = cutter.ends_after(&key.to_be_bytes(), 100);
        }
        firsts
    }

    #[test]
    fn chunks_have_about_the_size_of_the_aim() {
        let keys: Vec<u32> = (0..1_000_000).collect();
        for aim in [1 << 14, 1 << 17] {
            let mean = 100_000_000 / firsts(&keys, aim).len() as u64;
            assert!((aim * 3 / 4..aim * 5 / 4).contains(&mean), "{mean} for {aim}");
        }
    }

    #[test]
    fn what_is_inserted_and_removed_changes_the_chunks_beside_it_only() {
        let keys: Vec<u32> = (0..2_000_000).step_by(2).collect();
        let before = firsts(&keys, 1 << 14);
        let mut changed = keys.clone();
        changed.remove(500_000);
        changed.insert(100_000, 200_001);
        let after = firsts(&changed, 1 << 14);
        let other = after.iter().filter(|first| !before.contains(first)).count();
        assert!(other <= 8, "{other} of {} chunks begin elsewhere", after.len());
    }

    #[test]
    fn the_aim_follows_the_size_of_the_store_but_seldom() {
        assert_eq!(aim(0, None), 1 << 14);
        assert_eq!(aim(1 << 30, None), 1 << 19);
        assert_eq!(aim(1 << 40, None), 1 << 20);
        assert_eq!(aim(1 << 30, Some(1 << 18)), 1 << 18);
        assert_eq!(aim(1 << 30, Some(1 << 14)), 1 << 19);
        assert_eq!(aim(1 << 30, Some(0)), 1 << 19);
        assert_eq!(aim(0, Some(u64::MAX)), 1 << 14);
    }
}
