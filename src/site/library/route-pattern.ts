/**
 * The path of a route: words, `:name` for any one segment, and `*` at the end for all that follow,
 * or none. A character that would make a placeholder of a word is percent-encoded: "%2A", "%3Aid".
 */

import type { ContainedPath } from "../../tree/path.ts";
import { containPath, encodeName } from "../../tree/path.ts";

/** A segment: a decoded word, or a placeholder as it is written, ":id" or "*". */
type Part = { readonly word: string } | { readonly placeholder: string };

const namePattern = /^:[A-Za-z_]\w*$/;

/** What a segment is to a route whose path is written as `raw` there. */
function readPart(raw: string, word: string, isLast: boolean): Part | { readonly fault: string } {
  if (raw === "*")
    return isLast ? { placeholder: raw } : { fault: "* can only be the last segment" };
  if (namePattern.test(raw)) return { placeholder: raw };
  if (raw.startsWith(":")) return { fault: `${raw} isn't a name (percent-encode : * {)` };
  if (raw.includes("*"))
    return { fault: `${raw} isn't matched: * is a whole segment, and the last` };
  if (raw.startsWith("{")) return { fault: `${raw} is written :${/\w*/.exec(raw.slice(1))?.[0]}` };
  return { word };
}

/** The path of a route, or a pattern of paths. */
export class RoutePattern {
  /** The same for patterns that match the same paths. */
  readonly key: string;
  /** Of two that match a path, that with the lower rank matches less: word, then name, then "*". */
  readonly rank: string;
  /** The placeholders in their order, "id" for ":id". */
  readonly names: readonly string[];
  readonly #parts: readonly Part[];
  /** Whether it ends with "*". */
  readonly isOpen: boolean;
  readonly #trailingSlash: boolean;

  /**
   * Reads `path`, whose characters may be percent-encoded, as in a request, or not. Throws a
   * TypeError if no request can match: for a path that none can have, a query, a "*" that isn't the
   * last segment, a malformed placeholder, or a name that occurs twice.
   */
  constructor(path: string) {
    const fault = (text: string): TypeError => new TypeError(`${text}: ${JSON.stringify(path)}`);
    if (!path.isWellFormed()) throw fault("not a path");
    // Characters that aren't ASCII are percent-encoded, as clients send them.
    const contained = containPath(path.replace(/[^\0-\x7f]+/gu, encodeURIComponent));
    if (!contained.ok) throw fault("not a path");
    if (/[?#]/.test(path)) throw fault("a route's path has no query (write ? as %3F, # as %23)");
    const { segments, trailingSlash } = contained.value;
    const written = path.split("/").slice(1);
    this.#parts = segments.map((word, i) => {
      const part = readPart(written[i] ?? "", word, i === written.length - 1);
      if ("fault" in part) throw fault(part.fault);
      return part;
    });
    this.names = this.#parts.flatMap((part) =>
      "word" in part ? [] : [part.placeholder.replace(/^:/, "")],
    );
    const twice = this.names.find((name, i) => this.names.indexOf(name) !== i);
    if (twice !== undefined) throw fault(`:${twice} occurs twice`);
    this.isOpen = this.names.at(-1) === "*";
    this.#trailingSlash = trailingSlash;
    this.rank = this.#parts.map(rankOf).join("");
    // No name contains NUL.
    const marks = this.#parts.map((part, i) =>
      "word" in part ? encodeName(part.word) : `\0${this.rank[i]}`,
    );
    this.key = `/${marks.join("/")}${trailingSlash && segments.length > 0 ? "/" : ""}`;
  }

  /** Whether it has no placeholder, so that it matches the path that is its `key` when encoded. */
  get isExact(): boolean {
    return this.names.length === 0;
  }

  /** What the placeholders match in `path`, in their order; undefined when it doesn't match. */
  match({ segments, trailingSlash }: ContainedPath): readonly string[] | undefined {
    const parts = this.#parts;
    const fixed = this.isOpen ? parts.length - 1 : parts.length;
    if (this.isOpen ? segments.length < fixed : segments.length !== fixed) return undefined;
    if (!this.isOpen && trailingSlash !== this.#trailingSlash) return undefined;
    const values: string[] = [];
    for (let i = 0; i < fixed; i++) {
      const part = parts[i] as Part;
      const segment = segments[i] as string;
      if (!("word" in part)) values.push(segment);
      else if (part.word !== segment) return undefined;
    }
    if (!this.isOpen) return values;
    const rest = segments.slice(fixed).join("/");
    return [...values, trailingSlash && rest !== "" ? `${rest}/` : rest];
  }
}

function rankOf(part: Part): string {
  if ("word" in part) return "0";
  return part.placeholder === "*" ? "2" : "1";
}
