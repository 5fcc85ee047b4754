/**
 * Listening otherwise than on a port of the server's own: on sockets that it was given, or on a
 * Unix socket. Loaded only by a server that does.
 */

import { listenError, ServeError } from "../../site/serve-error.ts";
import type { Listener } from "../listener.ts";
import type { CompleteOptions } from "../serve-options.ts";
import { openSocket } from "../unix-socket.ts";

/**
 * Has `listener` accept on the sockets with these descriptors. Throws a `ServeError` when one of
 * them is no socket that listens.
 */
export function adoptAll(listener: Listener, descriptors: readonly number[]): void {
  for (const descriptor of descriptors) {
    try {
      listener.adopt(descriptor);
    } catch {
      throw new ServeError("listen", `descriptor ${descriptor} is no socket that listens`);
    }
  }
}

/**
 * Has `listener` listen on the sockets or on the Unix socket of `options`. Answers with the port, 0
 * for a Unix socket. Throws a `ServeError` when that fails.
 */
export async function openOther(
  listener: Listener,
  { port, unix = "", unixMode, sockets }: CompleteOptions,
): Promise<number> {
  if (sockets !== undefined) {
    adoptAll(listener, sockets.main);
    return unix === "" ? port : 0;
  }
  const opened = await openSocket(listener, unix, unixMode);
  if (!opened.ok) throw listenError(opened.error);
  return 0;
}
