// Several voices in one sound, and sound files.

import { types } from "node:util";
import * as check from "./arguments.js";
import { run } from "./pool.js";

const NAMES = ["samples", "volume", "pan", "mute", "solo"];
const VOLUME = check.number(0, 4);
const PAN = check.number(-1, 1);
const WRITE = { channels: check.whole(1, 2), sampleRate: check.sampleRate };

/** Voices in one sound of two channels, interleaved. */
export async function mix(tracks, options) {
  const { how } = check.options(options);
  if (!Array.isArray(tracks)) throw new TypeError(`tracks must be an array, not ${check.kind(tracks)}`);
  const rows = tracks.map(trackOf);
  return run("mix", { tracks: rows }, { ...how, transfer: rows.map(({ samples }) => samples.buffer) });
}

function trackOf(track) {
  const { samples, volume = 1, pan = 0, mute = false, solo = false } = check.known(track, NAMES, "a track");
  return {
    samples: new Float32Array(floats(samples)),
    volume: VOLUME(volume, "volume"),
    pan: PAN(pan, "pan"),
    mute: check.truth(mute, "mute"),
    solo: check.truth(solo, "solo"),
  };
}

/** A sound file: .wav, .flac or .opus. */
export async function writeSound(path, samples, options) {
  const { fields, how } = check.options(options, WRITE);
  const { channels = 1, sample_rate: sampleRate } = fields;
  if (sampleRate === undefined) throw new TypeError("options must have a sampleRate");
  const copy = new Float32Array(floats(samples));
  const values = { path: check.path(path, "path"), samples: copy, channels, sampleRate };
  return run("sound_write", values, { ...how, transfer: [copy.buffer] });
}

function floats(value) {
  if (!types.isFloat32Array(value)) throw new TypeError(`samples must be a Float32Array, not ${check.kind(value)}`);
  return value;
}
