import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, rmSync, statSync, symlinkSync, utimesSync } from "node:fs";

import { TempSite } from "../../../temp-site.ts";
import type { ShownResponse } from "../../shown-response.ts";
import { SiteClient } from "../../site-client.ts";

const site = new TempSite("empty");
afterAll(() => site[Symbol.dispose]());
beforeEach(() => {
  for (const name of readdirSync(site.root)) rmSync(site.at(name), { recursive: true });
});

const options = { post: "upload", put: true, uploadMode: 0o644 } as const;
const client = new SiteClient(site.root, options);
const read = (name: string): string => readFileSync(site.at(name), "utf8");
const shown = (): string[] => readdirSync(site.root).filter((name) => !name.startsWith("."));

type Fields = Readonly<Record<string, string>>;

/** Begins an upload of `name` with `body`; the address of its resource. */
async function begin(name: string, fields: Fields = {}, body = "", path = "/"): Promise<string> {
  const answer = await client.ask(
    `POST ${path}`,
    { "Upload-Complete": "?0", "Content-Disposition": `inline; filename="${name}"`, ...fields },
    body,
  );
  expect([answer.status, answer.fields["Upload-Complete"]]).toEqual([201, "?0"]);
  return path + (answer.fields["Location"] ?? "").slice(2);
}

const partial = { "Content-Type": "application/partial-upload" } as const;

const append = (
  way: string,
  offset: number | string,
  body: string | undefined,
  complete = "?1",
  fields: Fields = {},
): Promise<ShownResponse> =>
  client.ask(
    `PATCH ${way}`,
    { ...partial, "Upload-Offset": String(offset), "Upload-Complete": complete, ...fields },
    body,
  );

/** The status of an answer, and what it says of the upload. */
const said = ({ status, fields }: ShownResponse): (string | number | undefined)[] => [
  status,
  fields["Upload-Complete"],
  fields["Upload-Offset"],
];

const offsetOf = async (way: string): Promise<(string | number | undefined)[]> =>
  said(await client.ask(`HEAD ${way}`));

describe("a file in parts", () => {
  test("is stored when the last one has come", async () => {
    const way = await begin("a.txt", { "Upload-Length": "9" }, "one");
    expect(way).toMatch(/^\/\?upload=[\w-]{22}$/);
    expect(shown()).toEqual([]);
    expect(said(await append(way, 3, "two", "?0"))).toEqual([204, "?0", "6"]);
    const told = await client.ask(`HEAD ${way}`);
    expect(said(told)).toEqual([204, "?0", "6"]);
    expect(told.fields).toMatchObject({
      "Upload-Length": "9",
      "Cache-Control": "no-store",
      "Upload-Limit": expect.stringMatching(/^max-size=\d+, max-age=\d+$/),
    });
    expect(said(await client.ask(`GET ${way}`))).toEqual([204, "?0", "6"]);
    const last = await append(way, 6, "six");
    expect([last.status, last.fields["Location"], last.fields["Upload-Complete"]]).toEqual([
      201,
      "./a.txt",
      "?1",
    ]);
    expect((JSON.parse(last.body) as { files: unknown[] }).files).toMatchObject([
      { name: "a.txt", octets: 9, readable: true },
    ]);
    expect(readdirSync(site.root)).toEqual(["a.txt"]);
    expect(read("a.txt")).toBe("onetwosix");
    expect(statSync(site.at("a.txt")).mode & 0o777).toBe(0o644);
  });

  test("may be completed by a request without content", async () => {
    const way = await begin("a.txt", {}, "one");
    expect((await append(way, 3, undefined)).status).toBe(201);
    const empty = await begin("b.txt");
    expect((await append(empty, 0, "")).status).toBe(201);
    expect([read("a.txt"), read("b.txt")]).toEqual(["one", ""]);
  });

  test("gets a number when its name is taken by then", async () => {
    const way = await begin("a.txt", {}, "one");
    site.file("a.txt", "old");
    expect((await append(way, 3, "")).fields["Location"]).toBe("./a%20(2).txt");
    expect([read("a.txt"), read("a (2).txt")]).toEqual(["old", "one"]);
  });

  test("is cancelled by DELETE, and leaves nothing", async () => {
    const way = await begin("a.txt", {}, "one");
    expect((await client.ask(`DELETE ${way}`)).status).toBe(204);
    expect(readdirSync(site.root)).toEqual([]);
    for (const method of ["HEAD", "GET", "DELETE"]) {
      expect((await client.ask(`${method} ${way}`)).status).toBe(404);
    }
    expect((await append(way, 3, "two")).status).toBe(404);
  });

  test("is gone on with by another process", async () => {
    const way = await begin("a.txt", {}, "one");
    const other = new SiteClient(site.root, options);
    const fields = { ...partial, "Upload-Offset": "3", "Upload-Complete": "?1" };
    expect((await other.ask(`PATCH ${way}`, fields, "two")).status).toBe(201);
    expect(read("a.txt")).toBe("onetwo");
  });

  test("is gone when it has waited for too long", async () => {
    const way = await begin("a.txt", {}, "one");
    for (const name of readdirSync(site.root)) utimesSync(site.at(name), 1, 1);
    expect((await client.ask(`HEAD ${way}`)).status).toBe(404);
    expect(readdirSync(site.root)).toEqual([]);
  });
});

