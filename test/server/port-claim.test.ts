import { describe, expect, test } from "bun:test";

import { claimPort } from "../../src/server/port-claim.ts";
import { serve } from "../../src/server/serve.ts";
import { RawClient } from "../raw-client.ts";

/** The claim, which is let go at the end. */
function claim(port: number, host = "localhost", count = 1) {
  const claimed = claimPort(host, port, count);
  if (!claimed.ok) throw new Error(claimed.error.message);
  return { ...claimed.value, [Symbol.dispose]: () => claimed.value.release() };
}

/** What comes of a server on `port`: its port, or why there is none. */
async function outcome(port: number, reusePort: boolean, host = "localhost"): Promise<unknown> {
  try {
    await using server = await serve({ host, port, reusePort });
    return server.port;
  } catch (error) {
    return (error as { code: unknown }).code;
  }
}

/** Where a port can be kept: elsewhere it is found, looked at and let go. */
const canKeep = process.platform === "linux" && process.env["POSTERN_NATIVE"] !== "off";

describe("a claimed port", () => {
  test.skipIf(!canKeep)("keeps clients waiting until a server has its socket", async () => {
    // The server closes the descriptors.
    const claimed = claim(0);
    const { port } = claimed;
    const client = await RawClient.connect(port);
    client.send("OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n");
    const [main = []] = claimed.groups;
    await using server = await serve({ port, sockets: { main } });
    await client.responses(1);
    expect([server.port, server.connections]).toEqual([port, 1]);
    client.close();
  });

  test.skipIf(!canKeep)(
    "is shared with sockets that share, and no other (needs libc)",
    async () => {
      using claimed = claim(0, "localhost", 2);
      const { port } = claimed;
      for (const host of ["localhost", "127.0.0.1"]) {
        expect(await outcome(port, true, host)).toBe(port);
        expect(await outcome(port, false, host)).toBe("port-taken");
        for (const count of [1, 2]) {
          const again = claimPort(host, port, count);
          expect(again).toMatchObject({ ok: false, error: { kind: "port-taken" } });
        }
      }
    },
  );

  test.skipIf(!canKeep)("for one process is shared with no other (needs libc)", async () => {
    using claimed = claim(0);
    expect(await outcome(claimed.port, true)).toBe("port-taken");
    expect(await outcome(claimed.port, false)).toBe("port-taken");
  });

  test.skipIf(!canKeep)("has a socket for each process, and clients on all of them", async () => {
    // The server closes the descriptors.
    const claimed = claim(0, "localhost", 2);
    const { port, groups } = claimed;
    expect(groups.map(({ length }) => length)).toEqual(groups.map(() => groups[0]?.length ?? 0));
    const [one = [], other = []] = groups.map(([ipv4 = -1]) => [ipv4]);
    await using first = await serve({ port, sockets: { main: one } });
    await using second = await serve({ port, sockets: { main: other } });
    const clients = await Promise.all(Array.from({ length: 32 }, () => RawClient.connect(port)));
    for (const client of clients) client.send("OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await Promise.all(clients.map((client) => client.responses(1)));
    expect(first.connections + second.connections).toBe(32);
    expect(Math.min(first.connections, second.connections)).toBeGreaterThan(0);
    for (const client of clients) client.close();
  });

  test("is released where it can't be kept", async () => {
    const setting = process.env["POSTERN_NATIVE"];
    process.env["POSTERN_NATIVE"] = "off";
    using claimed = claim(0);
    if (setting === undefined) delete process.env["POSTERN_NATIVE"];
    else process.env["POSTERN_NATIVE"] = setting;
    expect(await outcome(claimed.port, false)).toBe(claimed.port);
  });

  test("is free once it is released", async () => {
    const claimed = claim(0);
    claimed.release();
    expect(await outcome(claimed.port, false)).toBe(claimed.port);
  });
});

describe("a claim", () => {
  test("fails as a server would", async () => {
    await using server = await serve();
    const { port } = server;
    expect(claimPort("localhost", port, 1)).toEqual({
      ok: false,
      error: { kind: "port-taken", message: `port ${port} on localhost is in use` },
    });
    await using shared = await serve({ reusePort: true });
    expect(claimPort("localhost", shared.port, 1)).toMatchObject({ ok: false });
    expect(claimPort("192.0.2.77", 0, 1)).toMatchObject({ error: { kind: "no-such-host" } });
    expect(claimPort("localhost", 65_536, 1)).toMatchObject({ error: { kind: "failed" } });
  });
});
