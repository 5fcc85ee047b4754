/**
 * Collects the scripts at the paths that the user names: files called `NAME.wire`, and all such
 * files below a folder, ordered by name. A path without a script is a fault, since a run that
 * checks nothing must not look like one that passed.
 */

import { lstatSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";

import type { Result } from "../../base/result.ts";
import { failure, success } from "../../base/result.ts";
import { missingBeside } from "./beside.ts";
import type { Script, ScriptFault } from "./script.ts";
import { parseScript } from "./script-parser.ts";

const suffix = ".wire";

/** All scripts below `paths`, or all faults in them. A fault that is in no line has line 0. */
export function collectScripts(
  paths: readonly string[],
): Result<readonly Script[], readonly ScriptFault[]> {
  const scripts: Script[] = [];
  const faults: ScriptFault[] = [];
  const seen = new Set<string>();
  for (const path of paths) {
    const files = scriptFiles(path);
    if (files.length === 0) faults.push(noScript(path));
    for (const file of files) {
      if (seen.has(resolve(file))) continue;
      seen.add(resolve(file));
      const script = readScript(file);
      if (script.ok) {
        scripts.push(script.value);
        faults.push(...missingBeside(script.value));
      } else faults.push(...script.error);
    }
  }
  return faults.length > 0 ? failure(faults) : success(scripts);
}

function noScript(file: string): ScriptFault {
  const fault = { file, line: 0, expected: "a script, NAME.wire" };
  return statSync(file, { throwIfNoEntry: false }) === undefined
    ? { ...fault, missing: true }
    : fault;
}

function scriptFiles(path: string): readonly string[] {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return [];
  if (!stat.isDirectory()) return path.endsWith(suffix) ? [path] : [];
  const names = readdirSync(path).toSorted();
  return names.flatMap((name) => {
    const below = join(path, name);
    return lstatSync(below).isDirectory() || name.endsWith(suffix) ? scriptFiles(below) : [];
  });
}

function readScript(file: string): Result<Script, readonly ScriptFault[]> {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(readFileSync(file));
  } catch {
    return failure([{ file, line: 0, expected: "a readable file in UTF-8" }]);
  }
  return parseScript(file, text);
}
