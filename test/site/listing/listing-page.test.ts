import { afterAll, describe, expect, test } from "bun:test";
import { symlinkSync, utimesSync, writeFileSync } from "node:fs";

import { bytes } from "../../../src/base/units.ts";
import { Slot } from "../../../src/base/slot.ts";
import { htmlListings } from "../../../src/site/listing/listing-page.ts";
import { formatSize } from "../../../src/site/listing/listing-row.ts";
import { ListingRows } from "../../../src/site/listing/listing-rows.ts";
import { concatBytes } from "../../../src/http/octets/bytes.ts";
import type { Response } from "../../../src/http/message/response.ts";
import type { ListingStep } from "../../../src/tree/tree.ts";
import { canListDescriptors, descriptorsInto } from "../../open-descriptors.ts";
import { TempSite } from "../../temp-site.ts";
import { SiteClient } from "../site-client.ts";
import { requestOf } from "../fake-request.ts";

const site = new TempSite("empty");
afterAll(() => site[Symbol.dispose]());
const client = new SiteClient(site.root, { previews: false });

/** The rows of a listing: what each link leads to, and what it shows. */
function linksOf(markup: string): (readonly [href: string, text: string])[] {
  return [...markup.matchAll(/<td><a href="([^"]*)">(?:<bdi>)?([^<]*)/g)].map((match) => [
    match[1] ?? "",
    match[2] ?? "",
  ]);
}

async function list(path: string): Promise<string> {
  const shown = await client.ask(`GET ${path}`);
  expect(shown.status).toBe(200);
  expect(shown.fields["Content-Type"]).toBe("text/html; charset=utf-8");
  return shown.body;
}

/** The chunks that `response` is streamed in. */
function chunksOf({ body }: Response): AsyncIterator<Uint8Array> {
  if (body.kind !== "stream") throw new Error(`not a stream: ${body.kind}`);
  return body.chunks[Symbol.asyncIterator]();
}

/** All of them. */
async function textOf(response: Response): Promise<string> {
  const chunks = chunksOf(response);
  const all: Uint8Array[] = [];
  for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) {
    all.push(next.value);
  }
  return new TextDecoder().decode(concatBytes(all));
}

test("shows name, size and last change, folders first", async () => {
  site.file("plain/10.txt", "x".repeat(1234));
  site.file("plain/2.txt", "");
  site.folder("plain/zoo");
  for (const name of ["10.txt", "2.txt", "zoo"]) {
    utimesSync(site.at(`plain/${name}`), new Date(0), new Date("2024-02-29T12:34:56Z"));
  }
  const markup = await list("/plain/");
  const when = '<td><time datetime="2024-02-29T12:34:56.000Z">2024-02-29 12:34</time></td>';
  expect(markup).toContain("<title>/plain/</title>");
  expect(markup).toContain('<h1 aria-current="page"><bdi>plain</bdi></h1>');
  expect(markup.slice(markup.indexOf("<tbody>"), markup.indexOf("</tbody>"))).toBe(
    `<tbody>
<tr class="up"><td><a href="../">../</a></td><td></td><td></td><td></td></tr>
<tr class="dir"><td><a href="./zoo/">zoo/</a></td><td></td>${when}<td>folder</td></tr>
<tr class="text"><td><a href="./2.txt">2.txt</a></td><td><span title="0 bytes">0 B</span></td>${when}<td>text</td></tr>
<tr class="text"><td><a href="./10.txt">10.txt</a></td><td><span title="1234 bytes">1.2 kB</span></td>${when}<td>text</td></tr>
`,
  );
});

