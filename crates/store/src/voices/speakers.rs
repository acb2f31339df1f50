//! Unnamed speakers: which of them is speaking, decided as they come.

use crate::env::{Table, View, WriteTxn};
use crate::ids::check_name;
use crate::meta;
use crate::rows::encode::{damaged, indexed};
use crate::space::{self, Space, VOICES};
use crate::vectors::{self, Set};
use serde::Serialize;
use sonic_core::{Error, ErrorKind, Result};
use std::collections::{BTreeMap, BTreeSet};

/// The rule of two thresholds for speakers as they are observed.
#[derive(Debug, Clone, PartialEq)]
pub struct ObserveOptions {
    /// Above this cosine with something already kept it is that speaker, and nothing is added.
    pub same: f32,
    /// Above this it is that speaker, and the new embedding is kept as well; up to it, a new speaker.
    pub matching: f32,
    /// Speakers of one scope, a user or a meeting, are not known in another.
    pub scope: Option<String>,
}

impl Default for ObserveOptions {
    fn default() -> Self {
        Self { same: 0.95, matching: 0.70, scope: None }
    }
}

/// The speaker that was observed.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Observed {
    /// The speaker's id, as `spk_1767225600000_7`.
    pub speaker: String,
    /// The largest cosine with an embedding that was kept; `None` if there were none in the scope.
    pub score: Option<f32>,
    /// True if the speaker was not observed before.
    pub is_new: bool,
    /// True if the embedding was kept.
    pub stored: bool,
}

/// An unnamed speaker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Speaker {
    /// The speaker's id.
    pub speaker: String,
    /// Embeddings that were kept.
    pub embeddings: u64,
}

const SCOPE: u8 = 0;
const SPEAKER: u8 = 1;

pub(super) fn check(options: &ObserveOptions) -> Result<()> {
    if options.same.is_nan() || options.matching.is_nan() || options.matching > options.same {
        let message = "of the two thresholds, matching is at most same: both are cosines";
        return Err(Error::new(ErrorKind::InvalidArgument, message));
    }
    options.scope.as_ref().map_or(Ok(()), |scope| check_name("scope", scope))
}

pub(super) fn observe(
    txn: &mut WriteTxn<'_>,
    space: &Space,
    vector: &[f32],
    options: &ObserveOptions,
) -> Result<Observed> {
    let name = options.scope.as_deref();
    let known = space::check(txn.view(), VOICES, space)?;
    let scope = scope(txn.view(), name)?;
    let nearest = match scope {
        Some(scope) if known => {
            let scores = vectors::scores(txn.view(), set(scope), vector, 1)?;
            vectors::largest(scores, 1).first().copied()
        }
        _ => None,
    };
    let score = nearest.map(|(_, score)| score);
    match (scope, nearest) {
        (Some(scope), Some((number, score))) if score > options.matching => {
            let speaker = speaker(txn.view(), scope, number)?;
            let stored = score <= options.same;
            if stored {
                keep(txn, scope, space, vector, Some(&speaker))?;
            }
            Ok(Observed { speaker, score: Some(score), is_new: false, stored })
        }
        _ => {
            let scope = scope.map_or_else(|| new_scope(txn, name), Ok)?;
            let speaker = keep(txn, scope, space, vector, None)?;
            Ok(Observed { speaker, score, is_new: true, stored: true })
        }
    }
}

/// Keeps an embedding of a speaker, a new one if none is given.
fn keep(
    txn: &mut WriteTxn<'_>,
    scope: u32,
    space: &Space,
    vector: &[f32],
    speaker: Option<&str>,
) -> Result<String> {
    let number = meta::new_number(txn, meta::NEXT_SPEAKER)?;
    let speaker = speaker.map_or_else(|| format!("spk_{}_{number}", meta::now_ms()), str::to_owned);
    space::claim(txn, VOICES, space)?;
    vectors::put(txn, set(scope), number, vector)?;
    txn.put(Table::Speakers, &speaker_key(scope, number), speaker.as_bytes())?;
    Ok(speaker)
}

/// The speakers of a scope, in the order in which they were first observed.
pub(super) fn all(view: View<'_>, name: Option<&str>) -> Result<Vec<Speaker>> {
    let Some(scope) = scope(view, name)? else { return Ok(Vec::new()) };
    let mut speakers: Vec<Speaker> = Vec::new();
    let mut places = BTreeMap::new();
    for row in view.prefix(Table::Speakers, &speaker_prefix(scope))? {
        let speaker = text(row?.1)?;
        let place = *places.entry(speaker.clone()).or_insert(speakers.len());
        if place == speakers.len() {
            speakers.push(Speaker { speaker, embeddings: 0 });
        }
        speakers[place].embeddings += 1;
    }
    Ok(speakers)
}

