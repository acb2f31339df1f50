// What a worker can be asked for about voices; see calls.js.

import koffi from "koffi";
import { checked, made, opened, sized } from "./convert.js";

const ENROLL_STATUS = ["sample_added", "enrolled", "complete"];

export const voiceCalls = {
  voice_embedder(native, { model, threads }) {
    const options = sized(native.types.voice_embedder_options, { threads });
    const address = opened(native, (out) => native.voice_embedder_new(model ?? null, options, out));
    const value = {
      address,
      dims: native.voice_embedder_dims(address),
      sampleRate: native.voice_embedder_sample_rate(address),
      pipeline: native.voice_embedder_pipeline(address),
    };
    return { value };
  },

  embed(native, { addresses: [embedder], path, bytes, clip }) {
    const embedding = new Float32Array(native.voice_embedder_dims(embedder));
    const { length } = embedding;
    if (clip) {
      withClips(native, [clip], ([handle]) =>
        checked(native, native.voice_embedder_embed(embedder, handle, embedding, length)),
      );
    } else if (bytes) {
      checked(native, native.voice_embedder_embed_bytes(embedder, bytes, bytes.length, embedding, length));
    } else {
      checked(native, native.voice_embedder_embed_file(embedder, path, embedding, length));
    }
    return { value: embedding, transfer: [embedding.buffer] };
  },

  voices_enroll(native, { addresses: [store, embedder], person, sources, how }) {
    const { paths, files, clips } = sources;
    const options = sized(native.types.enroll_options, {
      quality_gate: how.gate,
      min_samples: how.minSamples,
      max_samples: how.maxSamples,
      user_id: how.userId,
      only_usable: how.onlyUsable ? 1 : 0,
    });
    const enrolled = (call) => made(native, "enrolled", call, (handle) => ({ value: enrolledOf(native, handle) }));
    if (paths) {
      return enrolled((out) => native.voices_enroll_files(store, embedder, person, paths, paths.length, options, out));
    }
    if (clips) {
      return withClips(native, clips, (handles) =>
        enrolled((out) => native.voices_enroll(store, embedder, person, handles, handles.length, options, out)),
      );
    }
    const bytes = files.map((data) => ({ data, len: data.length }));
    return enrolled((out) => native.voices_enroll_bytes(store, embedder, person, bytes, bytes.length, options, out));
  },

  voices_identify(native, { addresses: [store, embedder], path, bytes, clip, ...asked }) {
    const options = identifyOptions(native, asked);
    const answered = (call) => made(native, "voice_answer", call, (handle) => ({ value: answerOf(native, handle) }));
    if (clip) {
      return withClips(native, [clip], ([handle]) =>
        answered((out) => native.voices_identify(store, embedder, handle, options, out)),
      );
    }
    return answered((out) =>
      bytes
        ? native.voices_identify_bytes(store, embedder, bytes, bytes.length, options, out)
        : native.voices_identify_file(store, embedder, path, options, out),
    );
  },

  voices_verify(native, { addresses: [store, embedder], person, path, bytes, clip, ...asked }) {
    const options = identifyOptions(native, asked);
    const verified = (call) =>
      made(native, "verification", call, (handle) => ({
        value: {
          decision: decision(native.verification_decision(handle)),
          claim: matchOf(native, native.verification_claim(handle)),
          calibrated: native.verification_calibrated(handle),
        },
      }));
    if (clip) {
      return withClips(native, [clip], ([handle]) =>
        verified((out) => native.voices_verify(store, embedder, person, handle, options, out)),
      );
    }
    return verified((out) =>
      bytes
        ? native.voices_verify_bytes(store, embedder, person, bytes, bytes.length, options, out)
        : native.voices_verify_file(store, embedder, person, path, options, out),
    );
  },

  voices_people(native, { addresses: [store] }) {
    return made(
      native,
      "people",
      (out) => native.voices_people(store, out),
      (list) => {
        const people = Array.from({ length: native.people_len(list) }, (_, i) =>
          personOf(native, native.people_at(list, i)),
        );
        return { value: people };
      },
    );
  },

  voices_forget(native, { addresses: [store], person, userId }) {
    const gone = sized(native.types.forgotten, {});
    checked(
      native,
      person === undefined
        ? native.voices_forget_user(store, userId, gone)
        : native.voices_forget(store, person, gone),
    );
    return { value: { voiceprints: gone.voiceprints, recordings: gone.recordings, speakers: gone.speakers } };
  },
};

