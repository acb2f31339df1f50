// The mix as a file: what is heard, in stereo, as WAV with 16 bits.

const HEADER = 44;

/** A WAV of all tracks with their volumes and places. It is turned down as a whole where it would be too loud. */
export async function mixdown(player) {
  const tracks = player.tracks.filter((track) => track.audible && track.length);
  if (!tracks.length) throw new Error("Every part is muted.");
  const rate = Math.max(...tracks.map((track) => track.rate));
  const length = Math.ceil(Math.max(...tracks.map((track) => track.seconds)) * rate);
  const context = new OfflineAudioContext({ numberOfChannels: 2, length, sampleRate: rate });
  for (const track of tracks) {
    const buffer = new AudioBuffer({ length: track.length, sampleRate: track.rate });
    buffer.copyToChannel(track.samples.subarray(0, track.length), 0);
    const source = new AudioBufferSourceNode(context, { buffer });
    const gain = new GainNode(context, { gain: track.volume });
    source.connect(gain).connect(new StereoPannerNode(context, { pan: track.pan })).connect(context.destination);
    source.start();
  }
  return wav(await context.startRendering());
}

function wav(buffer) {
  const [left, right] = [buffer.getChannelData(0), buffer.getChannelData(1)];
  let peak = 1;
  for (let i = 0; i < left.length; i += 1) peak = Math.max(peak, Math.abs(left[i]), Math.abs(right[i]));
  const bytes = new ArrayBuffer(HEADER + left.length * 4);
  const samples = new Int16Array(bytes, HEADER);
  for (let i = 0; i < left.length; i += 1) {
    samples[2 * i] = Math.round((left[i] / peak) * 32767);
    samples[2 * i + 1] = Math.round((right[i] / peak) * 32767);
  }
  header(new DataView(bytes), buffer.sampleRate, left.length * 4);
  return new Blob([bytes], { type: "audio/wav" });
}

function header(view, rate, size) {
  const text = (at, letters) => [...letters].forEach((letter, index) => view.setUint8(at + index, letter.charCodeAt(0)));
  text(0, "RIFF");
  view.setUint32(4, HEADER - 8 + size, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 2, true);
  view.setUint32(24, rate, true);
  view.setUint32(28, rate * 4, true);
  view.setUint16(32, 4, true);
  view.setUint16(34, 16, true);
  text(36, "data");
  view.setUint32(40, size, true);
}

/** Hands a file to the browser. */
export function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
