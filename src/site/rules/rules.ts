/**
 * Rules that whoever runs a server may lay down for its tree, as they are written in a
 * configuration.
 *
 * A pattern of a path is `/` and segments: a word stands for itself, `:name` for any one segment,
 * and `*` at the end for all that follow, one or more: `/old/*`, `/posts/:year/:slug`. Words are
 * spelled as in a request, `/a%20b`, or plainly, `/a b`. A slash at the end makes no difference.
 */

import type { RedirectStatus } from "../../http/response-builder.ts";

/**
 * Adds a field to answers, in the place of the server's own; to Vary it adds. What is said of
 * content, Cache-Control and Content-Type among it, is left off errors.
 */
export interface HeaderRule {
  /** A glob that the request's path has to match, decoded, "/assets/**"; every path without it. */
  readonly path?: string;
  readonly name: string;
  readonly value: string;
}

/** Lets scripts of other origins read answers (Fetch, "CORS protocol"). */
export interface CorsRule {
  /** Origins as browsers spell them, "https://example.com"; any origin without it. */
  readonly origins?: readonly string[];
  /** Whether requests may carry credentials; only with `origins`. */
  readonly credentials?: boolean;
}

/** Sends a client elsewhere, with its query. */
export interface RedirectRule {
  readonly from: string;
  /** A path with the pattern's `:name`s and `*` in it, or an absolute http or https URL. */
  readonly to: string;
  /** 308 by default. */
  readonly status?: RedirectStatus;
}

/** Answers one path as another, without telling. */
export interface RewriteRule {
  readonly from: string;
  /** A path with the pattern's `:name`s and `*` in it. */
  readonly to: string;
}
