/**
 * Patterns of paths for redirects and rewrites: segments that stand for themselves, `:name` for any
 * one segment, and `*` at the end for one or more. Segments are spelled as in a request, so that a
 * file whose name has a "*" or a "%" in it can be meant, too: "%2A", "%25".
 *
 * What a pattern has caught goes into its target as whole segments that are encoded anew. It can't
 * add a slash, a query, or another host, so that no path that a client makes up turns a redirect
 * within the site into one that leaves it.
 */

import type { Result } from "../../base/result.ts";
import { failure, success } from "../../base/result.ts";
import { containPath, encodeName } from "../../tree/path.ts";
import { parseAuthority } from "../../http/target.ts";

/** A pattern with its target, read once. */
export interface PathPattern {
  /** The target for decoded `segments`, encoded; undefined when the pattern doesn't fit them. */
  target(segments: readonly string[], trailingSlash: boolean): string | undefined;
}

/** A segment: a word, decoded, or a placeholder with its mark, ":name" or "*". */
type Part = { readonly word: string } | { readonly name: string };

interface Parts {
  readonly parts: readonly Part[];
  readonly trailingSlash: boolean;
}

interface Template extends Parts {
  /** "" for a path of this site, else scheme and authority, "https://example.com". */
  readonly origin: string;
}

const placeholder = /^(?:\*|:[A-Za-z_]\w*)$/;

/** Reads a path of words and placeholders; undefined when one of them is malformed. */
function readParts(path: string): Parts | undefined {
  if (!path.isWellFormed() || /[?#]/.test(path)) return undefined;
  // What can't stand in a request is spelled as it would be there.
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
  const match = /^(https?:\/\/([^/?#]+))(\/.*)?$/s.exec(to);
  const [, origin = "", authority = "", path = "/"] = match ?? [];
  if (match !== null && parseAuthority(authority) === undefined) return undefined;
  const parts = readParts(match === null ? to : path);
  return parts === undefined ? undefined : { origin, ...parts };
}

/** The placeholders of `parts`. */
function namesIn(parts: readonly Part[]): string[] {
  return parts.flatMap((part) => ("name" in part ? [part.name] : []));
}

/** What the pattern's placeholders have caught; "*" has any number of segments. */
type Caught = ReadonlyMap<string, readonly string[]>;

function fit(pattern: readonly Part[], segments: readonly string[]): Caught | undefined {
  const last = pattern.at(-1);
  const isOpen = last !== undefined && "name" in last && last.name === "*";
  if (isOpen ? segments.length < pattern.length : segments.length !== pattern.length) {
    return undefined;
  }
  const caught = new Map<string, readonly string[]>();
  for (const [i, part] of pattern.entries()) {
    const rest = segments.slice(i);
    if ("name" in part) caught.set(part.name, part.name === "*" ? rest : rest.slice(0, 1));
    else if (part.word !== rest[0]) return undefined;
  }
  return caught;
}

function fill(template: Template, caught: Caught, trailingSlash: boolean): string {
  const segments = template.parts.flatMap((part) =>
    "word" in part ? [part.word] : (caught.get(part.name) ?? []),
  );
  const path = segments.map((segment) => `/${encodeName(segment)}`).join("");
  const endsOpen = namesIn(template.parts.slice(-1)).includes("*") && trailingSlash;
  const slash = template.trailingSlash || endsOpen || path === "" ? "/" : "";
  return `${template.origin}${path}${slash}`;
}

/**
 * Reads a pattern and its target. Fails with a sentence when one of them is malformed: a path that
 * no request could spell, a "*" that isn't the last segment, a placeholder that is there twice or
 * that the pattern lacks. `mayLeave` says whether the target may be of another host.
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
  const known = namesIn(pattern);
  if (namesIn(pattern.slice(0, -1)).includes("*"))
    return failure(`"*" must be the last segment: ${from}`);
  const twice = known.find((name, i) => known.indexOf(name) !== i);
  if (twice !== undefined) return failure(`${twice} is twice in ${from}`);
  const missing = namesIn(template.parts).find((name) => !known.includes(name));
  if (missing !== undefined) return failure(`${missing} isn't in the pattern ${from}`);
  return success({
    target(segments, trailingSlash) {
      const caught = fit(pattern, segments);
      return caught === undefined ? undefined : fill(template, caught, trailingSlash);
    },
  });
}
