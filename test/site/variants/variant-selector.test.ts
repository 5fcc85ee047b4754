import { afterAll, afterEach, describe, expect, mock, spyOn, test } from "bun:test";
import { readdirSync, symlinkSync, truncateSync, utimesSync } from "node:fs";
import * as zlib from "node:zlib";

import { canListDescriptors, descriptorsInto } from "../../open-descriptors.ts";
import { limitsWith } from "../../http1/transcript.ts";
import { TempSite } from "../../temp-site.ts";
import { containPath } from "../../../src/tree/path.ts";
import { VariantCache } from "../../../src/site/variants/variant-cache.ts";
import { EventLoop } from "../../../src/schedule/event-loop.ts";
import { TurnBudgets } from "../../../src/schedule/turn-budgets.ts";
import type { Selection } from "../../../src/site/variants/variant-selector.ts";
import { VariantSelector } from "../../../src/site/variants/variant-selector.ts";
import { representFile } from "../../../src/site/content/file-representation.ts";
import type { Request } from "../../../src/site/request.ts";
import { Representation } from "../../../src/site/content/representation.ts";
import { View } from "../../../src/tree/view.ts";
import type { Eventual } from "../../../src/base/eventual.ts";
import type { Limits } from "../../../src/base/limits.ts";
import { FakeFile } from "../fake-file.ts";
import type { SiteClientOptions } from "../site-client.ts";
import { SiteClient } from "../site-client.ts";
import { octetsOf, show } from "../shown-response.ts";
import { requestOf } from "../fake-request.ts";

const site = new TempSite("empty");
afterAll(() => site[Symbol.dispose]());
afterEach(() => mock.restore());

/** Lines of text that shrink, `size` octets of them. */
const textOf = (size: number): string =>
  Array.from({ length: Math.ceil(size / 8) }, (_, i) => `${(i * 7919) % 1000} line`.padEnd(7))
    .join("\n")
    .slice(0, size);

const text = textOf(5000);
const large = textOf(300_000);
const then = new Date("2024-01-01T00:00:00Z");
const later = new Date("2024-01-02T00:00:00Z");

/** Writes a file whose content is old. */
function old(name: string, content: string | Uint8Array, time = then, mode = 0o644): void {
  site.file(name, content, mode);
  utimesSync(site.at(name), time, time);
}

const encoders = {
  br: (content: string) => zlib.brotliCompressSync(content),
  zstd: (content: string) => Bun.zstdCompressSync(content),
  gzip: (content: string) => Bun.gzipSync(content),
} as const;
type Coding = keyof typeof encoders;

const decoders = {
  br: (octets: Uint8Array) => zlib.brotliDecompressSync(octets),
  zstd: (octets: Uint8Array) => Bun.zstdDecompressSync(octets),
  gzip: (octets: Uint8Array) => zlib.gunzipSync(octets),
} as const;

const extensions = { br: ".br", zstd: ".zst", gzip: ".gz" } as const;
const codings = Object.keys(encoders) as Coding[];

old("page.html", text);
old("large.txt", large);
old("small.txt", "small");

interface Answer {
  readonly status: number;
  readonly fields: Readonly<Record<string, string>>;
  readonly octets: Uint8Array;
  readonly coding: string | undefined;
  /** With its content coding removed. */
  readonly decoded: string;
}

async function answer(
  client: SiteClient,
  line: string,
  fields: Record<string, string> = {},
): Promise<Answer> {
  const response = await client.answer(requestOf(line, fields));
  const octets = new Uint8Array(octetsOf(response));
  const shown = show({ ...response, body: { kind: "none" } });
  const coding = shown.fields["Content-Encoding"];
  const decoder = decoders[coding as Coding] as ((_: Uint8Array) => Uint8Array) | undefined;
  const isWhole = shown.status === 200;
  const plain = decoder === undefined || !isWhole ? octets : decoder(octets);
  const { status, fields: told } = shown;
  return { status, fields: told, octets, coding, decoded: new TextDecoder().decode(plain) };
}

const accepting = (value: string): Record<string, string> => ({ "Accept-Encoding": value });
const clientWith = (options: SiteClientOptions = {}): SiteClient =>
  new SiteClient(site.root, options);
const client = clientWith();
const latin1 = (octets: Uint8Array): string => Buffer.from(octets).toString("latin1");

