import { afterAll, describe, expect, test } from "bun:test";
import { closeSync, ftruncateSync, openSync, utimesSync, writeSync } from "node:fs";

import { representFile, tagOfBytes } from "../../../src/site/content/file-representation.ts";
import { Representation } from "../../../src/site/content/representation.ts";
import { respondWith, whyPrevented } from "../../../src/site/content/selected-response.ts";
import { ErrorPages } from "../../../src/site/pages/error-page.ts";
import type { Request } from "../../../src/site/request.ts";
import { latin1Text, utf8Bytes } from "../../../src/http/octets/bytes.ts";
import { formatImfFixdate } from "../../../src/http/fields/date.ts";
import type { Response } from "../../../src/http/message/response.ts";
import { bodyOctets } from "../../../src/http/message/response.ts";
import { TempSite } from "../../temp-site.ts";
import type { ShownResponse } from "../shown-response.ts";
import { SiteClient } from "../site-client.ts";
import { octetsOf, show } from "../shown-response.ts";
import { requestOf } from "../fake-request.ts";

const site = new TempSite("empty");
afterAll(() => site[Symbol.dispose]());

const letters = "abcdefghijklmnopqrstuvwxyz";
const changed = new Date("2024-02-29T12:00:00Z");
const lastModified = "Thu, 29 Feb 2024 12:00:00 GMT";
site.file("letters.txt", letters);
utimesSync(site.at("letters.txt"), changed, changed);
site.file("empty.txt", "");

const client = new SiteClient(site.root);
/** One for which everything here is large. */
const large = new SiteClient(site.root, { limits: { inlineBytesMax: 10 } });

const paths: readonly (readonly [what: string, client: SiteClient, kind: "bytes" | "file"])[] = [
  ["read at once", client, "bytes"],
  ["sent from the open file", large, "file"],
];

