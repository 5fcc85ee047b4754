import { describe, expect, test } from "bun:test";

import { SettingsParser } from "../../../src/check/script/settings-parser.ts";

function limit(name: string, value: number): string | undefined {
  return new SettingsParser().take({ kind: "limit", name, value });
}

describe("the settings of a script", () => {
  test("are off, unless a statement says otherwise", () => {
    expect(new SettingsParser().end()).toEqual({
      serverArguments: [],
      limits: {},
      hosts: [],
      needs: [],
      alone: false,
      cleartext: false,
      stateful: false,
    });
  });

  test("add words, limits and hosts to those before", () => {
    const parser = new SettingsParser();
    for (const words of [["--hidden"], ["--port", "0"]]) parser.take({ kind: "server", words });
    for (const name of ["a.example", "b.example"]) parser.take({ kind: "hosts", names: [name] });
    parser.take({ kind: "limit", name: "headerTimeMs", value: 300 });
    parser.take({ kind: "limit", name: "idleTimeMs", value: 400 });
    expect(parser.end()).toMatchObject({
      serverArguments: ["--hidden", "--port", "0"],
      hosts: ["a.example", "b.example"],
      limits: { headerTimeMs: 300, idleTimeMs: 400 },
    });
  });

  test("refuse a limit that there isn't, or that is too low, with what was expected", () => {
    expect(limit("nothing", 3)).toContain("the name of a limit");
    expect(limit("requestLineBytesMax", 3)).toContain("at least 16");
    expect(limit("headerTimeMs", 300)).toBeUndefined();
  });
});