describe("a variant made here (RFC 9110 §8.4.1)", () => {
  test.each(codings)("%s decodes to the file, octet for octet", async (coding) => {
    for (const name of ["page.html", "large.txt"]) {
      const { status, fields, decoded, octets } = await answer(
        client,
        `GET /${name}`,
        accepting(coding),
      );
      expect(status).toBe(200);
      expect(fields).toMatchObject({
        "Content-Encoding": coding,
        Vary: "Accept-Encoding",
        "Last-Modified": "Mon, 01 Jan 2024 00:00:00 GMT",
        "Accept-Ranges": "bytes",
      });
      expect(decoded).toBe(name === "page.html" ? text : large);
      expect(octets.length).toBeLessThan(decoded.length / 2);
    }
  });

  test.each([
    ["gzip, deflate, br, zstd", "zstd"],
    ["gzip, br", "br"],
    ["gzip, br;q=0.9", "gzip"],
    ["x-gzip", "gzip"],
    ["GZIP", "gzip"],
    ["*", "zstd"],
    ["gzip;q=0, zstd;q=0, *", "br"],
    ["identity;q=0.5, gzip;q=0.4", undefined],
    ["identity, gzip", "gzip"],
    ["compress, deflate", undefined],
    ["gzip;q=nonsense", undefined],
    ["", undefined],
  ])("Accept-Encoding: %s is answered with %p", async (value, coding) => {
    const told = await answer(client, "GET /page.html", accepting(value));
    expect([told.status, told.coding, told.decoded]).toEqual([200, coding, text]);
    expect(told.fields["Vary"]).toBe("Accept-Encoding");
  });

  test("is not for a client that says nothing, which is told that it could be", async () => {
    const { coding, fields } = await answer(client, "GET /page.html");
    expect([coding, fields["Vary"]]).toEqual([undefined, "Accept-Encoding"]);
  });

  test("is of the index, of a listing, and of a name without a known type", async () => {
    old("folder/index.html", text);
    old("named/Makefile", text);
    for (let i = 0; i < 40; i++) old(`listed/${i}-${"x".repeat(20)}.txt`, "");
    for (const path of ["/folder/", "/named/Makefile"]) {
      const { coding, decoded } = await answer(client, `GET ${path}`, accepting("gzip"));
      expect([coding, decoded]).toEqual(["gzip", text]);
    }
    const plain = await answer(client, "GET /listed/");
    const listed = await answer(client, "GET /listed/", accepting("br"));
    expect([listed.coding, listed.decoded]).toEqual(["br", plain.decoded]);
    expect(plain.fields["Vary"]).toBe("Accept, Accept-Encoding");
    // What lies beside the folder is no variant of its listing.
    old("listed.br", encoders.br("no"));
    const again = await answer(client, "GET /listed/", accepting("br"));
    expect(again.decoded).toBe(plain.decoded);
  });

  test("is not of what is compressed by nature, whatever the client says", async () => {
    for (const name of ["a.png", "a.woff2", "a.gz", "a.zip", "a.mp4", "a.svgz", "a.PDF"]) {
      old(name, new TextEncoder().encode(text));
      old(`${name}.br`, encoders.br("no"));
      const told = await answer(client, `GET /${name}`, accepting("br, identity;q=0.001"));
      expect([name, told.status, told.coding]).toEqual([name, 200, undefined]);
      // RFC 9110 §12.5.3: the only form that there is has been refused.
      const refused = await answer(client, `GET /${name}`, accepting("br, identity;q=0"));
      expect([name, refused.status, refused.fields["Vary"]]).toEqual([
        name,
        406,
        "Accept-Encoding",
      ]);
      expect([name, told.fields["Vary"], told.decoded]).toEqual([name, undefined, text]);
    }
  });

  test("is not of errors, redirects and the form page", async () => {
    old("404.html", text);
    old("403.html", text);
    old("MyForm.html", text);
    old("shut.txt", text, then, 0o600);
    for (const line of ["GET /nothing", "GET /shut.txt"]) {
      const { fields, body } = await client.ask(line, accepting("gzip"));
      expect([fields["Content-Encoding"], fields["Vary"], body]).toEqual([
        undefined,
        undefined,
        text,
      ]);
    }
    expect((await client.ask("GET /folder", accepting("gzip"))).fields).toEqual({
      "Cache-Control": "no-cache",
      Location: "folder/",
    });
    expect((await client.ask("POST /", accepting("gzip"), "a=b")).body).toBe(text);
  });
});

