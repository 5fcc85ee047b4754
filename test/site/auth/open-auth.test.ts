import { afterAll, describe, expect, test } from "bun:test";

import { defaultLimits } from "../../../src/base/limits.ts";
import type { AuthOptions } from "../../../src/site/auth/auth-options.ts";
import { openAuth } from "../../../src/site/auth/open-auth.ts";
import { ErrorPages } from "../../../src/site/pages/error-page.ts";
import { View } from "../../../src/tree/view.ts";
import { FakeClock } from "../../schedule/fake-clock.ts";
import { FakeScheduler } from "../../schedule/fake-scheduler.ts";
import { requestOf } from "../fake-request.ts";
import { show } from "../shown-response.ts";
import { SiteClient } from "../site-client.ts";
import { TempSite } from "../../temp-site.ts";
import { hashes } from "./hashes.ts";

const site = new TempSite("empty");
site.file("users", `ines:${hashes.ines}\n`, 0o600);
site.file("md5", "ines:$apr1$a$b\n", 0o600);
site.file("long", `#${"a".repeat(defaultLimits.passwordFileBytesMax)}`);
afterAll(() => site[Symbol.dispose]());
const { tree } = new SiteClient(site.root);

/** What is wrong with `options`, whose file is in the folder, or "opened". */
function open(options: AuthOptions): string {
  const { file } = options;
  const named = file === undefined ? options : { ...options, file: site.at(file) };
  const opened = openAuth(named, {
    limits: defaultLimits,
    clock: new FakeClock(),
    scheduler: new FakeScheduler(),
    pages: new ErrorPages(tree, defaultLimits, false),
    index: "index.html",
    cleanUrls: false,
    allowsOrigins: () => false,
  });
  return opened.ok ? "opened" : opened.error.replaceAll(`${site.root}/`, "");
}

describe("users", () => {
  test.each<readonly [AuthOptions, string]>([
    [{ file: "users" }, "opened"],
    [{ users: { ines: "sesame" } }, "opened"],
    [{ users: { ines: hashes.ines } }, "opened"],
    [{ file: "users", users: { bob: "builder" } }, "opened"],
    [{}, "a password file or a user is needed"],
    [{ users: {} }, "a password file or a user is needed"],
    [{ file: "none" }, "none: no such file"],
    [
      { file: "md5" },
      "md5: line 1: no bcrypt or argon2 hash, but MD5; htpasswd -B FILE USER writes one that can be used",
    ],
    [{ file: "long" }, "long: has more than 1048576 bytes"],
    [{ file: "users", users: { ines: "sesame" } }, "ines is in users and in users"],
    [{ users: { "a:b": "c" } }, "a user's name with a colon"],
    [{ users: { "": "c" } }, "a user without a name"],
    [{ users: { ines: "" } }, "the password of ines is empty"],
    [{ users: { ines: "a\0b" } }, "the password of ines has a control character"],
    [{ users: { ines: "$2y$04$abc" } }, "the password of ines: a damaged bcrypt hash"],
  ])("%j: %s", (options, expected) => {
    expect(open(options)).toBe(expected);
  });
});

describe("the realm", () => {
  test.each<readonly [string, string]>([
    ["my studio", "opened"],
    ['the "big" one', "opened"],
    ["", "a realm is up to 255 characters of ASCII"],
    ["é", "a realm is up to 255 characters of ASCII"],
    ["a\nb", "a realm is up to 255 characters of ASCII"],
    ["a".repeat(256), "a realm is up to 255 characters of ASCII"],
  ])("%j: %s", (realm, expected) => {
    expect(open({ file: "users", realm })).toBe(expected);
  });
});

describe("a rule", () => {
  test.each<readonly [NonNullable<AuthOptions["rules"]>[number], string]>([
    [{ path: "/a/**", methods: ["GET", "PROPFIND"], users: ["ines"] }, "opened"],
    [{ public: true }, "opened"],
    [{ users: [] }, "opened"],
    [{ path: "a" }, "not a path that begins with /: a"],
    [{ methods: ["get"] }, "not a method: get"],
    [{ methods: ["G T"] }, "not a method: G T"],
    [{ users: ["bob"] }, "no user is called bob"],
    [{ users: ["ines"], public: true }, "a rule is public, or for some users"],
  ])("%j: %s", (rule, expected) => {
    expect(open({ file: "users", rules: [rule] })).toBe(expected);
  });
});

test("a site with users that are wrong can't be opened", () => {
  expect(() => new SiteClient(site.root, { auth: {} })).toThrow("a password file or a user");
  const file = site.at("none");
  expect(() => new SiteClient(site.root, { auth: { file } })).toThrow("none: no such file");
});

test("pages explain nothing to those who have no password", async () => {
  const explained = new ErrorPages(tree, defaultLimits, true, { hasUsers: true });
  const request = requestOf("GET /a");
  const page = async (): Promise<string> =>
    show(await explained.notFound(View.anew(0), "the reason", { request })).body;
  expect(await page()).not.toContain("the reason");
  request.user = "ines";
  expect(await page()).toContain("the reason");
});
