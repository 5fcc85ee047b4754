import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import type { Server } from "../../index.ts";
import { serve } from "../../index.ts";
import { TempSite } from "../temp-site.ts";
import { chromium, Page } from "./chromium.ts";
import { CutProxy } from "./cut-proxy.ts";

const site = new TempSite("empty");
/** What is dropped and chosen. */
const own = new TempSite("empty");
let server: Server;

const options = { post: "upload", uploadDir: "in", uploadMode: 0o644 } as const;

site.folder("in");
// Browsers ask for it.
site.file("favicon.ico", "");
own.file("a.txt", "new");
own.file('q"uote ü.txt', "two");
own.file("empty", "");
/** Octets that are at no two places the same for long. */
const large = new Uint8Array(6 * 1024 * 1024);
for (let at = 0; at < large.length; at++) large[at] = (at ^ (at >> 8) ^ (at >> 16)) & 0xff;
writeFileSync(own.at("large.bin"), large);
writeFileSync(own.at("larger.bin"), large);
const boxNames = Array.from({ length: 297 }, (_, i) => `file ${i}.txt`);
for (const name of boxNames) own.file(`box/${name}`, `this is ${name}`);
own.file("box/sub/deeper/ü #1.txt", "deep");
own.file("box/sub/100%.txt", "percent");
own.file("box/b & c/x.txt", "x");
own.folder("box/empty");
own.file(".hidden/b.txt", "b");
writeFileSync(own.at("mebibyte.bin"), large.subarray(0, 1024 * 1024));

beforeAll(async () => {
  server = await serve({ root: site.root, ...options });
});

beforeEach(() => {
  rmSync(site.at("in"), { recursive: true, force: true });
  site.file("in/a.txt", "old");
});

afterAll(async () => {
  await server.stop({ force: true });
  if (chromium !== undefined) Bun.WebView.closeAll();
  site[Symbol.dispose]();
  own[Symbol.dispose]();
});

/** Opens the folder, and puts a mark on the page that a reload would take away. */
async function open(base = server.url, path = "in/"): Promise<Page> {
  const page = await Page.open();
  await page.goto(path, base);
  await page.value("void (window.mark = true)");
  return page;
}

/** Drags files and folders from the system over the page, and lets them go on the listing. */
async function drop(page: Page, names: readonly string[], isLetGo = true): Promise<void> {
  const to = (type: string): Promise<void> => drag(page, names, type, 300, 700);
  for (const type of ["dragEnter", "dragOver", ...(isLetGo ? ["drop"] : [])]) await to(type);
}

/** One step of a drag. */
async function drag(
  page: Page,
  names: readonly string[],
  type: string,
  x: number,
  y: number,
): Promise<void> {
  const files = names.map((name) => own.at(name));
  const data = { items: [], files, dragOperationsMask: 1 };
  await page.view.cdp("Input.dispatchDragEvent", { type, x, y, data });
}

/** Puts files, or a folder, into the input that `expression` is. */
async function choose(page: Page, expression: string, names: readonly string[]): Promise<void> {
  type Found = { readonly result: { readonly objectId: string } };
  const { result } = await page.view.cdp<Found>("Runtime.evaluate", { expression });
  const files = names.map((name) => own.at(name));
  await page.view.cdp("DOM.setFileInputFiles", { files, objectId: result.objectId });
}

/** What the rows say, a text for each. */
const rows = (page: Page): Promise<string[]> =>
  page.value(`[...document.querySelectorAll("#upload li")].map((row) =>
    [".name", ".size", ".state"].map((part) => row.querySelector(part).textContent).join(" | "))`);

const ended = `document.querySelector("#upload .total button")?.textContent === "Clear"`;
const summary = `document.querySelector("#upload .total p").textContent`;
const said = `document.querySelector("#upload [role=status]").textContent`;
const listed = `[...document.querySelectorAll("#listing tbody tr:not(.up) a")].map((a) => a.textContent)`;

/** The names in the folder of uploads, sorted, hidden ones too. */
const stored = (): string[] => readdirSync(site.at("in")).toSorted();

/** Waits until nothing but `names` is in the folder of uploads. */
async function becomes(names: readonly string[]): Promise<void> {
  for (let i = 0; i < 500 && stored().join("/") !== names.join("/"); i++) await Bun.sleep(10);
  expect(stored()).toEqual([...names]);
}

