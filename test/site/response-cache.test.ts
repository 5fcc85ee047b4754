import { afterEach, beforeEach, describe, expect, spyOn, test } from "bun:test";
import * as fc from "fast-check";
import * as fs from "node:fs";

import { formatImfFixdate } from "../../src/http/fields/date.ts";
import type { Response } from "../../src/http/message/response.ts";
import { bodyOctets } from "../../src/http/message/response.ts";
import { ResponseBuilder } from "../../src/http/message/response-builder.ts";
import { ResponseCache } from "../../src/site/response-cache.ts";
import { zlibEncoder } from "../../src/site/variants/zlib-encoder.ts";
import type { Dependency } from "../../src/tree/view.ts";
import { View } from "../../src/tree/view.ts";
import { changesAndRequests, changeTree, restoreTree } from "../changed-tree.ts";
import { TempSite } from "../temp-site.ts";
import { repeatedHead, requestWith } from "./fake-request.ts";
import { FakeLookup } from "./fake-lookup.ts";
import type { ShownResponse } from "./shown-response.ts";
import { show } from "./shown-response.ts";
import { SiteClient } from "./site-client.ts";
import type { Asked, ReloadOptions } from "./twin-sites.ts";
import { ask, TwinSites } from "./twin-sites.ts";

let site: TempSite;

/** When the file that was written last was last changed, as far as it says, in seconds. */
let written = 1_700_000_000;

/** Gives the file `name` a time that no other has, so that no clock is too coarse to tell. */
function stamp(name: string): void {
  fs.utimesSync(site.at(name), 0, ++written);
}

/** Writes a file anew. */
function put(name: string, content: string | Uint8Array, mode = 0o644): void {
  site.file(name, content, mode);
  stamp(name);
}

beforeEach(() => {
  site = new TempSite("empty");
  put("a.txt", "one");
  put("b.txt", "two");
  put("private.txt", "secret", 0o640);
  put("long.txt", "many words, ".repeat(200));
  put("large.txt", "x".repeat(40_000));
  put("in/a.txt", "inside");
  site.folder("empty");
  fs.symlinkSync("a.txt", site.at("link.txt"));
});

afterEach(() => {
  site[Symbol.dispose]();
});

/** An answer in short: its status, its coding if it has one, and its content unless that's a page. */
function short({ status, fields, body }: ShownResponse): string {
  const shown = /^<!doctype/i.test(body) ? "page" : body.slice(0, 20);
  const coding = fields["Content-Encoding"] ?? "";
  return [String(status), coding, shown].filter((part) => part !== "").join(" ");
}

const fieldOf = ({ fields }: ShownResponse, name: string): string | undefined => fields[name];

/** What is asked for, what is answered to that, and after a change. "*" marks what isn't kept. */
type Scenario = readonly [
  what: string,
  asked: Asked,
  before: string,
  change: () => void,
  after: string,
];

async function play(
  twins: TwinSites,
  asked: Asked,
  before: string,
  change: () => void,
  after: string,
): Promise<void> {
  for (const [i, expected] of [before, after].entries()) {
    if (i === 1) change();
    const isKept = !expected.endsWith("*");
    expect(short(await twins.askOften(asked, isKept))).toBe(expected.replace(/ \*$/, ""));
  }
}

const chmod = (name: string, mode: number) => (): void => fs.chmodSync(site.at(name), mode);
const remove = (name: string) => (): void => fs.rmSync(site.at(name), { recursive: true });
const write = (name: string, content: string) => (): void => put(name, content);
const fileForFolder = (): void => {
  fs.rmSync(site.at("a.txt"));
  put("a.txt/x", "x");
};
const gzip = { "Accept-Encoding": "gzip" };