describe.each(paths)("a file that is %s", (_what, from, kind) => {
  const get = (fields: Record<string, string> = {}): Promise<ShownResponse> =>
    from.ask("GET /letters.txt", fields);
  const tag = async (): Promise<string> => (await get()).fields["ETag"] ?? "";

  test("has a strong tag, a date, and says that it has ranges (RFC 9110 §8.8, §14.3)", async () => {
    const shown = await get();
    expect(shown).toMatchObject({ status: 200, kind, body: letters });
    expect(shown.fields["ETag"]).toMatch(/^"[\w-]+"$/);
    expect(shown.fields["Last-Modified"]).toBe(lastModified);
    expect(shown.fields["Accept-Ranges"]).toBe("bytes");
    expect((await get()).fields).toEqual(shown.fields);
    expect((await from.ask("HEAD /letters.txt")).fields).toEqual(shown.fields);
  });

  test("is 304 with its tag and what caches need, and no more (RFC 9110 §15.4.5)", async () => {
    for (const line of ["GET /letters.txt", "HEAD /letters.txt"]) {
      for (const value of [await tag(), `W/${await tag()}`, `"x,y", ${await tag()}`, "*"]) {
        const shown = await from.ask(line, { "If-None-Match": value });
        expect([shown.status, shown.kind]).toEqual([304, "none"]);
        expect(shown.fields).toEqual({
          ETag: await tag(),
          "Cache-Control": "no-cache",
          Vary: "Accept-Encoding",
        });
      }
      const { status } = await from.ask(line, { "If-Modified-Since": lastModified });
      expect(status).toBe(304);
    }
  });

  test("is 412 where If-Match or If-Unmodified-Since fails (RFC 9110 §15.5.13)", async () => {
    const early = formatImfFixdate(changed.getTime() - 1000);
    for (const fields of [
      { "If-Match": '"x"' },
      { "If-Match": `W/${await tag()}` },
      { "If-Unmodified-Since": early },
      { "If-Match": '"x"', "If-None-Match": await tag(), Range: "bytes=0-1" },
    ]) {
      const shown = await get(fields);
      expect([shown.status, shown.close]).toEqual([412, false]);
      expect(shown.note?.reason).toMatch(/^If-(Match|Unmodified-Since) is false: it has /);
      expect(Object.keys(shown.fields)).toEqual([
        "X-Content-Type-Options",
        "Cross-Origin-Resource-Policy",
        "Content-Type",
      ]);
    }
    expect((await get({ "If-Match": `"x", ${await tag()}` })).status).toBe(200);
    expect((await get({ "If-Unmodified-Since": lastModified })).status).toBe(200);
  });

  test("is 206 with one range: its octets and all fields of the 200 (RFC 9110 §15.3.7)", async () => {
    const whole = await get();
    const part = await get({ Range: "bytes=2-4" });
    expect(part).toMatchObject({ status: 206, kind, body: "cde" });
    expect(part.fields).toEqual({ ...whole.fields, "Content-Range": "bytes 2-4/26" });
    expect(await get({ Range: "bytes=-1" })).toMatchObject({
      status: 206,
      body: "z",
      fields: { "Content-Range": "bytes 25-25/26" },
    });
    expect(await get({ Range: "bytes=0-" })).toMatchObject({ status: 206, body: letters });
  });

  test("is 206 with several: each with its fields, to the octet (RFC 9110 §14.6)", async () => {
    const fields = { Range: "bytes=-2, 0-1,5-6" };
    const response = await from.answer(requestOf("GET /letters.txt", fields));
    expect([response.status, response.body.kind]).toEqual([206, kind]);
    const length = bodyOctets(response.body);
    const text = latin1Text(octetsOf(response));
    const { fields: of } = show(response);
    expect(of["Content-Range"]).toBeUndefined();
    const [, boundary = ""] =
      /^multipart\/byteranges; boundary=([\w-]{1,70})$/.exec(of["Content-Type"] ?? "") ?? [];
    const part = (range: string, content: string): string =>
      `--${boundary}\r\nContent-Type: text/plain; charset=utf-8\r\n` +
      `Content-Range: bytes ${range}/26\r\n\r\n${content}\r\n`;
    const parts = part("24-25", "yz") + part("0-1", "ab") + part("5-6", "fg");
    expect(text).toBe(`${parts}--${boundary}--\r\n`);
    expect(length).toBe(text.length);
  });

  test("is no multipart where one range is asked for, or one is left (§15.3.7.2)", async () => {
    for (const [range, said, body] of [
      ["bytes=1-2,26-", "bytes 1-2/26", "bc"],
      ["bytes=1-5,3-7", "bytes 1-7/26", "bcdefgh"],
      ["bytes=0-,0-,0-,-26", "bytes 0-25/26", letters],
    ] as const) {
      const shown = await get({ Range: range });
      expect(shown).toMatchObject({ status: 206, body, fields: { "Content-Range": said } });
      expect(shown.fields["Content-Type"]).toBe("text/plain; charset=utf-8");
    }
  });

  test("is 416 with its length where no range is in it (RFC 9110 §15.5.17)", async () => {
    for (const range of ["bytes=26-", "bytes=-0", "bytes=99-,26-27"]) {
      const shown = await get({ Range: range });
      expect([shown.status, shown.close]).toEqual([416, false]);
      expect(shown.fields["Content-Range"]).toBe("bytes */26");
      expect(shown.fields["ETag"]).toBeUndefined();
      expect(shown.body).toContain("<title>416 Range Not Satisfiable</title>");
    }
  });

  test("is whole where Range means nothing, or comes twice (RFC 9110 §14.2)", async () => {
    for (const fields of [
      { Range: "lines=0-1" },
      { Range: "bytes=1-0" },
      { Range: "bytes=" },
      { Range: "" },
      { Range: "bytes=0-1", range: "bytes=2-3" },
    ]) {
      expect(await get(fields)).toMatchObject({ status: 200, body: letters });
    }
    const head = await from.ask("HEAD /letters.txt", { Range: "bytes=0-1" });
    expect([head.status, head.fields["Content-Range"]]).toEqual([200, undefined]);
    expect((await from.ask("HEAD /letters.txt", { Range: "bytes=99-" })).status).toBe(200);
  });

  test("beyond so many ranges is whole", async () => {
    const few = new SiteClient(site.root, {
      limits: { rangeCountMax: 2, inlineBytesMax: kind === "file" ? 10 : 100 },
    });
    const ask = (range: string): Promise<ShownResponse> =>
      few.ask("GET /letters.txt", { Range: range });
    expect((await ask("bytes=0-0,2-2")).status).toBe(206);
    expect(await ask("bytes=0-0,2-2,4-4")).toMatchObject({ status: 200, body: letters });
  });

  test("answers a part while If-Range holds, and else the whole (RFC 9110 §13.1.5)", async () => {
    const range = { Range: "bytes=0-2" };
    for (const value of [await tag(), lastModified, "Thursday, 29-Feb-24 12:00:00 GMT"]) {
      const shown = await get({ ...range, "If-Range": value });
      expect(shown).toMatchObject({ status: 206, body: "abc" });
      expect(shown.fields["ETag"]).toBe(await tag());
      // A client that sends If-Range has the other fields already (RFC 9110 §15.3.7).
      expect(shown.fields["Last-Modified"]).toBeUndefined();
    }
    for (const value of [
      `W/${await tag()}`,
      '"x"',
      `${await tag()}, "x"`,
      formatImfFixdate(changed.getTime() + 1000),
      "yesterday",
    ]) {
      const shown = await get({ ...range, "If-Range": value });
      expect(shown).toMatchObject({ status: 200, body: letters });
      expect(shown.fields["Last-Modified"]).toBe(lastModified);
    }
    const beyond = { Range: "bytes=26-" };
    expect((await get({ ...beyond, "If-Range": await tag() })).status).toBe(416);
    expect((await get({ ...beyond, "If-Range": '"x"' })).status).toBe(200);
    expect((await get({ "If-Range": '"x"' })).status).toBe(200);
  });

  test("is weighed by its conditions before its ranges (RFC 9110 §13.2.2, §14.2)", async () => {
    const none = { "If-None-Match": await tag() };
    expect((await get({ ...none, Range: "bytes=0-1" })).status).toBe(304);
    expect((await get({ ...none, Range: "bytes=26-" })).status).toBe(304);
    expect((await get({ "If-Match": '"x"', Range: "bytes=26-" })).status).toBe(412);
    expect((await get({ "If-None-Match": '"x"', Range: "bytes=26-" })).status).toBe(416);
  });
});

