import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";

import { zshCompletions } from "../../../src/cli/completions/zsh.ts";
import { allOf, completedFolder, offers } from "./completed-folder.ts";
import { ShellTerminal } from "./shell-terminal.ts";

const isMissing = Bun.which("zsh") === null;

describe.skipIf(isMissing)("zsh (needs zsh)", () => {
  const site = completedFolder(zshCompletions());
  let shell: ShellTerminal;

  beforeAll(async () => {
    shell = new ShellTerminal("zsh", site.root);
    await shell.run("PS1='$ '; PROMPT_EOL_MARK=; unset zle_bracketed_paste; LISTMAX=1000");
    await shell.run("autoload -U compinit; compinit -D -u; source ./script");
  });
  afterEach(() => shell.run());
  afterAll(async () => {
    await shell[Symbol.asyncDispose]();
    site[Symbol.dispose]();
  });

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
  ])("makes %p %p", async (typed, whole) => {
    const shown = await shell.complete(typed, /[^]*/, whole.slice(typed.length));
    expect(shown).toEndWith(whole);
  });

  test("offers nothing for a port", async () => {
    const shown = await shell.complete("postern --port ", /[^]*/, "X", "\tX");
    expect(shown).not.toContain("notes");
  });

  test("reads the script as a file of fpath, too", async () => {
    await using other = new ShellTerminal("zsh", site.root);
    await other.run("PS1='$ '; unset zle_bracketed_paste; mkdir -p f; cp script f/_postern");
    await other.run("fpath=($PWD/f $fpath); autoload -U compinit; compinit -D -u");
    await other.complete("postern --po", allOf(["--port", "--port-file", "--post"]));
  });
});
