/**
 * A wire script as typed values: `script-parser.ts` makes it from a `NAME.wire`, and the player
 * plays it. Every statement keeps its line number, so that a failure can name `NAME.wire:LINE`.
 *
 * Text in a script stands for bytes: its UTF-8 encoding with the escapes resolved. Paths of the
 * tree and values of fields are stored as Latin-1 text, one code unit a byte, so that a path need
 * not be valid UTF-8. Absent on purpose: code, conditions and loops.
 */

import type { Need } from "./need.ts";

/** Bytes to send or to expect, with placeholders for captured values. */
export type Template = readonly (Uint8Array | Capture)[];

/** The placeholder for a captured value: `{{name}}`. */
interface Capture {
  readonly capture: string;
}

/** The content of a file: literal bytes, or the pattern in which byte i is i mod 251. */
export type Content =
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  | { readonly kind: "count"; readonly sizeBytes: number };

/** An entry of the tree. Without `mtimeMs` the script doesn't set its modification time. */
export type TreeEntry = FileEntry | DirEntry | LinkEntry | FifoEntry;

export interface FileEntry {
  readonly kind: "file";
  readonly line: number;
  readonly path: string;
  readonly mode: number;
  readonly mtimeMs?: number;
  readonly content: Content;
}

interface DirEntry {
  readonly kind: "dir";
  readonly line: number;
  readonly path: string;
  readonly mode: number;
  readonly mtimeMs?: number;
}

interface LinkEntry {
  readonly kind: "link";
  readonly line: number;
  readonly path: string;
  readonly target: string;
}

interface FifoEntry {
  readonly kind: "fifo";
  readonly line: number;
  readonly path: string;
  readonly mode: number;
}

/** A change of the tree while it is served. */
export type TreeChange =
  | TreeEntry
  | { readonly kind: "chmod"; readonly line: number; readonly path: string; readonly mode: number }
  | { readonly kind: "remove"; readonly line: number; readonly path: string };

/**
 * A part of a block to send: text, a pattern repeated to exactly `count` bytes, or a file beside
 * the script.
 */
export type SendPart =
  | { readonly kind: "text"; readonly text: Template }
  | { readonly kind: "fill"; readonly count: number; readonly pattern: Uint8Array }
  | { readonly kind: "beside"; readonly line: number; readonly path: string };

/** One outcome that an expectation accepts: a status, a class like 4xx, or no response. */
export type StatusChoice =
  | { readonly kind: "status"; readonly status: number }
  | { readonly kind: "class"; readonly class: number }
  | { readonly kind: "end"; readonly end: ConnectionEnd };

/** How the server ends a connection: by FIN or by RST. */
export type ConnectionEnd = "closed" | "reset";

/** The strength of one expectation where it isn't its phase's, and what says so. */
export interface OwnStrength {
  readonly strength: Strength;
  readonly references: readonly string[];
}

/** What an expectation may have besides: a strength of its own. */
interface Weighed {
  readonly own?: OwnStrength;
}

/** An expectation about a response's field. `name` is spelled as in the script. */
export type FieldCheck = Weighed & FieldClaim;

type FieldClaim =
  | {
      readonly kind: "equals";
      readonly line: number;
      readonly name: string;
      readonly value: Template;
    }
  | {
      readonly kind: "matches";
      readonly line: number;
      readonly name: string;
      readonly pattern: RegExp;
    }
  | {
      readonly kind: "present" | "absent" | "once";
      readonly line: number;
      readonly name: string;
    };

/** An expectation about a response's body. `lastBytePos` is inclusive (RFC 9110 §14.1.2). */
export type BodyCheck = Weighed & BodyClaim;

