import { expect, test } from "bun:test";

import { versionJson, versionLine } from "../../src/cli/version.ts";
import about from "../../package.json";

test("the version is a line, and as JSON says where it runs", () => {
  expect(versionLine()).toBe(`${about.version}\n`);
  expect(versionJson()).toEndWith("}\n");
  expect(JSON.parse(versionJson())).toMatchObject({
    name: "postern",
    version: about.version,
    bun: Bun.version,
    platform: process.platform,
    arch: process.arch,
    form: "program",
  });
});

function calls(environment: NodeJS.ProcessEnv): unknown {
  return (JSON.parse(versionJson(environment)) as { systemCalls: unknown }).systemCalls;
}

test("it says which system calls are made", () => {
  expect(calls({ POSTERN_NATIVE: "off" })).toBe("plain");
  expect(calls({})).toBe(process.platform === "linux" ? "native" : "plain");
});