describe("how much is coded here", () => {
  test("what fits a packet is not, unless the client takes nothing else", async () => {
    const bounded = clientWith({ limits: { codingBytesMin: 5000 } });
    old("less.txt", text.slice(1));
    for (const [name, value, coding] of [
      ["page.html", "gzip", "gzip"],
      ["less.txt", "gzip", undefined],
      ["less.txt", "gzip, identity;q=0", "gzip"],
      ["less.txt", "br, *;q=0", "br"],
    ] as const) {
      const told = await answer(bounded, `GET /${name}`, accepting(value));
      expect([name, value, told.coding]).toEqual([name, value, coding]);
    }
  });

  test("what is too large is not; 406 if nothing else is taken (RFC 9110 §15.5.7)", async () => {
    const bounded = clientWith({ limits: { codingBytesMax: 299_999 } });
    const plain = await answer(bounded, "GET /large.txt", accepting("gzip"));
    expect([plain.coding, plain.fields["Vary"], plain.decoded]).toEqual([
      undefined,
      "Accept-Encoding",
      large,
    ]);
    const none = await answer(bounded, "GET /large.txt", accepting("gzip, identity;q=0"));
    expect([none.status, none.fields["Vary"]]).toEqual([406, "Accept-Encoding"]);
  });

  test("an empty file can be coded, too", async () => {
    old("empty.txt", "");
    for (const coding of codings) {
      const value = `${coding}, *;q=0`;
      const told = await answer(clientWith(), "GET /empty.txt", accepting(value));
      expect([told.coding, told.decoded]).toEqual([coding, ""]);
    }
  });

  test.each(["*;q=0", "identity;q=0", "identity;q=0, compress", "deflate, *;q=0"])(
    "%s is answered 406, with HEAD, too",
    async (value) => {
      for (const line of ["GET /page.html", "HEAD /page.html", "GET /listed/"]) {
        const told = await answer(clientWith(), line, accepting(value));
        expect([line, told.status, told.coding]).toEqual([line, 406, undefined]);
        expect(told.fields["Vary"]).toBe("Accept-Encoding");
      }
    },
  );

  test("nothing is when nothing is to be", async () => {
    const plain = clientWith({ compress: false });
    old("side.txt", text);
    old("side.txt.gz", encoders.gzip(text));
    for (const value of ["gzip", "br, *;q=0", "*;q=0"]) {
      const told = await answer(plain, "GET /side.txt", accepting(value));
      expect([told.status, told.coding, told.decoded]).toEqual([200, undefined, text]);
      expect(told.fields["Vary"]).toBeUndefined();
    }
  });
});

