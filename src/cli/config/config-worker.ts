/**
 * The worker thread that runs a configuration in TypeScript. It receives the file's path, and sends
 * back the checked default export, or what is wrong, as JSON.
 */

import { plugin } from "bun";
import { relative } from "node:path";

import { defaultLimits } from "../../base/limits.ts";
import type { Result } from "../../base/result.ts";
import { failure } from "../../base/result.ts";
import { defineConfig } from "./config.ts";
import { readConfig } from "./read-config.ts";

declare const self: Worker;

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

async function read(file: string): Promise<Result<unknown, string>> {
  let value: unknown;
  try {
    const module = (await import(file)) as { default?: unknown };
    if (module.default === undefined) return failure(": expected a default export, got none");
    value = module.default;
  } catch (error) {
    return failure(describe(error, file));
  }
  const config = readConfig(value);
  return config.ok ? config : failure(`: ${config.error}`);
}

self.addEventListener("message", ({ data: file }: MessageEvent<string>) => {
  void read(file).then((outcome) => self.postMessage(JSON.stringify(outcome), []));
});
