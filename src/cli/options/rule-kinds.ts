/**
 * The kinds of the rules of a site (`site/rules/rules.ts`), and the header rule that a flag can
 * write.
 */

import { redirectStatuses } from "../../http/message/response-builder.ts";
import type { FaultRule } from "../../server/faults/fault-options.ts";
import type { CorsRule, HeaderRule, RedirectRule, RewriteRule } from "../../site/rules/rules.ts";
import { listOf, object, truthOr } from "./composite-kind.ts";
import type { FlagText, Kind } from "./value-kind.ts";
import { faultUnless, mismatch, oneOf, plainText, showKey, text, truth } from "./value-kind.ts";

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
    Object.fromEntries(Object.entries(value).map(([at, folder]) => [at, resolve(folder)])),
};

/** Reads `Name: value`, or `/glob Name: value`; undefined when it is neither. */
function readHeader(given: string): HeaderRule | undefined {
  const match = /^(?:(\/\S*)[ \t]+)?([^\s:]+):[ \t]*(.*?)[ \t]*$/s.exec(given);
  if (match === null) return undefined;
  const [, path, name = "", value = ""] = match;
  return path === undefined ? { name, value } : { path, name, value };
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