describe("a variant made ahead", () => {
  test.each(codings)("%s is sent as it is", async (coding) => {
    const ahead = encoders[coding]("made ahead");
    old(`ahead/${coding}.txt`, text);
    old(`ahead/${coding}.txt${extensions[coding]}`, ahead);
    const told = await answer(client, `GET /ahead/${coding}.txt`, accepting("br, zstd, gzip"));
    expect([told.coding, told.decoded]).toEqual([coding, "made ahead"]);
    expect(told.octets).toEqual(new Uint8Array(ahead));
    expect(told.fields).toMatchObject({
      "Content-Type": "text/plain; charset=utf-8",
      Vary: "Accept-Encoding",
      "Cache-Control": "no-cache",
      "X-Content-Type-Options": "nosniff",
    });
  });

  test("comes before one made here among equals, and not before one wanted more", async () => {
    old("weigh.txt", text);
    old("weigh.txt.gz", encoders.gzip("ahead"));
    for (const [value, wanted] of [
      ["br, zstd, gzip", "ahead"],
      ["gzip;q=0.5, identity;q=0.5", "ahead"],
      ["br, gzip;q=0.9", text],
      ["identity, gzip;q=0.9", text],
      ["gzip;q=0, br", text],
      ["", text],
    ] as const) {
      const { decoded } = await answer(client, "GET /weigh.txt", accepting(value));
      expect([value, decoded]).toEqual([value, wanted]);
    }
  });

  test("is taken in the order of size, of several", async () => {
    old("several.txt", text);
    for (const coding of codings) {
      old(`several.txt${extensions[coding]}`, encoders[coding](coding));
    }
    for (const [value, coding] of [
      ["gzip, zstd, br", "br"],
      ["gzip, zstd", "zstd"],
      ["gzip;q=0.9, zstd;q=0.8", "gzip"],
    ] as const) {
      expect((await answer(client, "GET /several.txt", accepting(value))).decoded).toBe(coding);
    }
  });

  test("may be of any size, and of a file of any size", async () => {
    const bounded = clientWith({ limits: { codingBytesMax: 1000, inlineBytesMax: 1000 } });
    old("sizes.txt", large);
    old("sizes.txt.gz", encoders.gzip(large));
    old("tiny.txt", "tiny");
    old("tiny.txt.gz", encoders.gzip("tiny"));
    for (const [path, content] of [
      ["/sizes.txt", large],
      ["/tiny.txt", "tiny"],
    ] as const) {
      const told = await answer(bounded, `GET ${path}`, accepting("gzip, *;q=0"));
      expect([told.coding, told.decoded]).toEqual(["gzip", content]);
    }
  });

  test("has to be as new as the file", async () => {
    old("age.txt", text, later);
    for (const [time, decoded] of [
      [new Date(later.getTime() - 1), text],
      [later, "ahead"],
      [new Date(later.getTime() + 5000), "ahead"],
    ] as const) {
      old("age.txt.br", encoders.br("ahead"), time);
      expect((await answer(client, "GET /age.txt", accepting("br"))).decoded).toBe(decoded);
    }
    old("age.txt", text, new Date(later.getTime() + 6000));
    expect((await answer(client, "GET /age.txt", accepting("br"))).decoded).toBe(text);
  });

  test("has its own date, since it is another representation", async () => {
    old("dated.txt", text);
    old("dated.txt.br", encoders.br("ahead"), later);
    const { fields } = await answer(client, "GET /dated.txt", accepting("br"));
    expect(fields["Last-Modified"]).toBe(later.toUTCString());
  });

  test("is none when strangers may not read it, or it is no file, or outside, or empty", async () => {
    using outside = new TempSite("empty");
    outside.file("o.br", encoders.br("outside"));
    old("unfit.txt", text);
    const attempts: (() => void)[] = [
      () => old("unfit.txt.br", encoders.br("shut"), then, 0o600),
      () => old("unfit.txt.br", encoders.br("shut"), then, 0o640),
      () => old("unfit.txt.br", ""),
      () => site.folder("unfit.txt.br"),
      () => old("unfit.txt.br/index.html", encoders.br("index")),
      () => symlinkSync(outside.at("o.br"), site.at("unfit.txt.br")),
      () => symlinkSync("nowhere", site.at("unfit.txt.br")),
      () => symlinkSync("unfit.txt.br", site.at("unfit.txt.br")),
      () => Bun.spawnSync(["mkfifo", "-m", "0644", site.at("unfit.txt.br")]),
    ];
    for (const attempt of attempts) {
      Bun.spawnSync(["rm", "-rf", site.at("unfit.txt.br")]);
      attempt();
      expect(readdirSync(site.root)).toContain("unfit.txt.br");
      const told = await answer(client, "GET /unfit.txt", accepting("br"));
      expect([told.coding, told.decoded]).toEqual(["br", text]);
    }
  });

  test("may be a symbolic link inside", async () => {
    old("linked.txt", text);
    old("elsewhere/variant", encoders.br("linked"));
    symlinkSync("elsewhere/variant", site.at("linked.txt.br"));
    expect((await answer(client, "GET /linked.txt", accepting("br"))).decoded).toBe("linked");
    const denying = clientWith({ symlinks: "deny" });
    expect((await answer(denying, "GET /linked.txt", accepting("br"))).decoded).toBe(text);
  });

  test("is none for a file that may not be read, or isn't there", async () => {
    old("private.txt", text, then, 0o600);
    old("private.txt.br", encoders.br("ahead"));
    old("gone.txt.br", encoders.br("ahead"));
    expect((await answer(client, "GET /private.txt", accepting("br"))).status).toBe(403);
    expect((await answer(client, "GET /gone.txt", accepting("br"))).status).toBe(404);
  });

  test("can be asked for by its own name, as what it is", async () => {
    const { fields, octets } = await answer(client, "GET /several.txt.gz", accepting("br"));
    expect(fields["Content-Type"]).toBe("application/gzip");
    expect([fields["Content-Encoding"], fields["Vary"]]).toEqual([undefined, undefined]);
    expect(octets).toEqual(new Uint8Array(encoders.gzip("gzip")));
  });

  test("of the index lies beside the index; a name too long has none", async () => {
    old("indexed/index.html", text);
    old("indexed/index.html.br", encoders.br("index"));
    expect((await answer(client, "GET /indexed/", accepting("br"))).decoded).toBe("index");
    const name = `${"n".repeat(250)}.html`;
    old(name, text);
    expect((await answer(client, `GET /${name}`, accepting("br"))).decoded).toBe(text);
  });
});

const tagOf = async (value: string, path = "/page.html"): Promise<string> =>
  (await answer(client, `GET ${path}`, accepting(value))).fields["ETag"] ?? "";

const askWithTags = (line: string, value: string, tags: string): Promise<Answer> =>
  answer(client, line, { ...accepting(value), "If-None-Match": tags });

