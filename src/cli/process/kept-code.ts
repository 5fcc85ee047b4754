/**
 * Loads, while the server runs, what a later request or SIGUSR2 needs. The files of a package may
 * be replaced or removed meanwhile, and code that is in memory by then needs none of them. One
 * module of each part of the package is enough (`build/parts.ts`); a checkout, which has no parts,
 * loads these modules only.
 *
 * What an option needs is not loaded, because the start has done that.
 */

import type { Server } from "../../server/serve.ts";
import type { Workers } from "../workers/workers.ts";

/**
 * Loads what `server` needs, a part in a turn of the event loop, since each delays requests by some
 * milliseconds. A supervisor answers no requests. Rejects when a part can't be read any more, which
 * has been said (`build/parts.ts`).
 */
export async function keepCode(server: Server | Workers): Promise<void> {
  await import("./handover.ts");
  if ("listening" in server) return;
  await Bun.sleep(0);
  await import("../../site/near/near-search.ts");
}
