import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, readdirSync, rmSync, statSync, symlinkSync } from "node:fs";

import { TempSite } from "../../temp-site.ts";
import { SiteClient } from "../site-client.ts";

const site = new TempSite("empty");
afterAll(() => site[Symbol.dispose]());
beforeEach(() => {
  for (const name of readdirSync(site.root)) rmSync(site.at(name), { recursive: true });
});

const client = new SiteClient(site.root, { put: true, uploadMode: 0o644 });
const modeOf = (name: string): number => statSync(site.at(name)).mode & 0o7777;

describe("MKCOL (RFC 4918 §9.3)", () => {
  test("makes a folder, which takes files and folders at once", async () => {
    const made = await client.ask("MKCOL /new/");
    expect([made.status, made.fields["Location"], made.body]).toEqual([201, "./", ""]);
    expect(made.note?.reason).toBe("made the folder new");
    expect((await client.ask("MKCOL /new/a%20%C3%BC")).fields["Location"]).toBe("./a%20%C3%BC/");
    expect((await client.ask("PUT /new/a%20%C3%BC/a.txt", {}, "one")).status).toBe(201);
    expect((await client.ask("GET /new/a%20%C3%BC/a.txt")).body).toBe("one");
  });

  test.each([
    [0o600, 0o711],
    [0o640, 0o751],
    [0o644, 0o755],
    [0o666, 0o755],
  ])("with files of mode %o makes folders of mode %o, whatever the mask", async (mode, bits) => {
    const before = process.umask(0o077);
    try {
      const of = new SiteClient(site.root, { post: "upload", uploadMode: mode });
      expect((await of.ask("MKCOL /new/")).status).toBe(201);
    } finally {
      process.umask(before);
    }
    expect(modeOf("new")).toBe(bits);
  });

  test("keeps the set-group-ID bit that a folder inherits", async () => {
    mkdirSync(site.at("ours"));
    chmodSync(site.at("ours"), 0o2755);
    expect((await client.ask("MKCOL /ours/new/")).status).toBe(201);
    expect(modeOf("ours/new")).toBe(0o2755);
  });

  test("is no method of what is there, and Allow says so", async () => {
    site.file("a.txt", "one");
    mkdirSync(site.at("folder"));
    symlinkSync("none", site.at("link"));
    for (const path of ["/", "/folder", "/folder/", "/a.txt", "/link"]) {
      const answer = await client.ask(`MKCOL ${path}`);
      expect([path, answer.status]).toEqual([path, 405]);
      expect(answer.fields["Allow"]).not.toContain("MKCOL");
      const reason = path === "/" ? "it is the folder of uploads" : "it is there already";
      expect([path, answer.note?.reason]).toEqual([path, reason]);
    }
    expect((await client.ask("OPTIONS /none/")).fields["Allow"]).toContain("MKCOL");
  });

  test.each([
    ["/none/new/", 409],
    ["/a.txt/new/", 409],
    ["/link/new/", 409],
    ["/shut/new/", 403],
    ["/.new/", 403],
    ["/.git/new/", 403],
    ["/new./", 403],
    ["/a%0Ab/", 403],
    ["/nul/", 403],
    ["/404.html/", 403],
    ["/a.txt.gz/", 403],
    ["/../new/", 405],
  ])("%s is %i", async (path, status) => {
    site.file("a.txt", "one");
    mkdirSync(site.at("shut"), { mode: 0o700 });
    symlinkSync("shut", site.at("link"));
    expect((await client.ask(`MKCOL ${path}`)).status).toBe(status);
    expect(readdirSync(site.root).toSorted()).toEqual(["a.txt", "link", "shut"]);
    expect(readdirSync(site.at("shut"))).toEqual([]);
  });

  test("with content is refused: of what type a folder would be made isn't known", async () => {
    const refused = await client.ask("MKCOL /new/", {}, "<a/>");
    expect([refused.status, refused.note?.reason]).toEqual([
      415,
      "415 media-type (RFC 9110 §15.5.16): MKCOL takes no content",
    ]);
    expect((await client.ask("MKCOL /new/", { "Content-Length": "0" })).status).toBe(201);
  });

  test("weighs conditions", async () => {
    const refused = await client.ask("MKCOL /new/", { "If-Match": "*" });
    const why = "If-Match is false: nothing is there";
    expect([refused.status, refused.note?.reason]).toEqual([412, why]);
    expect((await client.ask("MKCOL /new/", { "If-None-Match": "*" })).status).toBe(201);
  });

  test("goes down as far as its limit says", async () => {
    const shallow = new SiteClient(site.root, { put: true, limits: { uploadDepthMax: 2 } });
    const answers = [];
    for (const path of ["/a/", "/a/b/", "/a/b/c/"])
      answers.push(await shallow.ask(`MKCOL ${path}`));
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 403]);
    expect(answers[2]?.note?.reason).toContain("uploadDepthMax is 2, came 3");
  });

  test("on a full disk is refused", async () => {
    const limits = { uploadFreeBytesMin: Number.MAX_SAFE_INTEGER };
    const full = new SiteClient(site.root, { put: true, limits });
    expect((await full.ask("MKCOL /new/")).status).toBe(507);
    expect(readdirSync(site.root)).toEqual([]);
  });

  test("of two that make one folder, one does", async () => {
    const answers = await Promise.all([client.ask("MKCOL /new/"), client.ask("MKCOL /new")]);
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 405]);
  });

  test("is for the folder of uploads alone, which itself is never made", async () => {
    mkdirSync(site.at("in"));
    const inside = new SiteClient(site.root, { put: true, uploadDir: "in" });
    expect((await inside.ask("MKCOL /in/new/")).status).toBe(201);
    const out = await inside.ask("MKCOL /out/");
    expect([out.status, out.note?.reason]).toEqual([405, "uploads go to /in/ (--upload-dir)"]);
    rmSync(site.at("in"), { recursive: true });
    expect((await inside.ask("MKCOL /in/")).status).toBe(405);
    expect((await inside.ask("PUT /in", {}, "one")).status).toBe(409);
    expect(readdirSync(site.root)).toEqual([]);
  });
});

test("without uploads there is no such method", async () => {
  const off = new SiteClient(site.root);
  const answer = await off.ask("MKCOL /new/");
  expect([answer.status, answer.fields["Allow"]]).toEqual([405, "GET, HEAD, OPTIONS"]);
});
