/**
 * What a site is made of: three tables in a fixed order, guards, endpoints and finishers. None of
 * them sees a socket, a parser or a clock. None calls the next one, so `site.ts` alone says what
 * runs when.
 */

import type { Eventual } from "../base/eventual.ts";
import type { Response } from "../http/message/response.ts";
import type { View } from "../tree/view.ts";
import type { Request } from "./request.ts";

/** A response, at once or later. A response returned at once is sent in the same turn. */
export type Answer = Eventual<Response>;

/**
 * Turns requests away: a wrong host, a foreign origin, no credentials. Guards run for every
 * request, before the response cache, so their verdict may depend on anything.
 */
export interface Guard {
  /**
   * The response that replaces the request's own, at once or later; undefined lets the request
   * pass.
   */
  check(request: Request): Eventual<Response | undefined>;
}

/** Answers some requests, by path or by method. The first endpoint that answers is the only one. */
export interface Endpoint {
  /**
   * Whether its answers follow from the request's head, the configuration and the dependencies
   * recorded in `view`, and from nothing else. Only then is a `CachedResponse` that it returns
   * cached.
   */
  readonly isRepeatable: boolean;
  /** The methods that it supports for the target of `request` (RFC 9110 §10.2.1). */
  methods(request: Request, view: View): Eventual<readonly string[]>;
  /**
   * The answer to `request`; undefined leaves it to the next endpoint. An exception becomes a 500,
   * and a `BodyError` becomes the refusal that it names.
   */
  answer(request: Request, view: View): Eventual<Response | undefined>;
  /**
   * Why the method of `request`, which no endpoint has answered, isn't allowed for its target,
   * where this endpoint has it for others; for the log, and with `--explain` for the page.
   */
  explainAbsence?(request: Request): string | undefined;
}

/** Adds to responses before they are sent: header rules, CORS, timing. */
export interface Finisher {
  /**
   * Whether its result follows from the response, the request's head and the configuration alone.
   * If so, it runs once for a cached response, before that is cached. Otherwise it runs for every
   * request, after the cache.
   */
  readonly isRepeatable: boolean;
  /**
   * `response` as it is sent. `request` is undefined when its head could not be read. It must not
   * modify `response`, which other requests may share.
   */
  finish(response: Response, request: Request | undefined): Response;
}