test("shows no time that HTML has no date for (WHATWG HTML §2.3.5)", () => {
  const [first, last] = ["0001-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z"];
  const times = [-(2 ** 63) * 1000, -9e15, Date.parse(first) - 1, Date.parse(first)];
  times.push(Date.parse(last), Date.parse(last) + 1, 8.64e15, 1e18, (2 ** 63 - 1) * 1000);
  const entries = times.map((mtimeMs) => ({ name: "a", kind: "file", size: 1, mtimeMs }) as const);
  const step = { found: entries.length, entries, work: entries.length };
  const read = (): Iterator<ListingStep, void, void> => [step].values();
  const part = { read, slot: new Slot(), wholeSlot: new Slot() };
  const rows = new ListingRows(bytes(0)).of(
    part,
    htmlListings({ explains: false, archives: [], previews: undefined }),
  );
  while (!rows.isDone) rows.advance();
  const markup = new TextDecoder().decode(rows.octets);
  expect(linksOf(markup)).toHaveLength(times.length);
  expect(markup.match(/(?<=datetime=")[^"]*/g)).toEqual([first, last]);
});

test("of the root has no way up", async () => {
  expect(linksOf(await list("/")).map(([href]) => href)).not.toContain("../");
});

describe("names that could do harm (WHATWG HTML §13.1.2.3)", () => {
  const names: Record<string, readonly [href: string, text: string]> = {
    "<script>alert(1)<": ["./%3Cscript%3Ealert(1)%3C", "&lt;script&gt;alert(1)&lt;"],
    "<script>.txt": ["./%3Cscript%3E.txt", "&lt;script&gt;.txt"],
    'a"b': ["./a%22b", "a&quot;b"],
    "a'b": ["./a&#39;b", "a&#39;b"],
    "x&y": ["./x&amp;y", "x&amp;y"],
    "x&amp;y": ["./x&amp;amp;y", "x&amp;amp;y"],
    "javascript:alert(1)": ["./javascript:alert(1)", "javascript:alert(1)"],
    "#fragment": ["./%23fragment", "#fragment"],
    "q?a=b": ["./q%3Fa=b", "q?a=b"],
    "50%": ["./50%25", "50%"],
    "%2e%2e": ["./%252e%252e", "%2e%2e"],
    "new\nline": ["./new%0Aline", String.raw`new\u{a}line`],
    "\u202etxt.exe": ["./%E2%80%AEtxt.exe", String.raw`\u{202e}txt.exe`],
    "\u001b[31m": ["./%1B%5B31m", String.raw`\u{1b}[31m`],
    Grüße: ["./Gr%C3%BC%C3%9Fe", "Grüße"],
    " lead": ["./%20lead", " lead"],
  };

  test("are text, and links that lead to them", async () => {
    for (const name of Object.keys(names)) site.file(`harm/${name}`, name);
    const links = linksOf(await list("/harm/"));
    const wanted = Object.values(names).toSorted((a, b) => (a[0] < b[0] ? -1 : 1));
    expect(links.slice(1).toSorted((a, b) => (a[0] < b[0] ? -1 : 1))).toEqual([...wanted]);
  });

  test("can be asked for by the link that is shown", async () => {
    for (const [name, [href]] of Object.entries(names)) {
      const plain = href.replaceAll("&#39;", "'").replaceAll("&amp;", "&");
      const { pathname } = new URL(plain, "http://a/harm/");
      expect(await client.ask(`GET ${pathname}`)).toMatchObject({ status: 200, body: name });
    }
  });

  test("are harmless in a folder's own title, too", async () => {
    site.folder("<b>&");
    const markup = await list("/%3Cb%3E&/");
    expect(markup).toContain("<title>/&lt;b&gt;&amp;/</title>");
    expect(markup).toContain("<bdi>&lt;b&gt;&amp;</bdi></h1>");
    expect(markup).not.toContain("<b>");
  });
});

test("shows what can be asked for, whether a stranger may read it or not, and no hidden name", async () => {
  site.file("mixed/open.txt", "");
  site.file("mixed/shut.txt", "", 0o600);
  site.file("mixed/.hidden", "");
  symlinkSync("open.txt", site.at("mixed/link"));
  symlinkSync("/etc/passwd", site.at("mixed/outside"));
  symlinkSync("nowhere", site.at("mixed/dangling"));
  const names = linksOf(await list("/mixed/")).map(([, text]) => text);
  expect(names).toEqual(["../", "link", "open.txt", "shut.txt"]);
});

