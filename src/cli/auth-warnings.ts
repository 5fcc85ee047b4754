/**
 * How the passwords of a server may get into wrong hands: by the arguments of its process, the mode
 * of its password file, and the way from the client to it.
 */

import { lookAt, realPath } from "../system/file-system.ts";
import type { Config } from "./config/config.ts";
import type { Listening } from "./terminal/reached.ts";
import { whereReached } from "./terminal/reached.ts";

/** S_IRGRP and S_IROTH: others than the file's owner may read it. */
const readableByOthers = 0o044;

/** Whether the flag `--auth` is among the words of the command line. */
function hasFlag(words: readonly string[]): boolean {
  const end = words.indexOf("--");
  const flags = end === -1 ? words : words.slice(0, end);
  return flags.some((word) => word === "--auth" || word.startsWith("--auth="));
}

function fileWarnings(file: string): readonly string[] {
  const real = realPath(file);
  const seen = lookAt(real.ok ? real.value : file);
  if (!seen.ok || (seen.value.mode & readableByOthers) === 0) return [];
  return [`${file}: others may read it; chmod 600 lets its owner alone`];
}

/** A line for each of them. `words` are those of the command line. */
export function authWarnings(
  server: Listening,
  { auth }: Config,
  words: readonly string[],
): readonly string[] {
  const lines: string[] = [];
  if (hasFlag(words)) {
    lines.push("--auth shows the password to all who may list processes; POSTERN_AUTH does not");
  }
  if (auth?.file !== undefined) lines.push(...fileWarnings(auth.file));
  const { isLocalOnly } = whereReached(server, () => []);
  if (server.url.protocol === "http:" && !isLocalOnly) {
    lines.push("without TLS, passwords can be read on their way; --tls encrypts them");
  }
  return lines;
}
