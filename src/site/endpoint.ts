/**
 * What a site is made of: three tables in a fixed order, guards, endpoints and finishers. None of
 * them sees a socket, a parser or a clock, and none calls the next one, so what runs when can be
 * read in `site.ts` alone.
 */

import type { Eventual } from "../base/eventual.ts";
import type { Response } from "../http/message/response.ts";
import type { View } from "../tree/view.ts";
import type { Request } from "./request.ts";

/** A response, at once or later. One that is there at once leaves in the same turn. */
export type Answer = Eventual<Response>;

/**
 * Turns requests away: a wrong host, a foreign origin, no credentials. Guards are asked for every
 * request, before the response cache, so a verdict may depend on anything.
 */
export interface Guard {
  /** The answer that the request gets instead of its own; undefined lets it pass. */
  check(request: Request): Answer | undefined;
}

/** Answers some requests, by path or by method. The first endpoint with an answer counts. */
export interface Endpoint {
  /**
   * Whether an answer follows from the request's head, the configuration and what `view` was told,
   * and from nothing else. Only then may a response be cached that it gives as a `CachedResponse`.
   */
  readonly isRepeatable: boolean;
  /** The methods that it would answer `request`'s target by (RFC 9110 §10.2.1). */
  methods(request: Request, view: View): Eventual<readonly string[]>;
  /**
   * The answer to `request`; undefined when it is for another endpoint. What it throws becomes a
   * 500, a `BodyError` the refusal that it names.
   */
  answer(request: Request, view: View): Eventual<Response | undefined>;
}

/** Adds to responses on their way out: header rules, CORS, timing. */
export interface Finisher {
  /**
   * Whether what it makes of a response follows from the response, the request's head and the
   * configuration alone. Such a finisher runs once for a cached response, before it is cached; any
   * other runs for every request, after the cache.
   */
  readonly isRepeatable: boolean;
  /**
   * `response` as it is sent. `request` is undefined when its head could not be read. The response
   * given is not changed: it may be another request's, too.
   */
  finish(response: Response, request: Request | undefined): Response;
}
