/**
 * The deadlines of a connection as one flag writes them: "write=300,idle=60", in seconds. The rest
 * of the limits has no flags, since few need to change them.
 */

import type { Limits } from "../../base/limits.ts";
import type { FlagText } from "./value-kind.ts";

/** The limit behind each name. */
const deadlines = {
  head: "headerTimeMs",
  body: "bodyTimeMs",
  idle: "idleTimeMs",
  write: "writeTimeMs",
  handler: "handlerTimeMs",
  stop: "stopTimeMs",
} as const satisfies Record<string, keyof Limits>;

/** What a flag can set: limits that are times. */
type Deadlines = Partial<Record<keyof Limits, number>>;

/** The longest deadline, in seconds: a week. */
const secondsMax = 7 * 24 * 3600;

function read(text: string): Deadlines | undefined {
  const limits: Deadlines = {};
  for (const part of text.split(",")) {
    const [, name = "", seconds = ""] = /^([a-z]+)=(\d+(?:\.\d+)?)$/.exec(part) ?? [];
    if (!Object.hasOwn(deadlines, name) || Number(seconds) > secondsMax) return undefined;
    const limit = deadlines[name as keyof typeof deadlines];
    if (limits[limit] !== undefined) return undefined;
    limits[limit] = Math.round(Number(seconds) * 1000);
  }
  return limits;
}

/** Deadlines by their names, each with its seconds. */
export const deadlinesText: FlagText<Deadlines> = {
  placeholder: "LIST",
  expected: `such as write=300,idle=60, of ${Object.keys(deadlines).join(", ")}`,
  read,
};
