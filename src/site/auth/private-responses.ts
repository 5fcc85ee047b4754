/**
 * Marks what not everyone may get as private, so that no shared cache gives it to others (RFC 9111
 * §5.2.2.7). A cache may not store the answer to a request with Authorization unless the answer
 * allows it, by "public", "s-maxage" or "must-revalidate" (RFC 9111 §3.5); the first two are left
 * out, and "private" outweighs the third.
 *
 * Vary names no Authorization: the rule of §3.5 makes that unnecessary (RFC 9110 §12.5.5).
 */

import { tokenList } from "../../http/fields/fields.ts";
import type { RequestHead } from "../../http/message/request.ts";
import type { Response, ResponseField } from "../../http/message/response.ts";
import type { Finisher } from "../endpoint.ts";
import type { Request } from "../request.ts";

const isCacheControl = ([name]: ResponseField): boolean => name.toLowerCase() === "cache-control";

/** Fields that some shared caches read in the place of Cache-Control (RFC 9213). */
const isForCdn = ([name]: ResponseField): boolean =>
  /^(?:(?:.+-)?cdn-cache-control|surrogate-control)$/i.test(name);

/** Directives of a list that has no quoted strings but in the arguments of private and no-cache. */
function directivesOf(value: string): readonly string[] {
  return value.match(/[^\s,"=]+(?:=(?:"(?:[^"\\]|\\.)*"|[^\s,"]*))?/g) ?? [];
}

/** Whether shared caches read `directive`, and "private" takes its place. */
function isForShared(directive: string): boolean {
  const [name] = tokenList(directive.replace(/=.*$/s, ""));
  return name === "public" || name === "s-maxage" || name === "private";
}

/** `fields` for an answer that needs a user. */
export function privateFields(fields: readonly ResponseField[]): readonly ResponseField[] {
  const given = fields.filter(isCacheControl).flatMap(([, value]) => directivesOf(value));
  const kept = given.filter((directive) => !isForShared(directive));
  const others = fields.filter((field) => !isCacheControl(field) && !isForCdn(field));
  return [...others, ["Cache-Control", ["private", ...kept].join(", ")]];
}

/** Adds "private" to answers that need a user. */
export class PrivateResponses implements Finisher {
  /** Who may get an answer follows from the request's head and the configuration. */
  readonly isRepeatable = true;
  readonly #isPublic: (head: RequestHead) => boolean;

  /** `isPublic` says whether everyone may send a request. */
  constructor(isPublic: (head: RequestHead) => boolean) {
    this.#isPublic = isPublic;
  }

  finish(response: Response, request: Request | undefined): Response {
    if (request === undefined || this.#isPublic(request.head)) return response;
    return { ...response, fields: privateFields(response.fields) };
  }
}
