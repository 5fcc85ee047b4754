/** What is measured, in which unit, and the figures of one server in one case. */

interface MeasureKind {
  /** The name of the measure in a table. */
  readonly title: string;
  readonly unit: string;
}

export const measures = {
  cpu: { title: "CPU per request", unit: "µs" },
  rate: { title: "requests", unit: "/s" },
  latency: { title: "latency, median", unit: "ms" },
  latencyTail: { title: "latency, 99th percentile", unit: "ms" },
  listings: { title: "listings of 300 files", unit: "/s" },
  growth: { title: "RSS growth", unit: "MB" },
  regrowth: { title: "RSS growth, second time", unit: "MB" },
  resident: { title: "RSS at most", unit: "MB" },
  sendQueues: { title: "the kernel's send queues", unit: "MB" },
  perConnection: { title: "RSS per connection", unit: "KB" },
  wakeUps: { title: "wake-ups", unit: "/s" },
  idleCpu: { title: "CPU", unit: "ms/s" },
  share: { title: "connections of the worker with fewer", unit: "%" },
  firstAnswer: { title: "first answer after exec", unit: "ms" },
  firstByte: { title: "first byte", unit: "ms" },
  receives: { title: "receives", unit: "per request" },
  sends: { title: "sends", unit: "per request" },
  waits: { title: "waits for events", unit: "per request" },
  fileCalls: { title: "calls for files", unit: "per request" },
  otherCalls: { title: "other calls", unit: "per request" },
} as const satisfies Record<string, MeasureKind>;

export type Measure = keyof typeof measures;

export const measureNames = Object.keys(measures) as readonly Measure[];

/** The figures by measure, one for each round or try. */
export type Figures = { readonly [measure in Measure]?: readonly number[] };

/** The outcome of one server in one case. A note says what figures can't. */
type Outcome =
  | { readonly kind: "measured"; readonly figures: Figures; readonly note?: string }
  | { readonly kind: "failed"; readonly reason: string };

/** A row of the result, before it is rendered. */
export interface Row {
  readonly case: string;
  readonly server: string;
  readonly outcome: Outcome;
}

/** A row that says why a server could not be measured. */
export function failedRow(name: string, server: string, error: unknown): Row {
  const reason = error instanceof Error ? error.message : String(error);
  return { case: name, server, outcome: { kind: "failed", reason } };
}

/** The middle value, or the mean of the two in the middle. Throws if there are no values. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.floor((sorted.length - 1) / 2)];
  if (upper === undefined || lower === undefined) throw new RangeError("no median of nothing");
  return (lower + upper) / 2;
}

/** The median of a server's figures; `undefined` if it has none of that measure. */
export function medianOf(
  rows: readonly Row[],
  name: string,
  server: string,
  measure: Measure,
): number | undefined {
  const row = rows.find((each) => each.case === name && each.server === server);
  const values = row?.outcome.kind === "measured" ? row.outcome.figures[measure] : undefined;
  return values === undefined || values.length === 0 ? undefined : median(values);
}

/** A number with three significant digits, which is the precision of a round. */
export function digits(value: number): string {
  const size = Math.abs(value);
  if (size >= 100 || value === 0) return value.toFixed(0);
  return value.toFixed(size >= 10 ? 1 : 2);
}
