/**
 * The kinds of values that a fault's parameter may have: which values there are in code and in a
 * configuration, and how a text file writes them.
 */

import { defaultLimits } from "../../base/limits.ts";
import type { Limits } from "../../base/limits.ts";

/** A kind of values. */
export interface FaultKind<Value> {
  /** What the lists call the value: "MS", "fin|reset"; "" for a fault that is on or off. */
  readonly placeholder: string;
  /** What a value has to be under `limits`, for the message that refuses another. */
  expected(limits: Limits): string;
  /** Whether `value` is one under `limits`. */
  accepts(value: unknown, limits: Limits): boolean;
  /** The value that `text` stands for in a text file; undefined when it isn't one. */
  read(text: string): Value | undefined;
}

/** The limits that bound faults. */
type FaultLimit = Extract<keyof Limits, `fault${string}`>;

function isWhole(value: unknown, minimum: number, maximum: number): boolean {
  return Number.isSafeInteger(value) && Number(value) >= minimum && Number(value) <= maximum;
}

function readWhole(text: string): number | undefined {
  const value = Number(text);
  return /^-?\d+$/.test(text) && Number.isSafeInteger(value) ? value : undefined;
}

/** A whole number of `unit` from `minimum` on, up to the limit called `bound` if there is one. */
function whole(
  placeholder: string,
  unit: string,
  minimum: number,
  bound?: FaultLimit,
): FaultKind<number> {
  const maximum = (limits: Limits): number =>
    bound === undefined ? Number.MAX_SAFE_INTEGER : limits[bound];
  return {
    placeholder,
    expected: (limits) => {
      const most = bound === undefined ? "" : ` up to ${maximum(limits)} (limits.${bound})`;
      return `a whole number of ${unit} from ${minimum} on${most}`;
    },
    accepts: (value, limits) => isWhole(value, minimum, maximum(limits)),
    read: readWhole,
  };
}

/** A span of time in milliseconds. */
export const milliseconds = whole("MS", "milliseconds", 0, "faultWaitTimeMs");

/** A number of octets, from 0 on. */
export const octets = whole("BYTES", "bytes", 0);

/** A rate. */
export const rate = whole("BYTES", "bytes a second", 1);

/** A number of things, from 1 on; with `bound` at most as many as the limit of that name. */
export function count(things: string, bound?: FaultLimit): FaultKind<number> {
  return whole("N", things, 1, bound);
}

/** A number that is added to another, and isn't 0. */
export const difference: FaultKind<number> = {
  placeholder: "±BYTES",
  expected: () => "a whole number of bytes that isn't 0",
  accepts: (value) => Number.isSafeInteger(value) && value !== 0,
  read: (text) => readWhole(text.replace(/^\+/, "")),
};

/** One of `words`. */
export function word<Word extends string>(...words: readonly Word[]): FaultKind<Word> {
  return {
    placeholder: words.join("|"),
    expected: () => `one of ${words.join(", ")}`,
    accepts: (value) => words.some((one) => one === value),
    read: (text) => words.find((one) => one === text),
  };
}

/** True; a text file names the fault alone. */
export const on: FaultKind<boolean> = {
  placeholder: "",
  expected: () => "true or false",
  accepts: (value) => typeof value === "boolean",
  read: (text) => (text === "true" ? true : text === "false" ? false : undefined),
};

/** A share of all requests. */
export const share: FaultKind<number> = {
  placeholder: "0..1",
  expected: () => "a number above 0, up to 1",
  accepts: (value) => typeof value === "number" && value > 0 && value <= 1,
  read: (text) => (/^(?:0?\.\d+|1|1\.0+)$/.test(text) ? Number(text) : undefined),
};

/** Any 32 bits that pseudorandom numbers begin with. */
export const seed: FaultKind<number> = {
  placeholder: "N",
  expected: () => `a whole number from 0 to ${2 ** 32 - 1}`,
  accepts: (value) => isWhole(value, 0, 2 ** 32 - 1),
  read: readWhole,
};

/** A field's value (RFC 9110 §5.5), of Latin-1 characters; it may be as wrong as a test wants. */
export const fieldValue: FaultKind<string> = {
  placeholder: "VALUE",
  expected: () => "the value of a field, without line breaks",
  accepts: (value) => typeof value === "string" && /^[\t\x20-\x7e\x80-\xff]*$/.test(value),
  read: (text) => text,
};

/** A field line, or the name of a field. */
export const fieldLine: FaultKind<string> = {
  placeholder: "NAME[: VALUE]",
  expected: () => "a field's name, or 'Name: value'",
  accepts: (value) =>
    typeof value === "string" && /^[\w!#$%&'*+.^`|~-]+(?::[\t\x20-\x7e\x80-\xff]*)?$/.test(value),
  read: (text) => text,
};

/** Statuses in the order in which requests get them; 200 stands for the site's own answer. */
export const statuses: FaultKind<readonly number[]> = {
  placeholder: "STATUS,…",
  expected: () => "a list of statuses, each 200 or from 400 to 599",
  accepts: (value) =>
    Array.isArray(value) &&
    value.length > 0 &&
    value.length <= statusesMax &&
    value.every((one) => one === 200 || isWhole(one, 400, 599)),
  read: (text) => {
    const read = text.split(",").map(readWhole);
    return read.every((one) => one !== undefined) ? read : undefined;
  },
};

/** Statuses in one list. */
const statusesMax = 1000;

/** A number of seconds, or any other text as it is. */
export const secondsOrText: FaultKind<number | string> = {
  placeholder: "SECONDS",
  expected: () => "a whole number of seconds, or the value of a field",
  accepts: (value) =>
    typeof value === "number"
      ? isWhole(value, 0, 2 ** 31)
      : fieldValue.accepts(value, defaultLimits),
  read: (text) => readWhole(text) ?? text,
};
