import { describe, expect, test } from "bun:test";

import { whereReached } from "../../../src/cli/terminal/reached.ts";

const addresses = (): readonly string[] => ["192.0.2.7", "198.51.100.7", "2001:db8::7"];

function reached(host: string, scheme = "http"): ReturnType<typeof whereReached> {
  const shown = host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
  const url = new URL(`${scheme}://${shown}:9001/`);
  return whereReached({ url, host, port: 9001, root: "/site" }, addresses);
}

describe("a server", () => {
  test.each(["localhost", "127.0.0.1", "127.1.2.3", "::1", "[::1]", "app.localhost"])(
    "on %s is reached from this machine alone",
    (host) => {
      const { local, network, isLocalOnly } = reached(host);
      expect({ count: local.length, network, isLocalOnly }).toEqual({
        count: 1,
        network: [],
        isLocalOnly: true,
      });
    },
  );

  test("on 0.0.0.0 is reached at localhost and at each address of IPv4", () => {
    expect(reached("0.0.0.0", "https")).toEqual({
      local: ["https://localhost:9001/"],
      network: ["https://192.0.2.7:9001/", "https://198.51.100.7:9001/"],
      isLocalOnly: false,
    });
  });

  test.each(["::", "[::]"])("on %s is reached at every address", (host) => {
    expect(reached(host).network).toEqual([
      "http://192.0.2.7:9001/",
      "http://198.51.100.7:9001/",
      "http://[2001:db8::7]:9001/",
    ]);
  });

  test("on another host is reached there", () => {
    const { local, network, isLocalOnly } = reached("192.0.2.7");
    expect([local, network, isLocalOnly]).toEqual([[], ["http://192.0.2.7:9001/"], false]);
    expect(reached("localhost.example").isLocalOnly).toBe(false);
  });
});
