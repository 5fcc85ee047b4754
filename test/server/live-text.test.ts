import { describe, expect, test } from "bun:test";

import { liveText } from "../../src/server/live-text.ts";

const changed = { kind: "changed", paths: ["a.css"], isAll: false } as const;

describe("what live reload has done, in words", () => {
  test("names the files, what pages do, and which clients", () => {
    expect(liveText({ ...changed, kinds: ["style"], clients: ["::1"] })).toBe(
      "changed a.css: ::1 swaps style sheets",
    );
    const clients = ["::1", "192.0.2.7", "::1"];
    expect(liveText({ ...changed, kinds: ["style", "image"], clients })).toBe(
      "changed a.css: 3 clients (::1, 192.0.2.7) swap style sheets and refresh images",
    );
  });

  test("names a few files of many, and the root for all", () => {
    const paths = ["a", "b", "c", "d", "e"];
    const clients = ["::1"];
    expect(liveText({ kind: "changed", paths, isAll: false, kinds: ["page"], clients })).toBe(
      "changed a, b, c and 2 more: ::1 reloads",
    );
    expect(liveText({ kind: "changed", paths, isAll: true, kinds: ["page"], clients })).toBe(
      "changed a, b, c and 2 or more: ::1 reloads",
    );
    expect(liveText({ kind: "changed", paths: [], isAll: true, kinds: ["page"], clients })).toBe(
      "changed the root: ::1 reloads",
    );
  });

  test("says which policy keeps it out", () => {
    expect(liveText({ kind: "refused", path: "/a", directive: "script-src 'none'" })).toBe(
      `no live reload on /a: its Content-Security-Policy has "script-src 'none'"`,
    );
  });
});
