/**
 * Adds configured fields to responses: header rules, and the fields that let scripts of other
 * origins read responses (Fetch, "CORS protocol"). Rules are validated when the site is opened. A
 * valid value has no control characters, so it can't split a response (RFC 9110 §5.5).
 */

import { containPath } from "../../tree/path.ts";
import { everyIs, FIELD_VALUE, isToken } from "../../http/octets/grammar.ts";
import type { Fields } from "../../http/fields/fields.ts";
import { noFields, tokenList } from "../../http/fields/fields.ts";
import { sandboxLine } from "../content/cache-control.ts";
import type { Finisher } from "../endpoint.ts";
import type { Request } from "../request.ts";
import type { Response, ResponseField } from "../../http/message/response.ts";
import { isEncoderField } from "../../http/message/response-builder.ts";
import { decodeGlob } from "./path-glob.ts";
import type { CorsRule, HeaderRule } from "./rules.ts";

/** The rules that `ResponseHeaders` applies. */
interface ResponseHeaderRules {
  readonly headers: readonly HeaderRule[];
  readonly cors: CorsRule | undefined;
}

/**
 * Fields that a script of another origin may read besides the safelisted ones (Fetch,
 * "CORS-safelisted response-header name").
 */
const exposure: ResponseField = [
  "Access-Control-Expose-Headers",
  "Accept-Ranges, Content-Encoding, Content-Length, Content-Range, Date, ETag",
];

/** How long a browser may cache the response to a preflight, in seconds. */
const preflightSeconds = 86_400;

/**
 * Fields that the server derives from the response; a fixed value would be wrong (RFC 9110 §8.8,
 * §10.2, §14).
 */
const following: ReadonlySet<string> = new Set([
  "accept-ranges",
  "allow",
  "content-range",
  "etag",
  "last-modified",
  "location",
]);

/** Fields about the requested content, which don't apply to an error page. */
const aboutContent: ReadonlySet<string> = new Set([
  "cache-control",
  "content-disposition",
  "content-encoding",
  "content-language",
  "content-location",
  "content-type",
  "expires",
]);

/** Whether the field `name` of a rule applies to `response`. */
function belongs(name: string, { status, fields }: Response): boolean {
  if (!aboutContent.has(name)) return true;
  if (status >= 400) return false;
  if (!name.startsWith("content-")) return true;
  // A 304 describes content that the client has. The type of a multipart body has its boundary.
  if (status >= 300 || status === 204) return false;
  const type = fields.find(([own]) => own.toLowerCase() === "content-type")?.[1] ?? "";
  return name !== "content-type" || !type.startsWith("multipart/byteranges");
}

/** A message about what is wrong with a header rule; undefined when it is valid. */
export function headerRuleFault({ path, name, value }: HeaderRule): string | undefined {
  if (path !== undefined && !path.startsWith("/")) return `not a path that begins with /: ${path}`;
  if (!isToken(name)) return `not a field name: ${name}`;
  if (isEncoderField(name) || following.has(name.toLowerCase())) {
    return `${name} is the server's own`;
  }
  const isClean = value === value.trim() && everyIs(value, FIELD_VALUE);
  return isClean ? undefined : `not a value for ${name}: ${JSON.stringify(value)}`;
}

/** `fields` with `more`, which replace those of the same name but for the policy of uploads. */
function withFields(
  fields: readonly ResponseField[],
  more: readonly ResponseField[],
): readonly ResponseField[] {
  if (more.length === 0) return fields;
  const replaced = new Set(more.map(([name]) => name.toLowerCase()));
  const kept = fields.filter(
    (field) => field === sandboxLine || !replaced.has(field[0].toLowerCase()),
  );
  return [...kept, ...more];
}

const isVary = ([name]: ResponseField): boolean => name.toLowerCase() === "vary";

/** Adds `member` to Vary and keeps its other members (RFC 9110 §12.5.5). */
export function withVary(
  fields: readonly ResponseField[],
  member: string,
): readonly ResponseField[] {
  const values = fields.filter(isVary).map(([, value]) => value);
  if (values.flatMap(tokenList).includes(member.toLowerCase())) return fields;
  const others = fields.filter((field) => !isVary(field));
  return [...others, ["Vary", [...values, member].join(", ")]];
}

/** Adds the fields of rules. Those of Vary are merged with the members it already has. */
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

/** The decoded path that globs are matched with; undefined when no file can have it. */
function decodedPath(path: string): string | undefined {
  const contained = containPath(path);
  return contained.ok ? contained.value.text : undefined;
}

