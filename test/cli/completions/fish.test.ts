import { afterAll, describe, expect, test } from "bun:test";

import { fishCompletions } from "../../../src/cli/completions/fish.ts";
import { completedFolder, offers } from "./completed-folder.ts";

const fish = Bun.which("fish");
const site = completedFolder(fishCompletions());
afterAll(() => site[Symbol.dispose]());

/** What fish offers when `typed` stands on its line, without the descriptions. */
async function offered(typed: string): Promise<readonly string[]> {
  const child = Bun.spawn(
    [fish ?? "", "--no-config", "-c", 'source script; complete -C "$argv[1]"', typed],
    {
      env: { PATH: `${site.at("bin")}:${process.env["PATH"]}`, HOME: site.root },
      cwd: site.root,
      stdout: "pipe",
      stderr: "pipe",
    },
  );
  const [lines, error] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  expect(error).toBe("");
  return lines
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => (line.split("\t")[0] ?? "").replace(/\/$/, ""));
}

describe.skipIf(fish === null)("fish (needs fish)", () => {
  test.each(offers)("completes %p", async (typed, wanted, others) => {
    const words = await offered(typed);
    for (const word of wanted) expect(words).toContain(word);
    for (const word of others) expect(words).not.toContain(word);
  });

  test.each([
    ["postern my\\ folder --upload-dir incoming/", ["incoming/deep"]],
    ["postern 'my folder' --upload-dir=inc", ["--upload-dir=incoming"]],
    ["postern ~/my\\ folder --upload-dir incoming/d", ["incoming/deep"]],
  ])("looks in the root for %p: %p", async (typed, words) => {
    expect(await offered(typed)).toEqual(words);
  });

  test("offers nothing for a port, and for a value behind = what it may be", async () => {
    expect(await offered("postern --port ")).toEqual([]);
    expect((await offered("postern --post=")).toSorted()).toEqual([
      "--post=echo",
      "--post=form",
      "--post=off",
      "--post=upload",
    ]);
    expect(await offered("postern --no-ex")).toEqual(["--no-explain"]);
  });
});
