import { describe, expect, test } from "bun:test";

import type { Server, ServeOptions } from "../../../../index.ts";
import { serve } from "../../../../index.ts";
import {
  acceptedRows,
  isEarly,
  isOfHandshake,
} from "../../../../src/server/faults/accepted/accepted-rows.ts";
import { serverTls } from "../../../certificates/certificates.ts";
import { RawClient } from "../../../raw-client.ts";

const open = (options: ServeOptions): Promise<Server> =>
  serve({ files: { "/a.txt": "hello" }, ...options });

/** Why a server doesn't start. */
async function reasonOf(opening: Promise<Server>): Promise<string> {
  try {
    await (await opening).stop();
    return "it started";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** What a client that trusts `server.ca` gets: the text, or the code of the error. */
async function fetched(server: Server): Promise<string> {
  try {
    const tls = { tls: { ca: server.ca } };
    const response = await fetch(new URL("a.txt", server.url), { ...tls, keepalive: false });
    return await response.text();
  } catch (error) {
    return (error as { code: string }).code;
  }
}

describe("faults before a request", () => {
  test("are those of an accept and of a handshake, and these need TLS", () => {
    const names = Object.keys(acceptedRows);
    expect(names.filter(isOfHandshake)).toEqual(["certificate", "cutHandshake", "handshakePart"]);
    expect(names.filter((name) => !isEarly(name))).toEqual([]);
    expect([isEarly("latencyMs"), isOfHandshake("latencyMs")]).toEqual([false, false]);
  });

  test("have no path and no method", async () => {
    for (const early of [{ path: "/a.txt" }, { method: "GET" }]) {
      const opening = open({ faults: [{ ...early, closeAtAccept: "fin" }] });
      expect(await reasonOf(opening)).toContain(
        "closeAtAccept happens before a request: its method is *, its path /*",
      );
    }
  });

  test("don't share a rule with faults of a response", async () => {
    expect(await reasonOf(open({ faults: [{ acceptAfterMs: 1, latencyMs: 1 }] }))).toContain(
      "acceptAfterMs hits connections and latencyMs requests, so each needs a rule of its own",
    );
  });

  test("of a handshake need TLS, and a certificate's an authority of postern's", async () => {
    expect(await reasonOf(open({ faults: [{ cutHandshake: "fin" }] }))).toContain(
      "cutHandshake happens in a handshake, so it needs TLS",
    );
    const faults = [{ certificate: "expired" }] as const;
    expect(await reasonOf(open({ faults, tls: serverTls }))).toContain(
      "only postern's own authority signs flaws: tls must be true, or --tls be given without a certificate",
    );
    await using server = await open({});
    expect(() => server.fault("*", "/*", { cutHandshake: "fin" })).toThrow("so it needs TLS");
    expect(await fetched(server)).toBe("hello");
  });

  test("contradict each other where one is never reached", async () => {
    const both = { certificate: "expired", cutHandshake: "fin" } as const;
    expect(await reasonOf(open({ tls: true, faults: [both] }))).toContain(
      "cutHandshake contradicts certificate",
    );
    expect(await reasonOf(open({ tls: true, faults: [{ handshakePart: 0.5 }] }))).toContain(
      "handshakePart needs cutHandshake",
    );
  });
});

describe("a fault of connections", () => {
  test("is added and removed while the server runs, and counts what it hits", async () => {
    await using server = await open({});
    const fault = server.fault("*", "/*", { closeAtAccept: "reset" });
    const client = await RawClient.connect(server.port);
    expect(await client.ending()).toBe("reset");
    expect(fault.hits).toBe(1);
    fault.remove();
    expect(await fetched(server)).toBe("hello");
    expect(fault.hits).toBe(1);
  });

  test("hits so many connections, and a share of them by its seed", async () => {
    await using server = await open({});
    const fault = server.fault("*", "/*", { closeAtAccept: "fin", probability: 0.5, seed: 7 });
    const endings: boolean[] = [];
    for (let i = 0; i < 12; i++) {
      const client = await RawClient.connect(server.port);
      client.send("GET /a.txt HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
      await client.ending();
      endings.push(client.received === 0);
      client.close();
    }
    expect(endings.filter(Boolean).length).toBe(fault.hits);
    expect([0, 12]).not.toContain(fault.hits);
    fault.remove();
    server.fault("*", "/*", { closeAtAccept: "reset", times: 1 });
    const client = await RawClient.connect(server.port);
    expect(await client.ending()).toBe("reset");
    expect(await fetched(server)).toBe("hello");
  });

  test("keeps no server from stopping", async () => {
    const server = await open({ tls: true, faults: [{ cutHandshake: "stall" }] });
    const client = await RawClient.connect(server.port);
    client.send("GET / HTTP/1.1\r\n\r\n");
    while (server.connections === 0) await Bun.sleep(1);
    await server.stop();
    expect(await client.ending()).toBe("reset");
  });
});

describe("a certificate with a flaw", () => {
  test("is shown in place of the server's, whose authority stays the one to trust", async () => {
    await using server = await open({ tls: true });
    expect(await fetched(server)).toBe("hello");
    const codes: string[] = [];
    for (const certificate of ["expired", "not-yet-valid", "wrong-name", "unknown-ca"] as const) {
      using _ = server.fault("*", "/*", { certificate });
      codes.push(await fetched(server));
    }
    expect(codes).toEqual([
      "CERT_HAS_EXPIRED",
      "CERT_NOT_YET_VALID",
      "ERR_TLS_CERT_ALTNAME_INVALID",
      "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
    ]);
    expect(await fetched(server)).toBe("hello");
    expect(server.requests.length).toBe(2);
  });

  test("begins and ends by a reload", async () => {
    await using server = await open({ tls: true, faults: [{ certificate: "expired" }] });
    expect(await fetched(server)).toBe("CERT_HAS_EXPIRED");
    server.reload({});
    expect(await fetched(server)).toBe("hello");
    server.reload({ faults: [{ certificate: "wrong-name" }] });
    expect(await fetched(server)).toBe("ERR_TLS_CERT_ALTNAME_INVALID");
    expect(() => server.reload({ tls: serverTls, faults: [{ certificate: "expired" }] })).toThrow(
      "only postern's own authority signs flaws",
    );
    expect(await fetched(server)).toBe("ERR_TLS_CERT_ALTNAME_INVALID");
  });
});
