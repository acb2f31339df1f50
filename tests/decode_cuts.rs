//! Promise: a file that was cut gives the same samples from memory as from a stream, in every format and wherever it was
//! cut, and never fewer than what lies before the cut.
#![expect(clippy::unwrap_used, reason = "a test may fail")]

use sonic::audio::decode::{DecodeOptions, Source, decode, decode_with};
use sonic_testing::media::{MovTrack, Pcm, aiff, caf, flac, mov, tone, wav};
use std::fs;
use std::io::{Cursor, Read};

const CUTS: [usize; 5] = [1, 10, 50, 90, 99];

/// A stream that gives a few bytes at a time.
struct Trickle(Cursor<Vec<u8>>, usize);

impl Read for Trickle {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let most = buffer.len().min(self.1);
        self.1 = self.1 * 7 % 1_021 + 1;
        self.0.read(&mut buffer[..most])
    }
}

/// Files of every format that code can make.
fn made() -> Vec<(String, Vec<u8>)> {
    let sound = tone(16_000, 2, 1.5);
    let track = MovTrack::pcm(b"in24", Pcm::Integer(24), (16_000, 2), &sound, true);
    let other =
        MovTrack { enabled: false, ..MovTrack::pcm(b"sowt", Pcm::Integer(16), (16_000, 2), &sound, false) };
    let mut files = vec![
        ("flac".to_owned(), flac(16_000, 2, &sound, 1_152, 1_152)),
        ("flac of no smallest block".to_owned(), flac(16_000, 2, &sound, 1_152, 0)),
        ("wav".to_owned(), wav(Pcm::Integer(16), 16_000, 2, &sound)),
        ("caf".to_owned(), caf(Pcm::Float(32), 16_000, 2, &sound, true)),
        ("caf of unknown size".to_owned(), caf(Pcm::Integer(24), 16_000, 2, &sound, false)),
        ("mov with two tracks".to_owned(), mov(&[other, track.clone()], false, true)),
    ];
    for sound_first in [false, true] {
        files.push((
            format!("aiff {sound_first}"),
            aiff(Pcm::Integer(16), None, (16_000, 2), &sound, sound_first),
        ));
        for with_type in [false, true] {
            let file = mov(std::slice::from_ref(&track), sound_first, with_type);
            files.push((format!("mov {sound_first} {with_type}"), file));
        }
    }
    files
}

/// The reference files, MP4 also with its index in front.
fn reference() -> Vec<(String, Vec<u8>)> {
    let Some(folder) = sonic_testing::assets("voice/audio/formats") else { return vec![] };
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.extend(sonic_testing::assets("faults/audio/01-last-percent-missing.m4a"));
    paths.extend(sonic_testing::assets("faults/audio/02-mono-then-stereo.mp3"));
    paths.extend(sonic_testing::assets("faults/audio/13-mov-without-ftyp.mov"));
    paths.retain(|path| path.is_file() && path.extension().is_some_and(|e| e != "json"));
    paths.sort();
    paths.into_iter().map(|path| (path.display().to_string(), fs::read(path).unwrap())).collect()
}

#[test]
fn memory_and_streams_agree_wherever_a_file_is_cut() {
    for (name, file) in made().into_iter().chain(reference()) {
        let whole = decode(file.as_slice()).unwrap_or_else(|e| panic!("{name}: {e}"));
        let mut longest = 0;
        for percent in CUTS {
            let cut = file[..file.len() * percent / 100].to_vec();
            for options in [DecodeOptions::default(), DecodeOptions::at(11_025)] {
                let memory = decode_with(cut.as_slice(), &options);
                let stream = decode_with(Source::reader(Trickle(Cursor::new(cut.clone()), 1)), &options);
                match (&memory, &stream) {
                    (Ok(memory), Ok(stream)) => assert!(
                        memory == stream,
                        "{name} cut at {percent} %: {memory:?} and as a stream {stream:?}"
                    ),
                    (Err(memory), Err(stream)) => {
                        assert_eq!(memory.kind(), stream.kind(), "{name} at {percent} %")
                    }
                    _ => panic!("{name} cut at {percent} %: {memory:?} and as a stream {stream:?}"),
                }
                if let (Ok(clip), None) = (&memory, options.sample_rate) {
                    assert!(
                        clip.samples.len() >= longest && clip.samples.len() <= whole.samples.len(),
                        "{name}"
                    );
                    longest = clip.samples.len();
                    let same = longest.saturating_sub(8_192);
                    assert!(clip.samples[..same] == whole.samples[..same], "{name} cut at {percent} %");
                }
            }
        }
    }
}