/** Waits until the folder of uploads has `more` than its first file. */
async function becomesLonger(more: number): Promise<void> {
  for (let i = 0; i < 500 && stored().length < 1 + more; i++) await Bun.sleep(10);
  expect(stored().length).toBeGreaterThanOrEqual(1 + more);
}

/** How much the largest file in the folder of uploads has, in bytes. */
const largestBytes = (): number =>
  Math.max(...stored().map((name) => statSync(site.at(`in/${name}`)).size));

/** Waits until a file that is being stored has `octets` on the disk. */
async function hasOnDisk(octets: number): Promise<void> {
  for (let i = 0; i < 500 && largestBytes() < octets; i++) await Bun.sleep(10);
  expect(largestBytes()).toBeGreaterThanOrEqual(octets);
}

/** Has the page keep all states that files have, in "states". */
async function noteStates(page: Page): Promise<void> {
  await page.value(`void (() => {
    window.states = [];
    const note = () => {
      for (const state of document.querySelectorAll("#upload li .state")) {
        if (states.at(-1) !== state.textContent) states.push(state.textContent);
      }
    };
    new MutationObserver(note).observe(document.querySelector("#upload ul"),
      { childList: true, subtree: true, characterData: true });
  })()`);
}

/** What axe-core finds wrong with the page. */
async function faultsOf(page: Page): Promise<unknown> {
  const axe = readFileSync(join(import.meta.dir, "../../node_modules/axe-core/axe.min.js"), "utf8");
  await page.view.cdp("Runtime.evaluate", { expression: axe });
  return page.value(`axe.run().then(({ violations }) =>
    violations.map(({ id, nodes }) => [id, ...nodes.map(({ html }) => html)]))`);
}

