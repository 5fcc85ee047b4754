/**
 * Kinds of values of the options that say where a server listens and with how many processes, how
 * it tells that it does and where its log goes, and how long its connections may take; and the rows
 * of some of them.
 */

import type { Limits } from "../../base/limits.ts";
import type { TlsOptions } from "../../server/serve-options.ts";
import { isPemText, optionWords } from "../../server/serve-options.ts";
import { listOf, object, truthOr } from "./composite-kind.ts";
import type { Options, OptionTable } from "./option.ts";
import { readyFormats } from "./option.ts";
import type { FlagText, Kind } from "./value-kind.ts";
import {
  faultUnless,
  path,
  plainText,
  readTimeMs,
  sizeText,
  text,
  timeMsText,
  truth,
  unitBytes,
  whole,
  wholeText,
  word,
  wordList,
} from "./value-kind.ts";

/** Where a configuration may have a file's text, as PEM, instead of its path. */
const pem = path("a file's path", (value) => !isPemText(value));

/** The certificate: a local one, or the one that is named. */
const tls: Kind<boolean | Partial<TlsOptions>> = truthOr(
  "an object with cert and key",
  object<Partial<TlsOptions>>({
    expected: "an object with cert and key",
    members: { cert: pem, key: pem },
  }),
);

/** The port to listen on. */
const port = whole(
  "a port, from 0 to 65535",
  wholeText("N", "a number from 0 to 65535", 65_535),
  65_535,
);

const hostExpected = "a host or an address, without a port";

/** Whether `value` may be a host: IPv6 has colons, but no name has one before digits. */
function isHost(value: unknown): value is string {
  if (typeof value !== "string") return false;
  // A pattern for those with a colon alone: each that is used takes a start 0.03 ms.
  return !value.includes(":") || !/^[^:]*:\d+$|\]:\d+$/.test(value);
}

/** The host to listen on. That there is one is known when it is listened on. */
const host: Kind<string> = {
  fault: faultUnless(hostExpected, isHost),
  text: {
    placeholder: "NAME",
    expected: hostExpected,
    read: (given) => (isHost(given) ? given : undefined),
  },
};

const workerCount = wholeText("N", "a number from 1 on, or auto", Number.MAX_SAFE_INTEGER);

/** How many processes listen: a number, or one for each core. */
export const workers: Kind<number | "auto"> = {
  fault: faultUnless(
    'a number of processes, from 1 on, or "auto"',
    (value) => value === "auto" || (Number.isSafeInteger(value) && Number(value) >= 1),
  ),
  text: {
    ...workerCount,
    suggests: ["auto"],
    read: (given) => (given === "auto" ? given : workerCount.read(given) || undefined),
  },
};

