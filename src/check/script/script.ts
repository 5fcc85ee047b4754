/**
 * A wire script as typed values: what `script-parser.ts` makes of a `NAME.wire`, and what the
 * player plays. Every statement keeps its line, so that a failure can name `NAME.wire:LINE`.
 *
 * Text in a script is bytes: a literal is UTF-8 with its escapes resolved. Paths of the tree and
 * values of fields are kept as Latin-1 text, one code unit for each byte, so that a path which is
 * no UTF-8 can be written too. Absent on purpose: code, conditions and loops.
 */

/** Bytes to send or to expect, with places where a captured value goes. */
export type Template = readonly (Uint8Array | Capture)[];

/** The place of a captured value: `{{name}}`. */
export interface Capture {
  readonly capture: string;
}

/** What a file of the tree holds: literal bytes, or the pattern in which byte i is i mod 251. */
export type Content =
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  | { readonly kind: "count"; readonly sizeBytes: number };

/** Something to be there in the tree. `mtimeMs` is absent where the clock may say. */
export type TreeEntry = FileEntry | DirEntry | LinkEntry | FifoEntry;

export interface FileEntry {
  readonly kind: "file";
  readonly line: number;
  readonly path: string;
  readonly mode: number;
  readonly mtimeMs?: number;
  readonly content: Content;
}

export interface DirEntry {
  readonly kind: "dir";
  readonly line: number;
  readonly path: string;
  readonly mode: number;
  readonly mtimeMs?: number;
}

export interface LinkEntry {
  readonly kind: "link";
  readonly line: number;
  readonly path: string;
  readonly target: string;
}

export interface FifoEntry {
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

/** A part of what is sent: text, or text repeated to exactly `count` bytes. */
export type SendPart =
  | { readonly kind: "text"; readonly text: Template }
  | { readonly kind: "fill"; readonly count: number; readonly pattern: Uint8Array };

/** One status that an expectation accepts: 200, or 4xx as its class, or no answer at all. */
export type StatusChoice =
  | { readonly kind: "status"; readonly status: number }
  | { readonly kind: "class"; readonly class: number }
  | { readonly kind: "end"; readonly end: ConnectionEnd };

/** How the server may leave a connection. */
export type ConnectionEnd = "closed" | "reset";

/** What a response's fields have to be; `name` as the script spells it. */
export type FieldCheck =
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

/** What a response's body has to be; `lastBytePos` is included, as in a Range field. */
export type BodyCheck =
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
  | { readonly kind: "has" | "lacks"; readonly line: number; readonly text: Template }
  | { readonly kind: "matches"; readonly line: number; readonly pattern: RegExp };

/** A value to keep from a response: a field's, or the first group of a pattern in it. */
export interface Save {
  readonly line: number;
  readonly name: string;
  readonly field: string;
  readonly pattern?: RegExp;
}

/** A response, and all that is asked of it. */
export interface ResponseStep {
  readonly kind: "response";
  readonly line: number;
  readonly choices: readonly StatusChoice[];
  readonly reason?: string;
  readonly withinMs?: number;
  /** `none`: no body may follow in spite of its framing, as after HEAD. */
  readonly framing: "own" | "none";
  /** Whether the body is judged with its Content-Encoding removed. */
  readonly decoded: boolean;
  readonly fields: readonly FieldCheck[];
  readonly body: readonly BodyCheck[];
  readonly saves: readonly Save[];
}

/** One thing that the player does or expects, in the script's order. */
export type Step =
  | { readonly kind: "on"; readonly line: number; readonly connection: string }
  | { readonly kind: "send"; readonly line: number; readonly parts: readonly SendPart[] }
  | { readonly kind: "pause"; readonly line: number; readonly ms: number }
  | { readonly kind: "half-close" | "close" | "abort"; readonly line: number }
  | { readonly kind: "change"; readonly line: number; readonly change: TreeChange }
  | ResponseStep
  | { readonly kind: "maybe"; readonly line: number; readonly status: number }
  | { readonly kind: "open"; readonly line: number }
  | {
      readonly kind: "end";
      readonly line: number;
      readonly ends: readonly ConnectionEnd[];
      readonly withinMs?: number;
    }
  | { readonly kind: "silence"; readonly line: number; readonly ms: number };

/** How much an expectation weighs, in the words of RFC 2119. */
export type Strength = "must" | "should" | "may";

export const strengths: readonly Strength[] = ["must", "should", "may"];

/** Steps under one heading. A phase that does not continue has fresh connections. */
export interface Phase {
  readonly line: number;
  readonly title: string;
  readonly references: readonly string[];
  readonly strength: Strength;
  readonly continues: boolean;
  readonly steps: readonly Step[];
}

/** What a script asks of the server and of the player, before its first phase. */
export interface Settings {
  /** Words of the command line the server must run with; `{{root}}` is the tree's folder. */
  readonly serverArguments: readonly string[];
  /** Limits the server must run with, by their names in `base/limits.ts`. */
  readonly limits: Readonly<Record<string, number>>;
  /** Whether the tree must not be merged with those of other scripts. */
  readonly alone: boolean;
  /** Whether it is about connections without TLS. */
  readonly cleartext: boolean;
  /** Whether each play needs the tree written afresh and no other play beside it. */
  readonly stateful: boolean;
  /** Why the script is not replayed with its bytes cut; absent if it is. */
  readonly uncutReason?: string;
}

/** A whole script. `file` is the path it was read from, as it is to be shown. */
export interface Script {
  readonly file: string;
  readonly title: string;
  readonly tree: readonly TreeEntry[];
  readonly settings: Settings;
  readonly phases: readonly Phase[];
}

/** A mistake in a script, shown as `file:line: expected …`. */
export interface ScriptFault {
  readonly file: string;
  readonly line: number;
  readonly expected: string;
}

/** Whether a phase of the script changes the tree while it is served. */
export function changesTree(script: Script): boolean {
  return script.phases.some((phase) => phase.steps.some((step) => step.kind === "change"));
}

/** The phases in runs that share connections: each run begins with fresh ones. */
export function phaseRuns(script: Script): readonly (readonly Phase[])[] {
  const runs: Phase[][] = [];
  for (const phase of script.phases) {
    const last = runs.at(-1);
    if (phase.continues && last !== undefined) last.push(phase);
    else runs.push([phase]);
  }
  return runs;
}
