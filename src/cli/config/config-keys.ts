/**
 * What may stand in a configuration, as one table: each key, and what its value has to be. The
 * first thing that is wrong is told as what was expected and what stood there instead.
 *
 * Whether a value makes sense, whether the root is there or a field's name is one, is asked where
 * it is used, and not here.
 */

import type { Limits } from "../../base/limits.ts";
import { defaultLimits } from "../../base/limits.ts";
import type { Result } from "../../base/result.ts";
import { failure, success } from "../../base/result.ts";
import { logFormats } from "../../server/log.ts";
import type { Config } from "./config.ts";

/** A value that can't be. `key` is where it stands, "headers[0].name"; "" for the whole. */
interface Fault {
  readonly key: string;
  readonly text: string;
}

/** Looks at the value at `key`, and answers with what is wrong with it. */
type Kind = (value: unknown, key: string) => Fault | undefined;

/** The longest part of a value that is shown. */
const shownCharactersMax = 60;

/** `value` as a complaint shows it, in one line. */
function show(value: unknown): string {
  switch (typeof value) {
    case "string": {
      const quoted = JSON.stringify(value.slice(0, shownCharactersMax));
      return value.length > shownCharactersMax ? `${quoted}…` : quoted;
    }
    case "object":
      if (value === null) return "null";
      return Array.isArray(value) ? "a list" : "an object";
    case "function":
    case "symbol":
      return `a ${typeof value}`;
    default:
      return String(value);
  }
}

/** A key as it stands in a complaint: quoted if it is no plain word. */
function showKey(key: string): string {
  return /^[\w$-]+$/.test(key) ? key : show(key);
}

function mismatch(key: string, expected: string, value: unknown): Fault {
  return { key, text: `expected ${expected}, got ${value === undefined ? "none" : show(value)}` };
}

/** A value that `accepts`, called `expected`. */
function a(expected: string, accepts: (value: unknown) => boolean): Kind {
  return (value, key) => (accepts(value) ? undefined : mismatch(key, expected, value));
}

const truth = a("true or false", (value) => typeof value === "boolean");

function text(expected: string): Kind {
  return a(expected, (value) => typeof value === "string");
}

function whole(expected: string, maximum = Number.MAX_SAFE_INTEGER): Kind {
  return a(
    expected,
    (value) => Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) <= maximum,
  );
}

function oneOf(...choices: readonly (string | number)[]): Kind {
  const shown = choices.map((choice) => show(choice)).join(", ");
  return a(`one of ${shown}`, (value) => choices.some((choice) => choice === value));
}

function listOf(expected: string, kind: Kind): Kind {
  return (value, key) => {
    if (!Array.isArray(value)) return mismatch(key, expected, value);
    for (const [i, entry] of value.entries()) {
      const fault = kind(entry, `${key}[${i}]`);
      if (fault !== undefined) return fault;
    }
    return undefined;
  };
}

/** An object with these keys and no other; those of `required` have to be there. */
function record(
  expected: string,
  kinds: Readonly<Record<string, Kind>>,
  required: readonly string[] = [],
  names = `one of ${Object.keys(kinds).join(", ")}`,
): Kind {
  return (value, key) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      return mismatch(key, expected, value);
    }
    const within = (name: string): string => (key === "" ? name : `${key}.${name}`);
    for (const [name, member] of Object.entries(value)) {
      const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
      if (kind === undefined) {
        return { key: within(showKey(name)), text: `unknown key, expected ${names}` };
      }
      // In a TypeScript file what is undefined is as good as absent.
      const fault = member === undefined ? undefined : kind(member, within(name));
      if (fault !== undefined) return fault;
    }
    for (const name of required) {
      if (Reflect.get(value, name) !== undefined) continue;
      return kinds[name]?.(undefined, within(name));
    }
    return undefined;
  };
}

/** `other`, or true or false. */
function truthOr(expected: string, other: Kind): Kind {
  return (value, key) => {
    if (typeof value === "boolean") return undefined;
    if (typeof value === "object") return other(value, key);
    return mismatch(key, `true, false or ${expected}`, value);
  };
}

/** A limit is a whole number; which ones can't be together is known to `resolveLimits`. */
const limits = Object.fromEntries(
  Object.keys(defaultLimits).map((name) => [name, whole("a whole number, zero or more")]),
) as Record<keyof Limits, Kind>;

const path = text("a path as text");

const pem = text("a file's path");

const cors = record("an object with origins", {
  origins: listOf("a list of origins", text('an origin, "https://example.com"')),
  credentials: truth,
});

const header = record(
  "an object with name and value",
  { path: text('a glob, "/assets/**"'), name: text("a field's name"), value: text("text") },
  ["name", "value"],
);

const redirect = record(
  "an object with from and to",
  { from: path, to: text("a path or a URL as text"), status: oneOf(301, 302, 303, 307, 308) },
  ["from", "to"],
);

const rewrite = record("an object with from and to", { from: path, to: path }, ["from", "to"]);

/** The keys. */
const keys: Readonly<Record<keyof Config, Kind>> = {
  root: text("a folder's path"),
  host: text("a host or an address"),
  port: whole("a port, from 0 to 65535", 65_535),
  tls: record("an object with cert and key", { cert: pem, key: pem }),
  permissions: oneOf("other", "process"),
  explain: truth,
  hidden: truth,
  symlinks: oneOf("inside", "follow", "deny"),
  listing: truth,
  index: text("a file's name"),
  single: truth,
  cleanUrls: truth,
  cache: whole("a whole number of seconds"),
  headers: listOf("a list of header rules", header),
  cors: truthOr("an object with origins", cors),
  redirects: listOf("a list of redirects", redirect),
  rewrites: listOf("a list of rewrites", rewrite),
  compress: truth,
  earlyHints: truth,
  post: oneOf("form", "off"),
  form: text("a file's name"),
  log: oneOf(...logFormats),
  quiet: truth,
  workers: a(
    'a number of processes, from 1 on, or "auto"',
    (value) => value === "auto" || (Number.isSafeInteger(value) && Number(value) >= 1),
  ),
  limits: record("an object of limits", limits, [], "a limit, such as bodyBytesMax"),
};

const configuration = record("an object", keys);

/** Takes `value` for a configuration. Fails with the key and what was expected there. */
export function readConfig(value: unknown): Result<Config, string> {
  const fault = configuration(value, "");
  if (fault === undefined) return success(value as Config);
  return failure(fault.key === "" ? fault.text : `${fault.key}: ${fault.text}`);
}