describe("after the end", () => {
  test("a client that has lost the answer hears it again", async () => {
    const way = await begin("a.txt", {}, "one");
    const first = await append(way, 3, "two");
    expect(await offsetOf(way)).toEqual([204, "?1", "6"]);
    const again = await append(way, 6, undefined);
    expect([again.status, again.body]).toEqual([first.status, first.body]);
    expect((await append(way, 6, "")).status).toBe(201);
    expect(shown()).toEqual(["a.txt"]);
    expect((await client.ask(`DELETE ${way}`)).status).toBe(204);
    expect((await client.ask(`HEAD ${way}`)).status).toBe(404);
    expect(read("a.txt")).toBe("onetwo");
  });

  test("nothing is appended (§4.1.2)", async () => {
    const way = await begin("a.txt", {}, "one");
    await append(way, 3, "two");
    expect(said(await append(way, 3, "two"))).toEqual([409, "?0", "6"]);
    expect((await append(way, 6, "more")).status).toBe(400);
    expect((await append(way, 6, undefined, "?0")).status).toBe(400);
    expect(read("a.txt")).toBe("onetwo");
  });
});

describe("the offset", () => {
  test.each([0, 2, 4, 999_999_999_999_999])("%i, of three, is refused", async (offset) => {
    const way = await begin("a.txt", {}, "one");
    const answer = await append(way, offset, "x");
    expect(said(answer)).toEqual([409, "?0", "3"]);
    expect(JSON.parse(answer.body)).toMatchObject({
      "expected-offset": 3,
      "provided-offset": offset,
    });
    expect(await offsetOf(way)).toEqual([204, "?0", "3"]);
  });

  test.each(["-1", "9007199254740993", "1e1", "0x3", "", "3, 3"])(
    "%j is none (RFC 9651 §3.3.1)",
    async (offset) => {
      const way = await begin("a.txt", {}, "one");
      expect((await append(way, offset, "x")).status).toBe(400);
      expect(await offsetOf(way)).toEqual([204, "?0", "3"]);
    },
  );
});

