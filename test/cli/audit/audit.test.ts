import { afterAll, describe, expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { chmodSync, symlinkSync, writeFileSync } from "node:fs";

import { nameForSystem } from "../../../src/base/file-name.ts";
import type { AuditReport } from "../../../src/cli/audit/audit.ts";
import { audit, shownPath } from "../../../src/cli/audit/audit.ts";
import { openAuditedSite } from "../../../src/cli/audit/audited-site.ts";
import type { ServeOptions } from "../../../src/server/serve-options.ts";
import { TempSite } from "../../temp-site.ts";
import { makeAuditedFolder } from "./audited-folder.ts";

const site = makeAuditedFolder();
afterAll(() => site[Symbol.dispose]());

async function auditOf(options: ServeOptions = {}): Promise<AuditReport> {
  const audited = openAuditedSite({ root: site.root, ...options });
  try {
    return await audit(audited);
  } finally {
    audited.tree.close();
  }
}

/** The findings as lines. */
const lines = (findings: AuditReport["refused"]): readonly string[] =>
  findings.map(({ path, cause, files }) => `${path} ${cause} ${files}`);

describe("an audit", () => {
  test("tells each cause of a refusal once, with the files behind it", async () => {
    expect(lines((await auditOf()).refused)).toEqual([
      "a b.html permission 2",
      "dangling nowhere 1",
      "dropbox/ permission 0",
      "outside link-outside 1",
      "photos/* permission 5",
      "pipe special 1",
      "shut/ permission 2",
    ]);
  });

  test("tells what looks as if it should not be served", async () => {
    expect(lines((await auditOf()).exposed)).toEqual([
      "index.html~ backup 1",
      "keys/readme.txt private-key 1",
      "open.txt writable 1",
    ]);
  });

  test("counts what is hidden, and doesn't go into it", async () => {
    const { hidden, refused, exposed } = await auditOf();
    expect(hidden).toBe(3);
    expect([...refused, ...exposed].filter(({ path }) => path.startsWith("."))).toEqual([]);
  });

  test("is about the site that the options describe", async () => {
    const all = await auditOf({ hidden: true, symlinks: "follow", listing: false });
    expect(all.hidden).toBe(0);
    expect(lines(all.exposed)).toEqual([
      ".env secrets 1",
      ".git/ version-control 2",
      ".notes hidden 1",
      "index.html~ backup 1",
      "keys/readme.txt private-key 1",
      "open.txt writable 1",
      "outside link-outside 1",
    ]);
    // Where no folder is listed, none has to be readable.
    expect(lines(all.refused)).not.toContain("dropbox/ permission 0");
    const denied = await auditOf({ symlinks: "deny" });
    expect(lines(denied.refused)).toContain("outside link-refused 1");
    expect(lines(denied.refused)).toContain("a b.html permission 1");
    expect(lines((await auditOf({ permissions: "process" })).refused)).not.toContain(
      "a b.html permission 1",
    );
  });

  test("tells what is answered without a password, where one is needed", async () => {
    const rules = [
      { path: "/pub/**", public: true },
      { path: "/ines/**", users: ["ines"] },
      { methods: ["GET", "OPTIONS"], public: true },
    ];
    expect((await auditOf({ auth: { users: { ines: "sesame" }, rules } })).open).toEqual([
      "/pub/**",
      "GET, OPTIONS /**",
    ]);
    expect((await auditOf()).open).toBeUndefined();
  });

  test("stops at its limits, and says so", async () => {
    const end = async (limits: ServeOptions["limits"]): Promise<string> =>
      (await auditOf({ limits: { ...limits } })).end;
    expect(await end({})).toBe("complete");
    expect(await end({ auditEntriesMax: 3 })).toBe("entries");
    expect(await end({ auditDepthMax: 1 })).toBe("depth");
    const few = await auditOf({ limits: { auditFindingsMax: 1 } });
    expect([few.refused.length, few.exposed.length, few.more]).toEqual([1, 1, expect.any(Number)]);
    expect(few.more).toBeGreaterThan(0);
  });

  test("stops when it is told to", async () => {
    const audited = openAuditedSite({ root: site.root });
    const report = await audit(audited, AbortSignal.abort());
    audited.tree.close();
    expect([report.end, report.looked]).toEqual(["stopped", 0]);
  });
});

test("the commands mend what they are about", async () => {
  using folder = makeAuditedFolder();
  const audited = openAuditedSite({ root: folder.root });
  const { refused, exposed } = await audit(audited);
  const commands = [...refused, ...exposed].flatMap(({ command }) => command ?? []);
  expect(commands).toHaveLength(7);
  for (const command of commands) execFileSync("sh", ["-c", command]);
  const after = await audit(audited);
  audited.tree.close();
  expect(lines(after.refused)).toEqual([
    "dangling nowhere 1",
    "index.html~ permission 1",
    "keys/readme.txt permission 1",
    "outside link-outside 1",
    "pipe special 1",
  ]);
  expect(after.exposed).toEqual([]);
});

test("a folder lacks both bits where it is listed, and o+x where it isn't", async () => {
  using folder = new TempSite("empty");
  chmodSync(folder.root, 0o755);
  for (const name of ["indexed/index.html", "listed/a.txt"]) folder.file(name, "x");
  // Links that are looked at before the folder lack its o+x alone.
  for (let i = 0; i < 30; i++) symlinkSync("listed/a.txt", folder.at(`link${i}`));
  for (const name of ["indexed", "listed"]) chmodSync(folder.at(name), 0o700);
  const lacking = async (listing: boolean): Promise<readonly string[]> => {
    const audited = openAuditedSite({ root: folder.root, listing });
    const { refused } = await audit(audited);
    audited.tree.close();
    return refused.map(({ path, reason, files }) => `${path} ${reason} ${files}`);
  };
  expect(await lacking(true)).toEqual(["indexed/ lacks o+x 1", "listed/ lacks o+rx 31"]);
  expect(await lacking(false)).toEqual(["indexed/ lacks o+x 1", "listed/ lacks o+x 31"]);
});

test("a command is quoted for a shell, and named from where it was asked", async () => {
  using folder = new TempSite("empty");
  folder.file("-n $(x).html", "x", 0o600);
  const before = process.cwd();
  process.chdir(folder.root);
  try {
    const audited = openAuditedSite({ root: "." });
    const { refused } = await audit(audited);
    audited.tree.close();
    expect(refused[0]?.command).toBe("chmod o+r -- '-n $(x).html'");
  } finally {
    process.chdir(before);
  }
});

test("a link to one of many files that lack a bit adds no cause", async () => {
  using folder = new TempSite("empty");
  for (const name of ["1", "2", "3", "4"]) folder.file(`photos/${name}.jpg`, "photo", 0o600);
  symlinkSync("photos/1.jpg", folder.at("latest.jpg"));
  const audited = openAuditedSite({ root: folder.root });
  const { refused } = await audit(audited);
  audited.tree.close();
  expect(lines(refused)).toEqual(["photos/* permission 5"]);
  expect(refused[0]?.reason).toBe("4 files lack o+r");
});

test("a name is shown without what would control a terminal", () => {
  const finding = { path: "a\u001b[2Jb", cause: "backup", reason: "", files: 1 } as const;
  expect(shownPath(finding)).toBe("a\\u{1b}[2Jb");
});

describe("an audit of mounts", () => {
  test("tells paths as visitors ask for them, and commands for where the files are", async () => {
    using folder = new TempSite("empty");
    folder.file("root/docs/old.html", "covered");
    folder.file("root/a.html", "a", 0o600);
    for (const name of ["1", "2", "3", "4"]) folder.file(`manual/img/${name}.png`, "p", 0o600);
    const odd = nameForSystem(`${folder.root}/manual/\udcff.html`);
    writeFileSync(odd, "a", { mode: 0o600 });
    folder.file("manual/.env", "KEY=1");
    folder.file("one/report.html~", "report", 0o646);
    folder.file("one/beside.html", "beside", 0o600);
    const options = {
      root: folder.at("root"),
      base: "/app/",
      hidden: true,
      mounts: { "/app/docs": folder.at("manual/"), "/one": folder.at("one/report.html~") },
    };
    const audited = openAuditedSite(options);
    const { refused, exposed, served } = await audit(audited);
    expect(lines(refused)).toEqual([
      "app/a.html permission 1",
      "app/docs/ covered 0",
      "app/docs/img/* permission 4",
      "app/docs/\udcff.html permission 1",
    ]);
    expect(lines(exposed)).toEqual([
      "app/docs/.env secrets 1",
      "one/report.html~ writable 1",
      "one/report.html~ backup 1",
    ]);
    expect(served).toEqual([
      { at: "/app/", path: folder.at("root") },
      { at: "/app/docs/", path: folder.at("manual") },
      { at: "/one/", path: folder.at("one/report.html~") },
    ]);
    for (const { command } of [...refused, ...exposed]) {
      if (command !== undefined) execFileSync("bash", ["-c", command]);
    }
    const after = await audit(audited);
    audited.tree.close();
    expect(lines(after.refused)).toEqual([
      "app/docs/ covered 0",
      "app/docs/.env permission 1",
      "one/report.html~ permission 1",
    ]);
    expect(after.exposed).toEqual([]);
  });

  test("is about one file, where that is all that is served", async () => {
    using folder = new TempSite("empty");
    folder.file("real/page.html", "page", 0o640);
    folder.file("beside.html", "beside", 0o600);
    symlinkSync("real/page.html", folder.at("link.html"));
    const audited = openAuditedSite({ root: folder.at("link.html") });
    const { refused, looked } = await audit(audited);
    audited.tree.close();
    expect([lines(refused), looked]).toEqual([["real/page.html permission 1"], 1]);
    expect(refused[0]?.command).toBe(`chmod o+r -- ${folder.at("real/page.html")}`);
  });

  test("tells a root to which everyone on the machine may add files", async () => {
    using folder = new TempSite("empty");
    chmodSync(folder.root, 0o777);
    const audited = openAuditedSite({ root: folder.root });
    const { exposed } = await audit(audited);
    audited.tree.close();
    expect(lines(exposed)).toEqual(["./ writable 0"]);
    expect(exposed[0]?.command).toBe(`chmod o-w -- ${folder.root}`);
  });
});
