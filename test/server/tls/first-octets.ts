/** The ClientHello of a client of this runtime. */

import { connect } from "node:tls";
import type { ConnectionOptions } from "node:tls";

/** What a client of this runtime sends first. */
export async function firstOctets(options: ConnectionOptions): Promise<Uint8Array> {
  const { promise, resolve } = Promise.withResolvers<Uint8Array>();
  const listener = Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      data: (socket, octets) => {
        resolve(octets);
        socket.terminate();
      },
    },
  });
  const client = connect({ port: listener.port, host: "127.0.0.1", ...options });
  client.on("error", () => undefined);
  const octets = await promise;
  listener.stop(true);
  return octets;
}
