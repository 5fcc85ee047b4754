import { afterAll, describe, expect, test } from "bun:test";
import { utimesSync } from "node:fs";

import { concatBytes } from "../../../src/http/octets/bytes.ts";
import { TempSite } from "../../temp-site.ts";
import { requestOf } from "../fake-request.ts";
import { SiteClient } from "../site-client.ts";

const site = new TempSite("empty");
afterAll(() => site[Symbol.dispose]());
const json = { Accept: "application/json" };

site.file("some/10.txt", "0123456789");
site.file('some/a "b" 你好.png', "");
site.file("some/shut.txt", "secret", 0o640);
site.folder("some/sub");
const when = new Date("2024-02-29T12:34:56Z");
for (const name of ["10.txt", 'a "b" 你好.png', "shut.txt", "sub"]) {
  utimesSync(site.at(`some/${name}`), when, when);
}

const mtime = "2024-02-29T12:34:56.000Z";

test("has the listing's entries, one a line, and what stands around them", async () => {
  const { status, fields, body } = await new SiteClient(site.root).ask("GET /some/", json);
  expect(status).toBe(200);
  expect(fields).toMatchObject({
    "Content-Type": "application/json",
    Vary: "Accept, Accept-Encoding",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
  });
  expect(fields["Content-Security-Policy"]).toBeUndefined();
  const { ETag } = fields;
  expect(ETag).toStartWith('"');
  expect(body).toBe(`{"path":"/some/","sort":"name","order":"asc","filter":"","entries":[
{"name":"sub","href":"./sub/","kind":"directory","group":"folder","size":null,"mtime":"${mtime}","readable":true},
{"name":"10.txt","href":"./10.txt","kind":"file","group":"text","size":10,"mtime":"${mtime}","readable":true},
{"name":"a \\"b\\" 你好.png","href":"./a%20%22b%22%20%E4%BD%A0%E5%A5%BD.png","kind":"file","group":"image","size":0,"mtime":"${mtime}","readable":true},
{"name":"shut.txt","href":"./shut.txt","kind":"file","group":"text","size":6,"mtime":"${mtime}","readable":false}
],"files":3,"folders":1,"bytes":16,"page":1,"pages":1,"prev":null,"next":null,"left":0}
`);
});

test("says why an entry is not readable under --explain, and only then", async () => {
  const client = new SiteClient(site.root, { explain: true });
  const { body } = await client.ask("GET /some/", json);
  const { entries } = JSON.parse(body) as { entries: readonly { name: string; reason?: string }[] };
  expect(entries.filter(({ reason }) => reason !== undefined)).toMatchObject([
    { name: "shut.txt", reason: "some/shut.txt: -rw-r----- lacks o+r; chmod o+r to serve it" },
  ]);
});

test("is what a client gets that prefers it; the page has another tag", async () => {
  const client = new SiteClient(site.root);
  const page = await client.ask("GET /some/", { Accept: "text/html, */*" });
  const listing = await client.ask("GET /some/", json);
  expect(page.fields["Content-Type"]).toBe("text/html; charset=utf-8");
  expect(page.fields["Vary"]).toBe(listing.fields["Vary"] ?? "");
  expect(page.fields["ETag"]).not.toBe(listing.fields["ETag"] ?? "");
  const tag = { "If-None-Match": listing.fields["ETag"] ?? "" };
  expect((await client.ask("GET /some/", { ...json, ...tag })).status).toBe(304);
  expect((await client.ask("GET /some/", tag)).status).toBe(200);
  expect((await client.ask("HEAD /some/", json)).fields).toEqual(listing.fields);
});

test("of an empty folder has no entries", async () => {
  site.folder("void");
  const { body } = await new SiteClient(site.root).ask("GET /void/?sort=size&order=desc", json);
  expect(JSON.parse(body)).toEqual({
    path: "/void/",
    sort: "size",
    order: "desc",
    filter: "",
    entries: [],
    files: 0,
    folders: 0,
    bytes: 0,
    page: 1,
    pages: 1,
    prev: null,
    next: null,
    left: 0,
  });
});

test("has names of any octets, and links to them", async () => {
  const client = new SiteClient("", { files: { "/odd/r%E9sum%E9%5C.txt": "x" } });
  const { body } = await client.ask("GET /odd/", json);
  expect(body).toContain(
    String.raw`{"name":"r\udce9sum\udce9\\.txt","href":"./r%E9sum%E9%5C.txt",`,
  );
});

describe("pages", () => {
  for (let i = 0; i < 25; i++) site.file(`many/${i}`, "x");

  test.each([
    ["whole", {}],
    ["streamed", { listingWholeEntriesMax: 5 }],
  ])("that are %s lead to all entries by their links", async (_, more) => {
    const limits = { listingEntriesMax: 10, ...more };
    const client = new SiteClient(site.root, { limits });
    const names: string[] = [];
    const links: unknown[] = [];
    for (let href: string | null = "./?order=desc"; href !== null;) {
      const response = await client.answer(requestOf(`GET /many/${href.slice(2)}`, json));
      const { body } = response;
      const text =
        body.kind === "stream"
          ? new TextDecoder().decode(concatBytes(await Array.fromAsync(body.chunks)))
          : new TextDecoder().decode(body.kind === "bytes" ? body.bytes : undefined);
      expect(body.kind).toBe("listingWholeEntriesMax" in more ? "stream" : "bytes");
      const page = JSON.parse(text) as {
        readonly entries: readonly { readonly name: string }[];
        readonly page: number;
        readonly pages: number;
        readonly files: number;
        readonly bytes: number;
        readonly prev: string | null;
        readonly next: string | null;
      };
      names.push(...page.entries.map(({ name }) => name));
      links.push([page.page, page.pages, page.files, page.bytes, page.prev]);
      href = page.next;
    }
    expect(names).toEqual(Array.from({ length: 25 }, (_unused, i) => `${24 - i}`));
    expect(links).toEqual([
      [1, 3, 25, 10, null],
      [2, 3, 25, 10, "./?order=desc"],
      [3, 3, 25, 5, "./?order=desc&page=2"],
    ]);
  });
});
