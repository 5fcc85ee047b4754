import { describe, expect, test } from "bun:test";

import { crc32c } from "../../../src/server/proxied/crc32c.ts";

describe("the checksum (RFC 4960, Appendix B; RFC 3720, Appendix B.4)", () => {
  test.each([
    ["nothing", new Uint8Array(), 0],
    ["digits", new TextEncoder().encode("123456789"), 0xe3_06_92_83],
    ["zeros", new Uint8Array(32), 0x8a_91_36_aa],
    ["ones", new Uint8Array(32).fill(0xff), 0x62_a8_ab_43],
    ["a count", Uint8Array.from({ length: 32 }, (_, i) => i), 0x46_dd_79_4e],
    ["a count down", Uint8Array.from({ length: 32 }, (_, i) => 31 - i), 0x11_3f_db_5c],
  ])("of %s", (_, octets, sum) => {
    expect(crc32c(octets)).toBe(sum);
  });
});
