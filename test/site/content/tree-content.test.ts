import { afterAll, describe, expect, test } from "bun:test";
import { readFileSync, statSync, symlinkSync, truncateSync, utimesSync } from "node:fs";

import { TempSite } from "../../temp-site.ts";
import { requestOf } from "../fake-request.ts";
import { show } from "../shown-response.ts";
import { SiteClient } from "../site-client.ts";

const site = new TempSite();
afterAll(() => site[Symbol.dispose]());
const client = new SiteClient(site.root);

describe("GET of a file (RFC 9110 §9.3.1)", () => {
  test("is its octets, its type, its last change and its tag", async () => {
    site.file("a.txt", "Grüße\n");
    utimesSync(site.at("a.txt"), new Date(0), new Date("2024-02-29T12:00:00.999Z"));
    expect(await client.ask("GET /a.txt")).toEqual({
      status: 200,
      fields: {
        "Accept-Ranges": "bytes",
        "Cache-Control": "no-cache",
        "Content-Type": "text/plain; charset=utf-8",
        ETag: '"8-l1jwo4qrum9g"',
        "Last-Modified": "Thu, 29 Feb 2024 12:00:00 GMT",
        Vary: "Accept-Encoding",
        "X-Content-Type-Options": "nosniff",
      },
      body: "Grüße\n",
      kind: "bytes",
      close: false,
      note: undefined,
    });
  });

  test("was never changed later than it was asked for (RFC 9110 §8.8.2.1)", async () => {
    site.file("future.txt", "f");
    const year = new Date().getUTCFullYear();
    utimesSync(site.at("future.txt"), new Date(0), new Date(`${year + 5}-01-01T00:00:00Z`));
    const request = { ...requestOf("GET /future.txt"), receivedMs: Date.now() };
    const { fields } = show(await client.answer(request));
    expect([fields["ETag"], fields["Last-Modified"]]).toEqual([expect.any(String), undefined]);
  });

  test("is the same with a query, in absolute-form, and with needless escapes", async () => {
    site.file("b.txt", "b");
    for (const target of ["/b.txt?x=y", "/b.txt?", "http://other.example/b.txt", "/%62%2Etxt"]) {
      expect(await client.ask(`GET ${target}`)).toMatchObject({ status: 200, body: "b" });
    }
  });

  test("up to inlineBytesMax is read at once, and beyond it sent from the open file", async () => {
    const small = new SiteClient(site.root, { limits: { inlineBytesMax: 10 } });
    site.file("ten.txt", "0123456789");
    site.file("eleven.txt", "0123456789x");
    expect(await small.ask("GET /ten.txt")).toMatchObject({ kind: "bytes", body: "0123456789" });
    expect(await small.ask("GET /eleven.txt")).toMatchObject({
      kind: "file",
      body: "0123456789x",
    });
  });

  test("without octets has an empty body", async () => {
    expect(await client.ask("GET /empty.txt")).toMatchObject({ status: 200, body: "" });
  });

  test("that is cut while it is read promises no more than was read", async () => {
    site.file("cut.txt", "0123456789");
    const before = await client.open("/cut.txt");
    const open = await new SiteClient(site.root, { limits: { inlineBytesMax: 9 } }).open(
      "/cut.txt",
    );
    truncateSync(site.at("cut.txt"), 4);
    expect(new TextDecoder().decode(open.readAll())).toBe("0123");
    open.close();
    // A small one was read when it was found, and is what it was then.
    expect(new TextDecoder().decode(before.readAll())).toBe("0123456789");
  });

  test("is as it is on the disk, whatever it is", async () => {
    for (const name of ["img/lab-at-dusk.png", "font/lab-pixel.woff2", "wasm/add.wasm"]) {
      const { body } = await client.ask(`GET /${name}`);
      expect(body).toBe(new TextDecoder().decode(readFileSync(site.at(name))));
    }
  });

  test.each([
    ["wasm/add.wasm", "application/wasm"],
    ["font/lab-pixel.woff2", "font/woff2"],
    ["js/media.js", "text/javascript; charset=utf-8"],
    ["css/site.css", "text/css; charset=utf-8"],
    ["img/handshake.svg", "image/svg+xml; charset=utf-8"],
    ["data/large.bin", "application/octet-stream"],
  ])("%s has the type %s", async (name, type) => {
    expect((await client.ask(`GET /${name}`)).fields["Content-Type"]).toBe(type);
  });
});

describe("names that have to be escaped (RFC 3986 §3.3)", () => {
  test.each([
    ["/names/a+b&c.txt", "a+b&c.txt"],
    ["/names/100%25%20legal%20%231%3F.txt", "100% legal #1?.txt"],
    ["/names/na%C3%AFve%20caf%C3%A9.html", "naïve café.html"],
  ])("%s", async (path, name) => {
    const wanted = readFileSync(site.at(`names/${name}`), "utf8");
    expect(await client.ask(`GET ${path}`)).toMatchObject({ status: 200, body: wanted });
  });

  test.each([
    ["/..", 400],
    ["/%2e%2e/package.json", 400],
    ["/a%2Fb", 400],
    ["/a%5Cb", 404],
    ["/a\\b", 400],
    ["/a%00b", 400],
    ["/%zz", 400],
    ["//etc/passwd", 404],
    ["/%ff", 404],
    [`/${"x".repeat(256)}`, 404],
  ])("%s is answered %p", async (path, status) => {
    expect((await client.ask(`GET ${path}`)).status).toBe(status);
  });
});

