/**
 * Cached responses end to end: heads that are recognised, responses that are given out again and
 * octets that are encoded once, on real sockets. What two servers send, of which one caches nothing,
 * has to be the same to the octet. What is cached, and for how long, is the matter of
 * `site/response-cache.test.ts`.
 */

import { afterEach, beforeEach, describe, expect, setSystemTime, test } from "bun:test";
import * as fc from "fast-check";
import * as fs from "node:fs";

import { formatImfFixdate } from "../src/http/fields/date.ts";
import { ResponseBuilder } from "../src/http/message/response-builder.ts";
import type { Server } from "../src/server/serve.ts";
import { serve } from "../src/server/serve.ts";
import type { ReloadOptions, ServeOptions } from "../src/server/serve-options.ts";
import { changesAndRequests, changeTree, restoreTree } from "./changed-tree.ts";
import { RawClient } from "./raw-client.ts";
import { TempSite } from "./temp-site.ts";

/** Nothing is cached under these. */
const forgetful = { fileCacheBytesMax: 0, requestCacheBytesMax: 0 };

/** The time as servers see it: so late that every change a test makes is settled, and it stands. */
let nowMs = 0;

function setTime(ms: number): void {
  nowMs = ms;
  setSystemTime(new Date(ms));
}

let site: TempSite;

/** When the file that was written last was last changed, as far as it says, in seconds. */
let written = 1_700_000_000;

/** Writes a file anew, at a time that no other has, so that no clock is too coarse to tell. */
function put(name: string, content: string | Uint8Array, mode = 0o644): void {
  site.file(name, content, mode);
  fs.utimesSync(site.at(name), 0, ++written);
}

beforeEach(() => {
  site = new TempSite("empty");
  put("a.txt", "one");
  put("private.txt", "secret", 0o640);
  put("large.txt", "x".repeat(40_000));
  put("in/a.txt", "inside");
  fs.symlinkSync("a.txt", site.at("link.txt"));
  setSystemTime();
  setTime(Date.now() + 60_000);
});

afterEach(() => {
  setSystemTime();
  site[Symbol.dispose]();
});

const ask = (path: string, fields = "", method = "GET"): string =>
  `${method} ${path} HTTP/1.1\r\nHost: localhost\r\n${fields}\r\n`;
const gzip = "Accept-Encoding: gzip\r\n";

/** Where the answer ends that `text` begins with; undefined while it isn't all there. */
function endOf(text: string, isToHead: boolean): number | undefined {
  const headEnd = text.indexOf("\r\n\r\n") + 4;
  if (headEnd < 4) return undefined;
  const head = text.slice(0, headEnd);
  const isBodiless = isToHead || /^HTTP\/1\.1 [23]04 /.test(head);
  const length = /\r\nContent-Length: (\d+)\r\n/.exec(head)?.[1];
  if (!isBodiless && length === undefined) throw new Error(`without a length: ${head}`);
  const end = headEnd + (isBodiless ? 0 : Number(length));
  return text.length < end ? undefined : end;
}

/** A client of a server on one connection, one request after the other. */
class Caller {
  readonly #port: number;
  #client: RawClient | undefined;
  #read = 0;

  constructor(port: number) {
    this.#port = port;
  }