describe("validators of coded variants (RFC 9110 §8.8.3.3)", () => {
  test("each variant has a strong tag of its own, the same each time", async () => {
    for (const path of ["/page.html", "/large.txt"]) {
      const tags = await Promise.all([...codings, ""].map((value) => tagOf(value, path)));
      expect(new Set(tags).size).toBe(4);
      for (const tag of tags) expect(tag).toMatch(/^"[^"]+"$/);
      expect(await Promise.all([...codings, ""].map((value) => tagOf(value, path)))).toEqual(tags);
    }
  });

  test.each(codings)("%s: 304 for its own tag, with Vary, and 200 for others'", async (coding) => {
    const tag = await tagOf(coding);
    for (const line of ["GET /page.html", "HEAD /page.html"]) {
      const told = await askWithTags(line, coding, `"x", ${tag}`);
      expect(told.status).toBe(304);
      expect(told.fields).toEqual({
        ETag: tag,
        "Cache-Control": "no-cache",
        Vary: "Accept-Encoding",
      });
    }
    expect((await askWithTags("GET /page.html", "identity", tag)).status).toBe(200);
    const plain = await tagOf("");
    expect((await askWithTags("GET /page.html", coding, plain)).status).toBe(200);
    expect((await askWithTags("GET /page.html", "identity", plain)).fields["Vary"]).toBe(
      "Accept-Encoding",
    );
  });

  test("a tag still holds when the cache has dropped what it is of", async () => {
    const forgetful = clientWith({ limits: { codingCacheBytesMax: 0 } });
    for (const path of ["/page.html", "/large.txt"]) {
      for (const coding of codings) {
        const fields = accepting(coding);
        const { ETag: tag = "" } = (await answer(forgetful, `GET ${path}`, fields)).fields;
        const again = { ...fields, "If-None-Match": tag };
        expect((await answer(forgetful, `GET ${path}`, again)).status).toBe(304);
      }
    }
  });

  test("HEAD has GET's fields", async () => {
    for (const value of ["br", "gzip", "identity", "br, identity;q=0"]) {
      for (const path of ["/page.html", "/large.txt", "/small.txt", "/several.txt"]) {
        const [get, head] = await Promise.all(
          ["GET", "HEAD"].map((method) => answer(client, `${method} ${path}`, accepting(value))),
        );
        expect(head?.fields).toEqual(get?.fields ?? {});
      }
    }
  });
});

const askForPage = (value: string, fields: Record<string, string>): Promise<Answer> =>
  answer(client, "GET /page.html", { ...accepting(value), ...fields });

/** The conditions that name a form by its tag. */
const naming = (tag = ""): Record<string, string>[] => [{ "If-Range": tag }, { "If-Match": tag }];