const getEmpty = (range: string): Promise<ShownResponse> =>
  client.ask("GET /empty.txt", { Range: range });

describe("an empty file", () => {
  test("has no first octet (RFC 9110 §14.1.2)", async () => {
    for (const range of ["bytes=0-", "bytes=0-0", "bytes=-0"]) {
      const fields = { "Content-Range": "bytes */0" };
      expect(await getEmpty(range)).toMatchObject({ status: 416, fields });
    }
  });

  test("has all of its last ones, which only a 200 can say", async () => {
    expect(await getEmpty("bytes=-1")).toMatchObject({ status: 200, body: "" });
  });
});

describe("files of more than 4 GiB", () => {
  const size = 5 * 2 ** 30 + 7;
  const past = 2 ** 32;
  const fd = openSync(site.at("sparse.bin"), "w", 0o644);
  ftruncateSync(fd, size);
  writeSync(fd, "<over the edge>", past - 7);
  writeSync(fd, "the end", size - 7);
  closeSync(fd);

  test("are promised whole", async () => {
    const response = await client.answer(requestOf("GET /sparse.bin"));
    expect(bodyOctets(response.body)).toBe(size);
    if (response.body.kind === "file") response.body.file.close();
  });

  test.each([
    [`bytes=${past - 7}-${past + 7}`, "<over the edge>", `${past - 7}-${past + 7}`],
    [`bytes=${past}-${past + 6}`, "he edge", `${past}-${past + 6}`],
    [`bytes=${past - 1}-${past - 1}`, "t", `${past - 1}-${past - 1}`],
    ["bytes=-7", "the end", `${size - 7}-${size - 1}`],
    [`bytes=${size - 3}-`, "end", `${size - 3}-${size - 1}`],
    [`bytes=${size - 3}-99999999999999`, "end", `${size - 3}-${size - 1}`],
  ])("%s", async (range, body, said) => {
    const shown = await client.ask("GET /sparse.bin", { Range: range });
    expect(shown).toMatchObject({ status: 206, body });
    expect(shown.fields["Content-Range"]).toBe(`bytes ${said}/${size}`);
  });

  test("in several parts", async () => {
    const range = { Range: `bytes=-3,${past - 7}-${past - 3}` };
    const { status, body } = await client.ask("GET /sparse.bin", range);
    expect(status).toBe(206);
    const parts = body.split(/\r?\n?--[\w-]{36}(?:--)?\r\n/).filter((part) => part !== "");
    expect(parts).toEqual([
      "Content-Type: application/octet-stream\r\n" +
        `Content-Range: bytes ${size - 3}-${size - 1}/${size}\r\n\r\nend`,
      "Content-Type: application/octet-stream\r\n" +
        `Content-Range: bytes ${past - 7}-${past - 3}/${size}\r\n\r\n<over`,
    ]);
  });

  test("end where they end", async () => {
    const { status, fields } = await client.ask("GET /sparse.bin", { Range: `bytes=${size}-` });
    expect([status, fields["Content-Range"]]).toEqual([416, `bytes */${size}`]);
  });
});

