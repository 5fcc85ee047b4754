/**
 * Opens sockets to backends, with TLS where they speak it. A certificate is checked before an octet
 * of a request is sent.
 */

import type { Socket, SocketHandler } from "bun";

import type { BackendAddress } from "../../../site/proxy/backend.ts";
import { BackendError } from "../../../site/proxy/backend.ts";
import { SocketTransport } from "../../connection/transport.ts";
import { systemCalls } from "../../../system/system-choice.ts";
import type { BackendOwner, BackendSurroundings } from "./backend-connection.ts";
import { BackendConnection } from "./backend-connection.ts";

/** What a socket belongs to: nothing while it is being opened. */
type SocketData = BackendConnection | undefined;

/** What the errors of connect(2) at a Unix socket mean; the runtime's own text says no more. */
const socketErrors: Readonly<Record<string, string>> = {
  ENOENT: "there is no such socket",
  ENOTDIR: "there is no such socket",
  ECONNREFUSED: "no process listens on the socket",
  EACCES: "this user may not connect to the socket",
  EAGAIN: "too many connections wait for the socket's process",
};

/** The failure of a connection to `address`. */
function unreachable({ unix }: BackendAddress, error: unknown): BackendError {
  const { code = "", message = "failed" } = Object(error) as { code?: string; message?: string };
  const text = unix === undefined ? undefined : socketErrors[code];
  return new BackendError("unreachable", text ?? message);
}

/** What becomes of the opening of a connection. */
interface Opening {
  readonly opened: (socket: Socket<SocketData>) => void;
  readonly failed: (error: BackendError) => void;
}

/** The handlers of a socket; for TLS it is opened when its handshake is done. */
function handlers(address: BackendAddress, { opened, failed }: Opening): SocketHandler<SocketData> {
  const { scheme, verify } = address;
  const isSecure = scheme === "https";
  return {
    open: (socket) => {
      if (!isSecure) opened(socket);
    },
    handshake: (socket, isDone, error) => {
      if (!isSecure || socket.data !== undefined) return;
      // A name that the certificate is not for is told by the error alone.
      const isTrusted = !verify || error === null || error === undefined;
      if (isDone && isTrusted) return opened(socket);
      failed(new BackendError("untrusted", error?.message ?? "the handshake failed"));
      socket.terminate();
    },
    data: (socket, octets) => socket.data?.receive(octets),
    drain: (socket) => socket.data?.drained(),
    end: (socket) => socket.data?.peerEnded(),
    close: (socket, error) => {
      socket.data?.closed(error);
      failed(new BackendError("unreachable", "the connection was closed"));
    },
    error: (socket, error) => socket.data?.closed(error),
    connectError: (_, error) => failed(unreachable(address, error)),
  };
}

/**
 * Connects to the backend at `address`, with `unreadBytesMax` for what the kernel buffers of its
 * answers, if that is bounded. Rejects with a `BackendError`. The system's own deadline ends an
 * attempt that nothing answers.
 */
export function connectTo(
  address: BackendAddress,
  surroundings: BackendSurroundings,
  owner: BackendOwner,
  unreadBytesMax?: number,
): Promise<BackendConnection> {
  return new Promise((resolve, reject) => {
    const { scheme, host, port, unix, verify, ca } = address;
    const socket = handlers(address, {
      opened: (open) => {
        // Bun's type lacks the descriptor.
        const { fd } = open as Socket<SocketData> & { readonly fd: number };
        if (unreadBytesMax !== undefined) systemCalls().boundUnread(fd, unreadBytesMax);
        const connection = new BackendConnection(surroundings, new SocketTransport(open), owner);
        open.data = connection;
        resolve(connection);
      },
      failed: reject,
    });
    const tls = {
      serverName: host,
      rejectUnauthorized: verify,
      // A list of names, each behind its length (RFC 7301 §3.1).
      ALPNProtocols: "\bhttp/1.1",
      ...(ca === undefined ? {} : { ca }),
    };
    const options = { allowHalfOpen: true, data: undefined, socket };
    const opening =
      unix === undefined
        ? Bun.connect<SocketData>({
            ...options,
            hostname: host,
            port,
            ...(scheme === "https" ? { tls } : {}),
          })
        : Bun.connect<SocketData>({ ...options, unix });
    opening.catch((error: unknown) => reject(unreachable(address, error)));
  });
}
