/**
 * The goals for postern: each bounds a figure, or its ratio to the figures of other servers in the
 * same run.
 */

import type { Measure, Row } from "./measures.ts";
import { measures, medianOf } from "./measures.ts";
import { REFERENCE } from "./peers.ts";

/** A figure of a run. */
interface Figure {
  readonly case: string;
  readonly server: string;
  readonly measure: Measure;
}

/** The figures by which a figure is divided. */
type Against =
  | { readonly kind: "least"; readonly of: readonly Figure[] }
  | { readonly kind: "sum"; readonly of: readonly Figure[] };

export interface Goal {
  readonly figure: Figure;
  /** What the figure is divided by. If absent, the figure itself is bounded. */
  readonly against?: Against;
  readonly relation: "≤" | "<" | "≥";
  readonly bound: number;
}

/** Whether a goal is met. */
export interface Verdict {
  readonly goal: Goal;
  /** postern's figure and the other side's; `undefined` if it was not measured. */
  readonly value: number | undefined;
  readonly other: number | undefined;
  /** What is compared with the bound; `undefined` when a number is missing. */
  readonly compared: number | undefined;
  readonly isMet: boolean | undefined;
}

/** Cases that have to be about as cheap as a plain small file, and cheaper than nginx's. */
const likeSmall = ["304", "206", "404", "403", "gzip-10k"] as const;

export const goals: readonly Goal[] = [
  atMost(0.95, "1k", ["h2o", "lighttpd"]),
  atMost(0.75, "1k", ["nginx-cache"]),
  atMost(1.25, "1k", ["bun-listen"]),
  atMost(0.4, "1k", ["bun-file"]),
  ...likeSmall.flatMap((name): readonly Goal[] => [
    atMostOwn(1.3, name),
    { ...atMost(1, name, ["nginx"]), relation: "<" },
  ]),
  atMost(1, "many-files", ["nginx-cache"]),
  atMost(1, "many-files-small", ["nginx-cache"]),
  atMost(0.25, "1k-pipelined", ["nginx"]),
  atMost(0.95, "16k", ["nginx"]),
  atMost(0.95, "100k", ["nginx"]),
  atMost(0.5, "1m", ["nginx"]),
  atMost(1.05, "100m", ["nginx"]),
  atMost(0.95, "tls-1k", ["nginx"]),
  atMost(0.6, "tls-1m", ["nginx"]),
  atMost(2, "proxy-1k", ["nginx"]),
  atMost(0.5, "proxy-1k", ["caddy"]),
  atMost(1.25, "proxy-1m", ["nginx"]),
  atMostOwn(1.5, "post-1k"),
  {
    figure: cpuOf("upload-100m", REFERENCE),
    against: { kind: "sum", of: ["nginx", "bun-hash"].map((each) => cpuOf("upload-100m", each)) },
    relation: "≤",
    bound: 1.5,
  },
  // Flat: less than a fifth of what one upload would take, with four of them at a time.
  bounded("upload-100m", "growth", "≤", 20),
  bounded("idle", "perConnection", "≤", 3.5),
  // None for each connection; a few timers may run for all of them together.
  bounded("idle", "wakeUps", "≤", 50),
  bounded("idle", "idleCpu", "≤", 2),
  ...(["rate", "listings"] as const).map((measure): Goal => {
    return {
      figure: { case: "workers", server: "postern, 2 workers", measure },
      against: { kind: "sum", of: [{ case: "workers", server: REFERENCE, measure }] },
      relation: "≥",
      bound: 1.3,
    };
  }),
  {
    figure: { case: "workers", server: "postern, 2 workers", measure: "share" },
    relation: "≥",
    bound: 40,
  },
  bounded("start", "firstAnswer", "≤", 25),
  {
    figure: { case: "start", server: REFERENCE, measure: "firstAnswer" },
    against: {
      kind: "least",
      of: ["serve", "http-server", "sirv"].map((server): Figure => {
        return { case: "start", server, measure: "firstAnswer" };
      }),
    },
    relation: "≤",
    bound: 0.2,
  },
  bounded("listing-50k", "firstByte", "≤", 50),
  // The cache is given 20 MB; as much again for what a heap leaves lying about.
  bounded("tree-100k", "growth", "≤", 40),
  bounded("tree-100k", "regrowth", "≤", 10),
  bounded("slow-readers", "resident", "≤", 150),
  bounded("slow-readers", "sendQueues", "≤", 700),
  bounded("syscalls", "receives", "≤", 1.01),
  bounded("syscalls", "sends", "≤", 1.01),
];

/** Whether `goal` is met by the figures in `rows`. */
export function judge(goal: Goal, rows: readonly Row[]): Verdict {
  const value = numberOf(goal.figure, rows);
  const other = goal.against === undefined ? undefined : sideOf(goal.against, rows);
  const compared =
    value === undefined || goal.against === undefined
      ? value
      : other === undefined
        ? undefined
        : value / other;
  const isMet = compared === undefined ? undefined : holds(compared, goal);
  return { goal, value, other, compared, isMet };
}

/** What postern is compared with, in words: "nginx", "the least of h2o, lighttpd". */
export function nameOf(against: Against, own: Figure): string {
  const names = against.of.map((each) => {
    return each.server === REFERENCE ? `its own ${each.case}` : each.server;
  });
  const [only = ""] = names;
  if (names.length === 1) return only === `its own ${own.case}` ? "one worker" : only;
  return against.kind === "sum" ? names.join(" + ") : `the least of ${names.join(", ")}`;
}

function holds(compared: number, { relation, bound }: Goal): boolean {
  switch (relation) {
    case "≤":
      return compared <= bound;
    case "<":
      return compared < bound;
    case "≥":
      return compared >= bound;
  }
}

function numberOf(figure: Figure, rows: readonly Row[]): number | undefined {
  return medianOf(rows, figure.case, figure.server, figure.measure);
}

/** The other side's figure; `undefined` if a figure that it needs is missing. */
function sideOf(against: Against, rows: readonly Row[]): number | undefined {
  const found = against.of.map((each) => numberOf(each, rows));
  const known = found.filter((each) => each !== undefined);
  if (known.length === 0) return undefined;
  if (against.kind === "least") return Math.min(...known);
  return known.length < found.length ? undefined : known.reduce((sum, each) => sum + each, 0);
}

function cpuOf(name: string, server: string): Figure {
  return { case: name, server, measure: "cpu" };
}

/** At most `bound` times the CPU of the cheapest of `servers` in that case. */
function atMost(bound: number, name: string, servers: readonly string[]): Goal {
  const of = servers.map((each) => cpuOf(name, each));
  return { figure: cpuOf(name, REFERENCE), against: { kind: "least", of }, relation: "≤", bound };
}

/** At most `bound` times the CPU of postern's own case `1k`. */
function atMostOwn(bound: number, name: string): Goal {
  const of = [cpuOf("1k", REFERENCE)];
  return { figure: cpuOf(name, REFERENCE), against: { kind: "least", of }, relation: "≤", bound };
}

/** A bound for a figure of postern, in the unit of its measure. */
function bounded(name: string, measure: Measure, relation: "≤" | "≥", bound: number): Goal {
  return { figure: { case: name, server: REFERENCE, measure }, relation, bound };
}

/** A bound as text, with its unit unless it is a ratio. */
export function boundText({ relation, bound, figure, against }: Goal): string {
  const unit = against === undefined ? ` ${measures[figure.measure].unit}` : "×";
  return `${relation} ${bound}${unit}`;
}
