import { afterAll, describe, expect, test } from "bun:test";
import { readFileSync, utimesSync } from "node:fs";

import { BodyError } from "../../../src/site/request.ts";
import { TempSite } from "../../temp-site.ts";
import { SiteClient } from "../site-client.ts";
import { requestOf } from "../fake-request.ts";

const site = new TempSite();
afterAll(() => site[Symbol.dispose]());
const client = new SiteClient(site.root);
const urlencoded = { "Content-Type": "application/x-www-form-urlencoded" };

/** What the log is told of a POST of `body`. */
async function logged(
  fields: Record<string, string>,
  body: string | Uint8Array,
  from: SiteClient = client,
): Promise<unknown> {
  const { status, note } = await from.ask("POST /MyForm.html", fields, body);
  expect(status).toBe(200);
  return note?.form?.();
}

/** The kind of refusal that a POST of `body` comes to. */
async function refusal(
  fields: Record<string, string>,
  body: string | Uint8Array,
  from: SiteClient = client,
): Promise<string> {
  try {
    const { status } = await from.ask("POST /MyForm.html", fields, body);
    return `accepted with ${status}`;
  } catch (error) {
    if (error instanceof BodyError) return error.kind;
    throw error;
  }
}

test("a POST is answered with the form page", async () => {
  const page = readFileSync(site.at("MyForm.html"), "utf8");
  const { status, body, fields } = await client.ask("POST /MyForm.html", urlencoded, "a=b");
  expect([status, body]).toEqual([200, page]);
  expect(fields).toEqual({ "Content-Type": "text/html; charset=utf-8" });
});

describe("application/x-www-form-urlencoded (WHATWG URL §5.1)", () => {
  test.each([
    ["a=b&c=d", { a: "b", c: "d" }],
    ["", {}],
    ["&&a=b&", { a: "b" }],
    ["a", { a: "" }],
    ["=b", { "": "b" }],
    ["a=b=c", { a: "b=c" }],
    ["a=1&b=2&a=3", { a: ["1", "3"], b: "2" }],
    ["name=Ines+Halvorsen&m=Gr%C3%BC%C3%9Fe%21", { name: "Ines Halvorsen", m: "Grüße!" }],
    ["a%3D=%26", { "a=": "&" }],
    ["a=%ff&b=%zz&c=%", { a: "\ufffd", b: "%zz", c: "%" }],
    ["a=Grüße", { a: "Grüße" }],
    ["__proto__=x&constructor=y", JSON.parse('{"__proto__":"x","constructor":"y"}') as object],
  ])("%p", async (body, form) => {
    expect(JSON.stringify(await logged(urlencoded, body))).toBe(JSON.stringify(form));
  });

  test("with parameters, and in any case, is the same type", async () => {
    const type = { "Content-Type": "Application/X-WWW-Form-Urlencoded; charset=UTF-8" };
    expect(await logged(type, "a=b")).toEqual({ a: "b" });
  });

  test("up to formFieldCountMax pairs, and not one more", async () => {
    const small = new SiteClient(site.root, { limits: { formFieldCountMax: 3 } });
    expect(await logged(urlencoded, "a=1&b=2&c=3", small)).toEqual({ a: "1", b: "2", c: "3" });
    expect(await refusal(urlencoded, "a=1&b=2&c=3&d=4", small)).toBe("body-too-large");
  });

  test("up to bodyBytesMax octets, and not one more", async () => {
    const small = new SiteClient(site.root, { limits: { bodyBytesMax: 10 } });
    expect(await logged(urlencoded, "a=12345678", small)).toEqual({ a: "12345678" });
    expect(await refusal(urlencoded, "a=123456789", small)).toBe("body-too-large");
  });

  test("names and values are cut to logValueBytesMax, and marked", async () => {
    const small = new SiteClient(site.root, { limits: { logValueBytesMax: 4 } });
    expect(await logged(urlencoded, "abcd=1234&abcde=12345", small)).toEqual({
      abcd: "1234",
      "abcd…": "1234…",
    });
  });
});

/** A part under the boundary XX. */
const part = (disposition: string, content: string, fields = ""): string =>
  `--XX\r\nContent-Disposition: form-data; ${disposition}\r\n${fields}\r\n${content}\r\n`;

