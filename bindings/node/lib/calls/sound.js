// What a worker can be asked for about sound: clips and fingerprints.

import { copied, consume, opened, optionsOf, withClip, withSource } from "../convert.js";

export const LANDMARK_BYTES = 8;

export const soundCalls = {
  decode(native, { source, options }) {
    const given = optionsOf(native, "decode_options", options);
    return withSource(native, source, (handle) =>
      consume(native, "clip", (out) => native.clip_decode(handle, given, out), (clip) => clipOf(native, clip)),
    );
  },

  fingerprint(native, { clip }) {
    return withClip(native, clip, (handle) => {
      const address = opened(native, (out) => native.fingerprint_new(handle, out));
      const packed = copied(native.fingerprint_landmarks(address), LANDMARK_BYTES * native.fingerprint_len(address));
      const value = {
        address,
        packed,
        pipeline: native.fingerprint_pipeline(address),
        durationMs: native.fingerprint_duration_ms(address),
        frames: native.fingerprint_frames(address),
      };
      return { value, transfer: [packed] };
    });
  },

  free(native, { noun, address }) {
    native[`${noun}_free`](address);
    return {};
  },
};

function clipOf(native, clip) {
  const samples = new Float32Array(copied(native.clip_samples(clip), 4 * native.clip_len(clip)));
  const value = {
    samples,
    sampleRate: native.clip_sample_rate(clip),
    durationMs: native.clip_duration_ms(clip),
    truncated: native.clip_truncated(clip),
    damagedMs: native.clip_damaged_ms(clip),
  };
  return { value, transfer: [samples.buffer] };
}
