/**
 * The kinds of the rules of a site (`site/rules/rules.ts`), and the header rule that a flag can
 * write.
 */

import { redirectStatuses } from "../../http/message/response-builder.ts";
import type { FaultRule } from "../../server/faults/fault-options.ts";
import type { AuthOptions, AuthRule } from "../../site/auth/auth-options.ts";
import { isStoreName } from "../../site/site-options.ts";
import type { CorsRule, HeaderRule, RedirectRule, RewriteRule } from "../../site/rules/rules.ts";
import type { ProxyTarget } from "../../site/proxy/proxy-rule.ts";
import { listOf, object, truthOr } from "./composite-kind.ts";
import { fileMode } from "./connection-kinds.ts";
import type { OptionTable } from "./option.ts";
import type { StoreOptions } from "../../tree/store/client/store-source.ts";
import type { FlagText, Kind, PathResolver } from "./value-kind.ts";
import {
  faultUnless,
  mismatch,
  oneOf,
  path,
  plainText,
  secondsText,
  showKey,
  text,
  truth,
  whole,
} from "./value-kind.ts";

const pathPattern = text("a path as text");

/**
 * Rules of faults, or the path of a text file with them. Their names and values are checked by the
 * server, since the table of faults is loaded only where there are any.
 */
export const faultRules: Kind<readonly FaultRule[] | string> = {
  fault: faultUnless(
    "a list of rules, or a file's path",
    (value) => typeof value === "string" || Array.isArray(value),
  ),
  text: plainText("FILE", "file"),
  resolvePaths: (value, resolve) => (typeof value === "string" ? resolve(value) : value),
};

/** Folders by the paths that they are served under: an object whose members have any names. */
export const folderPaths: Kind<Readonly<Record<string, string>>> = {
  fault(value, key) {
    const expected = 'an object of folders, { "/docs": "./docs" }';
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      return mismatch(key, expected, value);
    }
    const wrong = Object.entries(value).find(([, folder]) => typeof folder !== "string");
    if (wrong === undefined) return undefined;
    return mismatch(`${key}.${showKey(wrong[0])}`, "a folder's path", wrong[1]);
  },
  resolvePaths: (value, resolve) =>
    Object.fromEntries(
      Object.entries(value).map(([at, root]) => [at, isStoreName(root) ? root : resolve(root)]),
    ),
};

const proxyTarget = object<ProxyTarget>({
  expected: "a URL, or an object with a target",
  members: {
    target: text("a URL"),
    host: text('a host, or "keep"'),
    authorization: oneOf(["keep"]),
    userField: text("a field's name"),
    timeoutMs: whole("a number of milliseconds"),
    verify: truth,
    ca: text("PEM text"),
  },
  required: ["target"],
});

/** `target`, with the path of its Unix socket resolved, if it is one. */
const resolveSocket = (target: string, resolve: PathResolver): string =>
  target.replace(/^unix:([^:]+)/, (_, socket: string) => `unix:${resolve(socket)}`);

/** Backends by the paths that they answer: an object whose members have any names. */
export const proxyTargets: Kind<Readonly<Record<string, string | ProxyTarget>>> = {
  fault(value, key) {
    const expected = 'an object of URLs, { "/api": "http://127.0.0.1:3000" }';
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      return mismatch(key, expected, value);
    }
    for (const [prefix, target] of Object.entries(value) as [string, unknown][]) {
      if (typeof target === "string") continue;
      const found = proxyTarget.fault(target, `${key}.${showKey(prefix)}`);
      if (found !== undefined) return found;
    }
    return undefined;
  },
  resolvePaths: (value, resolve) =>
    Object.fromEntries(
      Object.entries(value).map(([prefix, given]) => [
        prefix,
        typeof given === "string"
          ? resolveSocket(given, resolve)
          : { ...given, target: resolveSocket(given.target, resolve) },
      ]),
    ),
};

/** A path and its backend, as a flag writes them. */
export const proxyText: FlagText<Readonly<Record<string, string>>> = {
  placeholder: "PATH=URL",
  expected: "such as /api=http://127.0.0.1:3000 or /api=unix:/run/app.sock",
  read(given) {
    const [, prefix, url] = /^(\/[^=]*)=((?:https?:\/\/|unix:).+)$/i.exec(given) ?? [];
    return prefix === undefined || url === undefined ? undefined : { [prefix]: url };
  },
};

/** Reads `Name: value`, or `/glob Name: value`; undefined when it is neither. */
function readHeader(given: string): HeaderRule | undefined {
  const match = /^(?:(\/\S*)[ \t]+)?([^\s:]+):[ \t]*(.*?)[ \t]*$/s.exec(given);
  if (match === null) return undefined;
  const [, glob, name = "", value = ""] = match;
  return glob === undefined ? { name, value } : { path: glob, name, value };
}