  /** The answer's octets, as text. After one that ends the connection there is a new one. */
  async answerTo(request: string): Promise<string> {
    const client = (this.#client ??= await RawClient.connect(this.#port));
    const isToHead = request.startsWith("HEAD");
    const answer = (): string => client.text.slice(this.#read);
    client.send(request);
    await client.until(() => endOf(answer(), isToHead) !== undefined);
    const text = answer();
    if (text.length !== endOf(text, isToHead)) throw new Error(`more than an answer: ${text}`);
    this.#read += text.length;
    if (/\r\nConnection: close\r\n/.test(text)) {
      expect(await client.ending()).toBe("end");
      expect(client.received).toBe(this.#read);
      this.close();
    }
    return text;
  }

  close(): void {
    this.#client?.close();
    this.#client = undefined;
    this.#read = 0;
  }
}

/** Two servers of one site: one that caches, and one that caches nothing. */
class Twins implements AsyncDisposable {
  readonly servers: readonly [caching: Server, forgetting: Server];
  readonly #callers: readonly [Caller, Caller];

  constructor(caching: Server, forgetting: Server) {
    this.servers = [caching, forgetting];
    this.#callers = [new Caller(caching.port), new Caller(forgetting.port)];
  }

  static async start(options: ServeOptions = {}): Promise<Twins> {
    const { root } = site;
    const { limits } = options;
    return new Twins(
      await serve({ root, ...options }),
      await serve({ root, ...options, limits: { ...limits, ...forgetful } }),
    );
  }

  reload(options: ReloadOptions): void {
    const [caching, forgetting] = this.servers;
    caching.reload(options);
    forgetting.reload({ ...options, limits: { ...options.limits, ...forgetful } });
  }

  /** The answer, which is the same from both to the octet. */
  async ask(request: string): Promise<string> {
    const [caching, forgetting] = this.#callers;
    const text = await caching.answerTo(request);
    expect(text).toBe(await forgetting.answerTo(request));
    expect(text).toContain(`\r\nDate: ${formatImfFixdate(nowMs)}\r\n`);
    return text;
  }

  /** The answer to the same request, four times: in the end it is one that was cached. */
  async askOften(request: string): Promise<string> {
    for (let i = 0; i < 3; i++) await this.ask(request);
    return this.ask(request);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const caller of this.#callers) caller.close();
    for (const server of this.servers) await server.stop({ force: true });
  }
}

/** An answer in short: its status, its coding if it has one, and its content unless that's a page. */
function short(text: string): string {
  const headEnd = text.indexOf("\r\n\r\n") + 4;
  const coding = /\r\nContent-Encoding: (\S+)\r\n/.exec(text)?.[1] ?? "";
  const body = text.slice(headEnd);
  const shown = /^<!doctype/i.test(body) ? "page" : body.slice(0, 20);
  return [text.slice(9, 12), coding, shown].filter((part) => part !== "").join(" ");
}

const fieldOf = (text: string, name: string): string | undefined =>
  new RegExp(`\r\n${name}: ([^\r]*)\r\n`).exec(text)?.[1];

describe("the next request is answered with", () => {
  const none = ask("/none");
  const big = "x".repeat(20);
  test.each<readonly [string, request: string, before: string, change: () => void, after: string]>([
    ["an edit", ask("/a.txt"), "200 one", () => put("a.txt", "new"), "200 new"],
    ["an edit, to HEAD", ask("/a.txt", "", "HEAD"), "200", () => put("a.txt", "longer"), "200"],
    ["a bit that goes", ask("/a.txt"), "200 one", () => site.file("a.txt", "", 0o640), "403 page"],
    ["an error page that comes", none, "404 page", () => put("404.html", "gone"), "404 gone"],
    ["a variant", ask("/a.txt", gzip), "200 one", () => put("a.txt.gz", "gz"), "200 gzip gz"],
    ["a small file", ask("/large.txt"), `200 ${big}`, () => put("large.txt", "y"), "200 y"],
  ])("%s", async (_what, request, before, change, after) => {
    await using twins = await Twins.start();
    expect(short(await twins.askOften(request))).toBe(before);
    change();
    expect(short(await twins.askOften(request))).toBe(after);
  });
});

test("a date that has been sent once is the present one", async () => {
  await using twins = await Twins.start();
  const requests = ["/a.txt", "/none", "/private.txt"].map((path) => ask(path));
  for (const request of requests) await twins.askOften(request);
  for (const ms of [999, 1, 1000, 86_400_000]) {
    setTime(nowMs + ms);
    // `ask` compares the date.
    for (const request of requests) await twins.ask(request);
  }
});

describe("what a server is told counts at once", () => {
  test("a route for a path that the tree has answered", async () => {
    await using twins = await Twins.start();
    const requests = [ask("/a.txt"), ask("/a.txt", "", "HEAD"), ask("/none")];
    for (const request of requests) await twins.askOften(request);
    for (const server of twins.servers) {
      for (const path of ["/a.txt", "/none"]) {
        server.route("GET", path, () => new ResponseBuilder(200).text("routed").build());
      }
    }
    const answers: string[] = [];
    for (const request of requests) answers.push(short(await twins.ask(request)));
    expect(answers).toEqual(["200 routed", "200", "200 routed"]);
  });

  test.each<readonly [what: string, options: ReloadOptions, field: string, value: string]>([
    ["cors", { cors: true }, "Access-Control-Allow-Origin", "*"],
    ["cache", { cache: 60 }, "Cache-Control", "max-age=60"],
    ["a header", { headers: [{ name: "X-A", value: "b" }] }, "X-A", "b"],
  ])(
    "%s, on connections that are open, and again without it",
    async (_what, options, name, value) => {
      await using twins = await Twins.start();
      const request = ask("/a.txt");
      const before = fieldOf(await twins.askOften(request), name);
      expect(before).not.toBe(value);
      twins.reload(options);
      expect(fieldOf(await twins.ask(request), name)).toBe(value);
      expect(fieldOf(await twins.askOften(request), name)).toBe(value);
      twins.reload({});
      expect(fieldOf(await twins.ask(request), name)).toBe(before as string);
      expect(fieldOf(await twins.askOften(request), name)).toBe(before as string);
    },
  );
});

describe("requests that differ are not answered alike", () => {
  const http10 = "GET /a.txt HTTP/1.0\r\n\r\n";
  const all = [
    ask("/a.txt"),
    ask("/a.txt", "", "HEAD"),
    ask("/a.txt", "Range: bytes=0-0\r\n"),
    ask("/a.txt", "Range: bytes=0-0\r\n", "HEAD"),
    ask("/a.txt", "Connection: close\r\n"),
    ask("/a.txt", "Connection: close\r\n", "HEAD"),
    ask("/a.txt?query"),
    ask("/%61.txt"),
    ask("http://localhost/a.txt"),
    ask("https://localhost/a.txt"),
    ask("/a.txt", "Accept-Encoding: identity;q=0\r\n"),
    http10,
    http10.replace("\r\n\r\n", "\r\nConnection: keep-alive\r\n\r\n"),
    http10.replace("GET", "HEAD"),
    ask("/none"),
    ask("/none", "", "HEAD"),
    ask("/none", "Connection: close\r\n"),
    ask("/private.txt"),
    ask("/private.txt", "", "HEAD"),
    ask("/a.txt", "", "OPTIONS"),
    ask("*", "", "OPTIONS"),
    ask("/a.txt", "", "DELETE"),
    ask("/a%00.txt"),
    "GET /a.txt HTTP/1.1\r\n\r\n",
  ];

  test("in whatever order they come, and again after a change", async () => {
    await using twins = await Twins.start();
    for (let round = 0; round < 8; round++) {
      if (round === 4) put("a.txt", "new");
      // Another neighbour in each round.
      const step = [1, 5, 7, 11, 13, 17, 19, 23][round] ?? 1;
      for (let i = 0; i < all.length; i++) await twins.ask(all[(i * step) % all.length] ?? "");
    }
  });

  test("and HEAD has what GET has, but for the content (RFC 9110 §9.3.2)", async () => {
    await using twins = await Twins.start();
    for (const path of ["/a.txt", "/none", "/private.txt", "/large.txt"]) {
      const [get, head] = [ask(path), ask(path, "", "HEAD")];
      for (let i = 0; i < 4; i++) {
        const whole = await twins.ask(get);
        expect(await twins.ask(head)).toBe(whole.slice(0, whole.indexOf("\r\n\r\n") + 4));
      }
    }
  });

  test("and the connection ends after the answer where it is asked to", async () => {
    await using twins = await Twins.start();
    for (const request of [ask("/a.txt", "Connection: close\r\n"), http10]) {
      const text = await twins.askOften(request);
      expect(fieldOf(text, "Connection")).toBe("close");
      expect(fieldOf(await twins.askOften(ask("/a.txt")), "Connection")).toBe("keep-alive");
    }
  });
});

describe("whatever is changed and asked for, in whatever order", () => {
  const requests = [
    ask("/a.txt"),
    ask("/a.txt", "", "HEAD"),
    ask("/a.txt", gzip),
    ask("/a.txt", "Range: bytes=1-2\r\n"),
    ask("/link.txt"),
    ask("/in/"),
    ask("/in/a.txt"),
    ask("/none"),
    ask("/404.html"),
  ];

  test.each([
    ["for all", {}],
    ["for little", { fileCacheBytesMax: 24_000, requestCacheBytesMax: 6000 }],
  ])("both servers say the same, with room %s", async (_what, limits) => {
    await using twins = await Twins.start({ limits });
    const tag = fieldOf(await twins.ask(ask("/a.txt")), "ETag") ?? "";
    const all = [...requests, ask("/a.txt", `If-None-Match: ${tag}\r\n`)];
    const property = fc.asyncProperty(changesAndRequests(all.length), async (steps) => {
      restoreTree(site, put);
      for (const each of steps) {
        if (!("asked" in each)) changeTree(site, put, each);
        else {
          for (let i = 0; i < each.times; i++) await twins.ask(all[each.asked] ?? "");
        }
      }
    });
    await fc.assert(property, { numRuns: 30 });
  });
});
