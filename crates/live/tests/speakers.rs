//! Promise: who speaks when is found by activity, by voices, and best by both.

mod support;

use sonic_audio::speaker::VoiceEmbedder;
use sonic_core::Turn;
use sonic_live::{SpeakerOptions, Speakers, UtteranceOptions, Utterances};
use support::{Conversation, conversation, der, stretches};

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
    let take = |heard: sonic_live::Heard, speakers: &mut Speakers| {
        speakers.hear(&heard.frames);
        heard.utterances.iter().for_each(|u| speakers.listen(u.start_ms, &u.samples).unwrap());
    };
    for (second, piece) in conversation.samples.chunks(16_000).enumerate() {
        let heard = cutter.push(second as f64 * 1000.0, piece).unwrap();
        take(heard, &mut speakers);
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

#[test]
fn experiment() {
    let mut all = Vec::new();
    for name in ["conv_a", "conv_b"] {
        all.extend(conversation(name));
    }
    if let Some(folder) = std::env::var_os("LIVE_CONVS") {
        let folder = std::path::PathBuf::from(folder);
        let mut names: Vec<String> = std::fs::read_dir(&folder)
            .unwrap()
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .filter_map(|n| n.strip_suffix(".rttm").map(str::to_owned))
            .collect();
        names.sort();
        all.extend(names.iter().map(|n| support::read(&folder, n)));
    }
    let mut models = vec![("plain", None)];
    #[cfg(feature = "onnx")]
    if std::env::var_os("LIVE_SILERO").is_some() {
        models.push(("silero", support::silero()));
    }
    for (vad, model) in models {
        for (what, voices, bits) in [("bits", false, true), ("fused", true, true), ("voice", true, false)] {
            let mut sums = std::collections::BTreeMap::<String, Vec<f64>>::new();
            for conversation in &all {
                let options =
                    SpeakerOptions { voices: voices.then(VoiceEmbedder::built_in), ..Default::default() };
                let now = std::time::Instant::now();
                let utterances = UtteranceOptions { model: model.clone(), ..Default::default() };
                let turns = follow(conversation, &options, &utterances, bits);
                let found = stretches(&turns);
                let error = |collar, o| der::error(&conversation.reference, &found, collar, o);
                let e = error(0.25, true);
                sums.entry(conversation.name[..4].to_owned()).or_default().push(e);
                eprintln!(
                    "{} {what} {vad}: {:.2} {:.2} {:.2}  {:?}",
                    conversation.name,
                    e,
                    error(0.0, true),
                    error(0.25, false),
                    now.elapsed()
                );
            }
            for (k, v) in sums {
                eprintln!(
                    "MEAN {k} {what} {vad}: {:.2} max {:.2}",
                    v.iter().sum::<f64>() / v.len() as f64,
                    v.iter().copied().fold(0.0, f64::max)
                );
            }
        }
    }
}
