//! The fingerprints that a pickle stands for.

use super::opcodes::damaged;
use super::value::{Heap, Value};
use super::{Pickled, unpickle};
use crate::entries::{Collector, Season, Warning};
use crate::hash::from_digits;
use crate::watch::Watch;
use sonic_core::Result;
use std::collections::HashSet;
use std::io::Read;

/// Reads the season in a pickle that `open` opens: a dictionary with `fingerprints`, `counts` and `season`, as the older
/// writers left out some of them, or the bare fingerprints.
pub(crate) fn read<R: Read>(open: impl FnMut() -> Result<R>, watch: &mut Watch<'_>) -> Result<Season> {
    let Pickled { top, heap, trailing } = unpickle(open, watch)?;
    let top = dict(&heap, top, "it")?;
    let part = |name: &str| {
        let named = top.iter().rev().find(|(key, _)| matches!(key, Value::Text(n) if heap.text(*n) == name));
        named.map(|(_, value)| *value)
    };
    let mut collector = Collector::default();
    collector.warn(Warning::TrailingBytes, trailing);
    let fingerprints = match part("fingerprints") {
        Some(fingerprints) => dict(&heap, fingerprints, "`fingerprints`")?,
        None => top,
    };
    Fingerprints { heap: &heap, seen: HashSet::new(), used: HashSet::new() }
        .collect(fingerprints, &mut collector)?;
    if let Some(counts) = part("counts") {
        for (episode, count) in dict(&heap, counts, "`counts`")? {
            match (episode, count) {
                (Value::Text(name), Value::Integer(count)) => collector.told(heap.text(*name), *count),
                _ => return Err(damaged("`counts` does not count the entries of episodes")),
            }
        }
    }
    let number = match part("season") {
        None | Some(Value::None) => None,
        Some(Value::Integer(number)) if (0..10_000).contains(&number) => Some(number as u32),
        Some(other) => return Err(damaged(format!("`season` is {}", heap.describe(other)))),
    };
    collector.finish(number)
}

fn dict<'h>(heap: &'h Heap, value: Value, what: &str) -> Result<&'h [(Value, Value)]> {
    match value {
        Value::Dict(number) => Ok(&heap.dicts[number as usize]),
        other => Err(damaged(format!("{what} is {}, not a dictionary", heap.describe(other)))),
    }
}

/// Hashes with the lists of their entries.
struct Fingerprints<'h> {
    heap: &'h Heap,
    seen: HashSet<[u8; 8]>,
    /// Lists that belong to a hash. What is written once may be referred to a million times.
    used: HashSet<u32>,
}

impl Fingerprints<'_> {
    fn collect(&mut self, fingerprints: &[(Value, Value)], collector: &mut Collector) -> Result<()> {
        for (hash, entries) in fingerprints {
            let bytes = self.hash(*hash, collector)?;
            let Value::List(list) = *entries else {
                let what = self.heap.describe(*entries);
                return Err(damaged(format!("a hash has {what} in place of a list of entries")));
            };
            if !self.seen.insert(bytes) || !self.used.insert(list) {
                return Err(damaged("a hash, or its list of entries, is there twice"));
            }
            let hash = collector.hash(bytes);
            for entry in &self.heap.lists[list as usize] {
                let Value::Entry(episode, seconds) = *entry else {
                    let what = self.heap.describe(*entry);
                    return Err(damaged(format!("{what} in place of an entry, an episode and a time")));
                };
                let episode = collector.episode(self.heap.text(episode))?;
                collector.add(hash, episode, 1000.0 * seconds)?;
            }
        }
        Ok(())
    }

    fn hash(&self, value: Value, collector: &mut Collector) -> Result<[u8; 8]> {
        let digits = match value {
            Value::Text(number) => from_digits(self.heap.text(number)),
            _ => None,
        };
        let Some((bytes, in_capitals)) = digits else {
            let what = self.heap.describe(value);
            return Err(damaged(format!("{what} in place of a hash, which has 16 hexadecimal digits")));
        };
        collector.warn(Warning::UpperCaseHashes, u64::from(in_capitals));
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sonic_core::ErrorKind;
    use std::ops::ControlFlow;

    fn read_bytes(bytes: &[u8]) -> Result<Season> {
        read(|| Ok(bytes), &mut Watch::new(&mut |_| ControlFlow::Continue(())))
    }

    /// As the writer of today writes a season of one entry, its episode fetched again.
    const SEASON: &[u8] = b"\x80\x04}(\x8c\x0cfingerprints}\x8c\x100123456789abcdef](\x8c\x06S01E01\x94\
        G?\xf8\0\0\0\0\0\0\x86h\0G@\x02\0\0\0\0\0\0\x86es\x8c\x06counts}h\0K\x02s\x8c\x06seasonK\x01u.";

    #[test]
    fn a_season_is_read() {
        let season = read_bytes(SEASON).unwrap();
        assert_eq!((season.number, season.hashes_read), (Some(1), 1));
        assert_eq!(season.warnings.into_iter().collect::<Vec<_>>(), [(Warning::UnknownHashes, 1)]);
        assert_eq!(season.episodes, ["S01E01"]);
    }

    /// Every byte in turn cut off, and changed in every bit: an answer or an error, and never a panic.
    #[test]
    fn no_damage_is_a_panic() {
        for length in 0..SEASON.len() {
            let error = read_bytes(&SEASON[..length]).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Malformed, "{length} bytes");
        }
        let (mut refused, mut read) = (0, 0);
        for place in 0..SEASON.len() {
            for changed in 0..=255 {
                let mut bytes = SEASON.to_vec();
                bytes[place] = changed;
                match read_bytes(&bytes) {
                    Ok(season) => read += u32::from(season.hashes_read > 0),
                    Err(_) => refused += 1,
                }
            }
        }
        assert!(refused > 10_000 && read > 1_000, "{refused} refused, {read} read");
    }

    #[test]
    fn a_list_is_not_read_again_for_every_hash() {
        let mut bytes =
            b"\x80\x04}(\x8c\x100000000000000000](\x8c\x06S01E01G?\xf8\0\0\0\0\0\0\x86e\x94".to_vec();
        bytes.extend(b"\x8c\x100000000000000001h\0u.");
        assert!(read_bytes(&bytes).unwrap_err().message().contains("twice"));
    }
}
