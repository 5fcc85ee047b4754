/**
 * Names that a disk holds: any octets but NUL and "/". Whatever the name is, its entry is listed,
 * the link leads to it, and what the server says of it is text.
 */

import { afterAll, beforeAll, describe, expect, mock, spyOn, test } from "bun:test";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import * as fc from "fast-check";

import { serve } from "../index.ts";
import { latin1Text } from "../src/http/octets/bytes.ts";
import { systemCalls } from "../src/system/system-choice.ts";
import type { DiskTree } from "../src/tree/disk/disk-tree.ts";
import type { OpenFile } from "../src/tree/tree.ts";
import { View } from "../src/tree/view.ts";
import { Command } from "./cli/command.ts";
import { RawClient } from "./raw-client.ts";
import { SiteClient } from "./site/site-client.ts";
import { fileAt, TempTree } from "./tree/temp-tree.ts";

/** The index of the command. */
const index = resolve(import.meta.dir, "../index.ts");

/** macOS has no other names than UTF-8 (APFS). */
const hasAnyName = process.platform === "linux";

const base = fs.mkdtempSync(join(tmpdir(), "postern-names-"));
fs.chmodSync(base, 0o755);
afterAll(() => fs.rmSync(base, { recursive: true, force: true }));

const octetsOf = (name: string): Buffer => Buffer.from(name, "latin1");

/** The path of what `names`, octets as Latin-1 text, lead to below the folder of this test. */
function at(...names: readonly string[]): Buffer {
  return Buffer.concat([Buffer.from(base), ...names.map((name) => octetsOf(`/${name}`))]);
}

function folder(...names: readonly string[]): void {
  for (let depth = 1; depth <= names.length; depth++) {
    const path = at(...names.slice(0, depth));
    if (fs.existsSync(path)) continue;
    fs.mkdirSync(path);
    fs.chmodSync(path, 0o755);
  }
}

function file(content: string | Uint8Array, mode: number, ...names: readonly string[]): void {
  folder(...names.slice(0, -1));
  fs.writeFileSync(at(...names), content);
  fs.chmodSync(at(...names), mode);
}

/** The links of a listing, as a browser reads them; that to the parent is left out. */
function linksIn(markup: string): readonly string[] {
  const entities: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"' };
  return [...markup.matchAll(/<a href="(\.\/[^"]*)"/g)].map(([, href = ""]) =>
    href.replaceAll(/&(?:#39|(\w+));/g, (_, name?: string) =>
      name === undefined ? "'" : (entities[name] ?? ""),
    ),
  );
}

