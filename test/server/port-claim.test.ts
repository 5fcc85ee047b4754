import { describe, expect, test } from "bun:test";

import type { PortClaim } from "../../src/server/port-claim.ts";
import { claimPort } from "../../src/server/port-claim.ts";
import { serve } from "../../src/server/serve.ts";
import { RawClient } from "../raw-client.ts";

/** The claim, which is let go at the end. */
function claim(port: number, host = "localhost"): PortClaim & Disposable {
  const claimed = claimPort(host, port);
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
  test("is a free one, on which no server listens", async () => {
    using claimed = claim(0);
    expect(claimed.port).toBeGreaterThan(0);
    const connected = RawClient.connect(claimed.port).then(
      () => "connected",
      () => "refused",
    );
    expect(await connected).toBe("refused");
  });

  test.skipIf(!canKeep)(
    "is shared with sockets that share, and no other (needs libc)",
    async () => {
      using claimed = claim(0);
      const { port } = claimed;
      for (const host of ["localhost", "127.0.0.1"]) {
        expect(await outcome(port, true, host)).toBe(port);
        expect(await outcome(port, false, host)).toBe("port-taken");
        expect(claimPort(host, port)).toMatchObject({ ok: false, error: { kind: "port-taken" } });
      }
      await using one = await serve({ port, reusePort: true });
      await using other = await serve({ port, reusePort: true });
      expect([one.port, other.port]).toEqual([port, port]);
      expect(await outcome(port, false)).toBe("port-taken");
      expect(claimPort("localhost", port)).toMatchObject({ ok: false });
    },
  );

  test.skipIf(!canKeep)("gets no connections itself (needs libc)", async () => {
    using claimed = claim(0);
    await using server = await serve({ port: claimed.port, reusePort: true });
    const clients = await Promise.all(
      Array.from({ length: 32 }, () => RawClient.connect(server.port)),
    );
    for (const client of clients) client.send("OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await Promise.all(clients.map((client) => client.responses(1)));
    expect(server.connections).toBe(32);
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
    expect(claimPort("localhost", port)).toEqual({
      ok: false,
      error: { kind: "port-taken", message: `port ${port} on localhost is in use` },
    });
    await using shared = await serve({ reusePort: true });
    expect(claimPort("localhost", shared.port)).toMatchObject({ ok: false });
    expect(claimPort("192.0.2.77", 0)).toMatchObject({ error: { kind: "no-such-host" } });
    expect(claimPort("localhost", 65_536)).toMatchObject({ error: { kind: "failed" } });
  });
});
