//! Promise: who speaks when is found by activity, by voices, and best by both.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test may fail, and prints its figures")]

mod support;

use sonic_audio::speaker::VoiceEmbedder;
use sonic_core::{Segment, Turn};
use sonic_live::{LiveOptions, LiveSession, SpeakerOptions, Speakers, UtteranceOptions, Utterances};
use std::collections::BTreeMap;
use support::der::{self, Stretch};
use support::{Conversation, conversation, stretches};

/// Hears a conversation as a session does, a second at a time.
fn follow(
    conversation: &Conversation,
    options: &SpeakerOptions,
    utterances: &UtteranceOptions,
    bits: bool,
) -> Vec<Turn> {
    let mut cutter = Utterances::new("c", "p", utterances).unwrap();
    let mut speakers = Speakers::new(options).unwrap();
    let mut updates = conversation.updates.iter().filter(|_| bits).peekable();
    let take = |detected: sonic_live::Detected, speakers: &mut Speakers| {
        speakers.observe(&detected.frames);
        detected.utterances.iter().for_each(|u| speakers.listen(u.start_ms, &u.samples).unwrap());
    };
    for (second, piece) in conversation.samples.chunks(16_000).enumerate() {
        let detected = cutter.push(second as f64 * 1000.0, piece).unwrap();
        take(detected, &mut speakers);
        while let Some((stamp, body)) = updates.next_if(|(stamp, _)| *stamp <= (second + 1) as f64 * 1000.0) {
            speakers.activity(*stamp, body).unwrap();
        }
    }
    take(cutter.finish().unwrap(), &mut speakers);
    for (stamp, body) in updates {
        speakers.activity(*stamp, body).unwrap();
    }
    speakers.turns()
}

/// The segments of a session that is told everything a second at a time, as turns.
fn segments(conversation: &Conversation, voices: bool) -> Vec<Stretch> {
    let speakers = SpeakerOptions { voices: voices.then(VoiceEmbedder::built_in), ..Default::default() };
    let options = LiveOptions { speakers, ..Default::default() };
    let mut session = LiveSession::new("c", None, &options).unwrap();
    let (mut told, mut updates) = (Vec::new(), conversation.updates.iter().peekable());
    for (second, piece) in conversation.samples.chunks(16_000).enumerate() {
        told.extend(session.push_samples(second as f64 * 1000.0, piece).unwrap());
        while let Some((stamp, body)) = updates.next_if(|(stamp, _)| *stamp <= (second + 1) as f64 * 1000.0) {
            told.extend(session.activity(*stamp, body).unwrap());
        }
    }
    told.extend(session.finish().unwrap());
    for (stamp, body) in updates {
        told.extend(session.activity(*stamp, body).unwrap());
    }
    let latest: BTreeMap<String, Segment> =
        told.into_iter().map(|segment| (segment.id.clone(), segment)).collect();
    let seconds = |ms: u64| ms as f64 / 1000.0;
    let known = latest.into_values().filter(|segment| segment.end_ms > segment.start_ms);
    known.filter_map(|s| Some((seconds(s.start_ms), seconds(s.end_ms), s.speaker?))).collect()
}

#[test]
fn activity_and_voices_together_say_who_speaks() {
    for (name, most) in [("conv_a", 4.0), ("conv_b", 8.0)] {
        let Some(conversation) = conversation(name) else { return };
        let error = |found: &[Stretch], collar| der::error(&conversation.reference, found, collar, true);
        let turns = |voices: bool, bits| {
            let options =
                SpeakerOptions { voices: voices.then(VoiceEmbedder::built_in), ..Default::default() };
            stretches(&follow(&conversation, &options, &UtteranceOptions::default(), bits))
        };
        let (bits, fused, voice) = (turns(false, true), turns(true, true), turns(true, false));
        let segments = segments(&conversation, true);
        for (what, found) in [("bits", &bits), ("fused", &fused), ("voices", &voice), ("segments", &segments)]
        {
            eprintln!(
                "{name}, {what}: {:.2} %, without collar {:.2} %",
                error(found, 0.25),
                error(found, 0.0)
            );
        }
        assert!(error(&bits, 0.25) <= most && error(&fused, 0.25) <= most);
        assert!(error(&segments, 0.25) <= most + 2.0);
        assert!(error(&voice, 0.25) <= 35.0);
    }
}

