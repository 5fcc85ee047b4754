import { describe, expect, test } from "bun:test";

import * as fc from "fast-check";

import { ipAddressText } from "../../../src/base/ip-address.ts";
import { concatBytes, latin1Bytes } from "../../../src/http/octets/bytes.ts";
import { crc32c } from "../../../src/server/proxied/crc32c.ts";
import { readProxyHeader } from "../../../src/server/proxied/proxy-header.ts";

const bytesMax = 4096;

/** What is read of `octets`: "ADDRESS LENGTH", with "-" for no address; "part", or the fault. */
function read(octets: Uint8Array | string, max = bytesMax): string {
  const given = typeof octets === "string" ? latin1Bytes(octets) : octets;
  const reading = readProxyHeader(given, max);
  if (reading.kind === "part") return "part";
  if (reading.kind === "malformed") return `! ${reading.why}`;
  const { address } = reading;
  return `${address === undefined ? "-" : ipAddressText(address)} ${reading.octets}`;
}

const signature = "\r\n\r\n\0\r\nQUIT\n";

/** A header of version 2 with the length of `rest`, or of `length`. */
function binary(command: number, kind: number, rest: Uint8Array, length = rest.length): Uint8Array {
  const fixed = latin1Bytes(signature);
  return concatBytes([fixed, Uint8Array.of(command, kind, length >> 8, length & 0xff), rest]);
}

const v4 = Uint8Array.of(203, 0, 113, 5, 192, 0, 2, 1, 0xdc, 4, 0x1f, 0x90);
const v6 = Uint8Array.from(
  { length: 36 },
  (_, i) => [0x20, 1, 0x0d, 0xb8][i] ?? (i === 15 ? 5 : 0),
);
const mapped = new Uint8Array(36);
mapped.set([0xff, 0xff, 203, 0, 113, 5], 10);
const unix = new Uint8Array(216).fill(0x61);

const zeros = new Uint8Array(4);

/** A type-length-value vector. */
function vector(type: number, value: Uint8Array, length = value.length): Uint8Array {
  return concatBytes([Uint8Array.of(type, length >> 8, length & 0xff), value]);
}

/** An IPv4 header with `vectors`, whose checksum among them is right. */
function summed(...vectors: readonly Uint8Array[]): Uint8Array {
  const before = concatBytes([v4, ...vectors]);
  const header = binary(0x21, 0x11, concatBytes([before, vector(3, zeros)]));
  const sum = crc32c(header);
  new DataView(header.buffer).setUint32(header.length - 4, sum);
  return header;
}

/** A line of so many octets. */
const unknown = (octets: number): string => `PROXY UNKNOWN ${"f".repeat(octets - 16)}\r\n`;

