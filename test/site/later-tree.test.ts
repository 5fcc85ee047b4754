/**
 * A tree may answer at once or later: a site says the same over both. Each request of a table is put
 * to a site over a tree on disk, and to one over the same tree whose every answer takes a turn.
 */

import { afterAll, describe, expect, spyOn, test } from "bun:test";
import { utimesSync } from "node:fs";

import { concatBytes } from "../../src/http/octets/bytes.ts";
import type { Response } from "../../src/http/message/response.ts";
import type { SiteOptions } from "../../src/site/site-options.ts";
import type { ListingStep, ListingSteps, OpenFile, Outcome } from "../../src/tree/tree.ts";
import { canListDescriptors, descriptorsInto } from "../open-descriptors.ts";
import { TempSite } from "../temp-site.ts";
import { FakeBody, repeatedHead, requestOf, requestWith, settledMs } from "./fake-request.ts";
import { octetsOf } from "./shown-response.ts";
import { SiteClient } from "./site-client.ts";

const folder = new TempSite("empty");
afterAll(() => folder[Symbol.dispose]());

/** Writes a file that is old. */
function put(name: string, content: string | Uint8Array, mode = 0o644): void {
  folder.file(name, content, mode);
  utimesSync(folder.at(name), changed, changed);
}

const changed = new Date("2024-02-29T12:00:00Z");
const text = "many words, and then some\n".repeat(100);
put("index.html", "<title>home</title>");
put("a.txt", "abcdefghij");
put("long.txt", text);
put("large.txt", "0123456789".repeat(20_000));
put("page.html", `<!doctype html><link rel=stylesheet href=site.css>${text}`);
put("ahead.txt", text);
put("ahead.txt.br", "coded ahead");
put("stale.txt", text);
put("stale.txt.gz", "");
put("shut.txt", "secret", 0o600);
put("about.html", "<title>about</title>");
put("plain", "plain");
put("plain.html", "plain.html");
put("docs/index.html", "docs");
put("docs.html", "docs page");
put("listed/1.txt", "1");
put("listed/2.txt", "2");
put("listed/sub/x", "x");
put("locked/x.txt", "x");
folder.folder("locked", 0o700);
put("404.html", "<p>none");
put("403.html", "<p>shut");
put("MyForm.html", "<form>");

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** `steps`, each a turn later. */
async function* laterSteps(steps: ListingSteps): AsyncGenerator<ListingStep, void> {
  try {
    for (;;) {
      await turn();
      const step = await steps.next();
      if (step.done === true) return;
      yield step.value;
    }
  } finally {
    await steps.return?.();
  }
}

/** Lets the tree of `client` answer by promises, each a turn later. */
function delay({ tree }: SiteClient): void {
  const [open, peek, list] = [tree.open.bind(tree), tree.peek.bind(tree), tree.list.bind(tree)];
  const describeFolder = tree.describe.bind(tree);
  spyOn(tree, "open").mockImplementation(async (...of) => {
    await turn();
    return open(...of);
  });
  spyOn(tree, "peek").mockImplementation(async (...of) => {
    await turn();
    return peek(...of);
  });
  spyOn(tree, "describe").mockImplementation(async (...of) => {
    await turn();
    return describeFolder(...of);
  });
  spyOn(tree, "list").mockImplementation((...of) => laterSteps(list(...of)));
}

/** All that there is to a response, its body read. */
async function whole(response: Response): Promise<unknown> {
  const { status, fields, body, close, note, hints } = response;
  let octets = octetsOf(response);
  if (body.kind === "stream") octets = concatBytes(await Array.fromAsync(body.chunks));
  const all = JSON.stringify([fields, new TextDecoder().decode(octets)]);
  // A boundary is another one each time.
  const boundary = /boundary=([\w-]+)/.exec(all)?.[1] ?? "no boundary";
  const [kind, reason] = [body.kind, note?.reason];
  const said = { status, kind, close, reason, hints, form: note?.form?.() };
  return { ...said, all: all.replaceAll(boundary, "boundary") };
}

type Fields = Readonly<Record<string, string>>;
type Asked = readonly [line: string, status: number, fields?: Fields, body?: string];

