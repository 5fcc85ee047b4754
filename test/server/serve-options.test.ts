import { describe, expect, test } from "bun:test";

import type { ServeOptions } from "../../src/server/serve-options.ts";
import { serve } from "../../src/server/serve.ts";
import {
  completeOptions,
  defaultOptions,
  isPemText,
  optionWords,
} from "../../src/server/serve-options.ts";

describe("completeOptions", () => {
  test("gives each option that is left out its default", () => {
    expect(completeOptions({})).toEqual(defaultOptions);
    expect(completeOptions({ hidden: true, index: "" })).toEqual({
      ...defaultOptions,
      hidden: true,
      index: "",
    });
  });

  test("takes an option that is undefined for one that is left out", () => {
    const untyped = { root: undefined, listing: undefined } as unknown as ServeOptions;
    expect(completeOptions(untyped)).toEqual(defaultOptions);
  });
});

describe("a key that is no option", () => {
  test.each([
    ["prot", 'no option is called "prot"; did you mean "port"?'],
    ["allow_hosts", 'no option is called "allow_hosts"; did you mean "allowHosts"?'],
    ["isterminal", 'no option is called "isterminal"; did you mean "isTerminal"?'],
    ["certificate", 'no option is called "certificate"'],
    ["__proto", 'no option is called "__proto"'],
  ])("%s is a TypeError that names the nearest", (key, message) => {
    expect(() => completeOptions({ [key]: 1 })).toThrow(new TypeError(message));
  });

  test("rejects what serve() answers, and stops a reload", async () => {
    const rejected = serve({ prot: 1 } as ServeOptions);
    expect(await rejected.catch((error: unknown) => error)).toBeInstanceOf(TypeError);
    await using server = await serve({ files: { "/a.txt": "a" } });
    expect(() => server.reload({ hiden: true } as ServeOptions)).toThrow('"hidden"');
    expect((await fetch(new URL("a.txt", server.url))).status).toBe(200);
  });
});

test("each option that is one of a few words has its words, its default among them", () => {
  const words: Readonly<Record<string, readonly string[]>> = optionWords;
  expect(Object.keys(words)).toEqual(["permissions", "symlinks", "post", "log"]);
  const defaults: Readonly<Record<string, unknown>> = defaultOptions;
  for (const [name, known] of Object.entries(words)) {
    expect(known).toContain(defaults[name] as string);
  }
});

test("PEM text is told from a path (RFC 7468 §2)", () => {
  expect(isPemText("-----BEGIN CERTIFICATE-----\n")).toBe(true);
  expect(isPemText("# a comment\n-----BEGIN PRIVATE KEY-----\n")).toBe(true);
  expect(isPemText("./certificates/chain.pem")).toBe(false);
});
