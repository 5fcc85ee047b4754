/**
 * A response cache that counts its hits and misses. Only a server with metrics has one, so that the
 * others count nothing.
 */

import type { CachedResponse } from "../../http/message/response.ts";
import type { Moment } from "../../tree/view.ts";
import type { Request } from "../request.ts";
import { ResponseCache } from "../response-cache.ts";

/** How often the caches of a server's sites, one after the other, had the response. */
interface CacheCounts {
  hits: number;
  misses: number;
}

/** The counting cache of one site. */
export class CountedResponses extends ResponseCache {
  readonly #counts: CacheCounts;

  constructor(limits: { readonly inlineBytesMax: number }, counts: CacheCounts) {
    super(limits);
    this.#counts = counts;
  }

  override find(request: Request, since: Moment): CachedResponse | undefined {
    const found = super.find(request, since);
    if (found === undefined) this.#counts.misses++;
    else this.#counts.hits++;
    return found;
  }
}