describe("multipart/form-data (RFC 7578)", () => {
  const type = { "Content-Type": "multipart/form-data; boundary=XX" };
  const end = "--XX--\r\n";

  test("fields, in their order", async () => {
    const body =
      part('name="a"', "1") + part('name="b"', "Grüße\r\n!") + part('name="a"', "2") + end;
    expect(await logged(type, body)).toEqual({ a: ["1", "2"], b: "Grüße\r\n!" });
  });

  test("files: their name, type and size, and not their content", async () => {
    const body =
      part('name="f"; filename="notes.txt"', "secret", "Content-Type: text/x-y\r\n") + end;
    const form = await logged(type, body);
    expect(form).toEqual({ f: { filename: "notes.txt", type: "text/x-y", octets: 6 } });
  });

  test("a file whose name is beyond ASCII, or has quotes, as browsers send it", async () => {
    const body = part('name="f"; filename="Gr\u00fc\u00dfe %22a%22.txt"', "x") + end;
    expect(await logged(type, body)).toMatchObject({ f: { octets: 1 } });
    const form = JSON.stringify(await logged(type, body));
    expect(form).toContain("Grüße");
  });

  test("a file that is empty, as browsers send a field without a choice", async () => {
    const octetStream = "Content-Type: application/octet-stream\r\n";
    const body = part('name="f"; filename=""', "", octetStream) + end;
    expect(await logged(type, body)).toMatchObject({ f: { octets: 0 } });
  });

  test("a file of octets of all kinds", async () => {
    const content = Uint8Array.from({ length: 512 }, (_, i) => i % 256);
    const body = Buffer.concat([
      Buffer.from(part('name="f"; filename="b"', "").slice(0, -2)),
      content,
      Buffer.from(`\r\n${end}`),
    ]);
    expect(await logged(type, body)).toMatchObject({ f: { filename: "b", octets: 512 } });
  });

  test("what stands before the first and after the last boundary doesn't count", async () => {
    const body = `preamble\r\n${part('name="a"', "1")}${end}epilogue`;
    expect(await logged(type, body)).toEqual({ a: "1" });
  });

  test("a boundary in quotes", async () => {
    const quoted = { "Content-Type": 'multipart/form-data; boundary="XX"' };
    expect(await logged(quoted, part('name="a"', "1") + end)).toEqual({ a: "1" });
  });

  test("what a browser's own FormData makes", async () => {
    const data = new FormData();
    data.append("name", "Ines Halvorsen");
    data.append("message", "Grüße!\r\n--");
    data.append("file", new File(["abc"], "n \u00e9.txt", { type: "text/plain" }));
    const request = new Request("http://a/", { method: "POST", body: data });
    const fields = { "Content-Type": request.headers.get("content-type") ?? "" };
    expect(await logged(fields, await request.bytes())).toEqual({
      name: "Ines Halvorsen",
      message: "Grüße!\r\n--",
      file: { filename: "n \u00e9.txt", type: "text/plain;charset=utf-8", octets: 3 },
    });
  });

  test.each([
    ["nothing at all", ""],
    ["no boundary", "a=b"],
    ["another boundary", part('name="a"', "1").replaceAll("XX", "YY") + "--YY--\r\n"],
    ["no end", part('name="a"', "1")],
    ["a part without a name", `${part('x="a"', "1")}${end}`],
    ["a part without fields", `--XX\r\n\r\n1\r\n${end}`],
    ["a part that is cut off in its fields", "--XX\r\nContent-Disposition: form-da"],
  ])("is refused with %s", async (_what, body) => {
    expect(await refusal(type, body)).toBe("form");
  });

  test.each([
    "multipart/form-data",
    'multipart/form-data; boundary=""',
    `multipart/form-data; boundary=${"x".repeat(71)}`,
  ])("is refused under %s", async (value) => {
    expect(await refusal({ "Content-Type": value }, part('name="a"', "1") + end)).toBe("form");
  });

  test("up to formFieldCountMax parts, and not one more", async () => {
    const small = new SiteClient(site.root, { limits: { formFieldCountMax: 2 } });
    const two = part('name="a"', "1") + part('name="b"', "2");
    expect(await logged(type, two + end, small)).toEqual({ a: "1", b: "2" });
    expect(await refusal(type, two + part('name="c"', "3") + end, small)).toBe("body-too-large");
  });

  test("names, values and file names are cut to logValueBytesMax, and marked", async () => {
    const small = new SiteClient(site.root, { limits: { logValueBytesMax: 4 } });
    const body = part('name="a"', "12345") + part('name="f"; filename="12345"', "x") + end;
    expect(await logged(type, body, small)).toMatchObject({
      a: "1234…",
      f: { filename: "1234…" },
    });
  });

  test("and media types as well, also that of a body that is no form", async () => {
    const small = new SiteClient(site.root, { limits: { logValueBytesMax: 4 } });
    const header = 'name="f"; filename="x"';
    const long = `Content-Type: text/${"q".repeat(20_000)}\r\n`;
    expect(await logged(type, part(header, "z", long) + end, small)).toEqual({
      f: { filename: "x", type: "text…", octets: 1 },
    });
    expect(await logged({ "Content-Type": "text/plain" }, "12345", small)).toEqual({
      body: { filename: "", type: "text…", octets: 5 },
    });
  });

  test("is understood or refused, and nothing else, however it is cut", async () => {
    const body = Buffer.from(
      part('name="a"', "1") + part('name="f"; filename="b"', "2", "Content-Type: a/b\r\n") + end,
    );
    for (let length = 0; length <= body.length; length++) {
      const outcome = await refusal(type, body.subarray(0, length));
      expect(["form", "accepted with 200"]).toContain(outcome);
    }
  });
});

