import { afterAll, beforeEach, describe, expect, test } from "bun:test";

import type { Form } from "../../../src/site/forms/form-data.ts";
import { BodyError } from "../../../src/site/request.ts";
import type { RouteRequest } from "../../../src/site/library/route-request.ts";
import { ResponseBuilder } from "../../../src/http/message/response-builder.ts";
import { TempSite } from "../../temp-site.ts";
import { SiteClient } from "../site-client.ts";
import { show } from "../shown-response.ts";

const site = new TempSite();
afterAll(() => site[Symbol.dispose]());
let client = new SiteClient(site.root);
beforeEach(() => {
  client = new SiteClient(site.root);
});

/** What a handler of `path` gets when it is asked with `line`. */
async function routed(
  path: string,
  line: string,
  fields: Record<string, string> = {},
  body?: string | Uint8Array,
): Promise<RouteRequest> {
  const [method = ""] = line.split(" ");
  let got: RouteRequest | undefined;
  client.routes.add(method, path, (request) => {
    got = request;
    return new ResponseBuilder(204).build();
  });
  await client.ask(line, fields, body);
  if (got === undefined) throw new Error("the route was not asked");
  return got;
}

const posted = (body: string | Uint8Array, type = "text/plain"): Promise<RouteRequest> =>
  routed("/x", "POST /x", { "Content-Type": type }, body);

/** The kind of BodyError that `promise` is rejected with. */
async function rejection(promise: Promise<unknown>): Promise<string> {
  const error: unknown = await promise.then(
    () => "it was not rejected",
    (thrown: unknown) => thrown,
  );
  return error instanceof BodyError ? error.kind : String(error);
}

describe("the request line and the fields", () => {
  test("method and target are as they came", async () => {
    const request = await routed("/a b/", "PUT /%61%20b/?c=%20&d");
    expect([request.method, request.target]).toEqual(["PUT", "/%61%20b/?c=%20&d"]);
  });

  test.each([
    ["/a b", "/a%20b", "/a b"],
    ["/a b/", "/%61%20b/", "/a b/"],
    ["/", "/", "/"],
    ["/%25", "/%25", "/%"],
    ["/gr%C3%BCn", "/gr%c3%bcn", "/grün"],
    ["/x", "http://other.example/x?y", "/x"],
  ])("path of the route %s for %s is %s", async (route, target, path) => {
    expect((await routed(route, `GET ${target}`)).path).toBe(path);
  });

  test("query is what came behind the question mark, and searchParams its pairs", async () => {
    const request = await routed("/x", "GET /x?a=1&b=%20+&a=2?");
    expect(request.query).toBe("a=1&b=%20+&a=2?");
    expect(request.searchParams.getAll("a")).toEqual(["1", "2?"]);
    expect(request.searchParams.get("b")).toBe("  ");
    expect(request.searchParams).toBe(request.searchParams);
  });

  test("no query and an empty one are distinguished", async () => {
    expect((await routed("/x", "GET /x")).query).toBeUndefined();
    expect((await routed("/x", "GET /x?")).query).toBe("");
    expect([...(await routed("/x", "GET /x")).searchParams]).toEqual([]);
  });

  test("fields keep order and spelling, and are looked up in any case", async () => {
    const request = await routed("/x", "GET /x", { "X-Odd": "1", "x-ODD": "2", Accept: "a/b" });
    expect([...request.fields]).toEqual([
      ["Host", "a"],
      ["X-Odd", "1"],
      ["x-ODD", "2"],
      ["Accept", "a/b"],
    ]);
    expect(request.fields.getAll("X-Odd")).toEqual(["1", "2"]);
    expect(request.fields.get("ACCEPT")).toBe("a/b");
  });

  test.each([
    ["GET /x", { Host: "b.example:8080" }, "b.example:8080"],
    ["GET /x", { Host: "b.example" }, "b.example"],
    ["GET /x", { Host: "[::1]:80" }, "[::1]:80"],
    ["GET http://c.example:1/x", { Host: "b.example" }, "c.example:1"],
  ])("host of %s with %p is %s (RFC 9112 §3.3)", async (line, fields, host) => {
    expect((await routed("/x", line, fields)).host).toBe(host);
  });

  test("remoteAddress and receivedMs are those of the request", async () => {
    const request = await routed("/x", "GET /x");
    expect(request.remoteAddress).toBe("192.0.2.1");
    expect(request.receivedMs).toBeGreaterThan(Date.UTC(2024, 0));
  });

  test("a HEAD that a GET route answers says HEAD", async () => {
    let method = "";
    client.routes.add("GET", "/x", (request) => {
      ({ method } = request);
      return new ResponseBuilder(204).build();
    });
    await client.ask("HEAD /x");
    expect(method).toBe("HEAD");
  });
});