function transferTests(): void {
  test("files that are dropped are stored, and each row says as what", async () => {
    using page = await open();
    await drop(page, ["a.txt", 'q"uote ü.txt', "empty", "large.bin"]);
    await page.until(ended);
    expect(await rows(page)).toEqual([
      "a.txt | 3 B | stored as “a (2).txt”",
      'q"uote ü.txt | 3 B | stored',
      "empty | 0 B | stored",
      "large.bin | 6.3 MB | stored",
    ]);
    expect(stored()).toEqual(["a (2).txt", "a.txt", "empty", "large.bin", 'q"uote ü.txt']);
    expect(readFileSync(site.at("in/a.txt"), "utf8")).toBe("old");
    expect(readFileSync(site.at("in/a (2).txt"), "utf8")).toBe("new");
    expect(readFileSync(site.at("in/large.bin")).equals(large)).toBe(true);
    expect(await page.value(summary)).toBe("4 of 4 files stored");
    expect(await page.value(said)).toBe("4 files stored");
    // The listing has them, and the page is still the same.
    await page.until(`${listed}.length === 5`);
    expect(await page.value("window.mark")).toBe(true);
    expect(page.complaints).toEqual([]);
  });

  test("files that visitors don't get are spoken of in the plural when they are several", async () => {
    await using shut = await serve({ root: site.root, ...options, uploadMode: 0o600 });
    using page = await open(shut.url);
    const remark = (): Promise<string> =>
      page.value(`document.querySelector("#upload .total .remark").innerText`);
    const rest = "the server keeps uploads to itself (--upload-mode).";
    await drop(page, ["a.txt"]);
    await page.until(`${ended} && ${summary} === "1 of 1 file stored"`);
    expect(await remark()).toBe(`Visitors can't read it: ${rest}`);
    await drop(page, ["empty", "large.bin"]);
    await page.until(`${ended} && ${summary} === "2 of 2 files stored"`);
    expect(await remark()).toBe(`Visitors can't read them: ${rest}`);
    await drop(page, ["empty"]);
    await page.until(`${ended} && ${summary} === "1 of 1 file stored"`);
    expect(await remark()).toBe(`Visitors can't read it: ${rest}`);
  });

  test("a folder that is dropped is stored with the folders in it", async () => {
    using page = await open();
    await drop(page, ["box", "a.txt"]);
    await page.until(ended);
    expect(await page.value(summary)).toBe("302 of 302 files stored");
    expect(readdirSync(site.at("in/box")).toSorted()).toEqual(
      [...boxNames, "b & c", "empty", "sub"].toSorted(),
    );
    for (const name of [...boxNames, "sub/deeper/ü #1.txt", "sub/100%.txt", "b & c/x.txt"]) {
      const octets = readFileSync(site.at(`in/box/${name}`));
      expect([name, octets.equals(readFileSync(own.at(`box/${name}`)))]).toEqual([name, true]);
    }
    expect(readdirSync(site.at("in/box/empty"))).toEqual([]);
    expect(stored()).toEqual(["a (2).txt", "a.txt", "box"]);
    await page.until(`${listed}.includes("box/")`);
    // Again: its folders are there, and its files get numbers.
    await drop(page, ["box/b & c"]);
    await page.until(`${summary} === "1 of 1 file stored" && ${ended}`);
    await drop(page, ["box/b & c"]);
    await page.until(`${ended} && document.querySelector("#upload .state")?.textContent ===
      "stored as \\u201cx (2).txt\\u201d"`);
    expect(readdirSync(site.at("in/b & c")).toSorted()).toEqual(["x (2).txt", "x.txt"]);
    expect(page.complaints.filter((text) => !text.includes("405"))).toEqual([]);
  });

  test("a folder that is chosen is stored, too", async () => {
    using page = await open();
    await choose(page, `document.querySelectorAll("#upload input")[1]`, ["box/sub"]);
    await page.until(ended);
    expect(readFileSync(site.at("in/sub/deeper/ü #1.txt"), "utf8")).toBe("deep");
    expect(readFileSync(site.at("in/sub/100%.txt"), "utf8")).toBe("percent");
  });

  test("the network is cut in the middle, and the transfer goes on from there", async () => {
    await using proxy = await CutProxy.to(server.url);
    using page = await open(proxy.url);
    await noteStates(page);
    proxy.holdAfter = 3_000_000;
    proxy.isDownAfterCut = true;
    await drop(page, ["large.bin"]);
    // What is still on its way is lost with the connection.
    await hasOnDisk(2_000_000);
    proxy.cut();
    proxy.flow();
    await page.until(`states.includes("connection lost, trying again")`);
    expect(await page.value(said)).toBe("large.bin: connection lost, trying again");
    proxy.isDown = false;
    await page.until(ended);
    expect(await rows(page)).toEqual(["large.bin | 6.3 MB | stored"]);
    expect(stored()).toEqual(["a.txt", "large.bin"]);
    expect(readFileSync(site.at("in/large.bin")).equals(large)).toBe(true);
    // What was on the disk was not sent again.
    expect(proxy.passed).toBeLessThan(large.length + 1_100_000);
    const states = await page.value<string[]>("states");
    expect(states.filter((state) => /^\d+ %$/.test(state)).length).toBeGreaterThan(1);
    expect(states).toContain("storing");
  });

  test("an answer that is lost is asked for again, and the file is stored once", async () => {
    await using proxy = await CutProxy.to(server.url);
    using page = await open(proxy.url);
    proxy.loseAnswerAfter = large.length;
    await drop(page, ["large.bin"]);
    await page.until(ended);
    expect(proxy.loseAnswerAfter).toBe(Infinity);
    expect(await rows(page)).toEqual(["large.bin | 6.3 MB | stored"]);
    expect(stored()).toEqual(["a.txt", "large.bin"]);
    expect(readFileSync(site.at("in/large.bin")).equals(large)).toBe(true);
  });

  test("a small file is sent again when the network is cut, and stored once", async () => {
    await using proxy = await CutProxy.to(server.url);
    using page = await open(proxy.url);
    proxy.cutAfter = 1;
    proxy.isDownAfterCut = true;
    await drop(page, ["a.txt"]);
    await page.until(`document.querySelector("#upload .state")?.textContent.startsWith("conn")`);
    proxy.isDown = false;
    await page.until(ended);
    expect(stored()).toEqual(["a (2).txt", "a.txt"]);
  });

  test("a server that is busy is waited for, as long as it says", async () => {
    using page = await open();
    const patterns = [{ urlPattern: "*/in/", requestStage: "Request" }];
    await page.view.cdp("Fetch.enable", { patterns });
    let refused = 0;
    page.view.addEventListener("Fetch.requestPaused", (event) => {
      const { data } = event as MessageEvent<{
        readonly requestId: string;
        readonly request: { readonly method: string };
      }>;
      const { requestId } = data;
      const isRefused = data.request.method === "POST" && refused++ === 0;
      const responseHeaders = [{ name: "Retry-After", value: "1" }];
      const command = isRefused
        ? page.view.cdp("Fetch.fulfillRequest", { requestId, responseCode: 503, responseHeaders })
        : page.view.cdp("Fetch.continueRequest", { requestId });
      // The page may be closed while the listing is asked for again, which nobody waits for.
      void command.catch(() => undefined);
    });
    await drop(page, ["a.txt"]);
    const state = `document.querySelector("#upload .state")?.textContent`;
    await page.until(`${state} === "the server is busy, waiting"`);
    await page.until(`${state} === "stored as \\u201ca (2).txt\\u201d"`);
  });
}

