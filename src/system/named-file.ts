/**
 * A file named on the command line or in a configuration, such as a certificate: read whole, or the
 * reason in words why it can't be read.
 */

import { readFileSync, statSync } from "node:fs";

import { nameForSystem } from "../base/file-name.ts";
import type { Result } from "../base/result.ts";
import { failure, success } from "../base/result.ts";

/** The octets of the file at `path`; fails with a reason that can stand behind its name. */
export function readNamedFile(path: string): Result<Buffer, string> {
  try {
    return success(readFileSync(nameForSystem(path)));
  } catch (error) {
    return failure(reasonOf(error));
  }
}

/**
 * Whether what `path` leads to is a pipe, a terminal or another thing that has its octets once, and
 * whose reader waits until there are some.
 */
export function isReadOnce(path: string): boolean {
  try {
    const stat = statSync(nameForSystem(path));
    return !stat.isFile() && !stat.isDirectory();
  } catch {
    return false;
  }
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  switch (code) {
    case "ENOENT":
    case "ENOTDIR":
      return "no such file";
    case "EISDIR":
      return "a folder, not a file";
    case "EACCES":
      return "may not be read";
    default:
      return code;
  }
}
