/**
 * Live reload, as a person at a browser sees it.
 */

import { afterAll, describe, expect, test } from "bun:test";
import { mkdirSync, renameSync, rmSync, symlinkSync, unlinkSync, utimesSync } from "node:fs";

import type { Server, ServeOptions } from "../../index.ts";
import { serve } from "../../index.ts";
import type { LiveReport } from "../../src/site/observer.ts";
import { TempSite } from "../temp-site.ts";
import { chromium, Page } from "./chromium.ts";

const png = (red: number): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><rect width="8" height="8" fill="rgb(${red},0,0)"/></svg>`;

/** A page with a style sheet, a picture and a form; it notes each time that it is loaded. */
const page = (text: string): string => `<!doctype html>
<html lang="en">
<head>
<title>page</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="style.css">
<script>sessionStorage.loads = Number(sessionStorage.loads ?? 0) + 1;</script>
</head>
<body><h1>${text}</h1><img id="picture" src="picture.svg" alt=""><input id="field">
<div style="height: 5000px"></div></body>
</html>
`;

const heading1 = (text: string): string => `<h1>${text}</h1>`;
const styled = "<!doctype html><link rel=icon href='data:,'><link rel=stylesheet href=style.css>";
const policy =
  "<!doctype html><meta http-equiv=Content-Security-Policy content=\"default-src 'none'; script-src 'self'\">";
/** A page that counts how often it was loaded in the page around it. */
const inner = (text: string): string =>
  `<p>${text}</p><script>top.count = (top.count ?? 0) + 1</script>`;

class LiveSite implements AsyncDisposable {
  readonly site = new TempSite("empty");
  readonly reports: LiveReport[] = [];
  #server: Server | undefined;

  static async open(options: ServeOptions = {}, root = "root"): Promise<LiveSite> {
    const live = new LiveSite();
    live.write("page.html", page("one"));
    live.write("style.css", "h1 { color: rgb(1, 0, 0); }");
    live.write("picture.svg", png(1));
    symlinkSync("root", live.site.at("link"));
    live.#server = await serve({
      root: live.site.at(root),
      live: true,
      log: "json",
      write: (lines) => live.#read(lines),
      limits: { liveRootTimeMs: 50, liveGoneTimeMs: 200 },
      ...options,
    });
    return live;
  }

  #read(lines: string): void {
    for (const line of lines.split("\n").filter((one) => one.includes('"live":'))) {
      this.reports.push((JSON.parse(line) as { live: LiveReport }).live);
    }
  }

  get server(): Server {
    if (this.#server === undefined) throw new Error("it isn't open");
    return this.#server;
  }

  write(name: string, content: string): void {
    this.site.file(`root/${name}`, content);
  }

  /** Opens a page, and waits until it listens. */
  async visit(path: string): Promise<Page> {
    const opened = await Page.open();
    await opened.goto(path, this.server.url);
    return opened;
  }

  /** How many streams were told last. */
  get clients(): number | undefined {
    const last = this.reports.at(-1);
    return last?.kind === "changed" ? last.clients.length : undefined;
  }

  /**
   * Changes a style sheet that no page uses until clients are told of it: then they listen, and have
   * been told of everything before.
   */
  async settled(clients = 1): Promise<void> {
    for (let i = 0; this.clients !== clients; i++) {
      this.write("unused.css", `/* ${i} */`);
      const count = this.reports.length;
      for (let j = 0; j < 50 && this.reports.length === count; j++) await Bun.sleep(10);
    }
    this.reports.length = 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.stop({ force: true });
    this.site[Symbol.dispose]();
  }
}

const heading = "document.querySelector('h1')?.textContent";
const color = "getComputedStyle(document.querySelector('h1')).color";
const loads = "Number(sessionStorage.loads)";
const pixel = `(() => {
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d");
  context.drawImage(document.querySelector("#picture"), 0, 0);
  return context.getImageData(4, 4, 1, 1).data[0];
})()`;

function tests(): void {
  test("a page that changes is loaded again, once, with its scroll position", async () => {
    await using live = await LiveSite.open();
    using tab = await live.visit("page.html");
    await live.settled();
    await tab.value("scrollTo(0, 1234)");
    live.write("page.html", page("two"));
    await tab.until(`${heading} === "two" && document.readyState === "complete"`);
    await live.settled();
    expect(await tab.value(loads)).toBe(2);
    await tab.until("scrollY === 1234");
    expect(tab.complaints).toEqual([]);
  });

  test("a style sheet is swapped: nothing flashes, what was typed and where it was stays", async () => {
    await using live = await LiveSite.open();
    using tab = await live.visit("page.html");
    await live.settled();
    await tab.value(`(() => {
      document.querySelector("#field").value = "typed";
      scrollTo(0, 1234);
      globalThis.colors = new Set();
      const look = () => {
        globalThis.colors.add(${color});
        requestAnimationFrame(look);
      };
      look();
    })()`);
    for (const red of [2, 3, 4]) {
      live.write("style.css", `h1 { color: rgb(${red}, 0, 0); }`);
      await tab.until(`${color} === "rgb(${red}, 0, 0)"`);
    }
    await tab.until("document.querySelectorAll('link[rel=stylesheet]').length === 1");
    await tab.until("globalThis.colors.has('rgb(4, 0, 0)')");
    const seen = await tab.value<string[]>("[...globalThis.colors]");
    expect(seen).toEqual([1, 2, 3, 4].map((red) => `rgb(${red}, 0, 0)`));
    expect(await tab.value("document.querySelector('#field').value")).toBe("typed");
    expect(await tab.value("scrollY")).toBe(1234);
    expect(await tab.value(loads)).toBe(1);
    expect(await tab.value("document.querySelector('link[rel=stylesheet]').outerHTML")).toBe(
      '<link rel="stylesheet" href="style.css">',
    );
    expect(tab.complaints).toEqual([]);
  });

  test("a style sheet that another one imports is swapped, and so is one that appears", async () => {
    await using live = await LiveSite.open();
    live.write("style.css", '@import "imported.css"; body { margin: 0; }');
    live.write("imported.css", "h1 { color: rgb(1, 0, 0); }");
    using tab = await live.visit("page.html");
    await live.settled();
    live.write("imported.css", "h1 { color: rgb(2, 0, 0); }");
    await tab.until(`${color} === "rgb(2, 0, 0)"`);
    unlinkSync(live.site.at("root/style.css"));
    await live.settled();
    live.write("style.css", "h1 { color: rgb(3, 0, 0); }");
    await tab.until(`${color} === "rgb(3, 0, 0)"`);
    expect(await tab.value(loads)).toBe(1);
  });

  test("a sheet that the browser takes from its own memory is asked for by another name", async () => {
    await using live = await LiveSite.open();
    using tab = await live.visit("page.html");
    await live.settled();
    // As Firefox does for an address that the page has loaded already.
    await tab.value(`(() => {
      const old = "h1 { color: rgb(1, 0, 0); }";
      new MutationObserver((records) => {
        for (const { addedNodes } of records) {
          for (const node of addedNodes) {
            if (node.localName !== "link" || node.href.includes("?")) continue;
            node.href = URL.createObjectURL(new Blob([old], { type: "text/css" }));
          }
        }
      }).observe(document.head, { childList: true });
    })()`);
    live.write("style.css", "h1 { color: rgb(2, 0, 0); }");
    await tab.until(`${color} === "rgb(2, 0, 0)"`);
    expect(await tab.value(loads)).toBe(1);
  });

  test("a picture is shown anew without a reload, and one in a style with one", async () => {
    await using live = await LiveSite.open();
    using tab = await live.visit("page.html");
    await live.settled();
    await tab.value("document.querySelector('#field').value = 'typed'");
    live.write("picture.svg", png(200));
    await tab.until(`${pixel} === 200`);
    expect(await tab.value("document.querySelector('#field').value")).toBe("typed");
    expect(await tab.value("document.querySelector('#picture').outerHTML")).toBe(
      '<img id="picture" src="picture.svg" alt="">',
    );
    live.write("style.css", "body { background: url(back.svg); }");
    live.write("back.svg", png(1));
    await tab.until("getComputedStyle(document.body).backgroundImage !== 'none'");
    await tab.until(
      "performance.getEntriesByType('resource').some(({ name }) => /back/.test(name))",
    );
    await live.settled();
    const before = await tab.value<number>(loads);
    live.write("back.svg", png(2));
    await tab.until(`${loads} === ${before + 1}`);
  });

  test("a page that is saved, or looked at, has nothing of the script", async () => {
    await using live = await LiveSite.open();
    using tab = await live.visit("page.html");
    await live.settled();
    live.write("style.css", "h1 { color: rgb(2, 0, 0); }");
    await tab.until(`${color} === "rgb(2, 0, 0)"`);
    await tab.until("document.querySelectorAll('link[rel=stylesheet]').length === 1");
    const saved = await tab.value<string>("document.documentElement.outerHTML");
    expect(saved).not.toMatch(/postern|live/);
    const plain = page("one").replace("<!doctype html>\n", "").trim();
    expect(saved.replace(/\s+/g, "")).toBe(plain.replace(/\s+/g, ""));
    const { data } = await tab.view.cdp<{ data: string }>("Page.captureSnapshot");
    expect(data).toContain("page.html");
    expect(data).not.toContain("postern");
  });

  test("six tabs share one stream, and everything else still loads", async () => {
    await using live = await LiveSite.open();
    const tabs: Page[] = [];
    for (let i = 0; i < 7; i++) tabs.push(await live.visit(`page.html?${i}`));
    await live.settled(1);
    const text = "fetch('style.css?new').then((answer) => answer.text())";
    expect(await tabs[6]?.value<string>(text)).toContain("rgb(1, 0, 0)");
    live.write("style.css", "h1 { color: rgb(2, 0, 0); }");
    for (const tab of tabs) await tab.until(`${color} === "rgb(2, 0, 0)"`);
    // The tab that was first may go.
    tabs.shift()?.view.close();
    live.write("page.html", page("two"));
    for (const tab of tabs) await tab.until(`${heading} === "two"`);
    expect(live.clients).toBe(1);
    for (const tab of tabs) tab.view.close();
  });

  test("without workers, tabs let one of them listen for all, and another when it goes", async () => {
    const value = "worker-src 'none'";
    await using live = await LiveSite.open({
      headers: [{ name: "Content-Security-Policy", value }],
    });
    const tabs: Page[] = [];
    for (let i = 0; i < 3; i++) tabs.push(await live.visit(`page.html?${i}`));
    await live.settled(1);
    live.write("style.css", "h1 { color: rgb(2, 0, 0); }");
    for (const tab of tabs) await tab.until(`${color} === "rgb(2, 0, 0)"`);
    tabs.shift()?.view.close();
    await live.settled(1);
    live.write("page.html", page("two"));
    for (const tab of tabs) await tab.until(`${heading} === "two"`);
    for (const tab of tabs) tab.view.close();
  });

  test.each([
    ["default-src 'self'"],
    ["script-src 'nonce-abc'; style-src 'self'; connect-src 'self'; img-src 'self' data:"],
    ["script-src 'strict-dynamic' 'nonce-abc'; style-src 'self'; img-src 'self' data:"],
    ["default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:"],
  ])("a page under the policy %p is loaded again", async (value) => {
    const headers = [{ name: "Content-Security-Policy", value }];
    await using live = await LiveSite.open({ headers });
    live.write("policed.html", styled + heading1("one"));
    using tab = await live.visit("policed.html");
    await live.settled();
    live.write("style.css", "h1 { color: rgb(2, 0, 0); }");
    await tab.until(`${color} === "rgb(2, 0, 0)"`);
    live.write("policed.html", styled + heading1("two"));
    await tab.until(`${heading} === "two"`);
  });

  test("a page that has moved on by itself still knows where its stream is", async () => {
    await using live = await LiveSite.open({ single: true });
    const moves = '<script>history.pushState(null, "", "/x/y/z")</script>';
    live.write("index.html", page("one") + moves);
    using tab = await live.visit("index.html");
    expect(await tab.value("location.pathname")).toBe("/x/y/z");
    await live.settled();
    live.write("index.html", page("two") + moves);
    await tab.until(`${heading} === "two"`);
  });

  test("a page in a frame goes along with the page around it, and is loaded once", async () => {
    await using live = await LiveSite.open();
    live.write("outer.html", "<!doctype html><h1>outer</h1><iframe src=inner.html></iframe>");
    live.write("inner.html", inner("one"));
    using tab = await live.visit("outer.html");
    await live.settled();
    await tab.value("globalThis.old = true");
    live.write("inner.html", inner("two"));
    await tab.until("frames[0]?.document.querySelector('p')?.textContent === 'two'");
    expect(await tab.value("[globalThis.old, globalThis.count]")).toEqual([null, 1]);
  });

  test("a page behind a proxy that strips a prefix is loaded again", async () => {
    await using live = await LiveSite.open();
    live.write("docs/page.html", page("one"));
    using proxy = Bun.serve({
      port: 0,
      idleTimeout: 0,
      fetch: (request) => {
        const { pathname, search } = new URL(request.url);
        if (!pathname.startsWith("/app/")) return new Response(null, { status: 404 });
        const headers = new Headers(request.headers);
        headers.delete("host");
        return fetch(new URL(pathname.slice("/app".length) + search, live.server.url), { headers });
      },
    });
    using tab = await Page.open();
    await tab.goto("app/docs/page.html", proxy.url);
    await live.settled();
    live.write("docs/page.html", page("two"));
    await tab.until(`${heading} === "two"`);
  });

  test("a page with a policy of its own is loaded again", async () => {
    await using live = await LiveSite.open();
    live.write("policed.html", policy + heading1("one"));
    using tab = await live.visit("policed.html");
    await live.settled();
    live.write("policed.html", policy + heading1("two"));
    await tab.until(`${heading} === "two"`);
  });

  test("a build of 500 files is one reload", async () => {
    await using live = await LiveSite.open({ limits: { liveQuietTimeMs: 500 } });
    using tab = await live.visit("page.html");
    await live.settled();
    for (let i = 0; i < 500; i++) live.write(`built/${i}.js`, String(i));
    live.write("page.html", page("built"));
    await tab.until(`${heading} === "built"`);
    await live.settled();
    expect(await tab.value(loads)).toBe(2);
  });

  test("a folder that a build replaces by a rename is seen, and what comes after it", async () => {
    await using live = await LiveSite.open();
    live.write("dist/page.html", page("one"));
    using tab = await live.visit("dist/page.html");
    await live.settled();
    live.site.file("made/page.html", page("two"));
    rmSync(live.site.at("root/dist"), { recursive: true });
    renameSync(live.site.at("made"), live.site.at("root/dist"));
    await tab.until(`${heading} === "two"`);
    await live.settled();
    live.write("dist/page.html", page("three"));
    await tab.until(`${heading} === "three"`);
  });

  test("a root that is replaced, and one that is a switched link, is seen", async () => {
    await using live = await LiveSite.open({}, "link");
    using tab = await live.visit("page.html");
    await live.settled();
    live.site.file("next/page.html", page("next"));
    unlinkSync(live.site.at("link"));
    symlinkSync("next", live.site.at("link"));
    await tab.until(`${heading} === "next"`);
    live.site.file("next/page.html", page("after"));
    await tab.until(`${heading} === "after"`);
    renameSync(live.site.at("next"), live.site.at("old"));
    mkdirSync(live.site.at("next"));
    live.site.file("next/page.html", page("anew"));
    await tab.until(`${heading} === "anew"`);
  });

  test.each([
    ["short", {}],
    ["streamed", { listingWholeEntriesMax: 2 }],
  ])("a %s listing shows what is added, and runs its own script", async (_, more) => {
    const limits = { liveRootTimeMs: 50, liveGoneTimeMs: 200, ...more };
    await using live = await LiveSite.open({ limits });
    for (const name of ["a", "b", "c"]) live.write(`list/${name}.txt`, name);
    live.write("favicon.ico", "");
    using tab = await live.visit("list/");
    await live.settled();
    // Times are those of the reader's zone once the listing's script has run.
    const names = `document.querySelector("th small") === null
      && [...document.querySelectorAll("tbody tr a")].map((one) => one.textContent).join(" ")`;
    await tab.until(`${names} === "../ a.txt b.txt c.txt"`);
    live.write("list/d.txt", "d");
    await tab.until(`${names} === "../ a.txt b.txt c.txt d.txt"`);
    expect(tab.complaints).toEqual([]);
  });

  test("the page of a missing file is loaded again when the file appears", async () => {
    await using live = await LiveSite.open();
    using tab = await live.visit("later.html");
    expect(await tab.value(heading)).toBe("Not Found");
    live.write("later.html", page("here"));
    await tab.until(`${heading} === "here"`);
  });

  test("a file that is touched, as one that was changed back, is no stale page", async () => {
    await using live = await LiveSite.open();
    using tab = await live.visit("page.html");
    await live.settled();
    live.write("page.html", page("two"));
    await tab.until(`${heading} === "two"`);
    // The old octets have the old tag, so the browser's copy is asked for and answered with 304.
    live.write("page.html", page("one"));
    await tab.until(`${heading} === "one"`);
    const now = new Date();
    const before = await tab.value<number>(loads);
    utimesSync(live.site.at("root/page.html"), now, now);
    await tab.until(`${loads} > ${before}`);
    expect(await tab.value(heading)).toBe("one");
  });

  test("a server that is started again has its pages loaded again", async () => {
    await using live = await LiveSite.open();
    using tab = await live.visit("page.html");
    await live.settled();
    const { port } = live.server;
    await live.server.stop();
    live.write("page.html", page("restarted"));
    await using _ = await serve({ root: live.site.at("root"), live: true, port });
    await tab.until(`${heading} === "restarted"`);
  });

  /** Pages of all kinds, whose documents must not differ by the script. */
  const kinds: readonly (readonly [name: string, content: string | Uint8Array])[] = [
    ["plain.html", "hello"],
    ["empty.html", ""],
    ["quirks.html", "<html><head><title>q</title></head><body><p>hello</body></html>"],
    ["standards.html", "<!-- c --><!doctype html><!-- d --><title>s</title><!-- e --><p>hello"],
    ["almost.html", '<!DOCTYPE html PUBLIC "-//W3C//DTD HTML 4.01 Transitional//EN" "x"><p>a'],
    ["no-head.html", "<!doctype html><html lang=de class='a>b'><body class=c><p>hello"],
    ["attributes.html", "<!doctype html><title>t</title><html lang=fr><body id=b><p>hello"],
    ["frames.html", "<html><frameset cols='50%,*'><frame src=plain.html></frameset></html>"],
    ["base.html", "<!doctype html><base href='/a/b/'><p><a id=a href=c>c</a>"],
    ["latin.html", Buffer.from("<meta charset=iso-8859-1><p>Gr\xfc\xdfe", "latin1")],
    ["utf16.html", Buffer.from("\ufeff<!doctype html><title>Grüße</title><p>你好", "utf16le")],
    ["bom.html", "\ufeff<!doctype html><p>Grüße"],
    ["late.html", Buffer.from(`<!--${" ".repeat(960)}--><meta charset=koi8-r><p>\xc1`, "latin1")],
    [
      "page.xhtml",
      '<?xml version="1.0"?><!DOCTYPE html><html xmlns="http://www.w3.org/1999/xhtml"><head><title>x</title></head><body><p>a</p></body></html>',
    ],
    [
      "prefix.xhtml",
      '<h:html xmlns:h="http://www.w3.org/1999/xhtml"><h:head><h:title>x</h:title></h:head><h:body><h:p>a</h:p></h:body></h:html>',
    ],
  ];

  test.each(kinds)("%s is the same document, and is loaded again", async (name, content) => {
    await using live = await LiveSite.open();
    await using plain = await serve({ root: live.site.at("root") });
    live.site.file(`root/${name}`, content);
    const shown = `JSON.stringify([
      document.compatMode, document.characterSet, document.documentElement.outerHTML,
      [...document.childNodes].map((node) => node.nodeName), document.querySelector("a")?.pathname,
    ])`;
    using tab = await live.visit(name);
    await live.settled();
    const withScript = await tab.value(shown);
    using other = await Page.open();
    await other.goto(name, plain.url);
    expect(withScript).toBe(await other.value(shown));
    await tab.value("globalThis.old = true");
    live.site.file(`root/${name}`, content);
    await tab.until("document.readyState === 'complete' && globalThis.old === undefined");
    expect(await tab.value(shown)).toBe(withScript);
  });
}

describe.skipIf(chromium === undefined)("live reload in a browser (needs chromium)", () => {
  afterAll(() => Bun.WebView.closeAll());
  tests();
});
