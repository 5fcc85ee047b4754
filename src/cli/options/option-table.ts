/**
 * The table of options: for each one its kind of value, its flags, its default and whether it can
 * be reloaded. Reading the command line, checking a configuration, the help, and merging the two
 * all follow from it.
 *
 * An option is added in two places: to `SiteOptions` or `ServeOptions` (or `Config`, when only the
 * command has it), and here. One that only code can set, a callback say, has no row: it is named in
 * `CodeOption` (`cli/config/config.ts`) instead. The words of an option stand with their type, in
 * the layer that gives them meaning; the defaults that the library shares stand in
 * `server/serve-options.ts` and `site/site-options.ts`.
 *
 * The order is that of a configuration's keys in messages. The folder is named by an operand of the
 * command line and by no flag.
 */

import { defaultLimits } from "../../base/limits.ts";
import type { Limits } from "../../base/limits.ts";
import { defaultOptions, optionWords } from "../../server/serve-options.ts";
import { isStoreName } from "../../site/site-options.ts";
import { configFileNames } from "../config/config.ts";
import { object } from "./composite-kind.ts";
import {
  connectionRows,
  fileMode,
  limitFlags,
  logRows,
  ready,
  workers,
} from "./connection-kinds.ts";
import type { AnyOption, OptionName, OptionTable } from "./option.ts";
import {
  auth,
  corsRule,
  faultRules,
  folderPaths,
  headerRules,
  headerText,
  proxyTargets,
  proxyText,
  redirectRules,
  rewriteRules,
  storeRow,
  userText,
} from "./rule-kinds.ts";
import type { Kind } from "./value-kind.ts";
import {
  path,
  plainText,
  secondsText,
  sizeText,
  text,
  truth,
  whole,
  word,
  wordList,
} from "./value-kind.ts";

/** What the words of `symlinks` mean, where the help has to say it. */
const symlinkNotes = { follow: "all", deny: "none" } as const;

/** Relations between limits are checked by `resolveLimits`. */
const limit = whole("a whole number, zero or more");
const limitKinds = {} as Record<keyof Limits, Kind<number>>;
// A plain loop, since this runs at each start.
for (const name in defaultLimits) limitKinds[name as keyof Limits] = limit;