const pages = new ErrorPages(client.tree, client.limits, false);

/** What `request` gets of `representation`. */
const respond = (request: Request, representation: Representation): Response =>
  respondWith(request, representation, pages, client.limits);

describe("the time of the last change (RFC 9110 §8.8.2)", () => {
  const content = utf8Bytes(letters);
  const receivedMs = Date.parse("2026-11-22T12:00:00.500Z");

  /** What a GET with `fields` gets of what was changed at `mtimeMs`. */
  function ask(mtimeMs: number, fields: Record<string, string> = {}): ShownResponse {
    const representation = new Representation({
      mediaType: "text/plain",
      entityTag: tagOfBytes(content),
      mtimeMs,
      content,
      fields: [],
    });
    const request = { ...requestOf("GET /", fields), receivedMs };
    return show(respond(request, representation));
  }

  test("is never later than the answer (§8.8.2.1)", () => {
    const now = "Sun, 22 Nov 2026 12:00:00 GMT";
    for (const [aheadMs, told] of [
      [0, now],
      [499, now],
      [500, undefined],
      [86_400_000, undefined],
    ] as const) {
      expect([aheadMs, ask(receivedMs + aheadMs).fields["Last-Modified"]]).toEqual([aheadMs, told]);
    }
  });

  test("that says nothing is left out, and makes dates mean nothing", () => {
    const sure = { "If-Modified-Since": formatImfFixdate(receivedMs) };
    const range = { Range: "bytes=0-0" };
    for (const [date, isTold] of [
      ["1969-12-31T23:59:59Z", false],
      ["1970-01-01T00:00:00Z", false],
      ["1970-01-01T00:00:01Z", false],
      ["1980-01-01T00:00:00Z", false],
      ["1985-10-26T08:15:00Z", false],
      ["1985-10-26T23:59:59.999Z", false],
      ["1985-10-27T00:00:00Z", true],
      ["2000-01-01T00:00:00Z", true],
      ["2026-11-22T12:00:02Z", false],
    ] as const) {
      const mtimeMs = Date.parse(date);
      const whole = ask(mtimeMs);
      const told = isTold ? formatImfFixdate(mtimeMs) : undefined;
      expect([date, whole.fields["Last-Modified"]]).toEqual([date, told]);
      expect([date, whole.fields["ETag"]]).toEqual([date, expect.any(String)]);
      expect([date, ask(mtimeMs, sure).status]).toEqual([date, isTold ? 304 : 200]);
      const ifRange = { ...range, "If-Range": formatImfFixdate(mtimeMs) };
      expect([date, ask(mtimeMs, ifRange).status]).toEqual([date, isTold ? 206 : 200]);
    }
  });

  test("is cut to the second below", () => {
    const said = ask(changed.getTime() + 999).fields["Last-Modified"];
    expect(said).toBe(lastModified);
    const ifModified = { "If-Modified-Since": lastModified };
    expect(ask(changed.getTime() + 999, ifModified).status).toBe(304);
  });

  test.each([
    [-3000, 206],
    [-1000, 206],
    [-501, 206],
    [-500, 200],
    [0, 200],
    [3000, 200],
  ])("as If-Range, %d ms from now, is answered %d (§8.8.2.2)", (age, status) => {
    const mtimeMs = receivedMs + age;
    const date = ask(mtimeMs).fields["Last-Modified"] ?? "";
    expect(ask(mtimeMs, { Range: "bytes=0-0", "If-Range": date }).status).toBe(status);
  });

  test("that something doesn't have is not told, and makes dates mean nothing", () => {
    const entityTag = tagOfBytes(content);
    const undated = new Representation({ mediaType: "a/b", entityTag, content, fields: [] });
    const fields = {
      "If-Modified-Since": formatImfFixdate(receivedMs),
      "If-Unmodified-Since": formatImfFixdate(0),
    };
    const request = requestOf("GET /", fields);
    const shown = show(respond(request, undated));
    expect([shown.status, shown.fields["Last-Modified"]]).toEqual([200, undefined]);
  });
});

