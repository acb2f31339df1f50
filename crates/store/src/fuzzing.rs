//! What the fuzz targets of the store work with: a small valid store whose rows, or the chunks of whose snapshot, can be
//! damaged one at a time. It is no public API: the feature `fuzzing` is for the fuzz crate.

use crate::env::{Change, Table, WriteTxn};
use crate::snapshot::{self, Chunk, MANIFEST_FORMAT, Manifest, Receiver, TableChunks};
use crate::{
    ClusterOptions, Cursor, EnrollOptions, FaceId, FaceSearchOptions, IdentifyOptions, NewPhoto,
    NewRecording, NewVoice, ObserveOptions, Photo, Recording, Store, StoreOptions, Voice,
    VoiceIdentifyOptions, VoiceSearchOptions, faces, segments, voices,
};
use sonic_core::{
    Embedding, Error, ErrorKind, Face, FaceQuality, Fingerprint, Landmark, PipelineId, Result, Texture,
};
use std::ops::ControlFlow;
use std::path::Path;

/// Table, key and value.
pub(crate) type Row = (Table, Vec<u8>, Vec<u8>);

/// A store to be damaged.
#[derive(Debug)]
pub struct Victim {
    store: Store,
    rows: Vec<Row>,
    clip: Fingerprint,
}

impl Victim {
    /// A new store in directory `path`, with two short recordings, a few voices and an event of photos.
    ///
    /// # Errors
    /// As [`Store::open`] and [`Store::add`].
    pub fn new(path: &Path) -> Result<Self> {
        let store = Store::open(path, StoreOptions::default())?;
        fill(&store)?;
        let rows = rows(&store)?;
        Ok(Self { store, rows, clip: fingerprint(1, true) })
    }

    /// Damages one row as `input` says, reads everything, queries a clip, merges, and puts the row back.
    ///
    /// Any answer is right but a panic, endless work or a huge allocation.
    ///
    /// # Errors
    /// If the row cannot be written: the store has not been damaged then.
    pub fn run(&self, input: &[u8]) -> Result<()> {
        let Some((&[row, how], input)) = input.split_first_chunk::<2>() else { return Ok(()) };
        let (table, key, value) = &self.rows[usize::from(row) % self.rows.len()];
        let shared = self.store.shared()?;
        shared.write(Change::Addition, |txn| txn.put(*table, key, &damaged(value, how, input)))?;
        self.use_it();
        self.use_voices();
        self.use_faces();
        // Searching takes its time.
        if how & 8 == 0 {
            self.query();
        }
        // A merge reads what is damaged and writes; it is not kept.
        let merged: Result<()> = shared.write(Change::Addition, |txn| {
            self.change_voices(txn);
            faces::fuzzing(txn, &photo(2, 7));
            segments::tidy(txn, true)?;
            Err(Error::new(ErrorKind::Closed, "enough"))
        });
        drop(merged);
        shared.write(Change::Addition, |txn| txn.put(*table, key, value))
    }

    /// Receives a snapshot of the store, with one chunk damaged as `input` says, into the directory `to`, and reads what came of
    /// it; false if nothing came. In a bucket chunks have the hashes of their bytes; whoever can write there can write any.
    ///
    /// # Errors
    /// If the store cannot be exported.
    pub fn receive(&self, to: &Path, input: &[u8]) -> Result<bool> {
        let Some((&[which, how], input)) = input.split_first_chunk::<2>() else { return Ok(false) };
        let (mut manifest, mut chunks) = exported(&self.store)?;
        let which = usize::from(which) % chunks.len();
        chunks[which] = damaged(&chunks[which], how, input);
        if let Some(chunk) = manifest.tables.iter_mut().flat_map(|table| &mut table.chunks).nth(which) {
            chunk.rows = if how & 8 == 0 { chunk.rows } else { input.len() as u64 };
            chunk.bytes = chunks[which].len() as u64;
        }
        let _ = std::fs::remove_dir_all(to);
        let receive = || -> Result<Store> {
            let receiver = Receiver::open(to, &manifest, "fuzzing")?;
            let wanted = receiver.wanted().to_vec();
            receiver.append(&wanted.into_iter().zip(chunks).collect::<Vec<_>>())?;
            receiver.finish(None, b"{}")?;
            Store::open(to, StoreOptions::default())
        };
        let Ok(store) = receive() else { return Ok(false) };
        let received = Self { store, rows: Vec::new(), clip: self.clip.clone() };
        received.use_it();
        received.use_voices();
        received.use_faces();
        received.store.close();
        Ok(true)
    }

    fn use_it(&self) {
        drop(self.store.stats());
        drop(self.store.check());
        self.store.recordings().iter().for_each(drop);
        drop(self.store.recordings().landmarks("1"));
        drop(self.store.recordings().id_of_source("x"));
    }