test("says that there is nothing", async () => {
  site.folder("void");
  expect(await list("/void/")).toContain('<p class="soft">Nothing here.</p>');
});

test("has links to its other pages, which have all entries between them", async () => {
  const small = new SiteClient(site.root, { limits: { listingEntriesMax: 3 } });
  for (let i = 0; i < 10; i++) site.file(`many/${i}`, "ab");
  const pages: string[][] = [];
  for (let href = "./?page=1"; href !== "";) {
    const { body } = await small.ask(`GET ${href.replace("./", "/many/")}`);
    pages.push(
      linksOf(body)
        .slice(1)
        .map(([, name]) => name),
    );
    const number = pages.length;
    const here = `${3 * number - 2}&ndash;${Math.min(10, 3 * number)}`;
    const size = number < 4 ? "6 B" : "2 B";
    expect(body).toContain(`<p role="status">10 files; showing ${here} (${size})</p>`);
    const current = number === 1 ? "./" : `./?page=${number}`;
    expect(body).toContain(`<a aria-current="page" href="${current}">${number}</a>`);
    href = /<a rel="next"[^>]* href="([^"]*)"/.exec(body)?.[1] ?? "";
  }
  expect(pages).toEqual([["0", "1", "2"], ["3", "4", "5"], ["6", "7", "8"], ["9"]]);
});

test("links to the first and the last page, and to those nearby", async () => {
  const small = new SiteClient(site.root, { previews: false, limits: { listingEntriesMax: 1 } });
  for (let i = 0; i < 20; i++) site.file(`twenty/${i}`, "");
  const { body } = await small.ask("GET /twenty/?page=10");
  const [pager = ""] = /<nav aria-label="Pages">.*<\/nav>/.exec(body) ?? [];
  expect(pager.replaceAll(/<[^>]*>/g, " ").split(/ +/)).toEqual([
    "",
    "&larr;",
    "1",
    "&hellip;",
    "8",
    "9",
    "10",
    "11",
    "12",
    "&hellip;",
    "20",
    "&rarr;",
    "",
  ]);
});

test("says what has no page, because only so many are put in order", async () => {
  const limits = { listingEntriesMax: 3, listingOrderedEntriesMax: 7 };
  const small = new SiteClient(site.root, { limits });
  const { body } = await small.ask("GET /many/?page=9");
  expect(linksOf(body).slice(1)).toEqual([
    ["./3", "3"],
    ["./4", "4"],
    ["./5", "5"],
  ]);
  expect(body).toContain('<p class="soft">And 4 more, on no page. The filter finds them.</p>');
  const found = await small.ask("GET /many/?filter=9");
  expect(linksOf(found.body).slice(1)).toEqual([["./9", "9"]]);
});

test("is refused where a stranger may not list, though the files may be known", async () => {
  site.file("drop/known.txt", "known");
  site.folder("drop", 0o711);
  expect((await client.ask("GET /drop/")).status).toBe(403);
  expect(await client.ask("GET /drop/known.txt")).toMatchObject({ status: 200, body: "known" });
});

test("is not there when listings are off, but the index is", async () => {
  const silent = new SiteClient(site.root, { listing: false });
  site.file("with-index/index.html", "<p>index</p>");
  expect(await silent.ask("GET /plain/")).toMatchObject({
    status: 404,
    note: { reason: "listings are off" },
  });
  expect((await silent.ask("GET /with-index/")).body).toBe("<p>index</p>");
});

