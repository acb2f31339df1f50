// Numbers for Prometheus, in its text format.

/** Upper ends of the classes of the time that an answer takes, in seconds; those of sonic's own server. */
const CLASSES = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60];

interface Times {
  counts: number[];
  sum: number;
  total: number;
}

interface Counters {
  /** Answers by route, method and status. */
  answers: Map<string, number>;
  times: Map<string, Times>;
  underWay: number;
}

const shared = globalThis as typeof globalThis & { viimMetrics?: Counters };

/** The counters of this process, whichever bundle asks. */
export function counters(): Counters {
  shared.viimMetrics ??= { answers: new Map(), times: new Map(), underWay: 0 };
  return shared.viimMetrics;
}

/** Counts an answer. */
export function answered(route: string, method: string, status: number, seconds: number): void {
  const { answers, times } = counters();
  const labels = `route="${route}",method="${method}",status="${status}"`;
  answers.set(labels, (answers.get(labels) ?? 0) + 1);
  const time = times.get(route) ?? { counts: CLASSES.map(() => 0), sum: 0, total: 0 };
  CLASSES.forEach((end, i) => {
    if (seconds <= end) time.counts[i] = (time.counts[i] ?? 0) + 1;
  });
  time.sum += seconds;
  time.total += 1;
  times.set(route, time);
}

/** All numbers; `gauges` have a help text and a value each. */
export function exposition(gauges: Readonly<Record<string, readonly [string, number]>>): string {
  const { answers, times, underWay } = counters();
  const lines = ["# HELP viim_requests_total Requests answered.", "# TYPE viim_requests_total counter"];
  for (const [labels, count] of answers) lines.push(`viim_requests_total{${labels}} ${count}`);
  lines.push("# HELP viim_request_seconds Time until an answer begins.", "# TYPE viim_request_seconds histogram");
  for (const [route, { counts, sum, total }] of times) {
    const bucket = (end: string, count: number): string =>
      `viim_request_seconds_bucket{route="${route}",le="${end}"} ${count}`;
    lines.push(...CLASSES.map((end, i) => bucket(String(end), counts[i] ?? 0)), bucket("+Inf", total));
    lines.push(
      `viim_request_seconds_sum{route="${route}"} ${sum}`,
      `viim_request_seconds_count{route="${route}"} ${total}`,
    );
  }
  const all = { ...gauges, requests_under_way: ["Requests under way.", underWay] as const };
  for (const [name, [help, value]] of Object.entries(all)) {
    lines.push(`# HELP viim_${name} ${help}`, `# TYPE viim_${name} gauge`, `viim_${name} ${value}`);
  }
  return `${lines.join("\n")}\n`;
}
