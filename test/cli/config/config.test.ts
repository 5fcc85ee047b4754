import { describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { defaultLimits } from "../../../src/base/limits.ts";
import type { Config } from "../../../src/cli/config/config.ts";
import { defineConfig } from "../../../src/cli/config/config.ts";
import { readConfigFile } from "../../../src/cli/config/config-file.ts";
import { readConfig } from "../../../src/cli/config/config-keys.ts";
import { mergeConfigs, serveOptions } from "../../../src/cli/to-serve-options.ts";
import { Command } from "../command.ts";

/** A folder of its own, for files that are written over and over. */
class Folder implements Disposable {
  readonly path = realpathSync(mkdtempSync(join(tmpdir(), "postern-config-")));

  at(name: string): string {
    return join(this.path, name);
  }

  write(name: string, content: string): string {
    mkdirSync(dirname(this.at(name)), { recursive: true });
    writeFileSync(this.at(name), content, { mode: 0o644 });
    return this.at(name);
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** What is wrong with `value`, or "accepted". */
function complaint(value: unknown): string {
  const read = readConfig(value);
  return read.ok ? "accepted" : read.error;
}

/** What is wrong with the file at `path`, or "accepted". */
async function complaintAbout(path: string): Promise<string> {
  const read = await readConfigFile(path);
  return read.ok ? "accepted" : read.error.replaceAll(dirname(path), "…");
}

const allKeys =
  "root, host, port, tls, permissions, explain, hidden, symlinks, listing, index, single, cleanUrls, " +
  "cache, headers, cors, redirects, rewrites, compress, earlyHints, post, form, log, quiet, " +
  "workers, limits";

const whole: Required<Config> = {
  root: "site",
  host: "::1",
  port: 0,
  tls: { cert: "cert.pem", key: "key.pem" },
  permissions: "process",
  explain: true,
  hidden: true,
  symlinks: "deny",
  listing: false,
  index: "home.html",
  single: true,
  cleanUrls: true,
  cache: 0,
  headers: [
    { name: "X-A", value: "" },
    { path: "/assets/**", name: "X-B", value: "b" },
  ],
  cors: { origins: ["https://example.com"], credentials: true },
  redirects: [
    { from: "/a", to: "/b" },
    { from: "/c/*", to: "https://example.com/*", status: 302 },
  ],
  rewrites: [{ from: "/d/:e", to: "/f/:e" }],
  compress: false,
  earlyHints: true,
  post: "off",
  form: "ask.html",
  log: "json",
  quiet: true,
  workers: 2,
  limits: { bodyBytesMax: 1, idleTimeMs: 2 },
};

describe("a key", () => {
  test("has a value that is accepted, whichever it is, and all together", () => {
    expect(Object.keys(whole).join(", ")).toBe(allKeys);
    expect(complaint(whole)).toBe("accepted");
    expect(complaint({})).toBe("accepted");
    for (const [key, value] of Object.entries(whole)) {
      expect([key, complaint({ [key]: value })]).toEqual([key, "accepted"]);
      expect([key, complaint({ [key]: undefined })]).toEqual([key, "accepted"]);
      expect(complaint({ [key]: null })).toMatch(new RegExp(`^${key}: expected .+, got null$`));
      expect(complaint({ [key]: Symbol(key) })).toEndWith(", got a symbol");
    }
    for (const limit of Object.keys(defaultLimits)) {
      expect(complaint({ limits: { [limit]: 1 } })).toBe("accepted");
    }
    for (const cors of [true, false, {}]) expect(complaint({ cors })).toBe("accepted");
  });

  test.each<readonly [value: unknown, line: string]>([
    [{ root: 5 }, "root: expected a folder's path, got 5"],
    [{ host: true }, "host: expected a host or an address, got true"],
    [{ port: "80" }, 'port: expected a port, from 0 to 65535, got "80"'],
    [{ port: 65_536 }, "port: expected a port, from 0 to 65535, got 65536"],
    [{ port: -1 }, "port: expected a port, from 0 to 65535, got -1"],
    [{ port: 1.5 }, "port: expected a port, from 0 to 65535, got 1.5"],
    [{ permissions: "all" }, 'permissions: expected one of "other", "process", got "all"'],
    [{ explain: "yes" }, 'explain: expected true or false, got "yes"'],
    [{ hidden: 1 }, "hidden: expected true or false, got 1"],
    [{ symlinks: true }, 'symlinks: expected one of "inside", "follow", "deny", got true'],
    [{ listing: [] }, "listing: expected true or false, got a list"],
    [{ index: ["a"] }, "index: expected a file's name, got a list"],
    [{ single: "index.html" }, 'single: expected true or false, got "index.html"'],
    [{ cleanUrls: {} }, "cleanUrls: expected true or false, got an object"],
    [{ cache: "soon" }, 'cache: expected a whole number of seconds, got "soon"'],
    [{ cache: -1 }, "cache: expected a whole number of seconds, got -1"],
    [{ cache: Number.NaN }, "cache: expected a whole number of seconds, got NaN"],
    [{ cache: 5n }, "cache: expected a whole number of seconds, got 5"],
    [{ headers: {} }, "headers: expected a list of header rules, got an object"],
    [{ headers: ["a: b"] }, 'headers[0]: expected an object with name and value, got "a: b"'],
    [{ headers: [{ name: "a" }] }, "headers[0].value: expected text, got none"],
    [{ headers: [{ value: "a" }] }, "headers[0].name: expected a field's name, got none"],
    [
      {
        headers: [
          { name: "a", value: "b" },
          { name: "a", value: 5 },
        ],
      },
      "headers[1].value: expected text, got 5",
    ],
    [
      { headers: [{ name: "a", value: "b", glob: "c" }] },
      "headers[0].glob: unknown key, expected one of path, name, value",
    ],
    [{ cors: "*" }, 'cors: expected true, false or an object with origins, got "*"'],
    [{ cors: [] }, "cors: expected an object with origins, got a list"],
    [{ cors: { origins: "*" } }, 'cors.origins: expected a list of origins, got "*"'],
    [
      { cors: { origins: [1] } },
      'cors.origins[0]: expected an origin, "https://example.com", got 1',
    ],
    [{ cors: { credentials: 1 } }, "cors.credentials: expected true or false, got 1"],
    [{ cors: { any: 1 } }, "cors.any: unknown key, expected one of origins, credentials"],
    [{ redirects: "/a" }, 'redirects: expected a list of redirects, got "/a"'],
    [{ redirects: [{ to: "/" }] }, "redirects[0].from: expected a path as text, got none"],
    [
      { redirects: [{ from: "/", to: "/a", status: 200 }] },
      "redirects[0].status: expected one of 301, 302, 303, 307, 308, got 200",
    ],
    [{ rewrites: [[]] }, "rewrites[0]: expected an object with from and to, got a list"],
    [{ rewrites: [{ from: "/" }] }, "rewrites[0].to: expected a path as text, got none"],
    [{ earlyHints: 103 }, "earlyHints: expected true or false, got 103"],
    [{ compress: "br" }, 'compress: expected true or false, got "br"'],
    [{ post: "echo" }, 'post: expected one of "form", "off", got "echo"'],
    [{ form: 1 }, "form: expected a file's name, got 1"],
    [
      { log: "loud" },
      'log: expected one of "short", "common", "combined", "json", "none", got "loud"',
    ],
    [{ quiet: () => true }, "quiet: expected true or false, got a function"],
    [{ workers: 0 }, 'workers: expected a number of processes, from 1 on, or "auto", got 0'],
    [{ workers: "2" }, 'workers: expected a number of processes, from 1 on, or "auto", got "2"'],
    [{ limits: 5 }, "limits: expected an object of limits, got 5"],
    [
      { limits: { bodyBytesMax: "8M" } },
      'limits.bodyBytesMax: expected a whole number, zero or more, got "8M"',
    ],
    [
      { limits: { bodyMax: 8 } },
      "limits.bodyMax: unknown key, expected a limit, such as bodyBytesMax",
    ],
  ])("%# of the wrong type is told", (value, line) => {
    expect(complaint(value)).toBe(line);
  });

  test("that is unknown is told with those that are, in one line whatever it is called", () => {
    expect(complaint({ chache: 5 })).toBe(`chache: unknown key, expected one of ${allKeys}`);
    for (const key of ["__proto__", "constructor", "write", "record", "onError"]) {
      expect(complaint(JSON.parse(`{"${key}":1}`))).toStartWith(`${key}: unknown key, `);
    }
    expect(complaint({ "a\nb\u001b": 5 })).toStartWith('"a\\nb\\u001b": unknown key, ');
  });

  test("of a text too long for a line is told with its beginning", () => {
    const shown = "x".repeat(60);
    expect(complaint({ port: "x".repeat(500) })).toEndWith(`, got "${shown}"…`);
  });

  test("is looked for in an object, and in nothing else", () => {
    expect(complaint([])).toBe("expected an object, got a list");
    expect(complaint(null)).toBe("expected an object, got null");
    expect(complaint("root")).toBe('expected an object, got "root"');
  });
});

describe("together", () => {
  test("the command line wins over the file, key by key", () => {
    const file: Config = { root: "/a", port: 1, explain: true, listing: false };
    expect(mergeConfigs(file, { port: 2, explain: false })).toMatchObject({
      root: "/a",
      port: 2,
      explain: false,
      listing: false,
    });
  });

  test("limits and header fields of both count, those of the command line last", () => {
    const merged = mergeConfigs(
      { limits: { bodyBytesMax: 1, idleTimeMs: 2 }, headers: [{ name: "A", value: "1" }] },
      { limits: { bodyBytesMax: 3 }, headers: [{ name: "A", value: "2" }] },
    );
    expect(merged.limits).toEqual({ bodyBytesMax: 3, idleTimeMs: 2 });
    expect(merged.headers).toEqual([
      { name: "A", value: "1" },
      { name: "A", value: "2" },
    ]);
  });

  test.each<readonly [file: Config, words: Config, log: string]>([
    [{}, {}, "short"],
    [{ log: "json" }, {}, "json"],
    [{ log: "json" }, { log: "common" }, "common"],
    [{ log: "json" }, { quiet: true }, "none"],
    [{ quiet: true }, {}, "none"],
    [{ quiet: true }, { quiet: false }, "short"],
    [{ quiet: true }, { log: "common" }, "common"],
    [{}, { log: "common", quiet: true }, "none"],
  ])("%p and %p log %s", (file, words, log) => {
    expect(serveOptions(mergeConfigs(file, words)).log as string).toBe(log);
  });
});

test("defineConfig gives back what it is given", () => {
  expect(defineConfig(whole)).toBe(whole);
});

describe("a JSON file", () => {
  test("is read, and its root is relative to it", async () => {
    using folder = new Folder();
    const path = folder.write("conf/my.json", '\ufeff{ "root": "../site", "cache": 60 }');
    const read = await readConfigFile(path);
    expect(read).toEqual({ ok: true, value: { root: folder.at("site"), cache: 60 } });
    folder.write("conf/my.json", "{}");
    expect(await readConfigFile(path)).toEqual({ ok: true, value: {} });
  });

  test.each<readonly [content: string, line: string]>([
    ['{"cache":"soon"}', ': cache: expected a whole number of seconds, got "soon"'],
    ["[]", ": expected an object, got a list"],
    ["", ": malformed JSON: Unexpected EOF"],
    ['{"cache":', ": malformed JSON: Unexpected EOF"],
    ['{"cache":5', ": malformed JSON: Expected '}'"],
  ])("%p is told in a line", async (content, line) => {
    using folder = new Folder();
    expect(await complaintAbout(folder.write("my.json", content))).toBe(`…/my.json${line}`);
  });

  test("that isn't there, or is a folder, is told in a line", async () => {
    using folder = new Folder();
    expect(await complaintAbout(folder.at("my.json"))).toBe("…/my.json: no such file");
    expect(await complaintAbout(folder.at("my.ts"))).toBe("…/my.ts: no such file");
    folder.write("my.json/inner", "");
    expect(await complaintAbout(folder.at("my.json"))).toBe("…/my.json: a folder, not a file");
  });
});

describe("a TypeScript file", () => {
  test("is run where postern isn't installed, with what it imports", async () => {
    using folder = new Folder();
    folder.write("seconds.ts", "enum Time { hour = 3600 }\nexport const hour: number = Time.hour;");
    const path = folder.write(
      "my.config.ts",
      `import { defaultLimits, defineConfig } from "postern";
       import type { Config } from "postern";
       import { hour } from "../seconds.ts";
       const bodyBytesMax = defaultLimits.bodyBytesMax * 2;
       const config: Config = { root: "site", cache: hour, hidden: undefined };
       export default defineConfig({ ...config, limits: { bodyBytesMax } });`,
    );
    const limits = { bodyBytesMax: defaultLimits.bodyBytesMax * 2 };
    const value = { root: folder.at("site"), cache: 3600, limits };
    expect(await readConfigFile(path)).toEqual({ ok: true, value });
  });

  test("is read anew each time, after whatever mistake, with what it imports", async () => {
    using folder = new Folder();
    const path = folder.at("my.ts");
    const good = async (cache: number): Promise<void> => {
      folder.write("part.ts", `export const cache = ${cache};`);
      folder.write("my.ts", 'import { cache } from "../part.ts"; export default { cache };');
      expect(await readConfigFile(path)).toEqual({ ok: true, value: { cache } });
    };
    await good(1);
    await good(2);
    folder.write("part.ts", "export const cache = ;");
    expect(await complaintAbout(path)).toEndWith("part.ts:1: Unexpected ;");
    await good(3);
    folder.write("part.ts", "export const other = 5;");
    expect(await complaintAbout(path)).toContain("Export named 'cache' not found");
    await good(4);
    folder.write("part.ts", 'throw new Error("on purpose"); export const cache = 5;');
    expect(await complaintAbout(path)).toBe("…/my.ts: on purpose");
    await good(5);
    rmSync(folder.at("part.ts"));
    expect(await complaintAbout(path)).toMatch(/^…\/my\.ts: .*part\.ts/);
    await good(6);
  });

  test.each<readonly [content: string, line: string]>([
    [
      "export default { cache: 'soon' };",
      ': cache: expected a whole number of seconds, got "soon"',
    ],
    ["export default { root: () => '' };", ": root: expected a folder's path, got a function"],
    ["export const config = {};", ": expected a default export, got none"],
    ["export default 5;", ": expected an object, got 5"],
    ["\n\nconst a = ;", ":3: Unexpected ;"],
    ['throw new TypeError("one\\ntwo");', ": one"],
    ['await Bun.sleep(1); throw new Error("late");', ": late"],
    ["throw undefined;", ": it threw undefined"],
    ["throw new Error();", ": it threw"],
    ['import "../nowhere.ts";', ": Cannot find module './nowhere.ts'"],
    ["process.exit(7);", ": it ended without a configuration"],
    ['import "nowhere-to-be-found";', ": Cannot find package 'nowhere-to-be-found'"],
    ['setTimeout(() => { throw new Error("aside"); }); await Bun.sleep(5000);', ": aside"],
  ])("%p is told in a line", async (content, line) => {
    using folder = new Folder();
    expect(await complaintAbout(folder.write("my.ts", content))).toBe(`…/my.ts${line}`);
  });

  test("leaves nothing behind in the server", async () => {
    using folder = new Folder();
    const content = "globalThis.leak = 1; setInterval(() => {}, 1); export default {};";
    expect(await complaintAbout(folder.write("my.ts", content))).toBe("accepted");
    expect("leak" in globalThis).toBe(false);
  });
});

/** A command in `folder`, which listens. */
async function listening(folder: Folder, words: readonly string[] = []): Promise<Command> {
  const command = new Command(["--ready", "json", ...words], {}, folder.path);
  const ready = JSON.parse((await command.line()) ?? "null") as { port: number };
  command.port = ready.port;
  return command;
}

describe("the file that counts", () => {
  test.each([
    ["postern.config.ts", 'import { defineConfig } from "postern"; export default defineConfig('],
    ["postern.config.json", ""],
  ])("is the current folder's %s", async (name, before) => {
    using folder = new Folder();
    folder.write("site/a.txt", "mine");
    const config = JSON.stringify({ root: "site", port: 0, log: "none" });
    folder.write(name, `${before}${config}${before === "" ? "" : ")"}`);
    await using command = await listening(folder);
    expect(await (await fetch(`http://127.0.0.1:${command.port}/a.txt`)).text()).toBe("mine");
  });

  test("is the one that --config names, and its root is beside it", async () => {
    using folder = new Folder();
    folder.write("postern.config.json", '{ "root": "nowhere" }');
    folder.write("conf/site/a.txt", "theirs");
    folder.write("conf/my.json", '{ "root": "site", "port": 0 }');
    await using command = await listening(folder, ["--config", "conf/my.json"]);
    expect(await (await fetch(`http://127.0.0.1:${command.port}/a.txt`)).text()).toBe("theirs");
  });

  test("is none under --no-config, and what the command line says goes before", async () => {
    using folder = new Folder();
    folder.write("a.txt", "mine");
    folder.write("postern.config.json", '{ "cache": "soon" }');
    await using without = await listening(folder, ["--no-config", "--port", "0"]);
    expect((await fetch(`http://127.0.0.1:${without.port}/a.txt`)).status).toBe(200);
    folder.write("postern.config.json", '{ "root": "nowhere", "port": 1, "listing": false }');
    await using command = await listening(folder, [".", "--port", "0", "--listing"]);
    expect((await fetch(`http://127.0.0.1:${command.port}/`)).status).toBe(200);
  });

  test("can't be two", async () => {
    using folder = new Folder();
    folder.write("postern.config.json", "{}");
    folder.write("postern.config.ts", "export default {};");
    await using command = new Command(["--port", "0"], {}, folder.path);
    expect(await command.status).toBe(2);
    expect(await command.stderr).toBe(
      "postern: postern.config.ts and postern.config.json are both here; --config says which\n",
    );
  });
});

describe("a mistake ends in one line that names the file", () => {
  test.each<readonly [name: string, content: string, status: number, line: string]>([
    [
      "postern.config.json",
      '{"cache":"soon"}',
      2,
      'postern.config.json: cache: expected a whole number of seconds, got "soon"',
    ],
    ["postern.config.ts", "const a = ;", 2, "postern.config.ts:1: Unexpected ;"],
    ["postern.config.ts", 'throw new Error("on purpose")', 2, "postern.config.ts: on purpose"],
    [
      "postern.config.json",
      '{"form":"../x.html"}',
      2,
      "postern.config.json: form: the form page must be a file's name, not ../x.html",
    ],
    [
      "postern.config.json",
      '{"limits":{"sendPieceBytes":1}}',
      2,
      "postern.config.json: limits: sendPieceBytes must be at least inlineBytesMax",
    ],
    [
      "postern.config.json",
      '{"root":"/nowhere/at/all"}',
      1,
      "postern.config.json: root: no such folder: /nowhere/at/all",
    ],
  ])("%s: %s", async (name, content, status, line) => {
    using folder = new Folder();
    folder.write(name, content);
    await using command = new Command(["--port", "0"], {}, folder.path);
    expect(await command.status).toBe(status);
    expect(await command.stderr).toBe(`postern: ${line}\n`);
    expect(await command.rest()).toEqual([]);
  });

  test("unless it was the command line's", async () => {
    using folder = new Folder();
    folder.write("postern.config.json", '{"form":"a.html"}');
    await using command = new Command(["--form", "../x.html"], {}, folder.path);
    expect(await command.stderr).toBe(
      "postern: the form page must be a file's name, not ../x.html\n",
    );
    await using none = new Command(["--config", "my.json"], {}, folder.path);
    expect(await none.status).toBe(2);
    expect(await none.stderr).toBe("postern: my.json: no such file\n");
  });
});
