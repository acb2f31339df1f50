// What a worker can be asked for about the voices that a store keeps: recordings, voiceprints, speakers, calibration.

import { checked, consume, optionsOf, orNull, withSpeech } from "../convert.js";
import { listOf, pageOf, plain, rowOf } from "../rows.js";
import { filled } from "./store.js";
import { speechEmbeddingOf, voiceprintOf } from "./voices.js";

const voice = plain("voice");

export const voiceRowCalls = {
  voices_record(native, { addresses: [store, embedder], source, options }) {
    const { metadata, ...rest } = options;
    const row = metadata === undefined ? rest : { ...rest, metadata_json: metadata };
    const given = optionsOf(native, "record_options", row);
    const isNew = [false];
    return withSpeech(native, "voices_record", source, (call, handle) =>
      consume(
        native,
        "voice",
        (out) => call(store, embedder, handle, given, isNew, out),
        (found) => ({ value: { isNew: isNew[0], voice: voice(native, found) } }),
      ),
    );
  },

  voices_search(native, { addresses: [store, embedder], source, options }) {
    const given = optionsOf(native, "voice_search_options", options);
    const embedding = speechEmbeddingOf(native, embedder, source);
    return consume(
      native,
      "voice_list",
      (out) => native.voices_search(store, embedder, embedding, embedding.length, given, out),
      (list) => {
        const similar = (_, pointer, i) => {
          return { voice: voice(native, pointer), similarity: native.voice_list_similarity(list, i) };
        };
        return { value: listOf(native, "voice_list", list, similar) };
      },
    );
  },

  voices_observe(native, { addresses: [store, embedder], source, options }) {
    const given = optionsOf(native, "observe_options", options);
    const embedding = speechEmbeddingOf(native, embedder, source);
    return consume(
      native,
      "observed",
      (out) => native.voices_observe(store, embedder, embedding, embedding.length, given, out),
      (observed) => ({ value: rowOf(native, "observed", observed) }),
    );
  },

  voices_get(native, { addresses: [store], recordingId }) {
    return orNull(() => ({ value: voiceAt(native, store, recordingId) }));
  },

  voices_embedding(native, { addresses: [store], recordingId }) {
    return orNull(() => {
      const value = new Float32Array(voiceAt(native, store, recordingId).embeddingDimensions);
      checked(native, native.voices_embedding(store, recordingId, value, value.length));
      return { value, transfer: [value.buffer] };
    });
  },

  voices_page(native, { addresses: [store], after, limit }) {
    return consume(
      native,
      "voice_list",
      (out) => native.voices_page(store, after, limit, out),
      (list) => ({ value: pageOf(native, "voice_list", list, voice) }),
    );
  },

  voices_recent(native, { addresses: [store], options }) {
    const given = optionsOf(native, "voice_list_options", options);
    return consume(
      native,
      "voice_list",
      (out) => native.voices_recent(store, given, out),
      (list) => ({ value: listOf(native, "voice_list", list, voice) }),
    );
  },

  voices_remove(native, { addresses: [store], recordingId }) {
    checked(native, native.voices_remove(store, recordingId));
    return {};
  },

  voices_people(native, { addresses: [store] }) {
    return consume(
      native,
      "voiceprint_list",
      (out) => native.voices_people(store, out),
      (list) => ({ value: listOf(native, "voiceprint_list", list, voiceprintOf) }),
    );
  },

  voices_person(native, { addresses: [store], person }) {
    return orNull(() => oneVoiceprint(native, (out) => native.voices_person(store, person, out)));
  },

  voices_remove_sample(native, { addresses: [store], person, recordingId }) {
    return oneVoiceprint(native, (out) => native.voices_remove_sample(store, person, recordingId, out));
  },

  voices_restore_sample(native, { addresses: [store], person, options }) {
    const { recording_id: recordingId = null, ...rest } = options;
    const given = optionsOf(native, "enroll_options", rest);
    return oneVoiceprint(native, (out) => native.voices_restore_sample(store, person, recordingId, given, out));
  },

  voices_speakers(native, { addresses: [store], options }) {
    return consume(
      native,
      "speaker_list",
      (out) => native.voices_speakers(store, options.scope ?? null, out),
      (list) => ({ value: listOf(native, "speaker_list", list, plain("speaker")) }),
    );
  },

  voices_forget(native, { addresses: [store], person }) {
    return filled(native, "forgotten_voices", (counts) => native.voices_forget(store, person, counts));
  },

  voices_forget_user(native, { addresses: [store], userId }) {
    return filled(native, "forgotten_voices", (counts) => native.voices_forget_user(store, userId, counts));
  },

  voices_forget_speakers(native, { addresses: [store], options }) {
    const embeddings = [0];
    checked(native, native.voices_forget_speakers(store, options.scope ?? null, embeddings));
    return { value: embeddings[0] };
  },

  voices_set_cohort(native, { addresses: [store, embedder], rows }) {
    const all = Float32Array.from(rows.flatMap((row) => Array.from(row)));
    checked(native, native.voices_set_cohort(store, embedder, all, all.length));
    return {};
  },

  voices_fit_calibration(native, { addresses: [store, embedder], trials }) {
    return filled(native, "calibration", (calibration) =>
      native.voices_fit_calibration(store, embedder, trials, trials.length, calibration),
    );
  },

  voices_stats(native, { addresses: [store] }) {
    return filled(native, "voice_stats", (stats) => native.voices_stats(store, stats));
  },
};

function voiceAt(native, store, recordingId) {
  return consume(
    native,
    "voice",
    (out) => native.voices_get(store, recordingId, out),
    (found) => voice(native, found),
  );
}

function oneVoiceprint(native, call) {
  return consume(native, "voiceprint", call, (voiceprint) => ({ value: voiceprintOf(native, voiceprint) }));
}