describe("a long one", () => {
  /** Where more than five entries are many. */
  const streaming = new SiteClient(site.root, {
    previews: false,
    limits: { listingWholeEntriesMax: 5 },
  });

  /** Fills the folder `name` with `count` files. */
  function fill(name: string, count: number): void {
    site.folder(name);
    for (let i = 0; i < count; i++) writeFileSync(site.at(`${name}/${i}`), "x");
  }

  async function answer(
    line: string,
    fields: Record<string, string> = {},
    body?: string,
  ): Promise<Response> {
    return streaming.answer(requestOf(line, fields, body));
  }

  fill("six", 6);
  fill("lots", 700);
  site.folder("lots/folder");
  symlinkSync("1", site.at("lots/link"));

  test("is the same page, sent while it is made", async () => {
    for (const path of ["/six/", "/lots/", "/"]) {
      const streamed = await answer(`GET ${path}`);
      expect(streamed.status).toBe(200);
      expect(await textOf(streamed)).toBe(await list(path));
    }
  });

  test("is one with more entries than the limit", async () => {
    fill("five", 5);
    site.file("five/.hidden", "not counted");
    expect((await answer("GET /five/")).body.kind).toBe("bytes");
    fill("five", 6);
    expect((await answer("GET /five/")).body.kind).toBe("stream");
  });

  test("has neither a tag nor codings nor ranges, and is asked for again each time", async () => {
    const fields = { "Accept-Encoding": "gzip, br, zstd", Range: "bytes=0-9" };
    expect(await answer("GET /six/", fields)).toMatchObject({
      status: 200,
      fields: [
        ["Cache-Control", "no-cache"],
        ["X-Content-Type-Options", "nosniff"],
        ["Vary", "Accept"],
        ["Cross-Origin-Resource-Policy", "same-origin"],
        [
          "Content-Security-Policy",
          expect.stringMatching(/^default-src 'none'; script-src 'sha256-/),
        ],
        ["Content-Type", "text/html; charset=utf-8"],
      ],
    });
  });

  test("is fresh for as long as files are", async () => {
    const limits = { listingWholeEntriesMax: 5 };
    const minute = new SiteClient(site.root, { limits, cache: 60 });
    const { fields } = await minute.ask("GET /six/");
    expect(fields["Cache-Control"]).toBe("max-age=60");
  });

  test("is not for clients that don't take it as it is (RFC 9110 §12.5.3)", async () => {
    const fields = { "Accept-Encoding": "gzip, identity;q=0" };
    expect((await answer("GET /six/", fields)).status).toBe(406);
    expect((await answer("GET /six/", { "Accept-Encoding": "gzip;q=1" })).status).toBe(200);
    const limits = { listingWholeEntriesMax: 5 };
    const plain = new SiteClient(site.root, { limits, compress: false });
    expect((await plain.ask("GET /six/", fields)).status).toBe(200);
  });

  test.each([
    ["If-None-Match", "*", 304],
    ["If-None-Match", '"a"', 200],
    ["If-None-Match", 'W/""', 200],
    ["If-Match", "*", 200],
    ["If-Match", '"a"', 412],
    ["If-Match", 'W/""', 412],
    ["If-Modified-Since", "Fri, 01 Jan 2100 00:00:00 GMT", 200],
    ["If-Unmodified-Since", "Fri, 01 Jan 2010 00:00:00 GMT", 200],
  ])(
    "exists, and that is all that a condition can ask: %s: %s is %p",
    async (name, value, status) => {
      const response = await answer("GET /six/", { [name]: value });
      expect(response.status).toBe(status);
      if (status !== 304) return;
      expect(response.fields).toEqual([
        ["Cache-Control", "no-cache"],
        ["Vary", "Accept"],
      ]);
    },
  );

  test.each([
    ["If-Match", "*", 200],
    ["If-Match", '"a"', 412],
    ["If-None-Match", "*", 412],
  ])("weighs for a POST, too: %s: %s is %p", async (name, value, status) => {
    site.file("MyForm.html", "<form>");
    expect((await answer("POST /six/", { [name]: value }, "a=b")).status).toBe(status);
  });

  test("begins with the page's head, before the folder has been read", async () => {
    const chunks = chunksOf(await answer("GET /lots/"));
    const { value } = await chunks.next();
    const text = new TextDecoder().decode(value as Uint8Array);
    expect(text).toStartWith("<!doctype html>");
    expect(text).toContain("<bdi>lots</bdi></h1>");
    expect(text).not.toContain("./1");
    await chunks.return?.();
  });

  test("has pages, of which each is streamed", async () => {
    const limits = { listingWholeEntriesMax: 5, listingEntriesMax: 600 };
    const brief = new SiteClient(site.root, { limits });
    const page = await textOf(await brief.answer(requestOf("GET /lots/")));
    expect(linksOf(page)).toHaveLength(601);
    expect(page).toContain("701 files, 1 folder; showing 1&ndash;600 (599 B)");
    const last = await textOf(await brief.answer(requestOf("GET /lots/?page=2")));
    expect(linksOf(last)).toHaveLength(103);
    expect(last).toContain("701 files, 1 folder; showing 601&ndash;702 (102 B)");
  });

  test("is empty when it has been forbidden since", async () => {
    const response = await answer("GET /six/");
    site.folder("six", 0o751);
    expect(await textOf(response)).toContain('<p class="soft">Nothing here.</p>');
    site.folder("six", 0o755);
  });

  test.each([0, 1, 2, 5])("ends when no more than %p chunks are wanted", async (wanted) => {
    const chunks = chunksOf(await answer("GET /lots/"));
    for (let i = 0; i < wanted; i++) expect((await chunks.next()).done).toBe(false);
    await chunks.return?.();
    if (canListDescriptors) expect(descriptorsInto(site.root)).toEqual([]);
    expect((await chunks.next()).done).toBe(true);
  });

  test("lets all others have their turn, however many there are at once", async () => {
    let turn = 0;
    let isOver = false;
    const count = (): void => {
      turn++;
      if (!isOver) setImmediate(count);
    };
    setImmediate(count);
    const rowsByTurn = new Map<number, number>();
    let readMost = 0;
    const readOne = async (): Promise<void> => {
      const chunks = chunksOf(await answer("GET /lots/"));
      for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) {
        const rows = linksOf(new TextDecoder().decode(next.value)).length;
        rowsByTurn.set(turn, (rowsByTurn.get(turn) ?? 0) + rows);
        if (canListDescriptors) readMost = Math.max(readMost, descriptorsInto(site.root).length);
      }
    };
    await Promise.all(Array.from({ length: 12 }, readOne));
    isOver = true;
    // Each page has a way up, too.
    expect([...rowsByTurn.values()].reduce((sum, rows) => sum + rows)).toBe(12 * 703);
    // All share a reading, so that rows are made once, and a turn gives out 16 parts at most.
    expect(Math.max(...rowsByTurn.values())).toBeLessThanOrEqual(12 + 16 * 256);
    expect(readMost).toBeLessThanOrEqual(4);
  });
});

