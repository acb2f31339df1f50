// What a worker can be asked for about who is speaking.

import koffi from "koffi";
import { checked, consume, opened, optionsOf, withClip, withEach, withSource, withSpeech } from "../convert.js";
import { plain, readRow, rowOf, rowsAt, wordOf } from "../rows.js";

const STAGES = ["decode", "embed", "search"];

export const voiceCalls = {
  voice_embedder(native, { model, options }) {
    const given = optionsOf(native, "voice_embedder_options", options);
    const address = opened(native, (out) => native.voice_embedder_new(model ?? null, given, out));
    const value = {
      address,
      dimensions: native.voice_embedder_dimensions(address),
      sampleRate: native.voice_embedder_sample_rate(address),
      pipeline: native.voice_embedder_pipeline(address),
    };
    return { value };
  },

  embed(native, { addresses: [embedder], source }) {
    const value = embeddingOf(native, "voice_embedder_embed", embedder, source);
    return { value, transfer: [value.buffer] };
  },

  embed_speech(native, { addresses: [embedder], source }) {
    const value = speechEmbeddingOf(native, embedder, source);
    return { value, transfer: [value.buffer] };
  },

  embed_many(native, { addresses: [embedder], sources }, { cancel, progress }) {
    const length = native.voice_embedder_dimensions(embedder);
    const all = new Float32Array(length * sources.length);
    eachSpeech(native, "voice_embedder_embed_many", sources, (call, handles) =>
      checked(native, call(embedder, handles, handles.length, cancel, progress, all, all.length)),
    );
    const value = sources.map((_, i) => all.slice(i * length, (i + 1) * length));
    return { value, transfer: value.map((row) => row.buffer) };
  },

  voices_enroll(native, { addresses: [store, embedder], person, sources, options }, { cancel, progress }) {
    const { gate, ...rest } = options;
    const given = optionsOf(native, "enroll_options", gate === undefined ? rest : { ...rest, quality_gate: gate });
    return eachSpeech(native, "voices_enroll", sources, (call, handles) =>
      consume(
        native,
        "enrolled",
        (out) => call(store, embedder, person, handles, handles.length, given, cancel, progress, out),
        (enrolled) => ({ value: enrolledOf(native, enrolled) }),
      ),
    );
  },

  voices_identify(native, { addresses: [store, embedder], source, options }) {
    const given = optionsOf(native, "voice_identify_options", options);
    return withSpeech(native, "voices_identify", source, (call, handle) =>
      consume(
        native,
        "voice_answer",
        (out) => call(store, embedder, handle, given, out),
        (answer) => ({ value: answerOf(native, answer) }),
      ),
    );
  },

  voices_verify(native, { addresses: [store, embedder], person, source, options }) {
    const given = optionsOf(native, "voice_identify_options", options);
    return withSpeech(native, "voices_verify", source, (call, handle) =>
      consume(
        native,
        "verification",
        (out) => call(store, embedder, person, handle, given, out),
        (verification) => ({
          value: {
            decision: wordOf("decision", native.verification_decision(verification)),
            claim: rowOf(native, "voice_match", native.verification_claim(verification)),
            calibrated: native.verification_calibrated(verification),
            quality: rowOf(native, "voice_quality", native.verification_quality(verification)),
          },
        }),
      ),
    );
  },
};

/** The embedding of what is spoken, as a store keeps it, which may be given. */
export function speechEmbeddingOf(native, embedder, source) {
  return source.embedding ?? embeddingOf(native, "voice_embedder_embed_speech", embedder, source);
}

function embeddingOf(native, name, embedder, source) {
  const embedding = new Float32Array(native.voice_embedder_dimensions(embedder));
  withSpeech(native, name, source, (call, handle) =>
    checked(native, call(embedder, handle, embedding, embedding.length)),
  );
  return embedding;
}

/** As `withSpeech`, for many, which are all clips or none of them. */
function eachSpeech(native, name, sources, work) {
  const clips = sources.filter(({ clip }) => clip !== undefined).map(({ clip }) => clip);
  if (clips.length > 0) return withEach(native, withClip, clips, (handles) => work(native[`${name}_clips`], handles));
  return withEach(native, withSource, sources, (handles) => work(native[name], handles));
}

function enrolledOf(native, enrolled) {
  const voiceprint = voiceprintOf(native, native.enrolled_voiceprint(enrolled));
  const length = native.enrolled_len(enrolled);
  return {
    status: wordOf("enroll_status", native.enrolled_status(enrolled)),
    sampleCount: voiceprint.sampleCount,
    added: native.enrolled_added(enrolled),
    known: native.enrolled_known(enrolled),
    leftOut: native.enrolled_left_out(enrolled),
    voiceprint,
    similarTo: similarOf(native, native.enrolled_similar_to(enrolled)),
    samples: Array.from({ length }, (_, i) => sampleOf(native, native.enrolled_sample(enrolled, i))),
  };
}

/** Somebody else whose voice it is; null for nobody. */
function similarOf(native, pointer) {
  return pointer === null ? null : rowOf(native, "similar_voiceprint", pointer);
}

function sampleOf(native, pointer) {
  const { recording_id: recordingId, reason, quality } = koffi.decode(pointer, native.types.voice_sample);
  return { recordingId, reason, quality: quality === null ? null : rowOf(native, "voice_quality", quality) };
}

export function voiceprintOf(native, pointer) {
  const values = koffi.decode(pointer, native.types.voiceprint);
  return { ...readRow("voiceprint", values), samples: rowsAt(native, "sample", values.samples, values.sample_len) };
}

const match = plain("voice_match");

function answerOf(native, answer) {
  const length = native.voice_answer_len(answer);
  return {
    decision: wordOf("decision", native.voice_answer_decision(answer)),
    matches: Array.from({ length }, (_, i) => match(native, native.voice_answer_match(answer, i))),
    compared: native.voice_answer_compared(answer),
    cohort: native.voice_answer_cohort(answer),
    calibrated: native.voice_answer_calibrated(answer),
    quality: rowOf(native, "voice_quality", native.voice_answer_quality(answer)),
    elapsedMs: Object.fromEntries(STAGES.map((stage) => [stage, native[`voice_answer_${stage}_ms`](answer)])),
  };
}