#[cfg(feature = "onnx")]
#[test]
fn silero_tells_speech_for_it_as_well() {
    let Some(model) = support::silero() else { return };
    for (name, most) in [("conv_a", 4.0), ("conv_b", 8.0)] {
        let Some(conversation) = conversation(name) else { return };
        let options = SpeakerOptions { voices: Some(VoiceEmbedder::built_in()), ..Default::default() };
        let utterances = UtteranceOptions { model: Some(model.clone()), ..Default::default() };
        let found = stretches(&follow(&conversation, &options, &utterances, true));
        let error = |collar| der::error(&conversation.reference, &found, collar, true);
        eprintln!("{name}, fused with Silero: {:.2} %, without collar {:.2} %", error(0.25), error(0.0));
        assert!(error(0.25) <= most);
    }
}

#[test]
fn what_is_kept_does_not_grow_and_turns_stay() {
    let Some(conversation) = conversation("conv_a") else { return };
    // The conversation four times, one after the other: what is older than a minute and a half is decided for good.
    let seconds = conversation.samples.len() / 16_000;
    let mut long =
        Conversation { samples: Vec::new(), updates: Vec::new(), reference: Vec::new(), ..conversation };
    let once = support::conversation("conv_a").unwrap();
    for from in (0..4).map(|round| (round * seconds) as f64) {
        long.samples.extend(&once.samples[..seconds * 16_000]);
        let whole = once.updates.iter().filter(|(stamp, _)| *stamp < (seconds as f64 + 1.0) * 1000.0);
        long.updates.extend(whole.map(|(stamp, body)| (stamp + from * 1000.0, body.clone())));
        long.reference.extend(once.reference.iter().map(|(s, e, who)| (s + from, e + from, who.clone())));
    }
    for voices in [None, Some(VoiceEmbedder::built_in())] {
        let options = SpeakerOptions { voices, ..Default::default() };
        let found = stretches(&follow(&long, &options, &UtteranceOptions::default(), true));
        let error = der::error(&long.reference, &found, 0.25, true);
        eprintln!("four conversations: {error:.2} %");
        assert!(error <= 4.0, "{error}");
    }
    let options = SpeakerOptions { voices: Some(VoiceEmbedder::built_in()), ..Default::default() };
    let found = stretches(&follow(&long, &options, &UtteranceOptions::default(), false));
    let error = der::error(&long.reference, &found, 0.25, true);
    eprintln!("four conversations by voice: {error:.2} %");
    assert!(error <= 20.0, "{error}");
}

/// Conversations that nothing was tuned on.
#[test]
fn other_conversations_are_told_as_well() {
    for (is_hard, most, most_by_voice) in [(false, 6.0, 20.0), (true, 12.0, 50.0)] {
        let (mut fused, mut voice) = (Vec::new(), Vec::new());
        for seed in 0..sonic_testing::rounds(3, 10) as u64 {
            let Some(conversation) = support::recipe::conversation(seed, is_hard) else { return };
            let options = SpeakerOptions { voices: Some(VoiceEmbedder::built_in()), ..Default::default() };
            let error = |bits| {
                let found = stretches(&follow(&conversation, &options, &UtteranceOptions::default(), bits));
                der::error(&conversation.reference, &found, 0.25, true)
            };
            fused.push(error(true));
            voice.push(error(false));
        }
        let mean = |errors: &[f64]| errors.iter().sum::<f64>() / errors.len() as f64;
        eprintln!(
            "hard: {is_hard}; fused {:.2} % of {fused:.2?}, voices {:.2} %",
            mean(&fused),
            mean(&voice)
        );
        assert!(mean(&fused) <= most && mean(&voice) <= most_by_voice);
    }
}
