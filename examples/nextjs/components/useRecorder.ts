"use client";

import { useCallback, useEffect, useRef, useState } from "react";

/** What browsers record, the best first; Safari has only MP4. */
const FORMATS = [
  ["audio/webm;codecs=opus", "webm"],
  ["audio/mp4", "m4a"],
  ["audio/ogg;codecs=opus", "ogg"],
] as const;

/** When a recording ends by itself, in milliseconds: the server takes 10 s at most. */
const MOST_MS = 9500;
/** The level that the meter begins with, in dB of full scale. */
const QUIETEST_DB = -60;
/** Milliseconds between two looks at the level. */
const LOOK_MS = 50;

export interface Recorded {
  readonly audio: Blob;
  readonly filename: string;
}

export interface Recorder {
  readonly recording: boolean;
  /** Loudness, 0 (nothing) to 1 (full scale), in equal steps of dB. */
  readonly level: number;
  readonly elapsedMs: number;
  start(): Promise<void>;
  stop(): void;
}

interface Session {
  stop(): void;
  /** Ends it without a recording. */
  cancel(): void;
}

interface Listener {
  onLook(level: number, elapsedMs: number): void;
  onRecorded(recorded: Recorded): void;
}

/** The microphone. `onRecorded` is called with each recording when it has ended. */
export function useRecorder(onRecorded: (recorded: Recorded) => void): Recorder {
  const session = useRef<Session | null>(null);
  const done = useRef(onRecorded);
  const [recording, setRecording] = useState(false);
  const [level, setLevel] = useState(0);
  const [elapsedMs, setElapsed] = useState(0);
  useEffect(() => {
    done.current = onRecorded;
  });

  const start = useCallback(async () => {
    session.current = record(await microphone(), {
      onLook(found, elapsed) {
        setLevel(found);
        setElapsed(elapsed);
      },
      onRecorded(recorded) {
        session.current = null;
        setRecording(false);
        setLevel(0);
        done.current(recorded);
      },
    });
    setElapsed(0);
    setRecording(true);
  }, []);

  // Leaving the page ends the recording, which nobody waits for then.
  useEffect(() => () => session.current?.cancel(), []);
  return { recording, level, elapsedMs, start, stop: useCallback(() => session.current?.stop(), []) };
}

/** Records `stream`, until it is stopped or long enough. */
function record(stream: MediaStream, listener: Listener): Session {
  const look = levelOf(stream);
  const format = FORMATS.find(([type]) => MediaRecorder.isTypeSupported(type));
  const recorder = new MediaRecorder(stream, format ? { mimeType: format[0] } : {});
  const pieces: Blob[] = [];
  const began = performance.now();
  const stop = (): void => {
    if (recorder.state === "recording") recorder.stop();
  };
  const timer = setInterval(() => {
    const elapsed = performance.now() - began;
    listener.onLook(look.level(), elapsed);
    if (elapsed >= MOST_MS) stop();
  }, LOOK_MS);
  const end = (): void => {
    clearInterval(timer);
    look.close();
    for (const track of stream.getTracks()) track.stop();
  };
  recorder.ondataavailable = ({ data }) => pieces.push(data);
  recorder.onstop = () => {
    end();
    const audio = new Blob(pieces, { type: recorder.mimeType });
    listener.onRecorded({ audio, filename: `recording.${format?.[1] ?? "webm"}` });
  };
  recorder.start();
  const cancel = (): void => {
    recorder.onstop = null;
    stop();
    end();
  };
  return { stop, cancel };
}

/** The microphone as it is: what makes calls pleasant changes voices. */
async function microphone(): Promise<MediaStream> {
  if (!navigator.mediaDevices) throw new Error("this page may not use a microphone: open it by https, or on localhost");
  const plain = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
  try {
    return await navigator.mediaDevices.getUserMedia({ audio: plain });
  } catch (error) {
    const name = error instanceof DOMException ? error.name : "";
    if (name === "NotAllowedError")
      throw new Error("the microphone was not allowed: allow it in the browser's address bar");
    if (name === "NotFoundError") throw new Error("there is no microphone: connect one, or choose a file");
    throw error;
  }
}

function levelOf(stream: MediaStream): { level(): number; close(): void } {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 2048;
  context.createMediaStreamSource(stream).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  return {
    level() {
      analyser.getFloatTimeDomainData(samples);
      const power = samples.reduce((sum, x) => sum + x * x, 0) / samples.length;
      const decibels = 10 * Math.log10(power + 1e-12);
      return Math.min(Math.max(1 - decibels / QUIETEST_DB, 0), 1);
    },
    close: () => void context.close(),
  };
}