describe("ranges of coded variants (RFC 9110 §14)", () => {
  test.each(codings)("%s: of the coded octets", async (coding) => {
    const { octets, fields } = await askForPage(coding, {});
    const size = octets.length;
    const alone = `${coding}, identity;q=0`;
    const told = await askForPage(alone, { Range: "bytes=10-19" });
    expect([told.status, told.octets]).toEqual([206, octets.slice(10, 20)]);
    expect(told.fields).toMatchObject({
      "Content-Range": `bytes 10-19/${size}`,
      "Content-Encoding": coding,
      ETag: fields["ETag"] ?? "",
      Vary: "Accept-Encoding",
    });
    const beyond = await askForPage(alone, { Range: `bytes=${size}-` });
    expect([beyond.status, beyond.fields["Content-Range"]]).toEqual([416, `bytes */${size}`]);
  });

  test("several: the parts are coded, and what they make together is not", async () => {
    const { octets } = await askForPage("gzip", {});
    const told = await askForPage("gzip, *;q=0", { Range: "bytes=0-4,10-14" });
    expect([told.status, told.coding, told.fields["Vary"]]).toEqual([
      206,
      undefined,
      "Accept-Encoding",
    ]);
    const boundary = /boundary=(.+)$/.exec(told.fields["Content-Type"] ?? "")?.[1] ?? "";
    const part = (start: number, end: number): string =>
      [
        `--${boundary}`,
        "Content-Type: text/html; charset=utf-8",
        "Content-Encoding: gzip",
        `Content-Range: bytes ${start}-${end}/${octets.length}`,
        "",
        latin1(octets.slice(start, end + 1)),
        "",
      ].join("\r\n");
    expect(latin1(told.octets)).toBe(`${part(0, 4)}${part(10, 14)}--${boundary}--\r\n`);
  });

  test("of the identity, where it is acceptable and no condition names another form", async () => {
    const plain = await askForPage("", {});
    const coded = await askForPage("gzip", {});
    const range = { Range: "bytes=10-19" };
    for (const value of ["gzip", "br, gzip, zstd", "gzip, identity;q=0.001", "*"]) {
      for (const extra of [{}, ...naming(plain.fields["ETag"]), { "If-Match": "*" }]) {
        const part = await askForPage(value, { ...range, ...extra });
        expect([part.status, part.coding, part.octets]).toEqual([
          206,
          undefined,
          plain.octets.slice(10, 20),
        ]);
        expect(part.fields).toMatchObject({
          "Content-Range": `bytes 10-19/${plain.octets.length}`,
          ETag: plain.fields["ETag"] ?? "",
          Vary: "Accept-Encoding",
        });
      }
    }
    for (const extra of naming(coded.fields["ETag"])) {
      const part = await askForPage("gzip", { ...range, ...extra });
      expect([part.status, part.coding]).toEqual([206, "gzip"]);
      expect(part.octets).toEqual(coded.octets.slice(10, 20));
    }
    const head = await answer(client, "HEAD /page.html", { ...accepting("gzip"), ...range });
    expect(head.fields).toEqual(coded.fields);
  });

  test("If-Range holds for the variant's own tag, and for no date that variants share", async () => {
    const { fields } = await askForPage("gzip", {});
    const plain = await askForPage("", {});
    const range = { Range: "bytes=0-9" };
    const status = async (value: string, ifRange = ""): Promise<number> =>
      (await askForPage(value, { ...range, "If-Range": ifRange })).status;
    expect(await status("gzip", fields["ETag"])).toBe(206);
    expect(await status("br", fields["ETag"])).toBe(200);
    expect(await status("", fields["ETag"])).toBe(200);
    expect(await status("gzip", plain.fields["ETag"])).toBe(206);
    // RFC 9110 §8.8.1: what two representations have at one time is weak.
    expect(await status("gzip", fields["Last-Modified"])).toBe(200);
  });
});

class CountingCache extends VariantCache {
  made = 0;

  override make(...of: Parameters<VariantCache["make"]>): ReturnType<VariantCache["make"]> {
    this.made++;
    return super.make(...of);
  }
}

/** The file as it is, whose entity tag is `opaque`. */
const of = (file: FakeFile, opaque = "tag"): Representation =>
  new Representation({
    mediaType: file.mediaType,
    entityTag: { weak: false, opaque },
    mtimeMs: file.mtimeMs,
    content: file,
    hasVariants: true,
    fields: [["Vary", "Accept-Encoding"]],
  });
const request = (value: string): Request => requestOf("GET /fake.txt", accepting(value));
const represented = async (selection: Eventual<Selection>): Promise<Representation> => {
  const variant = await selection;
  if (!(variant instanceof Representation)) throw new Error(JSON.stringify(variant));
  return variant;
};

/** A selector, with the cache that it keeps variants in. */
interface Fresh {
  readonly cache: CountingCache;
  /** The variant of `identity`, the file at `path`, that a client that accepts `value` gets. */
  readonly select: (value: string, identity: Representation, at?: string) => Eventual<Selection>;
}

function fresh(
  atOnceBytesMax = 1e9,
  bounds: Partial<Record<keyof Limits, number>> = { sendPieceBytes: 65_536 },
  bytesMax = 1e9,
): Fresh {
  const cache = new CountingCache(bytesMax, atOnceBytesMax);
  const budgets = new TurnBudgets(new EventLoop());
  const service = { tree: client.tree, limits: limitsWith(bounds), cache, budgets };
  const selector = new VariantSelector(service);
  const select: Fresh["select"] = (value, identity, at = "/fake.txt") => {
    const path = containPath(at);
    if (!path.ok) throw new Error(path.error);
    return selector.select(request(value), identity, path.value, View.anew(0));
  };
  return { cache, select };
}

test("what a variant is represented by goes with its octets, not with the identity", async () => {
  // Room for one of them.
  const { select } = fresh(1e9, {}, 2000);
  const identities: Representation[] = [];
  const octets: WeakRef<Uint8Array>[] = [];
  for (let i = 0; i < 40; i++) {
    const content = new TextEncoder().encode(`${i} ${text}`);
    const entityTag = { weak: false, opaque: `${i}` };
    const parts = { mediaType: "text/plain", entityTag, content, fields: [], hasVariants: true };
    const identity = new Representation({ ...parts, isRepeated: true });
    identities.push(identity);
    const variant = await represented(select("zstd", identity));
    expect(await represented(select("zstd", identity))).toBe(variant);
    octets.push(new WeakRef(variant.content as Uint8Array));
  }
  await Bun.sleep(0);
  Bun.gc(true);
  expect(identities).toHaveLength(40);
  // The garbage collector may find a few on the stack.
  expect(octets.filter((one) => one.deref() !== undefined).length).toBeLessThan(10);
});

