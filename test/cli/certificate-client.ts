/** A client that looks at a server's certificate. */

import { connect } from "node:tls";

/** What a handshake shows and agrees on: the certificate's common name, and the protocol. */
export interface Shown {
  readonly name: unknown;
  readonly protocol: string | false | null;
}

export function shakeHands(port: number): Promise<Shown> {
  const { promise, resolve, reject } = Promise.withResolvers<Shown>();
  const offer = { rejectUnauthorized: false, ALPNProtocols: ["h2", "http/1.1"] };
  const socket = connect({ port, host: "127.0.0.1", ...offer }, () => {
    const name = socket.getPeerCertificate().subject.CN;
    resolve({ name, protocol: socket.alpnProtocol });
    socket.destroy();
  });
  socket.on("error", reject);
  return promise;
}

/** The common name of the certificate that is shown. */
export async function shownName(port: number): Promise<unknown> {
  return (await shakeHands(port)).name;
}

/** The number of the certificate that is shown. */
export function shownNumber(port: number): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false }, () => {
    resolve(socket.getPeerCertificate().serialNumber);
    socket.destroy();
  });
  socket.on("error", reject);
  return promise;
}
