/**
 * Faults that replace or change the answer of the site: other statuses, and validators that change.
 * The answer is a proper response, and what is wrong is that it isn't the one that was due. It
 * comes in the place of what endpoints answer, so only a request that guards let pass gets it: a
 * client without a password is told that it needs one.
 */

import type { Eventual } from "../../base/eventual.ts";
import { whenReady } from "../../base/eventual.ts";
import { formatImfFixdate, parseHttpDate } from "../../http/fields/date.ts";
import type { Fields } from "../../http/fields/fields.ts";
import type { Refusal } from "../../http/message/error.ts";
import type { RequestHead } from "../../http/message/request.ts";
import type { Response, ResponseField } from "../../http/message/response.ts";
import type { ContentStatus } from "../../http/message/status.ts";
import { reasonPhrase } from "../../http/message/status.ts";
import type { Answer } from "../../site/endpoint.ts";
import type { Request, RequestConnection } from "../../site/request.ts";
import type { Moment } from "../../tree/view.ts";
import type { FaultOptions } from "./fault-options.ts";

/** What answers without faults: a site. */
export interface ProperSite {
  /** The response of a guard that turns `request` away. */
  turnAway(request: Request): Eventual<Response | undefined>;
  /** The answer to `request` as of `since`, when guards have been asked, who gave `away`. */
  answerAfter(away: Response | undefined, request: Request, since: Moment): Answer;
  refuse(refusal: Refusal, request: Request): Response;
}

/** A request that guards let pass. */
interface Admitted {
  readonly request: Request;
  /** How fresh its answer must be. */
  readonly since: Moment;
}

function isNamed([one]: ResponseField, name: string): boolean {
  return one.toLowerCase() === name;
}

/** The answer with `status`, which a fault gives. */
function statusAnswer(
  status: number,
  request: Request,
  site: ProperSite,
  retryAfter?: number | string,
): Response {
  // A status without a name has the page of its class (RFC 9110 §15).
  const named = reasonPhrase(status) === "" ? status - (status % 100) : status;
  const refused = site.refuse(
    {
      kind: "fault",
      status: named as ContentStatus,
      section: "RFC 9110 §15",
      text: "A fault was asked for, to test this client.",
      close: false,
    },
    request,
  );
  const others = refused.fields.filter((line) => !isNamed(line, "retry-after"));
  const retry: ResponseField[] = retryAfter === undefined ? [] : [["Retry-After", `${retryAfter}`]];
  return { ...refused, status, fields: [...others, ...retry], note: undefined };
}

/** The fields of `all` but those that have one of `names`, which are in lower case. */
class FieldsWithout implements Fields {
  readonly #lines: readonly (readonly [name: string, value: string])[];

  constructor(all: Fields, names: readonly string[]) {
    this.#lines = [...all].filter(([name]) => !names.includes(name.toLowerCase()));
  }

  get count(): number {
    return this.#lines.length;
  }

  get(name: string): string | undefined {
    return this.getAll(name)[0];
  }

  getAll(name: string): string[] {
    const wanted = name.toLowerCase();
    return this.#lines.filter((line) => isNamed(line, wanted)).map(([, value]) => value);
  }

  has(name: string): boolean {
    return this.getAll(name).length > 0;
  }

  [Symbol.iterator](): Iterator<readonly [name: string, value: string]> {
    return this.#lines.values();
  }
}

/**
 * `request` without the fields of `names`, which are in lower case. All else is the request's own,
 * also what a handler sets on it.
 */
function requestWithout(request: Request, names: readonly string[]): Request {
  const { head, connection } = request;
  const others: RequestHead = {
    method: head.method,
    rawTarget: head.rawTarget,
    target: head.target,
    authority: head.authority,
    version: head.version,
    fields: new FieldsWithout(head.fields, names),
    hasContent: head.hasContent,
    contentLength: head.contentLength,
    expectsContinue: head.expectsContinue,
    opensWebSocket: head.opensWebSocket,
    acceptsInterim: head.acceptsInterim,
    octets: head.octets,
    // No answer to it is cached, or comes from the cache.
    slot: undefined,
  };
  const informing: RequestConnection = {
    inform: (_, status, fields) => connection?.inform?.(request, status, fields),
  };
  return new Proxy(request, {
    get(own, name) {
      if (name === "head") return others;
      return name === "connection" ? informing : (Reflect.get(own, name) as unknown);
    },
    set: (own, name, value) => Reflect.set(own, name, value),
  });
}

/** What a client can ask for by a validator that it has (RFC 9110 §13.1). */
const conditions = ["if-match", "if-none-match", "if-modified-since", "if-unmodified-since"];

/** `response` with validators that are its own `count` versions on. */
function withValidators(response: Response, count: number): Response {
  const fields = response.fields.map(([name, value]): ResponseField => {
    if (name.toLowerCase() === "etag") return [name, value.replace(/"$/, `-fault${count}"`)];
    if (name.toLowerCase() !== "last-modified") return [name, value];
    const time = parseHttpDate(value, 0);
    return [name, time === undefined ? value : formatImfFixdate((time - count) * 1000)];
  });
  return { ...response, fields };
}

/** The answer of `site` to a request as a version that no earlier answer had. */
function changedAnswer({ request, since }: Admitted, site: ProperSite, count: number): Answer {
  const { fields } = request.head;
  const isUnmet = fields.has("if-unmodified-since") || (fields.get("if-match") ?? "*") !== "*";
  if (isUnmet) return statusAnswer(412, request, site);
  // A range of another version is answered with all of this one (RFC 9110 §13.1.5).
  const ranges = fields.has("if-range") ? ["if-range", "range"] : [];
  const asked = requestWithout(request, [...conditions, ...ranges]);
  return whenReady(site.answerAfter(undefined, asked, since), (response) =>
    withValidators(response, count),
  );
}

/** Whether `faults` replace or change the answer, so that only one who is let in gets it. */
export function isOfAnswer({ statuses, changingValidator }: FaultOptions): boolean {
  return statuses !== undefined || changingValidator === true;
}

/** The answer to `admitted`, which is the one of number `count` that the rule of `faults` hits. */
export function faultyAnswer(
  { statuses, retryAfter, changingValidator }: FaultOptions,
  admitted: Admitted,
  site: ProperSite,
  count: number,
): Answer {
  const { request, since } = admitted;
  const status = statuses?.[Math.min(count, statuses.length) - 1] ?? 200;
  if (status !== 200) return statusAnswer(status, request, site, retryAfter);
  if (changingValidator === true) return changedAnswer(admitted, site, count);
  return site.answerAfter(undefined, request, since);
}
