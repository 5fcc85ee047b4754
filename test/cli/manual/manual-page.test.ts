import { describe, expect, test } from "bun:test";

import { commands } from "../../../src/cli/help/command-table.ts";
import { manualPage } from "../../../src/cli/manual/manual-page.ts";
import { allFlags } from "../../../src/cli/options/flag-list.ts";
import about from "../../../package.json";
import { TempSite } from "../../temp-site.ts";

/** What `words` print about the page, on both streams. */
async function told(words: readonly string[]): Promise<string> {
  using place = new TempSite("empty");
  place.file("postern.1", manualPage());
  const child = Bun.spawn([...words, place.at("postern.1")], { stdout: "pipe", stderr: "pipe" });
  const [out, error] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  return out + error;
}

describe("the manual page", () => {
  test("has every option and every command", () => {
    const page = manualPage();
    const items = page.replaceAll("\\-", "-").replaceAll("\\&", "");
    for (const { name } of allFlags())
      expect(items).toMatch(new RegExp(`^\\.It .*Fl -${name}\\b`, "m"));
    for (const { name, options } of commands) {
      expect(items).toContain(`.Ss postern ${name}\n`);
      for (const one of options)
        expect(items).toMatch(new RegExp(`^\\.It .*Fl -${one.name}\\b`, "m"));
    }
  });

  test("has the sections of a command's page, in their order", () => {
    expect([...manualPage().matchAll(/^\.Sh (.*)$/gm)].map(([, name]) => name)).toEqual([
      "NAME",
      "SYNOPSIS",
      "DESCRIPTION",
      "OPTIONS",
      "COMMANDS",
      "ENVIRONMENT",
      "FILES",
      "EXIT STATUS",
      "EXAMPLES",
      "STANDARDS",
    ]);
  });

  test("says which version it is about", () => {
    expect(manualPage()).toContain(`\nThis page is about postern ${about.version}.\n`);
  });

  test.skipIf(Bun.which("mandoc") === null)("is clean by mandoc (needs mandoc)", async () => {
    expect(await told(["mandoc", "-T", "lint"])).toBe("");
  });

  test.skipIf(Bun.which("groff") === null)(
    "is clean by groff, and reads well (needs groff)",
    async () => {
      const words = ["groff", "-mdoc", "-ww", "-Tascii", "-P-cbou"];
      const text = await told(words);
      expect(text).not.toContain("warning");
      expect(text).toMatch(/^ {5}-p, --port N\n {13}Port to listen on, 0 for any free one\./m);
      expect(text).toContain("postern completions SHELL");
    },
  );
});