describe("the content", () => {
  test("is bytes, text and JSON, all of the same octets", async () => {
    const request = await posted('{"a":"ü"}');
    expect(await request.text()).toBe('{"a":"ü"}');
    expect(await request.json()).toEqual({ a: "ü" });
    expect(await request.bytes()).toEqual(new TextEncoder().encode('{"a":"ü"}'));
    expect(request.trailers.count).toBe(0);
  });

  test("is empty where there is none", async () => {
    const request = await routed("/x", "POST /x");
    expect(await request.text()).toBe("");
    expect(await rejection(request.json())).toBe("json");
  });

  test("as text drops a byte order mark, and takes what is no UTF-8 for U+FFFD", async () => {
    expect(await (await posted(new Uint8Array([0xef, 0xbb, 0xbf, 0x61, 0xff]))).text()).toBe(
      "a\ufffd",
    );
  });

  test.each(["", "{", "{'a':1}", "[1,]", "\u00a01", new Uint8Array([0x22, 0xff, 0x22])])(
    "that is no JSON is refused: %p (RFC 8259 §2)",
    async (body) => {
      expect(await rejection((await posted(body)).json())).toBe("json");
    },
  );

  test("as JSON may begin with a byte order mark (RFC 8259 §8.1)", async () => {
    expect(await (await posted("\ufeff[1]")).json()).toEqual([1]);
  });

  test("is taken up to octetsMax, and not an octet more", async () => {
    expect(await (await posted("12345")).text(5)).toBe("12345");
    for (const read of ["bytes", "text", "json"] as const) {
      expect(await rejection((await posted("12345"))[read](4))).toBe("body-too-large");
    }
    const type = "application/x-www-form-urlencoded";
    expect(await rejection((await posted("a=345", type)).form(4))).toBe("body-too-large");
  });

  test("that is not awaited doesn't end the process", async () => {
    const request = await posted("{");
    void request.json();
    void request.form();
    void request.text(0);
    await new Promise((resolve) => setImmediate(resolve));
  });
});

const formOf = async (body: string, type: string): Promise<Form> =>
  (await posted(body, type)).form();

