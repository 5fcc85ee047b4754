/**
 * The wire scripts against postern: every phase of every one holds, whatever its strength, as it
 * stands and with its bytes cut at every position.
 */

import { afterAll, describe, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";

import { check } from "../src/check/check.ts";
import { startPostern } from "../src/cli/check-command.ts";
import { DataHome } from "./data-home.ts";

const scripts = join(import.meta.dir, "../fixtures/wire");

/** Where the servers keep their certificates. */
const home = new DataHome();
afterAll(() => home[Symbol.dispose]());

/** What the report says of a script, as far as it is looked at here. */
interface ScriptReport {
  readonly file: string;
  readonly notPlayed?: string;
  readonly phases?: readonly {
    readonly title: string;
    readonly line: number;
    readonly held: boolean;
    readonly failure?: { readonly line: number; readonly expected: string; readonly came: string };
  }[];
}

interface Report {
  readonly servers: readonly [{ readonly scripts: readonly ScriptReport[] }];
}

/** A line for each phase that did not hold, and for each script that was not played. */
function complaints(script: ScriptReport): string[] {
  if (script.phases === undefined) return [`${script.file}: not played: ${script.notPlayed ?? ""}`];
  return script.phases
    .filter((phase) => !phase.held)
    .map(({ title, line, failure }) => {
      const what = failure === undefined ? "" : `: expected ${failure.expected}, ${failure.came}`;
      return `${script.file}:${failure?.line ?? line} ${title}${what}`;
    });
}

describe("wire scripts", () => {
  test.each(readdirSync(scripts).toSorted())(
    "%s hold",
    async (section) => {
      const folder = join(scripts, section);
      let text = "";
      const out = (part: string): void => {
        text += part;
      };
      const options = { paths: [folder], against: [], json: true, replay: true };
      const status = await check({ ...options, start: startPostern, out });
      expect(status, text.slice(0, 2000)).not.toBe(2);
      const report = JSON.parse(text) as Report;
      const played = report.servers[0].scripts;
      expect(played.flatMap(complaints)).toEqual([]);
      expect(played).toHaveLength(readdirSync(folder).filter((f) => f.endsWith(".wire")).length);
      expect(status).toBe(0);
    },
    300_000,
  );
});
