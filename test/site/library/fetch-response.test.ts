import { describe, expect, test } from "bun:test";

import { fromFetch } from "../../../src/site/library/fetch-response.ts";
import type { Body, Response as Answer } from "../../../src/http/message/response.ts";
import { EventLoop } from "../../../src/schedule/event-loop.ts";

const readyMax = 1000;
const scheduler = new EventLoop();

function convert(response: Response): Promise<Answer> {
  return Promise.resolve(fromFetch(response, readyMax, scheduler));
}

/** All octets of `body`. */
async function read(body: Body): Promise<Uint8Array> {
  if (body.kind === "bytes") return body.bytes;
  if (body.kind !== "stream") return new Uint8Array(0);
  const chunks: Uint8Array[] = [];
  for await (const chunk of body.chunks) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const textOf = async (body: Body): Promise<string> => new TextDecoder().decode(await read(body));

/** A stream whose chunks come one turn after the other, and what was asked of it. */
function slowly(parts: readonly (string | Uint8Array)[]): {
  readonly stream: ReadableStream<Uint8Array>;
  readonly seen: { pulled: number; cancelled: boolean };
} {
  const seen = { pulled: 0, cancelled: false };
  const left = [...parts];
  const stream = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        seen.pulled++;
        await Bun.sleep(2);
        const part = left.shift();
        if (part === undefined) controller.close();
        else controller.enqueue(part as Uint8Array);
      },
      cancel() {
        seen.cancelled = true;
      },
    },
    { highWaterMark: 0 },
  );
  return { stream, seen };
}

describe("status and fields", () => {
  test.each([200, 201, 299, 404, 418, 451, 500, 599])("%i is kept", async (status) => {
    expect((await convert(new Response("x", { status }))).status).toBe(status);
  });

  test.each([204, 205, 304])("%i has no body", async (status) => {
    const { body } = await convert(new Response(null, { status }));
    expect(body.kind).toBe("none");
  });

  test("fields are kept", async () => {
    const headers = { "Content-Type": "text/x-y", "Cache-Control": "no-store", "X-Odd": "é" };
    const { fields } = await convert(new Response("x", { headers }));
    const lower = fields.map(([name, value]) => [name.toLowerCase(), value] as const);
    expect(new Map(lower)).toEqual(
      new Map([
        ["cache-control", "no-store"],
        ["x-odd", "é"],
        ["content-type", "text/x-y"],
      ]),
    );
  });

  test("several Set-Cookie stay apart (RFC 6265 §3)", async () => {
    const headers = new Headers([
      ["Set-Cookie", "a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT"],
      ["Set-Cookie", "b=2"],
    ]);
    const { fields } = await convert(new Response(null, { headers }));
    expect(fields.map(([, value]) => value)).toEqual([
      "a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
      "b=2",
    ]);
  });

  test("those that say how it was framed are left out", async () => {
    const headers = {
      "Content-Length": "99",
      "Transfer-Encoding": "chunked",
      Connection: "close",
      "Keep-Alive": "timeout=5",
      Trailer: "X",
      Upgrade: "h2c",
      Date: "Thu, 01 Jan 1970 00:00:00 GMT",
    };
    const { fields } = await convert(new Response(null, { headers }));
    expect(fields).toEqual([]);
  });

  test("a type without content is kept, as in an answer to HEAD", async () => {
    const headers = { "Content-Type": "text/x-y" };
    const { fields, body } = await convert(new Response(null, { headers }));
    expect(fields).toEqual([["Content-Type", "text/x-y"]]);
    expect(body.kind).toBe("none");
  });

  test.each([
    ["an error", () => Response.error()],
    ["an interim response", () => new Response(null, { status: 101 })],
    ["a value with a control", () => new Response(null, { headers: { "X-Odd": "a\u0001b" } })],
  ])("%s is refused", async (_what, make) => {
    expect(() => fromFetch(make(), readyMax, scheduler)).toThrow(TypeError);
  });
});

describe("the body", () => {
  test.each<readonly [what: string, make: () => Response, type: string, body: string]>([
    ["a string", () => new Response("Grüße"), "text/plain; charset=utf-8", "Grüße"],
    ["an empty string", () => new Response(""), "text/plain; charset=utf-8", ""],
    ["octets", () => new Response(new Uint8Array([0, 1])), "application/octet-stream", "\0\u0001"],
    ["JSON", () => Response.json([1]), "application/json", "[1]"],
    ["pairs", () => new Response(new URLSearchParams("a=b")), "application/x-www-form", "a=b"],
    ["a blob", () => new Response(new Blob(["x"], { type: "text/x-y" })), "text/x-y", "x"],
  ])("that is %s is sent with its length", async (_what, make, type, body) => {
    const answer = await convert(make());
    expect(answer.body.kind).toBe("bytes");
    expect(await textOf(answer.body)).toBe(body);
    expect(new Map(answer.fields).get("Content-Type")).toStartWith(type);
  });

  test("that comes slowly is a stream, and is not waited for", async () => {
    const { stream, seen } = slowly(["a", "b", new Uint8Array([0x63])]);
    const answer = await convert(new Response(stream, { headers: { "Content-Type": "a/b" } }));
    expect(answer.body.kind).toBe("stream");
    expect(seen.pulled).toBe(1);
    expect(await textOf(answer.body)).toBe("abc");
  });

  test("that is there, and is much, is a stream", async () => {
    const text = "x".repeat(200_000);
    const answer = await convert(new Response(text));
    expect(answer.body.kind).toBe("stream");
    expect(await textOf(answer.body)).toBe(text);
  });

  test("that has no end is not read on until it is asked for", async () => {
    let pulled = 0;
    const stream = new ReadableStream({
      pull(controller) {
        pulled++;
        controller.enqueue(new Uint8Array(300));
      },
    });
    const answer = await convert(new Response(stream));
    expect(answer.body.kind).toBe("stream");
    expect(pulled).toBeLessThan(10);
  });

  test("that is not wanted is cancelled", async () => {
    const { stream, seen } = slowly(["a", "b", "c"]);
    const { body } = await convert(new Response(stream));
    if (body.kind !== "stream") throw new Error("no stream");
    for await (const chunk of body.chunks) {
      expect(chunk.length).toBe(1);
      break;
    }
    expect(seen.cancelled).toBe(true);
  });

  test("that fails, fails where it is read", async () => {
    const stream = new ReadableStream({
      async pull(controller) {
        await Bun.sleep(2);
        controller.error(new Error("on purpose"));
      },
    });
    const { body } = await convert(new Response(stream));
    expect(await read(body).catch((error: unknown) => String(error))).toContain("on purpose");
  });

  test("that has been read, or is being read, is refused", async () => {
    const used = new Response("x");
    await used.text();
    expect(() => fromFetch(used, readyMax, scheduler)).toThrow(TypeError);
    const locked = new Response("x");
    locked.body?.getReader();
    expect(() => fromFetch(locked, readyMax, scheduler)).toThrow(TypeError);
  });
});

test("what was fetched is sent on as it was decoded", async () => {
  using upstream = Bun.serve({
    port: 0,
    fetch: () =>
      new Response(Bun.gzipSync("hello"), {
        headers: { "Content-Encoding": "gzip", "X-Odd": "1", "Content-Type": "text/x-y" },
      }),
  });
  const answer = await convert(await fetch(upstream.url));
  expect(await textOf(answer.body)).toBe("hello");
  const names = answer.fields.map(([name]) => name.toLowerCase());
  expect(names.toSorted()).toEqual(["content-type", "x-odd"]);
});
