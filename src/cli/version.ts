/** What `--version` prints: the version, and as JSON what a report of a mistake should say, too. */

import { availableParallelism, release } from "node:os";

import { nativeCalls } from "../system/system-choice.ts";
import about from "../../package.json";

/** The line for people. */
export function versionLine(): string {
  return `${about.version}\n`;
}

/**
 * The line for reports: one JSON object. `systemCalls` are "native" where files are opened and sent
 * by libc, and "plain" where `POSTERN_NATIVE=off` or the system has it done by node:fs. `form` is
 * "executable" for one that `bun build --compile` has made.
 */
export function versionJson(environment: NodeJS.ProcessEnv = process.env): string {
  const isNative = environment["POSTERN_NATIVE"] !== "off" && nativeCalls() !== undefined;
  return `${JSON.stringify({
    name: about.name,
    version: about.version,
    bun: Bun.version,
    bunRevision: Bun.revision,
    platform: process.platform,
    arch: process.arch,
    release: release(),
    cores: availableParallelism(),
    systemCalls: isNative ? "native" : "plain",
    form: Bun.isStandaloneExecutable ? "executable" : "program",
  })}\n`;
}
