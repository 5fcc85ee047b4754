import { afterAll, describe, expect, test } from "bun:test";
import { existsSync, utimesSync } from "node:fs";

import { ServeError } from "../../../src/site/serve-error.ts";
import { temporaryName } from "../../../src/tree/writing/temporary-name.ts";
import { TempSite } from "../../temp-site.ts";
import { SiteClient } from "../site-client.ts";

const site = new TempSite("empty");
afterAll(() => site[Symbol.dispose]());
site.file("a.txt", "a");
site.folder("in");

describe("a site with uploads doesn't open", () => {
  test.each(["none", "../in", ".hidden", "a.txt"])("with the folder %s", (uploadDir) => {
    expect(() => new SiteClient(site.root, { put: true, uploadDir })).toThrow(ServeError);
  });

  test("and says where it has looked for a folder that isn't there", () => {
    const below = `below ${site.root}; it is named from the root, such as inbox`;
    expect(() => new SiteClient(site.root, { put: true, uploadDir: "none/at/" })).toThrow(
      `there is no folder none/at ${below}`,
    );
    const absolute = site.at("in");
    expect(() => new SiteClient(site.root, { put: true, uploadDir: absolute })).toThrow(
      `there is no folder ${absolute.slice(1)} ${below}`,
    );
  });

  test("without a folder on disk", () => {
    expect(() => new SiteClient(site.at("a.txt"), { put: true })).toThrow(ServeError);
    const files = { "a.txt": "a" };
    expect(() => new SiteClient(site.root, { post: "upload", files })).toThrow(ServeError);
  });

  test("and one without uploads doesn't look", () => {
    expect(() => new SiteClient(site.root, { uploadDir: "none" })).not.toThrow();
  });
});

test("opening removes what killed processes have left", async () => {
  const name = `in/${temporaryName()}`;
  site.file(name, "half");
  utimesSync(site.at(name), 1, 1);
  expect(new SiteClient(site.root, { put: true })).toBeObject();
  for (let tries = 0; tries < 1000 && existsSync(site.at(name)); tries++) await Bun.sleep(1);
  expect(existsSync(site.at(name))).toBe(false);
});