export const optionTable = {
  root: { topic: "access", kind: path("a folder's path", (root) => !isStoreName(root)), flags: [] },
  base: {
    topic: "paths",
    kind: text("a path", plainText("PATH")),
    flags: [{ name: "base", summary: "serve the folder under this path, such as /app/" }],
  },
  mounts: { topic: "paths", kind: folderPaths, flags: [] },
  ...storeRow,
  proxy: {
    topic: "paths",
    kind: proxyTargets,
    flags: [
      {
        name: "proxy",
        members: proxyText,
        repeats: true,
        summary: "pass a path on to another server: /api=http://127.0.0.1:3000",
      },
    ],
  },
  ...connectionRows,
  auth: {
    topic: "access",
    kind: auth,
    flags: [
      {
        name: "auth-file",
        member: "file",
        text: plainText("FILE", "file"),
        summary: "ask for a user and a password of this file (htpasswd -B)",
      },
      {
        name: "auth",
        members: userText,
        summary: "ask for this user and password; arguments show in ps",
        environment: "POSTERN_AUTH",
      },
    ],
  },
  permissions: {
    topic: "access",
    kind: word("WHOSE", optionWords.permissions),
    flags: [{ name: "permissions", summary: "serve what others may read, or the process" }],
  },
  explain: {
    topic: "access",
    kind: truth,
    flags: [
      {
        name: "explain",
        short: "x",
        summary: "say on the page why a file is refused",
        isCommon: true,
      },
    ],
  },
  hidden: {
    topic: "access",
    kind: truth,
    flags: [{ name: "hidden", short: "a", summary: "serve names that begin with a dot" }],
  },
  symlinks: {
    topic: "access",
    kind: word("WHICH", optionWords.symlinks),
    flags: [
      {
        name: "symlinks",
        summary: `links to follow: ${wordList(optionWords.symlinks, symlinkNotes)}`,
      },
    ],
  },
  listing: {
    topic: "access",
    kind: truth,
    flags: [{ name: "listing", summary: "don't list folders that have no index.html" }],
  },
  allowArchive: {
    topic: "access",
    kind: truth,
    flags: [
      {
        name: "allow-archive",
        summary: "folders as archives: ?download=zip, tar, tar.gz, tar.zst",
      },
    ],
  },
  previews: {
    topic: "access",
    kind: truth,
    flags: [{ name: "previews", summary: "no previews, thumbnails and READMEs in listings" }],
  },
  index: {
    topic: "paths",
    kind: text("a file's name", plainText("NAME", "file in root")),
    flags: [{ name: "index", summary: "the file that stands for its folder" }],
  },
  single: {
    topic: "paths",
    kind: truth,
    flags: [
      {
        name: "single",
        short: "s",
        summary: "answer navigations to what isn't there with the index",
        isCommon: true,
      },
    ],
  },
  cleanUrls: {
    topic: "paths",
    kind: truth,
    flags: [
      {
        name: "clean-urls",
        summary: "/about is about.html, and /about.html leads to /about",
      },
    ],
  },
  cache: {
    topic: "responses",
    kind: whole("a whole number of seconds", secondsText(2 ** 31)),
    flags: [{ name: "cache", summary: "how long answers are fresh" }],
    defaultNote: "always revalidated",
  },
  headers: {
    topic: "responses",
    kind: headerRules,
    flags: [
      {
        name: "header",
        entry: headerText,
        summary: "add 'Name: value' to answers, or to those of '/glob Name: value'",
      },
    ],
    errorCode: "rules",
  },
  cors: {
    topic: "responses",
    kind: corsRule,
    flags: [
      {
        name: "cors",
        entries: { placeholder: "ORIGIN", gather: (origins) => ({ origins }) },
        summary: "let scripts of any origin read answers, or this one's send, too",
      },
    ],
    errorCode: "rules",
  },
  redirects: {
    topic: "paths",
    kind: redirectRules,
    flags: [],
    errorCode: "rules",
  },
  rewrites: {
    topic: "paths",
    kind: rewriteRules,
    flags: [],
    errorCode: "rules",
  },
  compress: {
    topic: "delivery",
    kind: truth,
    flags: [{ name: "compress", summary: "send files as they are, whatever the client takes" }],
  },
  earlyHints: {
    topic: "delivery",
    kind: truth,
    flags: [{ name: "early-hints", summary: "tell what a page needs ahead of it (103)" }],
  },
  live: {
    topic: "delivery",
    kind: truth,
    flags: [{ name: "live", summary: "reload open pages when a file changes", isCommon: true }],
  },
  faults: {
    topic: "delivery",
    kind: faultRules,
    flags: [
      { name: "faults", summary: "go wrong as this file says, to test clients; postern faults" },
    ],
    defaultNote: "none",
  },
  post: {
    topic: "uploads",
    kind: word("WHAT", optionWords.post),
    flags: [
      {
        name: "post",
        summary: "POST gets the form page, what was sent, or is stored; or refuse it",
      },
    ],
  },
  form: {
    topic: "uploads",
    kind: text("a file's name", plainText("FILE", "file in root")),
    flags: [{ name: "form", summary: "the form page, in the root" }],
  },
  put: {
    topic: "uploads",
    kind: truth,
    flags: [{ name: "put", summary: "PUT stores files, DELETE removes them" }],
  },
  uploadDir: {
    topic: "uploads",
    kind: text("a folder's path", plainText("PATH", "folder in root")),
    flags: [{ name: "upload-dir", summary: "the folder that uploads go into, below the root" }],
  },
  uploadMode: {
    topic: "uploads",
    kind: fileMode,
    flags: [{ name: "upload-mode", summary: "permission bits of uploads; 644: visitors get them" }],
    defaultNote: "600",
  },
  uploadQuota: {
    topic: "uploads",
    kind: whole("a number of bytes", sizeText(2 ** 50)),
    flags: [{ name: "upload-quota", summary: "how much the folder of uploads may hold" }],
  },
  trustUploads: {
    topic: "uploads",
    kind: truth,
    flags: [{ name: "trust-uploads", summary: "uploads may be pages of the site, its index, too" }],
  },
  throttle: {
    topic: "delivery",
    kind: text("a line's speed", { ...plainText("LINE"), suggests: ["3g", "4g", "dsl"] }),
    flags: [
      { name: "throttle", summary: "as slow as 3g, 4g, dsl, or RATE/LATENCY: 1.6Mbit/150ms" },
    ],
    restart: true,
  },
  ...logRows,
  quiet: {
    topic: "output",
    scope: "command",
    kind: truth,
    flags: [{ name: "quiet", short: "q", summary: "print nothing but errors", leads: true }],
    default: false,
  },
  qr: {
    topic: "output",
    scope: "command",
    kind: truth,
    flags: [{ name: "qr", summary: "print a QR code of the network address, on a terminal" }],
    default: false,
  },
  open: {
    topic: "output",
    scope: "command",
    kind: truth,
    flags: [{ name: "open", short: "o", summary: "open the site in the browser", isCommon: true }],
    default: false,
  },
  workers: {
    topic: "process",
    scope: "command",
    kind: workers,
    flags: [{ name: "workers", summary: "processes that serve together, or auto: one a core" }],
    default: 1,
    restart: true,
  },
  user: {
    topic: "process",
    scope: "command",
    kind: text("a user's name", plainText("NAME[:GROUP]")),
    flags: [{ name: "user", summary: "run as this user once it listens, when started as root" }],
    restart: true,
  },
  recordTo: {
    topic: "process",
    scope: "command",
    kind: { ...path("a folder's path"), text: plainText("DIR", "folder") },
    flags: [{ name: "record", summary: "write what passes into this folder, as wire scripts" }],
    restart: true,
  },
  limits: {
    topic: "limits",
    kind: object({
      expected: "an object of limits",
      members: limitKinds,
      names: "a limit, such as bodyBytesMax",
    }),
    flags: limitFlags,
  },
  portFile: {
    topic: "listening",
    scope: "command",
    kind: { ...path("a file's path"), text: plainText("FILE", "file") },
    flags: [{ name: "port-file", summary: "write the port into this file while it listens" }],
    restart: true,
  },
  ready: {
    topic: "listening",
    scope: "flags",
    kind: ready,
    flags: [
      { name: "ready", summary: "how to say that it listens: line, json, or json:DESCRIPTOR" },
    ],
  },
  configFile: {
    topic: "process",
    scope: "flags",
    kind: text("a file's path", plainText("FILE", "file")),
    flags: [
      { name: "config", short: "c", summary: "the configuration" },
      { name: "no-config", sets: false, summary: "don't look for a configuration" },
    ],
    defaultNote: configFileNames.join(" or "),
  },
  help: {
    topic: "command",
    scope: "flags",
    kind: truth,
    flags: [
      {
        name: "help",
        short: "h",
        sets: true,
        mayName: "TOPIC",
        summary: "print the help, or that of a topic or an option",
      },
    ],
  },
  version: {
    topic: "command",
    scope: "flags",
    kind: truth,
    flags: [{ name: "version", short: "v", sets: true, summary: "print the version" }],
  },
  json: {
    topic: "command",
    scope: "flags",
    kind: truth,
    flags: [{ name: "json", sets: true, summary: "with --version, and after audit: as JSON" }],
  },
} as const satisfies OptionTable;

/** The rows with their names, in the table's order. */
export const optionRows = Object.entries(optionTable) as readonly (readonly [
  OptionName,
  AnyOption,
])[];

/** The row of the option called `name`. */
export function rowOf(name: OptionName): AnyOption {
  return optionTable[name];
}

/** The value of the option called `name` where nothing sets it; undefined when it has none. */
export function defaultOf(name: OptionName): unknown {
  return rowOf(name).default ?? (defaultOptions as Readonly<Record<string, unknown>>)[name];
}
