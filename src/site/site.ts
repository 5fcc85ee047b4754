/**
 * A site answers requests. Guards run first, then the response cache is searched, then the
 * endpoints run in their order; finishers run on every response. The methods that a target allows
 * come from the same endpoints, so `Allow` always agrees with what is answered (RFC 9110 §10.2.1).
 */

import type { Eventual } from "../base/eventual.ts";
import { whenReady } from "../base/eventual.ts";
import type { Refusal } from "../http/message/error.ts";
import type { Response } from "../http/message/response.ts";
import { CachedResponse } from "../http/message/response.ts";
import { ResponseBuilder } from "../http/message/response-builder.ts";
import type { Moment } from "../tree/view.ts";
import { View } from "../tree/view.ts";
import type { Answer, Endpoint, Finisher, Guard } from "./endpoint.ts";
import type { ErrorPages } from "./pages/error-page.ts";
import type { Request } from "./request.ts";
import { ResponseCache } from "./response-cache.ts";
import type { ResponsePacing } from "./response-pacing.ts";

/** What a site is made of. */
export interface SiteParts {
  readonly guards: readonly Guard[];
  /** In the order in which they are tried. */
  readonly endpoints: readonly Endpoint[];
  readonly finishers: readonly Finisher[];
  readonly pages: ErrorPages;
  readonly pacing: ResponsePacing;
  readonly limits: { readonly inlineBytesMax: number };
  /** By default one that counts nothing. */
  readonly cache?: ResponseCache | undefined;
}

/** Methods in the order in which `Allow` names them; others follow. */
const methodOrder: readonly string[] = ["GET", "HEAD", "OPTIONS"];

/** Runs `finishers` over `response`, unless that is another server's. */
function finish(
  response: Response,
  request: Request | undefined,
  finishers: readonly Finisher[],
): Response {
  let finished = response;
  if (response.isPassedOn === true) return response;
  for (const finisher of finishers) finished = finisher.finish(finished, request);
  return finished;
}

/** Answers requests. */
export class Site {
  readonly #guards: readonly Guard[];
  readonly #endpoints: readonly Endpoint[];
  /** Run before a response is cached. */
  readonly #onceFinishers: readonly Finisher[];
  /** Run for every request. */
  readonly #eachFinishers: readonly Finisher[];
  readonly #pages: ErrorPages;
  readonly #cache: ResponseCache;
  readonly #pacing: ResponsePacing;

  constructor({ guards, endpoints, finishers, pages, pacing, limits, cache }: SiteParts) {
    this.#guards = guards;
    this.#endpoints = endpoints;
    const [once, each]: [Finisher[], Finisher[]] = [[], []];
    for (const finisher of finishers) (finisher.isRepeatable ? once : each).push(finisher);
    this.#onceFinishers = once;
    this.#eachFinishers = each;
    this.#pages = pages;
    this.#cache = cache ?? new ResponseCache(limits);
    this.#pacing = pacing;
  }

  /**
   * Answers `request` with the state of the tree at the moment `since` or later. Throws or rejects
   * with the exception of an endpoint.
   */
  answer(request: Request, since: Moment): Answer {
    return this.answerAfter(this.turnAway(request), request, since);
  }

  /** The same, when guards have been asked, whose response is `away`, if they turn it away. */
  answerAfter(away: Eventual<Response | undefined>, request: Request, since: Moment): Answer {
    const made =
      away instanceof Promise
        ? away.then((response) => response ?? this.#find(request, since))
        : (away ?? this.#find(request, since));
    if (this.#eachFinishers.length === 0) return this.#pacing.pace(made, request);
    const finished = whenReady(made, (response) => finish(response, request, this.#eachFinishers));
    return this.#pacing.pace(finished, request);
  }

  /** The response to a request that reaches no endpoint, or whose endpoint has failed. */
  refuse(refusal: Refusal, request: Request | undefined): Response {
    const page = this.#pages.refusal(refusal, request?.explainBreak?.());
    const response = finish(page, request, this.#onceFinishers);
    return finish(response, request, this.#eachFinishers);
  }

  /** Invalidates cached responses, because the endpoints have changed. */
  endpointsChanged(): void {
    this.#cache.clear();
  }

  /** The response of the first guard that turns `request` away, of those `from` a place on. */
  turnAway(request: Request, from = 0): Eventual<Response | undefined> {
    for (let i = from; i < this.#guards.length; i++) {
      const answer = (this.#guards[i] as Guard).check(request);
      if (answer === undefined) continue;
      if (!(answer instanceof Promise)) return this.#once(answer, request);
      return answer.then((response) =>
        response === undefined ? this.turnAway(request, i + 1) : this.#once(response, request),
      );
    }
    return undefined;
  }

  /** The cached answer to a request that guards let pass, or one that is made. */
  #find(request: Request, since: Moment): Answer {
    return (
      this.#cache.find(request, since) ?? this.#make(request, new View(since, request.receivedMs))
    );
  }

  #make(request: Request, view: View, from = 0): Answer {
    for (let i = from; i < this.#endpoints.length; i++) {
      const endpoint = this.#endpoints[i] as Endpoint;
      const answer = endpoint.answer(request, view);
      if (answer === undefined) continue;
      if (!(answer instanceof Promise)) return this.#keep(request, answer, endpoint, view);
      return answer.then((response) =>
        response === undefined ? this.#make(request, view, i + 1) : this.#once(response, request),
      );
    }
    return whenReady(this.#answerNone(request, view), (response) => this.#once(response, request));
  }

  #once(response: Response, request: Request): Response {
    return finish(response, request, this.#onceFinishers);
  }

  /**
   * The finished `response` of `endpoint`, cached if both the endpoint and the response allow it.
   */
  #keep(request: Request, response: Response, endpoint: Endpoint, view: View): Response {
    const finished = this.#once(response, request);
    if (!endpoint.isRepeatable || !(response instanceof CachedResponse)) return finished;
    if (request.head.slot === undefined) return finished;
    const cached = finished instanceof CachedResponse ? finished : new CachedResponse(finished);
    this.#cache.keep(request, cached, view);
    return cached;
  }

  /** The answer when no endpoint has one: to OPTIONS the methods, to any other method 405. */
  #answerNone(request: Request, view: View): Answer {
    return whenReady(this.#allowed(request, view), (methods) => {
      const allow = methods.join(", ");
      return request.head.method === "OPTIONS"
        ? new ResponseBuilder(204).field("Allow", allow).build()
        : this.#pages.notAllowed(allow, this.#explainAbsence(request), { request });
    });
  }

  /** Why the method of `request` isn't allowed; undefined when no endpoint knows. */
  #explainAbsence(request: Request): string | undefined {
    for (const endpoint of this.#endpoints) {
      const reason = endpoint.explainAbsence?.(request);
      if (reason !== undefined) return reason;
    }
    return undefined;
  }

  /** OPTIONS and the methods that the endpoints support for the request's target. */
  #allowed(request: Request, view: View): Eventual<readonly string[]> {
    let all: Eventual<readonly string[]> = ["OPTIONS"];
    for (const endpoint of this.#endpoints) {
      all = whenReady(all, (known) =>
        whenReady(endpoint.methods(request, view), (more) => [...known, ...more]),
      );
    }
    return whenReady(all, (methods) => {
      const named = new Set(methods);
      return [
        ...methodOrder.filter((method) => named.has(method)),
        ...named.difference(new Set(methodOrder)),
      ];
    });
  }
}