describe("version 1 (PROXY §2.1)", () => {
  test.each([
    ["PROXY TCP4 203.0.113.5 192.0.2.1 56324 443\r\n", "203.0.113.5"],
    ["PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", "255.255.255.255"],
    ["PROXY TCP4 0.0.0.0 0.0.0.0 0 0\r\n", "0.0.0.0"],
    ["PROXY TCP6 2001:DB8::5 ::1 1 2\r\n", "2001:db8::5"],
    [
      "PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 2001:db8:0:0:0:0:0:1 65535 65535\r\n",
      "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    ],
    ["PROXY TCP6 ::ffff:203.0.113.5 ::1 1 2\r\n", "203.0.113.5"],
    ["PROXY TCP6 ::ffff:cb00:7105 ::1 1 2\r\n", "203.0.113.5"],
    ["PROXY UNKNOWN\r\n", "-"],
    ["PROXY UNKNOWN ffff::1 \xff\0 anything\r\n", "-"],
  ])("reads %j", (line, address) => {
    expect(read(line)).toBe(`${address} ${line.length}`);
    expect(read(`${line}GET / HTTP/1.1\r\n`)).toBe(`${address} ${line.length}`);
    for (let end = 1; end < line.length; end++) expect(read(line.slice(0, end))).toBe("part");
  });

  test.each([
    ["PROXY TCP4 203.0.113.5 192.0.2.1 1 2\n", "a line without its CRLF"],
    ["PROXY TCP4 203.0.113.5 192.0.2.1 1 2\r", "part"],
    ["PROXY TCP4 203.0.113.5 192.0.2.1 1 2\rX", "a line without its CRLF"],
    ["PROXY UNKNOWN a\rb\r\n", "a line without its CRLF"],
    ["PROXY UNKNOWN a\nb\r\n", "a line without its CRLF"],
    ["PROXY  TCP4 203.0.113.5 192.0.2.1 1 2\r\n", "a malformed line"],
    ["PROXY TCP4  203.0.113.5 192.0.2.1 1 2\r\n", "a malformed line"],
    ["PROXY TCP4 203.0.113.5 192.0.2.1 1 2 \r\n", "a malformed line"],
    ["PROXY\tTCP4 203.0.113.5 192.0.2.1 1 2\r\n", "no header"],
    ["PROXY TCP4 203.0.113.5 192.0.2.1 1\r\n", "a malformed line"],
    ["PROXY TCP4 203.0.113.5 192.0.2.1 1 2 3\r\n", "a malformed line"],
    ["PROXY TCP4 203.0.113.5 192.0.2.1 01 2\r\n", "a malformed line"],
    ["PROXY TCP4 203.0.113.5 192.0.2.1 1 65536\r\n", "a malformed line"],
    ["PROXY TCP4 203.0.113.5 192.0.2.1 -1 2\r\n", "a malformed line"],
    ["PROXY TCP4 203.0.113.5 192.0.2.1 +1 2\r\n", "a malformed line"],
    ["PROXY TCP4 203.0.113.05 192.0.2.1 1 2\r\n", "a malformed line"],
    ["PROXY TCP4 203.0.113.256 192.0.2.1 1 2\r\n", "a malformed line"],
    ["PROXY TCP4 203.0.113 192.0.2.1 1 2\r\n", "a malformed line"],
    ["PROXY TCP4 203.0.113.5 192.0.2 1 2\r\n", "a malformed line"],
    ["PROXY TCP4 2001:db8::5 ::1 1 2\r\n", "a malformed line"],
    ["PROXY TCP4 203.0.113.5 ::1 1 2\r\n", "a malformed line"],
    ["PROXY TCP6 203.0.113.5 192.0.2.1 1 2\r\n", "a malformed line"],
    ["PROXY TCP6 2001:db8::5 192.0.2.1 1 2\r\n", "a malformed line"],
    ["PROXY TCP6 fe80::1%eth0 ::1 1 2\r\n", "a malformed line"],
    ["PROXY TCP6 [2001:db8::5] ::1 1 2\r\n", "a malformed line"],
    ["PROXY TCP6 1:2:3:4:5:6:7:8:9 ::1 1 2\r\n", "a malformed line"],
    ["PROXY UDP4 203.0.113.5 192.0.2.1 1 2\r\n", "a malformed line"],
    ["PROXY tcp4 203.0.113.5 192.0.2.1 1 2\r\n", "a malformed line"],
    ["PROXY UNKNOWNS\r\n", "a malformed line"],
    ["PROXY \r\n", "a malformed line"],
    ["proxy TCP4 203.0.113.5 192.0.2.1 1 2\r\n", "no header"],
    [" PROXY TCP4 203.0.113.5 192.0.2.1 1 2\r\n", "no header"],
    ["\r\nPROXY TCP4 203.0.113.5 192.0.2.1 1 2\r\n", "no header"],
  ])("doesn't take %j", (line, why) => {
    expect(read(line)).toBe(why === "part" ? why : `! ${why}`);
  });

  test("has at most 107 octets with its CRLF", () => {
    expect([unknown(107).length, read(unknown(107))]).toEqual([107, "- 107"]);
    expect(read(unknown(108))).toBe("! a line that is too long");
    expect(read(unknown(109).slice(0, 106))).toBe("part");
    expect(read(unknown(109).slice(0, 107))).toBe("! a line that is too long");
  });
});

describe("version 2 (PROXY §2.2)", () => {
  test.each([
    ["TCP over IPv4", binary(0x21, 0x11, v4), "203.0.113.5"],
    ["TCP over IPv6", binary(0x21, 0x21, v6), "2001:db8::5"],
    [
      "TCP over IPv6 with a mapped address (RFC 4291 §2.5.5.2)",
      binary(0x21, 0x21, mapped),
      "203.0.113.5",
    ],
    ["LOCAL", binary(0x20, 0, new Uint8Array()), "-"],
    ["LOCAL with addresses, which don't count", binary(0x20, 0x11, v4), "-"],
    ["LOCAL of any family, with any octets", binary(0x20, 0xff, Uint8Array.of(3, 9, 9)), "-"],
    ["an unspecified family", binary(0x21, 0, new Uint8Array()), "-"],
    ["an unspecified family with octets", binary(0x21, 0, new Uint8Array(3)), "-"],
    ["an unspecified transport", binary(0x21, 0x10, v4), "-"],
    ["UDP", binary(0x21, 0x12, v4), "-"],
    ["a Unix socket", binary(0x21, 0x31, unix), "-"],
    [
      "vectors",
      binary(0x21, 0x11, concatBytes([v4, vector(4, v6), vector(0xee, v4)])),
      "203.0.113.5",
    ],
    [
      "an empty vector",
      binary(0x21, 0x11, concatBytes([v4, vector(2, new Uint8Array())])),
      "203.0.113.5",
    ],
    ["a right checksum", summed(vector(1, v6)), "203.0.113.5"],
  ])("reads %s", (_, header, address) => {
    expect(read(header)).toBe(`${address} ${header.length}`);
    const more = concatBytes([header, latin1Bytes("GET / HTTP/1.1\r\n")]);
    expect(read(more)).toBe(`${address} ${header.length}`);
    for (let end = 1; end < header.length; end++) {
      expect(read(header.subarray(0, end))).toBe("part");
    }
  });

  const wrong = summed();
  wrong[wrong.length - 1] = (wrong.at(-1) ?? 0) ^ 1;
  const changed = summed(vector(2, v4));
  changed[16] = 10;

  const twice = binary(0x21, 0x11, concatBytes([v4, vector(3, zeros), vector(3, zeros)]));
  new DataView(twice.buffer).setUint32(31, crc32c(twice));

  test.each([
    ["version 1", binary(0x11, 0x11, v4), "another version than 2"],
    ["version 3", binary(0x31, 0x11, v4), "another version than 2"],
    ["command 2", binary(0x22, 0x11, v4), "an unknown command"],
    ["family 4", binary(0x21, 0x41, v4), "an unknown family or transport"],
    ["transport 3", binary(0x21, 0x13, v4), "an unknown family or transport"],
    ["IPv4 in 11 octets", binary(0x21, 0x11, v4.subarray(1)), "too few octets for its addresses"],
    ["IPv6 in 12 octets", binary(0x21, 0x21, v4), "too few octets for its addresses"],
    [
      "a Unix socket in 215",
      binary(0x21, 0x31, unix.subarray(1)),
      "too few octets for its addresses",
    ],
    [
      "two octets of a vector",
      binary(0x21, 0x11, concatBytes([v4, Uint8Array.of(4, 0)])),
      "a vector that is cut off",
    ],
    [
      "a vector that is too long",
      binary(0x21, 0x11, concatBytes([v4, vector(4, v4, 13)])),
      "a vector that is cut off",
    ],
    ["a wrong checksum", wrong, "a wrong checksum"],
    ["a checksum of other octets", changed, "a wrong checksum"],
    [
      "a checksum of three octets",
      binary(0x21, 0x11, concatBytes([v4, vector(3, new Uint8Array(3))])),
      "a checksum of another length",
    ],
    ["two checksums", twice, "a second checksum"],
  ])("doesn't take %s", (_, header, why) => {
    expect(read(header)).toBe(`! ${why}`);
  });

  test("says so by the first octet that is wrong", () => {
    expect(read(latin1Bytes(`${signature}\x11`))).toBe("! another version than 2");
    expect(read(latin1Bytes(`${signature}\x22`))).toBe("! an unknown command");
    expect(read(latin1Bytes(`${signature}\x21\x41`))).toBe("! an unknown family or transport");
    expect(read(latin1Bytes("\r\n\r\n\0\r\nQUIX"))).toBe("! no header");
    expect(read(latin1Bytes("\r\n\r\nG"))).toBe("! no header");
  });

  test("may be as long as the limit, and is refused by its length, before it has come", () => {
    const header = (octets: number): Uint8Array =>
      binary(0x21, 0x11, concatBytes([v4, vector(4, new Uint8Array(octets - 31))]));
    expect(read(header(bytesMax))).toBe(`203.0.113.5 ${bytesMax}`);
    expect(read(header(bytesMax + 1).subarray(0, 16))).toBe("! more than 4096 octets");
    expect(read(binary(0x21, 0x11, v4, 0xff_ff))).toBe("! more than 4096 octets");
  });
});

describe("what doesn't begin with a header", () => {
  test.each(["GET / HTTP/1.1\r\n", "PRI * HTTP/2.0\r\n", "\x16\x03\x01", "PROXIES", "\0", "POST"])(
    "is malformed: %j",
    (octets) => {
      expect(read(octets)).toBe("! no header");
    },
  );

  test("never throws, and is never read past its end", () => {
    const start = fc.constantFrom("", "PROXY ", "PROXY TCP4 ", signature, `${signature}\x21\x11\0`);
    const property = fc.property(start, fc.uint8Array({ maxLength: 300 }), (before, after) => {
      const octets = concatBytes([latin1Bytes(before), after]);
      if (octets.length === 0) return;
      const reading = readProxyHeader(octets, bytesMax);
      if (reading.kind !== "whole") return;
      expect(reading.octets).toBeLessThanOrEqual(octets.length);
      // The same, whatever comes behind it.
      expect(readProxyHeader(octets.subarray(0, reading.octets), bytesMax)).toEqual(reading);
    });
    fc.assert(property, { numRuns: 2000 });
  });
});
