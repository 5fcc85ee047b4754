import { describe, expect, test } from "bun:test";

import type { Config } from "../../../src/cli/config/config.ts";
import type { ServeOptions } from "../../../src/server/serve-options.ts";
import { mergeConfigs, serveOptions } from "../../../src/cli/config/to-serve-options.ts";

describe("together", () => {
  test("the command line wins over the file, key by key", () => {
    const file: Config = { root: "/a", port: 1, explain: true, listing: false };
    expect(mergeConfigs(file, { port: 2, explain: false })).toMatchObject({
      root: "/a",
      port: 2,
      explain: false,
      listing: false,
    });
  });

  test("backends of both count, those of the command line for the same path", () => {
    const file = { proxy: { "/a": "http://a", "/b": { target: "http://b", verify: false } } };
    const words = { proxy: { "/a": "http://c" } };
    expect(mergeConfigs(file, words).proxy).toEqual({ ...file.proxy, ...words.proxy });
  });

  test("limits and header fields of both count, those of the command line last", () => {
    const merged = mergeConfigs(
      { limits: { bodyBytesMax: 1, idleTimeMs: 2 }, headers: [{ name: "A", value: "1" }] },
      { limits: { bodyBytesMax: 3 }, headers: [{ name: "A", value: "2" }] },
    );
    expect(merged.limits).toEqual({ bodyBytesMax: 3, idleTimeMs: 2 });
    expect(merged.headers).toEqual([
      { name: "A", value: "1" },
      { name: "A", value: "2" },
    ]);
  });

  const pair = { cert: "c.pem", key: "k.pem" };
  test.each<readonly [file: Config, words: Config, tls: ServeOptions["tls"]]>([
    [{}, {}, undefined],
    [{}, { tls: true }, "local"],
    [{ tls: true }, {}, "local"],
    [{ tls: true }, { tls: false }, false],
    [{ tls: pair }, {}, pair],
    [{ tls: pair }, { tls: { key: "other.pem" } }, { cert: "c.pem", key: "other.pem" }],
    [{ tls: pair }, { tls: true }, "local"],
    [{ tls: pair }, { tls: false }, false],
    [{ tls: true }, { tls: pair }, pair],
  ])("%p and %p have the certificate %p", (file, words, tls) => {
    expect(serveOptions(mergeConfigs(file, words)).tls).toEqual(tls);
  });

  test.each<readonly [file: Config, words: Config, log: string]>([
    [{}, {}, "short"],
    [{ log: "json" }, {}, "json"],
    [{ log: "json" }, { log: "common" }, "common"],
    [{ log: "json" }, { quiet: true }, "none"],
    [{ quiet: true }, {}, "none"],
    [{ quiet: true }, { quiet: false }, "short"],
    [{ quiet: true }, { log: "common" }, "common"],
    [{}, { log: "common", quiet: true }, "none"],
  ])("%p and %p log %s", (file, words, log) => {
    expect(serveOptions(mergeConfigs(file, words)).log as string).toBe(log);
  });
});
