/**
 * Path patterns for redirects and rewrites: a word matches itself, `:name` any one segment, and `*`
 * at the end all that follow, or none. Segments are percent-encoded as in a request, so that a name
 * with a "*" or a "%" can be written: "%2A", "%25".
 *
 * Matched segments are inserted into the target whole and encoded again. They can't add a slash, a
 * query or another host, so no request turns a redirect within the site into one to another host.
 */

import type { Result } from "../../base/result.ts";
import { failure, success } from "../../base/result.ts";
import { containPath, encodeName } from "../../tree/path.ts";
import { parseAuthority } from "../../http/message/target.ts";

/** A pattern and its target. */
export interface PathPattern {
  /** Whether the target ends with `*`, so that it has a slash at its end if the request has one. */
  readonly endsOpen: boolean;
  /** The encoded target for decoded `segments`; undefined when the pattern doesn't match them. */
  target(segments: readonly string[], trailingSlash: boolean): string | undefined;
}

/** A segment: a decoded word, or a placeholder as written, ":name" or "*". */
type Part = { readonly word: string } | { readonly name: string };

interface Parts {
  readonly parts: readonly Part[];
  readonly trailingSlash: boolean;
}

interface Template extends Parts {
  /** "" for a path of this site, otherwise scheme and authority, "https://example.com". */
  readonly origin: string;
}

const placeholder = /^(?:\*|:[A-Za-z_]\w*)$/;

/** Reads a path of words and placeholders; undefined when one of them is malformed. */
function readParts(path: string): Parts | undefined {
  if (!path.isWellFormed() || /[?#]/.test(path)) return undefined;
  // Characters that aren't ASCII are percent-encoded, as clients send them.
  const contained = containPath(path.replace(/[^\0-\x7f]+/gu, encodeURIComponent));
  if (!contained.ok) return undefined;
  const { segments, trailingSlash } = contained.value;
  const parts: Part[] = [];
  for (const [i, raw] of path
    .split("/")
    .slice(1, segments.length + 1)
    .entries()) {
    const isName = placeholder.test(raw);
    if (!isName && (raw.startsWith(":") || raw.includes("*"))) return undefined;
    parts.push(isName ? { name: raw } : { word: segments[i] ?? "" });
  }
  return { parts, trailingSlash };
}

function readTemplate(to: string): Template | undefined {
  const url = /^(https?:\/\/([^/?#]+))(\/.*)?$/s.exec(to);
  const [, origin = "", authority = "", path = "/"] = url ?? [];
  if (url !== null && parseAuthority(authority) === undefined) return undefined;
  const parts = readParts(url === null ? to : path);
  return parts === undefined ? undefined : { origin, ...parts };
}

/** The names of the placeholders in `parts`. */
function namesIn(parts: readonly Part[]): string[] {
  return parts.flatMap((part) => ("name" in part ? [part.name] : []));
}

/** The segments that each placeholder of a pattern has matched. */
type Matched = ReadonlyMap<string, readonly string[]>;

/** The segments that the placeholders of `pattern` match; undefined when it doesn't match. */
function match(pattern: readonly Part[], segments: readonly string[]): Matched | undefined {
  const last = pattern.at(-1);
  const isOpen = last !== undefined && "name" in last && last.name === "*";
  const fixedCount = isOpen ? pattern.length - 1 : pattern.length;
  if (isOpen ? segments.length < fixedCount : segments.length !== fixedCount) return undefined;
  const matched = new Map<string, readonly string[]>();
  for (const [i, part] of pattern.entries()) {
    const rest = segments.slice(i);
    if ("name" in part) matched.set(part.name, part.name === "*" ? rest : rest.slice(0, 1));
    else if (part.word !== rest[0]) return undefined;
  }
  return matched;
}

/** Decoded segments as an encoded path without a slash at its end; "" for the root. */
function joinSegments(segments: readonly string[]): string {
  return segments.map((segment) => `/${encodeName(segment)}`).join("");
}

/** `template` with its placeholders replaced. `endsOpen`: whether it ends with `*`. */
function fill(
  template: Template,
  endsOpen: boolean,
  matched: Matched,
  trailingSlash: boolean,
): string {
  const segments = template.parts.flatMap((part) =>
    "word" in part ? [part.word] : (matched.get(part.name) ?? []),
  );
  const path = joinSegments(segments);
  const slash = template.trailingSlash || (endsOpen && trailingSlash) || path === "" ? "/" : "";
  return `${template.origin}${path}${slash}`;
}

/**
 * Parses a pattern and its target. Fails with a message when one of them is malformed: a path that
 * no request can have, a "*" that isn't the last segment of the pattern, a placeholder that occurs
 * twice in the pattern, a "*" that does in the target, or a placeholder that only the target has.
 * With `mayLeave`, the target may be a URL on another host.
 */
export function readPattern(
  from: string,
  to: string,
  mayLeave: boolean,
): Result<PathPattern, string> {
  const pattern = readParts(from)?.parts;
  if (pattern === undefined) return failure(`not a path pattern: ${from}`);
  const template = readTemplate(to);
  if (template === undefined || (template.origin !== "" && !mayLeave)) {
    return failure(`not a ${mayLeave ? "path or URL" : "path"}: ${to}`);
  }
  const wanted = namesIn(template.parts);
  if (wanted.indexOf("*") !== wanted.lastIndexOf("*")) return failure(`"*" is twice in ${to}`);
  const known = namesIn(pattern);
  if (namesIn(pattern.slice(0, -1)).includes("*"))
    return failure(`"*" must be the last segment: ${from}`);
  const twice = known.find((name, i) => known.indexOf(name) !== i);
  if (twice !== undefined) return failure(`${twice} is twice in ${from}`);
  const missing = wanted.find((name) => !known.includes(name));
  if (missing !== undefined) return failure(`${missing} isn't in the pattern ${from}`);
  const endsOpen = namesIn(template.parts.slice(-1)).includes("*");
  return success({
    endsOpen,
    target(segments, trailingSlash) {
      const matched = match(pattern, segments);
      if (matched === undefined) return undefined;
      const target = fill(template, endsOpen, matched, trailingSlash);
      // "/blog/*" to "/blog": "/blog/" doesn't lead to "/blog", or a folder would lead back.
      const isEmpty = trailingSlash && matched.get("*")?.length === 0;
      return isEmpty && target === joinSegments(segments) ? undefined : target;
    },
  });
}
