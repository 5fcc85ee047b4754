import { describe, expect, test } from "bun:test";

import { readConfig, resolvePaths } from "../../../src/cli/config/read-config.ts";
import { readCommandLine } from "../../../src/cli/options/command-line.ts";
import { storeRow } from "../../../src/cli/options/store-kind.ts";

describe("how object stores are asked", () => {
  test("is said by flags, each a member of one option", () => {
    const words = ["s3://site/docs", "--store-fresh", "10", "--store-stale=60"];
    const endpoint = "http://127.0.0.1:9000";
    const command = readCommandLine([...words, "--store-endpoint", endpoint], {});
    expect(command.ok && command.value.config).toEqual({
      root: "s3://site/docs",
      store: { fresh: 10, staleIfError: 60, endpoint },
    });
    expect(storeRow.store.flags).toHaveLength(3);
  });

  test.each([
    [{ fresh: -1 }, "store.fresh: expected a whole number of seconds, got -1"],
    [{ mode: "0644" }, 'store.mode: expected permission bits, 0o660, got "0644"'],
    [{ key: "a" }, "store.key: unknown key"],
  ])("is refused as %p", (store, message) => {
    const read = readConfig({ store });
    expect(read.ok ? "" : read.error).toStartWith(message);
  });

  test("and a bucket in a configuration is no path relative to it", () => {
    const resolve = (path: string): string => `/srv/${path}`;
    const config = { root: "s3://site", mounts: { "/a": "s3://b/c", "/d": "e" } };
    expect(resolvePaths(config, resolve)).toEqual({
      root: "s3://site",
      mounts: { "/a": "s3://b/c", "/d": "/srv/e" },
    });
    expect(resolvePaths({ root: "site" }, resolve)).toEqual({ root: "/srv/site" });
  });
});
