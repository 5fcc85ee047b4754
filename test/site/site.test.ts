import { afterAll, beforeEach, describe, expect, test } from "bun:test";

import type { Handler } from "../../src/site/request.ts";
import { ResponseBuilder } from "../../src/http/response-builder.ts";
import { TempSite } from "../temp-site.ts";
import { House } from "./ask.ts";

const site = new TempSite();
afterAll(() => site[Symbol.dispose]());
let house = new House(site.root);
beforeEach(() => {
  house = new House(site.root);
});

const says =
  (text: string): Handler =>
  () =>
    new ResponseBuilder(200).text(text).build();

describe("added routes", () => {
  test("answer before the tree is asked", async () => {
    house.added.add("GET", "/empty.txt", says("mine"));
    expect((await house.ask("GET /empty.txt")).body).toBe("mine");
    expect((await house.ask("GET /empty.txt?x=y")).body).toBe("mine");
    expect((await house.ask("GET /MyForm.html")).body).toContain("<title>My form");
  });

  test("are told by exactly their path, in every spelling of it", async () => {
    house.added.add("GET", "/a b", says("mine"));
    for (const target of ["/a%20b", "/%61%20b", "http://x/a%20b", "/a%20b?q"]) {
      expect((await house.ask(`GET ${target}`)).body).toBe("mine");
    }
    for (const target of ["/a%20b/", "/a%2520b", "/A%20b", "/x/a%20b"]) {
      expect((await house.ask(`GET ${target}`)).status).toBe(404);
    }
  });

  test("of a path with and without a slash are two", async () => {
    house.added.add("GET", "/x", says("without"));
    house.added.add("GET", "/x/", says("with"));
    expect((await house.ask("GET /x")).body).toBe("without");
    expect((await house.ask("GET /x/")).body).toBe("with");
  });

  test("may be the root, and replace each other", async () => {
    house.added.add("GET", "/", says("one"));
    house.added.add("GET", "/", says("two"));
    expect((await house.ask("GET /")).body).toBe("two");
  });

  test("for GET answer HEAD, unless there is one for HEAD (RFC 9110 §9.3.2)", async () => {
    house.added.add("GET", "/x", says("get"));
    expect((await house.ask("HEAD /x")).body).toBe("get");
    house.added.add("HEAD", "/x", says("head"));
    expect((await house.ask("HEAD /x")).body).toBe("head");
  });

  test("for other methods leave GET to the tree", async () => {
    house.added.add("DELETE", "/empty.txt", says("gone"));
    expect((await house.ask("DELETE /empty.txt")).body).toBe("gone");
    expect((await house.ask("GET /empty.txt")).status).toBe(200);
  });

  test("may be of methods that nobody else knows, by their case (RFC 9110 §9.1)", async () => {
    house.added.add("Brew", "/pot", says("coffee"));
    expect((await house.ask("Brew /pot")).body).toBe("coffee");
    expect((await house.ask("BREW /pot")).status).toBe(405);
  });

  test("may be made of methods and paths that are some only", () => {
    for (const path of ["", "x", "*", "/../x", "/a%2Fb", "//x", "/%zz", "http://a/x"]) {
      expect(() => house.added.add("GET", path, says(""))).toThrow(
        new TypeError(`not a path: ${JSON.stringify(path)}`),
      );
    }
    for (const method of ["", "G T", "GET\r\n", "GÉT"]) {
      expect(() => house.added.add(method, "/x", says(""))).toThrow(
        new TypeError(`not a method: ${JSON.stringify(method)}`),
      );
    }
  });
});

describe("405 and Allow (RFC 9110 §15.5.6)", () => {
  test.each(["PUT", "DELETE", "PATCH", "TRACE", "get", "PROPFIND"])("%s", async (method) => {
    const { status, fields, body } = await house.ask(`${method} /empty.txt`);
    expect(status).toBe(405);
    expect(fields["Allow"]).toBe("GET, HEAD, OPTIONS, POST");
    expect(body).toContain("The methods here are: GET, HEAD, OPTIONS, POST.");
  });

  test("CONNECT", async () => {
    expect((await house.ask("CONNECT a.example:443")).status).toBe(405);
  });

  test("Allow is what the tree and the routes take together, each once", async () => {
    house.added.add("PUT", "/x", says(""));
    house.added.add("GET", "/x", says(""));
    const { fields } = await house.ask("DELETE /x");
    expect(fields["Allow"]).toBe("GET, HEAD, OPTIONS, PUT, POST");
    expect((await house.ask("DELETE /y")).fields["Allow"]).toBe("GET, HEAD, OPTIONS, POST");
  });
});

describe("OPTIONS (RFC 9110 §9.3.7)", () => {
  test("of the server, and of a path", async () => {
    for (const target of ["*", "/", "/nowhere"]) {
      expect(await house.ask(`OPTIONS ${target}`)).toMatchObject({
        status: 204,
        fields: { Allow: "GET, HEAD, OPTIONS, POST" },
        body: "",
      });
    }
  });

  test("tells what has been added", async () => {
    house.added.add("PUT", "/x", says(""));
    expect((await house.ask("OPTIONS /x")).fields["Allow"]).toBe("GET, HEAD, OPTIONS, PUT, POST");
  });
});

describe("https on a cleartext port (RFC 9110 §7.4)", () => {
  test("is misdirected, for the tree, a form and a route", async () => {
    house.added.add("GET", "/x", says("mine"));
    for (const line of ["GET https://a/x", "GET HTTPS://a/", "HEAD https://a/empty.txt"]) {
      const { status, close } = await house.ask(line);
      expect([line, status, close]).toEqual([line, 421, true]);
    }
    expect((await house.ask("POST https://a/", {}, "a=b")).status).toBe(421);
  });
});