describe("making a variant", () => {
  test("is done once, however many ask for it at once, and then at once", async () => {
    const { cache, select } = fresh();
    const files = Array.from({ length: 50 }, () => new FakeFile(large));
    const variants = await Promise.all(files.map((file) => represented(select("gzip", of(file)))));
    expect(cache.made).toBe(1);
    expect(files.map(({ closed }) => closed)).toEqual(Array<number>(50).fill(1));
    expect(files.filter(({ reads }) => reads.length > 0)).toHaveLength(1);
    expect(new Set(variants.map(({ content }) => content)).size).toBe(1);
    const late = new FakeFile(large);
    expect(select("gzip", of(late))).not.toBeInstanceOf(Promise);
    expect([late.closed, late.reads.length]).toEqual([1, 0]);
  });

  test("is waited for by many, who get it in several turns, in the order they came", async () => {
    const bounds = { inlineBytesMax: 20_000, sendPieceBytes: 65_536, sendBurstBytes: 131_072 };
    const { select } = fresh(1e9, bounds);
    let turn = 0;
    let counting = true;
    const count = (): void => {
      turn++;
      if (counting) setImmediate(count);
    };
    count();
    const come: [number, turn: number][] = [];
    const variants = await Promise.all(
      Array.from({ length: 20 }, async (_, i) => {
        const variant = await represented(select("zstd", of(new FakeFile(large))));
        come.push([i, turn]);
        return variant;
      }),
    );
    counting = false;
    expect(come.map(([i]) => i)).toEqual(Array.from({ length: 20 }, (_, i) => i));
    const octets = (variants[0]?.size ?? 0) + bounds.inlineBytesMax;
    const most = Math.ceil(bounds.sendBurstBytes / octets);
    const inTurn = Object.values(Object.groupBy(come, ([, at]) => at)).map(
      (all = []) => all.length,
    );
    // The one that has it made is not one of those that wait.
    expect(Math.max(...inTurn)).toBeLessThanOrEqual(most + 1);
  });

  test("is done again for another version, another coding and another path", async () => {
    const { cache, select } = fresh();
    const make = (value: string, opaque: string, at?: string): Promise<Representation> =>
      represented(select(value, of(new FakeFile(large), opaque), at));
    await make("gzip", "one");
    await make("gzip", "two");
    await make("br", "one");
    await make("gzip", "one", "/other.txt");
    await make("gzip", "one");
    expect(cache.made).toBe(4);
  });

  test("of a file that changes while it is read is not kept", async () => {
    const { cache, select } = fresh();
    const file = new FakeFile(large);
    file.onRead = (): void => {
      file.unchanged = false;
    };
    await represented(select("zstd", of(file)));
    expect([cache.bytes, file.closed]).toEqual([0, 1]);
  });

  test("of a file that has shrunk is of what there was", async () => {
    const { cache, select } = fresh();
    const file = new FakeFile(large.slice(0, 70_000), { size: 300_000 });
    file.unchanged = false;
    const { content } = await represented(select("zstd", of(file)));
    expect(Bun.zstdDecompressSync(content as Uint8Array)).toHaveLength(70_000);
    expect(cache.bytes).toBe(0);
  });

  test("of a file that can't be read to its end fails, and it is closed", async () => {
    const { cache, select } = fresh();
    const short = new FakeFile(large.slice(0, 70_000), { size: 300_000 });
    const throwing = new FakeFile(large);
    throwing.onRead = (): void => {
      throw new Error("fault");
    };
    for (const [file, message] of [
      [short, "fake.txt can't be read"],
      [throwing, "fault"],
    ] as const) {
      const variant = represented(select("zstd", of(file)));
      expect(await variant.catch((error: Error) => error.message)).toBe(message);
      expect([file.closed, cache.bytes]).toEqual([1, 0]);
    }
  });

  test("of a file that was changed just now is not kept, for it may change unseen", async () => {
    const { cache, select } = fresh();
    for (const isSettled of [false, true]) {
      await represented(select("zstd", of(new FakeFile(large, { isSettled }))));
      expect(cache.bytes > 0).toBe(isSettled);
    }
  });

  test("beyond what may be made at once sends what is not coded, or 503", async () => {
    const { select } = fresh(400_000);
    const first = select("zstd", of(new FakeFile(large), "a"));
    const second = new FakeFile(large);
    const plain = select("zstd, gzip;q=0.5", of(second, "b")) as Representation;
    expect(plain.content).toBe(second);
    expect(plain.fields).toEqual([["Vary", "Accept-Encoding"]]);
    expect([second.closed, second.reads]).toEqual([0, []]);
    const third = new FakeFile(large);
    expect(select("br, *;q=0", of(third, "c"))).toBe("busy");
    expect(third.closed).toBe(1);
    await represented(first);
    const again = select("zstd", of(second, "b"));
    expect(again).toBeInstanceOf(Promise);
    await again;

    const bounds = { codingAtOnceBytesMax: 300_000, codingBytesMax: 300_000 };
    const busy = clientWith({ limits: bounds });
    const value = accepting("zstd, identity;q=0");
    const making = busy.ask("GET /large.txt", value);
    expect((await busy.ask("GET /page.html", value)).status).toBe(503);
    expect((await making).status).toBe(200);
    expect((await busy.ask("GET /page.html", value)).status).toBe(200);
  });

  test("that fails is the handler's failure, and is tried again", async () => {
    const unlucky = clientWith();
    const broken = spyOn(Bun, "zstdCompress").mockRejectedValue(new Error("out of memory"));
    const asked = [1, 2, 3].map(() =>
      unlucky.ask("GET /large.txt", accepting("zstd")).catch((error: Error) => error.message),
    );
    expect(await Promise.all(asked)).toEqual(Array<string>(3).fill("out of memory"));
    expect(broken).toHaveBeenCalledTimes(1);
    broken.mockRestore();
    const told = await answer(unlucky, "GET /large.txt", accepting("zstd"));
    expect([told.coding, told.decoded]).toEqual(["zstd", large]);
  });
});

