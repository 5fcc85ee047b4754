/**
 * Files beside a script: bytes that are too many, or too unlike text, to stand in it. `send ./PATH`
 * sends those of a file, and `body is ./PATH` expects them. The path is relative to the script's
 * folder and leads to no other one; a path without `./` is one of the tree.
 */

import { readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";

import type { Result } from "../../base/result.ts";
import { failure } from "../../base/result.ts";
import type { Script, ScriptFault } from "./script.ts";
import { readPath } from "./tree-statement.ts";

const mark = "./";

/** Whether `text` names a file beside the script, and not one of the tree. */
export function isBeside(text: string): boolean {
  return text.startsWith(mark);
}

/** The path in `text`, `./PATH`, without its mark. Fails with what was expected. */
export function readBeside(text: string): Result<string, string> {
  return isBeside(text) ? readPath(text.slice(mark.length)) : failure("./PATH, beside the script");
}

/** Where the file beside the script in `file` is; `path` is Latin-1 text, an octet a code unit. */
function placeOf(file: string, path: string): Buffer {
  return Buffer.concat([Buffer.from(join(dirname(file), mark)), Buffer.from(path, "latin1")]);
}

/** The content of the file beside the script in `file`; undefined if it can't be read. */
export function besideBytes(file: string, path: string): Uint8Array | undefined {
  try {
    return readFileSync(placeOf(file, path));
  } catch {
    return undefined;
  }
}

/** A fault for each file beside `script` that isn't there. */
export function missingBeside({ file, phases }: Script): readonly ScriptFault[] {
  const named: { readonly line: number; readonly path: string }[] = [];
  for (const step of phases.flatMap(({ steps }) => steps)) {
    if (step.kind === "send") {
      for (const part of step.parts) if (part.kind === "beside") named.push(part);
    } else if (step.kind === "response") {
      for (const check of step.body) if (check.kind === "beside") named.push(check);
    }
  }
  return named
    .filter(({ path }) => statSync(placeOf(file, path), { throwIfNoEntry: false }) === undefined)
    .map(({ line, path }) => ({ file, line, expected: `the file ${path} beside the script` }));
}
