import { describe, expect, test } from "bun:test";

import * as fc from "fast-check";

import { ipAddressText, isInNet, parseIpAddress, parseIpNet } from "../../src/base/ip-address.ts";

/** The one text of the address that `text` is; undefined for none. */
function read(text: string): string | undefined {
  const address = parseIpAddress(text);
  return address === undefined ? undefined : ipAddressText(address);
}

describe("an address", () => {
  test.each([
    ["0.0.0.0", "0.0.0.0"],
    ["255.255.255.255", "255.255.255.255"],
    ["192.0.2.1", "192.0.2.1"],
    ["::ffff:192.0.2.1", "192.0.2.1"],
    ["::FFFF:C000:201", "192.0.2.1"],
    ["0:0:0:0:0:ffff:127.0.0.1", "127.0.0.1"],
    ["::", "::"],
    ["::1", "::1"],
    ["1::", "1::"],
    ["2001:DB8::0:1", "2001:db8::1"],
    ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"],
    ["64:ff9b::192.0.2.1", "64:ff9b::c000:201"],
  ])("%s has one text, %s (RFC 5952 §4)", (text, shown) => {
    expect(read(text)).toBe(shown);
  });

  test.each([
    "",
    "1",
    "1.2.3",
    "1.2.3.4.5",
    "256.1.1.1",
    "010.0.0.1",
    "0x7f.0.0.1",
    "1.2.3.4 ",
    " 1.2.3.4",
    "1.2.3.4:80",
    "1..2.3",
    ":",
    ":::",
    "1::2::3",
    ":1",
    "1:",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "1:2:3:4:5:6:7:8::",
    "::1:2:3:4:5:6:7:8",
    "12345::",
    "g::",
    "[::1]",
    "::1%lo",
    "fe80::1%eth0",
    "1.2.3.4::",
    "::1.2.3.4:5",
    "::ffff:1.2.3",
    "localhost",
    "١.2.3.4",
  ])("is not %j", (text) => {
    expect(parseIpAddress(text)).toBeUndefined();
  });

  test("is what a URL takes for one", () => {
    const group = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xff_ff }));
    fc.assert(
      fc.property(fc.array(group, { minLength: 8, maxLength: 8 }), (groups) => {
        const text = ipAddressText(groups);
        expect(parseIpAddress(text)).toEqual(groups);
        const inUrl = text.includes(":") ? `[${text}]` : text;
        expect(new URL(`http://${inUrl}/`).hostname).toBe(inUrl);
      }),
    );
  });

  test("is read of any text without an exception", () => {
    const unit = fc.constantFrom(...Array.from("0123456789abcdefg.:%[]/ "));
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 50 }), (text) => {
        const shown = read(text);
        if (shown !== undefined) expect(read(shown)).toBe(shown);
      }),
    );
  });
});

describe("a net", () => {
  test.each([
    ["10.0.0.0/8", "10.255.0.1", true],
    ["10.0.0.0/8", "11.0.0.0", false],
    ["10.1.2.3/8", "10.9.9.9", true],
    ["10.0.0.0/8", "::ffff:10.0.0.1", true],
    ["::ffff:10.0.0.0/104", "10.0.0.1", true],
    ["192.0.2.128/25", "192.0.2.127", false],
    ["192.0.2.128/25", "192.0.2.128", true],
    ["192.0.2.1", "192.0.2.1", true],
    ["192.0.2.1", "192.0.2.2", false],
    ["192.0.2.1/32", "192.0.2.1", true],
    ["0.0.0.0/0", "203.0.113.9", true],
    ["0.0.0.0/0", "2001:db8::1", false],
    ["::/0", "2001:db8::1", true],
    ["::/0", "203.0.113.9", false],
    ["2001:db8::/33", "2001:db8:7fff::1", true],
    ["2001:db8::/33", "2001:db8:8000::1", false],
    ["::1/128", "::1", true],
  ])("%s has %s: %p", (net, address, isIn) => {
    const parsed = [parseIpNet(net), parseIpAddress(address)] as const;
    if (parsed[0] === undefined || parsed[1] === undefined) throw new TypeError("malformed");
    expect(isInNet(parsed[1], parsed[0])).toBe(isIn);
  });

  test.each([
    "",
    "/8",
    "10.0.0.0/",
    "10.0.0.0/33",
    "10.0.0.0/08",
    "10.0.0.0/8/8",
    "::/129",
    "::/-1",
  ])("is not %j", (text) => {
    expect(parseIpNet(text)).toBeUndefined();
  });
});
