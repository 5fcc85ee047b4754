import { afterAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import * as postern from "../index.ts";
import { BodyError, defaultLimits, ResponseBuilder, serve, ServeError } from "../index.ts";
import type { Handler, Server } from "../index.ts";
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

  test("remembers what arrived, and how it was answered", async () => {
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

describe("route", () => {
  test.each<readonly [what: string, handler: Handler, type: string | null, body: Uint8Array]>([
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
