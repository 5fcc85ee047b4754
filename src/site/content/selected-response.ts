/**
 * The response from the selected representation: conditions first, then ranges, then the content
 * (RFC 9110 §13, §14).
 */

import type { Limits } from "../../base/limits.ts";
import type { EntityTag } from "../../http/fields/entity-tag.ts";
import type { Validators, Verdict } from "../../http/fields/conditional.ts";
import { asksForWhole, weigh } from "../../http/fields/conditional.ts";
import type { Response } from "../../http/message/response.ts";
import type { ErrorPages } from "../pages/error-page.ts";
import type { Request } from "../request.ts";
import type { Representation } from "./representation.ts";

/**
 * The validators of a representation. Last-Modified is a strong one only if it is at least a second
 * older than the response (RFC 9110 §8.8.2.2) and no variant shares it (§8.8.1).
 */
function validatorsOf(representation: Representation, receivedMs: number): Validators {
  const { entityTag, dateIsShared } = representation;
  const lastModifiedSeconds = representation.lastModifiedAt(receivedMs);
  if (lastModifiedSeconds === undefined) return { entityTag };
  const isOlder = lastModifiedSeconds < Math.floor(receivedMs / 1000);
  return { entityTag, lastModifiedSeconds, lastModifiedIsStrong: isOlder && !dateIsShared };
}

/**
 * The tag of content that is sent before it is complete. It contains a quote, which no client can
 * send in a tag, so that only a condition with "*" can match it.
 */
export const unmatchableTag: EntityTag = { weak: true, opaque: '"' };

/** The verdict of the conditions of `request` on a representation with `validators`. */
export function weighRequest({ head, receivedMs }: Request, validators: Validators): Verdict {
  return weigh(head.method, head.fields, validators, Math.floor(receivedMs / 1000));
}

/**
 * Why the conditions of `request`, whose method is neither GET nor HEAD, don't let it be performed
 * (RFC 9110 §13.2.1); undefined if they do. `representation` is the target's current one; undefined
 * if there is none. It is released.
 */
export function whyPrevented(
  request: Request,
  representation: Representation | undefined,
): string | undefined {
  representation?.release();
  const validators =
    representation === undefined ? {} : validatorsOf(representation, request.receivedMs);
  const verdict = weighRequest(request, validators);
  return verdict.kind === "failed" ? verdict.reason : undefined;
}

/** What answers with ranges; loaded by the first Range. */
let partialModule: typeof import("./partial-response.ts") | undefined;

function partials(): typeof import("./partial-response.ts") {
  partialModule ??= require("./partial-response.ts") as typeof import("./partial-response.ts");
  return partialModule;
}

/**
 * Answers `request`, a GET or a HEAD, from `representation`, which is released if it isn't sent.
 */
export function respondWith(
  request: Request,
  representation: Representation,
  pages: ErrorPages,
  limits: Limits,
): Response {
  const { fields } = request.head;
  // A date in the future is left out until it is past, so such a response isn't cached.
  const isPast = (representation.mtimeMs ?? 0) <= request.receivedMs;
  const isRepeated = representation.isRepeated && isPast;
  if (isRepeated && asksForWhole(fields)) return representation.whole;
  const validators = validatorsOf(representation, request.receivedMs);
  const { lastModifiedSeconds } = validators;
  const verdict = weighRequest(request, validators);
  if (verdict.kind !== "proceed") {
    representation.release();
    return verdict.kind === "failed"
      ? pages.preconditionFailed(verdict.reason, { request })
      : representation.notModified;
  }
  const ranges = verdict.range ? fields.getAll("range") : [];
  // Range is not a list field, so two field lines are invalid (RFC 9110 §5.3) and ignored.
  if (ranges.length === 1) {
    // A 206 to If-Range has no Last-Modified, which the client already has (RFC 9110 §15.3.7).
    const date = fields.has("if-range") ? undefined : lastModifiedSeconds;
    const mayRepeat = isRepeated && request.head.slot !== undefined;
    const { partialResponse } = partials();
    const part = partialResponse(representation, ranges[0] ?? "", date, mayRepeat, limits);
    if (part === "unsatisfiable") {
      representation.release();
      return pages.rangeNotSatisfiable(representation.size);
    }
    if (part !== undefined) return part;
  }
  return representation.fill(representation.describe(200, lastModifiedSeconds), undefined).build();
}
