import type { Socket } from "bun";
import { describe, expect, test } from "bun:test";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { latin1Bytes } from "../../../src/http/octets/bytes.ts";
import { CleartextTransport } from "../../../src/server/connection/transport.ts";

/** As much of a socket as such a transport needs: a descriptor, and what is called besides. */
function socketOver(fd: number): { socket: Socket; calls: string[] } {
  const calls: string[] = [];
  const named =
    (name: string): (() => void) =>
    () =>
      calls.push(name);
  const socket = {
    fd,
    write: named("write"),
    shutdown: named("shutdown"),
    end: named("end"),
    terminate: named("terminate"),
  };
  return { socket: socket as unknown as Socket, calls };
}

describe("a transport in cleartext, past a TLS socket", () => {
  test("writes to the descriptor, and nothing to the socket itself", () => {
    const path = join(fs.mkdtempSync(join(tmpdir(), "postern-")), "written");
    const fd = fs.openSync(path, "w");
    const { socket, calls } = socketOver(fd);
    const transport = new CleartextTransport(socket);
    expect(transport.write(latin1Bytes("HTTP/1.1 "))).toBe(9);
    expect(transport.writeMore(latin1Bytes("400"))).toBe(3);
    fs.closeSync(fd);
    expect(fs.readFileSync(path, "latin1")).toBe("HTTP/1.1 400");
    expect(calls).toEqual([]);
  });

  test("is closed when the socket is", () => {
    expect(new CleartextTransport(socketOver(-1).socket).write(latin1Bytes("a"))).toBe(-1);
  });

  test("leaves it to Bun to shut the socket, and ends it where Bun doesn't", () => {
    const { socket, calls } = socketOver(-1);
    const transport = new CleartextTransport(socket);
    transport.shutdown();
    expect(calls).toEqual([]);
    transport.close();
    transport.terminate();
    expect(calls).toEqual(["end", "terminate"]);
  });

  test("has no files sent by the kernel", () => {
    expect(new CleartextTransport(socketOver(-1).socket).sendFile()).toBeUndefined();
  });
});
