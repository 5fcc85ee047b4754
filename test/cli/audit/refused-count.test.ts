import { afterAll, expect, test } from "bun:test";

import { defaultLimits } from "../../../src/base/limits.ts";
import { openAuditedSite } from "../../../src/cli/audit/audited-site.ts";
import type { RefusedCount } from "../../../src/cli/audit/refused-count.ts";
import { countRefused } from "../../../src/cli/audit/refused-count.ts";
import { makeAuditedFolder } from "./audited-folder.ts";

const folder = makeAuditedFolder();
afterAll(() => folder[Symbol.dispose]());

async function count(entriesMax = 1000, signal?: AbortSignal): Promise<RefusedCount> {
  const site = openAuditedSite({ root: folder.root });
  const limits = { ...defaultLimits, refusedCountEntriesMax: entriesMax };
  const counted = await countRefused(site, limits, site.surroundings, signal);
  site.tree.close();
  return counted;
}

test("the files that visitors are refused are counted, those in a shut folder, too", async () => {
  // "a b.html" and its alias, five photos, two in the shut folder.
  expect(await count()).toEqual({ files: 9, isComplete: true });
});

test("a count ends at its bound, and when it is stopped", async () => {
  expect((await count(3)).isComplete).toBe(false);
  expect(await count(1000, AbortSignal.abort())).toEqual({ files: 0, isComplete: false });
});
