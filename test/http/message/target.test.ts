import { describe, expect, test } from "bun:test";

import type { Authority } from "../../../src/http/message/target.ts";
import { parseAuthority } from "../../../src/http/message/target.ts";

describe("authority (RFC 3986 §3.2)", () => {
  const good: readonly (readonly [string, Authority])[] = [
    ["a", { host: "a" }],
    ["A.example.", { host: "A.example." }],
    ["a:", { host: "a" }],
    ["a:0", { host: "a", port: 0 }],
    ["a:65535", { host: "a", port: 65_535 }],
    ["a:000080", { host: "a", port: 80 }],
    ["127.0.0.1:80", { host: "127.0.0.1", port: 80 }],
    ["a-b_c~d!$&'()*+,;=e", { host: "a-b_c~d!$&'()*+,;=e" }],
    ["%c3%A9", { host: "%c3%A9" }],
    ["[::1]:80", { host: "[::1]", port: 80 }],
    ["[::1]:", { host: "[::1]" }],
    [`${"a".repeat(255)}:80`, { host: "a".repeat(255), port: 80 }],
  ];
  test.each(good)("reads %j", (text, authority) => {
    expect(parseAuthority(text)).toEqual(authority);
  });

  test.each([
    "",
    ":",
    ":80",
    "a:b",
    "a:80 ",
    "a:+80",
    "a:-0",
    "a:0x50",
    "a:65536",
    `a:${"9".repeat(400)}`,
    "a:80:80",
    "a b",
    "a\tb",
    "a/b",
    "a\\b",
    "a@b",
    "a?b",
    "a#b",
    "a%",
    "a%4",
    "a%4g",
    "é",
    '"a"',
    "<a>",
    "a,b c",
    "::1",
    "a".repeat(256),
  ])("rejects %j", (text) => {
    expect(parseAuthority(text)).toBeUndefined();
  });
});

describe("IP literal (RFC 3986 §3.2.2)", () => {
  test.each([
    "[::]",
    "[::1]",
    "[1::]",
    "[1:2:3:4:5:6:7:8]",
    "[1:2:3:4:5:6:7::]",
    "[::2:3:4:5:6:7:8]",
    "[1:2::7:8]",
    "[FE80::abcd:0001]",
    "[::255.1.20.199]",
    "[::ffff:127.0.0.1]",
    "[1:2:3:4:5:6:127.0.0.1]",
    "[v1.a]",
    "[VF.fe80::a+en1]",
  ])("takes %j", (host) => {
    expect(parseAuthority(host)).toEqual({ host });
    expect(parseAuthority(`${host}:80`)).toEqual({ host, port: 80 });
  });

  test.each([
    "[",
    "]",
    "[]",
    "[:]",
    "[:::]",
    "[::1",
    "::1]",
    "[1]",
    "[1:2:3:4:5:6:7]",
    "[1:2:3:4:5:6:7:8:9]",
    "[1:2:3:4:5:6:7:8::]",
    "[::1::]",
    "[1:]",
    "[:1]",
    "[12345::]",
    "[g::]",
    "[127.0.0.1]",
    "[::127.0.0]",
    "[::127.0.0.0.1]",
    "[::127.0.0.256]",
    "[::127.0.0.01]",
    "[127.0.0.1::]",
    "[::127.0.0.1:1]",
    "[1:2:3:4:5:6:7:127.0.0.1]",
    "[fe80::1%25eth0]",
    "[fe80::1%eth0]",
    "[v1]",
    "[v1.]",
    "[v.a]",
    "[vg.a]",
    "[v1.a/b]",
    "[[::1]]",
    "[::1]a",
    "[::1]80",
    "[::1] :80",
    "[::1]]",
    "a[::1]",
  ])("rejects %j", (host) => {
    expect(parseAuthority(host)).toBeUndefined();
  });
});
