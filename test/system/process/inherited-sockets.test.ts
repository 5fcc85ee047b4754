import { afterAll, describe, expect, test } from "bun:test";
import * as fs from "node:fs";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";

import { socketInspector } from "../../../src/system/process/inherited-sockets.ts";

const folder = fs.mkdtempSync(join(tmpdir(), "postern-inherited-"));
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

interface Listening extends Disposable {
  readonly fd: number;
  readonly port: number;
}

function listening(at: { hostname: string; port: number } | { unix: string }): Listening {
  const socket = { data: (): undefined => undefined };
  const listener = Bun.listen({ ...at, socket } as Parameters<typeof Bun.listen>[0]);
  const { fd, port = 0 } = listener as unknown as { fd: number; port: number | undefined };
  return {
    fd,
    port,
    [Symbol.dispose]: () => listener.stop(true),
  };
}

const inspect = socketInspector();

describe.skipIf(inspect === undefined)("a descriptor (needs libc)", () => {
  test.each(["127.0.0.1", "0.0.0.0"])("of a socket on %s is known by its address", (host) => {
    using socket = listening({ hostname: host, port: 0 });
    expect(inspect?.(socket.fd)).toEqual({ kind: "inet", host, port: socket.port });
  });

  test("of an IPv6 socket has its address in the shortest form", () => {
    // A machine without IPv6 has nothing to look at.
    if (!Object.values(networkInterfaces()).some((all) => all?.some((a) => a.family === "IPv6")))
      return;
    using socket = listening({ hostname: "::1", port: 0 });
    expect(inspect?.(socket.fd)).toEqual({ kind: "inet", host: "::1", port: socket.port });
  });

  test("of a Unix socket has its path", () => {
    const unix = join(folder, "a.sock");
    using socket = listening({ unix });
    expect(inspect?.(socket.fd)).toEqual({ kind: "unix", path: unix });
  });

  test("of a file, of a connection, or of nothing, is no such socket", async () => {
    const file = fs.openSync(import.meta.path, "r");
    using server = listening({ hostname: "127.0.0.1", port: 0 });
    const connection = await Bun.connect({
      hostname: "127.0.0.1",
      port: server.port,
      socket: { data: () => undefined },
    });
    const { fd } = connection as unknown as { fd: number };
    expect([inspect?.(file), inspect?.(fd), inspect?.(-1)]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    connection.terminate();
    fs.closeSync(file);
  });
});
