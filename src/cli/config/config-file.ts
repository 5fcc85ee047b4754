/**
 * Reads a configuration file.
 *
 * A TypeScript file runs in a new worker thread each time, so that the file and its imports are
 * read again, and the server's globals and timers stay out of its reach.
 */

import { resolve } from "node:path";

import type { Result } from "../../base/result.ts";
import { failure, success } from "../../base/result.ts";
import { workingFolder } from "../../system/file-system.ts";
import { isReadOnce, readNamedFile } from "../../system/named-file.ts";
import type { Exported } from "./config-worker.ts";
import type { Config } from "./config.ts";
import { readConfig, resolvePaths } from "./read-config.ts";

/** How long a TypeScript file may run, in milliseconds. */
const runTimeMs = 10_000;

/** What Bun says in an executable that was compiled without the thread's program. */
const lacksThread =
  /^BuildMessage: ModuleNotFound resolving ".*config-worker\.\w+" \(entry point\)/;

/**
 * Reads the configuration at the path `file`; the paths in it become absolute. Fails with a line
 * that names the file and says what is wrong in it.
 */
export async function readConfigFile(file: string): Promise<Result<Config, string>> {
  // Bun can't import a pipe, such as the `<(…)` of a shell.
  const isJson = file.endsWith(".json") || isReadOnce(file);
  const content = readNamedFile(file);
  if (!content.ok) {
    const { configHint } = await import("../options/foreign-words.ts");
    return failure(`${file}: ${content.error}${configHint(file)}`);
  }
  const read = isJson ? readJson(content.value) : await run(file);
  if (!read.ok) return failure(`${file}${read.error}`);
  return success(resolvePaths(read.value, (path) => absolutePath(file, path)));
}

/** The absolute path of `path`, which is relative to the folder of `file`. */
function absolutePath(file: string, path: string): string {
  const folder = file.slice(0, file.lastIndexOf("/") + 1);
  const joined = path.startsWith("/") ? path : `${folder}${path}`;
  const absolute = joined.startsWith("/") ? joined : `${workingFolder()}/${joined}`;
  // Bun's node:path puts U+FFFD in the place of octets that aren't UTF-8.
  return absolute.isWellFormed() ? resolve(absolute) : absolute;
}

/** Reads a configuration in JSON. */
function readJson(octets: Uint8Array): Result<Config, string> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(octets));
  } catch (error) {
    const text = error instanceof Error ? error.message.replace(/^JSON Parse error: /, "") : "";
    return failure(`: malformed JSON: ${text}`);
  }
  return check(value);
}

/** Takes `value` for a configuration. */
function check(value: unknown): Result<Config, string> {
  const read = readConfig(value);
  return read.ok ? read : failure(`: ${read.error}`);
}

/** Takes what a file exports for a configuration, without the members that are undefined. */
function checkExported({ content, missing }: Exported): Result<Config, string> {
  for (const { keys, type } of missing) {
    // A message says what stood there, but nothing of what it does.
    const put = type === "symbol" ? Symbol() : () => undefined;
    const last = keys.at(-1) ?? "";
    const holder = keys.slice(0, -1).reduce<object>((at, key) => Reflect.get(at, key), content);
    Reflect.set(holder, last, put);
  }
  const read = check(content.value);
  return read.ok ? success(JSON.parse(JSON.stringify(read.value)) as Config) : read;
}

/** Runs a TypeScript or JavaScript file and reads its default export as a configuration. */
async function run(file: string): Promise<Result<Config, string>> {
  const path = absolutePath("", file);
  if (!path.isWellFormed()) return failure(": Bun can't import a path that isn't UTF-8; use JSON");
  const worker = new Worker(new URL("./config-worker.ts", import.meta.url));
  const { promise, resolve: settle } = Promise.withResolvers<Result<Config, string>>();
  worker.addEventListener("message", ({ data }: MessageEvent<Result<Exported, string>>) => {
    settle(data.ok ? checkExported(data.value) : data);
  });
  worker.addEventListener("error", (event) => {
    event.preventDefault();
    if (lacksThread.test(event.message)) {
      settle(failure(": this executable reads only JSON; `bun run build` makes one that reads it"));
    }
    const line = /^(?:error: |(?=\w+Error: ))(.*)$/m.exec(event.message)?.[1];
    settle(failure(`: ${line ?? "it failed"}`));
  });
  worker.addEventListener("close", () => settle(failure(": it ended without a configuration")));
  const timer = setTimeout(
    () => settle(failure(`: it took longer than ${runTimeMs / 1000} s`)),
    runTimeMs,
  );
  worker.postMessage(path, []);
  const outcome = await promise;
  clearTimeout(timer);
  worker.terminate();
  return outcome;
}
