/**
 * Reads a text file of faults:
 *
 *     # the first two requests for an order fail, and the third is answered
 *     GET /orders/:id  statuses=503,503,200 retryAfter=1
 *     *   /data/*      probability=0.1 seed=7 cutAfterBytes=1000 by=reset
 *
 * A line is a method, a path as a route has it, and faults with their values. A value with spaces
 * stands in quotation marks. `#` begins a comment, at a line's start or behind a space.
 */

import type { Limits } from "../../base/limits.ts";
import type { Result } from "../../base/result.ts";
import { failure, success } from "../../base/result.ts";
import { readNamedFile } from "../../system/named-file.ts";
import type { FaultRule } from "./fault-options.ts";
import { kindOf, readRuleOptions, unknownName } from "./fault-options.ts";
import { Rule } from "./fault-rules.ts";

/** A word: characters of which those in quotation marks may be spaces; the last may lack one. */
const wordPattern = /(?:"[^"]*(?:"|$)|[^\s"])+/g;

/** The words of `line`, without its comment and without quotation marks. */
function wordsOf(line: string): Result<readonly string[], string> {
  const words: string[] = [];
  for (const [word] of line.matchAll(wordPattern)) {
    if (word.startsWith("#")) break;
    if (word.split('"').length % 2 === 0) return failure("a quotation mark has no other");
    words.push(word.replaceAll('"', ""));
  }
  return success(words);
}

/** The value that `word`, `name=value` or a name alone, gives to its name. */
function readWord(
  word: string,
  limits: Limits,
): Result<readonly [name: string, value: unknown], string> {
  const equals = word.indexOf("=");
  const name = equals === -1 ? word : word.slice(0, equals);
  const kind = kindOf(name);
  if (kind === undefined) return failure(unknownName(name));
  if (equals === -1) {
    return kind.placeholder === ""
      ? success([name, true])
      : failure(`${name} needs a value: ${name}=${kind.placeholder}`);
  }
  const text = word.slice(equals + 1);
  const value = kind.read(text);
  if (value === undefined) {
    return failure(`${name} must be ${kind.expected(limits)}, not ${JSON.stringify(text)}`);
  }
  return success([name, value]);
}

/** The rule of a line that has these words. */
function readRule(
  [method = "", path, ...rest]: readonly string[],
  limits: Limits,
): Result<FaultRule, string> {
  if (path === undefined) return failure("a rule is a method, a path and faults");
  const options: Record<string, unknown> = {};
  for (const word of rest) {
    const read = readWord(word, limits);
    if (!read.ok) return read;
    const [name, value] = read.value;
    if (Object.hasOwn(options, name)) return failure(`${name} is given twice`);
    options[name] = value;
  }
  const checked = readRuleOptions(options, limits);
  if (!checked.ok) return checked;
  try {
    // Throws for a method or a path that no request can have.
    void new Rule(method, path, checked.value, false);
    return success({ method, path, ...checked.value });
  } catch (error) {
    return failure(error instanceof Error ? error.message : String(error));
  }
}

/** Reads the rules in `text`, which the file called `file` has. Fails with `file:line: why`. */
export function readFaultText(
  text: string,
  file: string,
  limits: Limits,
): Result<readonly FaultRule[], string> {
  const rules: FaultRule[] = [];
  for (const [i, line] of text.split("\n").entries()) {
    const words = wordsOf(line);
    if (words.ok && words.value.length === 0) continue;
    const rule = words.ok ? readRule(words.value, limits) : words;
    if (!rule.ok) return failure(`${file}:${i + 1}: ${rule.error}`);
    rules.push(rule.value);
  }
  return success(rules);
}

/** Reads the rules in the file at the path `file`. */
export function readFaultFile(file: string, limits: Limits): Result<readonly FaultRule[], string> {
  const content = readNamedFile(file);
  if (!content.ok) return failure(`${file}: ${content.error}`);
  return readFaultText(new TextDecoder().decode(content.value), file, limits);
}
