import { afterAll, describe, expect, test } from "bun:test";

import { success } from "../../../src/base/result.ts";
import { UploadOffer } from "../../../src/site/upload-area/upload-offer.ts";
import type { UploadSite } from "../../../src/site/uploads/upload-site.ts";
import { containPath, rootPath } from "../../../src/tree/path.ts";
import { TempSite } from "../../temp-site.ts";
import { requestOf } from "../fake-request.ts";
import type { SiteClientOptions } from "../site-client.ts";
import { SiteClient } from "../site-client.ts";

const [site, other] = [new TempSite("empty"), new TempSite("empty")];
afterAll(() => {
  site[Symbol.dispose]();
  other[Symbol.dispose]();
});
site.file("in/a.txt", "a");
site.file("in/sub/b.txt", "b");
site.file("plain/c.txt", "c");
other.file("d.txt", "d");

const taking = { post: "upload", uploadDir: "in" } as const;

/** Whether the listing at `path` has the area for files. */
async function isOffered(
  path: string,
  options: SiteClientOptions,
  fields: Readonly<Record<string, string>> = {},
): Promise<boolean> {
  const client = new SiteClient(site.root, options);
  const { status, body } = await client.ask(`GET ${path}`, fields);
  expect([path, status]).toEqual([path, 200]);
  return body.includes('<section id="upload"');
}

describe("files are offered to be stored", () => {
  test("in the folder of uploads and below, whatever the query", async () => {
    expect(await isOffered("/in/", taking)).toBe(true);
    expect(await isOffered("/in/sub/?sort=size", taking)).toBe(true);
    expect(await isOffered("/in/?view=grid", taking)).toBe(true);
    expect(await isOffered("/", { post: "upload" })).toBe(true);
  });

  test("below the base, and not in what is mounted there", async () => {
    const mounts = { "/app/in/other": other.root };
    const options = { ...taking, base: "/app/", mounts } as const;
    expect(await isOffered("/app/in/", options)).toBe(true);
    expect(await isOffered("/app/in/other/", options)).toBe(false);
    expect(await isOffered("/app/", options)).toBe(false);
  });

  test("not where only PUT is taken", async () => {
    expect(await isOffered("/in/", { put: true, uploadDir: "in" })).toBe(false);
  });

  test("not by a path that is rewritten to the folder, since nothing is stored there", async () => {
    const rewrites = [{ from: "/box/*", to: "/in/*" }];
    expect(await isOffered("/box/", { ...taking, rewrites })).toBe(false);
    expect(await isOffered("/in/", { ...taking, rewrites })).toBe(true);
  });

  test("not in a hidden folder, whose name is refused", async () => {
    site.folder("in/.shown");
    expect(await isOffered("/in/.shown/", { ...taking, hidden: true })).toBe(false);
  });

  test("not in a folder that the process can't write to", () => {
    const contained = containPath("/in/");
    if (!contained.ok) throw new Error("no path");
    const open = (isWritable: boolean): UploadOffer => {
      const folder = { isWritable: () => isWritable, close: () => undefined };
      const uploads = { open: () => success(folder) };
      const parts = { home: rootPath, uploads };
      const fake = { place: () => contained.value, parts } as unknown as UploadSite;
      return new UploadOffer(fake, () => true);
    };
    const request = requestOf("GET /in/");
    expect(open(true).isFor(request, contained.value)).toBe(true);
    expect(open(false).isFor(request, contained.value)).toBe(false);
  });
});

describe("only who may send a POST is offered to", () => {
  const users = { ines: "sesame", bob: "builder" };
  const of = (user: keyof typeof users): Record<string, string> => ({
    Authorization: `Basic ${btoa(`${user}:${users[user]}`)}`,
  });

  test("a user who may, and no other", async () => {
    const rules = [{ path: "/in/**", methods: ["POST"], users: ["ines"] }];
    const options = { ...taking, auth: { users, rules } };
    expect(await isOffered("/in/", options, of("ines"))).toBe(true);
    expect(await isOffered("/in/", options, of("bob"))).toBe(false);
  });

  test("not a visitor without a name where all may read, and users may store", async () => {
    const rules = [{ methods: ["GET"], public: true }];
    expect(await isOffered("/in/", { ...taking, auth: { users, rules } })).toBe(false);
    const open = [{ public: true }];
    expect(await isOffered("/in/", { ...taking, auth: { users, rules: open } })).toBe(true);
  });
});

test("a listing where nothing can be stored is, to the byte, that of a site without uploads", async () => {
  const [plain, open] = [new SiteClient(site.root), new SiteClient(site.root, taking)];
  for (const path of ["/", "/plain/", "/plain/?view=grid", "/plain/?sort=size"]) {
    expect(await open.ask(`GET ${path}`)).toEqual(await plain.ask(`GET ${path}`));
  }
  // Beside the area and what it brings, a listing with it is the same.
  const json = { Accept: "application/json" };
  expect(await open.ask("GET /in/", json)).toEqual(await plain.ask("GET /in/", json));
  const [with_, without] = [await open.ask("GET /in/"), await plain.ask("GET /in/")];
  const parts = /<section id="upload"[^]*?<\/section>\n|<(script|style)\b[^>]*>[^]*?<\/\1>\n/g;
  expect(with_.body.replaceAll(parts, "")).toBe(without.body.replaceAll(parts, ""));
  expect(with_.fields["ETag"]).not.toBe(without.fields["ETag"]);
});
