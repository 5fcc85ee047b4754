/**
 * Which conveniences of paths a site asks for; `content/tree-endpoint.ts` applies them.
 */

import type { RedirectStatus } from "../../http/message/response-builder.ts";
import type { PathPattern } from "./path-pattern.ts";

/** The conveniences of one site. */
export interface PathMapping {
  readonly redirects: readonly { readonly pattern: PathPattern; readonly status: RedirectStatus }[];
  readonly rewrites: readonly PathPattern[];
  /** Whether `.html` may be left out, and is taken out. */
  readonly cleanUrls: boolean;
  /** Whether the root's index answers navigations to what isn't there. */
  readonly single: boolean;
}
