//! Promise: who speaks when is found by activity, by voices, and best by both.

mod support;

use sonic_audio::speaker::VoiceEmbedder;
use sonic_core::Turn;
use sonic_live::{SpeakerOptions, Speakers, UtteranceOptions, Utterances};
use support::{Conversation, conversation, der, stretches};

/// Hears a conversation as a session does, a second at a time.
fn follow(conversation: &Conversation, options: &SpeakerOptions, utterances: &UtteranceOptions, bits: bool) -> Vec<Turn> {
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
    updates.for_each(|(stamp, body)| drop(speakers.activity(*stamp, body).unwrap()));
    speakers.turns()
}

#[test]
fn experiment() {
    for name in ["conv_a", "conv_b"] {
        let Some(conversation) = conversation(name) else { return };
        for (what, voices) in [("bits", None), ("fused", Some(VoiceEmbedder::built_in()))] {
            let options = SpeakerOptions { voices, ..Default::default() };
            let mut models = vec![("plain", None)];
            #[cfg(feature = "onnx")]
            models.push(("silero", support::silero()));
            for (vad, model) in models {
                let now = std::time::Instant::now();
                let utterances = UtteranceOptions { model, ..Default::default() };
                let turns = follow(&conversation, &options, &utterances, true);
                let found = stretches(&turns);
                let error = |collar, o| der::error(&conversation.reference, &found, collar, o);
                eprintln!("{name} {what} {vad}: {:.2} {:.2} {:.2}  {:?}", error(0.25, true), error(0.0, true), error(0.25, false), now.elapsed());
            }
        }
    }
}
