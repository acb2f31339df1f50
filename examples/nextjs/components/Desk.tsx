"use client";

import { useCallback, useEffect, useRef, useState } from "react";
import * as api from "./api";
import { Enrolled } from "./Enrolled";
import { Outcome } from "./Outcome";
import { type Line, ProcessLog } from "./ProcessLog";
import { Controls } from "./Controls";
import { type Recorded, useRecorder } from "./useRecorder";

/** Lines of the log that are kept. */
const MOST_LINES = 100;

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The lines of the log, and how to write one. */
function useLog(): [Line[], (kind: Line["kind"], text: string) => void] {
  const [lines, setLines] = useState<Line[]>([]);
  const next = useRef(0);
  const write = useCallback((kind: Line["kind"], text: string) => {
    const line = { id: next.current++, time: new Date().toLocaleTimeString("en-GB"), kind, text };
    setLines((old) => [...old, line].slice(-MOST_LINES));
  }, []);
  return [lines, write];
}

/** What the server knows, and what it is asked. */
function useServer() {
  const [lines, write] = useLog();
  const [health, setHealth] = useState<api.Health | null>(null);
  const [people, setPeople] = useState<api.Person[]>([]);
  const [result, setResult] = useState<api.Result | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);

  const fail = useCallback(
    (error: unknown) => {
      setProblem(messageOf(error));
      write("bad", messageOf(error));
    },
    [write],
  );
  const refresh = useCallback(async () => setPeople(await api.people()), []);

  useEffect(() => {
    write("info", "Connecting to the ML model");
    Promise.all([api.health(), refresh()]).then(([found]) => {
      setHealth(found);
      write("good", `Connected to ML model: ${found.model_name}, ${found.model.dimensions} numbers`);
    }, fail);
  }, [fail, refresh, write]);

  /** Does something that may fail; what went wrong is shown until something else is done. */
  const attempt = async (work: () => Promise<void>): Promise<void> => {
    setBusy(true);
    setProblem(null);
    await work().catch(fail);
    setBusy(false);
  };
  return { lines, write, health, people, result, setResult, problem, busy, refresh, attempt };
}

/** The page: record or choose a recording, and see what it is found to be. */
export function Desk() {
  const { lines, write, health, people, result, setResult, problem, busy, refresh, attempt } = useServer();
  const [mode, setMode] = useState<api.Mode>("enroll");
  const [userId, setUserId] = useState("");

  const send = ({ audio, filename }: Recorded): Promise<void> =>
    attempt(async () => {
      write("info", `Sending ${(audio.size / 1024).toFixed(1)} kB for ${mode}`);
      setResult(null);
      const began = performance.now();
      const answer = await api.send(mode, audio, filename, userId.trim());
      setResult(answer);
      write("good", `Answered in ${Math.round(performance.now() - began)} ms: ${summary(answer)}`);
      await refresh();
    });
  const recorder = useRecorder((recorded) => void send(recorded));
  const start = (): Promise<void> =>
    attempt(() => recorder.start().then(() => write("info", "Recording: press again to stop")));
  const forget = (gone: string): Promise<void> =>
    attempt(async () => {
      const { recordings } = await api.forget(gone);
      write("info", `Forgot ${gone} with ${recordings} recordings`);
      await refresh();
    });

  return (
    <main>
      <header>
        <h1>Voiceprints</h1>
        <ModelBadge health={health} failed={health === null && problem !== null} />
      </header>
      <div className="desk">
        <Controls
          {...{ mode, setMode, userId, setUserId, busy, problem, recorder, people }}
          onToggle={() => (recorder.recording ? recorder.stop() : void start())}
          onFile={(file) => void send({ audio: file, filename: file.name })}
        />
        <Outcome result={result} />
        <Enrolled
          people={people}
          maxSamples={health?.settings.maxSamples ?? 5}
          onForget={(gone) => void forget(gone)}
        />
        <ProcessLog lines={lines} />
      </div>
    </main>
  );
}

function summary(result: api.Result): string {
  switch (result.mode) {
    case "enroll":
      return `${result.status}, sample ${result.sampleCount} of ${result.userId}`;
    case "identify":
      return result.decision === "match" ? `it is ${result.candidates[0]?.userId}` : "nobody known";
    case "verify":
      return result.verified ? `it is ${result.userId}` : `it is not ${result.userId}`;
  }
}

function ModelBadge({ health, failed }: { health: api.Health | null; failed: boolean }) {
  if (failed) return <p className="badge bad">ML Model not connected</p>;
  if (!health) return <p className="badge">Connecting…</p>;
  return (
    <p className="badge good">
      ML Model Connected <span aria-hidden="true">✓</span> <code>{health.model_name}</code>
    </p>
  );
}
