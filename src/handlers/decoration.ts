/**
 * Fields that whoever runs a server wants on its answers: how long they are fresh, headers of their
 * own, and whether scripts of other origins may read them (Fetch, "CORS protocol"). Everything is
 * checked when the server starts; an answer can't be split by a value that has passed.
 */

import { containPath, displayPath } from "../files/path.ts";
import { everyIs, FIELD_VALUE, isToken } from "../protocol/grammar.ts";
import type { Fields } from "../protocol/fields.ts";
import { tokenList } from "../protocol/fields.ts";
import type { Response, ResponseField } from "../protocol/response.ts";
import { isEncoderField } from "../protocol/response-builder.ts";
import type { Request } from "./handler.ts";
import type { CorsRule, HeaderRule } from "./rules.ts";

/** What decorates answers. */
export interface DecorationRules {
  readonly headers: readonly HeaderRule[];
  readonly cors: CorsRule | undefined;
}

/** Fields that a script of another origin may see beside the safelisted ones (Fetch §3.2.3). */
const exposed = "Accept-Ranges, Content-Encoding, Content-Length, Content-Range, Date, ETag";

/** How long a browser may remember the answer to a preflight, in seconds. */
const preflightSeconds = 86_400;

/** What is wrong with a header rule, in words; undefined when nothing is. */
export function headerRuleFault({ path, name, value }: HeaderRule): string | undefined {
  if (path !== undefined && !path.startsWith("/")) return `not a path that begins with /: ${path}`;
  if (!isToken(name)) return `not a field name: ${name}`;
  if (isEncoderField(name)) return `${name} is the server's own`;
  const isClean = value === value.trim() && everyIs(value, FIELD_VALUE);
  return isClean ? undefined : `not a value for ${name}: ${JSON.stringify(value)}`;
}

/** `fields` with `more`, which take the place of those of the same name. */
function withFields(
  fields: readonly ResponseField[],
  more: readonly ResponseField[],
): readonly ResponseField[] {
  if (more.length === 0) return fields;
  const replaced = new Set(more.map(([name]) => name.toLowerCase()));
  return [...fields.filter(([name]) => !replaced.has(name.toLowerCase())), ...more];
}

/** Adds `member` to Vary, whatever is there already (RFC 9110 §12.5.5). */
export function withVary(
  fields: readonly ResponseField[],
  member: string,
): readonly ResponseField[] {
  const values = fields.filter(([name]) => name.toLowerCase() === "vary").map(([, value]) => value);
  if (values.flatMap(tokenList).includes(member.toLowerCase())) return fields;
  const others = fields.filter(([name]) => name.toLowerCase() !== "vary");
  return [...others, ["Vary", [...values, member].join(", ")]];
}

interface CompiledHeader {
  readonly matches: (path: string) => boolean;
  readonly field: ResponseField;
}

/** Decorates the answers of one server. */
export class Decoration {
  readonly #headers: readonly CompiledHeader[];
  readonly #cors: CorsRule | undefined;

  /** The rules have been found faultless. */
  constructor(rules: DecorationRules) {
    this.#headers = rules.headers.map(({ path, name, value }) => {
      const glob = path === undefined ? undefined : new Bun.Glob(path);
      return { matches: (decoded) => glob?.match(decoded) ?? true, field: [name, value] };
    });
    this.#cors = rules.cors;
  }

  /** `response` to `request`, with the fields that the rules add. */
  apply(response: Response, { head }: Request): Response {
    const { fields, method, target } = head;
    const contained = "path" in target ? containPath(target.path) : undefined;
    const path = contained?.ok === true ? `/${displayPath(contained.value)}` : "/";
    const own = this.#headers.filter((header) => header.matches(path)).map(({ field }) => field);
    let decorated = withFields(response.fields, own);
    if (this.#cors !== undefined) {
      const allowed = this.#allowedOrigin(this.#cors, fields);
      if (allowed.length > 0) {
        decorated = withFields(decorated, [...allowed, ["Access-Control-Expose-Headers", exposed]]);
      }
      if (method === "OPTIONS")
        decorated = withFields(decorated, this.#preflight(response, fields));
      if (this.#cors.origins !== undefined) decorated = withVary(decorated, "Origin");
    }
    return decorated === response.fields ? response : { ...response, fields: decorated };
  }

  /** What a preflight is told beside who may read (Fetch, "CORS-preflight request"). */
  #preflight(response: Response, fields: Fields): readonly ResponseField[] {
    if (!fields.has("access-control-request-method")) return [];
    const allow = response.fields.find(([name]) => name === "Allow")?.[1];
    const asked = fields.getAll("access-control-request-headers").flatMap(tokenList);
    const names = asked.filter(isToken);
    const headers: ResponseField[] =
      names.length === 0 ? [] : [["Access-Control-Allow-Headers", names.join(", ")]];
    return [
      ["Access-Control-Allow-Methods", allow ?? "GET, HEAD, OPTIONS"],
      ...headers,
      ["Access-Control-Max-Age", String(preflightSeconds)],
    ];
  }

  /**
   * Any origin may read what needs no credentials. With a list of origins, the one that asks is
   * named if it is listed, and only then may there be credentials.
   */
  #allowedOrigin(cors: CorsRule, fields: Fields): readonly ResponseField[] {
    if (cors.origins === undefined) return [["Access-Control-Allow-Origin", "*"]];
    const origin = fields.get("origin");
    if (origin === undefined || !cors.origins.includes(origin)) return [];
    const named: ResponseField = ["Access-Control-Allow-Origin", origin];
    return cors.credentials === true
      ? [named, ["Access-Control-Allow-Credentials", "true"]]
      : [named];
  }
}
