import { describe, expect, test } from "bun:test";

import { asksToRecord, readProxyWords } from "../../../src/cli/record/proxy-words.ts";

describe("the words of a recording", () => {
  test("name the server, the folder and the port", () => {
    const words = ["--proxy", "http://localhost:3000", "--record", "out"];
    expect(readProxyWords(words)).toEqual({
      ok: true,
      value: {
        server: new URL("http://localhost:3000/"),
        folder: "out",
        port: 9002,
        rewritesHost: false,
      },
    });
    const all = ["--record=out", "--proxy=[::1]:80", "--port=0", "--rewrite-host"];
    expect(readProxyWords(all)).toMatchObject({
      ok: true,
      value: { server: new URL("http://[::1]/"), port: 0, rewritesHost: true },
    });
  });

  test.each([
    [["--record", "out"], "--record needs --proxy URL, the server to record"],
    [["--proxy", "a"], "--proxy needs --record DIR, where scripts are written"],
    [["--proxy"], "--proxy needs a value"],
    [["--proxy", "--record", "out"], "--proxy needs a value"],
    [["--proxy", "a", "--proxy", "b"], "--proxy is given twice"],
    [["--proxy", "a", "b"], "b doesn't go with --proxy, which records and plays nothing"],
    [
      ["--rewrite-host=a"],
      "--rewrite-host=a doesn't go with --proxy, which records and plays nothing",
    ],
    [
      ["--proxy", "ftp://a", "--record", "out"],
      "--proxy: expected an http:// or https:// URL without a path, not ftp://a",
    ],
    [
      ["--proxy", "http://a/b", "--record", "out"],
      "--proxy: expected an http:// or https:// URL without a path, not http://a/b",
    ],
    [
      ["--proxy", "a", "--record", "out", "--port", "65536"],
      "--port: expected a number from 0 to 65535, not 65536",
    ],
  ])("are wrong in %j", (words, error) => {
    expect(readProxyWords(words)).toEqual({ ok: false, error });
  });

  test("are told from those that play", () => {
    expect(asksToRecord(["a.wire", "--against", "b"])).toBe(false);
    expect(asksToRecord(["--record=a"])).toBe(true);
    expect(asksToRecord(["--proxy", "a"])).toBe(true);
  });
});