/** A server at the end of connections that pass on `octets` of a page's each, and then no more. */
async function slowServer(octets: number): Promise<CutProxy> {
  const proxy = await CutProxy.to(server.url);
  proxy.holdAfter = octets;
  return proxy;
}

const press = (page: Page, row: number): Promise<void> =>
  page.value(`document.querySelectorAll("#upload li button")[${row}].click()`);
const stateOf = (row: number): string =>
  `document.querySelectorAll("#upload .state")[${row}]?.textContent`;

const listTests = (): void =>
  test("of more than 500 files those have rows that are being sent, or have failed", async () => {
    using page = await open();
    const names = Array.from({ length: 600 }, (_, i) => `${i}.txt`);
    const calls = `names.map((name) => chosen.items.add(new File([name], name)))`;
    await page.value(`void (() => {
      const names = ${JSON.stringify(names)};
      const chosen = new DataTransfer();
      ${calls};
      dispatchEvent(new DragEvent("drop", { dataTransfer: chosen, cancelable: true }));
    })()`);
    await page.until(`${summary}.startsWith("0 of 600") || ${summary}.includes(" of 600 files")`);
    expect((await rows(page)).length).toBe(500);
    await page.until(`${summary} === "600 of 600 files stored"`);
    expect((await rows(page)).at(-1)).toBe("599.txt | 7 B | stored");
    expect((await rows(page)).length).toBe(500);
    expect(stored()).toEqual([...names, "a.txt"].toSorted());
  });

