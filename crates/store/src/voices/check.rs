//! Whether the voices of a store are sound.

use super::row::Voice;
use super::{print, row};
use crate::env::View;
use crate::space::{self, VOICES};
use crate::vectors::{self, Set};
use sonic_core::Result;

/// Reports everything that is wrong with the voices.
pub(crate) fn check(view: View<'_>, report: &mut impl FnMut(String)) -> Result<()> {
    let dimensions = match space::of_store(view, VOICES) {
        Ok(space) => space.map_or(0, |s| s.dimensions),
        Err(e) => {
            report(e.to_string());
            return Ok(());
        }
    };
    for row in row::all(view)? {
        match row {
            Ok((number, voice)) => check_voice(view, number, &voice, dimensions, report),
            Err(e) => report(e.to_string()),
        }
    }
    for row in print::all(view)? {
        let (number, print) = match row {
            Ok(row) => row,
            Err(e) => {
                report(e.to_string());
                continue;
            }
        };
        if print::find(view, &print.person).ok().flatten().is_none_or(|(found, _)| found != number) {
            report(format!("the name {:?} does not lead to its voiceprint", print.person));
        }
        let has_mean = has_vector(view, Set::VOICEPRINTS, number, dimensions);
        if has_mean != (print.sample_count() > 0) {
            report(format!("the voiceprint of {:?} and its samples do not fit", print.person));
        }
    }
    Ok(())
}

fn check_voice(
    view: View<'_>,
    number: u32,
    voice: &Voice,
    dimensions: usize,
    report: &mut impl FnMut(String),
) {
    if row::number_of_id(view, &voice.recording_id).ok().flatten() != Some(number) {
        report(format!("the id {:?} does not lead to its voice", voice.recording_id));
    }
    if has_vector(view, Set::VOICES, number, dimensions) != (voice.embedding_dimensions > 0) {
        report(format!("the embedding of {:?} is missing, damaged or too many", voice.recording_id));
    }
}

fn has_vector(view: View<'_>, set: Set, number: u32, dimensions: usize) -> bool {
    dimensions > 0 && vectors::get(view, set, number, dimensions).is_ok_and(|vector| vector.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::env::{Change, Table};
    use crate::shared::Shared;
    use crate::{EnrollOptions, NewVoice, Store, StoreOptions, VoiceIdentifyOptions};
    use sonic_core::{Embedding, ErrorKind, PipelineId};

    fn first_row(shared: &Shared, table: Table) -> (Vec<u8>, Vec<u8>) {
        let env = shared.env().unwrap();
        let txn = env.read().unwrap();
        let (key, value) = txn.view().rows(table).unwrap().next().unwrap().unwrap();
        (key.to_vec(), value.to_vec())
    }

    /// Every row damaged in turn: what needs it says so, the check finds it, and nothing panics.
    #[test]
    fn damaged_rows_are_errors_and_found() {
        let path = std::env::temp_dir().join(format!("sonic-damaged-voices-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        let store = Store::open(&path, StoreOptions::default()).unwrap();
        let voices = store.voices();
        let embedding =
            |n: u8| Embedding { pipeline: PipelineId::new("damage"), vector: vec![1.0, f32::from(n)] };
        let sample = |n: u8| NewVoice {
            voice: Voice { recording_id: format!("r{n}"), ..Voice::default() },
            embedding: Some(embedding(n)),
            ..NewVoice::default()
        };
        voices.enroll("Ada", &[sample(0), sample(1)], &EnrollOptions::default()).unwrap();
        assert!(store.check().unwrap().is_empty());
        let shared = store.shared().unwrap();
        for table in [Table::Voices, Table::Voiceprints, Table::People, Table::Vectors] {
            let (key, value) = first_row(&shared, table);
            shared.write(Change::Addition, |txn| txn.put(table, &key, b"damaged")).unwrap();
            assert!(!store.check().unwrap().is_empty(), "{table:?}");
            let kind = match table {
                Table::Voices => voices.get("r0").unwrap_err().kind(),
                Table::People => voices.person("Ada").unwrap_err().kind(),
                Table::Vectors => voices.embedding("r0").unwrap_err().kind(),
                _ => voices.identify(&embedding(0), &VoiceIdentifyOptions::default()).unwrap_err().kind(),
            };
            assert_eq!(kind, ErrorKind::Malformed, "{table:?}");
            shared.write(Change::Addition, |txn| txn.put(table, &key, &value)).unwrap();
        }
        assert!(store.check().unwrap().is_empty());
        std::fs::remove_dir_all(&path).unwrap();
    }
}
