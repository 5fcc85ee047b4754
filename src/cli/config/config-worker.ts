/**
 * The worker thread that runs a configuration in TypeScript. It receives the file's path, and sends
 * back the default export, or why there is none. The export isn't checked here, so that the thread
 * loads no more than the file imports.
 */

import { plugin } from "bun";
import { relative } from "node:path";

import { defaultLimits } from "../../base/limits.ts";
import type { Result } from "../../base/result.ts";
import { failure, success } from "../../base/result.ts";
import { defineConfig } from "./config.ts";

declare const self: Worker;

/** What a file exports by default, as it is sent to another thread. */
export interface Exported {
  /** The export in one member, without its functions and symbols, which can't be sent. */
  readonly content: { value?: unknown };
  /** Where in `content` those were: the keys that lead there. */
  readonly missing: readonly { readonly keys: readonly string[]; readonly type: string }[];
}

// The file may be in a folder where postern isn't installed.
plugin({
  name: "postern",
  setup: (build) => {
    build.module("postern", () => ({ exports: { defaultLimits, defineConfig }, loader: "object" }));
  },
});

/** The place of a compile error; undefined for any other error. */
function positionOf(error: object): { file: string; line: number } | undefined {
  const { position } = error as { position?: { file?: unknown; line?: unknown } | null };
  if (typeof position?.file !== "string" || typeof position.line !== "number") return undefined;
  return { file: position.file, line: position.line };
}

/** A message about what was thrown, as the rest of a line that begins with the path of `file`. */
function describe(error: unknown, file: string): string {
  const first = error instanceof AggregateError ? (error.errors[0] as unknown) : error;
  if (typeof first !== "object" || first === null) return `: it threw ${String(first)}`;
  const text = "message" in first ? String(first.message) : "";
  const line = (text.split(/[\r\n]/, 1)[0] ?? "").replace(` imported from ${file}`, "");
  const at = positionOf(first);
  if (at === undefined) return `: ${line === "" ? "it threw" : line}`;
  if (at.file === file) return `:${at.line}: ${line}`;
  return `: ${relative(process.cwd(), at.file)}:${at.line}: ${line}`;
}

/** A copy of `value` that can be sent. */
function sendable(value: unknown): Exported {
  const missing: { keys: readonly string[]; type: string }[] = [];
  // One copy of each object: a configuration may use one twice, or lead back to itself.
  const copies = new Map<object, object>();
  const copyOf = (part: unknown, keys: readonly string[]): unknown => {
    if (typeof part === "function" || typeof part === "symbol") {
      missing.push({ keys, type: typeof part });
      return undefined;
    }
    if (typeof part !== "object" || part === null) return part;
    const known = copies.get(part);
    if (known !== undefined) return known;
    const copy = (Array.isArray(part) ? [] : Object.create(null)) as Record<string, unknown>;
    copies.set(part, copy);
    for (const [key, member] of Object.entries(part)) copy[key] = copyOf(member, [...keys, key]);
    return copy;
  };
  return { content: { value: copyOf(value, ["value"]) }, missing };
}

async function read(file: string): Promise<Result<Exported, string>> {
  try {
    const module = (await import(file)) as { default?: unknown };
    if (module.default === undefined) return failure(": expected a default export, got none");
    return success(sendable(module.default));
  } catch (error) {
    return failure(describe(error, file));
  }
}

self.addEventListener("message", ({ data: file }: MessageEvent<string>) => {
  void read(file).then((outcome) => self.postMessage(outcome, []));
});