const changes: readonly Scenario[] = [
  ["an edit", ask("/a.txt"), "200 one", write("a.txt", "new"), "200 new"],
  [
    "an edit, to HEAD",
    ask("/a.txt", {}, "HEAD"),
    "200 one",
    write("a.txt", "longer"),
    "200 longer",
  ],
  [
    "an edit in place",
    ask("/a.txt"),
    "200 one",
    () => {
      fs.writeFileSync(site.at("a.txt"), "new");
      stamp("a.txt");
    },
    "200 new",
  ],
  [
    "another file by that name",
    ask("/a.txt"),
    "200 one",
    () => fs.renameSync(site.at("b.txt"), site.at("a.txt")),
    "200 two",
  ],
  ["a removal", ask("/a.txt"), "200 one", remove("a.txt"), "404 page"],
  ["a file where nothing was", ask("/new.txt"), "404 page", write("new.txt", "new"), "200 new"],
  ["a folder where a file was", ask("/a.txt/x"), "404 page", fileForFolder, "200 x"],
  ["a bit that goes", ask("/a.txt"), "200 one", chmod("a.txt", 0o640), "403 page"],
  ["a bit that comes", ask("/private.txt"), "403 page", chmod("private.txt", 0o644), "200 secret"],
  ["a folder's bit that goes", ask("/in/a.txt"), "200 inside", chmod("in", 0o750), "403 page"],
  ["a folder that goes", ask("/in/a.txt"), "200 inside", remove("in"), "404 page"],
  [
    "a link that leads elsewhere",
    ask("/link.txt"),
    "200 one",
    () => {
      fs.symlinkSync("b.txt", site.at("next"));
      fs.renameSync(site.at("next"), site.at("link.txt"));
    },
    "200 two",
  ],
  ["what a link leads to", ask("/link.txt"), "200 one", write("a.txt", "new"), "200 new"],
  ["an index that comes", ask("/empty/"), "200 page *", write("empty/index.html", "i"), "200 i"],
  ["a folder that comes", ask("/soon"), "404 page", () => site.folder("soon"), "308 *"],
  ["a folder without its slash that goes", ask("/empty"), "308 *", remove("empty"), "404 page"],
  [
    "a variant beside it that comes",
    ask("/a.txt", gzip),
    "200 one",
    write("a.txt.gz", "gz"),
    "200 gzip gz",
  ],
  [
    "a part of an edit",
    ask("/a.txt", { Range: "bytes=1-1" }),
    "206 n",
    write("a.txt", "new"),
    "206 e",
  ],
  [
    "a part that is no more",
    ask("/a.txt", { Range: "bytes=2-" }),
    "206 e",
    write("a.txt", "12"),
    "416 page *",
  ],
  [
    "the last octets of more",
    ask("/a.txt", { Range: "bytes=-2" }),
    "206 ne",
    write("a.txt", "more"),
    "206 re",
  ],
  [
    "a file that is made smaller than what is kept open",
    ask("/large.txt"),
    `200 ${"x".repeat(20)} *`,
    write("large.txt", "y"),
    "200 y",
  ],
];

describe("the next request is answered with", () => {
  test.each(changes)("%s", async (_what, request, before, change, after) => {
    const twins = new TwinSites(site.root);
    await play(twins, request, before, change, after);
  });
});

describe("pages of errors", () => {
  const none = ask("/none");
  const own: readonly Scenario[] = [
    ["a page of one's own that comes", none, "404 page", write("404.html", "gone"), "404 gone"],
    ["what is forbidden, too", ask("/private.txt"), "403 page", write("403.html", "no"), "403 no"],
  ];
  const kept: readonly Scenario[] = [
    ["one that is edited", none, "404 gone", write("404.html", "lost"), "404 lost"],
    ["one that goes", none, "404 gone", remove("404.html"), "404 page"],
    ["one that loses its bit", none, "404 gone", chmod("404.html", 0o600), "404 page"],
    ["the file that was missing", none, "404 gone", write("none", "here"), "200 here"],
    ["its edit under its own name", ask("/404.html"), "200 gone", write("404.html", "x"), "200 x"],
  ];

  test.each(own)("say %s", async (_what, request, before, change, after) => {
    const twins = new TwinSites(site.root);
    await play(twins, request, before, change, after);
  });

  test.each(kept)("say %s", async (_what, request, before, change, after) => {
    put("404.html", "gone");
    const twins = new TwinSites(site.root);
    await play(twins, request, before, change, after);
  });

  test("say each of many edits, whichever of what they are made from was found last", async () => {
    put("404.html", "gone");
    const twins = new TwinSites(site.root);
    for (const content of ["gone", "lost", "away", "past"]) {
      put("404.html", content);
      expect(short(await twins.askOften(none))).toBe(`404 ${content}`);
    }
  });

  test("say of an edit of what they are made from, each of many", async () => {
    put("404.html", "gone");
    const twins = new TwinSites(site.root);
    const paths = Array.from({ length: 80 }, (_, i) => `/none/${i}`);
    for (let i = 0; i < 3; i++) for (const path of paths) await twins.ask(ask(path));
    put("404.html", "lost");
    for (const path of paths) expect(short(await twins.ask(ask(path)))).toBe("404 lost");
  });
});

