import { afterAll, beforeEach, describe, expect, test } from "bun:test";

import { utf8Bytes } from "../../../src/http/octets/bytes.ts";
import { ResponseBuilder } from "../../../src/http/message/response-builder.ts";
import type { RouteHandler } from "../../../src/site/library/route-request.ts";
import { TempSite } from "../../temp-site.ts";
import { requestOf } from "../fake-request.ts";
import { SiteClient } from "../site-client.ts";

const site = new TempSite();
afterAll(() => site[Symbol.dispose]());
let client = new SiteClient(site.root);
beforeEach(() => {
  client = new SiteClient(site.root);
});

const says =
  (text: string): RouteHandler =>
  () =>
    new ResponseBuilder(200).text(text).build();

describe("added routes", () => {
  test("answer before the tree is asked", async () => {
    client.routes.add("GET", "/empty.txt", says("mine"));
    expect((await client.ask("GET /empty.txt")).body).toBe("mine");
    expect((await client.ask("GET /empty.txt?x=y")).body).toBe("mine");
    expect((await client.ask("GET /MyForm.html")).body).toContain("<title>My form");
  });

  test("are told by exactly their path, in every spelling of it", async () => {
    client.routes.add("GET", "/a b", says("mine"));
    for (const target of ["/a%20b", "/%61%20b", "http://x/a%20b", "/a%20b?q"]) {
      expect((await client.ask(`GET ${target}`)).body).toBe("mine");
    }
    for (const target of ["/a%20b/", "/a%2520b", "/A%20b", "/x/a%20b"]) {
      expect((await client.ask(`GET ${target}`)).status).toBe(404);
    }
  });

  test("of a path with and without a slash are two", async () => {
    client.routes.add("GET", "/x", says("without"));
    client.routes.add("GET", "/x/", says("with"));
    expect((await client.ask("GET /x")).body).toBe("without");
    expect((await client.ask("GET /x/")).body).toBe("with");
  });

  test("may be the root, and replace each other", async () => {
    client.routes.add("GET", "/", says("one"));
    client.routes.add("GET", "/", says("two"));
    expect((await client.ask("GET /")).body).toBe("two");
  });

  test("for GET answer HEAD, unless there is one for HEAD (RFC 9110 §9.3.2)", async () => {
    client.routes.add("GET", "/x", says("get"));
    expect((await client.ask("HEAD /x")).body).toBe("get");
    client.routes.add("HEAD", "/x", says("head"));
    expect((await client.ask("HEAD /x")).body).toBe("head");
  });

  test("for other methods leave GET to the tree", async () => {
    client.routes.add("DELETE", "/empty.txt", says("gone"));
    expect((await client.ask("DELETE /empty.txt")).body).toBe("gone");
    expect((await client.ask("GET /empty.txt")).status).toBe(200);
  });

  test("may be of methods that no RFC knows, by their case (RFC 9110 §9.1)", async () => {
    client.routes.add("Brew", "/pot", says("coffee"));
    expect((await client.ask("Brew /pot")).body).toBe("coffee");
    expect((await client.ask("BREW /pot")).status).toBe(405);
  });

  test("may be made of methods and paths that are some only", () => {
    for (const path of ["", "x", "*", "/../x", "/a%2Fb", "//x", "/%zz", "http://a/x"]) {
      expect(() => client.routes.add("GET", path, says(""))).toThrow(
        new TypeError(`not a path: ${JSON.stringify(path)}`),
      );
    }
    for (const method of ["", "G T", "GET\r\n", "GÉT"]) {
      expect(() => client.routes.add(method, "/x", says(""))).toThrow(
        new TypeError(`not a method: ${JSON.stringify(method)}`),
      );
    }
  });
});

