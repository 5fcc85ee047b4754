import { afterEach, describe, expect, test } from "bun:test";

import { Connection } from "../../../src/check/play/connection.ts";
import { latin1Bytes, latin1Text } from "../../../src/http/octets/bytes.ts";
import type { FakeServer, FakeSocket } from "../fake-server.ts";
import { fakeServer } from "../fake-server.ts";

const servers: FakeServer[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.stop();
});

async function connect(
  receive: (socket: FakeSocket, received: string) => void,
): Promise<Connection> {
  const server = fakeServer(receive);
  servers.push(server);
  const connection = await Connection.open(server.endpoint);
  if (!connection.ok) throw new Error(connection.error);
  return connection.value;
}

const soon = (): number => performance.now() + 2000;

describe("a connection", () => {
  test("keeps what comes until it is taken, and what is given back comes first", async () => {
    const connection = await connect((socket) => void socket.write("abc"));
    connection.send(latin1Bytes("x"));
    while (connection.pendingBytes < 3) await connection.changed(soon());
    const octets = connection.take();
    expect(latin1Text(octets)).toBe("abc");
    expect(connection.pendingBytes).toBe(0);
    connection.giveBack(octets.subarray(1));
    expect(latin1Text(connection.take())).toBe("bc");
    connection.abort();
  });

  test("tells a FIN from a reset", async () => {
    const ending = await connect((socket) => socket.end());
    ending.send(latin1Bytes("x"));
    while (ending.peer === "open") await ending.changed(soon());
    expect(ending.peer).toBe("closed");
    ending.abort();
    const resetting = await connect((socket) => socket.terminate());
    resetting.send(latin1Bytes("x"));
    while (resetting.peer === "open") await resetting.changed(soon());
    expect(resetting.peer).toBe("reset");
  });

  test("shuts its side down once all is sent, and still receives", async () => {
    const size = 4 * 1024 * 1024;
    const connection = await connect((socket, received) => {
      if (received.length === size) socket.write("all");
    });
    connection.send(new Uint8Array(size).fill(97));
    connection.halfClose();
    while (connection.pendingBytes < 3) await connection.changed(soon());
    expect(connection.sent).toBe(true);
    expect(latin1Text(connection.take())).toBe("all");
    connection.abort();
  });

  test("is late when nothing happens by the deadline", async () => {
    const connection = await connect(() => {});
    expect(await connection.changed(performance.now() + 5)).toBe("late");
    expect(await connection.changed(performance.now() - 5)).toBe("late");
    connection.abort();
  });

  test("reads what lies in the socket behind a deadline that has passed, once", async () => {
    const connection = await connect((socket) => void socket.write("abc"));
    const passed = performance.now() - 5;
    connection.send(latin1Bytes("x"));
    expect(await connection.changed(passed)).toBe("changed");
    expect(latin1Text(connection.take())).toBe("abc");
    connection.send(latin1Bytes("x"));
    expect(await connection.changed(passed)).toBe("late");
    connection.abort();
  });

  test("fails with the system's code where nothing listens", async () => {
    const server = fakeServer(() => {});
    server.stop();
    expect(await Connection.open(server.endpoint)).toEqual({ ok: false, error: "ECONNREFUSED" });
  });
});
