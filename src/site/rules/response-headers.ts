/**
 * Fields that whoever runs a server wants on its answers: how long they are fresh, headers of their
 * own, and whether scripts of other origins may read them (Fetch, "CORS protocol"). Everything is
 * checked when the server starts; an answer can't be split by a value that has passed.
 */

import { containPath } from "../../tree/path.ts";
import { everyIs, FIELD_VALUE, isToken } from "../../http/octets/grammar.ts";
import type { Fields } from "../../http/fields/fields.ts";
import { noFields, tokenList } from "../../http/fields/fields.ts";
import type { Finisher } from "../endpoint.ts";
import type { Request } from "../request.ts";
import type { Response, ResponseField } from "../../http/message/response.ts";
import { isEncoderField } from "../../http/message/response-builder.ts";
import type { CorsRule, HeaderRule } from "./rules.ts";

/** What decorates answers. */
interface DecorationRules {
  readonly headers: readonly HeaderRule[];
  readonly cors: CorsRule | undefined;
}

/** Fields that a script of another origin may see beside the safelisted ones (Fetch §3.3.3). */
const exposure: ResponseField = [
  "Access-Control-Expose-Headers",
  "Accept-Ranges, Content-Encoding, Content-Length, Content-Range, Date, ETag",
];

/** How long a browser may remember the answer to a preflight, in seconds. */
const preflightSeconds = 86_400;

/**
 * Fields that follow from what is answered: by hand they would only be wrong (RFC 9110 §8.8, §10.2,
 * §14).
 */
const following: ReadonlySet<string> = new Set([
  "accept-ranges",
  "allow",
  "content-range",
  "etag",
  "last-modified",
  "location",
]);

/** Fields that are about the content that was asked for, and not about the page of an error. */
const aboutContent: ReadonlySet<string> = new Set([
  "cache-control",
  "content-disposition",
  "content-encoding",
  "content-language",
  "content-location",
  "content-type",
  "expires",
]);

/** Whether a rule's field belongs on `response`. */
function belongs(name: string, { status, fields }: Response): boolean {
  if (!aboutContent.has(name)) return true;
  if (status >= 400) return false;
  if (!name.startsWith("content-")) return true;
  // A 304 has what is kept already; a multipart body is of a type that is needed to read it.
  if (status >= 300 || status === 204) return false;
  const type = fields.find(([own]) => own.toLowerCase() === "content-type")?.[1] ?? "";
  return name !== "content-type" || !type.startsWith("multipart/byteranges");
}

/** What is wrong with a header rule, in words; undefined when nothing is. */
export function headerRuleFault({ path, name, value }: HeaderRule): string | undefined {
  if (path !== undefined && !path.startsWith("/")) return `not a path that begins with /: ${path}`;
  if (!isToken(name)) return `not a field name: ${name}`;
  if (isEncoderField(name) || following.has(name.toLowerCase())) {
    return `${name} is the server's own`;
  }
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

const isVary = ([name]: ResponseField): boolean => name.toLowerCase() === "vary";

/** Adds `member` to Vary, whatever is there already (RFC 9110 §12.5.5). */
export function withVary(
  fields: readonly ResponseField[],
  member: string,
): readonly ResponseField[] {
  const values = fields.filter(isVary).map(([, value]) => value);
  if (values.flatMap(tokenList).includes(member.toLowerCase())) return fields;
  const others = fields.filter((field) => !isVary(field));
  return [...others, ["Vary", [...values, member].join(", ")]];
}

/** Adds a rule's fields; those of Vary to what the answer depends on anyway. */
function withOwn(response: Response, own: readonly ResponseField[]): readonly ResponseField[] {
  const replaced = withFields(
    response.fields,
    own.filter((field) => !isVary(field)),
  );
  return own
    .filter(isVary)
    .flatMap(([, value]) => tokenList(value))
    .reduce(withVary, replaced);
}

/** The path as a glob sees it, with its slashes; undefined when no file can be there. */
function decodedPath(path: string): string | undefined {
  const contained = containPath(path);
  return contained.ok ? contained.value.text : undefined;
}

function saysCors({ fields }: Response): boolean {
  return fields.some(([name]) => name.toLowerCase() === "access-control-allow-origin");
}

/** What a preflight is told beside who may read (Fetch, "CORS-preflight request"). */
function preflight(response: Response, fields: Fields): readonly ResponseField[] {
  const allow = response.fields.find(([name]) => name.toLowerCase() === "allow")?.[1];
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

interface CompiledHeader {
  /** Undefined for every path. */
  readonly glob: Bun.Glob | undefined;
  readonly field: ResponseField;
}

/** Adds the fields of header rules and CORS to the responses of one server. */
export class ResponseHeaders implements Finisher {
  /** What is added follows from the response, the request's head and the rules. */
  readonly isRepeatable = true;
  readonly #headers: readonly CompiledHeader[];
  readonly #cors: CorsRule | undefined;

  /** The rules have been found faultless. */
  constructor(rules: DecorationRules) {
    this.#headers = rules.headers.map(({ path, name, value }) => ({
      glob: path === undefined ? undefined : new Bun.Glob(path),
      field: [name, value],
    }));
    this.#cors = rules.cors;
  }

  finish(response: Response, request: Request | undefined): Response {
    const head = request?.head;
    const fields = head?.fields ?? noFields;
    const target = head?.target;
    const path = target !== undefined && "path" in target ? decodedPath(target.path) : undefined;
    const decorated = withOwn(response, this.#ownFields(response, path));
    const cors = this.#cors;
    // A route that speaks of CORS itself is not corrected.
    if (cors === undefined || saysCors(response)) return { ...response, fields: decorated };
    let more = this.#allowedOrigin(cors, fields);
    if (more.length > 0) {
      const asked = head?.method === "OPTIONS" && fields.has("access-control-request-method");
      more = [...more, ...(asked ? preflight(response, fields) : [exposure])];
    }
    const readable = withFields(decorated, more);
    return {
      ...response,
      fields: cors.origins === undefined ? readable : withVary(readable, "Origin"),
    };
  }

  /** The fields of the rules that `response`, to a request for `path`, is to have. */
  #ownFields(response: Response, path: string | undefined): readonly ResponseField[] {
    return this.#headers
      .filter(({ glob }) => glob === undefined || (path !== undefined && glob.match(path)))
      .map(({ field }) => field)
      .filter(([name]) => belongs(name.toLowerCase(), response));
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
