import { describe, expect, test } from "bun:test";
import { renameSync, rmSync, writeFileSync } from "node:fs";

import { StartedProgram } from "../../../src/cli/process/started-program.ts";
import { TempSite } from "../../temp-site.ts";

describe("the file of a program that was started", () => {
  test("is the same until another one is renamed to its place, or it is removed", () => {
    using site = new TempSite("empty");
    site.file("program.js", "1");
    const path = site.at("program.js");
    const program = new StartedProgram(path);
    expect(program.isReplaced()).toBe(false);
    site.file("other.js", "1");
    renameSync(site.at("other.js"), path);
    expect(program.isReplaced()).toBe(true);
    const next = new StartedProgram(path);
    expect(next.isReplaced()).toBe(false);
    rmSync(path);
    expect(next.isReplaced()).toBe(true);
  });

  test("isn't the same when something else is written into it", () => {
    using site = new TempSite("empty");
    site.file("program.js", "1");
    const program = new StartedProgram(site.at("program.js"));
    writeFileSync(site.at("program.js"), "22");
    expect(program.isReplaced()).toBe(true);
  });
});