describe("anything else", () => {
  test.each([
    [{ "Content-Type": "text/plain" }, "text/plain"],
    [{ "Content-Type": "application/json; charset=utf-8" }, "application/json"],
    [{ "Content-Type": "nonsense" }, ""],
    [{ "Content-Type": "multipart/form-data; boundary=" }, ""],
    [undefined, ""],
  ])("is octets: %p", async (fields, type) => {
    expect(await logged(fields ?? {}, "12345")).toEqual({
      body: { filename: "", type, octets: 5 },
    });
  });
});

test("a POST that says nothing of its length is asked for it (RFC 9110 §15.5.12)", async () => {
  const { status, close } = await client.ask("POST /MyForm.html");
  expect([status, close]).toEqual([411, true]);
});

test("a POST of length 0 is an empty form", async () => {
  expect(await logged(urlencoded, "")).toEqual({});
});

describe("the form page", () => {
  test("may go by another name", async () => {
    site.file("ask.html", "<p>ask</p>");
    const other = new SiteClient(site.root, { form: "ask.html" });
    expect(await other.ask("POST /", urlencoded, "a=b")).toMatchObject({ body: "<p>ask</p>" });
  });

  test("that is missing means that nothing is posted here", async () => {
    const none = new SiteClient(site.root, { form: "none.html" });
    const { status, fields } = await none.ask("POST /", urlencoded, "a=b");
    expect(status).toBe(405);
    expect(fields["Allow"]).toBe("GET, HEAD, OPTIONS");
  });

  test("that strangers may not read is forbidden", async () => {
    site.file("shut.html", "for the owner", 0o600);
    const shut = new SiteClient(site.root, { form: "shut.html" });
    const { status, body } = await shut.ask("POST /", urlencoded, "a=b");
    expect(status).toBe(403);
    expect(body).not.toContain("for the owner");
  });

  test("counts for nothing when POST is off", async () => {
    const off = new SiteClient(site.root, { post: "off" });
    const { status, fields } = await off.ask("POST /MyForm.html", urlencoded, "a=b");
    expect(status).toBe(405);
    expect(fields["Allow"]).toBe("GET, HEAD, OPTIONS");
  });
});

const tagOf = async (path: string): Promise<string> =>
  (await client.ask(`GET ${path}`)).fields["ETag"] ?? "";
const post = async (
  path: string,
  fields: Record<string, string>,
  from: SiteClient = client,
): Promise<number> => (await from.ask(`POST ${path}`, { ...urlencoded, ...fields }, "a=b")).status;

const read = (): never => {
  throw new Error("the body was asked for");
};

