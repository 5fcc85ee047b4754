import { afterAll, beforeEach, describe, expect, test } from "bun:test";

import { ResponseBuilder } from "../../../src/http/message/response-builder.ts";
import type { RouteHandler } from "../../../src/site/library/route-request.ts";
import { TempSite } from "../../temp-site.ts";
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

/** Answers with what the placeholders matched. */
const saysParams: RouteHandler = ({ params }) => new ResponseBuilder(200).json(params).build();

async function bodyOf(line: string): Promise<string> {
  const { status, body } = await client.ask(line);
  return status === 200 ? body : String(status);
}

describe("placeholders", () => {
  test("are handed over decoded, by their names", async () => {
    client.routes.add("GET", "/users/:id/posts/:post_1", saysParams);
    client.routes.add("GET", "/files/:folder/*", saysParams);
    client.routes.add("GET", "/odd/:__proto__", saysParams);
    expect(await bodyOf("GET /users/a%20b/posts/%C3%A9")).toBe('{"id":"a b","post_1":"é"}');
    expect(await bodyOf("GET /files/x/a/b%3F/?q=1")).toBe('{"folder":"x","*":"a/b?/"}');
    expect(await bodyOf("GET /odd/x")).toBe('{"__proto__":"x"}');
  });

  test("are those of the route that answers, where others name them otherwise", async () => {
    client.routes.add("GET", "/users/:id", saysParams);
    client.routes.add("PUT", "/users/:name", saysParams);
    expect(await bodyOf("GET /users/5")).toBe('{"id":"5"}');
    expect(await bodyOf("PUT /users/5")).toBe('{"name":"5"}');
  });

  test("are none for a path without", async () => {
    client.routes.add("GET", "/x", saysParams);
    expect(await bodyOf("GET /x")).toBe("{}");
  });
});

describe("of several routes for a request", () => {
  test("the one whose path matches the least answers, whatever the order of adding", async () => {
    for (const path of ["/*", "/:a", "/a/*", "/a/:b", "/a/b", "/a"]) {
      client.routes.add("GET", path, says(path));
    }
    const answers = ["/a/b", "/a/c", "/a/c/d", "/a", "/b", "/b/c", "/"];
    expect(await Promise.all(answers.map((path) => bodyOf(`GET ${path}`)))).toEqual([
      "/a/b",
      "/a/:b",
      "/a/*",
      "/a",
      "/:a",
      "/*",
      "/*",
    ]);
  });

  test("one that lacks the method is passed over, and Allow names the methods of all", async () => {
    client.routes.add("GET", "/users/me", says("me"));
    client.routes.add("DELETE", "/users/:id", says("gone"));
    expect(await bodyOf("GET /users/me")).toBe("me");
    expect(await bodyOf("DELETE /users/me")).toBe("gone");
    const answer = await client.ask("PUT /users/me");
    expect([answer.status, answer.fields["Allow"]]).toEqual([
      405,
      "GET, HEAD, OPTIONS, DELETE, POST",
    ]);
  });
});

describe("a route for any method", () => {
  test.each(["*", "ANY"])("%s answers what no other route answers", async (any) => {
    client.routes.add(any, "/x", says("any"));
    client.routes.add("PUT", "/x", says("put"));
    for (const method of ["GET", "HEAD", "DELETE", "BREW", "OPTIONS"]) {
      expect(await bodyOf(`${method} /x`)).toBe("any");
    }
    expect(await bodyOf("PUT /x")).toBe("put");
  });

  test("takes requests of any origin where it says so", async () => {
    client.routes.add("*", "/open/*", says("open"), { crossOrigin: true });
    client.routes.add("*", "/own/*", says("own"));
    const from = { Origin: "https://app.example", Host: "localhost" };
    expect((await client.ask("POST /open/a", from)).status).toBe(200);
    expect((await client.ask("POST /own/a", from)).status).toBe(403);
  });
});

describe("a route that is removed", () => {
  test("leaves the path to the tree, to a wider route, or to the one it had replaced", async () => {
    const wide = client.routes.add("GET", "/*", says("wide"));
    const first = client.routes.add("GET", "/empty.txt", says("first"));
    const second = client.routes.add("GET", "/empty.txt", says("second"));
    expect(await bodyOf("GET /empty.txt")).toBe("second");
    second.remove();
    second.remove();
    expect(await bodyOf("GET /empty.txt")).toBe("first");
    first.remove();
    expect(await bodyOf("GET /empty.txt")).toBe("wide");
    wide.remove();
    expect(await bodyOf("GET /empty.txt")).toBe("");
  });

  test("is removed by the end of a block, also before those that came after it", async () => {
    client.routes.add("GET", "/x", says("stays"));
    {
      using mine = client.routes.add("GET", "/x", says("mine"));
      expect(mine).toBeObject();
      expect(await bodyOf("GET /x")).toBe("mine");
      using other = client.routes.add("GET", "/y/:z", says("mine"));
      expect(other).toBeObject();
      expect(await bodyOf("GET /y/z")).toBe("mine");
    }
    expect([await bodyOf("GET /x"), await bodyOf("GET /y/z")]).toEqual(["stays", "404"]);
    const early = client.routes.add("GET", "/x", says("early"));
    client.routes.add("GET", "/x", says("late"));
    early.remove();
    expect(await bodyOf("GET /x")).toBe("late");
  });
});

describe("a route for one request", () => {
  test("comes before those that stay, in the order of adding, and is gone then", async () => {
    client.routes.add("GET", "/x", says("one"), { once: true });
    client.routes.add("GET", "/x", says("stays"));
    client.routes.add("GET", "/x", says("two"), { once: true });
    const removed = client.routes.add("GET", "/x", says("never"), { once: true });
    removed.remove();
    const answers = [1, 2, 3, 4].map(() => bodyOf("GET /x"));
    expect(await Promise.all(answers)).toEqual(["one", "two", "stays", "stays"]);
  });

  test("isn't used up by a request of another method or path", async () => {
    client.routes.add("PUT", "/hook/:id", says("hook"), { once: true });
    expect(await bodyOf("GET /hook/1")).toBe("404");
    expect(await bodyOf("PUT /hook/1")).toBe("hook");
    expect(await bodyOf("PUT /hook/1")).toBe("405");
  });

  test("is used up by one request, though several come while its handler works", async () => {
    const go = Promise.withResolvers<void>();
    const slow: RouteHandler = async () => {
      await go.promise;
      return new ResponseBuilder(200).text("slow").build();
    };
    client.routes.add("GET", "/x", slow, { once: true });
    const first = bodyOf("GET /x");
    expect(await bodyOf("GET /x")).toBe("404");
    go.resolve();
    expect(await first).toBe("slow");
  });
});