describe("fields of a representation", () => {
  const all = ["Cache-Control", "Content-Location", "Expires", "Vary"];
  const representation = new Representation({
    mediaType: "a/b",
    entityTag: { weak: true, opaque: "t" },
    mtimeMs: changed.getTime(),
    content: utf8Bytes(letters),
    fields: [...all, "Content-Encoding", "Content-Language", "X-Other"].map((name) => [name, "x"]),
  });
  const fieldsFor = (fields: Record<string, string>): string[] => {
    const request = requestOf("GET /", fields);
    return Object.keys(show(respond(request, representation)).fields);
  };

  test("are all on a 200 and on a 206, and on a 304 those that §15.4.5 names", () => {
    const names = representation.fields.map(([name]) => name);
    const told = ["ETag", "Last-Modified", "Accept-Ranges", ...names];
    expect(fieldsFor({})).toEqual([...told, "Content-Type"]);
    expect(fieldsFor({ Range: "bytes=0-0" })).toEqual([...told, "Content-Range", "Content-Type"]);
    // The parts are coded, and what they make together is not.
    const toldOfAll = told.filter((name) => name !== "Content-Encoding");
    expect(fieldsFor({ Range: "bytes=0-0,2-2" })).toEqual([...toldOfAll, "Content-Type"]);
    expect(fieldsFor({ "If-None-Match": 'W/"t"' })).toEqual(["ETag", ...all]);
  });
});

/** How a file answers a read after `use` has had it. */
async function readAfter(use: (representation: Representation) => void): Promise<number> {
  const unasked = new SiteClient(site.root, { limits: { inlineBytesMax: 10 } });
  const file = await unasked.open("/letters.txt");
  use(representFile(file, "text/plain", [], false));
  return file.read(new Uint8Array(1), 0);
}

describe("what isn't sent is let go of", () => {
  test.each([
    [{ "If-None-Match": "*" }, 304],
    [{ "If-Match": '"x"' }, 412],
    [{ Range: "bytes=26-" }, 416],
  ])("%p", async (fields, status) => {
    const request = requestOf("GET /letters.txt", fields);
    const count = await readAfter((representation) => {
      const response = respond(request, representation);
      expect<number>(response.status).toBe(status);
    });
    expect(count).toBe(0);
  });

  test("where another method is weighed against it", async () => {
    const request = requestOf("POST /letters.txt", { "If-None-Match": '"x"' });
    const count = await readAfter((representation) => {
      expect(whyPrevented(request, representation)).toBeUndefined();
    });
    expect(count).toBe(0);
  });
});

describe("errors and redirects know no conditions and no ranges (RFC 9110 §13.2.1)", () => {
  site.file("shut.txt", "secret", 0o600);
  site.folder("folder");

  test.each([
    ["GET /nowhere", 404],
    ["HEAD /nowhere", 404],
    ["GET /shut.txt", 403],
    ["GET /folder", 308],
    ["GET /%zz", 400],
    ["DELETE /letters.txt", 405],
    ["OPTIONS /letters.txt", 204],
  ])("%s is %d", async (line, status) => {
    for (const fields of [
      { "If-Match": '"x"' },
      { "If-Match": "*" },
      { "If-None-Match": "*" },
      { "If-Modified-Since": formatImfFixdate(Date.now()) },
      { "If-Unmodified-Since": formatImfFixdate(0) },
      { Range: "bytes=0-0" },
      { Range: "bytes=99999-" },
    ]) {
      const shown = await client.ask(line, fields);
      expect([shown.status, shown.fields["Content-Range"]]).toEqual([status, undefined]);
    }
  });
});

describe("a listing", () => {
  test("is a representation like others, without a date", async () => {
    const shown = await client.ask("GET /folder/");
    expect([shown.status, shown.fields["Last-Modified"]]).toEqual([200, undefined]);
    const tag = shown.fields["ETag"] ?? "";
    expect((await client.ask("GET /folder/", { "If-None-Match": tag })).status).toBe(304);
    const part = await client.ask("GET /folder/", { Range: "bytes=0-14" });
    expect([part.status, part.body]).toEqual([206, "<!doctype html>"]);
    site.file("folder/new.txt", "new");
    expect((await client.ask("GET /folder/", { "If-None-Match": tag })).status).toBe(200);
  });
});
