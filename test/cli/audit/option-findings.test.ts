import { afterAll, describe, expect, test } from "bun:test";

import { openAuditedSite } from "../../../src/cli/audit/audited-site.ts";
import type { OptionReport } from "../../../src/cli/audit/option-findings.ts";
import { auditOptions, permittedText } from "../../../src/cli/audit/option-findings.ts";
import type { ServeOptions } from "../../../src/server/serve-options.ts";
import type { AuthRule } from "../../../src/site/auth/auth-options.ts";
import { TempSite } from "../../temp-site.ts";

const site = new TempSite("empty");
afterAll(() => site[Symbol.dispose]());
site.file("in/a.txt", "a");
site.file("api/a.txt", "a");

async function report(options: ServeOptions): Promise<OptionReport> {
  const audited = openAuditedSite({ root: site.root, ...options });
  try {
    return await auditOptions(audited);
  } finally {
    audited.tree.close();
  }
}

/** The causes that are found, each with its option. */
async function findings(options: ServeOptions): Promise<readonly string[]> {
  const found = await report(options);
  return found.findings.map(({ cause, option }) => `${cause}: ${option}`);
}

const users = { ann: "secret", ben: "secret" };
const auth = (...rules: readonly AuthRule[]): ServeOptions => ({ auth: { users, rules } });
const put = { put: true, uploadDir: "in" } as const;

test("a site that only serves files has nothing to be told", async () => {
  expect(await report({})).toEqual({ findings: [] });
});

describe("uploads", () => {
  test("are told: where, by whom, for whom, how many", async () => {
    const told = await report({
      ...put,
      post: "upload",
      base: "/app/",
      uploadQuota: 1_000_000,
    });
    expect(told.uploads).toEqual({
      folder: "/app/in/",
      options: ["--put", "--post upload"],
      storedBy: "everyone",
      readable: false,
      trusted: false,
      quota: 1_000_000,
    });
    expect(told.findings).toEqual([]);
    const whole = await report({ post: "upload" });
    expect(whole.uploads).toMatchObject({ folder: "/", options: ["--post upload"], quota: null });
  });

  test("that everyone may store and everyone gets are found", async () => {
    const mode = { ...put, uploadMode: 0o644 };
    expect(await findings(mode)).toEqual(["uploads-served: --upload-mode 644"]);
    expect(await findings({ ...put, permissions: "process" })).toEqual([
      "uploads-served: --permissions process",
    ]);
    expect(await findings({ ...mode, ...auth() })).toEqual([]);
    expect((await report({ ...mode, ...auth() })).uploads?.storedBy).toBe("users");
  });

  test("that everyone may store and are trusted are found", async () => {
    const trusted = { ...put, trustUploads: true };
    expect(await findings(trusted)).toEqual(["uploads-trusted: --trust-uploads"]);
    expect(await findings({ ...trusted, ...auth() })).toEqual([]);
  });

  test("that a rule for reading lets everyone store are found", async () => {
    const open = auth({ path: "/in/**", public: true });
    expect(await findings({ ...put, ...open })).toEqual(["uploads-public: --put"]);
    const reading = auth({ path: "/in/**", public: true, methods: ["GET"] });
    expect(await findings({ ...put, ...reading })).toEqual([]);
    const meant = { path: "/in/**", public: true, methods: ["GET", "PUT", "DELETE"] };
    expect(await findings({ ...put, ...auth(meant) })).toEqual([]);
  });

  test("by more than may read are found: a rule names GET alone", async () => {
    const own = { path: "/in/**", methods: ["GET"], users: ["ann"] };
    const found = await report({ ...put, ...auth(own) });
    expect(found.findings).toEqual([
      {
        option: "--put",
        cause: "uploads-uncovered",
        reason:
          "every user may send PUT, DELETE, PATCH, MKCOL to /in/, which ann may read; " +
          "a rule of auth has to name these methods, or none",
      },
    ]);
    expect(await findings({ ...put, ...auth({ ...own, methods: ["GET", "PUT"] }) })).toHaveLength(
      1,
    );
    const all = await report({ ...put, ...auth({ path: "/in/**", users: ["ann"] }) });
    expect([all.findings, all.uploads?.storedBy]).toEqual([[], ["ann"]]);
    // A rule for some files of the folder is one, too.
    const deep = { path: "/in/folder/**", methods: ["PUT"], public: true };
    expect(await findings({ ...put, ...auth(deep) })).toEqual(["uploads-uncovered: --put"]);
  });
});

describe("backends", () => {
  test("that answer for what the tree has are found", async () => {
    const proxy = { "/api": "http://127.0.0.1:1", "/none": { target: "http://127.0.0.1:2" } };
    expect(await findings({ proxy })).toEqual(["proxy-covers: --proxy /api=http://127.0.0.1:1"]);
    const all = { "/": "http://127.0.0.1:1" };
    expect(await findings({ proxy: all })).toEqual(["proxy-covers: --proxy /=http://127.0.0.1:1"]);
  });
});

describe("proxies that are trusted", () => {
  test.each([
    "0.0.0.0/0",
    "::/0",
    "8.0.0.0/8",
    "104.0.0.0/9",
    "2000::/3",
    "0.0.0.0/1",
    "::ffff:0:0/96",
    "10.0.0.0/7",
  ])("%s has too many addresses", async (entry) => {
    expect(await findings({ trustProxy: ["loopback", entry] })).toEqual([
      `proxy-trust: --trust-proxy ${entry}`,
    ]);
  });

  test.each([
    "loopback",
    "private",
    "unix:",
    "10.0.0.0/8",
    "127.0.0.0/8",
    "fc00::/7",
    "104.16.0.0/13",
    "2a06:98c0::/29",
    "192.0.2.1",
  ])("%s is for the owner to say", async (entry) => {
    expect(await findings({ trustProxy: [entry] })).toEqual([]);
  });
});

describe("passwords", () => {
  test("that come from other machines in clear are found", async () => {
    for (const host of ["0.0.0.0", "::", "192.0.2.1", "site.example"]) {
      expect(await findings({ host, ...auth() })).toEqual([`passwords-in-clear: --host ${host}`]);
      expect(await findings({ host, tls: true, ...auth() })).toEqual([]);
      expect(await findings({ host, trustProxy: ["private"], ...auth() })).toEqual([]);
      expect(await findings({ host })).toEqual([]);
    }
  });

  test("that stay on this machine are not", async () => {
    for (const host of ["localhost", "127.0.0.1", "::1"]) {
      expect(await findings({ host, ...auth() })).toEqual([]);
    }
    expect(await findings({ unix: "/tmp/none.sock", ...auth() })).toEqual([]);
  });
});

describe("metrics and health", () => {
  test.each(["0.0.0.0:9100", "[::]:9100", "10.0.0.7:9100", "site.example:9100"])(
    "at %s are found: other machines may ask",
    async (place) => {
      expect(await findings({ metrics: place, health: place })).toEqual([
        `operations-open: --metrics ${place}`,
        `operations-open: --health ${place}`,
      ]);
    },
  );

  test("of this machine are not", async () => {
    for (const place of [9100, "9100", "localhost:9100", "[::1]:9100", "127.1:9100"]) {
      expect(await findings({ metrics: place, health: place })).toEqual([]);
    }
    expect(await findings({ metrics: true })).toEqual([]);
  });
});

test("who may is said in words, and names can't break a line", () => {
  expect(permittedText("everyone")).toBe("everyone");
  expect(permittedText("users")).toBe("every user");
  expect(permittedText(["ann", "ben\n"])).not.toContain("\n");
});