describe("a POST with conditions (RFC 9110 §13.1, §13.2.1)", () => {
  test("is weighed against what is at its target by now", async () => {
    site.file("target.txt", "one");
    const tag = await tagOf("/target.txt");
    expect(await post("/target.txt", { "If-Match": tag })).toBe(200);
    expect(await post("/target.txt", { "If-Match": `"x", ${tag}` })).toBe(200);
    expect(await post("/target.txt", { "If-Match": "*" })).toBe(200);
    expect(await post("/target.txt", { "If-None-Match": '"x"' })).toBe(200);
    expect(await post("/target.txt", { "If-Match": `W/${tag}` })).toBe(412);
    expect(await post("/target.txt", { "If-None-Match": `W/${tag}` })).toBe(412);
    expect(await post("/target.txt", { "If-None-Match": "*" })).toBe(412);
    site.file("target.txt", "two");
    expect(await post("/target.txt", { "If-Match": tag })).toBe(412);
    expect(await post("/target.txt", { "If-None-Match": tag })).toBe(200);
  });

  test("is weighed against the variant that a GET with its fields would have", async () => {
    site.file("long.txt", "a long line\n".repeat(500));
    const coded = { "Accept-Encoding": "gzip" };
    const tag = (await client.ask("GET /long.txt", coded)).fields["ETag"] ?? "";
    expect(tag).not.toBe(await tagOf("/long.txt"));
    expect(await post("/long.txt", { ...coded, "If-Match": tag })).toBe(200);
    expect(await post("/long.txt", { "If-Match": tag })).toBe(412);
    const plain = { "If-Match": await tagOf("/long.txt") };
    expect(await post("/long.txt", plain)).toBe(200);
    expect(await post("/long.txt", { ...coded, ...plain })).toBe(412);
  });

  test("of dates is refused after a change, and never by If-Modified-Since", async () => {
    site.file("dated.txt", "d");
    utimesSync(site.at("dated.txt"), 0, Date.parse("2024-02-29T12:00:00Z") / 1000);
    const [then, before] = ["Thu, 29 Feb 2024 12:00:00 GMT", "Thu, 29 Feb 2024 11:59:59 GMT"];
    expect(await post("/dated.txt", { "If-Unmodified-Since": then })).toBe(200);
    expect(await post("/dated.txt", { "If-Unmodified-Since": before })).toBe(412);
    expect(await post("/dated.txt", { "If-Unmodified-Since": "yesterday" })).toBe(200);
    expect(await post("/dated.txt", { "If-Modified-Since": then })).toBe(200);
  });

  test("is weighed against nothing where a GET has nothing", async () => {
    site.file("secret.txt", "s", 0o600);
    site.folder("bare");
    for (const path of ["/nowhere", "/secret.txt", "/bare", "/%ff", "/a%2Fb"]) {
      expect([path, await post(path, { "If-Match": "*" })]).toEqual([path, 412]);
      expect([path, await post(path, { "If-None-Match": "*" })]).toEqual([path, 200]);
      const dated = { "If-Unmodified-Since": "Thu, 01 Jan 1970 00:00:00 GMT" };
      expect([path, await post(path, dated)]).toEqual([path, 200]);
    }
  });

  test("is weighed against a listing, where there are some", async () => {
    site.folder("bare");
    expect(await post("/bare/", { "If-Match": await tagOf("/bare/") })).toBe(200);
    expect(await post("/bare/", { "If-None-Match": "*" })).toBe(412);
    const bare = new SiteClient(site.root, { listing: false });
    expect(await post("/bare/", { "If-None-Match": "*" }, bare)).toBe(200);
  });

  test("is not read before they hold", async () => {
    const fields = { ...urlencoded, "If-Match": '"x"', "Content-Length": "3" };
    const request = requestOf("POST /MyForm.html", fields);
    const { trailers } = request.body;
    const reads = {
      read,
      arrived: read,
      readAll: read,
      keep: read,
      chunks: read,
      [Symbol.asyncIterator]: read,
    };
    const answer = client.answer({ ...request, body: { trailers, ...reads } });
    const { status, close, note } = await answer;
    const reason = "If-Match is false: it has none of these tags";
    const sentence = "The resource isn't as the request's conditions ask.";
    expect([status, close, note]).toEqual([412, false, { reason, sentence }]);
  });

  test("that would be refused anyway is refused for that", async () => {
    const fails = { "If-Match": '"x"' };
    expect((await client.ask("POST /MyForm.html", fails)).status).toBe(411);
    const small = new SiteClient(site.root, { limits: { bodyBytesMax: 2 } });
    expect(await refusal(fails, "a=b", small)).toBe("body-too-large");
    site.file("shut.html", "for the owner", 0o600);
    const shut = new SiteClient(site.root, { form: "shut.html" });
    expect(await post("/MyForm.html", fails, shut)).toBe(403);
    const none = new SiteClient(site.root, { form: "none.html" });
    expect(await post("/MyForm.html", fails, none)).toBe(405);
    const off = new SiteClient(site.root, { post: "off" });
    expect(await post("/MyForm.html", fails, off)).toBe(405);
  });

  test("that a condition forbids is not looked at: a malformed one is 412, too", async () => {
    const multipart = { "Content-Type": "multipart/form-data; boundary=XX" };
    expect(await refusal({ ...multipart, "If-Match": '"x"' }, "nonsense")).toBe(
      "accepted with 412",
    );
    expect(await refusal({ ...multipart, "If-Match": "*" }, "nonsense")).toBe("form");
  });
});