describe("folders", () => {
  test("have their index", async () => {
    const index = readFileSync(site.at("index.html"), "utf8");
    expect(await client.ask("GET /")).toMatchObject({ status: 200, body: index });
  });

  test("without the slash are redirected to it, with their query (RFC 9110 §15.4.9)", async () => {
    expect(await client.ask("GET /names")).toMatchObject({
      status: 308,
      fields: { "Cache-Control": "no-cache", Location: "names/" },
      body: "",
    });
    const location = (await client.ask("GET /names?a=b&c")).fields["Location"];
    expect(location).toBe("names/?a=b&c");
  });

  test("are redirected to on this host, whatever was asked", async () => {
    site.folder("a b");
    const targets = ["/a%20b", "http://evil.example/a%20b", "/%61%20b"];
    for (const target of targets) {
      const { fields } = await client.ask(`GET ${target}`);
      expect(fields["Location"]).toBe("a%20b/");
    }
  });

  test("are no files, and files no folders", async () => {
    expect((await client.ask("GET /empty.txt/")).status).toBe(404);
    expect((await client.ask("GET /empty.txt/x")).status).toBe(404);
  });
});

describe("permission: what a stranger may read", () => {
  test("decides by the file's own bits", async () => {
    for (let mode = 0; mode <= 0o777; mode += 0o111) {
      site.file("bits.txt", "x", mode);
      const { status } = await client.ask("GET /bits.txt");
      expect([mode, status]).toEqual([mode, (mode & 0o004) === 0 ? 403 : 200]);
    }
    site.file("bits.txt", "x", 0o644);
  });

  test("decides by the x bit of each folder on the way", async () => {
    site.folder("outer/inner");
    site.file("outer/inner/f.txt", "f");
    for (const [outer, inner, status] of [
      [0o755, 0o755, 200],
      [0o711, 0o711, 200],
      [0o754, 0o755, 403],
      [0o755, 0o750, 403],
    ] as const) {
      site.folder("outer/inner", inner);
      site.folder("outer", outer);
      expect((await client.ask("GET /outer/inner/f.txt")).status).toBe(status);
    }
    site.folder("outer", 0o755);
    site.folder("outer/inner", 0o755);
  });

  test("of the sample site: its shut doors, and what isn't there", async () => {
    const statuses = ["/private.html", "/locked/inside.html", "/locked/", "/dropbox/", "/outside"];
    for (const path of statuses.slice(0, 4)) {
      expect([path, (await client.ask(`GET ${path}`)).status]).toEqual([path, 403]);
    }
    expect((await client.ask("GET /dropbox/known-name.txt")).status).toBe(200);
    expect((await client.ask("GET /.secret.txt")).status).toBe(404);
    expect((await client.ask("GET /outside")).status).toBe(404);
    expect((await client.ask("GET /latest.txt")).status).toBe(200);
  });

  test("process: what the server itself may read", async () => {
    const open = new SiteClient(site.root, { permissions: "process" });
    expect(statSync(site.at("private.html")).mode & 0o777).toBe(0o600);
    expect((await open.ask("GET /private.html")).status).toBe(200);
  });
});

describe("a name that is kept back", () => {
  const root = new TempSite("empty");
  afterAll(() => root[Symbol.dispose]());
  root.file(".env", "hidden\n");
  symlinkSync("/etc/hostname", root.at("outside"));
  symlinkSync("round", root.at("round"));
  Bun.spawnSync(["mkfifo", "-m", "0644", root.at("special")]);

  const causes = [
    [".env", "names that begin with a dot are hidden; --hidden serves them", {}],
    ["outside", "a symbolic link leads outside the root; --symlinks follow serves it", {}],
    ["round", "the symbolic links go round in a circle, or on for too long", {}],
    ["round", "symbolic links are not followed, as --symlinks deny says", { symlinks: "deny" }],
    ["special", "neither a file nor a folder", {}],
  ] as const;

  test.each(causes)(
    "404 for %s: the log says why, the page does not",
    async (name, why, options) => {
      const { status, body, note } = await new SiteClient(root.root, options).ask(`GET /${name}`);
      expect(status).toBe(404);
      expect(body).not.toContain(why);
      expect(note).toEqual({ reason: why });
    },
  );

  test.each(causes)("404 for %s: under explain the page says why", async (name, why, options) => {
    const explaining = new SiteClient(root.root, { ...options, explain: true });
    expect((await explaining.ask(`GET /${name}`)).body).toContain(why);
  });
});