describe("a route that no request can match is refused", () => {
  test.each([
    ["/a/*/b", "* can only be the last segment"],
    ["/*/", "* can only be the last segment"],
    ["/*.css", "*.css isn't matched: * is a whole segment, and the last"],
    ["/a/**", "** isn't matched: * is a whole segment, and the last"],
    ["/users/{id}", "{id} is written :id"],
    ["/users/:", ": isn't a name (percent-encode : * {)"],
    ["/users/:id(.+)", ":id(.+) isn't a name (percent-encode : * {)"],
    ["/:id/edit/:id", ":id occurs twice"],
  ])("with the placeholder of %s", (path, fault) => {
    expect(() => client.routes.add("GET", path, says(""))).toThrow(
      new TypeError(`${fault}: ${JSON.stringify(path)}`),
    );
  });

  test.each(["/search?q=a", "/?", "/a#b"])("with the query of %s", (path) => {
    expect(() => client.routes.add("GET", path, says(""))).toThrow(
      new TypeError(`a route's path has no query (write ? as %3F, # as %23): "${path}"`),
    );
  });

  test.each(["any", "Any"])("with %s for any method", (method) => {
    expect(() => client.routes.add(method, "/x", says(""))).toThrow(
      new TypeError(`not a method: "${method}"; any method is ANY`),
    );
  });

  test.each(["get", "Post", "patch"])("with the method %s (RFC 9110 §9.1)", (method) => {
    expect(() => client.routes.add(method, "/x", says(""))).toThrow(
      new TypeError(`not a method: "${method}"; clients send ${method.toUpperCase()}`),
    );
  });

  test("with CONNECT, whose target is no path (RFC 9112 §3.2.3)", () => {
    expect(() => client.routes.add("CONNECT", "/x", says(""))).toThrow("CONNECT has no path");
  });

  test("with half a character", () => {
    expect(() => client.routes.add("GET", "/\ud800", says(""))).toThrow("not a path");
  });

  test("but not when these characters are percent-encoded, or within a name", async () => {
    for (const path of ["/%2A", "/%3Aid", "/%7Bid%7D", "/a%3Fb", "/a%23b", "/a:b", "/a{b}"]) {
      client.routes.add("GET", path, says(path));
      expect((await client.ask(`GET ${path}`)).body).toBe(path);
    }
  });

  test("and a path that isn't ASCII is the one that clients percent-encode", async () => {
    client.routes.add("GET", "/café/日本", says("mine"));
    expect((await client.ask("GET /caf%C3%A9/%E6%97%A5%E6%9C%AC")).body).toBe("mine");
  });
});

describe("a route", () => {
  test.each([undefined, null, "text", {}])("that answers with %p has failed", async (answer) => {
    client.routes.add("GET", "/x", (() => answer) as never);
    client.routes.add("GET", "/y", (() => Promise.resolve(answer)) as never);
    expect(() => client.answer(requestOf("GET /x"))).toThrow(TypeError);
    const later = client.answer(requestOf("GET /y")) as Promise<unknown>;
    expect(await later.catch((error: unknown) => error)).toBeInstanceOf(TypeError);
  });

  test("is handed no request that the tree answers", async () => {
    let asked = 0;
    client.routes.add("GET", "/x", () => {
      asked++;
      return new ResponseBuilder(204).build();
    });
    await client.ask("GET /empty.txt");
    await client.ask("POST /x", { "Content-Type": "application/x-www-form-urlencoded" }, "a=b");
    expect(asked).toBe(0);
  });

  test("answers with bytes that may become others when it has returned", async () => {
    const octets = utf8Bytes("mine");
    client.routes.add("GET", "/x", () => new ResponseBuilder(200).bytes(octets, "a/b").build());
    const { body } = await client.answer(requestOf("GET /x"));
    expect(body).toEqual({ kind: "bytes", bytes: octets, isForeign: true });
    const cached = new ResponseBuilder(200).text("never changes").buildCached();
    client.routes.add("GET", "/y", () => cached);
    expect(client.answer(requestOf("GET /y"))).toBe(cached);
  });

  test("answers with a response of Fetch's, at once or later", async () => {
    client.routes.add("GET", "/x", () => Response.json({ a: 1 }, { status: 201 }));
    client.routes.add("GET", "/y", () => Promise.resolve(new Response(null, { status: 204 })));
    expect(await client.ask("GET /x")).toMatchObject({ status: 201, body: '{"a":1}' });
    expect(await client.ask("GET /y")).toMatchObject({ status: 204, kind: "none" });
  });
});