test("loads nothing from anywhere, and lets nothing run but its own script", async () => {
  const { body, fields } = await client.ask("GET /plain/");
  // The name of a vocabulary is no address.
  const markup = body.replaceAll("xmlns='http://www.w3.org/2000/svg'", "");
  expect(markup.replace(/<script type="module">[^]*<\/script>/, "")).not.toMatch(
    /<(?:script|link|img|iframe)|url\((?!"data:)|@import|https?:/i,
  );
  const policy = fields["Content-Security-Policy"] ?? "";
  for (const name of ["script", "style"]) {
    const [, text = ""] = new RegExp(`<${name}(?: [^>]*)?>([^]*?)</${name}>`).exec(body) ?? [];
    const digest = new Bun.CryptoHasher("sha256").update(text).digest("base64");
    expect(policy).toContain(`${name}-src 'sha256-${digest}';`);
  }
});

test.each([
  [0, "0 B"],
  [999, "999 B"],
  [1000, "1.0 kB"],
  [1049, "1.0 kB"],
  [99_499, "99.5 kB"],
  [99_500, "100 kB"],
  [999_499, "999 kB"],
  [999_500, "1.0 MB"],
  [1_500_000_000, "1.5 GB"],
  [5e12, "5.0 TB"],
  [5e18, "5000000 TB"],
])("shows %p octets as %s", (octets, text) => {
  expect(formatSize(octets)).toBe(text);
});