/** A header rule as a flag writes it. */
export const headerText: FlagText<HeaderRule> = {
  placeholder: "FIELD",
  expected: "'Name: value' or '/glob Name: value'",
  read: readHeader,
};

export const headerRules = listOf(
  "a list of header rules",
  object<HeaderRule>({
    expected: "an object with name and value",
    members: {
      path: text('a glob, "/assets/**"'),
      name: text("a field's name"),
      value: text("text"),
    },
    required: ["name", "value"],
  }),
);

export const corsRule: Kind<boolean | CorsRule> = truthOr(
  "an object with origins",
  object<CorsRule>({
    expected: "an object with origins",
    members: {
      origins: listOf("a list of origins", text('an origin, "https://example.com"')),
      credentials: truth,
    },
  }),
);

export const redirectRules = listOf(
  "a list of redirects",
  object<RedirectRule>({
    expected: "an object with from and to",
    members: {
      from: pathPattern,
      to: text("a path or a URL as text"),
      status: oneOf(redirectStatuses),
    },
    required: ["from", "to"],
  }),
);

export const rewriteRules = listOf(
  "a list of rewrites",
  object<RewriteRule>({
    expected: "an object with from and to",
    members: { from: pathPattern, to: pathPattern },
    required: ["from", "to"],
  }),
);

/** Passwords by the names of their users. No message shows what stands in the place of one. */
const passwords: Kind<Readonly<Record<string, string>>> = {
  fault(value, key) {
    const expected = "an object of users and their passwords";
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      return { key, text: `expected ${expected}` };
    }
    const wrong = Object.entries(value).find(([, password]) => typeof password !== "string");
    if (wrong === undefined) return undefined;
    return { key: `${key}.${showKey(wrong[0])}`, text: "expected a password as text" };
  },
};

const authObject = object<AuthOptions>({
  expected: "an object with file or users",
  members: {
    file: path("a file's path"),
    users: passwords,
    realm: text("text"),
    rules: listOf(
      "a list of rules",
      object<AuthRule>({
        expected: "an object with path or methods",
        members: {
          path: text('a glob, "/private/**"'),
          methods: listOf("a list of methods", text('a method, "PUT"')),
          users: listOf("a list of users", text("a user's name")),
          public: truth,
        },
      }),
    ),
  },
});

/** Who may come in, as a configuration says it. A text in its place may be a password. */
export const auth: Kind<AuthOptions> = {
  ...authObject,
  fault: (value, key) =>
    typeof value === "string"
      ? { key, text: "expected an object with file or users, got text" }
      : authObject.fault(value, key),
};

/** A user with a password, as a flag or the environment writes it. */
export const userText: FlagText<Pick<AuthOptions, "users">> = {
  placeholder: "USER:PASSWORD",
  expected: "USER:PASSWORD",
  isSecret: true,
  read: (given) => {
    const colon = given.indexOf(":");
    if (colon < 1) return undefined;
    return { users: { [given.slice(0, colon)]: given.slice(colon + 1) } };
  },
};

/** A longest time in seconds, some 68 years. */
const secondsMax = 2 ** 31;

const seconds = whole("a whole number of seconds", undefined, secondsMax);
const storeTime = secondsText(secondsMax);

/** The row of the option that says how object stores are asked. */
export const storeRow = {
  store: {
    topic: "paths",
    kind: object<StoreOptions>({
      expected: "an object with endpoint and region",
      members: {
        endpoint: text("a URL"),
        region: text("a region"),
        accessKeyId: text("text"),
        secretAccessKey: text("text"),
        sessionToken: text("text"),
        fresh: seconds,
        staleIfError: seconds,
        cacheFolder: path("a folder's path"),
        mode: fileMode,
      },
    }),
    flags: [
      {
        name: "store-endpoint",
        member: "endpoint",
        text: plainText("URL"),
        summary: "the object store that s3://bucket/prefix is in",
      },
      {
        name: "store-fresh",
        member: "fresh",
        text: storeTime,
        summary: "how long its answers are used without asking; 0",
      },
      {
        name: "store-stale",
        member: "staleIfError",
        text: storeTime,
        summary: "how long they are used when it fails; 0",
      },
      {
        name: "store-cache",
        member: "cacheFolder",
        text: plainText("FOLDER", "folder"),
        summary: "a folder on disk for small objects",
      },
    ],
  },
} as const satisfies Pick<OptionTable, "store">;
