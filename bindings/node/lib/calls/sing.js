// What a worker can be asked for about scores, voicebanks and mixes.

import koffi from "koffi";
import { blank, checked, consume, copied, opened, optionsOf, withSource } from "../convert.js";
import { listOf, plain, readRow } from "../rows.js";

export const singCalls = {
  score_open(native, { source }) {
    const address = withSource(native, source, (handle) => opened(native, (out) => native.score_open(handle, out)));
    return { value: { address, facts: JSON.parse(native.score_json(address)) } };
  },

  voicebank_open(native, { folder, options }) {
    const given = optionsOf(native, "voicebank_options", options);
    const address = opened(native, (out) => native.voicebank_open(folder, given, out));
    const names = (what) =>
      Array.from({ length: native[`voicebank_${what}_len`](address) }, (_, i) => native[`voicebank_${what}_at`](address, i));
    const value = {
      address,
      name: native.voicebank_name(address),
      sampleRate: native.voicebank_sample_rate(address),
      speakers: names("speaker"),
      languages: names("language"),
    };
    return { value };
  },

  voicebank_check(native, { addresses: [bank] }) {
    return consume(
      native,
      "finding_list",
      (out) => native.voicebank_check(bank, out),
      (list) => ({ value: listOf(native, "finding_list", list, plain("finding")) }),
    );
  },

  voicebank_render(native, { addresses: [bank, score], options }) {
    const given = optionsOf(native, "render_options", options);
    const address = opened(native, (out) => native.voicebank_render(bank, score, given, out));
    const { value: warnings } = warningsOf(native, (out) => native.singing_warnings(address, out));
    return { value: { address, sampleRate: native.singing_sample_rate(address), warnings } };
  },

  singing_next(native, { addresses: [singing] }, { cancel }) {
    const phrase = opened(native, (out) => native.singing_next(singing, cancel, out));
    if (phrase === null) return { value: null };
    try {
      const value = phraseOf(native, phrase);
      return { value, transfer: [value.samples.buffer] };
    } finally {
      native.phrase_free(phrase);
    }
  },

  singing_progress(native, { addresses: [singing] }) {
    const row = blank(native, "render_progress");
    checked(native, native.singing_progress(singing, row));
    return { value: readRow("render_progress", row) };
  },

  voicebank_save(native, { addresses: [bank, score], path, options }, { cancel, progress }) {
    const given = optionsOf(native, "render_options", options);
    return warningsOf(native, (out) => native.voicebank_save(bank, score, path, given, cancel, progress, out));
  },

  mix(native, { tracks }) {
    const rows = tracks.map(({ samples, ...rest }) => ({ ...rest, samples, len: samples.length }));
    return consume(
      native,
      "mix",
      (out) => native.mix_new(rows, rows.length, out),
      (mixed) => {
        const value = new Float32Array(copied(native.mix_samples(mixed), 4 * native.mix_len(mixed)));
        return { value, transfer: [value.buffer] };
      },
    );
  },

  sound_write(native, { path, samples, channels, sampleRate }) {
    checked(native, native.sound_write(path, samples, samples.length, channels, sampleRate));
    return {};
  },
};

function warningsOf(native, call) {
  return consume(native, "render_warning_list", call, (list) => ({
    value: listOf(native, "render_warning_list", list, plain("render_warning")),
  }));
}

function phraseOf(native, phrase) {
  const phonemes = Array.from({ length: native.phrase_phoneme_len(phrase) }, (_, i) =>
    readRow("phoneme", koffi.decode(native.phrase_phoneme_at(phrase, i), native.types.phoneme)),
  );
  return {
    startSeconds: native.phrase_start_seconds(phrase),
    samples: new Float32Array(copied(native.phrase_samples(phrase), 4 * native.phrase_len(phrase))),
    phonemes,
    fromCache: native.phrase_from_cache(phrase),
  };
}
