/**
 * A TCP server whose behaviour a test defines: it calls back for every read, with all bytes that the
 * connection has sent so far.
 */

import type { Socket } from "bun";

import { latin1Text } from "../../src/http/octets/bytes.ts";

export interface FakeSocketData {
  received: string;
  reads: number;
  answered: number;
}

export type FakeSocket = Socket<FakeSocketData>;

export interface FakeServer {
  readonly url: URL;
  readonly endpoint: { readonly host: string; readonly port: number };
  /** The open sockets. */
  readonly open: Set<FakeSocket>;
  stop(): void;
}

export function fakeServer(
  receive: (socket: FakeSocket, received: string) => void,
  opened: (socket: FakeSocket) => void = () => {},
): FakeServer {
  const open = new Set<FakeSocket>();
  const listener = Bun.listen<FakeSocketData>({
    hostname: "127.0.0.1",
    port: 0,
    allowHalfOpen: true,
    socket: {
      open(socket) {
        socket.data = { received: "", reads: 0, answered: 0 };
        open.add(socket);
        opened(socket);
      },
      data(socket, octets) {
        socket.data.received += latin1Text(octets);
        socket.data.reads += 1;
        receive(socket, socket.data.received);
      },
      end(socket) {
        socket.end();
      },
      close(socket) {
        open.delete(socket);
      },
    },
  });
  return {
    url: new URL(`http://127.0.0.1:${listener.port}/`),
    endpoint: { host: "127.0.0.1", port: listener.port },
    open,
    stop: () => listener.stop(true),
  };
}

/** Answers every complete request head with `answer`, in any number of reads. */
export function answering(answer: (head: string, socket: FakeSocket) => string) {
  return (socket: FakeSocket, received: string): void => {
    const heads = received.split("\r\n\r\n").slice(0, -1);
    for (; socket.data.answered < heads.length; socket.data.answered++) {
      socket.write(Buffer.from(answer(heads[socket.data.answered] ?? "", socket), "latin1"));
    }
  };
}

/** A response with a Content-Length. */
export function response(status: string, body: string, fields = ""): string {
  return `HTTP/1.1 ${status}\r\n${fields}Content-Length: ${body.length}\r\n\r\n${body}`;
}
