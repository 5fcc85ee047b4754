/**
 * Listening otherwise than on a port of the server's own: on sockets that it was given, or on a
 * Unix socket. Loaded only by a server that does.
 */

import { listenError, ServeError } from "../../site/serve-error.ts";
import type { Listener } from "../listener.ts";
import type { CompleteOptions } from "../serve-options.ts";
import type { SocketFile } from "../unix-socket.ts";
import { openSocket, takeFile } from "../unix-socket.ts";

/**
 * Has `listener` accept on the sockets with these descriptors. Throws a `ServeError` when one of
 * them is no socket that listens.
 */
export function adoptAll(listener: Listener, descriptors: readonly number[]): void {
  for (const descriptor of descriptors) {
    try {
      listener.openAt({ fd: descriptor });
    } catch {
      throw new ServeError("listen", `descriptor ${descriptor} is no socket that listens`);
    }
  }
}

/** Where a server listens: its port, 0 for a Unix socket, and the file that it has to remove. */
export interface OpenedPlace {
  readonly port: number;
  readonly file?: SocketFile | undefined;
}

/**
 * Has `listener` listen on the sockets or on the Unix socket of `options`. Throws a `ServeError`
 * when that fails.
 */
export async function openOther(
  listener: Listener,
  { port, unix, unixMode, sockets }: CompleteOptions,
): Promise<OpenedPlace> {
  if (sockets !== undefined && sockets.main.length > 0) {
    adoptAll(listener, sockets.main);
    if (unix === undefined) return { port };
    return { port: 0, file: sockets.removesFile === true ? takeFile(unix, unixMode) : undefined };
  }
  const opened = await openSocket(listener, unix ?? "", unixMode);
  if (!opened.ok) throw listenError(opened.error);
  return { port: 0, file: opened.value };
}
