import { afterAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import * as postern from "../index.ts";
import { BodyError, defaultLimits, ResponseBuilder, serve, ServeError } from "../index.ts";
import type { RouteHandler, Server } from "../index.ts";
import { RawClient } from "./raw-client.ts";
import { TempSite } from "./temp-site.ts";

const site = new TempSite();
afterAll(() => site[Symbol.dispose]());

function start(): Promise<Server> {
  return serve({ root: site.root, port: 0, onError: () => undefined });
}

describe("serve", () => {
  test("serves a folder for as long as it is in use", async () => {
    let url: URL;
    {
      await using server = await serve({ root: site.root, port: 0 });
      ({ url } = server);
      expect(url.pathname).toBe("/");
      const response = await fetch(new URL("MySchedule.html", url));
      expect(response.status).toBe(200);
      expect(await response.text()).toBe(readFileSync(site.at("MySchedule.html"), "utf8"));
      // A client may try both of localhost's addresses.
      expect(server.connections).toBeGreaterThan(0);
      expect(server.root).toBe(site.root);
    }
    expect(
      await fetch(url).then(
        () => "answered",
        () => "refused",
      ),
    ).toBe("refused");
  });

  test("needs no options: the current folder, on a free port", async () => {
    await using server = await serve();
    expect(server.port).toBeGreaterThan(0);
    expect(server.root).toBe(process.cwd());
  });

  test("keeps what arrived, and how it was answered", async () => {
    await using server = await start();
    await fetch(new URL("private.html?a=b", server.url), { headers: { "X-Mine": "1" } });
    const [request] = server.requests;
    expect(request).toMatchObject({ method: "GET", target: "/private.html?a=b", status: 403 });
    expect(new Map(request?.fields).get("X-Mine")).toBe("1");
    expect(new TextDecoder().decode(request?.raw)).toStartWith(
      "GET /private.html?a=b HTTP/1.1\r\n",
    );
  });

  test("two servers in one process don't know each other", async () => {
    await using one = await start();
    await using two = await start();
    one.route("GET", "/mine", () => new ResponseBuilder(200).text("one").build());
    expect((await fetch(new URL("mine", one.url))).status).toBe(200);
    expect((await fetch(new URL("mine", two.url))).status).toBe(404);
    expect([one.requests.length, two.requests.length]).toEqual([1, 1]);
  });

  test("rejects with a ServeError that says what is wrong", async () => {
    const rejected = serve({ root: site.at("nowhere") });
    const error: unknown = await rejected.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ServeError);
    expect(error).toMatchObject({ name: "ServeError", code: "root" });
    const wrong = serve({ root: site.root, redirects: [{ from: "x", to: "/" }] });
    expect(await wrong.catch((thrown: unknown) => thrown)).toMatchObject({
      name: "ServeError",
      code: "rules",
      message: "redirects[0]: not a path pattern: x",
    });
  });

  test("lives by limits that may be changed one by one", async () => {
    expect(defaultLimits.requestLineBytesMax as number).toBe(8192);
    await using server = await serve({
      root: site.root,
      limits: { requestLineBytesMax: 100 },
    });
    expect((await fetch(new URL("x".repeat(100), server.url))).status).toBe(414);
  });
});

/** Three chunks, one after the other. */
async function* chunks(): AsyncGenerator<Uint8Array> {
  for (const text of ["a", "b", "c"]) yield await Promise.resolve(new TextEncoder().encode(text));
}

const octets = new Uint8Array([0, 1, 254, 255]);

/** A request from a page of another origin. */
const getFromApp = (target: string): string =>
  `GET ${target} HTTP/1.1\r\nHost: localhost\r\nOrigin: https://app.example\r\n\r\n`;

