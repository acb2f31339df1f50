"use client";

import { useState } from "react";
import type { Person } from "./api";

interface Props {
  people: readonly Person[];
  maxSamples: number;
  onForget(userId: string): void;
}

/** Who is enrolled. Forgetting takes two presses, since it cannot be undone. */
export function Enrolled({ people, maxSamples, onForget }: Props) {
  const [asked, setAsked] = useState<string | null>(null);
  return (
    <section className="panel enrolled" aria-labelledby="enrolled-title">
      <h2 id="enrolled-title">Enrolled ({people.length})</h2>
      {people.length === 0 && <p className="quiet">Nobody yet: choose Enrol, type a name, and record.</p>}
      <ul>
        {people.map(({ userId, sampleCount, complete }) => (
          <li key={userId}>
            <span className="who">{userId}</span>
            <span className={complete ? "count complete" : "count"}>
              {sampleCount} of {maxSamples} samples
            </span>
            {asked === userId ? (
              <span className="sure">
                <button type="button" className="danger" autoFocus onClick={() => (setAsked(null), onForget(userId))}>
                  Forget {userId} for good
                </button>
                <button type="button" onClick={() => setAsked(null)}>
                  Keep
                </button>
              </span>
            ) : (
              <button type="button" aria-label={`Forget ${userId}`} onClick={() => setAsked(userId)}>
                Forget
              </button>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
