import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";

import { TempSite } from "../../temp-site.ts";
import { SiteClient } from "../site-client.ts";

const site = new TempSite("empty");
afterAll(() => site[Symbol.dispose]());
beforeEach(() => {
  for (const name of readdirSync(site.root)) rmSync(site.at(name), { recursive: true });
});

const client = new SiteClient(site.root, { put: true, uploadMode: 0o644 });
const read = (name: string): string => readFileSync(site.at(name), "utf8");

describe("PUT", () => {
  test("stores, replaces and shows at once", async () => {
    const stored = await client.ask("PUT /a.txt", {}, "one");
    expect([stored.status, stored.fields["Location"]]).toEqual([201, "./a.txt"]);
    expect(stored.note?.reason).toBe("stored a.txt, 3 bytes");
    const got = await client.ask("GET /a.txt");
    expect([got.body, got.fields["ETag"]]).toEqual(["one", stored.fields["ETag"] ?? "none"]);
    const replaced = await client.ask("PUT /a.txt", {}, "two");
    expect([replaced.status, replaced.body]).toEqual([204, ""]);
    expect((await client.ask("GET /a.txt")).body).toBe("two");
    expect(readdirSync(site.root)).toEqual(["a.txt"]);
  });

  test("says in the log how many bytes are stored, or that one is", async () => {
    for (const [body, reason] of [
      ["", "stored a.txt, 0 bytes"],
      ["x", "replaced a.txt, 1 byte"],
      ["xy", "replaced a.txt, 2 bytes"],
    ] as const) {
      expect((await client.ask("PUT /a.txt", {}, body)).note?.reason).toBe(reason);
    }
  });

  test("gives a new file the mode of uploads, and keeps that of an old one", async () => {
    await client.ask("PUT /new", {}, "one");
    expect(statSync(site.at("new")).mode & 0o777).toBe(0o644);
    chmodSync(site.at("new"), 0o640);
    await client.ask("PUT /new", {}, "two");
    expect(statSync(site.at("new")).mode & 0o777).toBe(0o640);
  });

  test("takes names of any octets", async () => {
    expect((await client.ask("PUT /a%20%C3%BC", {}, "one")).status).toBe(201);
    expect((await client.ask("PUT /%FF", {}, "two")).status).toBe(201);
    expect((await client.ask("GET /a%20%C3%BC")).body).toBe("one");
    expect((await client.ask("GET /%FF")).body).toBe("two");
    expect((await client.ask("DELETE /%FF")).status).toBe(204);
  });

  test("takes a large file, whose tag isn't known yet", async () => {
    const octets = new Uint8Array(100_000).fill(65);
    const answer = await client.ask("PUT /large", {}, octets);
    expect([answer.status, answer.fields["ETag"]]).toEqual([201, undefined]);
    expect(statSync(site.at("large")).size).toBe(100_000);
  });

  test.each([
    ["PUT /.a", 403],
    ["PUT /a.", 403],
    ["PUT /index.html", 403],
    ["PUT /404.html", 403],
    ["PUT /none/a", 409],
    ["PUT /", 409],
    ["PUT /folder", 409],
    ["PUT /folder/", 409],
    ["PUT /.a/b", 403],
    ["PUT /shut/a", 403],
    ["PUT /a%00", 405],
    ["PUT /../a", 405],
  ])("%s is %i", async (line, status) => {
    mkdirSync(site.at("folder"));
    mkdirSync(site.at("shut"), { mode: 0o700 });
    expect((await client.ask(line, {}, "one")).status).toBe(status);
    expect(readdirSync(site.root).toSorted()).toEqual(["folder", "shut"]);
    expect(readdirSync(site.at("shut"))).toEqual([]);
  });

  test("with Content-Range, or a coding, is refused", async () => {
    const part = await client.ask("PUT /a", { "Content-Range": "bytes 0-2/9" }, "one");
    expect([part.status, part.close]).toEqual([400, true]);
    expect((await client.ask("PUT /a", { "Content-Encoding": "gzip" }, "one")).status).toBe(415);
    expect((await client.ask("PUT /a", { "Content-Encoding": "identity" }, "one")).status).toBe(
      201,
    );
  });

  test("without a length is refused", async () => {
    expect((await client.ask("PUT /a")).status).toBe(411);
  });

  test("of two that only create, one does", async () => {
    const asked = ["one", "two"].map((text) =>
      client.ask("PUT /a", { "If-None-Match": "*" }, text),
    );
    const answers = await Promise.all(asked);
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 412]);
    expect(readdirSync(site.root)).toEqual(["a"]);
  });

  test("of two that replace what both have seen, one does", async () => {
    site.file("a", "old");
    const tag = (await client.ask("GET /a")).fields["ETag"] ?? "";
    const asked = ["one", "two"].map((text) => client.ask("PUT /a", { "If-Match": tag }, text));
    const answers = await Promise.all(asked);
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([204, 412]);
    expect(readdirSync(site.root)).toEqual(["a"]);
  });

  test("of two without a condition, the last one counts, and both are whole", async () => {
    const answers = await Promise.all(
      ["one", "two", "six"].map((text) => client.ask("PUT /a", {}, text)),
    );
    for (const { status } of answers) expect([201, 204]).toContain(status);
    expect(["one", "two", "six"]).toContain(read("a"));
    expect(readdirSync(site.root)).toEqual(["a"]);
  });

  test("beyond the limit of files at one time is refused with 503", async () => {
    const limits = { uploadsAtOnceMax: 1, uploadsPerAddressMax: 1, uploadFilesMax: 1 };
    const one = new SiteClient(site.root, { put: true, limits });
    const answers = await Promise.all(["a", "b"].map((name) => one.ask(`PUT /${name}`, {}, "x")));
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 503]);
    expect((await one.ask("PUT /c", {}, "x")).status).toBe(201);
  });

  test("that would leave too little free is refused with 507, and leaves nothing", async () => {
    const limits = { uploadFreeBytesMin: Number.MAX_SAFE_INTEGER };
    const full = new SiteClient(site.root, { put: true, limits });
    const answer = await full.ask("PUT /a", {}, "x");
    expect(answer.status).toBe(507);
    expect(readdirSync(site.root)).toEqual([]);
  });

  test("that is too large is refused, and leaves nothing", async () => {
    const small = new SiteClient(site.root, { put: true, limits: { uploadBytesMax: 2 } });
    expect(small.ask("PUT /a", {}, "one")).rejects.toThrow("body-too-large");
    await Bun.sleep(0);
    expect((await small.ask("PUT /b", {}, "on")).status).toBe(201);
    expect(readdirSync(site.root)).toEqual(["b"]);
  });
});

