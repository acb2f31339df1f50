//! Voices of a store that was saved from damage: what lost its other half goes, and keys and means are made anew.

use super::print::{self, Voiceprint};
use super::row::{self, Voice};
use super::speakers;
use crate::env::{Table, View, WriteTxn};
use crate::meta;
use crate::space::{self, VOICES};
use crate::vectors::{self, Set};
use sonic_core::Result;
use std::collections::HashSet;

/// Mends the voices; gives how many voices and how many people there are.
pub(crate) fn mend(txn: &mut WriteTxn<'_>) -> Result<(u64, u64)> {
    let dimensions = space::of_store(txn.view(), VOICES)?.map_or(0, |space| space.dimensions);
    if dimensions == 0 {
        // Nothing says what they could be compared with.
        txn.clear(Table::Vectors)?;
    }
    let voices = mend_voices(txn, dimensions)?;
    let people = mend_voiceprints(txn, dimensions)?;
    speakers::mend(txn, dimensions)?;
    Ok((voices, people))
}

fn mend_voices(txn: &mut WriteTxn<'_>, dimensions: usize) -> Result<u64> {
    let rows: Vec<(u32, Voice)> = row::all(txn.view())?.collect::<Result<_>>()?;
    let mut embedded = HashSet::new();
    for (number, voice) in &rows {
        let mut voice = voice.clone();
        if !vectors::contains(txn.view(), Set::VOICES, *number, dimensions) {
            voice.embedding_dimensions = 0;
        }
        if voice.embedding_dimensions > 0 {
            embedded.insert(*number);
        }
        row::write_with_keys(txn, *number, &voice)?;
    }
    for set in [Set::VOICES, Set::NARROW_VOICES] {
        vectors::retain(txn, set, dimensions, |number| embedded.contains(&number))?;
    }
    let last = rows.last().map_or(0, |(number, _)| *number);
    meta::number_from(txn, meta::NEXT_VOICE, last)?;
    Ok(rows.len() as u64)
}

fn mend_voiceprints(txn: &mut WriteTxn<'_>, dimensions: usize) -> Result<u64> {
    let rows: Vec<(u32, Voiceprint)> = print::all(txn.view())?.collect::<Result<_>>()?;
    let known: HashSet<u32> = rows.iter().map(|(number, _)| *number).collect();
    for set in [Set::VOICEPRINTS, Set::NARROW_VOICEPRINTS, Set::NARROW_ONLY] {
        vectors::retain(txn, set, dimensions, |number| known.contains(&number))?;
    }
    for (number, mut print) in rows {
        print.samples.retain(|sample| has_embedding(txn.view(), &sample.recording_id));
        print::write_anew(txn, number, &mut print)?;
    }
    meta::number_from(txn, meta::NEXT_VOICEPRINT, known.iter().copied().max().unwrap_or(0))?;
    Ok(known.len() as u64)
}

/// True if there is a voice of this id that has an embedding.
fn has_embedding(view: View<'_>, recording_id: &str) -> bool {
    row::by_id(view, recording_id).ok().flatten().is_some_and(|(_, voice)| voice.embedding_dimensions > 0)
}