describe("a form", () => {
  const urlencoded = "application/x-www-form-urlencoded; charset=utf-8";
  const multipart = "multipart/form-data; boundary=XX";
  const upload = [
    '--XX\r\nContent-Disposition: form-data; name="a"\r\n\r\nGrüße\r\n',
    '--XX\r\nContent-Disposition: form-data; name="f"; filename="n.txt"\r\n',
    "Content-Type: text/x-y\r\n\r\nabc\r\n",
    '--XX\r\nContent-Disposition: form-data; name="f"; filename=""\r\n\r\n\r\n--XX--\r\n',
  ].join("");

  test("urlencoded holds its pairs in order (WHATWG URL §5.1)", async () => {
    const read = await formOf("a=1&b=x+y&a=2&c", urlencoded);
    expect([...read]).toEqual([
      ["a", "1"],
      ["b", "x y"],
      ["a", "2"],
      ["c", ""],
    ]);
    expect(read.count).toBe(4);
    expect([read.get("a"), read.text("a"), read.file("a")]).toEqual(["1", "1", undefined]);
    expect(read.getAll("a")).toEqual(["1", "2"]);
    expect([read.has("c"), read.has("d"), read.get("d")]).toEqual([true, false, undefined]);
  });

  test("multipart holds files, too, with name, type and content (RFC 7578)", async () => {
    const read = await formOf(upload, multipart);
    expect(read.text("a")).toBe("Grüße");
    expect(read.file("f")).toEqual({
      name: "n.txt",
      type: "text/x-y",
      content: new TextEncoder().encode("abc"),
    });
    expect(read.getAll("f")[1]).toEqual({ name: "", type: "", content: new Uint8Array(0) });
    expect(read.text("f")).toBeUndefined();
  });

  test.each(["text/plain", "application/json", "multipart/mixed; boundary=XX", "nonsense", ""])(
    "is not read of %p (RFC 9110 §15.5.16)",
    async (type) => {
      const request = await posted("a=b", type);
      expect(await rejection(request.form())).toBe("media-type");
      expect(await request.text()).toBe("a=b");
    },
  );

  test("that is malformed is refused", async () => {
    expect(await rejection(formOf("a=b", multipart))).toBe("form");
  });

  test("holds formFieldCountMax values, and not one more", async () => {
    client = new SiteClient(site.root, { limits: { formFieldCountMax: 2 } });
    expect((await formOf("a=1&b=2", urlencoded)).count).toBe(2);
    expect(await rejection(formOf("a=1&b=2&c=3", urlencoded))).toBe("body-too-large");
    expect(await rejection(formOf(upload, multipart))).toBe("body-too-large");
  });
});

/** What a route at /x answers with `path`. */
const answered = async (
  path: string,
  line = "GET /x",
  fields: Record<string, string> = {},
  body?: string,
): Promise<ReturnType<typeof show>> => {
  const [method = ""] = line.split(" ");
  client.routes.add(method, "/x", (request) => request.answerWithFile(path));
  return client.ask(line, fields, body);
};

describe("answerWithFile", () => {
  beforeEach(() => {
    site.file("doc ü.txt", "0123456789");
    site.file("shut.txt", "secret", 0o600);
  });

  test("is a file of the tree, as the tree answers it", async () => {
    const direct = await client.ask("GET /doc%20%C3%BC.txt");
    expect(direct.body).toBe("0123456789");
    expect(await answered("/doc%20%C3%BC.txt")).toEqual(direct);
    expect(await answered("/doc ü.txt".replace("ü", "%C3%BC"))).toEqual(direct);
  });

  test("with conditions and ranges (RFC 9110 §13, §14)", async () => {
    const path = "/doc%20%C3%BC.txt";
    const { ETag = "" } = (await answered(path)).fields;
    expect((await answered(path, "GET /x", { "If-None-Match": ETag })).status).toBe(304);
    const part = await answered(path, "GET /x", { Range: "bytes=2-4" });
    expect([part.status, part.body]).toEqual([206, "234"]);
    expect((await answered(path, "HEAD /x")).status).toBe(200);
  });

  test("to another method is the content alone", async () => {
    const fields = { "If-None-Match": "*", Range: "bytes=2-4" };
    const answer = await answered("/doc%20%C3%BC.txt", "POST /x", fields, "a=b");
    expect([answer.status, answer.body]).toEqual([200, "0123456789"]);
    expect(answer.fields).toEqual({ "Content-Type": "text/plain; charset=utf-8" });
  });

  test.each([
    ["/shut.txt", 403],
    ["/nowhere", 404],
    ["/../secret", 404],
    ["/%2e%2e/secret", 404],
    ["/a%2Fb", 404],
    ["/%zz", 404],
    ["doc.txt", 404],
    ["", 404],
  ])("%p is %i, as for a stranger", async (path, status) => {
    expect((await answered(path)).status).toBe(status);
    expect((await answered(path, "POST /x", {}, "a=b")).status).toBe(status);
  });
});