describe("the length (§4.1.3)", () => {
  test.each([
    ["begins with more", { "Upload-Length": "2" }, "one"],
    [
      "is another one than all of the content has",
      { "Upload-Length": "9", "Upload-Complete": "?1" },
      "one",
    ],
  ])("that %s is refused, and nothing is left", async (_, fields, body) => {
    const answer = await client.ask("POST /", { "Upload-Complete": "?0", ...fields }, body);
    expect([answer.status, answer.fields["Content-Type"]]).toEqual([
      400,
      "application/problem+json",
    ]);
    expect(readdirSync(site.root)).toEqual([]);
  });

  test("that is contradicted is refused, and the upload goes on", async () => {
    const way = await begin("a.txt", { "Upload-Length": "6" }, "one");
    for (const [body, complete, fields] of [
      ["two", "?0", { "Upload-Length": "7" }],
      ["tw", "?1", {}],
      ["twoo", "?1", {}],
      ["twoo", "?0", {}],
    ] as const) {
      expect((await append(way, 3, body, complete, fields)).status).toBe(400);
      expect(await offsetOf(way)).toEqual([204, "?0", "3"]);
    }
    expect((await append(way, 3, "two")).status).toBe(201);
  });

  test("is learnt from a later request", async () => {
    const way = await begin("a.txt", {}, "one");
    await append(way, 3, "t", "?0", { "Upload-Length": "6" });
    expect((await client.ask(`HEAD ${way}`)).fields["Upload-Length"]).toBe("6");
    expect((await append(way, 4, "w")).status).toBe(400);
    expect((await append(way, 4, "wo")).status).toBe(201);
  });

  test("beyond the limit is refused, with the limit", async () => {
    const small = new SiteClient(site.root, { ...options, limits: { uploadBytesMax: 5 } });
    const begun = { "Upload-Complete": "?0", "Upload-Length": "6" };
    const answer = await small.ask("POST /", begun, "");
    expect([answer.status, answer.fields["Upload-Limit"]]).toEqual([
      413,
      "max-size=5, max-age=86400",
    ]);
    const way = (await small.ask("POST /", { "Upload-Complete": "?0" }, "one")).fields["Location"];
    const fields = { ...partial, "Upload-Offset": "3", "Upload-Complete": "?1" };
    expect((await small.ask(`PATCH ${way?.slice(1)}`, fields, "two")).status).toBe(413);
    const more = { ...fields, "Upload-Complete": "?0" };
    expect((await small.ask(`PATCH ${way?.slice(1)}`, more, "two")).status).toBe(413);
    expect((await small.ask(`PATCH ${way?.slice(1)}`, fields, "tw")).status).toBe(201);
    rmSync(site.at("upload"));
    expect(shown()).toEqual([]);
  });
});

describe("a PATCH", () => {
  test("of another type is refused, with the type it takes (RFC 5789 §2.2)", async () => {
    const way = await begin("a.txt", {}, "one");
    for (const type of ["application/octet-stream", "multipart/form-data; boundary=x"]) {
      const answer = await append(way, 3, "two", "?1", { "Content-Type": type });
      expect([answer.status, answer.fields["Accept-Patch"]]).toEqual([
        415,
        "application/partial-upload",
      ]);
    }
    expect((await append(way, 3, "two", "?1", { "Content-Encoding": "gzip" })).status).toBe(415);
    expect(await offsetOf(way)).toEqual([204, "?0", "3"]);
  });

  test("says whether it is the end", async () => {
    const way = await begin("a.txt", {}, "one");
    const answer = await client.ask(`PATCH ${way}`, { ...partial, "Upload-Offset": "3" }, "x");
    expect(said(answer)).toEqual([400, "?0", undefined]);
  });

  test("with a condition, which the resource can't meet, is refused", async () => {
    const way = await begin("a.txt", {}, "one");
    const refused = await append(way, 3, "two", "?1", { "If-Match": '"x"' });
    const why = "If-Match is false: it has none of these tags";
    expect([refused.status, refused.note?.reason]).toEqual([412, why]);
    expect((await client.ask(`HEAD ${way}`, { "If-None-Match": "*" })).status).toBe(412);
    expect((await append(way, 3, "two", "?1", { "If-Match": "*" })).status).toBe(201);
  });
});