    fn use_voices(&self) {
        let (voices, query) = (self.store.voices(), embedding(2));
        drop(voices.stats());
        drop(voices.people());
        drop(voices.page(Cursor::default(), 100));
        drop(voices.recent(9));
        drop(voices.by_voiceprint("vp_1_1", 9));
        drop(voices.embedding("2-1"));
        drop(voices.search(&query, &VoiceSearchOptions::default()));
        drop(voices.identify(&query, &VoiceIdentifyOptions::default()));
        drop(voices.verify("2", &query, &VoiceIdentifyOptions::default()));
        drop(voices.speakers(None));
        #[cfg(feature = "arrow")]
        drop(voices.table());
    }

    fn use_faces(&self) {
        let (faces, people) = (self.store.faces(), self.store.people("event"));
        drop(faces.stats());
        drop(faces.events());
        drop(faces.photos("event", Cursor::default(), 9));
        drop(faces.faces_of("event", "2"));
        drop(faces.page("event", Cursor::default(), 9));
        drop(faces.search(&embedding(2), &FaceSearchOptions::default()));
        drop(faces.tags_of_user("Ada"));
        drop(people.list());
        drop(people.unassigned());
        // A clustering that is cancelled at the end has read everything and changes nothing.
        let stop = |part: f32| if part < 1.0 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) };
        drop(people.cluster_with(&ClusterOptions::default(), &mut { stop }));
        drop(people.cluster_with(&ClusterOptions::dbscan(), &mut { stop }));
    }

    /// Writes to the voices as well; nothing of it is kept.
    fn change_voices(&self, txn: &mut WriteTxn<'_>) {
        voices::fuzzing(txn, &voice(2, 7));
    }

    fn query(&self) {
        let options = IdentifyOptions { threads: 1, ..IdentifyOptions::default() };
        drop(self.store.identify(&self.clip, &options));
    }
}

/// The value with other bytes in the place of some, cut off, or replaced.
fn damaged(value: &[u8], how: u8, input: &[u8]) -> Vec<u8> {
    let mut value = value.to_vec();
    match how % 3 {
        0 => return input.to_vec(),
        1 => value.truncate(input.len()),
        _ => {
            for patch in input.chunks_exact(3) {
                let at = usize::from(u16::from_le_bytes([patch[0], patch[1]])) % value.len().max(1);
                value.iter_mut().skip(at).take(1).for_each(|byte| *byte = patch[2]);
            }
        }
    }
    value
}

/// Every row of every table that travels.
pub(crate) fn rows(store: &Store) -> Result<Vec<Row>> {
    let env = store.shared()?.env()?;
    let txn = env.read()?;
    let mut out = Vec::new();
    for table in Table::ALL.into_iter().filter(|table| table.travels()) {
        for row in txn.view().rows(table)? {
            let (key, value) = row?;
            out.push((table, key.to_vec(), value.to_vec()));
        }
    }
    Ok(out)
}

/// The snapshot of a store: its manifest, with numbers for hashes, and its chunks.
pub(crate) fn exported(store: &Store) -> Result<(Manifest, Vec<Vec<u8>>)> {
    let (mut chunks, mut tables): (Vec<Vec<u8>>, Vec<TableChunks>) = (Vec::new(), Vec::new());
    let summary = snapshot::export(store, None, |chunk| {
        if tables.last().is_none_or(|table| table.name != chunk.table) {
            tables.push(TableChunks { name: chunk.table.to_owned(), chunks: Vec::new() });
        }
        let (sha256, bytes) = (format!("{:064x}", chunks.len()), chunk.bytes.len() as u64);
        let known = Chunk { sha256, bytes, packed_bytes: bytes, rows: chunk.rows };
        tables.last_mut().into_iter().for_each(|table| table.chunks.push(known.clone()));
        chunks.push(chunk.bytes);
        Ok(())
    })?;
    let manifest = Manifest {
        format: MANIFEST_FORMAT,
        version: 1,
        base: None,
        restores: None,
        created_at_ms: 0,
        store_format: summary.store_format,
        forget_epoch: summary.forget_epoch,
        pipelines: summary.pipelines,
        chunk_bytes: summary.chunk_bytes,
        tables,
        journal: None,
    };
    Ok((manifest, chunks))
}

/// Two short recordings, a few voices and an event of photos.
pub(crate) fn fill(store: &Store) -> Result<()> {
    for number in 1..3 {
        let recording = Recording { id: number.to_string(), ..Recording::default() };
        store.add(vec![NewRecording { recording, fingerprint: fingerprint(number, false) }])?;
    }
    let voices = store.voices();
    for person in 1..4 {
        voices.enroll(
            &person.to_string(),
            &[voice(person, 0), voice(person, 1)],
            &EnrollOptions::default(),
        )?;
    }
    voices.remove_sample("3", "3-1")?;
    voices.observe(&embedding(9), &ObserveOptions::default())?;
    voices.set_cohort(&embedding(0).pipeline, &(10..30).map(|n| embedding(n).vector).collect::<Vec<_>>())?;
    add_faces(store)
}