describe("variants beside a file (RFC 9110 §12.5.3)", () => {
  const takesGzip = ask("/a.txt", gzip);
  const [plain, coded] = ["200 one", "200 gzip gz"];
  const scenarios: readonly Scenario[] = [
    ["goes", takesGzip, coded, remove("a.txt.gz"), plain],
    ["is edited", takesGzip, coded, write("a.txt.gz", "other"), "200 gzip other"],
    ["loses its bit", takesGzip, coded, chmod("a.txt.gz", 0o640), plain],
    [
      "is older than an edit",
      takesGzip,
      coded,
      () => {
        put("a.txt", "new");
        fs.utimesSync(site.at("a.txt.gz"), 1_600_000_000, 1_600_000_000);
      },
      "200 new",
    ],
    ["is emptied", takesGzip, coded, () => fs.truncateSync(site.at("a.txt.gz")), plain],
    ["is nothing to who doesn't take it", ask("/a.txt"), plain, remove("a.txt.gz"), plain],
    [
      "gives way to a better one",
      ask("/a.txt", { "Accept-Encoding": "gzip, br" }),
      coded,
      write("a.txt.br", "br"),
      "200 br br",
    ],
  ];

  test.each(scenarios)("one %s", async (_what, request, before, change, after) => {
    put("a.txt.gz", "gz");
    const twins = new TwinSites(site.root);
    await play(twins, request, before, change, after);
  });

  test("one that is made here is made anew after an edit", async () => {
    const twins = new TwinSites(site.root);
    const made = ask("/long.txt", { "Accept-Encoding": "zstd" });
    const before = await twins.askOften(made);
    expect(fieldOf(before, "Content-Encoding")).toBe("zstd");
    put("long.txt", "other words, ".repeat(200));
    const after = await twins.askOften(made);
    expect(fieldOf(after, "Content-Encoding")).toBe("zstd");
    expect(fieldOf(after, "ETag")).not.toBe(fieldOf(before, "ETag") as string);
  });

  test("one that is made here and longer than a small file is not kept for an answer", async () => {
    // What isn't repeated is hard to compress.
    const lines = Array.from({ length: 200 }, (_, i) => `${Math.imul(i + 1, 0x9e3779b1) >>> 0}\n`);
    put("long.txt", lines.join(""));
    const twins = new TwinSites(site.root, { limits: { inlineBytesMax: 700 } });
    const made = await twins.askOften(ask("/long.txt", { "Accept-Encoding": "zstd" }), false);
    expect(fieldOf(made, "Content-Encoding")).toBe("zstd");
    expect(bodyOctets(made.response.body)).toBeGreaterThan(700);
    expect(short(await twins.askOften(ask("/a.txt")))).toBe("200 one");
  });
});

/** The tag of what is at `path` by now. */
const tagOf = async (twins: TwinSites, path: string): Promise<string> =>
  fieldOf(await twins.ask(ask(path)), "ETag") ?? "";

