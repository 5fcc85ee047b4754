import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";

import { bashCompletions } from "../../../src/cli/completions/bash.ts";
import { allOf, completedFolder, offers } from "./completed-folder.ts";
import { ShellTerminal } from "./shell-terminal.ts";

const site = completedFolder(bashCompletions());
const shell = new ShellTerminal("bash", site.root);

beforeAll(async () => {
  const settings = [
    "set show-all-if-ambiguous on",
    "set completion-query-items 0",
    "set page-completions off",
    "set enable-bracketed-paste off",
    "set bell-style none",
  ];
  await shell.run(settings.map((one) => `bind '${one}'`).join("; "));
  await shell.run("source ./script");
});
afterEach(() => shell.run());
afterAll(async () => {
  await shell[Symbol.asyncDispose]();
  site[Symbol.dispose]();
});

describe("bash", () => {
  test.each(offers)("completes %p", async (typed, wanted, others) => {
    const shown = await shell.complete(typed, allOf(wanted));
    for (const word of others) expect(shown).not.toMatch(allOf([word]));
  });

  test.each([
    ["postern tru", "postern trust "],
    ["postern --post=up", "postern --post=upload "],
    ["postern --no-ex", "postern --no-explain "],
    ["postern my", "postern my\\ folder/"],
    ["postern --faults no", "postern --faults notes.txt "],
    ["postern /docs=my", "postern /docs=my\\ folder/"],
    ["postern check no", "postern check notes.txt "],
    [
      "postern my\\ folder --put --upload-dir tr",
      "postern my\\ folder --put --upload-dir tray\\ a/",
    ],
    ["postern 'my folder' --upload-dir=inc", "postern 'my folder' --upload-dir=incoming/"],
    [
      "postern ~/my\\ folder --upload-dir incoming/d",
      "postern ~/my\\ folder --upload-dir incoming/deep/",
    ],
    ["postern my\\ folder --form a", "postern my\\ folder --form ask.html "],
    ["postern check --html no", "postern check --html notes.txt "],
  ])("makes %p %p", async (typed, whole) => {
    const shown = await shell.complete(typed, /[^]*/, whole.slice(typed.length));
    expect(shown).toEndWith(whole);
  });

  test("offers nothing for a port", async () => {
    // The letter shows that the tab before it has been read.
    const shown = await shell.complete("postern --port ", /[^]*/, "X", "\tX");
    expect(shown).toEndWith("postern --port X");
    expect(shown).not.toContain("notes");
  });
});
