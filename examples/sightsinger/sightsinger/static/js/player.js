// Plays tracks together, while they still arrive: short pieces are scheduled ahead, and the clock stands while sound is missing.

const AHEAD_S = 2.5;
const PIECE_S = 0.25;
const TICK_MS = 60;
const LATENCY_S = 0.06;
const RESUME_S = 0.3;

/** States: "empty", "paused", "playing", "waiting" (for sound that is not there yet). */
export class Player extends EventTarget {
  constructor() {
    super();
    this.tracks = [];
    this.state = "empty";
    this.base = 0;
    this.startedAt = 0;
    this.lanes = new Map();
  }

  /** The sound system; made at the first gesture, as browsers want it. */
  get context() {
    if (!this.audio) {
      const rate = this.tracks[0]?.rate ?? 44100;
      this.audio = new AudioContext({ sampleRate: rate, latencyHint: "interactive" });
      this.limiter = new DynamicsCompressorNode(this.audio, { threshold: -2, knee: 0, ratio: 20, attack: 0.002, release: 0.1 });
      this.analyser = new AnalyserNode(this.audio, { fftSize: 2048 });
      this.limiter.connect(this.analyser).connect(this.audio.destination);
    }
    return this.audio;
  }

  /** Wakes the sound system within a gesture. */
  wake() {
    return this.context.resume();
  }

  get duration() {
    return Math.max(0, ...this.tracks.map((track) => Math.max(track.seconds, track.complete ? 0 : track.total ?? 0)));
  }

  /** Seconds from the start of the song. */
  get position() {
    if (this.state !== "playing") return this.base;
    const at = this.base + this.audio.currentTime - this.startedAt;
    return Math.min(Math.max(at, this.base), this.duration);
  }

  /** Seconds until what was begun just now comes out of the loudspeaker. */
  get lateness() {
    return this.startedAt - this.audio.currentTime + (this.audio.outputLatency || this.audio.baseLatency);
  }

  add(track) {
    this.tracks.push(track);
    track.onchange = () => this.arrived();
    track.addEventListener("change", track.onchange);
    this.mixed();
    if (this.state === "empty") this.becomes("paused");
    else if (this.state === "playing") this.restart();
  }

  remove(track) {
    track.removeEventListener("change", track.onchange);
    this.tracks = this.tracks.filter((other) => other !== track);
    this.silence(track);
    this.lanes.get(track)?.gain.disconnect();
    this.lanes.delete(track);
    this.mixed();
    if (!this.tracks.length) {
      this.pause();
      this.base = 0;
      this.becomes("empty");
    }
  }

  play(from = this.position) {
    if (!this.tracks.length) return;
    this.wake();
    this.quiet();
    this.base = from >= this.duration - 0.02 && this.tracks.every((track) => track.complete) ? 0 : from;
    this.begin();
  }

  pause() {
    if (this.state === "empty" || this.state === "paused") return;
    this.base = this.position;
    this.quiet();
    this.becomes("paused");
  }

  seek(to) {
    const going = this.state === "playing" || this.state === "waiting";
    this.quiet();
    this.base = Math.min(Math.max(0, to), this.duration);
    if (going) this.begin();
    this.dispatchEvent(new Event("seek"));
  }

  /** What is seen of a mixer: volumes, places, who is silent. Any solo wins over mute. */
  mixed() {
    const anySolo = this.tracks.some((track) => track.solo);
    for (const track of this.tracks) {
      track.audible = anySolo ? track.solo : !track.muted;
      const lane = this.lanes.get(track);
      if (!lane) continue;
      lane.gain.gain.setTargetAtTime(track.audible ? track.volume : 0, this.audio.currentTime, 0.015);
      lane.panner.pan.setTargetAtTime(track.pan, this.audio.currentTime, 0.015);
    }
    this.dispatchEvent(new Event("mix"));
  }

  restart() {
    this.base = this.position;
    this.quiet();
    this.begin();
  }

  /** Starts the clock if there is sound, or waits for it. */
  begin() {
    const ready = this.tracks.filter((track) => this.has(track, this.base, RESUME_S));
    if (!ready.length) {
      this.becomes("waiting");
      return;
    }
    this.startedAt = this.context.currentTime + LATENCY_S;
    for (const track of ready) this.join(track, this.base);
    this.becomes("playing");
    this.timer ??= setInterval(() => this.tick(), TICK_MS);
    this.tick();
  }

  join(track, at) {
    const lane = this.lane(track);
    lane.next = Math.round(at * track.rate);
    lane.joined = true;
  }

  has(track, at, margin) {
    return track.complete || track.seconds >= at + margin;
  }

  lane(track) {
    if (!this.lanes.has(track)) {
      const gain = new GainNode(this.context, { gain: track.audible ? track.volume : 0 });
      const panner = new StereoPannerNode(this.context, { pan: track.pan });
      gain.connect(panner).connect(this.limiter);
      this.lanes.set(track, { gain, panner, sources: new Set(), next: 0, joined: false });
    }
    return this.lanes.get(track);
  }

  tick() {
    if (this.state !== "playing") return;
    const now = this.position;
    if (this.tracks.every((track) => track.complete) && now >= this.duration - 0.005) {
      this.quiet();
      this.base = this.duration;
      this.becomes("paused");
      this.dispatchEvent(new Event("end"));
      return;
    }
    for (const track of this.tracks) {
      const lane = this.lane(track);
      // A part that is rendered later joins in as soon as it is ahead of the others.
      if (!lane.joined && this.has(track, now, 2 * RESUME_S)) this.join(track, now + LATENCY_S);
      if (lane.joined) this.schedule(track, lane, now);
      if (lane.joined && !track.complete && lane.next / track.rate < now + LATENCY_S) {
        this.base = now;
        this.quiet();
        this.becomes("waiting");
        return;
      }
    }
  }

  /** Puts what is there of the next seconds on the clock. */
  schedule(track, lane, now) {
    const piece = Math.round(PIECE_S * track.rate);
    while (lane.next < (now + AHEAD_S) * track.rate && lane.next < track.length) {
      const end = Math.min(lane.next + piece, track.length);
      if (end - lane.next < piece && !track.complete) return;
      const buffer = new AudioBuffer({ length: end - lane.next, sampleRate: track.rate });
      buffer.copyToChannel(track.samples.subarray(lane.next, end), 0);
      const source = new AudioBufferSourceNode(this.audio, { buffer });
      source.connect(lane.gain);
      lane.sources.add(source);
      source.onended = () => lane.sources.delete(source);
      source.start(this.startedAt + lane.next / track.rate - this.base);
      lane.next = end;
    }
  }

  arrived() {
    if (this.state === "waiting") this.begin();
    this.dispatchEvent(new Event("change"));
  }

  silence(track) {
    const lane = this.lanes.get(track);
    if (!lane) return;
    for (const source of lane.sources) {
      source.onended = null;
      source.stop();
      source.disconnect();
    }
    lane.sources.clear();
    lane.joined = false;
  }

  quiet() {
    for (const track of this.lanes.keys()) this.silence(track);
    clearInterval(this.timer);
    this.timer = undefined;
  }

  becomes(state) {
    const before = this.state;
    this.state = state;
    if (before !== state) this.dispatchEvent(new Event("state"));
  }
}
