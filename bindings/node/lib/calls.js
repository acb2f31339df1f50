// What a worker can be asked for. Each call makes plain values of what libsonic gives, and frees the rest.

import koffi from "koffi";
import { checked, copied, made, opened, sized } from "./convert.js";

const LANDMARK_BYTES = 8;

export const calls = {
  decode(native, { path, bytes, sampleRate }) {
    const options = sized(native.types.decode_options, { sample_rate: sampleRate ?? 0 });
    return made(
      native,
      "clip",
      (out) =>
        bytes
          ? native.clip_decode_bytes(bytes, bytes.length, options, out)
          : native.clip_decode_file(path, options, out),
      (clip) => {
        const samples = new Float32Array(copied(native.clip_samples(clip), 4 * native.clip_len(clip)));
        const value = {
          samples,
          sampleRate: native.clip_sample_rate(clip),
          durationMs: native.clip_duration_ms(clip),
          truncated: native.clip_truncated(clip),
        };
        return { value, transfer: [samples.buffer] };
      },
    );
  },

  fingerprint(native, { samples, sampleRate }) {
    return made(
      native,
      "clip",
      (out) => native.clip_new(samples, samples.length, sampleRate, out),
      (clip) => {
        const address = opened(native, (out) => native.fingerprint_new(clip, out));
        const packed = copied(native.fingerprint_landmarks(address), LANDMARK_BYTES * native.fingerprint_len(address));
        const value = {
          address,
          packed,
          pipeline: native.fingerprint_pipeline(address),
          durationMs: native.fingerprint_duration_ms(address),
          frames: native.fingerprint_frames(address),
        };
        return { value, transfer: [packed] };
      },
    );
  },

  open(native, { path, access, mapSize }) {
    const options = sized(native.types.store_options, { access, map_size: mapSize ?? 0 });
    return { value: opened(native, (out) => native.store_open(path, options, out)) };
  },

  add(native, { addresses: [store], path, bytes, row }) {
    const options = rowOptions(native, row);
    return added(native, (out) =>
      bytes
        ? native.store_add_bytes(store, bytes, bytes.length, options, out)
        : native.store_add_file(store, path, options, out),
    );
  },

  add_fingerprint(native, { addresses: [store, fingerprint], row }) {
    return added(native, (out) => native.store_add(store, fingerprint, rowOptions(native, row), out));
  },

  identify(native, { addresses: [store], path, bytes, ...asked }) {
    const options = identifyOptions(native, asked);
    return answered(native, (out) =>
      bytes
        ? native.store_identify_bytes(store, bytes, bytes.length, options, out)
        : native.store_identify_file(store, path, options, out),
    );
  },

  identify_fingerprint(native, { addresses: [store, fingerprint], ...asked }) {
    const options = identifyOptions(native, asked);
    return answered(native, (out) => native.store_identify(store, fingerprint, options, out));
  },

  recording(native, { addresses: [store], id }) {
    return made(
      native,
      "recording",
      (out) => native.store_recording(store, id, out),
      (row) => ({ value: recordingOf(native, row) }),
    );
  },

  recordings(native, { addresses: [store], after, limit }) {
    return made(
      native,
      "recordings",
      (out) => native.store_recordings_after(store, after, limit, out),
      (list) => {
        const place = [0];
        const more = native.recordings_next(list, place);
        const rows = Array.from({ length: native.recordings_len(list) }, (_, i) =>
          recordingOf(native, native.recordings_at(list, i)),
        );
        return { value: { rows, after: more ? place[0] : undefined } };
      },
    );
  },

  count(native, { addresses: [store] }) {
    const count = [0];
    checked(native, native.store_count(store, count));
    return { value: count[0] };
  },

  landmarks(native, { addresses: [store], id }) {
    return made(
      native,
      "landmarks",
      (out) => native.store_landmarks(store, id, out),
      (handle) => {
        const value = copied(native.landmarks_data(handle), LANDMARK_BYTES * native.landmarks_len(handle));
        return { value, transfer: [value] };
      },
    );
  },

  remove(native, { addresses: [store], id }) {
    checked(native, native.store_remove(store, id));
    return {};
  },

  stats(native, { addresses: [store] }) {
    const stats = sized(native.types.stats, { format_version: 0, pipeline: null });
    checked(native, native.store_stats(store, stats));
    const value = {
      recordings: stats.recordings,
      durationMs: stats.duration_ms,
      landmarks: stats.landmarks,
      postings: stats.postings,
      postingsBytes: stats.postings_bytes,
      segments: stats.segments,
      fileBytes: stats.file_bytes,
      formatVersion: stats.format_version,
      pipeline: stats.pipeline,
    };
    return { value };
  },

  compact(native, { addresses: [store] }) {
    checked(native, native.store_compact(store));
    return {};
  },

  check(native, { addresses: [store] }) {
    return made(
      native,
      "problems",
      (out) => native.store_check(store, out),
      (problems) => {
        const messages = Array.from({ length: native.problems_len(problems) }, (_, i) =>
          native.problems_message(problems, i),
        );
        return { value: messages };
      },
    );
  },

  free(native, { noun, address }) {
    native[`${noun}_free`](address);
    return {};
  },
};

function rowOptions(native, row) {
  const { id, title, source, user, mode, metadata, createdAt } = row;
  const fields = { id, title, source, user, mode, metadata_json: metadata, created_at_ms: createdAt };
  return sized(native.types.recording_options, fields);
}

function identifyOptions(native, { limit, threads, exclude }) {
  const ids = exclude.length > 0 ? { exclude, exclude_len: exclude.length } : {};
  return sized(native.types.identify_options, { limit, threads, ...ids });
}

function added(native, call) {
  return made(native, "added", call, (handle) => {
    const row = native.added_recording(handle);
    const isNew = native.added_is_new(handle);
    const value = { isNew, id: native.added_id(handle), recording: isNew ? recordingOf(native, row) : null };
    return { value };
  });
}

function answered(native, call) {
  return made(native, "answer", call, (answer) => {
    const milliseconds = (stage) => Number(native[`answer_${stage}_ns`](answer)) / 1e6;
    const value = {
      decision: native.answer_decision(answer) === 1 ? "match" : "unknown",
      matches: Array.from({ length: native.answer_len(answer) }, (_, i) =>
        matchOf(native, native.answer_match(answer, i)),
      ),
      durationMs: native.answer_duration_ms(answer),
      truncated: native.answer_truncated(answer),
      elapsedMs: {
        decode: milliseconds("decode"),
        fingerprint: milliseconds("fingerprint"),
        search: milliseconds("search"),
      },
    };
    return { value };
  });
}

function matchOf(native, pointer) {
  const m = koffi.decode(pointer, native.types.match);
  return {
    id: m.id,
    offsetMs: m.offset_ms,
    score: m.score,
    aligned: m.aligned,
    probability: m.probability,
    timeScale: m.time_scale,
    pitchSemitones: m.pitch_semitones,
    queryStartMs: m.query_start_ms,
    queryEndMs: m.query_end_ms,
  };
}

function recordingOf(native, pointer) {
  const r = koffi.decode(pointer, native.types.recording);
  return {
    id: r.id,
    title: r.title,
    source: r.source,
    sourceHash: r.source_hash,
    user: r.user,
    mode: r.mode,
    metadata: r.metadata_json === null ? null : JSON.parse(r.metadata_json),
    durationMs: r.duration_ms,
    frames: r.frames,
    landmarks: r.landmarks,
    truncated: r.truncated,
    format: { codec: r.codec, sampleRate: r.sample_rate, channels: r.channels },
    createdAt: new Date(r.created_at_ms),
  };
}