const page = { Accept: "text/html,*/*;q=0.8" };
const form = { "Content-Type": "application/x-www-form-urlencoded" };

const plainly: readonly Asked[] = [
  ["GET /a.txt", 200],
  ["HEAD /a.txt", 200],
  ["GET /a.txt?query", 200],
  ["GET /large.txt", 200],
  ["HEAD /large.txt", 200],
  ["GET /", 200],
  ["GET /docs/", 200],
  ["GET /docs", 308],
  ["GET /docs?a=b", 308],
  ["GET /a.txt", 304, { "If-None-Match": "*" }],
  ["GET /a.txt", 304, { "If-Modified-Since": changed.toUTCString() }],
  ["GET /large.txt", 304, { "If-None-Match": "*" }],
  ["GET /a.txt", 412, { "If-Match": '"x"' }],
  ["GET /a.txt", 206, { Range: "bytes=2-4" }],
  ["GET /a.txt", 206, { Range: "bytes=2-4,6-7" }],
  ["GET /large.txt", 206, { Range: "bytes=-4" }],
  ["GET /large.txt", 206, { Range: "bytes=0-1,9-10" }],
  ["GET /a.txt", 416, { Range: "bytes=10-" }],
  ["GET /nothing", 404],
  ["HEAD /nothing", 404],
  ["GET /.hidden", 404],
  ["GET /a.txt/", 404],
  ["GET /%ff", 404],
  ["GET /shut.txt", 403],
  ["GET /locked/x.txt", 403],
  ["GET /%2e%2e/", 400],
  ["GET https://a/a.txt", 421],
  ["GET /listed/", 200],
  ["HEAD /listed/", 200],
  ["GET /listed/", 200, { "Accept-Encoding": "gzip" }],
  ["GET /listed/", 304, { "If-None-Match": "*" }],
  ["GET /long.txt", 200, { "Accept-Encoding": "gzip, br, zstd" }],
  ["GET /large.txt", 200, { "Accept-Encoding": "br" }],
  ["GET /long.txt", 206, { "Accept-Encoding": "gzip", Range: "bytes=0-9" }],
  ["GET /long.txt", 406, { "Accept-Encoding": "*;q=0" }],
  ["GET /ahead.txt", 200, { "Accept-Encoding": "br, gzip" }],
  ["HEAD /ahead.txt", 200, { "Accept-Encoding": "br" }],
  ["GET /ahead.txt", 304, { "Accept-Encoding": "br", "If-None-Match": "*" }],
  ["GET /ahead.txt", 200, { "Accept-Encoding": "gzip" }],
  ["GET /stale.txt", 200, { "Accept-Encoding": "br, gzip" }],
  ["POST /", 200, form, "a=b&c=d"],
  ["POST /a.txt", 200, { ...form, "If-Match": "*" }, "a=b"],
  ["POST /a.txt", 412, { ...form, "If-Match": '"x"' }, "a=b"],
  ["POST /listed/", 412, { ...form, "If-None-Match": "*" }, "a=b"],
  ["POST /", 411],
  ["OPTIONS /a.txt", 204],
  ["OPTIONS *", 204],
  ["DELETE /a.txt", 405],
  ["CONNECT a.example:443", 405],
  ["GET /mine", 200],
  ["GET /mine", 304, { "If-None-Match": "*" }],
  ["PUT /mine", 200, {}, "x"],
  ["PUT /none", 404, {}, "x"],
  ["DELETE /mine", 405],
];

