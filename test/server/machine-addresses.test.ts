import { describe, expect, test } from "bun:test";
import type { NetworkInterfaceInfo } from "node:os";

import { machineAddresses } from "../../src/server/machine-addresses.ts";

function info(address: string, internal = false): NetworkInterfaceInfo {
  const common = { address, mac: "", netmask: "", cidr: null, internal };
  return address.includes(":")
    ? { ...common, family: "IPv6", scopeid: 0 }
    : { ...common, family: "IPv4" };
}

describe("the addresses of a machine", () => {
  test("are those that lead to others, IPv4 first, each once", () => {
    expect(
      machineAddresses({
        lo: [info("127.0.0.1", true), info("::1", true)],
        wifi: [info("2001:db8::7"), info("192.0.2.7")],
        other: [info("198.51.100.7"), info("192.0.2.7")],
        gone: undefined,
      }),
    ).toEqual(["192.0.2.7", "198.51.100.7", "2001:db8::7"]);
  });

  test("are none of a link alone, which a URL can't spell or a network hasn't given", () => {
    const addresses = ["fe80::1", "feBF::1", "169.254.1.1", "fec0::1", "fd00::1", "169.25.4.1"];
    expect(machineAddresses({ eth: addresses.map((one) => info(one)) })).toEqual([
      "169.25.4.1",
      "fec0::1",
      "fd00::1",
    ]);
  });

  test("are none of loopback here", () => {
    for (const address of machineAddresses()) expect(address).not.toMatch(/^127\.|^::1$/);
  });
});