function cancelTests(): void {
  test("a large file that is cancelled leaves nothing, and the others are stored", async () => {
    await using proxy = await slowServer(2_000_000);
    using page = await open(proxy.url);
    await drop(page, ["large.bin"]);
    await becomesLonger(1);
    await drop(page, ["a.txt"]);
    // Leaving the page now would lose something, so the browser asks.
    const leaves = `dispatchEvent(new Event("beforeunload", { cancelable: true }))`;
    expect(await page.value(leaves)).toBe(false);
    await press(page, 0);
    // The browser may have passed all of it on, to the system.
    expect(await page.value(stateOf(0))).toStartWith("cancelled");
    proxy.flow();
    await page.until(ended);
    await becomes(["a (2).txt", "a.txt"]);
    await page.until(`${stateOf(0)} === "cancelled"`);
    expect(await page.value(said)).toBe("1 file stored, 1 cancelled");
    expect(await page.value(leaves)).toBe(true);
  });

  test("a small file that is cancelled leaves nothing", async () => {
    await using proxy = await slowServer(300_000);
    using page = await open(proxy.url);
    await drop(page, ["mebibyte.bin"]);
    await becomesLonger(1);
    await press(page, 0);
    // What the proxy has of it is not for the server any more.
    proxy.cut();
    proxy.flow();
    await becomes(["a.txt"]);
    expect(await page.value(stateOf(0))).toStartWith("cancelled");
  });

  test("all are cancelled at once, those that wait too", async () => {
    await using proxy = await slowServer(500_000);
    using page = await open(proxy.url);
    await drop(page, ["large.bin", "larger.bin", "mebibyte.bin", "box/sub"]);
    await becomesLonger(1);
    await page.until(`document.querySelectorAll("#upload li").length === 5`);
    // Three are sent at once.
    expect((await rows(page)).filter((row) => row.endsWith("waiting"))).toHaveLength(2);
    await page.click("#upload .total button");
    await page.until(ended);
    proxy.cut();
    proxy.flow();
    await becomes(["a.txt"]);
    await page.until(`document.querySelectorAll("#upload li.cancelled").length === 5`);
    expect(await page.value(summary)).toBe("0 of 0 files stored");
    await page.click("#upload .total button");
    expect(await rows(page)).toEqual([]);
    expect(await page.value("document.querySelector('#upload .total').hidden")).toBe(true);
    expect(await page.value("document.activeElement.textContent")).toBe("Choose files");
  });

  test("a file that has changed since it was chosen is not sent on", async () => {
    await using proxy = await slowServer(300_000);
    using page = await open(proxy.url);
    writeFileSync(own.at("changing.bin"), large.subarray(0, 1024 * 1024));
    await drop(page, ["changing.bin"]);
    await becomesLonger(1);
    writeFileSync(own.at("changing.bin"), "shorter");
    // Chromium compares whole seconds.
    utimesSync(own.at("changing.bin"), 1_700_000_000, 1_700_000_000);
    proxy.cut();
    proxy.flow();
    await page.until(`${stateOf(0)} === "failed: the file can't be read"`);
    await becomes(["a.txt"]);
  });

  test("what fails says why, in the words of the server, and can be tried again", async () => {
    await using small = await serve({
      root: site.root,
      ...options,
      limits: { uploadBytesMax: 2_000_000 },
    });
    using page = await open(small.url);
    await drop(page, ["large.bin", ".hidden"]);
    await page.until(ended);
    const [tooLarge, hidden] = await rows(page);
    expect(tooLarge).toBe(
      "large.bin | 6.3 MB | failed: The content is larger than this server takes.",
    );
    expect(hidden).toBe(
      ".hidden/b.txt | 1 B | failed: folder .hidden: A file is not stored, or removed, by this name.",
    );
    expect(await page.value(summary)).toBe("0 of 2 files stored, 2 failed");
    expect(await page.value(said)).toBe("0 files stored, 2 failed");
    // Of the statuses the browser complains itself.
    expect(page.complaints.filter((text) => !/ status of 4(?:03|13) /.test(text))).toEqual([]);
    rmSync(site.at("in"), { recursive: true });
    await drop(page, ["a.txt"]);
    const reason = "There is no such folder to store a file in.";
    await page.until(`${stateOf(2)} === "failed: ${reason}"`);
    site.folder("in");
    expect(
      await page.value(`document.querySelector("#upload li:last-child button").ariaLabel`),
    ).toBe("Try again: a.txt");
    await press(page, 2);
    await page.until(`${stateOf(2)} === "stored"`);
    expect(stored()).toEqual(["a.txt"]);
    expect(await page.value("window.mark")).toBe(true);
  });
}