type BodyClaim =
  | { readonly kind: "exact"; readonly line: number; readonly text: Template }
  | { readonly kind: "empty"; readonly line: number }
  | { readonly kind: "length"; readonly line: number; readonly lengthBytes: number }
  | { readonly kind: "sha256"; readonly line: number; readonly digest: string }
  | {
      readonly kind: "file";
      readonly line: number;
      readonly path: string;
      readonly range?: { readonly firstBytePos: number; readonly lastBytePos: number };
    }
  | { readonly kind: "beside"; readonly line: number; readonly path: string }
  | { readonly kind: "has" | "lacks"; readonly line: number; readonly text: Template }
  | { readonly kind: "matches"; readonly line: number; readonly pattern: RegExp };

/** A value to save from a response: a field's value, or the first group of a pattern in it. */
export interface Save {
  readonly line: number;
  readonly name: string;
  readonly field: string;
  readonly pattern?: RegExp;
}

/** A response and the expectations about it. */
export interface ResponseStep {
  readonly kind: "response";
  readonly line: number;
  readonly choices: readonly StatusChoice[];
  readonly reason?: string;
  readonly withinMs?: number;
  /** `none`: the response has no body whatever its fields say, as after HEAD (RFC 9112 §6.3). */
  readonly framing: "own" | "none";
  /** Whether expectations are about the body with its content coding removed. */
  readonly decoded: boolean;
  readonly fields: readonly FieldCheck[];
  readonly body: readonly BodyCheck[];
  readonly saves: readonly Save[];
}

/** One action or expectation of the player, in the script's order. */
export type Step =
  | { readonly kind: "on"; readonly line: number; readonly connection: string }
  | { readonly kind: "send"; readonly line: number; readonly parts: readonly SendPart[] }
  | { readonly kind: "pause"; readonly line: number; readonly ms: number }
  | { readonly kind: "half-close" | "close" | "abort"; readonly line: number }
  | { readonly kind: "change"; readonly line: number; readonly change: TreeChange }
  | ResponseStep
  | { readonly kind: "maybe"; readonly line: number; readonly status: number }
  | ConnectionStep;

/** An expectation about the connection. */
export type ConnectionStep = Weighed &
  (
    | { readonly kind: "open"; readonly line: number }
    | {
        readonly kind: "end";
        readonly line: number;
        readonly ends: readonly ConnectionEnd[];
        readonly withinMs?: number;
      }
    | { readonly kind: "silence"; readonly line: number; readonly ms: number }
  );

/** Has the client make a request. `target` is a path with its query, and perhaps a fragment. */
export interface AskStep {
  readonly kind: "ask";
  readonly line: number;
  readonly method: string;
  readonly target: Template;
  readonly fields: readonly { readonly name: string; readonly value: Template }[];
  readonly content?: Template;
}

/** A request line that has to come: one of several methods, and the version unless that is free. */
export interface RequestLine {
  readonly methods: readonly string[];
  readonly target: Template;
  readonly version?: string;
}

/** A request that has to come from the client, or that may. */
export interface RequestStep {
  readonly kind: "request";
  readonly line: number;
  readonly requestLine: RequestLine;
  /** Whether the client may also conclude without it. Then all up to the result is left out. */
  readonly optional: boolean;
  readonly withinMs?: number;
  readonly fields: readonly FieldCheck[];
  readonly body: readonly BodyCheck[];
  readonly saves: readonly Save[];
}

/** What the client makes of an answer: a response with this status, or a failure. */
export type ResultChoice =
  | { readonly kind: "status"; readonly status: number }
  | { readonly kind: "class"; readonly class: number }
  | { readonly kind: "fails" };

/** What the client has to make of what it was asked for. */
export interface ResultStep {
  readonly kind: "result";
  readonly line: number;
  readonly choices: readonly ResultChoice[];
  readonly withinMs?: number;
  readonly fields: readonly FieldCheck[];
  readonly body: readonly BodyCheck[];
  readonly saves: readonly Save[];
}

/** What both sides of a connection can do, or see of the other. */
export type SharedStep = Extract<
  Step,
  {
    kind: "on" | "send" | "pause" | "half-close" | "close" | "abort" | "open" | "end" | "silence";
  }
>;