/// Forgets every speaker of a scope; gives how many embeddings went.
pub(super) fn forget_scope(txn: &mut WriteTxn<'_>, name: Option<&str>) -> Result<u64> {
    let Some(scope) = scope(txn.view(), name)? else { return Ok(0) };
    let count = txn.view().prefix(Table::Speakers, &speaker_prefix(scope))?.count() as u64;
    vectors::clear(txn, set(scope))?;
    txn.delete_prefix(Table::Speakers, &speaker_prefix(scope))?;
    txn.delete(Table::Speakers, &scope_key(name))?;
    Ok(count)
}

/// The names of all scopes.
pub(super) fn scopes(view: View<'_>) -> Result<BTreeSet<String>> {
    view.prefix(Table::Speakers, &[SCOPE])?.map(|row| text(&row?.0[1..])).collect()
}

/// Removes speakers that lost their embedding or the name of their scope, and embeddings that lost their speaker.
pub(super) fn mend(txn: &mut WriteTxn<'_>, dimensions: usize) -> Result<()> {
    let mut scopes = BTreeSet::new();
    for row in txn.view().prefix(Table::Speakers, &[SCOPE])? {
        scopes.insert(indexed(row?.1, "the number of a scope")?);
    }
    let mut kept = BTreeSet::new();
    let keys: Vec<Vec<u8>> = txn
        .view()
        .prefix(Table::Speakers, &[SPEAKER])?
        .map(|row| Ok(row?.0.to_vec()))
        .collect::<Result<_>>()?;
    for key in keys {
        let place = key.get(1..9).and_then(|bytes| <[u8; 8]>::try_from(bytes).ok()).map(u64::from_be_bytes);
        let (scope, number) = place.map_or((0, 0), |place| ((place >> 32) as u32, place as u32));
        if scopes.contains(&scope) && vectors::contains(txn.view(), set(scope), number, dimensions) {
            kept.insert((scope, number));
        } else {
            txn.delete(Table::Speakers, &key)?;
        }
    }
    for number in vectors::sets_from(txn.view(), Set::FIRST_SCOPE)? {
        let scope = number - Set::FIRST_SCOPE;
        vectors::retain(txn, Set(number), dimensions, |number| kept.contains(&(scope, number)))?;
    }
    let last = kept.iter().map(|(_, number)| *number).max().unwrap_or(0);
    meta::number_from(txn, meta::NEXT_SPEAKER, last)?;
    meta::number_from(txn, meta::NEXT_SCOPE, scopes.last().copied().unwrap_or(0))
}

fn scope(view: View<'_>, name: Option<&str>) -> Result<Option<u32>> {
    let Some(value) = view.get(Table::Speakers, &scope_key(name))? else { return Ok(None) };
    indexed(value, "the number of a scope").map(Some)
}

fn new_scope(txn: &mut WriteTxn<'_>, name: Option<&str>) -> Result<u32> {
    let number = meta::new_number(txn, meta::NEXT_SCOPE)?;
    txn.put(Table::Speakers, &scope_key(name), &number.to_le_bytes())?;
    Ok(number)
}

fn speaker(view: View<'_>, scope: u32, number: u32) -> Result<String> {
    let value = view.get(Table::Speakers, &speaker_key(scope, number))?;
    text(value.ok_or_else(|| damaged("a speaker without a name"))?)
}

fn text(value: &[u8]) -> Result<String> {
    std::str::from_utf8(value).map(str::to_owned).map_err(|e| damaged("the name of a speaker").with_source(e))
}

fn set(scope: u32) -> Set {
    Set(Set::FIRST_SCOPE.saturating_add(scope))
}

fn scope_key(name: Option<&str>) -> Vec<u8> {
    [&[SCOPE], name.unwrap_or_default().as_bytes()].concat()
}

fn speaker_prefix(scope: u32) -> Vec<u8> {
    [&[SPEAKER], &scope.to_be_bytes()[..]].concat()
}

fn speaker_key(scope: u32, number: u32) -> Vec<u8> {
    [&speaker_prefix(scope)[..], &number.to_be_bytes()].concat()
}