/** The octets that an encoded segment stands for, as Latin-1 text. */
function decoded(segment: string): string {
  return segment.replaceAll(/%([\dA-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

/** The names of what `href` is listed as, octets as Latin-1 text, without a slash at the end. */
const nameIn = (href: string): string => decoded(href.slice(2).replace(/\/$/, ""));

async function get(url: URL): Promise<{ readonly status: number; readonly body: string }> {
  const response = await fetch(url, { redirect: "manual" });
  return { status: response.status, body: await response.text() };
}

/** Where `path` at `url` is redirected to. */
async function locationOf(url: URL, path: string): Promise<string | null> {
  const response = await fetch(new URL(path, url), { redirect: "manual" });
  return response.headers.get("location");
}

/** The tree of the folder `root`. */
function treeOf(root: string): { readonly tree: DiskTree } & Disposable {
  const temp = new TempTree();
  const tree = temp.open({ root });
  const close = (): void => {
    tree.close();
    temp.remove();
  };
  return { tree, [Symbol.dispose]: close };
}

/** Octets that mean something to a shell, in a URL, in HTML, or in UTF-8. */
const significant = Array.from("\\ \n\t\x7f%2F?#'\"&<>.:a\xc3\xa9\xed\xa0\x80\xef\xbf\xbd");

/** Names of 1 to 255 octets, as Latin-1 text. */
const anyName = fc
  .oneof(
    fc.uint8Array({ minLength: 1, maxLength: 20 }),
    fc.uint8Array({ min: 0x7f, minLength: 1, maxLength: 20 }),
    fc.uint8Array({ min: 0x80, minLength: 255, maxLength: 255 }),
    fc.string({ unit: "binary", minLength: 1, maxLength: 20 }).map((text) => Buffer.from(text)),
    fc
      .array(fc.constantFrom(...significant), {
        minLength: 1,
        maxLength: 12,
      })
      .map((units) => Buffer.from(units.join(""), "latin1")),
  )
  .map((octets) => Buffer.from(octets).toString("latin1"))
  .filter((name) => name !== "." && name !== ".." && !/[\0/]/.test(name));

describe.skipIf(!hasAnyName).each(["native", "plain"])("any name, by the %s calls", (calls) => {
  let command: Command;
  let url: URL;
  let made = 0;
  beforeAll(async () => {
    folder(calls);
    command = new Command(
      [join(base, calls), "--port", "0", "--hidden", "--quiet", "--ready", "json"],
      calls === "plain" ? { POSTERN_NATIVE: "off" } : {},
    );
    const ready = JSON.parse((await command.line()) ?? "") as { readonly url: string };
    url = new URL(ready.url);
  });
  afterAll(() => command[Symbol.asyncDispose]());

  test("is listed, and its link leads to its file (POSIX.1-2024 XBD §3.136)", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(anyName, { minLength: 1, maxLength: 12 }), async (names) => {
        const parent = String(made++);
        for (const name of names) file(`content of ${name}`, 0o644, calls, parent, name);
        const here = new URL(`${parent}/`, url);
        const links = linksIn((await get(here)).body);
        expect(links.map(nameIn).toSorted()).toEqual(names.toSorted());
        for (const link of links) {
          const answer = { status: 200, body: `content of ${nameIn(link)}` };
          // The third answer is of another version of the file.
          expect(await get(new URL(link, here))).toEqual(answer);
          expect(await get(new URL(link, here))).toEqual(answer);
          file(`changed ${nameIn(link)}`, 0o644, calls, parent, nameIn(link));
          expect((await get(new URL(link, here))).body).toBe(`changed ${nameIn(link)}`);
        }
      }),
      { numRuns: 25 },
    );
  });

  test("may be a folder's and a link's, and its target's", async () => {
    await fc.assert(
      fc.asyncProperty(anyName, anyName, async (one, other) => {
        fc.pre(one !== other);
        const parent = String(made++);
        file("inside", 0o644, calls, parent, one, other);
        fs.symlinkSync(octetsOf(`${one}/${other}`), at(calls, parent, other));
        fs.symlinkSync(at(calls, parent, one), at(calls, parent, "absolute"));
        const here = new URL(`${parent}/`, url);
        const links = linksIn((await get(here)).body);
        const all = new Set([one, other, "absolute"]);
        expect(new Set(links.map(nameIn))).toEqual(all);
        const inside = links.find((link) => nameIn(link) === one) ?? "";
        expect(inside).toEndWith("/");
        const [deep = ""] = linksIn((await get(new URL(inside, here))).body);
        expect((await get(new URL(deep, new URL(inside, here)))).body).toBe("inside");
        const link = links.find((entry) => nameIn(entry) === other) ?? "";
        expect((await get(new URL(link, here))).body).toBe("inside");
        expect((await get(new URL(`absolute/${deep}`, here))).body).toBe("inside");
        // A folder without its slash is redirected to where it is listed.
        const bare = new URL(inside.slice(0, -1), here);
        const moved = await fetch(bare, { redirect: "manual" });
        expect(moved.status).toBe(308);
        const location = new URL(moved.headers.get("location") ?? "", bare);
        expect(linksIn((await get(location)).body)).toEqual([deep]);
      }),
      { numRuns: 25 },
    );
  });
});

/** What a command says that a shell with `script` starts; `$0` and `$1` are Bun and postern. */
async function started(script: string): Promise<{ url: URL; root: string } & AsyncDisposable> {
  const shell = Bun.spawn(
    ["sh", "-c", `${script} --port 0 --ready json`, process.execPath, index],
    {
      cwd: base,
      stdout: "pipe",
      stderr: "inherit",
    },
  );
  const reader = shell.stdout.getReader();
  const { value } = await reader.read();
  const ready = JSON.parse(new TextDecoder().decode(value)) as { url: string; root: string };
  const stop = async (): Promise<void> => {
    shell.kill();
    await shell.exited;
  };
  return { url: new URL(ready.url), root: ready.root, [Symbol.asyncDispose]: stop };
}

describe.skipIf(!hasAnyName)("a root whose path isn't UTF-8", () => {
  beforeAll(() => {
    file("by an odd path", 0o644, "caf\xe9", "in", "a.txt");
    fs.symlinkSync(at("caf\xe9", "in", "a.txt"), at("caf\xe9", "in", "absolute"));
    file('{ "root": "in" }', 0o644, "caf\xe9", "postern.config.json");
    file('export default { root: "in" };', 0o644, "caf\xe9", "of.ts");
  });

  const odd = `"$(printf 'caf\\351')"`;
  test.each([
    ["named by a relative path", `exec "$0" "$1" ${odd}/in --no-config`],
    ["named by an absolute path", `exec "$0" "$1" "$PWD"/${odd}/in --no-config`],
    ["the working folder", `cd ${odd}/in; exec "$0" "$1" --no-config`],
    ["below the working folder", `cd ${odd}; exec "$0" "$1" in --no-config`],
    ["named by a configuration", `cd ${odd}; exec "$0" "$1"`],
    ["beside a configuration", `exec "$0" "$1" --config ${odd}/postern.config.json`],
    ["of worker processes", `exec "$0" "$1" ${odd}/in --no-config --workers 2`],
  ])("is served: %s", async (_, script) => {
    await using server = await started(script);
    expect((await get(new URL("a.txt", server.url))).body).toBe("by an odd path");
    expect((await get(new URL("absolute", server.url))).body).toBe("by an odd path");
    expect((await get(server.url)).body).toContain('href="./absolute"');
    expect(server.root).toEndWith("/caf\udce9/in");
  });

  test.each([
    [`exec "$0" "$1" ${odd}/none --no-config`, "postern: no such folder: caf\\xE9/none\n"],
    [
      `exec "$0" "$1" --config ${odd}/of.ts`,
      "postern: caf\ufffd/of.ts: Bun can't import a path that isn't UTF-8; use JSON\n",
    ],
  ])("can't be served by %s, and that is said", async (script, said) => {
    const shell = Bun.spawn(["sh", "-c", script, process.execPath, index], {
      cwd: base,
      stderr: "pipe",
    });
    expect(await new Response(shell.stderr).text()).toBe(said);
  });
});

describe.skipIf(!hasAnyName)("what is said of a name that isn't UTF-8, or has a backslash", () => {
  const odd = "r\xe9sum\xe9\\x2d\n";
  const href = "r%E9sum%E9%5Cx2d%0A";
  const shown = "r\\xE9sum\\xE9\\x2d\\u{a}";
  const refused = Promise.withResolvers<string>();
  let server: Awaited<ReturnType<typeof serve>>;
  beforeAll(async () => {
    file("shut", 0o600, "said", odd);
    file("<link rel=stylesheet href=x.css>", 0o644, "said", "page", `${odd}.html`);
    file("0123456789".repeat(200), 0o644, "said", "coded", `${odd}.txt`);
    const gzipped = Bun.gzipSync("0123456789".repeat(200));
    file(gzipped, 0o644, "said", "coded", `${odd}.txt.gz`);
    file("own page", 0o644, "said", "403.html");
    file("a name of U+FFFD", 0o644, "said", "pair", "\xef\xbf\xbd");
    file("a name of E9", 0o644, "said", "pair", "\xe9");
    server = await serve({
      root: join(base, "said"),
      explain: true,
      cleanUrls: true,
      earlyHints: true,
      log: "short",
      write: (lines) => {
        for (const line of lines.split("\n")) if (line.includes(" 403 ")) refused.resolve(line);
      },
      redirects: [
        { from: "/old/:name", to: "/page/:name", status: 302 },
        { from: "/fixed", to: "/pair/%E9", status: 302 },
      ],
      rewrites: [
        { from: "/as/*", to: "/coded/*" },
        { from: "/pair/%EA", to: "/pair/%E9" },
      ],
      headers: [{ path: "/pair/?", name: "X-One", value: "character" }],
    });
  });
  afterAll(() => server.stop({ force: true }));

  test("is text, on the page of a refusal and in the log", async () => {
    const { status, body } = await get(new URL(href, server.url));
    expect(status).toBe(403);
    expect(body).toContain(`${shown}: -rw------- lacks o+r; chmod o+r to serve it`);
    const line = await refused.promise;
    expect(line).toContain(`GET /${href} 403 `);
    expect(line).toContain(`(${shown.replaceAll("\\", "\\\\")}: -rw------- lacks o+r`);
    expect(line).toMatch(/^[\x20-\x7e]*$/);
  });

  test("is shown in its listing, and in the title of one below it", async () => {
    expect((await get(server.url)).body).toContain(`<a href="./${href}">${shown}</a>`);
    folder("said", `${odd}dir`);
    const { body } = await get(new URL(`${href}dir/`, server.url));
    expect(body).toContain(`<title>/${shown}dir/</title>`);
  });

  test("leads to its precompressed file", async () => {
    const response = await fetch(new URL(`coded/${href}.txt`, server.url), {
      headers: { "Accept-Encoding": "gzip" },
    });
    expect(response.headers.get("content-encoding")).toBe("gzip");
    expect(await response.text()).toBe("0123456789".repeat(200));
  });

  test("is put into locations by its octets", async () => {
    expect(await locationOf(server.url, `old/${href}?q=1`)).toBe(`../page/${href}?q=1`);
    expect(await locationOf(server.url, "fixed")).toBe("pair/%E9");
    expect(await locationOf(server.url, `page/${href}.html`)).toBe(href);
  });

  test("is found without .html, and with its hints", async () => {
    const client = await RawClient.connect(server.port);
    client.send(`GET /page/${href} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
    await client.ending();
    expect(client.text).toStartWith("HTTP/1.1 103 Early Hints\r\nLink: <x.css>;");
    expect(client.text).toContain("HTTP/1.1 200 OK\r\n");
    expect(client.text).toEndWith("\r\n\r\n<link rel=stylesheet href=x.css>");
  });

  test("is matched by rules: by its octets, or as one character of a glob", async () => {
    const answers = await Promise.all(
      ["pair/%E9", "pair/%EA", "pair/%EF%BF%BD", `as/${href}.txt`].map((path) =>
        fetch(new URL(path, server.url)),
      ),
    );
    const [octet, rewritten, character, below] = answers;
    expect(await octet?.text()).toBe("a name of E9");
    expect(octet?.headers.get("x-one")).toBe("character");
    expect(await rewritten?.text()).toBe("a name of E9");
    expect(await character?.text()).toBe("a name of U+FFFD");
    expect(character?.headers.get("x-one")).toBe("character");
    expect(below?.status).toBe(200);
  });
});

/** From now on each folder has these entries, as regular files (getdents(2)). */
function fillFolders(...names: readonly string[]): void {
  const entries = names.map((name) => {
    const entry = Buffer.alloc(19 + name.length + 1);
    entry.writeUInt16LE(entry.length, 16);
    entry[18] = 8;
    entry.write(name, 19, "latin1");
    return entry;
  });
  const calls = systemCalls();
  let isRead = false;
  spyOn(calls, "readFolder").mockImplementation((_folder, into) => {
    isRead = !isRead;
    return isRead ? Buffer.concat(entries).copy(into) : 0;
  });
}

test("leaves out a name that no request can spell, and says so in the log, once", async () => {
  // Disks of other systems have names of more than 255 octets (vfat, NTFS).
  const long = "\xe9\n".padEnd(300, "x");
  file("", 0o644, "long", "short.txt");
  fillFolders(".", "..", "short.txt", long);
  const fresh = new SiteClient(base);
  const first = await fresh.ask("GET /long/");
  expect(linksIn(first.body)).toEqual(["./short.txt"]);
  const shown = `\\xE9\\u{a}${"x".repeat(62)}`;
  expect(first.note?.reason).toBe(
    `no request can spell this name, and others may be left out like it: ${shown}`,
  );
  expect((await fresh.ask("GET /long/")).note).toBeUndefined();
  mock.restore();
});

test.skipIf(!hasAnyName)("names that a decoder takes for the same are cached apart", () => {
  const names = ["\xe9", "\xff", "\xef\xbf\xbd", "\\xE9"];
  for (const name of names) file(name, 0o644, "apart", name);
  using tree = treeOf(join(base, "apart"));
  const contents: string[] = [];
  for (const [i, path] of ["/%E9", "/%FF", "/%EF%BF%BD", "/%5CxE9"].entries()) {
    // A minute after the files were made, so that their lookups may be cached.
    const open = (): OpenFile => fileAt(tree.tree, path, new View(0, Date.now() + 60_000));
    expect(open().slot).toBeUndefined();
    // Only a cached file has a slot.
    expect(open().slot).toBeDefined();
    contents.push(latin1Text(open().readAll() ?? new Uint8Array(0)));
    expect(contents[i]).toBe(Buffer.from(names[i] ?? "").toString("latin1"));
  }
});
