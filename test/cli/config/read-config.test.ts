import { describe, expect, test } from "bun:test";

import { defaultLimits } from "../../../src/base/limits.ts";
import { readConfig } from "../../../src/cli/config/read-config.ts";
import { whole } from "./whole-config.ts";

/** What is wrong with `value`, or "accepted". */
function complaint(value: unknown): string {
  const read = readConfig(value);
  return read.ok ? "accepted" : read.error;
}

const allKeys =
  "root, base, mounts, store, proxy, host, port, unix, unixMode, allowHosts, trustProxy, proxyProtocol, tls, tlsRedirect, metrics, health, auth, permissions, explain, hidden, " +
  "symlinks, listing, allowArchive, previews, index, " +
  "single, cleanUrls, cache, headers, cors, redirects, rewrites, compress, earlyHints, live, faults, post, form, " +
  "put, uploadDir, uploadMode, uploadQuota, trustUploads, " +
  "throttle, log, logFile, logRotate, quiet, qr, open, workers, user, recordTo, limits, portFile";

describe("a key", () => {
  test("has a value that is accepted, whichever it is, and all together", () => {
    expect(Object.keys(whole).join(", ")).toBe(allKeys);
    expect(complaint(whole)).toBe("accepted");
    expect(complaint({})).toBe("accepted");
    for (const [key, value] of Object.entries(whole)) {
      expect([key, complaint({ [key]: value })]).toEqual([key, "accepted"]);
      expect([key, complaint({ [key]: undefined })]).toEqual([key, "accepted"]);
      expect(complaint({ [key]: null })).toMatch(new RegExp(`^${key}: expected .+, got null$`));
      expect(complaint({ [key]: Symbol(key) })).toEndWith(", got a symbol");
    }
    for (const limit of Object.keys(defaultLimits)) {
      expect(complaint({ limits: { [limit]: 1 } })).toBe("accepted");
    }
    for (const cors of [true, false, {}]) expect(complaint({ cors })).toBe("accepted");
  });

  test.each<readonly [value: unknown, line: string]>([
    [{ root: 5 }, "root: expected a folder's path, got 5"],
    [{ host: true }, "host: expected a host or an address, without a port, got true"],
    [{ host: "[::1]:80" }, 'host: expected a host or an address, without a port, got "[::1]:80"'],
    [{ port: "80" }, 'port: expected a port, from 0 to 65535, got "80"'],
    [{ port: 65_536 }, "port: expected a port, from 0 to 65535, got 65536"],
    [{ port: -1 }, "port: expected a port, from 0 to 65535, got -1"],
    [{ port: 1.5 }, "port: expected a port, from 0 to 65535, got 1.5"],
    [{ permissions: "all" }, 'permissions: expected one of "other", "process", got "all"'],
    [{ explain: "yes" }, 'explain: expected true or false, got "yes"'],
    [{ hidden: 1 }, "hidden: expected true or false, got 1"],
    [{ symlinks: true }, 'symlinks: expected one of "inside", "follow", "deny", got true'],
    [{ listing: [] }, "listing: expected true or false, got a list"],
    [{ index: ["a"] }, "index: expected a file's name, got a list"],
    [{ single: "index.html" }, 'single: expected true or false, got "index.html"'],
    [{ cleanUrls: {} }, "cleanUrls: expected true or false, got an object"],
    [
      { cache: "soon" },
      'cache: expected whole seconds, or a time such as 5m, 1h or 7d, got "soon"',
    ],
    [{ cache: -1 }, "cache: expected a whole number of seconds, got -1"],
    [{ cache: Number.NaN }, "cache: expected a whole number of seconds, got NaN"],
    [{ cache: 5n }, "cache: expected a whole number of seconds, got 5"],
    [{ earlyHints: 103 }, "earlyHints: expected true or false, got 103"],
    [{ compress: "br" }, 'compress: expected true or false, got "br"'],
    [{ post: "mirror" }, 'post: expected one of "form", "echo", "upload", "off", got "mirror"'],
    [{ form: 1 }, "form: expected a file's name, got 1"],
    [{ faults: 1 }, "faults: expected a list of rules, or a file's path, got 1"],
    [
      { log: "loud" },
      'log: expected one of "short", "common", "combined", "json", "none", got "loud"',
    ],
    [{ quiet: () => true }, "quiet: expected true or false, got a function"],
    [{ workers: 0 }, 'workers: expected a number of processes, from 1 on, or "auto", got 0'],
    [{ workers: "2" }, 'workers: expected a number of processes, from 1 on, or "auto", got "2"'],
    [{ limits: 5 }, "limits: expected an object of limits, got 5"],
    [
      { limits: { bodyBytesMax: "8MB" } },
      'limits.bodyBytesMax: expected a number of bytes, or of k, M or G, got "8MB"; write "8M"',
    ],
    [
      { limits: { bodyMax: 8 } },
      "limits.bodyMax: unknown key, expected a limit, such as bodyBytesMax",
    ],
  ])("%# of the wrong type is told", (value, line) => {
    expect(complaint(value)).toBe(line);
  });

  test("that is unknown is told with those that are, in one line whatever it is called", () => {
    expect(complaint({ wrong: 5 })).toBe(`wrong: unknown key, expected one of ${allKeys}`);
    expect(complaint({ chache: 5 })).toBe("chache: unknown key, did you mean cache?");
    expect(complaint({ "clean-urls": true })).toBe(
      "clean-urls: unknown key, did you mean cleanUrls?",
    );
    expect(complaint({ limits: { bodyByteMax: 5 } })).toBe(
      "limits.bodyByteMax: unknown key, did you mean bodyBytesMax?",
    );
    for (const key of ["__proto__", "constructor", "write", "record", "onError"]) {
      expect(complaint(JSON.parse(`{"${key}":1}`))).toStartWith(`${key}: unknown key, `);
    }
    expect(complaint({ "a\nb\u001b": 5 })).toStartWith('"a\\nb\\u001b": unknown key, ');
  });

  test("that is a limit's is told where limits are", () => {
    expect(complaint({ drainTimeMs: 2000 })).toBe(
      "drainTimeMs: unknown key, did you mean limits.drainTimeMs?",
    );
  });

  test("that names a schema is for editors, at the top and as text", () => {
    const read = readConfig({ $schema: "https://a/schema.json", root: "a" });
    expect(read).toEqual({ ok: true, value: { root: "a" } });
    expect(complaint({ $schema: 5 })).toStartWith("$schema: unknown key, ");
    expect(complaint({ limits: { $schema: "a" } })).toStartWith("limits.$schema: unknown key, ");
  });

  test("is looked for in an object, and in nothing else", () => {
    expect(complaint([])).toBe("expected an object, got a list");
    expect(complaint(null)).toBe("expected an object, got null");
    expect(complaint("root")).toBe('expected an object, got "root"');
  });
});
