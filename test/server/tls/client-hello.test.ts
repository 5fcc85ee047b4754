import { describe, expect, test } from "bun:test";

import { namesHost, recordBytes } from "../../../src/server/tls/client-hello.ts";
import { firstOctets } from "./first-octets.ts";

describe("a ClientHello", () => {
  test("names a host, unless the client was given an address (RFC 6066 §3)", async () => {
    for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
      const versions = { minVersion: version, maxVersion: version };
      for (const ALPNProtocols of [["http/1.1"], []]) {
        const named = await firstOctets({ ...versions, ALPNProtocols, servername: "localhost" });
        expect([version, namesHost(named)]).toEqual([version, true]);
        const unnamed = await firstOctets({ ...versions, ALPNProtocols });
        expect([version, namesHost(unnamed)]).toEqual([version, false]);
      }
    }
  });

  test("that ends anywhere, or holds anything, is read without an error", async () => {
    const whole = await firstOctets({ servername: "localhost" });
    for (let end = 0; end <= whole.length; end++) {
      expect(namesHost(whole.subarray(0, end))).toBeBoolean();
    }
    for (let at = 0; at < whole.length; at++) {
      const changed = whole.slice();
      changed[at] = 0xff;
      expect(namesHost(changed)).toBeBoolean();
    }
    expect(namesHost(new Uint8Array(0))).toBe(false);
  });

  test("is as long as the header of its record says (RFC 8446 §5.1)", async () => {
    const whole = await firstOctets({ servername: "localhost" });
    expect(recordBytes(whole)).toBe(whole.length);
    expect(recordBytes(whole.subarray(0, 5))).toBe(whole.length);
    expect(recordBytes(whole.subarray(0, 4))).toBeUndefined();
    expect(recordBytes(new Uint8Array([22, 3, 1, 0x40, 0]))).toBe(5 + 16_384);
    expect(recordBytes(new Uint8Array([22, 3, 1, 0x40, 1]))).toBeUndefined();
    expect(recordBytes(new TextEncoder().encode("GET / HTTP/1.1"))).toBeUndefined();
  });
});
