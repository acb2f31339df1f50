// The microphone: slices of a MediaRecorder, and tenth by tenth of a second whether somebody speaks into it.

const TYPES = ["audio/webm;codecs=opus", "audio/ogg;codecs=opus", "audio/mp4"];
const TENTH_MS = 100;
/** A level this far above the quiet of the room is a voice. */
const ABOVE = 3.5;

export class Recorder {
  /** `took` gets each slice with its time and activity; `ended` that the microphone has gone. */
  static async start(timeslice, took, ended) {
    const media = navigator.mediaDevices;
    if (!media?.getUserMedia || typeof MediaRecorder === "undefined") {
      throw new Error("This browser gives no microphone here: it takes https, or localhost.");
    }
    const recorder = new Recorder();
    recorder.stream = await media.getUserMedia({ audio: { channelCount: 1 } });
    const mimeType = TYPES.find((type) => MediaRecorder.isTypeSupported(type));
    recorder.media = new MediaRecorder(recorder.stream, { mimeType, audioBitsPerSecond: 32_000 });
    recorder.#listen();
    recorder.media.ondataavailable = ({ data }) => {
      const bits = recorder.bits;
      recorder.bits = "";
      took({ data, ts: Date.now(), slice_ms: timeslice, bits });
    };
    recorder.media.onstop = () => recorder.#release();
    recorder.media.onerror = (event) => ended(event.error);
    for (const track of recorder.stream.getTracks()) track.onended = () => ended(new Error("The microphone has gone."));
    recorder.media.start(timeslice);
    return recorder;
  }

  bits = "";
  level = 0;
  floor = 0.01;

  #listen() {
    this.context = new AudioContext();
    const source = this.context.createMediaStreamSource(this.stream);
    this.analyser = this.context.createAnalyser();
    this.analyser.fftSize = 2048;
    source.connect(this.analyser);
    this.context.resume();
    const samples = new Float32Array(this.analyser.fftSize);
    this.timer = setInterval(() => {
      this.analyser.getFloatTimeDomainData(samples);
      const level = Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
      // The quiet of the room: it follows down at once, and up slowly.
      this.floor = Math.max(0.0005, level < this.floor ? level : this.floor * 1.01);
      this.level = level;
      this.bits = (this.bits + (level > this.floor * ABOVE && level > 0.004 ? "1" : "0")).slice(-600);
    }, TENTH_MS);
  }

  /** Ends the recording; the last slice comes before this does. */
  stop() {
    return new Promise((resolve) => {
      if (this.media.state === "inactive") return resolve();
      this.media.addEventListener("stop", () => setTimeout(resolve, 0));
      this.media.stop();
    });
  }

  #release() {
    clearInterval(this.timer);
    this.stream.getTracks().forEach((track) => track.stop());
    this.context.close();
    this.level = 0;
  }
}
