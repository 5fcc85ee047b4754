import { describe, expect, test } from "bun:test";

import type { AuditReport } from "../../../src/cli/audit/audit.ts";
import { auditJson, auditText, exitStatusOf } from "../../../src/cli/audit/audit-text.ts";

const clean: AuditReport = {
  root: "/srv/site",
  served: [{ at: "/", path: "/srv/site" }],
  end: "complete",
  looked: 1234,
  refused: [],
  exposed: [],
  more: 0,
  hidden: 0,
  withheld: 0,
  unread: [],
  options: { findings: [] },
};

const found: AuditReport = {
  ...clean,
  refused: [
    {
      path: "a b.html",
      cause: "permission",
      reason: "lacks o+r",
      mode: "-rw-r-----",
      files: 1,
      command: "chmod o+r -- 'a b.html'",
    },
    {
      path: "shut/",
      cause: "permission",
      reason: "lacks o+rx",
      mode: "drwx------",
      files: 12,
      command: "chmod o+rx -- shut",
    },
  ],
  exposed: [{ path: "outside", cause: "link-outside", reason: "a link that leads out", files: 1 }],
  hidden: 2,
};

const uploads = {
  folder: "/in/",
  options: ["--put"],
  storedBy: "everyone",
  readable: false,
  trusted: false,
  quota: null,
} as const;

const opened: AuditReport = {
  ...clean,
  options: {
    uploads,
    findings: [
      { option: "--trust-proxy 0.0.0.0/0", cause: "proxy-trust", reason: "all of the internet" },
    ],
  },
};

describe("the table of an audit", () => {
  test("says what visitors may store, and which options let in too much", () => {
    expect(auditText(opened)).toBe(`Options that let in more than is meant, it seems

  --trust-proxy 0.0.0.0/0
      all of the internet

Everyone may store, replace and remove files in /in/ (--put), which visitors don't get.
Looked at 1,234 entries.
`);
    const stored = {
      ...uploads,
      options: ["--post upload"],
      storedBy: ["ann", "ben"],
      readable: true,
      trusted: true,
      quota: 1_000_000,
    } as const;
    expect(auditText({ ...clean, options: { uploads: stored, findings: [] } })).toBe(
      "ann, ben may store files in /in/ (--post upload), up to 1,000,000 bytes, " +
        "which visitors get, and which may be pages of the site.\n" +
        "Looked at 1,234 entries; nothing is wrong.\n",
    );
  });

  test("has what, why, how many, and the command", () => {
    expect(auditText(found)).toBe(`Refused to visitors: 13 files

  a b.html  -rw-r----- lacks o+r
      chmod o+r -- 'a b.html'
  shut/     drwx------ lacks o+rx (12 files)
      chmod o+rx -- shut

Served, and looks as if it should not be

  outside  a link that leads out

2 names that begin with a dot: hidden, as --hidden isn't given.
Looked at 1,234 entries.
`);
  });

  test("says where visitors need a password", () => {
    expect(auditText({ ...clean, open: [] })).toBe(
      "Visitors need a password.\nLooked at 1,234 entries; nothing is wrong.\n",
    );
    expect(auditText({ ...clean, open: ["/pub/**", "GET /a\u001b"] })).toStartWith(
      "Visitors need a password, but for /pub/**; GET /a\\u{1b}.\n",
    );
    const { auth } = JSON.parse(auditJson({ ...clean, open: ["/pub/**"] })) as { auth: unknown };
    expect(auth).toEqual({ open: ["/pub/**"] });
    expect(auditJson(clean)).not.toContain("auth");
  });

  test("says when nothing is wrong", () => {
    expect(auditText(clean)).toBe("Looked at 1,234 entries; nothing is wrong.\n");
  });

  test("says what it has not looked at", () => {
    const text = auditText({
      ...clean,
      end: "time",
      more: 7,
      unread: [
        { path: "a\u001b/", reason: "the object store answered\u001b" },
        { path: "docs/", reason: "this user may not read it (EACCES)" },
      ],
      hidden: 1,
      withheld: 0,
    });
    expect(text).toContain("And 7 more, beyond auditFindingsMax.");
    expect(text).toContain(`Can't be read: 2 folders

  a\\u{1b}/  the object store answered\\u{1b}
  docs/  this user may not read it (EACCES)

`);
    expect(text).toContain("1 name that begins with a dot");
    expect(text).toEndWith(
      "Looked at 1,234 entries; nothing is wrong with those; " +
        "the audit stopped after auditTimeMs, so there may be more.\n",
    );
  });

  test("shows ten unreadable folders, and counts the others", () => {
    const unread = Array.from({ length: 12 }, (_, i) => ({ path: `${i}/`, reason: "EIO" }));
    expect(auditText({ ...clean, unread })).toContain("  9/  EIO\n  and 2 more\n\nLooked at");
  });

  test("never says that nothing is wrong when nothing was looked at", () => {
    const unread = [{ path: "./", reason: "the object store answered 403 AccessDenied" }];
    const nothing = { ...clean, looked: 0 };
    expect(auditText({ ...nothing, unread })).toBe(`Can't be read: 1 folder

  ./  the object store answered 403 AccessDenied

Nothing was looked at.
`);
    expect(auditText(nothing)).toBe("Nothing was looked at: what is served is empty.\n");
    expect(auditText({ ...nothing, end: "stopped" })).toBe(
      "Nothing was looked at; the audit was stopped, so there may be more.\n",
    );
  });
});

describe("the JSON of an audit", () => {
  test("is one object with all of it", () => {
    const read: unknown = JSON.parse(auditJson(found));
    expect(read).toEqual({
      exitStatus: 1,
      root: "/srv/site",
      served: [{ at: "/", path: "/srv/site" }],
      complete: true,
      stoppedBy: null,
      looked: 1234,
      hidden: 2,
      withheld: 0,
      refusedFiles: 13,
      refused: found.refused,
      exposed: found.exposed,
      more: 0,
      unread: [],
      options: [],
    });
    const told: unknown = JSON.parse(auditJson(opened));
    expect(told).toMatchObject({ uploads, options: opened.options.findings });
    expect(auditJson(found)).toEndWith("}\n");
  });
});

describe("the exit status", () => {
  test.each([
    [clean, 0],
    [found, 1],
    [{ ...found, end: "time" }, 1],
    [{ ...clean, end: "entries" }, 3],
    [{ ...clean, unread: [{ path: "a/", reason: "EIO" }] }, 3],
    [opened, 1],
    [{ ...clean, options: { uploads, findings: [] } }, 0],
  ] as const)("case %#", (report, status) => {
    expect(exitStatusOf(report)).toBe(status);
  });
});