describe("what a site adds", () => {
  test("is on what could not be read, and on a route that fails, too", async () => {
    const headers = [
      { name: "X-Mine", value: "yes" },
      { path: "/**", name: "X-Path", value: "a" },
    ];
    const cors = { origins: ["https://app.example"] };
    await using server = await serve({
      root: site.root,
      port: 0,
      onError: () => undefined,
      headers,
      cors,
    });
    server.route("GET", "/fails", () => {
      throw new Error("on purpose");
    });
    for (const [request, status, hasPath] of [
      ["GET / HTTP/9\r\n\r\n", 400, false],
      [getFromApp(`/${"x".repeat(9000)}`), 414, false],
      [getFromApp("/fails"), 500, true],
      [getFromApp("/nothing"), 404, true],
    ] as const) {
      const client = await RawClient.connect(server.port);
      client.send(request);
      await client.responses(1);
      client.close();
      expect(client.statuses).toEqual([status]);
      expect(client.text).toContain("\r\nX-Mine: yes\r\n");
      expect([status, client.text.includes("\r\nX-Path: a\r\n")]).toEqual([status, hasPath]);
      const origin = "\r\nAccess-Control-Allow-Origin: https://app.example\r\n";
      expect([status, client.text.includes(origin)]).toEqual([status, hasPath]);
    }
  });

  test("to the log is why a name is kept back, which the page doesn't say", async () => {
    let log = "";
    const write = (text: string): void => {
      log += text;
    };
    const why = "names that begin with a dot are hidden; --hidden serves them";
    await using server = await serve({ root: site.root, port: 0, log: "short", write });
    const response = await fetch(new URL(".secret.txt", server.url));
    expect([response.status, (await response.text()).includes(why)]).toEqual([404, false]);
    await server.stop();
    expect(log).toContain(`(${why})`);
  });
});

