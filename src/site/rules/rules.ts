/**
 * The rules of a site as they are written in a configuration.
 *
 * A path pattern is `/` and segments. A word matches itself, `:name` matches any one segment, and
 * `*` at the end matches all that follow, or none: `/old/*` also matches `/old`. Words may be
 * percent-encoded, `/a%20b`, or not, `/a b`. A slash at the end of a pattern is ignored.
 */

import type { RedirectStatus } from "../../http/message/response-builder.ts";

/**
 * Adds a field to responses. It replaces the server's own field of that name; to Vary it adds.
 * Fields about the content, such as Cache-Control and Content-Type, are not added to errors.
 */
export interface HeaderRule {
  /**
   * A glob for the request's decoded path, "/assets/**"; without it the rule applies to every path.
   * Characters may be percent-encoded: "%20", and "%2A" for a "*" that is no wildcard.
   */
  readonly path?: string;
  readonly name: string;
  readonly value: string;
}

/** Permits scripts of other origins to read responses (Fetch, "CORS protocol"). */
export interface CorsRule {
  /** Origins as browsers serialize them, "https://example.com"; without it every origin. */
  readonly origins?: readonly string[];
  /** Whether requests may carry credentials; only with `origins`. */
  readonly credentials?: boolean;
}

/** Redirects a client. The query of the request is kept. */
export interface RedirectRule {
  readonly from: string;
  /** A path that may contain `:name`s and `*` of the pattern, or an http or https URL. */
  readonly to: string;
  /** 308 by default. */
  readonly status?: RedirectStatus;
}

/** Answers a request for one path as if it were for another. The client can't tell. */
export interface RewriteRule {
  readonly from: string;
  /** A path that may contain `:name`s and `*` of the pattern. */
  readonly to: string;
}