describe("conditions", () => {
  test.each(["/a.txt", "/large.txt"])("304 to the tag of %s while it is that", async (path) => {
    const twins = new TwinSites(site.root);
    const content = fs.readFileSync(site.at(path));
    const request = ask(path, { "If-None-Match": await tagOf(twins, path) });
    expect(short(await twins.askOften(request))).toBe("304");
    put(path, "new");
    expect(short(await twins.askOften(request, false))).toBe("200 new");
    // The tag of a small file is that of its content, that of a large one goes by its identity.
    put(path, content);
    const isSmall = path === "/a.txt";
    const after = short(await twins.askOften(request, isSmall));
    expect(after).toBe(isSmall ? "304" : `200 ${"x".repeat(20)}`);
    fs.chmodSync(site.at(path), 0o600);
    expect(short(await twins.askOften(request))).toBe("403 page");
  });

  test("412 until it is the tag that is asked for", async () => {
    const twins = new TwinSites(site.root);
    const request = ask("/a.txt", { "If-Match": await tagOf(twins, "/b.txt") });
    expect(short(await twins.askOften(request, false))).toBe("412 page");
    put("a.txt", "two");
    expect(short(await twins.askOften(request, false))).toBe("200 two");
  });

  test("a date beside a tag isn't looked at, at any time (RFC 9110 §13.1.3)", async () => {
    const twins = new TwinSites(site.root);
    const date = { "If-Modified-Since": "Sat, 29 Oct 1994 19:43:31 GMT" };
    const tag = { "If-None-Match": await tagOf(twins, "/a.txt") };
    const same = ask("/a.txt", { ...tag, ...date });
    expect(short(await twins.askOften(same))).toBe("304");
    twins.nowMs += 7_200_000;
    expect(short(await twins.askOften(same))).toBe("304");
  });
});

describe("as time passes", () => {
  const longAgo = Date.UTC(2024, 1, 29, 12);

  test("an answer is kept for as long as it is the same", async () => {
    const twins = new TwinSites(site.root);
    const requests = ["/a.txt", "/none", "/private.txt"].map((path) => ask(path));
    for (const request of requests) await twins.askOften(request);
    for (const ms of [999, 1, 1000, 86_400_000]) {
      twins.nowMs += ms;
      for (const request of requests) expect((await twins.ask(request)).looks).toBe(0);
    }
  });

  test("Last-Modified is never ahead of it (RFC 9110 §8.8.2.1)", async () => {
    const twins = new TwinSites(site.root);
    const aheadMs = Math.ceil(twins.nowMs / 1000) * 1000 + 10_000;
    for (const name of ["a.txt", "large.txt"]) fs.utimesSync(site.at(name), 0, aheadMs / 1000);
    const requests = [
      ask("/a.txt"),
      ask("/a.txt", {}, "HEAD"),
      ask("/a.txt", { Range: "bytes=0-1" }),
      ask("/large.txt", { Range: "bytes=0-1" }),
    ];
    for (const ms of [aheadMs - 9000, aheadMs - 1, aheadMs, aheadMs + 999, aheadMs + 90_000]) {
      twins.nowMs = ms;
      for (const request of requests) {
        for (let i = 0; i < 4; i++) {
          const told = fieldOf(await twins.ask(request), "Last-Modified");
          expect(told).toBe(ms < aheadMs ? undefined : formatImfFixdate(aheadMs));
        }
      }
    }
  });

  test("it becomes a strong validator, a second after the change (RFC 9110 §8.8.2.2)", async () => {
    const twins = new TwinSites(site.root);
    const changedMs = Math.ceil(twins.nowMs / 1000) * 1000 + 5000;
    fs.utimesSync(site.at("a.txt"), 0, changedMs / 1000);
    const date = formatImfFixdate(changedMs);
    const request = ask("/a.txt", { Range: "bytes=1-1", "If-Range": date });
    for (const [afterMs, expected] of [
      [0, "200 one"],
      [500, "200 one"],
      [999, "200 one"],
      [1000, "206 n"],
      [5000, "206 n"],
    ] as const) {
      twins.nowMs = changedMs + afterMs;
      expect(short(await twins.askOften(request, false))).toBe(expected);
    }
    fs.utimesSync(site.at("a.txt"), 0, changedMs / 1000 + 1);
    expect(short(await twins.askOften(request, false))).toBe("200 one");
  });

  test("a year of two digits becomes another one (RFC 9110 §5.6.7)", async () => {
    const twins = new TwinSites(site.root);
    for (const name of ["a.txt", "b.txt"]) fs.utimesSync(site.at(name), 0, longAgo / 1000);
    const years = 60;
    const year = new Date(twins.nowMs).getUTCFullYear() + years;
    const date = `Sunday, 06-Nov-${String(year % 100).padStart(2, "0")} 08:49:37 GMT`;
    const since = ask("/a.txt", { "If-Modified-Since": date });
    const unless = ask("/b.txt", { "If-Unmodified-Since": date });
    // More than 50 years ahead it is a year of the century before.
    expect(short(await twins.askOften(since, false))).toBe("200 one");
    expect(short(await twins.askOften(unless, false))).toBe("412 page");
    twins.nowMs = Date.UTC(year - 40, 0, 1);
    expect(short(await twins.askOften(since, false))).toBe("304");
    expect(short(await twins.askOften(unless, false))).toBe("200 two");
  });

  test("If-Modified-Since goes by the file", async () => {
    const twins = new TwinSites(site.root);
    fs.utimesSync(site.at("a.txt"), 0, longAgo / 1000);
    const request = ask("/a.txt", { "If-Modified-Since": formatImfFixdate(longAgo) });
    expect(short(await twins.askOften(request, false))).toBe("304");
    fs.utimesSync(site.at("a.txt"), 0, longAgo / 1000 + 1);
    expect(short(await twins.askOften(request, false))).toBe("200 one");
    fs.utimesSync(site.at("a.txt"), 0, longAgo / 1000 - 1);
    expect(short(await twins.askOften(request, false))).toBe("304");
  });
});