describe("what arrived", () => {
  test("has bodies that a handler reads, and those that none does", async () => {
    await using server = await serve({ files: { "/MyForm.html": "form" } });
    server.route("POST", "/whole", async (request) => Response.json(await request.json()));
    server.route("POST", "/pieces", async (request) => {
      for await (const piece of request.body) expect(piece.length).toBeGreaterThan(0);
      return new ResponseBuilder(204).build();
    });
    server.route("POST", "/unread", () => new ResponseBuilder(204).build());
    const body = '{"a":1}';
    for (const path of ["whole", "pieces", "unread", "none"]) {
      await fetch(new URL(path, server.url), { method: "POST", body });
      await fetch(new URL(path, server.url), { method: "PUT", body });
    }
    const type = "application/x-www-form-urlencoded";
    const headers = { "Content-Type": type };
    await fetch(server.url, { method: "POST", headers, body: "a=b" });
    expect(server.requests.map((request) => request.bodyIsWhole && request.text())).toEqual([
      ...Array.from({ length: 8 }, () => body),
      "a=b",
    ]);
    expect(server.requests[0]?.json()).toEqual({ a: 1 });
    expect(server.requests.map(({ status }) => status)).toEqual([
      200, 405, 204, 405, 204, 405, 200, 405, 200,
    ]);
  });

  test("has a body in chunks, up to the maximum", async () => {
    await using server = await serve({
      files: {},
      limits: { requestBodyKeptBytesMax: 100, requestsKeptBytesMax: 100_000 },
    });
    server.route(
      "POST",
      "/x",
      async (request) => new Response(String((await request.bytes()).length)),
    );
    const client = await RawClient.connect(server.port);
    client.send("POST /x HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (let i = 0; i < 50; i++) client.send("3\r\nabc\r\n");
    client.send("0\r\n\r\n");
    await client.responses(1);
    client.close();
    const [request] = server.requests;
    expect(request).toMatchObject({ bodyOctets: 150, bodyIsWhole: false });
    expect(new TextDecoder().decode(request?.body)).toBe("abc".repeat(50).slice(0, 100));
  });

  test("has a request that was never answered, and one that was cut off", async () => {
    await using server = await serve({ files: {}, limits: { stopTimeMs: 0 } });
    const asked = Promise.withResolvers<void>();
    server.route("GET", "/never", () => {
      asked.resolve();
      return new Promise(() => undefined);
    });
    const client = await RawClient.connect(server.port);
    client.send("GET /never HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await asked.promise;
    expect(server.requests[0]).toMatchObject({ path: "/never", isOver: false, status: undefined });
    server.expect("GET", "/never", { times: 1 });
    const next = server.next({ path: "/never" });
    client.abort();
    expect(await next).toMatchObject({ isOver: true, status: undefined, aborted: true });
  });

  test("tells connections apart, and what was sent on each", async () => {
    await using server = await serve({ files: { "/a.txt": "hello" } });
    const get = "GET /a.txt HTTP/1.1\r\nHost: localhost\r\n\r\n";
    const [one, two] = [await RawClient.connect(server.port), await RawClient.connect(server.port)];
    one.send(get);
    await one.responses(1);
    two.send(get);
    await two.responses(1);
    one.send(get);
    await one.responses(2);
    one.close();
    two.close();
    expect(server.requests.map(({ connection }) => connection)).toEqual([1, 2, 1]);
    expect(server.requests.map(({ sentOctets }) => sentOctets)).toEqual([5, 5, 5]);
  });

  test("is waited for, and expected", async () => {
    await using server = await serve({ files: {} });
    server.route("POST", "/hooks/:id", () => new Response(null, { status: 204 }));
    const hook = server.next({ method: "POST", path: "/hooks/:id" });
    await fetch(new URL("/hooks/5", server.url), { method: "POST", body: "paid" });
    expect([(await hook).path, (await hook).text()]).toEqual(["/hooks/5", "paid"]);
    expect(server.expect("POST", "/hooks/5", { times: 1 })).toEqual([await hook]);
    expect(() => server.expect("GET", "/hook")).toThrow(
      "expected GET /hook: none came. What came:\n  POST /hooks/5 → 204, a body of 4 octets",
    );
    const failure: unknown = await server
      .next({ path: "/other", within: 1 })
      .catch((error: unknown) => error);
    expect(String(failure)).toContain("waited for /other: none in 1 ms.");
    server.reset();
    expect([server.requests.length, server.expect("GET", "/x", { times: 0 })]).toEqual([0, []]);
  });

  test("isn't known without the record, which is an error to ask for", async () => {
    await using server = await serve({ files: {}, record: false });
    expect(() => server.expect("GET", "/")).toThrow("the option record is false");
    expect(() => server.next()).toThrow("the option record is false");
    server.reset();
  });

  test("is waited for no longer than the server runs", async () => {
    const server = await serve({ files: {} });
    const waiting = server.next();
    await server.stop();
    const reason: unknown = await waiting.catch((error: unknown) => error);
    expect(String(reason)).toContain("the server has stopped");
  });
});

/** A client that has asked `server` for what is answered after `wait`, and the signal of that. */
async function askSlowly(
  server: Server,
  wait: Promise<void> = new Promise(() => undefined),
): Promise<[RawClient, AbortSignal]> {
  const { promise, resolve } = Promise.withResolvers<AbortSignal>();
  server.route("GET", "/slow", async ({ signal }) => {
    resolve(signal);
    await wait;
    return new ResponseBuilder(200).text("done").build();
  });
  const client = await RawClient.connect(server.port);
  client.send("GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const signal = await promise;
  expect(signal.aborted).toBe(false);
  return [client, signal];
}

/** Resolves when `signal` is aborted, with the name of the reason. */
async function reasonOf(signal: AbortSignal): Promise<string> {
  const aborted = Promise.withResolvers<void>();
  signal.addEventListener("abort", () => aborted.resolve());
  if (!signal.aborted) await aborted.promise;
  return (signal.reason as DOMException).name;
}

describe("request.signal", () => {
  test.each(["shut", "abort"] as const)(
    "aborts when the client leaves before the answer: %s",
    async (leave) => {
      await using server = await serve({ root: site.root, limits: { stopTimeMs: 0 } });
      const [client, signal] = await askSlowly(server);
      client[leave]();
      expect(await reasonOf(signal)).toBe("AbortError");
      client.close();
    },
  );

  test("aborts when the handler has taken too long", async () => {
    await using server = await serve({ root: site.root, limits: { handlerTimeMs: 20 } });
    const [client, signal] = await askSlowly(server);
    expect(await reasonOf(signal)).toBe("AbortError");
    await client.responses(1);
    expect(client.statuses).toEqual([503]);
    client.close();
  });

  test("is aborted already for a handler that asks for it after the client has left", async () => {
    await using server = await serve({ root: site.root });
    const begun = Promise.withResolvers<void>();
    const go = Promise.withResolvers<void>();
    const wasAborted = Promise.withResolvers<boolean>();
    server.route("GET", "/late", async (request) => {
      begun.resolve();
      await go.promise;
      wasAborted.resolve(request.signal.aborted);
      return new ResponseBuilder(204).build();
    });
    const client = await RawClient.connect(server.port);
    client.send("GET /late HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await begun.promise;
    client.abort();
    while (server.connections > 0) await Bun.sleep(1);
    go.resolve();
    expect(await wasAborted.promise).toBe(true);
  });

  test("does not abort when the answer was sent whole", async () => {
    await using server = await serve({ root: site.root });
    const [client, signal] = await askSlowly(server, Promise.resolve());
    await client.responses(1);
    client.abort();
    while (server.connections > 0) await Bun.sleep(1);
    expect(signal.aborted).toBe(false);
  });

  test("ends a stream whose client has only ended its side", async () => {
    await using server = await serve({ root: site.root });
    server.route("GET", "/events", ({ signal }) => {
      async function* beats(): AsyncGenerator<Uint8Array> {
        yield new TextEncoder().encode("begun");
        if (!signal.aborted) await reasonOf(signal);
        yield new TextEncoder().encode("ended");
      }
      return new ResponseBuilder(200).stream(beats(), "text/plain").build();
    });
    const client = await RawClient.connect(server.port);
    client.send("GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await client.until(() => client.text.includes("begun"));
    client.shut();
    expect(await client.ending()).toBe("end");
    expect(client.text).toEndWith("ended\r\n0\r\n\r\n");
  });
});

describe("route", () => {
  test.each<readonly [what: string, handler: RouteHandler, type: string | null, body: Uint8Array]>([
    [
      "text",
      () => new ResponseBuilder(200).text("Grüße\n").build(),
      "text/plain; charset=utf-8",
      new TextEncoder().encode("Grüße\n"),
    ],
    [
      "html",
      () => new ResponseBuilder(200).html("<p>hi").build(),
      "text/html; charset=utf-8",
      new TextEncoder().encode("<p>hi"),
    ],
    [
      "json",
      () => new ResponseBuilder(200).json({ a: [1, "é"] }).build(),
      "application/json",
      new TextEncoder().encode('{"a":[1,"é"]}'),
    ],
    [
      "bytes",
      () => new ResponseBuilder(200).bytes(octets, "application/x-odd").build(),
      "application/x-odd",
      octets,
    ],
    [
      "a stream",
      () => new ResponseBuilder(200).stream(chunks(), "text/plain").build(),
      "text/plain",
      new TextEncoder().encode("abc"),
    ],
    [
      "a file's region",
      () => {
        const file = {
          read: (into: Uint8Array, position: number) => {
            into.fill(0x61 + position);
            return into.length;
          },
          close: () => undefined,
        };
        return new ResponseBuilder(200).file(file, { start: 2, octets: 3 }, "text/plain").build();
      },
      "text/plain",
      new TextEncoder().encode("ccc"),
    ],
    ["nothing", () => new ResponseBuilder(200).build(), null, new Uint8Array(0)],
  ])("answers with %s", async (_what, handler, type, body) => {
    await using server = await start();
    server.route("GET", "/it", handler);
    const response = await fetch(new URL("it", server.url));
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe(type);
    expect(await response.bytes()).toEqual(body);
    const head = await fetch(new URL("it", server.url), { method: "HEAD" });
    expect([head.status, head.headers.get("content-type")]).toEqual([200, type]);
  });

  test("reads what was posted", async () => {
    await using server = await start();
    server.route("POST", "/login", async ({ body }) => {
      const form = new URLSearchParams(new TextDecoder().decode(await body.readAll(1000)));
      if (form.get("password") !== "sesame") return new ResponseBuilder(401).build();
      return new ResponseBuilder(303).field("Location", "/").field("Set-Cookie", "a=b").build();
    });
    const login = (password: string): Promise<Response> =>
      fetch(new URL("login", server.url), {
        method: "POST",
        body: new URLSearchParams({ password }),
        redirect: "manual",
      });
    expect((await login("guess")).status).toBe(401);
    const response = await login("sesame");
    expect(response.status).toBe(303);
    expect(response.headers.get("location")).toBe("/");
    expect(response.headers.get("set-cookie")).toBe("a=b");
  });

  test("answers with Fetch's Response", async () => {
    await using server = await start();
    server.route("GET", "/text", () => new Response("hi", { headers: { "X-Odd": "1" } }));
    server.route("GET", "/cookies", () => {
      const response = new Response(null, { status: 204 });
      response.headers.append("Set-Cookie", "a=b");
      response.headers.append("Set-Cookie", "c=d");
      return response;
    });
    server.route("GET", "/stream", async () => {
      await Bun.sleep(1);
      return new Response(new ReadableStream({ pull: feed }));
    });
    let left = 3;
    const feed = async (controller: ReadableStreamDefaultController): Promise<void> => {
      await Bun.sleep(1);
      if (left-- === 0) controller.close();
      else controller.enqueue(new Uint8Array([0x61]));
    };
    server.route("GET", "/error", () => Response.error());
    const text = await fetch(new URL("text", server.url));
    expect([text.status, await text.text(), text.headers.get("x-odd")]).toEqual([200, "hi", "1"]);
    expect(text.headers.get("content-length")).toBe("2");
    const cookies = await fetch(new URL("cookies", server.url));
    expect([cookies.status, cookies.headers.getSetCookie()]).toEqual([204, ["a=b", "c=d"]]);
    const stream = await fetch(new URL("stream", server.url));
    expect(stream.headers.get("transfer-encoding")).toBe("chunked");
    expect(await stream.text()).toBe("aaa");
    expect((await fetch(new URL("error", server.url))).status).toBe(500);
  });

  test("answers with JSON to JSON", async () => {
    await using server = await start();
    server.route("POST", "/echo", async (request) => Response.json(await request.json()));
    const post = (body: string): Promise<Response> =>
      fetch(new URL("echo", server.url), { method: "POST", body });
    expect(await (await post('{"a":[1]}')).json()).toEqual({ a: [1] });
    expect((await post("{")).status).toBe(400);
    expect((await post(`"${"x".repeat(defaultLimits.bodyBytesMax)}"`)).status).toBe(413);
  });

  test("takes a form with a file", async () => {
    await using server = await start();
    server.route("POST", "/upload", async (request) => {
      const form = await request.form(1000);
      const file = form.file("file");
      return new ResponseBuilder(200)
        .json([form.text("who"), file?.name, file?.type, file?.content.length])
        .build();
    });
    const post = (body: FormData | string): Promise<Response> =>
      fetch(new URL("upload", server.url), { method: "POST", body });
    const data = new FormData();
    data.append("who", "Ines");
    data.append("file", new File(["abc"], "n.bin", { type: "a/b" }));
    expect(await (await post(data)).json()).toEqual(["Ines", "n.bin", "a/b", 3]);
    expect((await post("who=Ines")).status).toBe(415);
    data.append("more", "x".repeat(1000));
    expect((await post(data)).status).toBe(413);
  });

  test("reads a body as it comes, and the trailers behind it", async () => {
    await using server = await start();
    server.route("POST", "/count", async (request) => {
      const before = request.trailers.count;
      let count = 0;
      for await (const chunk of request.body) count += chunk.length;
      const digest = request.trailers.get("Digest");
      return new ResponseBuilder(200).json({ before, count, digest }).build();
    });
    const client = await RawClient.connect(server.port);
    client.send("POST /count HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n");
    client.send("3\r\nabc\r\n2\r\nde\r\n0\r\nDigest: x\r\n\r\n");
    await client.until(() => client.text.endsWith('{"before":0,"count":5,"digest":"x"}'));
    client.close();
  });

  test("holds a client back that sends faster than its body is read", async () => {
    await using server = await start();
    const begun = Promise.withResolvers<void>();
    const go = Promise.withResolvers<void>();
    let count = 0;
    server.route("POST", "/slow", async (request) => {
      for await (const chunk of request.body.chunks(100_000_000)) {
        count += chunk.length;
        begun.resolve();
        await go.promise;
      }
      return new ResponseBuilder(200).text(String(count)).build();
    });
    const octetsSent = 64 * 1024 * 1024;
    const client = await RawClient.connect(server.port);
    client.send(`POST /slow HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${octetsSent}\r\n\r\n`);
    client.send(new Uint8Array(octetsSent));
    await begun.promise;
    // Time enough for much more to come, if it could.
    await Bun.sleep(50);
    expect(count).toBeLessThan(octetsSent / 10);
    go.resolve();
    await client.until(() => client.text.endsWith(`\r\n\r\n${octetsSent}`));
    client.close();
  });

  test("tells a client to go on when it reads, and not for what it refuses unread", async () => {
    await using server = await start();
    server.route("POST", "/form", async (request) => {
      await request.form();
      return new ResponseBuilder(204).build();
    });
    const statuses = async (type: string): Promise<(boolean | number)[]> => {
      const client = await RawClient.connect(server.port);
      const fields = `Content-Type: ${type}\r\nContent-Length: 3\r\nExpect: 100-continue`;
      client.send(`POST /form HTTP/1.1\r\nHost: localhost\r\n${fields}\r\n\r\n`);
      await client.until(() => client.text.includes("\r\n\r\n"));
      const toldToGoOn = client.text.startsWith("HTTP/1.1 100 ");
      if (toldToGoOn) client.send("a=b");
      await client.responses(1);
      client.close();
      return [toldToGoOn, ...client.statuses];
    };
    expect(await statuses("application/x-www-form-urlencoded")).toEqual([true, 204]);
    expect(await statuses("text/plain")).toEqual([false, 415]);
  });

  test("answers with a file of the tree, with its conditions and ranges", async () => {
    await using server = await start();
    server.route("GET", "/latest", (request) => request.answerWithFile("/MySchedule.html"));
    server.route("GET", "/private", (request) => request.answerWithFile("/private.html"));
    const whole = await fetch(new URL("latest", server.url));
    const content = await whole.text();
    expect(content).toBe(readFileSync(site.at("MySchedule.html"), "utf8"));
    const get = (headers: Record<string, string>): Promise<Response> =>
      fetch(new URL("latest", server.url), { headers: { "Accept-Encoding": "", ...headers } });
    const tag = (await get({})).headers.get("etag") ?? "";
    expect((await get({ "If-None-Match": tag })).status).toBe(304);
    const part = await get({ Range: "bytes=1-5" });
    expect([part.status, await part.text()]).toEqual([206, content.slice(1, 6)]);
    expect((await fetch(new URL("private", server.url))).status).toBe(403);
  });

  test("redirects, and to no other host by a path that came from elsewhere", async () => {
    await using server = await start();
    server.route("GET", "/go", ({ searchParams }) =>
      ResponseBuilder.redirect(302, searchParams.get("to") ?? "/").build(),
    );
    const go = (to: string): Promise<Response> =>
      fetch(new URL(`go?to=${encodeURIComponent(to)}`, server.url), { redirect: "manual" });
    expect((await go("/a?b")).headers.get("location")).toBe("/a?b");
    for (const to of ["//other.example", "/\\other.example", "/\r\nX: y"]) {
      expect((await go(to)).status).toBe(500);
    }
  });

  test("that throws is a 500, and a BodyError the refusal that it names", async () => {
    await using server = await start();
    server.route("GET", "/throws", () => {
      throw new Error("on purpose");
    });
    server.route("GET", "/too-large", () => {
      throw new BodyError("body-too-large");
    });
    expect((await fetch(new URL("throws", server.url))).status).toBe(500);
    expect((await fetch(new URL("too-large", server.url))).status).toBe(413);
  });

  test("may be added while the server runs, and refuses what can't be asked for", async () => {
    await using server = await start();
    expect((await fetch(new URL("late", server.url))).status).toBe(404);
    server.route("GET", "/late", () => new ResponseBuilder(204).build());
    expect((await fetch(new URL("late", server.url))).status).toBe(204);
    expect(() => server.route("GET", "late", () => new ResponseBuilder(200).build())).toThrow(
      TypeError,
    );
  });
});

describe("stop", () => {
  test("waits for what is in flight, may be called twice, and leaves the port free", async () => {
    const server = await start();
    const asked = Promise.withResolvers<void>();
    const go = Promise.withResolvers<void>();
    server.route("GET", "/slow", async () => {
      asked.resolve();
      await go.promise;
      return new ResponseBuilder(200).text("done").build();
    });
    const response = fetch(new URL("slow", server.url));
    await asked.promise;
    const stopped = Promise.all([server.stop(), server.stop()]);
    go.resolve();
    expect(await (await response).text()).toBe("done");
    await stopped;
    await using next = await serve({ root: site.root, port: server.port });
    expect(next.port).toBe(server.port);
  });
});

test("a program that stops its server comes to its end by itself", async () => {
  const program = `
    const { serve } = await import(${JSON.stringify(import.meta.resolve("../index.ts"))});
    const server = await serve({ limits: { stopTimeMs: 600_000 } });
    await (await fetch(new URL("nowhere", server.url))).text();
    await server.stop();
    process.stdout.write("stopped");`;
  const child = Bun.spawn([process.execPath, "-e", program], { stdout: "pipe" });
  expect(await child.exited).toBe(0);
  expect(await new Response(child.stdout).text()).toBe("stopped");
});

describe("what is exported", () => {
  const index = readFileSync(join(import.meta.dir, "../index.ts"), "utf8");
  const exported = [...index.matchAll(/^export (?:type )?\{([^}]*)\} from "([^"]+)";/gm)].flatMap(
    ([, names = "", from = ""]) =>
      names
        .split(",")
        .flatMap((name) => (name.trim() === "" ? [] : [[name.trim(), from] as const])),
  );

  test("is found by this test", () => {
    const values = exported.map(([name]) => name).filter((name) => name in postern);
    expect(values.toSorted()).toEqual(Object.keys(postern).toSorted());
    expect(exported.length).toBeGreaterThan(10);
  });

  test.each(exported)("%s has a docstring", (name, from) => {
    const path = join(import.meta.dir, "..", from);
    const source = readFileSync(path, "utf8");
    const declaration = new RegExp(
      `^(?:export )?(?:async )?(?:abstract )?(?:function|class|interface|type|const) ${name}\\b`,
      "m",
    );
    const at = declaration.exec(source)?.index ?? -1;
    expect(at).toBeGreaterThan(-1);
    expect(source.slice(0, at).trimEnd()).toEndWith("*/");
  });
});
