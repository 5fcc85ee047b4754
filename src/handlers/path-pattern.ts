/**
 * Patterns of paths for redirects and rewrites: segments that stand for themselves, `:name` for any
 * one segment, and `*` at the end for one or more.
 *
 * What a pattern has caught goes into its target as whole segments that are encoded anew. It can't
 * add a slash, a query, or another host, so that no path that a client makes up turns a redirect
 * within the site into one that leaves it.
 */

import { encodeName } from "../files/path.ts";
import { parseAuthority } from "../protocol/target.ts";

/** A pattern with its target, read once. */
export interface PathPattern {
  /** The target for decoded `segments`, encoded; undefined when the pattern doesn't fit them. */
  target(segments: readonly string[], trailingSlash: boolean): string | undefined;
}

const placeholder = /^:[A-Za-z_]\w*$/;

interface Template {
  /** "" for a path of this site, else scheme and authority, "https://example.com". */
  readonly origin: string;
  readonly segments: readonly string[];
  readonly trailingSlash: boolean;
}

function splitPath(path: string): { segments: string[]; trailingSlash: boolean } {
  const segments = path.split("/").slice(1);
  const trailingSlash = segments.at(-1) === "";
  if (trailingSlash) segments.pop();
  return { segments, trailingSlash };
}

function readTemplate(to: string): Template | undefined {
  const match = /^(https?):\/\/([^/?#]+)(\/[^?#]*)?$/.exec(to);
  if (match === null) {
    const isPath = to.startsWith("/") && !to.startsWith("//") && !/[?#\\]/.test(to);
    return isPath ? { origin: "", ...splitPath(to) } : undefined;
  }
  const [, scheme = "", authority = "", path = "/"] = match;
  if (parseAuthority(authority) === undefined) return undefined;
  return { origin: `${scheme}://${authority}`, ...splitPath(path) };
}

/** What the pattern's placeholders have caught; "*" has any number of segments. */
type Caught = ReadonlyMap<string, readonly string[]>;

function fit(pattern: readonly string[], segments: readonly string[]): Caught | undefined {
  const caught = new Map<string, readonly string[]>();
  const isOpen = pattern.at(-1) === "*";
  if (isOpen ? segments.length < pattern.length : segments.length !== pattern.length) {
    return undefined;
  }
  for (const [i, part] of pattern.entries()) {
    const segment = segments[i] ?? "";
    if (isOpen && i === pattern.length - 1) caught.set("*", segments.slice(i));
    else if (placeholder.test(part)) caught.set(part, [segment]);
    else if (part !== segment) return undefined;
  }
  return caught;
}

/**
 * Reads a pattern and its target. Answers with a sentence when one of them is malformed: a path
 * that doesn't begin with one slash, a "*" that isn't the last, a placeholder that the pattern
 * lacks.
 */
export function readPattern(from: string, to: string, mayLeave: boolean): PathPattern | string {
  const template = readTemplate(to);
  if (!from.startsWith("/") || /[?#]/.test(from)) return `not a path pattern: ${from}`;
  if (template === undefined || (template.origin !== "" && !mayLeave)) {
    return `not a ${mayLeave ? "path or URL" : "path"}: ${to}`;
  }
  const { segments: pattern } = splitPath(from);
  if (pattern.slice(0, -1).includes("*")) return `"*" must be the last segment: ${from}`;
  const known = new Set(pattern.filter((part) => part === "*" || placeholder.test(part)));
  const missing = template.segments.find(
    (part) => (part === "*" || placeholder.test(part)) && !known.has(part),
  );
  if (missing !== undefined) return `${missing} isn't in the pattern ${from}`;
  return {
    target(segments, trailingSlash) {
      const caught = fit(pattern, segments);
      if (caught === undefined) return undefined;
      const parts = template.segments.flatMap((part) => caught.get(part) ?? [part]);
      const path = parts.map((part) => `/${encodeName(part)}`).join("");
      const endsOpen = template.segments.at(-1) === "*" && trailingSlash;
      return `${template.origin}${path}${template.trailingSlash || endsOpen || path === "" ? "/" : ""}`;
    },
  };
}
