/**
 * Uploads to a folder that may hold only so much.
 */

import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, readdirSync, rmSync } from "node:fs";

import { TempSite } from "../../temp-site.ts";
import { FakeBody, requestOf } from "../fake-request.ts";
import { SiteClient } from "../site-client.ts";

const site = new TempSite("empty");
afterAll(() => site[Symbol.dispose]());
beforeEach(() => {
  for (const name of readdirSync(site.root)) rmSync(site.at(name), { recursive: true });
});

const block = 4096;

/** A client of a site whose folder of uploads may hold `blocks` blocks. */
function clientOf(
  blocks: number,
  uploadDir = "/",
  limits: Record<string, number> = {},
): SiteClient {
  const uploadQuota = blocks * block;
  return new SiteClient(site.root, { put: true, post: "upload", uploadQuota, uploadDir, limits });
}

const octets = (blocks: number): Uint8Array => new Uint8Array(blocks * block);

/** The fields and the content of a form with a file of each of so many `blocks`. */
function form(...blocks: number[]): [Record<string, string>, string] {
  const parts = blocks.map(
    (count, i) =>
      `--b\r\nContent-Disposition: form-data; name="f"; filename="f${i}"\r\n\r\n` +
      `${"x".repeat(count * block)}\r\n`,
  );
  return [{ "Content-Type": "multipart/form-data; boundary=b" }, `${parts.join("")}--b--\r\n`];
}

describe("a folder of uploads with a quota", () => {
  test("takes as much as it may hold, and no block more", async () => {
    site.file("there", "x");
    const client = clientOf(4);
    expect((await client.ask("PUT /a", {}, octets(3))).status).toBe(201);
    const refused = await client.ask("PUT /b", {}, "");
    expect([refused.status, refused.close]).toEqual([507, false]);
    expect(refused.note?.reason).toContain("uploadQuota");
    expect(readdirSync(site.root).toSorted()).toEqual(["a", "there"]);
    expect((await client.ask("DELETE /a")).status).toBe(204);
    expect((await client.ask("PUT /b", {}, octets(3))).status).toBe(201);
  });

  test("counts what is below it, and nothing beside it", async () => {
    site.file("in/sub/.hidden", "x".repeat(2 * block));
    site.file("out", "x".repeat(9 * block));
    const client = clientOf(4, "in");
    // The folder "sub" is a block, too.
    expect((await client.ask("PUT /in/a", {}, octets(2))).status).toBe(507);
    expect((await client.ask("PUT /in/sub/a", {}, octets(1))).status).toBe(201);
  });

  test("holds what is announced, so that many at one time don't exceed it", async () => {
    const client = clientOf(10);
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => client.ask(`PUT /${i}`, {}, octets(3))),
    );
    const stored = answers.filter(({ status }) => status === 201);
    expect([stored.length, readdirSync(site.root).length]).toEqual([3, 3]);
    expect(answers.filter(({ status }) => status === 507)).toHaveLength(17);
  });

  test("breaks off one that doesn't say how long it is, and leaves nothing of it", async () => {
    const client = clientOf(4);
    const head = requestOf("PUT /a", { "Transfer-Encoding": "chunked" });
    const request = { ...head, body: new FakeBody(octets(5), undefined) };
    expect((await client.answer(request)).status).toBe(507);
    expect(readdirSync(site.root)).toEqual([]);
    expect((await client.ask("PUT /a", {}, octets(4))).status).toBe(201);
  });

  test("needs room for both while a file is replaced, and has that of the old one then", async () => {
    const client = clientOf(5);
    expect((await client.ask("PUT /a", {}, octets(2))).status).toBe(201);
    expect((await client.ask("PUT /a", {}, octets(4))).status).toBe(507);
    expect((await client.ask("PUT /a", {}, octets(3))).status).toBe(204);
    expect((await client.ask("PUT /b", {}, octets(2))).status).toBe(201);
    expect((await client.ask("PUT /c", {}, "x")).status).toBe(507);
  });

  test("takes folders, each a block, until it is full", async () => {
    const client = clientOf(2);
    const statuses: number[] = [];
    for (const path of ["/a/", "/a/", "/a/b/", "/c/"]) {
      statuses.push((await client.ask(`MKCOL ${path}`)).status);
    }
    expect(statuses).toEqual([201, 405, 201, 507]);
  });

  test("takes a form whole or not at all", async () => {
    const client = clientOf(6);
    expect((await client.ask("POST /", ...form(2, 2, 3))).status).toBe(507);
    expect(readdirSync(site.root)).toEqual([]);
    expect((await client.ask("POST /", ...form(2, 1, 1))).status).toBe(201);
    expect((await client.ask("POST /", ...form(2))).status).toBe(507);
    expect(readdirSync(site.root).toSorted()).toEqual(["f0", "f1", "f2"]);
  });

  test("refuses all when it has too many entries to be counted", async () => {
    for (const name of ["a", "b", "c"]) site.file(name, "");
    const client = clientOf(100, "/", { uploadSweepEntriesMax: 2 });
    const answer = await client.ask("PUT /d", {}, "x");
    expect(answer.status).toBe(507);
    expect(answer.note?.reason).toContain("uploadSweepEntriesMax");
  });

  test("without one has no such bound", async () => {
    mkdirSync(site.at("in"));
    const client = new SiteClient(site.root, { put: true, limits: { uploadSweepEntriesMax: 0 } });
    expect((await client.ask("PUT /in/a", {}, octets(100))).status).toBe(201);
  });
});
