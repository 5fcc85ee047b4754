/**
 * The steps of a phase that tests a client. The script plays the server's part: what the client is
 * asked to do, the requests that have to come, the bytes that are sent, and what the client has to
 * make of them.
 */

import type { BodyCheck, FieldCheck, Save, Step, Template } from "../script.ts";

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
