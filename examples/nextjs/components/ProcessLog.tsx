"use client";

import { useEffect, useRef } from "react";

export interface Line {
  readonly id: number;
  readonly time: string;
  readonly kind: "info" | "good" | "bad";
  readonly text: string;
}

/** What happened, the latest last. */
export function ProcessLog({ lines }: { lines: readonly Line[] }) {
  const list = useRef<HTMLOListElement>(null);
  useEffect(() => {
    if (list.current) list.current.scrollTop = list.current.scrollHeight;
  }, [lines]);
  return (
    <section className="panel log" aria-labelledby="log-title">
      <h2 id="log-title">Process log</h2>
      <ol ref={list} role="log" tabIndex={0} aria-labelledby="log-title">
        {lines.map(({ id, time, kind, text }) => (
          <li key={id} className={kind}>
            <time>{time}</time> {text}
          </li>
        ))}
      </ol>
    </section>
  );
}
