/**
 * How a site maps the paths of requests to paths of its tree; `content/tree-endpoint.ts` applies
 * it.
 */

import type { RedirectStatus } from "../../http/message/response-builder.ts";
import type { PathPattern } from "./path-pattern.ts";

/** The path mapping of one site. */
export interface PathMapping {
  readonly redirects: readonly { readonly pattern: PathPattern; readonly status: RedirectStatus }[];
  readonly rewrites: readonly PathPattern[];
  /** Whether `/about` is answered with `about.html`, and `/about.html` redirects to `/about`. */
  readonly cleanUrls: boolean;
  /** Whether the root's index answers navigations to missing paths. */
  readonly single: boolean;
}