function pageTests(): void {
  test("the listing that is shown anew keeps the filter and the focus", async () => {
    site.file("in/about.txt", "about");
    site.file("in/other.txt", "other");
    using page = await open();
    await page.click("#filter");
    await page.view.type("a");
    await page.until(`document.querySelectorAll("#listing tr[hidden]").length === 1`);
    await page.value(`document.querySelector('#listing a[href="./about.txt"]').focus()`);
    await drop(page, ["large.bin"]);
    await page.until(`${listed}.includes("large.bin")`);
    const shown = `[...document.querySelectorAll("#listing tbody tr:not(.up):not([hidden]) a")]`;
    await page.until(`${shown}.length === 3`);
    expect(await page.value(`${shown}.map((a) => a.textContent)`)).toEqual([
      "a.txt",
      "about.txt",
      "large.bin",
    ]);
    expect(await page.value("document.activeElement.textContent")).toBe("about.txt");
    expect(await page.value(`document.getElementById("filter").value`)).toBe("a");
    expect(await page.value("window.mark")).toBe(true);
  });

  test("live reload does not take away what became of the files", async () => {
    await using live = await serve({ root: site.root, ...options, live: true });
    using page = await open(live.url);
    await page.value(`void addEventListener("postern-reload", () => (window.asked = true))`);
    await drop(page, ["a.txt"]);
    await page.until("window.asked && " + ended);
    await page.until(`${listed}.includes("a (2).txt")`);
    expect(await page.value("window.mark")).toBe(true);
    expect(await rows(page)).toEqual(["a.txt | 3 B | stored as “a (2).txt”"]);
  });

  test("files over the page light up the area, until they are taken away", async () => {
    using page = await open();
    await page.value(`void (() => {
      window.lit = [];
      const { classList } = document.documentElement;
      new MutationObserver(() => lit.push(classList.contains("dropping")))
        .observe(document.documentElement, { attributeFilter: ["class"] });
    })()`);
    await drop(page, ["a.txt"], false);
    await page.until(`lit.join() === "true,false"`);
    expect(await rows(page)).toEqual([]);
  });

  test("files may be let go on a row that has just come in under the pointer", async () => {
    using page = await open();
    await drag(page, ["a.txt"], "dragEnter", 300, 700);
    await drag(page, ["a.txt"], "dragOver", 300, 700);
    const middle = `document.querySelector("h1").getBoundingClientRect()`;
    const { x, y } = await page.value<{ readonly x: number; readonly y: number }>(
      `(({ x, y, width, height }) => ({ x: x + width / 2, y: y + height / 2 }))(${middle})`,
    );
    await drag(page, ["a.txt"], "drop", x, y);
    await page.until(ended);
    expect(await rows(page)).toEqual(["a.txt | 3 B | stored as “a (2).txt”"]);
  });

  test("the buttons can be used by keys, and open the browser's dialog", async () => {
    using page = await open();
    await page.view.cdp("Page.enable");
    await page.view.cdp("Page.setInterceptFileChooserDialog", { enabled: true });
    const modes: string[] = [];
    page.view.addEventListener("Page.fileChooserOpened", (event) => {
      modes.push((event as MessageEvent<{ readonly mode: string }>).data.mode);
    });
    for (const name of ["Choose files", "Choose folder"]) {
      await page.value(`[...document.querySelectorAll("#upload button")]
        .find((one) => one.textContent === "${name}").focus()`);
      await page.view.press("Enter");
    }
    for (let i = 0; i < 200 && modes.length < 2; i++) await Bun.sleep(10);
    expect(modes).toEqual(["selectMultiple", "selectMultiple"]);
  });

  test("works without a script, as a form", async () => {
    const value = "script-src 'none'";
    const headers = [{ path: "/**", name: "Content-Security-Policy", value }];
    await using scriptless = await serve({ root: site.root, ...options, headers });
    using page = await Page.open();
    await page.goto("in/?sort=size", scriptless.url);
    await choose(page, `document.querySelector("#upload input")`, ["a.txt"]);
    await page.click("#upload form button");
    await page.until(`document.querySelector("h1")?.textContent === "1 file is stored"`);
    expect(stored()).toEqual(["a (2).txt", "a.txt"]);
    expect(await page.value("location.pathname + location.search")).toBe("/in/");
  });

  test("a folder that takes no files has no area", async () => {
    using page = await open(server.url, "");
    expect(await page.value(`document.getElementById("upload")`)).toBeNull();
    await drop(page, ["a.txt"]);
    expect(page.complaints).toEqual([]);
  });

  test.each([
    ["light", 1200],
    ["dark", 1200],
    ["light", 390],
    ["dark", 320],
  ] as const)("has no fault that axe-core finds, %s and %p wide", async (scheme, width) => {
    await using proxy = await slowServer(1_500_000);
    using page = await open(proxy.url);
    const metrics = { width, height: 844, deviceScaleFactor: 1, mobile: width < 600 };
    await page.view.cdp("Emulation.setDeviceMetricsOverride", metrics);
    const features = [{ name: "prefers-color-scheme", value: scheme }];
    await page.view.cdp("Emulation.setEmulatedMedia", { features });
    expect(await faultsOf(page)).toEqual([]);
    await drop(page, ["large.bin", "a.txt", ".hidden"]);
    await page.until(`document.querySelectorAll("#upload .failed").length === 1`);
    await drop(page, ["larger.bin", "empty", "box/sub", "box/b & c"]);
    await page.until(`document.querySelectorAll("#upload li").length === 8`);
    await page.until(`document.querySelectorAll("#upload .sending").length === 3`);
    expect(await faultsOf(page)).toEqual([]);
    const overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth";
    expect(await page.value<number>(overflow)).toBeLessThanOrEqual(0);
    const dark = "getComputedStyle(document.body).backgroundColor === 'rgb(17, 17, 19)'";
    expect(await page.value(dark)).toBe(scheme === "dark");
    await page.click("#upload .total button");
  });
}

if (chromium === undefined) {
  test.skip("uploads from a listing (no chromium here: apt-get install chromium)", () => undefined);
} else {
  describe("files in a listing are sent", transferTests);
  describe("files in a listing are listed", listTests);
  describe("files in a listing are cancelled, or fail", cancelTests);
  describe("the area for files in a listing", pageTests);
}
