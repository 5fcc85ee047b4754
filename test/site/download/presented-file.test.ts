import { afterAll, describe, expect, test } from "bun:test";

import { TempSite } from "../../temp-site.ts";
import { repeatedHead, requestWith } from "../fake-request.ts";
import { show } from "../shown-response.ts";
import { SiteClient } from "../site-client.ts";

const temp = new TempSite("empty");
afterAll(() => temp[Symbol.dispose]());
const page = `<!doctype html><h1>words</h1>${"so many words ".repeat(200)}`;
temp.file("page.html", page);
temp.file("latin.html", new Uint8Array([0x3c, 0x70, 0x3e, 0xe9, 0xe8, 0xe7]));
temp.file("image.svg", "<svg/>");
temp.file("data.xml", "<a/>");
temp.file("notes.md", "# notes");
temp.file("app.js", "1");
temp.file("site.css", "a{}");
temp.file("data.json", "{}");
temp.file("photo.png", "\u0089PNG");
temp.file("grüße (1).txt", "g");
temp.file("large.html", page.repeat(100));
temp.file("docs/index.html", "docs");
const client = new SiteClient(temp.root);

describe("?raw (a file's source)", () => {
  test.each([
    ["page.html", "text/plain; charset=utf-8"],
    ["latin.html", "text/plain"],
    ["image.svg", "text/plain; charset=utf-8"],
    ["data.xml", "text/plain; charset=utf-8"],
    ["notes.md", "text/plain; charset=utf-8"],
    ["app.js", "text/plain; charset=utf-8"],
    ["site.css", "text/plain; charset=utf-8"],
    ["data.json", "text/plain; charset=utf-8"],
    ["photo.png", "image/png"],
  ])("of %s is %s, and nothing guesses another type", async (name, type) => {
    for (const query of ["raw", "raw=1", "v=2&raw"]) {
      const { status, fields } = await client.ask(`GET /${name}?${query}`);
      expect([status, fields["Content-Type"]]).toEqual([200, type]);
      expect(fields["X-Content-Type-Options"]).toBe("nosniff");
      expect(fields["Content-Disposition"]).toBeUndefined();
    }
  });

  test("is the same octets, with ranges and conditions", async () => {
    const usual = await client.ask("GET /page.html");
    const raw = await client.ask("GET /page.html?raw");
    expect([raw.body, raw.fields["ETag"]]).toEqual([page, usual.fields["ETag"] ?? ""]);
    const tag = { "If-None-Match": raw.fields["ETag"] ?? "" };
    expect((await client.ask("GET /page.html?raw", tag)).status).toBe(304);
    const part = await client.ask("GET /page.html?raw", { Range: "bytes=0-8" });
    expect([part.status, part.body]).toEqual([206, "<!doctype"]);
    expect(part.fields["Content-Type"]).toBe("text/plain; charset=utf-8");
    const parts = await client.ask("GET /page.html?raw", { Range: "bytes=0-0,2-2" });
    expect(parts.body).toContain("Content-Type: text/plain; charset=utf-8\r\n");
    expect(parts.body).not.toContain("text/html");
  });

  test("is compressed for a client that takes that", async () => {
    const coded = await client.ask("GET /page.html?raw", { "Accept-Encoding": "zstd" });
    expect([coded.fields["Content-Encoding"], coded.fields["Content-Type"]]).toEqual([
      "zstd",
      "text/plain; charset=utf-8",
    ]);
    expect(coded.fields["Vary"]).toBe("Accept-Encoding");
  });

  test("of a large file is sent from the file", async () => {
    const { kind, body, fields } = await client.ask("GET /large.html?raw");
    expect([kind, body.length, fields["Content-Type"]]).toEqual([
      "file",
      100 * page.length,
      "text/plain; charset=utf-8",
    ]);
  });
});

describe("?download (a file to be saved)", () => {
  test.each([
    ["GET /page.html?download", "attachment; filename=page.html"],
    ["GET /photo.png?download=1", "attachment; filename=photo.png"],
    [
      "GET /gr%C3%BC%C3%9Fe%20(1).txt?download",
      "attachment; filename=\"gr__e (1).txt\"; filename*=UTF-8''gr%C3%BC%C3%9Fe%20%281%29.txt",
    ],
    ["GET /docs/?download", "attachment; filename=index.html"],
    ["HEAD /large.html?download=1", "attachment; filename=large.html"],
  ])("%s is an attachment", async (line, disposition) => {
    const { status, fields } = await client.ask(line);
    expect([status, fields["Content-Disposition"]]).toEqual([200, disposition]);
    expect(fields["X-Content-Type-Options"]).toBe("nosniff");
  });

  test("leaves the type as it is, and 206 is an attachment, too", async () => {
    const part = await client.ask("GET /page.html?download", { Range: "bytes=0-8" });
    expect([part.status, part.fields["Content-Disposition"]]).toEqual([
      206,
      "attachment; filename=page.html",
    ]);
    expect(part.fields["Content-Type"]).toBe("text/html; charset=utf-8");
  });

  test.each(["download=0", "download=zip", "raw=0", "v=raw", "downloads", "x=1"])(
    "other queries say nothing: ?%s",
    async (query) => {
      const { fields } = await client.ask(`GET /page.html?${query}`);
      expect(fields).toEqual((await client.ask("GET /page.html")).fields);
    },
  );

  test("errors are not for saving", async () => {
    const { status, fields } = await client.ask("GET /none.txt?download");
    expect([status, fields["Content-Disposition"]]).toEqual([404, undefined]);
  });
});

describe("the caches", () => {
  test("keep the presentations of one file apart", async () => {
    const [usual, raw, saved] = ["", "?raw", "?download"].map((query) =>
      repeatedHead(`GET /page.html${query}`),
    );
    const typeOf = async (head: typeof raw): Promise<string> => {
      if (head === undefined) throw new Error("no head");
      const request = requestWith(head);
      const { fields } = show(await client.answer(request));
      return `${fields["Content-Type"]} ${fields["Content-Disposition"]}`;
    };
    for (let i = 0; i < 4; i++) {
      expect(await typeOf(usual)).toBe("text/html; charset=utf-8 undefined");
      expect(await typeOf(raw)).toBe("text/plain; charset=utf-8 undefined");
      expect(await typeOf(saved)).toBe("text/html; charset=utf-8 attachment; filename=page.html");
    }
  });
});

test.if(process.platform === "linux")("a file without a size has both", async () => {
  const proc = new SiteClient("/proc", { limits: { inlineBytesMax: 10 } });
  const raw = await proc.ask("GET /version?raw");
  expect([raw.kind, raw.fields["Content-Type"]]).toEqual(["stream", "text/plain; charset=utf-8"]);
  const saved = await proc.ask("GET /version?download");
  expect(saved.fields["Content-Disposition"]).toBe("attachment; filename=version");
});
