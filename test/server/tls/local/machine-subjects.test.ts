import { describe, expect, test } from "bun:test";
import type { NetworkInterfaceInfo } from "node:os";

import { subjectsOf, withHosts } from "../../../../src/server/tls/local/machine-subjects.ts";

/** The interfaces of a machine with `addresses`. */
function interfaces(...addresses: readonly string[]): Record<string, NetworkInterfaceInfo[]> {
  return { eth0: addresses.map((address) => ({ address }) as NetworkInterfaceInfo) };
}

describe("the subjects of a machine", () => {
  test("are localhost, its names, and its private addresses, each once", () => {
    const own = interfaces(
      "127.0.0.1",
      "192.168.1.7",
      "10.0.0.2",
      "172.31.0.1",
      "100.64.3.4",
      "169.254.9.9",
      "fd12::7",
      "::1",
    );
    expect(subjectsOf(["Laptop", "laptop", "laptop.local"], own)).toEqual({
      names: ["localhost", "laptop", "laptop.local"],
      addresses: [
        "127.0.0.1",
        "::1",
        "10.0.0.2",
        "100.64.3.4",
        "169.254.9.9",
        "172.31.0.1",
        "192.168.1.7",
        "fd12::7",
      ],
    });
  });

  test("are no public addresses, and none that a URL can't name (RFC 9844 §4)", () => {
    const own = interfaces("203.0.113.5", "172.32.0.1", "2001:db8::1", "fe80::1", "9.9.9.9");
    expect(subjectsOf([], own).addresses).toEqual(["127.0.0.1", "::1"]);
  });

  test("are no names that a certificate can't hold", () => {
    const names = ["my_laptop", "-x", "10.0.0.1", "", "größe", "a".repeat(64), "fine-1"];
    expect(subjectsOf(names, {}).names).toEqual(["localhost", "fine-1"]);
  });

  test("come in one order, whatever that of the interfaces is", () => {
    const one = subjectsOf(["b", "a"], interfaces("10.0.0.2", "10.0.0.1"));
    expect(subjectsOf(["a", "b"], interfaces("10.0.0.1", "10.0.0.2"))).toEqual(one);
  });

  test("are so many at most, on a machine with many interfaces", () => {
    const many = Array.from({ length: 200 }, (_, i) => `10.0.1.${i}`);
    expect(subjectsOf([], interfaces(...many)).addresses.length).toBe(64);
  });

  test("have the names below localhost that a server answers to (RFC 6761 §6.3)", () => {
    const hosts = [
      "App.localhost",
      "a.b.localhost.",
      "site.example",
      ".localhost",
      "*",
      "10.0.0.9",
    ];
    const { names } = withHosts({ names: ["localhost"], addresses: [] }, hosts);
    expect(names).toEqual(["localhost", "a.b.localhost", "app.localhost"]);
  });
});