export type ClientStep =
  | AskStep
  | RequestStep
  | ResultStep
  | SharedStep
  /** Answers up to `count` more requests as the one before, until the client concludes. */
  | {
      readonly kind: "repeat";
      readonly line: number;
      readonly count: number;
      readonly steps: readonly ClientStep[];
    };

/** The requirement level of a phase, in the words of RFC 2119. */
export type Strength = "must" | "should" | "may";

export const strengths: readonly Strength[] = ["must", "should", "may"];

/** The steps under one heading. A phase that doesn't continue the one before opens connections. */
export interface Phase {
  readonly line: number;
  readonly title: string;
  readonly references: readonly string[];
  readonly strength: Strength;
  readonly continues: boolean;
  readonly steps: readonly Step[];
  /** What the server's side does in a script that tests a client; `steps` is empty then. */
  readonly clientSteps?: readonly ClientStep[];
}

/** The settings of a script, for the server and the player, before its first phase. */
export interface Settings {
  /**
   * Command-line arguments that the server must run with. `{{root}}` stands for the root folder.
   */
  readonly serverArguments: readonly string[];
  /** Limits that the server must run with, by their names in `base/limits.ts`. */
  readonly limits: Readonly<Record<string, number>>;
  /** Names besides localhost that the server must answer to. */
  readonly hosts: readonly string[];
  /** What the server must do besides serving files, by the words of `need.ts`. */
  readonly needs: readonly Need[];
  /** Whether the script's tree must not be merged with the trees of other scripts. */
  readonly alone: boolean;
  /** Whether the script only makes sense on a connection without TLS. */
  readonly cleartext: boolean;
  /** Whether each play needs a newly written tree, and no other play at the same time. */
  readonly stateful: boolean;
  /** Why the script is not replayed with its bytes cut. Absent if it is. */
  readonly uncutReason?: string;
  /** Whether the script plays the server's part, and tests a client. */
  readonly client?: true;
}

/** A script. `file` is its path as messages show it. */
export interface Script {
  readonly file: string;
  readonly title: string;
  readonly tree: readonly TreeEntry[];
  readonly settings: Settings;
  readonly phases: readonly Phase[];
  /** The paragraphs under each heading: of a phase by its line, of the title by 0. */
  readonly prose?: ReadonlyMap<number, readonly string[]>;
}

/** An error in a script, shown as `file:line: expected …`. */
export interface ScriptFault {
  readonly file: string;
  readonly line: number;
  readonly expected: string;
  /** Whether there is no file of that name, which is then the whole message. */
  readonly missing?: true;
}

/** Whether a phase changes the tree while it is served. */
export function changesTree(script: Script): boolean {
  return script.phases.some((phase) => phase.steps.some((step) => step.kind === "change"));
}

/** The phases, grouped into runs. The phases of a run share connections. */
export function phaseRuns(script: Script): readonly (readonly Phase[])[] {
  const runs: Phase[][] = [];
  for (const phase of script.phases) {
    const last = runs.at(-1);
    if (phase.continues && last !== undefined) last.push(phase);
    else runs.push([phase]);
  }
  return runs;
}

/** Whether a step expects something of the connection. */
export function isConnectionStep(step: Step): step is ConnectionStep {
  return step.kind === "open" || step.kind === "end" || step.kind === "silence";
}

/**
 * How the server may end the connection where the next expectation stands: the ends that it takes,
 * in place of a response or alone. None if it takes a response only.
 */
export function permittedEnds(steps: readonly Step[]): readonly ConnectionEnd[] {
  const next = steps.find((step) => step.kind === "response" || isConnectionStep(step));
  if (next?.kind === "end") return next.ends;
  if (next?.kind !== "response") return [];
  return next.choices.flatMap((choice) => (choice.kind === "end" ? [choice.end] : []));
}

/** Whether a step takes this end of the connection in place of the response. */
export function permits({ choices }: ResponseStep, peer: ConnectionEnd): boolean {
  return choices.some((choice) => choice.kind === "end" && choice.end === peer);
}
