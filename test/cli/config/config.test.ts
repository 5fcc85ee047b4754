import { expect, test } from "bun:test";

import { defineConfig } from "../../../src/cli/config/config.ts";
import { whole } from "./whole-config.ts";

test("defineConfig gives back what it is given", () => {
  expect(defineConfig(whole)).toBe(whole);
});