describe("DELETE", () => {
  test("removes a file, and tells when there is none", async () => {
    site.file("a", "one");
    expect((await client.ask("DELETE /a")).status).toBe(204);
    expect((await client.ask("DELETE /a")).status).toBe(404);
    expect((await client.ask("GET /a")).status).toBe(404);
  });

  test("removes no folder, and nothing of the site's own", async () => {
    site.file("index.html", "one");
    site.folder("folder");
    for (const [path, status] of [
      ["/index.html", 403],
      ["/folder", 409],
      ["/folder/", 409],
      ["/", 409],
    ] as const) {
      expect((await client.ask(`DELETE ${path}`)).status).toBe(status);
    }
    expect(readdirSync(site.root).toSorted()).toEqual(["folder", "index.html"]);
  });

  test("weighs conditions", async () => {
    site.file("a", "one");
    const refused = await client.ask("DELETE /a", { "If-Match": '"x"' });
    const why = "If-Match is false: it has none of these tags";
    expect([refused.status, refused.note?.reason]).toEqual([412, why]);
    expect(refused.body).not.toContain(why);
    const explaining = new SiteClient(site.root, { put: true, explain: true });
    const { body, note } = await explaining.ask("PUT /a", { "If-None-Match": "*" }, "two");
    expect(note?.reason).toBe("If-None-Match: * is false: it is there");
    expect(body).toContain("If-None-Match: * is false: it is there");
    expect((await client.ask("DELETE /a", { "If-Match": "*" })).status).toBe(204);
  });
});

test("without the option both are refused, and Allow doesn't name them", async () => {
  const off = new SiteClient(site.root);
  for (const method of ["PUT", "DELETE"]) {
    const answer = await off.ask(`${method} /a`, {}, "x");
    expect([answer.status, answer.fields["Allow"]]).toEqual([405, "GET, HEAD, OPTIONS"]);
  }
});

test("what is trusted may be the site's own", async () => {
  const trusting = new SiteClient(site.root, { put: true, uploadMode: 0o644, trustUploads: true });
  expect((await trusting.ask("PUT /index.html", {}, "<p>")).status).toBe(201);
  expect((await trusting.ask("GET /")).body).toBe("<p>");
});
