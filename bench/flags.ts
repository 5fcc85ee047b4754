/** Parses the command line of the bench. An error is reported in one line. */

import { cases } from "./cases.ts";
import { BESIDE, peers } from "./peers.ts";
import { probes } from "./probes.ts";

export interface Flags {
  readonly rounds: number;
  /** The approximate duration of one round of one server. */
  readonly seconds: number;
  readonly isQuick: boolean;
  readonly caseNames: readonly string[];
  readonly serverNames: readonly string[];
  readonly connections: number;
  /** Another checkout of postern, measured as the server `beside`. */
  readonly besideFolder: string | undefined;
  readonly jsonPath: string | undefined;
  /** Whether the result is written into bench/README.md, and its main rows into README.md. */
  readonly writesReadme: boolean;
}

/** What the arguments request. */
type Command =
  | { readonly kind: "run"; readonly flags: Flags }
  | { readonly kind: "help" }
  | { readonly kind: "refused"; readonly reason: string };

const allCases = [...cases, ...probes].map(({ name }) => name);
const allServers = peers.map(({ name }) => name);

/** Many short rounds, so that a disturbance affects few of them and not the median. */
const thorough = { rounds: 7, seconds: 0.5 };
const quick = { rounds: 3, seconds: 0.2 };

export const helpText = `bun run bench [flags]

Measures the CPU time per request of postern and of the servers found on this machine.

  --quick            a first look in a few minutes: fewer, shorter rounds, smaller sets
  --rounds N         rounds of each server and case; the median counts (${thorough.rounds})
  --seconds S        about how long a round takes (${thorough.seconds})
  --case NAME…       only these
                     ${wrap(allCases)}
  --server NAME…     only these (all that are found)
                     ${wrap(allServers)}
  --beside FOLDER    another checkout of postern, measured in the same rounds as the server
                     "${BESIDE}": what a change costs or saves. Its ratio is that checkout
                     divided by this one: above 1, this one is the cheaper
  --connections N    kept open by the generator (64)
  --json FILE        write every sample to FILE
  --readme           put the result into bench/README.md, its main rows into README.md
  --help             this text
`;

interface Draft {
  rounds: number | undefined;
  seconds: number | undefined;
  isQuick: boolean;
  caseNames: string[];
  serverNames: string[];
  connections: number;
  besideFolder: string | undefined;
  jsonPath: string | undefined;
  writesReadme: boolean;
}

/** Stores the values of a flag in the draft. Returns what is wrong with them. */
type Taker = (draft: Draft, values: readonly string[]) => string | undefined;

const takers: Readonly<Record<string, Taker>> = {
  "--quick": nothing((draft) => (draft.isQuick = true)),
  "--readme": nothing((draft) => (draft.writesReadme = true)),
  "--rounds": number((draft, value) => (draft.rounds = value), { max: 1000, whole: true }),
  "--seconds": number((draft, value) => (draft.seconds = value), { max: 600, whole: false }),
  "--connections": number((draft, value) => (draft.connections = value), {
    max: 4000,
    whole: true,
  }),
  "--case": names((draft) => draft.caseNames, allCases),
  "--server": names((draft) => draft.serverNames, [...allServers, BESIDE]),
  "--beside": path((draft, value) => (draft.besideFolder = value), "folder"),
  "--json": path((draft, value) => (draft.jsonPath = value), "file name"),
};

/** Parses the arguments after the script's name. `--flag=value` equals `--flag value`. */
export function readFlags(given: readonly string[]): Command {
  if (given.includes("--help") || given.includes("-h")) return { kind: "help" };
  const draft: Draft = {
    rounds: undefined,
    seconds: undefined,
    isQuick: false,
    caseNames: [],
    serverNames: [],
    connections: 64,
    besideFolder: undefined,
    jsonPath: undefined,
    writesReadme: false,
  };
  const words = given.flatMap((word) => (/^--[a-z]+=/.test(word) ? splitOnce(word) : [word]));
  let at = 0;
  while (at < words.length) {
    const name = words[at] ?? "";
    const taker = Object.hasOwn(takers, name) ? takers[name] : undefined;
    if (taker === undefined) return { kind: "refused", reason: `unknown argument: ${name}` };
    const next = words.findIndex((word, index) => index > at && word.startsWith("--"));
    const end = next < 0 ? words.length : next;
    const wrong = taker(draft, words.slice(at + 1, end));
    if (wrong !== undefined) return { kind: "refused", reason: `${name} ${wrong}` };
    at = end;
  }
  const contradiction = contradictionOf(draft);
  if (contradiction !== undefined) return { kind: "refused", reason: contradiction };
  return { kind: "run", flags: complete(draft) };
}

/** What is wrong with a combination of flags, each of which is valid. */
function contradictionOf({ besideFolder, serverNames, writesReadme }: Draft): string | undefined {
  if (besideFolder === undefined) {
    return serverNames.includes(BESIDE) ? `--server ${BESIDE} needs --beside FOLDER` : undefined;
  }
  return writesReadme ? "--readme is for one checkout, without --beside" : undefined;
}

function complete(draft: Draft): Flags {
  const usual = draft.isQuick ? quick : thorough;
  const servers = draft.serverNames.length > 0 ? draft.serverNames : allServers;
  const beside = draft.besideFolder === undefined || servers.includes(BESIDE) ? [] : [BESIDE];
  return {
    ...draft,
    rounds: draft.rounds ?? usual.rounds,
    seconds: draft.seconds ?? usual.seconds,
    caseNames: draft.caseNames.length > 0 ? draft.caseNames : allCases,
    serverNames: [...servers, ...beside],
  };
}

function wrap(list: readonly string[]): string {
  const lines = [""];
  for (const name of list) {
    const last = lines.at(-1) ?? "";
    if (last.length + name.length < 70) lines[lines.length - 1] = `${last} ${name}`.trim();
    else lines.push(name);
  }
  return lines.join(`\n${" ".repeat(21)}`);
}

function splitOnce(word: string): readonly string[] {
  const at = word.indexOf("=");
  return [word.slice(0, at), word.slice(at + 1)];
}

function nothing(set: (draft: Draft) => void): Taker {
  return (draft, values) => {
    if (values.length > 0) return "takes no value";
    set(draft);
    return undefined;
  };
}

function number(
  set: (draft: Draft, value: number) => void,
  { max, whole }: { readonly max: number; readonly whole: boolean },
): Taker {
  return (draft, values) => {
    const [text = ""] = values;
    const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
    const fits = value > 0 && value <= max && (!whole || Number.isInteger(value));
    if (values.length !== 1 || !fits) {
      return `takes ${whole ? "a whole number" : "a number"} above 0, at most ${max}`;
    }
    set(draft, value);
    return undefined;
  };
}

function path(set: (draft: Draft, value: string) => void, what: string): Taker {
  return (draft, values) => {
    const [value = ""] = values;
    if (values.length !== 1 || value === "") return `takes one ${what}`;
    set(draft, value);
    return undefined;
  };
}

function names(list: (draft: Draft) => string[], known: readonly string[]): Taker {
  return (draft, values) => {
    const stranger = values.find((value) => !known.includes(value));
    if (stranger !== undefined) return `knows no "${stranger}"; it knows ${known.join(" ")}`;
    if (values.length === 0) return `takes one or more of ${known.join(" ")}`;
    list(draft).push(...values);
    return undefined;
  };
}
