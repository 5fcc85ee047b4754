import { afterAll, describe, expect, test } from "bun:test";
import { chmodSync } from "node:fs";

import type { AuditReport } from "../../../src/cli/audit/audit.ts";
import { audit } from "../../../src/cli/audit/audit.ts";
import { auditText, exitStatusOf } from "../../../src/cli/audit/audit-text.ts";
import { openAuditedSite } from "../../../src/cli/audit/audited-site.ts";
import { refusedLine } from "../../../src/cli/audit/refused-line.ts";
import type { ServeOptions } from "../../../src/server/serve-options.ts";
import { TempSite } from "../../temp-site.ts";

const site = new TempSite("empty");
afterAll(() => site[Symbol.dispose]());
chmodSync(site.root, 0o755);
site.file("a.html", "a", 0o640);
for (const name of ["1", "2", "3", "4", "5"]) site.file(`inbox/${name}.jpg`, "photo", 0o600);
site.file("inbox/sub/6.jpg", "photo", 0o600);
chmodSync(site.at("inbox/sub"), 0o711);
site.file("inbox-2/b.html", "b", 0o600);

async function auditOf(options: ServeOptions): Promise<AuditReport> {
  const audited = openAuditedSite({ root: site.root, ...options });
  try {
    return await audit(audited);
  } finally {
    audited.tree.close();
  }
}

const inbox = { post: "upload", uploadDir: "/inbox/" } as const;
const refusedBy = async (options: ServeOptions): Promise<readonly string[]> =>
  (await auditOf(options)).refused.map(({ path, files }) => `${path} ${files}`);

describe("uploads that visitors don't get", () => {
  test("are no findings, and there is no command that would show them to all", async () => {
    const report = await auditOf(inbox);
    expect(report.refused.map(({ command }) => command)).toEqual([
      `chmod o+r -- ${site.at("a.html")}`,
      `chmod o+r -- ${site.at("inbox-2/b.html")}`,
    ]);
    expect(report.withheld).toBe(6);
    const text = auditText(report);
    expect(text).not.toContain("jpg");
    expect(text).toContain(
      "\nWhere uploads go, visitors don't get 6 files, on purpose (--upload-mode).\n",
    );
    expect(exitStatusOf({ ...report, refused: [] })).toBe(0);
  });

  test("are told apart where PUT stores them, too", async () => {
    expect(await refusedBy({ put: true, uploadDir: "inbox" })).toEqual([
      "a.html 1",
      "inbox-2/b.html 1",
    ]);
  });

  // In all of the root they can't be told from what the site lacks by mistake.
  test.each([{}, { ...inbox, uploadMode: 0o644 }, { uploadDir: "inbox" }, { put: true }] as const)(
    "are refused files like others with %j",
    async (options) => {
      const report = await auditOf(options);
      expect(report.withheld).toBe(0);
      expect(report.refused.map(({ path }) => path)).toContain("inbox/*");
    },
  );

  test("are not counted on the terminal, whose command audits with the same options", async () => {
    const config = { root: site.root, put: true, ...inbox, uploadMode: 0o640 };
    const words = `--post upload --put --upload-dir /inbox/ --upload-mode 640`;
    expect(await refusedLine(config)).toBe(
      `2 files are refused to visitors: postern audit ${site.root} ${words}\n`,
    );
    expect(await refusedLine({ root: site.root })).toStartWith("8 files are refused ");
  });
});