/** What `work` makes of clips of these samples, which are freed afterwards. */
function withClips(native, clips, work) {
  const handles = [];
  try {
    for (const { samples, sampleRate } of clips) {
      handles.push(opened(native, (out) => native.clip_new(samples, samples.length, sampleRate, out)));
    }
    return work(handles);
  } finally {
    for (const handle of handles) native.clip_free(handle);
  }
}

function identifyOptions(native, { limit, threshold, accept, threads, exclude = [] }) {
  const names = exclude.length > 0 ? { exclude, exclude_len: exclude.length } : {};
  return sized(native.types.voice_identify_options, { limit, threshold, accept, threads, ...names });
}

function decision(number) {
  return number === 1 ? "match" : "unknown";
}

function enrolledOf(native, handle) {
  const person = personOf(native, native.enrolled_person(handle));
  return {
    status: ENROLL_STATUS[native.enrolled_status(handle)],
    sampleCount: person.sampleCount,
    added: native.enrolled_added(handle),
    known: native.enrolled_known(handle),
    leftOut: native.enrolled_left_out(handle),
    person,
    heard: Array.from({ length: native.enrolled_len(handle) }, (_, i) =>
      heardOf(native, native.enrolled_heard(handle, i)),
    ),
  };
}

function heardOf(native, pointer) {
  const heard = koffi.decode(pointer, native.types.heard);
  return {
    recordingId: heard.recording_id,
    reason: heard.reason,
    quality: heard.quality === null ? null : qualityOf(native, heard.quality),
  };
}

function answerOf(native, answer) {
  const milliseconds = (stage) => Number(native[`voice_answer_${stage}_ns`](answer)) / 1e6;
  return {
    decision: decision(native.voice_answer_decision(answer)),
    matches: Array.from({ length: native.voice_answer_len(answer) }, (_, i) =>
      matchOf(native, native.voice_answer_match(answer, i)),
    ),
    compared: native.voice_answer_compared(answer),
    cohort: native.voice_answer_cohort(answer),
    calibrated: native.voice_answer_calibrated(answer),
    quality: qualityOf(native, native.voice_answer_quality(answer)),
    elapsedMs: { decode: milliseconds("decode"), embed: milliseconds("embed"), search: milliseconds("search") },
  };
}

function matchOf(native, pointer) {
  const m = koffi.decode(pointer, native.types.voice_match);
  return {
    person: m.person,
    voiceprintId: m.voiceprint_id,
    userId: m.user_id,
    score: m.score,
    normalized: m.has_normalized ? m.normalized : null,
    probability: m.probability,
    sampleCount: m.sample_count,
    enrolled: m.is_enrolled,
  };
}

function qualityOf(native, pointer) {
  const q = koffi.decode(pointer, native.types.voice_quality);
  return {
    durationMs: q.duration_ms,
    speechMs: q.speech_ms,
    snrDb: q.has_snr ? q.snr_db : null,
    clipping: q.clipping,
    levelDbfs: q.level_dbfs,
    peak: q.peak,
    isGood: q.is_good,
  };
}

function personOf(native, pointer) {
  const p = koffi.decode(pointer, native.types.person);
  return {
    person: p.person,
    voiceprintId: p.voiceprint_id,
    userId: p.user_id,
    createdAt: new Date(p.created_at_ms),
    updatedAt: new Date(p.updated_at_ms),
    sampleCount: p.sample_count,
    minSamples: p.min_samples,
    enrolled: p.is_enrolled,
  };
}