describe("an address that is none", () => {
  test.each([
    "/?upload=",
    "/?upload=AAAAAAAAAAAAAAAAAAAAAA",
    "/?upload=../../../../etc/passwd",
    "/?upload=..%2F..%2Fetc%2Fpasswd",
    "/?upload=%00",
    `/?upload=${"A".repeat(2000)}`,
  ])("%s is answered with 404 and touches nothing", async (way) => {
    site.file("a.txt", "old");
    for (const method of ["HEAD", "GET", "DELETE"]) {
      expect((await client.ask(`${method} ${way}`)).status).toBe(404);
    }
    expect((await append(way, 0, "x")).status).toBe(404);
    expect(readdirSync(site.root)).toEqual(["a.txt"]);
  });

  test("the name of the file of an upload is not its ID", async () => {
    await begin("a.txt", {}, "one");
    const [name = ""] = readdirSync(site.root);
    const digest = name.replace(".postern-upload-", "");
    for (const id of [digest, digest.slice(0, 22)]) {
      expect((await client.ask(`HEAD /?upload=${id}`)).status).toBe(404);
    }
    expect((await client.ask(`GET /${name}`)).status).toBe(404);
    expect((await client.ask(`PUT /${name}`, {}, "x")).status).toBe(403);
    expect((await client.ask(`DELETE /${name}.json`)).status).toBe(403);
  });

  test("an ID counts in its own folder alone", async () => {
    site.folder("in");
    const way = await begin("a.txt", {}, "one", "/in/");
    const id = way.slice("/in/".length);
    for (const other of [`/${id}`, `/in${id}`, `/in/a.txt${id}`, `/none/${id}`]) {
      expect((await append(other, 3, "two")).status).not.toBe(201);
    }
    expect((await append(way, 3, "two")).status).toBe(201);
    expect(read("in/a.txt")).toBe("onetwo");
  });

  test("a link in place of an upload's file leads nowhere", async () => {
    site.file("a.txt", "old");
    const id = "A".repeat(22);
    const digest = createHash("sha256").update(id).digest("hex").slice(0, 32);
    for (const suffix of ["", ".json"]) {
      symlinkSync(site.at("a.txt"), site.at(`.postern-upload-${digest}${suffix}`));
    }
    expect((await append(`/?upload=${id}`, 3, "x")).status).toBe(404);
    expect(read("a.txt")).toBe("old");
  });

  test("outside of the folder of uploads there are none", async () => {
    site.folder("in");
    const inside = new SiteClient(site.root, { ...options, uploadDir: "in" });
    expect((await inside.ask("POST /", { "Upload-Complete": "?0" }, "x")).status).toBe(405);
    expect((await inside.ask(`PATCH /?upload=${"A".repeat(22)}`, partial, "x")).status).toBe(405);
    expect((await inside.ask("POST /in/", { "Upload-Complete": "?0" }, "x")).status).toBe(201);
  });
});

test("a page of another origin neither begins an upload nor appends", async () => {
  const way = await begin("a.txt", {}, "one");
  const foreign = { Origin: "http://evil.example", "Sec-Fetch-Site": "cross-site" };
  expect((await append(way, 3, "x", "?1", foreign)).status).toBe(403);
  expect((await client.ask(`DELETE ${way}`, foreign)).status).toBe(403);
  expect((await client.ask("POST /", { "Upload-Complete": "?0", ...foreign }, "x")).status).toBe(
    403,
  );
  expect(await offsetOf(way)).toEqual([204, "?0", "3"]);
});

describe("OPTIONS", () => {
  test("tells the limits where an upload can be begun (§4.1.4)", async () => {
    const { status, fields } = await client.ask("OPTIONS /");
    expect([status, fields["Upload-Limit"]]).toEqual([204, "max-size=17179869184, max-age=86400"]);
    const off = new SiteClient(site.root);
    expect((await off.ask("OPTIONS /")).fields["Upload-Limit"]).toBeUndefined();
  });

  test("names the methods of an upload", async () => {
    const way = await begin("a.txt");
    const allow = (await client.ask(`OPTIONS ${way}`)).fields["Allow"] ?? "";
    for (const method of ["HEAD", "PATCH", "DELETE"]) expect(allow).toContain(method);
    expect((await client.ask("OPTIONS /")).fields["Allow"]).not.toContain("PATCH");
  });
});
