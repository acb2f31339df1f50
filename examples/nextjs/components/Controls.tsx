"use client";

import type { Mode, Person } from "./api";
import { Meter } from "./Meter";
import type { Recorder } from "./useRecorder";

const MODES: readonly (readonly [Mode, string, string])[] = [
  ["enroll", "Enrol", "Who is it? Record the same person three to five times."],
  ["identify", "Identify", "Record somebody, and see who it is."],
  ["verify", "Verify", "Who do they say they are? Record them, and see whether it is so."],
];

interface Props {
  mode: Mode;
  setMode(mode: Mode): void;
  userId: string;
  setUserId(userId: string): void;
  busy: boolean;
  problem: string | null;
  recorder: Recorder;
  people: readonly Person[];
  onToggle(): void;
  onFile(file: File): void;
}

/** What is to be done with a recording, and the recording. */
export function Controls({
  mode,
  setMode,
  userId,
  setUserId,
  busy,
  problem,
  recorder,
  people,
  onToggle,
  onFile,
}: Props) {
  const { recording, level, elapsedMs } = recorder;
  const nameless = mode !== "identify" && userId.trim() === "";
  const off = busy || (nameless && !recording);
  const advice = nameless ? "Type a name first" : "3 to 10 seconds of one voice";
  const hint = MODES.find(([value]) => value === mode)?.[2];
  return (
    <section className="panel controls" aria-label="Record">
      <fieldset className="modes" disabled={recording || busy}>
        <legend className="unseen">What to do</legend>
        {MODES.map(([value, label]) => (
          <label key={value}>
            <input type="radio" name="mode" value={value} checked={mode === value} onChange={() => setMode(value)} />
            <span>{label}</span>
          </label>
        ))}
      </fieldset>
      <p className="quiet">{hint}</p>
      {mode !== "identify" && (
        <label className="name">
          Name
          <input
            value={userId}
            onChange={(event) => setUserId(event.target.value)}
            list="people"
            autoComplete="off"
            maxLength={100}
            disabled={recording || busy}
          />
          <datalist id="people">
            {people.map((person) => (
              <option key={person.userId} value={person.userId} />
            ))}
          </datalist>
        </label>
      )}
      <button
        type="button"
        className={recording ? "record on" : "record"}
        // Not `disabled`: that would take the focus away from whoever works with the keyboard.
        aria-disabled={off}
        onClick={() => off || onToggle()}
      >
        <span className="dot" aria-hidden="true" />
        {recording ? "Stop" : busy ? "Listening…" : "Record"}
      </button>
      <p className="seconds">{recording ? `${(elapsedMs / 1000).toFixed(1)} s of 10` : advice}</p>
      <Meter level={level} />
      <label className={busy || nameless ? "file off" : "file"}>
        or choose a file
        <input
          type="file"
          accept="audio/*,video/webm,video/mp4"
          disabled={busy || recording || nameless}
          onChange={(event) => {
            const file = event.target.files?.[0];
            event.target.value = "";
            if (file) onFile(file);
          }}
        />
      </label>
      {problem && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
    </section>
  );
}