describe("descriptors", () => {
  const ways = [
    ["when it has been answered, by a site that keeps no files", false],
    ["when the tree is closed, by one that keeps some open", true],
  ] as const;
  const given = "are given back on every way, %s (needs /proc)";
  test.skipIf(!canListDescriptors).each(ways)(given, async (_when, keeps) => {
    using own = new TempSite("empty");
    const put = (name: string, content: string | Uint8Array, time = then): void => {
      own.file(name, content);
      utimesSync(own.at(name), time, time);
    };
    put("large.txt", large);
    put("plain.txt", text);
    put("ahead.txt", text);
    put("ahead.txt.br", encoders.br(large));
    put("stale.txt", text, later);
    put("stale.txt.br", encoders.br(large));
    put("stale.txt.zst", "");
    const limits = { inlineBytesMax: 100, codingBytesMax: 200_000 };
    const cache = keeps ? {} : { fileCacheBytesMax: 0 };
    const bounded = new SiteClient(own.root, { limits: { ...limits, ...cache } });
    const paths = ["/plain.txt", "/ahead.txt", "/stale.txt", "/large.txt", "/"];
    const values = ["br", "gzip", "zstd", "identity", "*;q=0", "br, *;q=0", "gzip;q=0.1, identity"];
    const extras: Record<string, string>[] = [
      {},
      { Range: "bytes=0-3" },
      { Range: "bytes=0-1,5-6" },
      { Range: "bytes=999999-" },
      { "If-None-Match": "*" },
      { "If-Match": '"x"' },
    ];
    const asked = paths.flatMap((path) =>
      values.flatMap((value) =>
        extras.map((extra) => answer(bounded, `GET ${path}`, { ...accepting(value), ...extra })),
      ),
    );
    const statuses = new Set((await Promise.all(asked)).map(({ status }) => status));
    expect([...statuses].toSorted((a, b) => a - b)).toEqual([200, 206, 304, 406, 412, 416]);
    if (keeps) {
      expect(descriptorsInto(own.root)).not.toEqual([]);
      bounded.tree.close();
    }
    expect(descriptorsInto(own.root)).toEqual([]);
  });

  test("a large file cut while it is open is sent no longer than it was read", async () => {
    old("cut.txt", large);
    const file = await clientWith().open("/cut.txt");
    const plain = representFile(file, "text/plain", [], true);
    truncateSync(site.at("cut.txt"), 50_000);
    const { cache, select } = fresh();
    const { content } = await represented(select("gzip", plain, "/cut.txt"));
    expect(zlib.gunzipSync(content as Uint8Array).toString()).toBe(large.slice(0, 50_000));
    expect(cache.bytes).toBe(0);
  });
});
