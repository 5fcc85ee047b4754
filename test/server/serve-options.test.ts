import { describe, expect, test } from "bun:test";

import type { ServeOptions } from "../../src/server/serve-options.ts";
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