/// An event with people of every kind.
fn add_faces(store: &Store) -> Result<()> {
    for number in 1..7 {
        store.faces().add_photo(&photo(number, number % 3))?;
    }
    let people = store.people("event");
    let faces: Vec<FaceId> = people.unassigned()?.iter().map(|face| face.face_id).collect();
    let persons = faces.chunks(2).map(|pair| people.create(pair)).collect::<Result<Vec<_>>>()?;
    people.link(persons[0].person_id, "Ada")?;
    people.pin_representative(persons[0].person_id, Some(faces[1]))?;
    people.merge(persons[1].person_id, persons[2].person_id)?;
    people.not_same(persons[0].person_id, persons[2].person_id)?;
    people.unassign(faces[5]).map(drop)
}

fn photo(number: u8, seed: u8) -> NewPhoto {
    let event = "event".to_owned();
    let photo =
        Photo { photo_id: number.to_string(), event, user_id: Some("Ada".to_owned()), ..Photo::default() };
    let face = Face {
        bbox: [1.0, 2.0, 30.0, 40.0],
        score: 0.9,
        landmarks: [[5.0, 6.0]; 5],
        quality: FaceQuality { size: 29.0, sharpness: 20.0, brightness: 0.5, ..FaceQuality::default() },
        embedding: embedding(seed),
    };
    NewPhoto { photo, faces: vec![face], thumbnails: Vec::new() }
}

fn voice(person: u8, number: u8) -> NewVoice {
    let recording_id = format!("{person}-{number}");
    let mode = Some("test".to_owned());
    let voice = Voice { recording_id, mode, created_at_ms: 1, updated_at_ms: 1, ..Voice::default() };
    let embedding = embedding(person.wrapping_mul(2) ^ number);
    let narrow = person.is_multiple_of(2).then(|| embedding.vector.clone());
    NewVoice { voice, embedding: Some(embedding), narrow }
}

fn embedding(seed: u8) -> Embedding {
    let vector = (1..=8u8).map(|n| f32::from(seed.wrapping_mul(n) ^ 85) - 100.5).collect();
    Embedding { pipeline: PipelineId::new("fuzzing"), vector }
}

/// Landmarks that look random and are always the same, and a texture in which they stand out.
pub(crate) fn fingerprint(seed: u32, texture: bool) -> Fingerprint {
    const FRAMES: u32 = 120;
    const BINS: usize = 450;
    let mut state = seed;
    let mut random = |end: u32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 16) % end
    };
    let landmarks: Vec<Landmark> = (0..FRAMES / 2)
        .map(|n| Landmark { frame: 2 * n, frequency: 100 + random(3_400) as u16, salience: random(30) as u8 })
        .collect();
    let mut levels = vec![-4i8; FRAMES as usize * BINS];
    for l in &landmarks {
        levels[l.frame as usize * BINS + usize::from(l.frequency / 8) - 11] = 20;
    }
    Fingerprint {
        pipeline: PipelineId::new("fuzzing"),
        duration_ms: 2_786,
        frames: FRAMES,
        landmarks,
        texture: texture.then_some(Texture { bins: BINS, first_bin: 11, levels }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A generator of bytes, the same at every run.
    fn bytes() -> impl FnMut() -> u8 {
        let mut state = 7u32;
        move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        }
    }

    #[test]
    fn damaged_chunks_never_panic() {
        let folder = std::env::temp_dir().join(format!("sonic-damaged-chunks-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        let victim = Victim::new(&folder.join("from")).unwrap();
        let (_, chunks) = exported(&victim.store).unwrap();
        // Nothing is written over.
        assert!(victim.receive(&folder.join("to"), &[0, 2]).unwrap(), "a snapshot that is whole is received");
        let mut random = bytes();
        for round in 0..sonic_testing::rounds(4 * chunks.len(), 2_000) {
            let length = 2 + usize::from(random()) / 4;
            let mut input: Vec<u8> = (0..length).map(|_| random()).collect();
            input[0] = round as u8;
            victim.receive(&folder.join("to"), &input).unwrap();
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }

    /// A moment of what the fuzzer does for hours.
    #[test]
    fn damaged_rows_never_panic() {
        let folder = std::env::temp_dir().join(format!("sonic-damaged-rows-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        let victim = Victim::new(&folder).unwrap();
        assert!(victim.store.check().unwrap().is_empty() && victim.rows.len() >= 65);
        let mut random = bytes();
        for round in 0..sonic_testing::rounds(400, 20_000) {
            let length = 2 + usize::from(random()) / 8;
            let mut input: Vec<u8> = (0..length).map(|_| random()).collect();
            input[0] = round as u8;
            victim.run(&input).unwrap();
        }
        assert!(victim.store.check().unwrap().is_empty(), "every row was put back");
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