describe("what a server is told counts at once", () => {
  test("a route for a path that the tree has answered", async () => {
    const twins = new TwinSites(site.root);
    const requests = [ask("/a.txt"), ask("/a.txt", {}, "HEAD"), ask("/none")];
    for (const request of requests) await twins.askOften(request);
    for (const path of ["/a.txt", "/none"]) {
      twins.route("GET", path, () => new ResponseBuilder(200).text("routed").build());
    }
    const answers: string[] = [];
    for (const request of requests) answers.push(short(await twins.ask(request)));
    expect(answers).toEqual(["200 routed", "200 routed", "200 routed"]);
  });

  test.each<readonly [what: string, options: ReloadOptions, field: string, value: string]>([
    ["cors", { cors: true }, "Access-Control-Allow-Origin", "*"],
    ["cache", { cache: 60 }, "Cache-Control", "max-age=60"],
    ["a header", { headers: [{ name: "X-A", value: "b" }] }, "X-A", "b"],
  ])(
    "%s, on connections that are open, and again without it",
    async (_what, options, name, value) => {
      const twins = new TwinSites(site.root);
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

  test("another root, other rules, and what is shown", async () => {
    using other = new TempSite("empty");
    other.file("a.txt", "other");
    put("page.html", "page");
    put(".hidden", "hidden");
    const twins = new TwinSites(site.root);
    const [a, page, hidden] = [ask("/a.txt"), ask("/page"), ask("/.hidden")];
    const all = async (): Promise<string[]> => {
      const answers: string[] = [];
      for (const request of [a, page, hidden]) {
        const first = short(await twins.ask(request));
        for (let i = 0; i < 3; i++) expect(short(await twins.ask(request))).toBe(first);
        answers.push(first);
      }
      return answers;
    };
    expect(await all()).toEqual(["200 one", "404 page", "404 page"]);
    twins.reload({}, other.root);
    expect(await all()).toEqual(["200 other", "404 page", "404 page"]);
    twins.reload({ cleanUrls: true, hidden: true });
    expect(await all()).toEqual(["200 one", "200 page", "200 hidden"]);
    twins.reload({ rewrites: [{ from: "/a.txt", to: "/b.txt" }] });
    expect(await all()).toEqual(["200 two", "404 page", "404 page"]);
    twins.reload({ permissions: "process" });
    expect(await all()).toEqual(["200 one", "404 page", "404 page"]);
  });
});

describe("names without .html", () => {
  const about = ask("/about");
  const scenarios: readonly Scenario[] = [
    ["are the page until there is a file", about, "200 page", write("about", "file"), "200 file"],
    ["are nothing when the page goes", about, "200 page", remove("about.html"), "404 page"],
    ["are its edit", about, "200 page", write("about.html", "edited"), "200 edited"],
    ["stay it when a folder comes", about, "200 page", () => site.folder("about"), "200 page"],
    [
      "are what the whole name isn't sent to when a file is there",
      ask("/about.html"),
      "308 *",
      write("about", "file"),
      "200 page",
    ],
  ];
  test.each(scenarios)("%s", async (_what, request, before, change, after) => {
    put("about.html", "page");
    const twins = new TwinSites(site.root, { cleanUrls: true });
    await play(twins, request, before, change, after);
  });

  test("and the one page, for navigations", async () => {
    put("index.html", "app");
    const twins = new TwinSites(site.root, { single: true });
    const navigation = ask("/deep/link", { Accept: "text/html" });
    expect(short(await twins.askOften(navigation, false))).toBe("200 app");
    put("index.html", "next");
    expect(short(await twins.askOften(navigation, false))).toBe("200 next");
    put("deep/link", "file");
    expect(short(await twins.askOften(navigation))).toBe("200 file");
  });
});

describe("requests that differ", () => {
  const all = [
    ask("/a.txt"),
    ask("/a.txt", {}, "HEAD"),
    ask("/a.txt", { Range: "bytes=0-0" }),
    ask("/a.txt", { Range: "bytes=0-0" }, "HEAD"),
    ask("/a.txt?query"),
    ask("/%61.txt"),
    ask("http://localhost/a.txt"),
    ask("https://localhost/a.txt"),
    ask("/a.txt", { "Accept-Encoding": "identity;q=0" }),
    ask("/none"),
    ask("/none", {}, "HEAD"),
    ask("/private.txt"),
    ask("/private.txt", {}, "HEAD"),
    ask("/a.txt", {}, "OPTIONS"),
    ask("*", {}, "OPTIONS"),
    ask("/a.txt", {}, "DELETE"),
    ask("/a%00.txt"),
  ];

  test("are not answered alike, in whatever order they come, and again after a change", async () => {
    const twins = new TwinSites(site.root);
    for (let round = 0; round < 8; round++) {
      if (round === 4) put("a.txt", "new");
      // Another neighbour in each round.
      const step = [1, 5, 7, 11, 13, 15, 16, 3][round] ?? 1;
      for (let i = 0; i < all.length; i++)
        await twins.ask(all[(i * step) % all.length] ?? ask("/"));
    }
  });

  test("and HEAD has what GET has (RFC 9110 §9.3.2)", async () => {
    const twins = new TwinSites(site.root);
    for (const path of ["/a.txt", "/none", "/private.txt", "/large.txt"]) {
      for (let i = 0; i < 4; i++) {
        const get = await twins.ask(ask(path));
        const head = await twins.ask(ask(path, {}, "HEAD"));
        expect([head.status, head.fields]).toEqual([get.status, get.fields]);
      }
    }
  });

  test("and come once take nothing away from one that comes often", async () => {
    const twins = new TwinSites(site.root);
    await twins.askOften(ask("/a.txt"));
    for (let i = 0; i < 100; i++) await twins.askOnce(ask(`/a.txt?${i}`));
    expect((await twins.ask(ask("/a.txt"))).looks).toBe(0);
  });

  test("and come often are kept for each file up to 64, of which the oldest goes", async () => {
    const twins = new TwinSites(site.root);
    const ways = Array.from({ length: 65 }, (_, i) => ask(`/a.txt?${i}`));
    for (const way of ways) await twins.askOften(way);
    for (const way of ways.slice(1)) expect((await twins.ask(way)).looks).toBe(0);
    expect((await twins.ask(ways[0] ?? ask("/"))).looks).toBeGreaterThan(0);
  });
});

describe("whatever is changed and asked for, in whatever order", () => {
  const requests = [
    ask("/a.txt"),
    ask("/a.txt", {}, "HEAD"),
    ask("/a.txt", gzip),
    ask("/a.txt", { Range: "bytes=1-2" }),
    ask("/link.txt"),
    ask("/in/"),
    ask("/in/a.txt"),
    ask("/none"),
    ask("/404.html"),
  ];

  test.each([
    ["for all", {}],
    ["for little", { fileCacheBytesMax: 48_000 }],
  ])("both sites say the same, with room %s", async (_what, limits) => {
    const twins = new TwinSites(site.root, { limits });
    const tag = fieldOf(await twins.ask(ask("/a.txt")), "ETag") ?? "";
    const all = [...requests, ask("/a.txt", { "If-None-Match": tag })];
    let kept = 0;
    const property = fc.asyncProperty(changesAndRequests(all.length), async (steps) => {
      restoreTree(site, put);
      for (const each of steps) {
        if (!("asked" in each)) changeTree(site, put, each);
        else {
          for (let i = 0; i < each.times; i++) {
            if ((await twins.ask(all[each.asked] ?? ask("/"))).looks === 0) kept++;
          }
        }
      }
    });
    await fc.assert(property, { numRuns: 60 });
    // Without answers that were kept nothing would have been shown.
    expect(kept).toBeGreaterThan(20);
  });
});

describe("what was so for the moment", () => {
  test("an answer that is plain since there was no room to compress it is given that once", async () => {
    put("x.txt", "one and ".repeat(1000));
    put("y.txt", "two and ".repeat(1000));
    const limits = { codingBytesMax: 10_000, codingAtOnceBytesMax: 10_000 };
    const made = Promise.withResolvers<void>();
    const encoding = Promise.withResolvers<void>();
    const encode = zlibEncoder.encode.bind(zlibEncoder);
    const encoder = spyOn(zlibEncoder, "encode").mockImplementation(async (...order) => {
      encoding.resolve();
      await made.promise;
      return encode(...order);
    });
    const client = new SiteClient(site.root, { limits });
    const other = client.ask("GET /x.txt", gzip);
    await encoding.promise;
    const head = repeatedHead("GET /y.txt", gzip);
    const codingOf = async (): Promise<string | undefined> =>
      fieldOf(show(await client.answer(requestWith(head))), "Content-Encoding");
    for (let i = 0; i < 3; i++) expect(await codingOf()).toBeUndefined();
    made.resolve();
    expect(fieldOf(await other, "Content-Encoding")).toBe("gzip");
    expect(await codingOf()).toBe("gzip");
    encoder.mockRestore();
  });

  test("a clock that is set back makes no date lie ahead (RFC 9110 §8.8.2.1)", async () => {
    const twins = new TwinSites(site.root);
    const mtimeMs = Math.floor(twins.nowMs / 1000) * 1000;
    fs.utimesSync(site.at("a.txt"), 0, mtimeMs / 1000);
    twins.nowMs = mtimeMs + 5000;
    await twins.askOften(ask("/a.txt"));
    twins.nowMs = mtimeMs - 20_000;
    expect(fieldOf(await twins.ask(ask("/a.txt")), "Last-Modified")).toBeUndefined();
  });
});

describe("fields that are added to every answer", () => {
  test("are kept with it, and are those for the origin that asks", async () => {
    const origins = ["https://a.example", "https://b.example"];
    const twins = new TwinSites(site.root, {
      cors: { origins, credentials: true },
      headers: [{ path: "/a.*", name: "X-Of", value: "a" }],
    });
    for (const origin of [...origins, "https://c.example", undefined]) {
      const fields: Asked["fields"] = origin === undefined ? {} : { Origin: origin };
      const text = await twins.askOften(ask("/a.txt", fields));
      const isKnown = origin !== undefined && origins.includes(origin);
      expect(fieldOf(text, "Access-Control-Allow-Origin")).toBe(isKnown ? origin : undefined);
      expect(fieldOf(text, "X-Of")).toBe("a");
      put("a.txt", `one for ${origin}`);
      expect(short(await twins.ask(ask("/a.txt", fields)))).toBe(
        `200 one for ${origin}`.slice(0, 24),
      );
    }
  });
});

describe("an entry", () => {
  const cached = new ResponseBuilder(200).text("12345").buildCached();

  /** Keeps `response` for a request, made of `lookups`; what is found for the next such request. */
  function kept(
    lookups: readonly Dependency[],
    response = cached,
  ): { readonly cache: ResponseCache; readonly find: () => Response | undefined } {
    const cache = new ResponseCache({ inlineBytesMax: 10 });
    const request = requestWith(repeatedHead("GET /"), 0);
    expect(cache.find(request, 1)).toBeUndefined();
    const view = new View(1, 0);
    for (const lookup of lookups) view.depend(lookup);
    cache.keep(request, response, view);
    return { cache, find: () => cache.find(request, 2) };
  }

  test("hangs on all lookups that it was made of, and costs its content and something", () => {
    const lookups = [new FakeLookup(), new FakeLookup(), new FakeLookup()];
    expect(kept(lookups).find()).toBe(cached);
    for (const { dependents } of lookups) {
      expect(Array.from(dependents, ({ bytes }) => bytes)).toEqual([1280 + 5]);
    }
  });

  test.each([0, 1, 2])("is valid while all of them are; not when number %i isn't", (changed) => {
    const lookups = [new FakeLookup(), new FakeLookup(), new FakeLookup()];
    const { find } = kept(lookups);
    const lookup = lookups[changed] as FakeLookup;
    lookup.current = false;
    expect(find()).toBeUndefined();
    lookup.current = true;
    expect(find()).toBeUndefined();
  });

  test("is dropped with the first of them", () => {
    const [first, second] = [new FakeLookup(), new FakeLookup()];
    const { find } = kept([first, second]);
    for (const dependent of second.dependents) dependent.drop();
    expect(find()).toBeUndefined();
    expect(first.dependents.size).toBe(0);
  });

  test("is dropped with the head of its request, and with what is kept for the head next", () => {
    const [first, second] = [new FakeLookup(), new FakeLookup()];
    const cache = new ResponseCache({ inlineBytesMax: 10 });
    const request = requestWith(repeatedHead("GET /"), 0);
    for (const lookup of [first, second]) {
      const view = new View(1, 0);
      view.depend(lookup);
      cache.keep(request, cached, view);
    }
    expect([first.dependents.size, second.dependents.size]).toEqual([0, 1]);
    request.head.slot?.clear();
    expect(second.dependents.size).toBe(0);
    expect(cache.find(request, 2)).toBeUndefined();
  });

  test("is none where one of them has no room for it, and costs the others nothing", () => {
    const [first, second] = [new FakeLookup(), new FakeLookup()];
    second.hasRoom = false;
    expect(kept([first, second]).find()).toBeUndefined();
    expect(first.dependents.size).toBe(0);
  });

  test("is of a content that is not too long, and of nothing that is sent from elsewhere", () => {
    const file = { read: () => 0, close: () => {} };
    const long = new ResponseBuilder(200).text("1".repeat(11)).buildCached();
    const sent = new ResponseBuilder(200).file(file, { start: 0, octets: 1 }, "a/b").buildCached();
    for (const response of [long, sent]) {
      expect(kept([new FakeLookup()], response).find()).toBeUndefined();
    }
    const empty = new ResponseBuilder(204).buildCached();
    expect(kept([new FakeLookup()], empty).find()).toBe(empty);
  });

  test("is no longer one when the cache is cleared, or the clock is set back", () => {
    const { cache, find } = kept([new FakeLookup()]);
    cache.clear();
    expect(find()).toBeUndefined();
    const other = kept([new FakeLookup()]);
    other.cache.find(requestWith(repeatedHead("GET /x"), -1), 1);
    expect(other.find()).toBeUndefined();
  });

  test("of another site's cache is none", () => {
    const lookup = new FakeLookup();
    const head = repeatedHead("GET /");
    const [one, two] = [
      new ResponseCache({ inlineBytesMax: 10 }),
      new ResponseCache({ inlineBytesMax: 10 }),
    ];
    const view = new View(1, 0);
    view.depend(lookup);
    one.keep(requestWith(head, 0), cached, view);
    expect(two.find(requestWith(head, 0), 1)).toBeUndefined();
    expect(one.find(requestWith(head, 0), 1)).toBe(cached);
  });
});