const tables: readonly (readonly [
  what: string,
  options: Omit<SiteOptions, "root">,
  asked: readonly Asked[],
])[] = [
  ["as it is by default", {}, plainly],
  ["of large files alone", { limits: { inlineBytesMax: 1 } }, plainly],
  ["that caches nothing", { limits: { fileCacheBytesMax: 0 } }, plainly],
  [
    "with archives",
    { allowArchive: true },
    [
      ["GET /?download=zip", 200],
      ["HEAD /?download=tar", 200],
      ["GET /docs/?download=tar.gz", 200],
      ["GET /listed/?download=tar", 200],
      ["GET /listed?download=tar", 308],
      ["GET /locked/?download=zip", 403],
      ["GET /nothing/?download=zip", 404],
      ["GET /page.html?raw", 200],
      ["GET /page.html?download", 200, { "Accept-Encoding": "gzip" }],
      ["GET /large.txt?download=1", 206, { Range: "bytes=2-4" }],
    ],
  ],
  [
    "with clean URLs",
    { cleanUrls: true },
    [
      ["GET /about", 200],
      ["GET /about.html", 308],
      ["GET /about.html?q", 308],
      ["GET /index.html", 308],
      ["GET /docs", 200],
      ["GET /docs/", 200],
      ["GET /docs.html", 308],
      ["GET /plain", 200],
      ["GET /plain.html", 200],
      ["GET /nothing", 404],
      ["GET /nothing.html", 404],
      ["GET /listed", 308],
      ["GET /shut.txt", 403],
    ],
  ],
  [
    "of a single page",
    { single: true },
    [
      ["GET /deep/down", 200, page],
      ["HEAD /deep/down", 200, page],
      ["GET /deep/down", 304, { ...page, "If-None-Match": "*" }],
      ["GET /deep/down", 404],
      ["GET /%ff", 200, page],
      ["GET /a.txt", 200, page],
      ["GET /shut.txt", 403, page],
      ["GET /docs", 308, page],
    ],
  ],
  [
    "of a single page with clean URLs",
    { single: true, cleanUrls: true },
    [
      ["GET /about", 200, page],
      ["GET /about.html", 308, page],
      ["GET /deep/down", 200, page],
      ["GET /deep/down", 404],
    ],
  ],
  [
    "with redirects and rewrites",
    {
      cache: 60,
      redirects: [{ from: "/old/*", to: "/*", status: 301 }],
      rewrites: [
        { from: "/shown/*", to: "/*" },
        { from: "/gone", to: "/nothing" },
      ],
    },
    [
      ["GET /old/a.txt?q", 301],
      ["GET /shown/a.txt", 200],
      ["GET /shown/shut.txt", 403],
      ["GET /shown/listed/", 200],
      ["GET /gone", 404],
    ],
  ],
  [
    "with long listings",
    { limits: { listingWholeEntriesMax: 1 } },
    [
      ["GET /listed/", 200],
      ["GET /listed/", 304, { "If-None-Match": "*" }],
      ["GET /listed/", 412, { "If-Match": '"x"' }],
      ["GET /listed/", 406, { "Accept-Encoding": "*;q=0" }],
      ["POST /listed/", 412, { ...form, "If-None-Match": "*" }, "a=b"],
    ],
  ],
  ["without listings", { listing: false }, [["GET /listed/", 404]]],
  ["without a form page", { form: "none.html" }, [["POST /", 405, form, "a=b"]]],
  [
    "with a form page that is shut",
    { form: "shut.txt" },
    [
      ["POST /", 403, form, "a=b"],
      ["OPTIONS /", 204],
    ],
  ],
  [
    "with early hints",
    { earlyHints: true },
    [
      ["GET /page.html", 200],
      ["GET /page.html", 200, { "Accept-Encoding": "gzip" }],
      ["GET /page.html", 304, { "If-None-Match": "*" }],
    ],
  ],
  [
    "with header rules",
    { headers: [{ path: "/*.txt", name: "X-A", value: "b" }], cors: true },
    [
      ["GET /a.txt", 200],
      ["GET /nothing.txt", 404],
      ["OPTIONS /a.txt", 204, { Origin: "http://b", "Access-Control-Request-Method": "GET" }],
    ],
  ],
];

/** All that were made, whose trees keep large files open for a while. */
const clients: SiteClient[] = [];

function clientWith(options: Omit<SiteOptions, "root">): SiteClient {
  const client = new SiteClient(folder.root, options);
  clients.push(client);
  for (const method of ["GET", "PUT"]) {
    client.routes.add(method, "/mine", (request) => request.answerWithFile("/a.txt"));
    client.routes.add(method, "/none", (request) => request.answerWithFile("/nothing"));
  }
  return client;
}

