import { describe, expect, test } from "bun:test";

import { clientAddress, forwardedElement } from "../../../src/http/fields/forwarded.ts";

describe("an element of Forwarded (RFC 7239 §4)", () => {
  test("names the client, the host and the scheme", () => {
    expect(forwardedElement("192.0.2.43", "example.com", "https")).toBe(
      "for=192.0.2.43;host=example.com;proto=https",
    );
  });

  test("quotes what is no token: an IPv6 address, a port (§4, §6)", () => {
    expect(forwardedElement("2001:db8::17", "localhost:9001", "http")).toBe(
      'for="[2001:db8::17]";host="localhost:9001";proto=http',
    );
  });

  test("says unknown for a client without an address, and leaves out a host that is none", () => {
    expect(forwardedElement(undefined, undefined, "http")).toBe("for=unknown;proto=http");
  });
});

describe("the address of a client", () => {
  test("is that of IPv4 where a socket of IPv6 has it", () => {
    expect(clientAddress("::ffff:127.0.0.1")).toBe("127.0.0.1");
    expect(clientAddress("::1")).toBe("::1");
    expect(clientAddress("192.0.2.1")).toBe("192.0.2.1");
  });

  test("is none on a Unix socket", () => {
    expect(clientAddress("")).toBeUndefined();
    expect(clientAddress("unix")).toBeUndefined();
  });
});
