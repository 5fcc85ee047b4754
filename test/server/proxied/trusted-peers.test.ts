import { describe, expect, test } from "bun:test";

import type { TrustedPeers } from "../../../src/server/proxied/trusted-peers.ts";
import { readTrustedPeers } from "../../../src/server/proxied/trusted-peers.ts";

function peersOf(...entries: readonly string[]): TrustedPeers {
  const read = readTrustedPeers(entries, 9);
  if (!read.ok) throw new Error(read.error);
  return read.value;
}

describe("trusted peers", () => {
  test.each<readonly [entry: string, peer: string, isTrusted: boolean]>([
    ["192.0.2.1", "192.0.2.1", true],
    ["192.0.2.1", "::ffff:192.0.2.1", true],
    ["192.0.2.1", "192.0.2.10", false],
    ["2001:DB8::/32", "2001:db8::1", true],
    ["loopback", "127.255.0.1", true],
    ["loopback", "::1", true],
    ["loopback", "::ffff:127.0.0.1", true],
    ["loopback", "128.0.0.1", false],
    ["private", "10.1.2.3", true],
    ["private", "172.31.0.1", true],
    ["private", "172.32.0.1", false],
    ["private", "192.168.0.1", true],
    ["private", "fd12::1", true],
    ["private", "169.254.0.1", false],
    ["private", "127.0.0.1", false],
    ["fe80::/10", "fe80::1%eth0", true],
    ["unix:", "unix:", true],
    ["0.0.0.0/0", "unix:", false],
    ["unix:", "127.0.0.1", false],
    ["loopback", "unix:", false],
    ["loopback", "", false],
  ])("%s and the peer %s: %p", (entry, peer, isTrusted) => {
    expect(peersOf(entry).hasPeer(peer)).toBe(isTrusted);
  });

  test.each(["", "localhost", "10.0.0.0/33", "*", "unix", "10.0.0.1:80", "[::1]", "constructor"])(
    "can't be named %j",
    (entry) => {
      expect(readTrustedPeers([entry], 9)).toEqual({ ok: false, error: JSON.stringify(entry) });
    },
  );

  test("are few", () => {
    const many = Array.from({ length: 10 }, (_, index) => `192.0.2.${index}`);
    expect(readTrustedPeers(many, 9)).toEqual({
      ok: false,
      error: "10 nets, which is more than 9",
    });
  });
});