function saysCors({ fields }: Response): boolean {
  return fields.some(([name]) => name.toLowerCase() === "access-control-allow-origin");
}

/** The methods that change nothing (RFC 9110 §9.2.1), and that every origin may use. */
const safeMethods: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/** The methods in the Allow field of `response` that `mayUse` lets through. */
function allowedMethods(
  response: Response,
  mayUse: (method: string) => boolean,
): readonly string[] {
  const allow = response.fields.find(([name]) => name.toLowerCase() === "allow")?.[1];
  // Methods are case-sensitive, so they are not read as a list of tokens that aren't.
  const methods = allow?.split(",").map((method) => method.trim()) ?? [...safeMethods];
  return methods.filter(mayUse);
}

/**
 * The fields of a preflight's response besides the allowed origin (Fetch, "CORS-preflight
 * request"), whose `methods` the origin may use.
 */
function preflight(methods: readonly string[], fields: Fields): readonly ResponseField[] {
  const asked = fields.getAll("access-control-request-headers").flatMap(tokenList);
  const names = asked.filter(isToken);
  const headers: ResponseField[] =
    names.length === 0 ? [] : [["Access-Control-Allow-Headers", names.join(", ")]];
  // A page of a public address asks before it reaches a private one (Private Network Access §3.1).
  if (fields.get("access-control-request-private-network") === "true") {
    headers.push(["Access-Control-Allow-Private-Network", "true"]);
  }
  return [
    ["Access-Control-Allow-Methods", methods.join(", ")],
    ...headers,
    ["Access-Control-Max-Age", String(preflightSeconds)],
  ];
}

/** The methods that routes at the target of a request open to every origin. */
export type OpenMethods = (request: Request) => ReadonlySet<string> | undefined;

interface CompiledHeader {
  /** Undefined for every path. */
  readonly glob: Bun.Glob | undefined;
  readonly field: ResponseField;
}

/** Adds the fields of header rules and CORS to the responses of one server. */
export class ResponseHeaders implements Finisher {
  /** The added fields follow from the response, the request's head and the rules alone. */
  readonly isRepeatable = true;
  readonly #headers: readonly CompiledHeader[];
  readonly #cors: CorsRule | undefined;
  readonly #openMethods: OpenMethods;

  /** `rules` have been validated. `openMethods` are those that routes open to every origin. */
  constructor(rules: ResponseHeaderRules, openMethods: OpenMethods = () => undefined) {
    this.#openMethods = openMethods;
    this.#headers = rules.headers.map(({ path, name, value }) => ({
      glob: path === undefined ? undefined : new Bun.Glob(decodeGlob(path)),
      field: [name, value],
    }));
    this.#cors = rules.cors;
  }

  finish(response: Response, request: Request | undefined): Response {
    const head = request?.head;
    const fields = head?.fields ?? noFields;
    const target = head?.target;
    const path = target !== undefined && "path" in target ? decodedPath(target.path) : undefined;
    const withRules = withOwn(response, this.#ownFields(response, path));
    const cors = this.#cors;
    // A route that sets CORS fields itself overrides the rule.
    if (cors === undefined || saysCors(response)) return { ...response, fields: withRules };
    let more = this.#allowedOrigin(cors, fields);
    if (more.length > 0) {
      const asked = head?.method === "OPTIONS" && fields.has("access-control-request-method");
      const granted = asked ? preflight(this.#methods(response, request), fields) : [exposure];
      more = [...more, ...granted];
    }
    const readable = withFields(withRules, more);
    return {
      ...response,
      fields: cors.origins === undefined ? readable : withVary(readable, "Origin"),
    };
  }

  /**
   * The methods that an allowed origin may use on the target of `request`: all that there are if it
   * is listed, otherwise those that change nothing, and those of routes that take every origin's.
   */
  #methods(response: Response, request: Request | undefined): readonly string[] {
    if (this.#cors?.origins !== undefined) return allowedMethods(response, () => true);
    const open = request === undefined ? undefined : this.#openMethods(request);
    return allowedMethods(
      response,
      (method) => safeMethods.has(method) || open?.has(method) === true,
    );
  }

  /** The fields of the rules that apply to `response`, whose request was for `path`. */
  #ownFields(response: Response, path: string | undefined): readonly ResponseField[] {
    return this.#headers
      .filter(({ glob }) => glob === undefined || (path !== undefined && glob.match(path)))
      .map(({ field }) => field)
      .filter(([name]) => belongs(name.toLowerCase(), response));
  }

  /**
   * The fields that allow the request's origin. Without a list, every origin may read responses,
   * without credentials. With a list, a listed origin is named, and credentials may be allowed.
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
