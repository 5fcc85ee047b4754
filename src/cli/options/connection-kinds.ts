/**
 * Kinds of values of the options that say where a server listens, in how many processes, how it
 * tells that it does, and how long its connections may take.
 */

import type { Limits } from "../../base/limits.ts";
import type { TlsOptions } from "../../server/serve-options.ts";
import { isPemText } from "../../server/serve-options.ts";
import { object, truthOr } from "./composite-kind.ts";
import type { Options } from "./option.ts";
import { readyFormats } from "./option.ts";
import type { FlagText, Kind } from "./value-kind.ts";
import { faultUnless, path, whole, wholeText } from "./value-kind.ts";

/** Where a configuration may have a file's text, as PEM, instead of its path. */
const pem = path("a file's path", (value) => !isPemText(value));

/** The certificate: a local one, or the one that is named. */
export const tls: Kind<boolean | Partial<TlsOptions>> = truthOr(
  "an object with cert and key",
  object<Partial<TlsOptions>>({
    expected: "an object with cert and key",
    members: { cert: pem, key: pem },
  }),
);

/** The port to listen on. */
export const port = whole(
  "a port, from 0 to 65535",
  wholeText("N", "a number from 0 to 65535", 65_535),
  65_535,
);

/** A descriptor after `json:` is one that the shell has opened, and not a standard stream. */
export const ready: Kind<NonNullable<Options["ready"]>> = {
  fault: () => undefined,
  text: {
    placeholder: "FORM",
    expected: `one of ${readyFormats.join(", ")}, json:3`,
    read: (given) => {
      const descriptor = Number(/^json:(\d{1,4})$/.exec(given)?.[1]);
      return descriptor >= 3 ? { descriptor } : readyFormats.find((one) => one === given);
    },
  },
};

const workerCount = wholeText("N", "a number from 1 on, or auto", Number.MAX_SAFE_INTEGER);

/** How many processes serve one port together. */
export const workers: Kind<number | "auto"> = {
  fault: faultUnless(
    'a number of processes, from 1 on, or "auto"',
    (value) => value === "auto" || (Number.isSafeInteger(value) && Number(value) >= 1),
  ),
  text: {
    ...workerCount,
    read: (given) => (given === "auto" ? given : workerCount.read(given) || undefined),
  },
};

/** Permission bits: octal digits as a flag, and a number in a configuration. */
export const fileMode: Kind<number> = whole(
  "permission bits, 0o660",
  {
    placeholder: "MODE",
    expected: "three octal digits",
    read: (given) => (/^0?[0-7]{3}$/.test(given) ? Number.parseInt(given, 8) : undefined),
  },
  0o777,
);

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

function readDeadlines(text: string): Deadlines | undefined {
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

/**
 * The deadlines of a connection as one flag writes them: "write=300,idle=60", in seconds. The rest
 * of the limits has no flags, since few need to change them.
 */
export const deadlinesText: FlagText<Deadlines> = {
  placeholder: "LIST",
  expected: `such as write=300,idle=60, of ${Object.keys(deadlines).join(", ")}`,
  read: readDeadlines,
};