/** A descriptor after `json:` is one that the shell has opened, and not a standard stream. */
export const ready: Kind<NonNullable<Options["ready"]>> = {
  fault: () => undefined,
  text: {
    placeholder: "FORM",
    expected: `one of ${readyFormats.join(", ")}, json:3`,
    suggests: readyFormats,
    read: (given) => {
      const descriptor = Number(/^json:(\d{1,4})$/.exec(given)?.[1]);
      return descriptor >= 3 ? { descriptor } : readyFormats.find((one) => one === given);
    },
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

/** The longest deadline: a week. */
const deadlineMsMax = 7 * 24 * 3_600_000;

function readDeadlines(given: string): Deadlines | undefined {
  const limits: Deadlines = {};
  for (const part of given.split(",")) {
    const [, name = "", time = ""] = /^([a-z]+)=(.*)$/s.exec(part) ?? [];
    const timeMs = readTimeMs(time, deadlineMsMax);
    if (!Object.hasOwn(deadlines, name) || timeMs === undefined) return undefined;
    const limit = deadlines[name as keyof typeof deadlines];
    if (limits[limit] !== undefined) return undefined;
    limits[limit] = timeMs;
  }
  return limits;
}

/**
 * The deadlines of a connection as one flag writes them: "write=5m,idle=60". The rest of the
 * limits has no flags, since few need to change them.
 */
export const deadlinesText: FlagText<Deadlines> = {
  placeholder: "LIST",
  expected: `such as write=5m,idle=60, of ${Object.keys(deadlines).join(", ")}`,
  read: readDeadlines,
};

/** The flags of the limits that more than a few need to change. */
export const limitFlags = [
  {
    name: "max-body",
    member: "bodyBytesMax",
    text: sizeText(2 ** 40),
    summary: "largest body of a form or for a route, not of an upload",
  },
  {
    name: "max-upload",
    member: "uploadBytesMax",
    text: sizeText(2 ** 40),
    summary: "largest upload of one request; 16G",
  },
  {
    name: "timeouts",
    members: deadlinesText,
    summary: "deadlines, such as write=5m,idle=60",
  },
  {
    name: "drain",
    member: "drainTimeMs",
    text: timeMsText(86_400_000, "1d"),
    summary: "after a signal to stop, serve on for so long, not ready",
  },
] as const;

/** Where a listener for operators listens; `server/operations/listen-place.ts` reads it. */
const listenPlace: Kind<string | number> = {
  fault: faultUnless(
    "a port, or a host and a port",
    (value) => typeof value === "string" || typeof value === "number",
  ),
  text: plainText("[HOST:]PORT"),
};

/** The bounds of a rotation. A file that is shorter would be rotated by every few lines. */
const rotation = { bytesMin: 4096, bytesMax: 2 ** 40, filesMax: 100, usualFiles: 5 } as const;

const rotationExpected = 'a size from 4k on, and how many files are kept, "10M" or "10Mx5"';

/** When the log is rotated, as `given` says, and what is kept; undefined when it says neither. */
export function readRotation(
  given: string,
): { readonly bytes: number; readonly files: number } | undefined {
  const [, digits, unit = "", count] = /^(\d{1,13})([kmg]?)(?:x(\d{1,3}))?$/i.exec(given) ?? [];
  const bytes = Number(digits) * unitBytes(unit);
  const files = Number(count ?? rotation.usualFiles);
  const isSize = bytes >= rotation.bytesMin && bytes <= rotation.bytesMax;
  return isSize && files >= 1 && files <= rotation.filesMax ? { bytes, files } : undefined;
}

const rotationText: FlagText<string> = {
  placeholder: "SIZE[xN]",
  expected: rotationExpected,
  suggests: ["10Mx5"],
  read: (given) => (readRotation(given) === undefined ? undefined : given),
};

/** The rows of the options that say where a server listens, and to whom it answers. */
export const connectionRows = {
  host: {
    topic: "listening",
    kind: host,
    flags: [{ name: "host", short: "H", summary: "host or address", isCommon: true }],
    restart: true,
  },
  port: {
    topic: "listening",
    kind: port,
    flags: [
      {
        name: "port",
        short: "p",
        summary: "port to listen on, 0 for any free one",
        leads: true,
        isCommon: true,
        environment: "PORT",
      },
    ],
    default: 9001,
    restart: true,
  },
  unix: {
    topic: "listening",
    kind: { ...path("a socket's path"), text: plainText("PATH", "file") },
    flags: [{ name: "unix", summary: "listen on a Unix socket instead of a port" }],
    errorCode: "listen",
    restart: true,
  },
  unixMode: {
    topic: "listening",
    kind: fileMode,
    flags: [{ name: "unix-mode", summary: "permission bits of the socket's file, such as 660" }],
    defaultNote: "by the umask",
    restart: true,
  },
  allowHosts: {
    topic: "listening",
    kind: listOf("a list of hosts", text('a host, ".example.com" or "*"')),
    flags: [
      {
        name: "allow-host",
        entry: plainText("NAME"),
        summary: "answer to this host on loopback, too; .domain, or * for all",
      },
    ],
  },
  trustProxy: {
    topic: "listening",
    kind: listOf("a list of addresses and nets", text("an address, a net, or a word for some")),
    flags: [
      {
        name: "trust-proxy",
        entry: { ...plainText("NET"), suggests: ["loopback", "private", "unix:"] },
        summary: "a proxy that names its clients: address, net, loopback, private, unix:",
      },
    ],
  },
  proxyProtocol: {
    topic: "listening",
    kind: truth,
    flags: [
      {
        name: "proxy-protocol",
        summary: "connections begin with a PROXY header, version 1 or 2, of a trusted proxy",
      },
    ],
  },
  tls: {
    topic: "tls",
    kind: tls,
    flags: [
      {
        name: "tls",
        summary: "speak TLS, with a certificate that postern makes; postern trust",
        isCommon: true,
      },
      {
        name: "tls-cert",
        member: "cert",
        text: plainText("FILE", "file"),
        summary: "speak TLS, with this certificate and its chain (PEM)",
      },
      {
        name: "tls-key",
        member: "key",
        text: plainText("FILE", "file"),
        summary: "the certificate's key (PEM)",
      },
    ],
  },
  tlsRedirect: {
    topic: "tls",
    kind: port,
    flags: [{ name: "tls-redirect", summary: "with TLS, a further port that redirects to https" }],
    restart: true,
  },
  metrics: {
    topic: "process",
    kind: listenPlace,
    flags: [{ name: "metrics", summary: "GET /metrics for Prometheus; without HOST on loopback" }],
    restart: true,
  },
  health: {
    topic: "process",
    kind: listenPlace,
    flags: [{ name: "health", summary: "GET /livez and /readyz; without HOST on loopback" }],
    restart: true,
  },
} as const satisfies Partial<OptionTable>;

/** The rows of the options that say what the access log looks like, and where it goes. */
export const logRows = {
  log: {
    topic: "output",
    kind: word("FORM", optionWords.log),
    flags: [
      {
        name: "log",
        short: "l",
        summary: `access log: ${wordList(optionWords.log)}`,
        isCommon: true,
      },
    ],
    default: "short",
  },
  logFile: {
    topic: "output",
    scope: "command",
    kind: { ...path("a file's path"), text: plainText("FILE", "file") },
    flags: [
      { name: "log-file", summary: "append the access log to this file; SIGUSR1 reopens it" },
    ],
    restart: true,
  },
  logRotate: {
    topic: "output",
    scope: "command",
    kind: {
      fault: faultUnless(
        rotationExpected,
        (value) => typeof value === "string" && readRotation(value) !== undefined,
      ),
      text: rotationText,
    },
    flags: [{ name: "log-rotate", summary: "begin another file at this size, and keep N: 10Mx5" }],
    restart: true,
  },
} as const satisfies Partial<OptionTable>;
