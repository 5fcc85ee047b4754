import type { Socket } from "bun";
import { describe, expect, test } from "bun:test";

import { latin1Bytes } from "../../../src/http/octets/bytes.ts";
import { SocketTransport } from "../../../src/server/connection/transport.ts";
import { systemCalls } from "../../../src/system/system-choice.ts";

/** A socket that is told of as `calls`, and takes `taken` octets of a write. */
function socketThatTakes(taken: number): { socket: Socket; calls: string[] } {
  const calls: string[] = [];
  const named =
    (name: string): (() => void) =>
    () =>
      calls.push(name);
  const socket = {
    fd: -1,
    write: (octets: Uint8Array) => {
      calls.push(`write ${octets.length}`);
      return taken;
    },
    shutdown: named("shutdown"),
    end: named("end"),
    terminate: named("terminate"),
  };
  return { socket: socket as unknown as Socket, calls };
}

describe("a transport", () => {
  test("sends what follows at once through the kernel, and the rest by the socket", () => {
    const calls = { ...systemCalls(), sendMore: () => 3 };
    const { socket, calls: told } = socketThatTakes(4);
    const transport = new SocketTransport(socket, calls);
    expect(transport.writeMore(latin1Bytes("abcdefgh"))).toBe(7);
    expect(told).toEqual(["write 5"]);
    expect(transport.writeMore(latin1Bytes("abc"))).toBe(3);
    expect(told).toEqual(["write 5"]);
  });

  test("says that the socket is closed, whatever the kernel has taken", () => {
    const calls = { ...systemCalls(), sendMore: () => 0 };
    const transport = new SocketTransport(socketThatTakes(-1).socket, calls);
    expect(transport.write(latin1Bytes("a"))).toBe(-1);
    expect(transport.writeMore(latin1Bytes("a"))).toBe(-1);
  });

  test("has another one told of its socket's events", () => {
    const { socket } = socketThatTakes(0);
    const owner = {};
    new SocketTransport(socket).handTo(owner);
    expect(socket.data as unknown).toBe(owner);
  });

  test("shuts its side, closes both, and resets", () => {
    const { socket, calls } = socketThatTakes(0);
    const transport = new SocketTransport(socket);
    transport.shutdown();
    transport.close();
    transport.terminate();
    expect(calls).toEqual(["shutdown", "end", "terminate"]);
  });
});
