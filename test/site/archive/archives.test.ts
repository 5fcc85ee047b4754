import { afterAll, describe, expect, test } from "bun:test";
import { chmodSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";

import { concatBytes } from "../../../src/http/octets/bytes.ts";
import type { Response } from "../../../src/http/message/response.ts";
import { TempSite } from "../../temp-site.ts";
import { requestOf } from "../fake-request.ts";
import { SiteClient } from "../site-client.ts";
import { readZip } from "./read-zip.ts";

const temp = new TempSite("empty");
afterAll(() => temp[Symbol.dispose]());
temp.file("a.txt", "a");
temp.file("docs/index.html", "<h1>docs</h1>");
temp.file("docs/words.txt", "so many words ".repeat(1000));
temp.file("grüße/a b.txt", "a b");
temp.file("unlistable/a.txt", "a");
chmodSync(temp.at("unlistable"), 0o751);
temp.folder("shut", 0o700);
temp.file("zeros", "");
symlinkSync("docs", temp.at("link"));

const client = new SiteClient(temp.root, { allowArchive: true });

async function octetsOf({ body }: Response): Promise<Uint8Array<ArrayBuffer>> {
  if (body.kind !== "stream") throw new Error(`not a stream: ${body.kind}`);
  const chunks: Uint8Array[] = [];
  for await (const chunk of body.chunks) chunks.push(new Uint8Array(chunk));
  return concatBytes(chunks);
}

const ask = async (line: string, fields = {}, of = client): Promise<Response> =>
  of.answer(requestOf(line, fields));

const fieldsOf = ({ fields }: Response): Readonly<Record<string, string>> =>
  Object.fromEntries(fields);

/** Content-Disposition of what is answered, whose body is read. */
async function dispositionOf(line: string): Promise<string | undefined> {
  const response = await ask(line);
  if (response.body.kind === "stream") await octetsOf(response);
  return fieldsOf(response)["Content-Disposition"];
}

describe("an archive of a folder", () => {
  test("is refused where it may not be sent as it is (RFC 9110 §12.5.3)", async () => {
    const refusing = { "Accept-Encoding": "identity;q=0" };
    expect((await ask("GET /docs/?download=zip", refusing)).status).toBe(406);
  });

  test("is an answer that isn't stored, sniffed, or asked for in parts", async () => {
    const response = await ask("GET /docs/?download=zip", { Range: "bytes=0-9" });
    expect([response.status, fieldsOf(response)]).toEqual([
      200,
      {
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Accept-Ranges": "none",
        "Content-Disposition": "attachment; filename=docs.zip",
        "Content-Type": "application/zip",
      },
    ]);
    expect(readZip(await octetsOf(response)).map(({ name }) => name)).toEqual([
      "docs/",
      "docs/index.html",
      "docs/words.txt",
    ]);
  });

  test.each(["tar", "tar.gz", "tar.zst"])("is a %s that holds the same", async (format) => {
    const octets = await octetsOf(await ask(`GET /docs/?download=${format}`));
    const tar = format === "tar.zst" ? Bun.zstdDecompressSync(octets) : octets;
    const files = await new Bun.Archive(new Uint8Array(tar)).files();
    expect([...files.keys()]).toEqual(["docs/index.html", "docs/words.txt"]);
    expect(await files.get("docs/words.txt")?.text()).toBe("so many words ".repeat(1000));
    if (format !== "tar") expect(octets.length).toBeLessThan(1000);
  });

  test("of what is much smaller when coded is sent all the same, so that leaving shows", async () => {
    truncateSync(temp.at("zeros"), 0);
    truncateSync(temp.at("zeros"), 3 * 2 ** 20);
    for (const format of ["zip", "tar.gz", "tar.zst"]) {
      const { body } = await ask(`GET /?download=${format}`);
      if (body.kind !== "stream") throw new Error(body.kind);
      const lengths: number[] = [];
      for await (const chunk of body.chunks) lengths.push(chunk.length);
      expect(lengths.length).toBeGreaterThan(5);
      expect(lengths).not.toContain(0);
    }
  });

  test("has the folder's name, as the visitor spells it", async () => {
    expect(await dispositionOf("GET /gr%C3%BC%C3%9Fe/?download=tar.gz")).toBe(
      "attachment; filename=\"gr__e.tar.gz\"; filename*=UTF-8''gr%C3%BC%C3%9Fe.tar.gz",
    );
    expect(await dispositionOf("GET /link/?download=zip")).toBe("attachment; filename=link.zip");
    const own = temp.root.slice(temp.root.lastIndexOf("/") + 1);
    expect(await dispositionOf("GET /?download=zip")).toBe(`attachment; filename=${own}.zip`);
  });

  test.if(process.platform === "linux")("keeps names that aren't UTF-8", async () => {
    temp.folder("octets");
    writeFileSync(Buffer.from(`${temp.at("octets")}/caf\u00e9.txt`, "latin1"), "coffee");
    const zip = Buffer.from(await octetsOf(await ask("GET /octets/?download=zip")));
    const at = zip.indexOf("octets/caf\u00e9.txt", 0, "latin1");
    expect([zip.toString("latin1", at - 30, at - 26), zip.readUInt16LE(at - 24)]).toEqual([
      "PK\u0003\u0004",
      0,
    ]);
    const tar = Buffer.from(await octetsOf(await ask("GET /octets/?download=tar")));
    expect(tar.toString("latin1", 512, 528)).toBe("octets/caf\u00e9.txt\0");
  });

  test.each([
    ["files.example", "files.example.zip"],
    ["[::1]:80", "_1_.zip"],
  ])("of files in memory has the name of the host %s", async (Host, name) => {
    const memory = new SiteClient("", { allowArchive: true, files: { "/a.txt": "a" } });
    const response = await ask("GET /?download=zip", { Host }, memory);
    expect(fieldsOf(response)["Content-Disposition"]).toBe(`attachment; filename=${name}`);
    expect(readZip(await octetsOf(response)).map((entry) => entry.mode.toString(8))).toEqual([
      "40755",
      "100644",
    ]);
  });

  test("has modes of files in memory, and leaves out what others may not read", async () => {
    const files = {
      "/run.sh": { body: "x", mode: 0o4755 },
      "/mine": { body: "x", mode: 0o600 },
      "/shut/": { mode: 0o700 },
      "/unlistable/": { mode: 0o711 },
      "/unlistable/a": "a",
      "/empty/": { mode: 0o775, mtime: 1000 },
    };
    const memory = new SiteClient("", { allowArchive: true, files });
    const read = readZip(await octetsOf(await ask("GET /?download=zip", { Host: "a" }, memory)));
    expect(read.map(({ name, mode }) => [name, mode.toString(8)])).toEqual([
      ["a/", "40755"],
      ["a/empty/", "40775"],
      ["a/run.sh", "100755"],
    ]);
  });

  test.each([
    ["GET /docs/?download=zip", { "If-None-Match": "*" }, 304],
    ["GET /docs/?download=zip", { "If-None-Match": '"x"' }, 200],
    ["GET /docs/?download=zip", { "If-Match": '"x"' }, 412],
    ["GET /docs?download=zip", {}, 308],
    ["GET /unlistable/?download=zip", {}, 403],
    ["GET /shut/?download=zip", {}, 403],
    ["GET /none/?download=zip", {}, 404],
    ["GET /.git/?download=zip", {}, 404],
    ["GET /a.txt/?download=zip", {}, 404],
    ["POST /docs/?download=zip", {}, 405],
  ])("%s with %j is answered %d", async (line, fields, status) => {
    const body = line.startsWith("POST") ? "a" : undefined;
    const response = await client.answer(requestOf(line, fields, body));
    expect(response.status).toBe(status);
    if (response.body.kind === "stream") await octetsOf(response);
    if (status === 308) expect(fieldsOf(response)["Location"]).toBe("docs/?download=zip");
  });

  test.each(["GET /docs/?download=rar", "GET /docs/?download=1", "GET /docs/?zip"])(
    "is not what %s asks for",
    async (line) => {
      expect((await client.ask(line)).body).toBe("<h1>docs</h1>");
    },
  );

  test("doesn't exist where archives are off, and the query means nothing", async () => {
    const plain = new SiteClient(temp.root);
    expect((await plain.ask("GET /docs/?download=zip")).body).toBe("<h1>docs</h1>");
    const listing = await plain.ask("GET /?download=zip");
    expect([listing.status, listing.fields["Content-Type"]]).toEqual([
      200,
      "text/html; charset=utf-8",
    ]);
  });

  test("isn't given in place of a page that a single-page site answers with", async () => {
    const single = new SiteClient(temp.at("docs"), { allowArchive: true, single: true });
    const page = await single.ask("GET /none?download=zip", { Accept: "text/html" });
    expect(page.body).toBe("<h1>docs</h1>");
  });

  test("needs the listing", () => {
    expect(() => new SiteClient(temp.root, { allowArchive: true, listing: false })).toThrow(
      "archives show what is in folders: they need the listing",
    );
  });
});

describe("archives at one time", () => {
  const few = new SiteClient(temp.root, { allowArchive: true, limits: { archivesMax: 2 } });
  const get = (): Promise<Response> => ask("GET /docs/?download=zip", {}, few);

  test("are at most archivesMax; one more is 503 with Retry-After (RFC 9110 §15.6.4)", async () => {
    const [first, second] = [await get(), await get()];
    const third = await get();
    expect([third.status, third.close, fieldsOf(third)["Retry-After"]]).toEqual([503, true, "1"]);
    expect(third.note?.reason).toContain("archivesMax is 2");
    // A HEAD needs no place (RFC 9110 §9.3.2).
    const head = await ask("HEAD /docs/?download=zip", {}, few);
    expect([head.status, fieldsOf(head)["Content-Type"]]).toEqual([200, "application/zip"]);
    if (head.body.kind === "stream") await head.body.chunks[Symbol.asyncIterator]().return?.();
    expect((await get()).status).toBe(503);
    // The first is read to its end, the second left.
    await octetsOf(first);
    if (second.body.kind === "stream") await second.body.chunks[Symbol.asyncIterator]().return?.();
    const again = [await get(), await get()];
    expect(again.map(({ status }) => status)).toEqual([200, 200]);
    for (const response of again) await octetsOf(response);
  });

  test("don't take a place for long when one fails", async () => {
    const broken = new SiteClient(temp.root, {
      allowArchive: true,
      limits: { archivesMax: 1, archiveEntriesMax: 2 },
    });
    for (let i = 0; i < 3; i++) {
      const response = await ask("GET /docs/?download=zip", {}, broken);
      expect(response.status).toBe(200);
      expect(octetsOf(response)).rejects.toThrow("archiveEntriesMax");
    }
  });
});
