/** The command line of the bench: what can be asked, and what is refused with one line. */

import { cases } from "./cases.ts";
import { peers } from "./peers.ts";

export interface Flags {
  readonly rounds: number;
  /** About how long one round of one server takes. */
  readonly seconds: number;
  readonly caseNames: readonly string[];
  readonly serverNames: readonly string[];
  readonly connections: number;
  readonly jsonPath: string | undefined;
}

/** What the arguments ask for. */
export type Command =
  | { readonly kind: "run"; readonly flags: Flags }
  | { readonly kind: "help" }
  | { readonly kind: "refused"; readonly reason: string };

const allCases = cases.map(({ name }) => name);
const allServers = peers.map(({ name }) => name);

export const helpText = `bun run bench [flags]

Measures the CPU time per request of postern and of the servers found on this machine.

  --rounds N         rounds of each server and case; the median counts (5)
  --seconds S        about how long a round takes (1.5)
  --case NAME…       only these, or "all" (the standard ones)
                     ${allCases.join(" ")}
  --server NAME…     only these (all that are found)
                     ${allServers.join(" ")}
  --connections N    kept open by the generator (64)
  --json FILE        write every sample to FILE
  --help             this text
`;

interface Draft {
  rounds: number;
  seconds: number;
  caseNames: string[];
  serverNames: string[];
  connections: number;
  jsonPath: string | undefined;
}

/** Takes its values into the draft; returns what is wrong with them. */
type Taker = (draft: Draft, values: readonly string[]) => string | undefined;

const takers: Readonly<Record<string, Taker>> = {
  "--rounds": number((draft, value) => (draft.rounds = value), { max: 1000, whole: true }),
  "--seconds": number((draft, value) => (draft.seconds = value), { max: 600, whole: false }),
  "--connections": number((draft, value) => (draft.connections = value), {
    max: 4000,
    whole: true,
  }),
  "--case": names((draft) => draft.caseNames, [...allCases, "all"]),
  "--server": names((draft) => draft.serverNames, allServers),
  "--json": (draft, values) => {
    const [path] = values;
    if (values.length !== 1 || path === "") return "takes one file name";
    draft.jsonPath = path;
    return undefined;
  },
};

/** Reads the arguments behind the script's name. `--flag=value` and `--flag value` are the same. */
export function readFlags(given: readonly string[]): Command {
  if (given.includes("--help") || given.includes("-h")) return { kind: "help" };
  const draft: Draft = {
    rounds: 5,
    seconds: 1.5,
    caseNames: [],
    serverNames: [],
    connections: 64,
    jsonPath: undefined,
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
  return { kind: "run", flags: { ...draft, ...namesOrDefault(draft) } };
}

function namesOrDefault({ caseNames, serverNames }: Draft) {
  const standard = cases.filter((each) => each.standard).map(({ name }) => name);
  const chosen = caseNames.includes("all") ? allCases : caseNames;
  return {
    caseNames: chosen.length > 0 ? chosen : standard,
    serverNames: serverNames.length > 0 ? serverNames : allServers,
  };
}

function splitOnce(word: string): readonly string[] {
  const at = word.indexOf("=");
  return [word.slice(0, at), word.slice(at + 1)];
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

function names(list: (draft: Draft) => string[], known: readonly string[]): Taker {
  return (draft, values) => {
    const stranger = values.find((value) => !known.includes(value));
    if (stranger !== undefined) return `knows no "${stranger}"; it knows ${known.join(" ")}`;
    if (values.length === 0) return `takes one or more of ${known.join(" ")}`;
    list(draft).push(...values);
    return undefined;
  };
}