describe.each(tables)(
  "a site %s says the same over a tree that answers later",
  (_, options, all) => {
    const [now, later] = [clientWith(options), clientWith(options)];
    delay(later);
    const receivedMs = settledMs();

    test.each(all.map(([line, status, fields = {}, body]) => ({ line, status, fields, body })))(
      "$line, $status: $fields",
      async ({ line, status, fields, body }) => {
        const octets = body === undefined ? undefined : new TextEncoder().encode(body);
        const declared = octets === undefined ? {} : { "Content-Length": String(octets.length) };
        const [nowHead, laterHead] = [now, later].map(() =>
          repeatedHead(line, { ...fields, ...declared }),
        );
        if (nowHead === undefined || laterHead === undefined) throw new Error("no heads");
        // First nothing is cached, and in the end all that can be.
        for (let i = 0; i < 4; i++) {
          const request = (head: typeof nowHead): ReturnType<typeof requestWith> => ({
            ...requestWith(head, receivedMs),
            body: new FakeBody(octets, octets?.length, i % 2 === 0),
          });
          const wanted = await now.answer(request(nowHead));
          expect(wanted.status).toBe(status);
          const got = await later.answer(request(laterHead));
          expect(await whole(got)).toEqual(await whole(wanted));
        }
      },
    );
  },
);

describe("a tree that answers later", () => {
  test("makes the answer later, and where the tree isn't asked it is there at once", () => {
    const client = clientWith({});
    delay(client);
    for (const line of ["GET /a.txt", "GET /nothing", "POST /", "OPTIONS /"]) {
      const answer = client.answer(requestOf(line, {}, "a=b"));
      expect([line, answer instanceof Promise]).toEqual([line, true]);
    }
    for (const line of ["GET https://a/", "GET /%2e%2e/"]) {
      expect([line, client.answer(requestOf(line)) instanceof Promise]).toEqual([line, false]);
    }
  });

  test("and fails, fails the answer", async () => {
    const client = clientWith({});
    const gone = new Error("the store is gone");
    spyOn(client.tree, "open").mockImplementation(() => Promise.reject(gone));
    const failed = client.ask("GET /a.txt").catch((error: Error) => error.message);
    expect(await failed).toBe("the store is gone");
  });

  test("and fails where a variant would be, fails the answer, and the file is closed", async () => {
    const client = clientWith({ limits: { inlineBytesMax: 1, fileCacheBytesMax: 0 } });
    const open = client.tree.open.bind(client.tree);
    let file: OpenFile | undefined;
    spyOn(client.tree, "open").mockImplementation(async (path, view) => {
      if (path.text.endsWith(".br")) throw new Error("the store is gone");
      const found = await open(path, view);
      if (found.kind === "file") ({ file } = found);
      return found;
    });
    const failed = client.ask("GET /long.txt", { "Accept-Encoding": "br" });
    expect(await failed.catch((error: Error) => error.message)).toBe("the store is gone");
    expect(file?.read(new Uint8Array(1), 0)).toBe(0);
  });

  test.each<readonly [found: Outcome, status: number]>([
    [{ kind: "exhausted" }, 503],
    [{ kind: "failed", code: "EIO" }, 500],
    [{ kind: "absent", cause: "hidden" }, 404],
    [{ kind: "redirect" }, 308],
  ])("and comes to %j, is answered %i", async (found, status) => {
    const client = clientWith({});
    spyOn(client.tree, "open").mockImplementation(() => Promise.resolve(found));
    expect((await client.ask("GET /x")).status).toBe(status);
  });

  test.skipIf(!canListDescriptors)("leaves nothing open (needs /proc)", async () => {
    for (const { tree } of clients) tree.close();
    expect(descriptorsInto(folder.root)).toEqual([]);
    const client = clientWith({ limits: { inlineBytesMax: 1, fileCacheBytesMax: 0 } });
    delay(client);
    for (const [line, , fields, body] of plainly) {
      octetsOf(await client.answer(requestOf(line, fields, body)));
    }
    expect(descriptorsInto(folder.root)).toEqual([]);
  });
});
