/** The package as it is packed and installed: what is in it, and that it runs wherever it is put. */

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";

import about from "../../package.json";
import { Command } from "../cli/command.ts";
import { canActivate } from "../cli/process/activated.ts";
import { SteadyLoad } from "../cli/process/steady-load.ts";
import { awaitEnd, childrenOf } from "../cli/processes.ts";
import { RawClient } from "../raw-client.ts";
import { TempSite } from "../temp-site.ts";
import { packNext } from "./next-version.ts";
import { packageIn, PackedPackage } from "./packed-package.ts";

// The package is built before the first test.
setDefaultTimeout(120_000);

const site = new TempSite("empty");
site.file("a.txt", "a".repeat(2000));
site.file("a.flv", "rare");
const packed = new PackedPackage();
let project = "";
let folder = "";
let program = "";

beforeAll(async () => {
  await packed.pack();
  project = await packed.install("project");
  folder = packageIn(project);
  program = join(folder, "bin/postern.js");
});
afterAll(() => {
  site[Symbol.dispose]();
  packed[Symbol.dispose]();
});

/** The package's command, run in the site. */
function run(words: readonly string[], environment: Record<string, string> = {}): Command {
  return new Command(words, environment, site.root, program);
}

/** All files of the package, and their sizes in octets. */
function files(): ReadonlyMap<string, number> {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
    // Bun's mark of where a package comes from.
    .filter((entry) => entry.isFile() && entry.name !== ".bun-tag")
    .map((entry) => join(entry.parentPath, entry.name));
  return new Map(names.map((name) => [name.slice(folder.length + 1), statSync(name).size]));
}

/** What the engine logs of a server that starts, answers one request for `path`, and stops. */
async function engineLog(path: string, option: `BUN_JSC_${string}`): Promise<string> {
  const words = ["--no-config", "--port", "0", "--ready", "json", "--quiet"];
  // Without the collections that Bun makes by the clock, if a start takes long.
  await using command = run(words, { [option]: "1", BUN_GC_TIMER_DISABLE: "1" });
  const client = await RawClient.connect(await portOf(command));
  client.send(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
  await client.ending();
  expect(client.text).toStartWith("HTTP/1.1 200 ");
  client.close();
  command.signal("SIGTERM");
  expect(await command.status).toBe(0);
  return command.stderr;
}

/** How many parts of the bundle a server reads to start and to answer one request for `path`. */
async function partsReadFor(path: string): Promise<number> {
  return (await engineLog(path, "BUN_JSC_verboseDiskCache")).split("Cache hit").length - 1;
}

interface Ready {
  readonly pid: number;
  readonly port: number;
  readonly metrics?: string;
}

async function readyOf(command: Command): Promise<Ready> {
  return JSON.parse((await command.line()) ?? "null") as Ready;
}

async function portOf(command: Command): Promise<number> {
  return (await readyOf(command)).port;
}

const nextVersion = "9.8.7";
let nextTarball: Promise<string> | undefined;

/** A server of an installation of its own, whose package `upgrade` replaces by the next version. */
async function upgradable(
  name: string,
  more: readonly string[],
): Promise<Ready & { command: Command; upgrade(): Promise<void>; version(): Promise<string> }> {
  const place = await packed.install(name);
  const config = join(place, "postern.json");
  await Bun.write(config, JSON.stringify({ limits: { codeLoadDelayMs: 0 } }));
  const words = [site.root, "--config", config, "--port", "0", "--ready", "json", "--log", "none"];
  const beside = ["--metrics", "0", ...more];
  const linked = join(place, "node_modules/.bin/postern");
  const preload = join(import.meta.dir, "tell-parts.ts");
  await Bun.write(join(place, "bunfig.toml"), `preload = [${JSON.stringify(preload)}]\n`);
  const environment = { AWAITED_PARTS: "often requests" };
  const command = new Command([...words, ...beside], environment, place, linked);
  const ready = await readyOf(command);
  return {
    ...ready,
    command,
    upgrade: async () => {
      const workers = childrenOf(ready.pid);
      for (const pid of workers.length === 0 ? [ready.pid] : workers) {
        await command.says(new RegExp(`^loaded by ${pid}$`, "m"));
      }
      const tarball = await (nextTarball ??= packNext(packed, folder, nextVersion));
      const { stderr, status } = await packed.run(["bun", "add", tarball], place);
      if (status !== 0) throw new Error(stderr);
    },
    version: async () => {
      const answer = await fetch(ready.metrics ?? "", { headers: { Connection: "close" } });
      return /^postern_build_info\{.*version="([^"]+)"/m.exec(await answer.text())?.[1] ?? "";
    },
  };
}

describe("the tarball", () => {
  test("leaves the checkout that it is made of as it was", () => {
    expect(readFileSync(join(packed.source, "package.json"), "utf8")).toBe(
      readFileSync(join(import.meta.dir, "../../package.json"), "utf8"),
    );
    expect(readdirSync(packed.source)).not.toContain("dist");
    expect(readdirSync(packed.source)).not.toContain("package.json.checkout");
  });

  test("holds what is needed: no sources, no source maps, no fixtures but scripts", () => {
    const kinds = [...files().keys()].map((name) =>
      name.replace(/(?<=\/)[^/]+?(?=(?:\.d)?\.[^/.]+$)/, "*").replace(/\/.*\//, "/**/"),
    );
    expect([...new Set(kinds)].toSorted()).toEqual([
      "LICENSE",
      "README.md",
      "bin/*.cjs",
      "bin/*.js",
      "dist/*.1",
      "dist/*.cjs",
      "dist/*.d.ts",
      "dist/*.js",
      "dist/*.jsc",
      "dist/*.json",
      "dist/*.txt",
      "docs/*.json",
      "docs/*.md",
      "examples/**/*.mjs",
      "examples/**/*.py",
      "examples/**/*.ts",
      "fixtures/**/*.wire",
      "package.json",
    ]);
  });

  test("is of 3.6 MB at most, and of 9 MB when it is unpacked", () => {
    expect(statSync(packed.tarball).size).toBeLessThan(3_600_000);
    const sizes = [...files().values()];
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(9_000_000);
  });

  test("brings no other package, and nothing of the checkout's manifest", () => {
    const installed = readdirSync(join(project, "node_modules"));
    expect(installed.filter((name) => name !== ".bin")).toEqual(["postern"]);
    const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as object;
    for (const name of ["dependencies", "devDependencies", "scripts", "workspaces"]) {
      expect(manifest).not.toHaveProperty(name);
    }
    expect(manifest).toMatchObject({ name: "postern", version: about.version, license: "MIT" });
  });

  test("has the licences of the packages whose code is in it", () => {
    const text = readFileSync(join(folder, "dist/licences.txt"), "utf8");
    const names = Array.from(text.matchAll(/^(\S+) \d+\.\d+\.\d+ \(\S+\)$/gm), ([, name]) => name);
    for (const name of Object.keys(about.dependencies)) expect(names).toContain(name);
    expect(names).toContain("asn1js");
    expect(text.match(/Permission is hereby granted|Redistribution and use/g)?.length).toBe(
      names.length - (names.includes("tslib") ? 1 : 0),
    );
  });

  test("names nothing in its manifest that it doesn't hold", () => {
    const { exports, bin } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
      readonly exports: Record<string, string | Record<string, string>>;
      readonly bin: Record<string, string>;
    };
    const targets = Object.values(exports).flatMap((target) =>
      typeof target === "string" ? target : Object.values(target),
    );
    const missing = [...targets, ...Object.values(bin)].filter(
      (name) => !existsSync(join(folder, name)),
    );
    expect(missing).toEqual([]);
  });
});

describe("the package", () => {
  test("runs from its bundle, by the bytecode that was made for it", async () => {
    await using command = run(["--port", "0", "--ready", "json", "--quiet"], {
      BUN_JSC_verboseDiskCache: "1",
    });
    const origin = `http://127.0.0.1:${await portOf(command)}`;
    const answer = await fetch(`${origin}/a.txt`, { headers: { "Accept-Encoding": "gzip" } });
    expect(answer.headers.get("content-encoding")).toBe("gzip");
    expect(await answer.text()).toBe("a".repeat(2000));
    const rare = await fetch(`${origin}/a.flv`);
    expect(rare.headers.get("content-type")).toBe("video/x-flv");
    command.signal("SIGTERM");
    expect(await command.status).toBe(0);
    expect(await command.stderr).toContain("Cache hit");
  });

  test("starts with 0.9 MB of bytecode at most, which takes 3 ms to load", () => {
    expect(files().get("dist/postern-start.js.jsc")).toBeLessThan(900_000);
  });

  test("collects no garbage before its first answer", async () => {
    const log = await engineLog("/a.txt", "BUN_JSC_logGC");
    expect(log).toContain("[GC<");
    expect(log).not.toContain("FullCollection");
  });

  test("has the script of live reload in its bundle", async () => {
    await using command = run(["--port", "0", "--ready", "json", "--quiet", "--live"]);
    const url = `http://127.0.0.1:${await portOf(command)}/.postern/live.js`;
    expect(await (await fetch(url)).text()).toContain("new EventSource");
  });

  test("finds what is beside its bundle: the configuration's thread, the workers", async () => {
    site.file("postern.config.ts", "export default { workers: 2 };");
    await using command = run(["--port", "0", "--ready", "json", "--quiet"]);
    const answer = await fetch(`http://127.0.0.1:${await portOf(command)}/a.txt`);
    expect(await answer.text()).toBe("a".repeat(2000));
    command.signal("SIGTERM");
    expect(await command.status).toBe(0);
    expect(await command.stderr).toBe("");
  });

  test("answers all when its package is removed before its parts are loaded, and says so once", async () => {
    const other = await packed.install("removed");
    const installed = join(packageIn(other), "bin/postern.js");
    const words = ["--no-config", "--port", "0", "--ready", "json", "--log", "none"];
    await using command = new Command(words, {}, site.root, installed);
    const port = await portOf(command);
    rmSync(packageIn(other), { recursive: true });
    const client = await RawClient.connect(port);
    const paths = ["/nope", "/", "/a.txt", "/?download=zip", "/nope", "/a.flv"];
    for (const [at, path] of paths.entries()) {
      client.send(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
      await client.responses(at + 1);
    }
    expect(client.statuses).toEqual([404, 500, 200, 500, 404, 500]);
    expect(client.text).toContain("<title>404 Not Found</title>\n<p>404 Not Found\n");
    client.close();
    command.signal("SIGUSR2");
    await command.says(/\n.*\n/);
    const lost =
      "a part of postern can't be read, since its files were replaced or removed: restart it (SIGUSR2)";
    command.signal("SIGTERM");
    expect(await command.status).toBe(0);
    expect(await command.stderr).toBe(
      `postern: ${lost}\npostern: SIGUSR2: ${lost}; this one goes on\n`,
    );
  });

  test.skipIf(!canActivate).each([
    ["one process", []],
    ["two workers", ["--workers", "2"]],
  ] as const)(
    "of %s gives way to the version that was installed over it, and no request fails (needs libc)",
    async (what, more) => {
      const running = await upgradable(what.replace(" ", "-"), more);
      await using command = running.command;
      const { pid, port } = running;
      const load = new SteadyLoad(port, "/a.txt", Infinity, { kept: 4, fresh: 2 });
      await running.upgrade();
      // What wasn't asked for before.
      const client = await RawClient.connect(port);
      for (const [at, path] of ["/nope", "/", "/?download=zip", "/a.txt?download"].entries()) {
        client.send(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
        await client.responses(at + 1);
      }
      expect(client.statuses).toEqual([404, 200, 200, 200]);
      client.close();
      expect(await running.version()).toBe(about.version);
      process.kill(pid, "SIGUSR2");
      const next = await readyOf(command);
      await awaitEnd([pid]);
      expect(next.port).toBe(port);
      expect(await running.version()).toBe(nextVersion);
      const { answered, failed, reasons } = await load.stop();
      expect([...reasons]).toEqual([]);
      expect(failed).toBe(0);
      expect(answered).toBeGreaterThan(100);
      process.kill(next.pid, "SIGTERM");
      await awaitEnd([next.pid]);
    },
  );

  test.skipIf(!canActivate)(
    "has no worker of another version: when one dies, that version takes over (needs libc)",
    async () => {
      const running = await upgradable("dead-worker", ["--workers", "2"]);
      await using command = running.command;
      await running.upgrade();
      const [worker = 0] = childrenOf(running.pid);
      process.kill(worker, "SIGKILL");
      const next = await readyOf(command);
      await awaitEnd([running.pid]);
      expect(next.port).toBe(running.port);
      expect(await running.version()).toBe(nextVersion);
      process.kill(next.pid, "SIGTERM");
      await awaitEnd([next.pid]);
      expect(await command.stderr).toContain(
        "postern: worker 1 isn't replaced, since the program was: another process takes over\n",
      );
    },
  );

  test("renders a long Markdown file by its thread", async () => {
    site.file("long.md", `# Long\n\n${"*word* ".repeat(1000)}`);
    await using command = run(["--no-config", "--port", "0", "--ready", "json", "--quiet"]);
    const url = `http://127.0.0.1:${await portOf(command)}/long.md?preview`;
    expect(await (await fetch(url)).text()).toContain("<em>word</em>");
  });

  test("makes certificates", async () => {
    const data = packed.folder("data");
    const words = ["--no-config", "--port", "0", "--ready", "json", "--quiet", "--tls"];
    await using command = run(words, { XDG_DATA_HOME: data });
    const { port } = JSON.parse((await command.line()) ?? "null") as { port: number };
    const answer = await fetch(`https://127.0.0.1:${port}/a.flv`, {
      tls: { rejectUnauthorized: false },
    });
    expect(await answer.text()).toBe("rare");
  });

  test("reads one part to answer with a file, and a second one to list a folder", async () => {
    expect(await partsReadFor("/a.txt")).toBe(1);
    expect(await partsReadFor("/")).toBe(2);
  });

  test("checks", async () => {
    const script = join(folder, "fixtures/wire/fetch-cors/without.wire");
    await using command = run(["check", script, "--no-replay"]);
    expect(await command.status).toBe(0);
  });

  test("has its manual page where package.json says, the same that it prints", async () => {
    expect(about.man).toEqual(["./dist/postern.1"]);
    const page = readFileSync(join(folder, "dist/postern.1"), "utf8");
    expect(page).toStartWith(".Dd ");
    await using command = run(["man"]);
    expect(`${(await command.rest()).join("\n")}\n`).toBe(page);
    await using completions = run(["completions", "bash"]);
    expect((await completions.rest()).at(-1)).toBe("complete -o default -F _postern postern");
  });

  test("is a library, of one instance by import and by require", async () => {
    await Bun.write(
      join(project, "library.ts"),
      `import * as postern from "postern";
       await using server = await postern.serve({ port: 0, files: { "/a.txt": "a" } });
       server.route("GET", "/hi", () => new postern.ResponseBuilder(200).text("hi").build());
       server.route("GET", "/bad", () => { throw new postern.BodyError("json"); });
       const get = async (path) => {
         const answer = await fetch(new URL(path, server.url));
         return [answer.status, path === "/bad" ? "" : await answer.text()];
       };
       const answers = [await get("/a.txt"), await get("/hi"), await get("/bad")];
       const same = require("postern").serve === postern.serve;
       console.log(JSON.stringify({ names: Object.keys(postern).toSorted(), answers, same }));`,
    );
    const { stdout, stderr } = await packed.run(["bun", "library.ts"], project);
    expect(stderr).toBe("");
    expect(JSON.parse(stdout)).toEqual({
      names: Object.keys(await import("../../index.ts")).toSorted(),
      answers: [
        [200, "a"],
        [200, "hi"],
        [400, ""],
      ],
      same: true,
    });
  });

  test("is a library that loads one part of the bundle", async () => {
    await Bun.write(join(project, "import.ts"), 'import "postern";');
    const child = Bun.spawnSync([process.execPath, "import.ts"], {
      cwd: project,
      env: { ...packed.environment(), BUN_JSC_verboseDiskCache: "1" },
    });
    const said = child.stdout.toString() + child.stderr.toString();
    expect(said.split("Cache hit").length - 1).toBe(1);
  });

  test("may be bundled into a program, which needs nothing beside it then", async () => {
    await Bun.write(
      join(project, "program.ts"),
      `import { serve } from "postern";
       await using server = await serve({ port: 0, files: { "/a.txt": "a".repeat(2000) } });
       const headers = { "Accept-Encoding": "br" };
       const answer = await fetch(new URL("/a.txt", server.url), { headers });
       console.log(answer.headers.get("content-encoding"), (await answer.text()).length);`,
    );
    const alone = packed.folder("alone");
    const words = ["bun", "build", "--target=bun", "program.ts", "--outfile"];
    expect(await packed.run([...words, join(alone, "program.js")], project)).toMatchObject({
      status: 0,
    });
    expect(await packed.run(["bun", "program.js"], alone)).toEqual({
      stdout: "br 2000\n",
      stderr: "",
      status: 0,
    });
  });

  test("shows the line of a test that fails, and none of its own", async () => {
    await Bun.write(
      join(project, "fails.test.ts"),
      `import { expect, test } from "bun:test";
       import { serve, ServeError } from "postern";
       test("expect", async () => {
         await using server = await serve({ files: {} });
         server.expect("GET", "/never");
       });
       test("expect, a method that no client sends", async () => {
         await using server = await serve({ files: {} });
         server.expect("get", "/never");
       });
       test("next", async () => {
         await using server = await serve({ files: {} });
         await server.next({ within: 1 });
       });
       test("next, a time that isn't one", async () => {
         await using server = await serve({ files: {} });
         await server.next({ within: -1 });
       });
       test("serve, no folder", async () => {
         await serve({ root: "nix" });
       });
       test("serve, a port in use", async () => {
         await using server = await serve({ files: {} });
         await serve({ files: {}, port: server.port });
       });
       test("serve, no option", async () => {
         await serve({ fils: {} });
       });
       test("names", async () => {
         await using server = await serve({ files: {} });
         await fetch(new URL("a?b", server.url), { method: "POST", body: "abc" });
         console.log(server.requests, ServeError, ServeError.name);
         expect(server.requests[0]).toEqual({});
       });`,
    );
    const { stdout, stderr } = await packed.run(["bun", "test", "fails.test.ts"], project);
    expect(stdout).toContain(
      '\n[\n  RecordedRequest { POST /a?b → 405, the body "abc" }\n] [class ServeError extends Error] ServeError\n',
    );
    expect(stderr).toContain("\n+ RecordedRequest {\n");
    expect(stderr).not.toContain("/dist/");
    // The marked lines, and what is said of each.
    const reports = stderr.matchAll(/^\d+ \| +(.*)\n +\^\n(.*)/gm);
    expect(
      Array.from(reports, ([, line, text]) => [line, text?.replace(/port \d+/, "port N")]),
    ).toEqual([
      [
        'server.expect("GET", "/never");',
        "error: expected GET /never: none came. No request came.",
      ],
      ['server.expect("get", "/never");', 'TypeError: not a method: "get"; clients send GET'],
      [
        "await server.next({ within: 1 });",
        "error: waited for any request: none in 1 ms. No request came.",
      ],
      [
        "await server.next({ within: -1 });",
        "TypeError: within must be from 0 to 2147483647 milliseconds, not -1",
      ],
      ['await serve({ root: "nix" });', "ServeError: no such folder: nix"],
      [
        "await serve({ files: {}, port: server.port });",
        "ServeError: port N on localhost is in use",
      ],
      [
        "await serve({ fils: {} });",
        'TypeError: no option is called "fils"; did you mean "files"?',
      ],
      ["expect(server.requests[0]).toEqual({});", "error: expect(received).toEqual(expected)"],
    ]);
  });

  test("gives `postern/check` to the tests of a project", async () => {
    await Bun.write(
      join(project, "a.wire"),
      readFileSync(join(folder, "fixtures/wire/fetch-cors/without.wire")),
    );
    await Bun.write(
      join(project, "a.test.ts"),
      `import { serve } from "postern";
       import { wire } from "postern/check";
       import { mkdirSync } from "node:fs";
       mkdirSync("tree", { recursive: true });
       const server = await serve({ root: "tree", port: 0 });
       wire("a.wire", { against: server.url, tree: "tree" });`,
    );
    const { stderr, status } = await packed.run(["bun", "test", "a.test.ts"], project);
    expect(stderr).toContain(" 0 fail");
    expect(stderr).toMatch(/ [1-9]\d* pass/);
    expect(status).toBe(0);
  });
});

describe("an empty folder", () => {
  const version = { stdout: `${about.version}\n`, status: 0 };

  test("is enough for bunx", async () => {
    const empty = packed.folder("empty-bunx");
    const words = ["bunx", "--package", packed.tarball, "postern", "--version"];
    expect(await packed.run(words, empty)).toMatchObject(version);
    expect(readdirSync(empty)).toEqual([]);
  });

  test("is enough for bun add --global", async () => {
    const empty = packed.folder("empty-global");
    const added = await packed.run(["bun", "add", "--global", packed.tarball], empty);
    expect(added).toMatchObject({ status: 0 });
    const command = join(packed.home, "bun/bin/postern");
    expect(await packed.run([command, "--version"], empty)).toMatchObject(version);
    expect(readdirSync(empty)).toEqual([]);
  });

  test.skipIf(Bun.which("npx") === null)("is enough for npx (needs npx)", async () => {
    const empty = packed.folder("empty-npx");
    const npx = ["npx", "--yes", "--offline", "--package", packed.tarball, "postern"];
    expect(await packed.run([...npx, "--version"], empty)).toMatchObject(version);
    expect(readdirSync(empty)).toEqual([]);
  });
});

/** A folder whose files Bun reads before its program: they run another one, and set a bad port. */
class UntrustedFolder extends TempSite {
  constructor() {
    super("empty");
    this.file("bunfig.toml", 'preload = ["./preload.ts"]\n');
    this.file("preload.ts", 'require("node:fs").writeFileSync("ran", "");\n');
    this.file(".env", "PORT=none\n");
  }

  get hasRun(): boolean {
    return existsSync(join(this.root, "ran"));
  }
}

describe("the installed command", () => {
  test("runs nothing that a folder's bunfig.toml names, and reads no .env there", async () => {
    using place = new UntrustedFolder();
    const command = join(project, "node_modules/.bin/postern");
    await using child = Bun.spawn([command, "--no-config", "--port", "0", "--workers", "2"], {
      cwd: place.root,
      env: packed.environment(),
      stdout: "pipe",
    });
    const { value } = await child.stdout.getReader().read();
    expect(new TextDecoder().decode(value)).toStartWith("Server started. ");
    child.kill("SIGTERM");
    expect(await child.exited).toBe(0);
    expect(place.hasRun).toBe(false);
    expect(await packed.run([command, "--help"], place.root)).toMatchObject({ status: 0 });
    expect(place.hasRun).toBe(false);
    // Bun itself would have.
    await packed.run(["bun", program, "--help"], place.root);
    expect(place.hasRun).toBe(true);
  });

  test("says in one line that it needs Bun where there is none", async () => {
    const command = join(project, "node_modules/.bin/postern");
    expect(await packed.run([command], project, "/nowhere")).toEqual({
      stdout: "",
      stderr: "postern: needs Bun (https://bun.com): npm install --global bun\n",
      status: 1,
    });
  });
});

describe("another runtime than Bun", () => {
  const line =
    "postern needs Bun (https://bun.com): npm install --global bun, and run this program with bun";

  test("finds every name that the package exports", async () => {
    const text = readFileSync(join(folder, "bin/needs-bun.cjs"), "utf8");
    const names = Array.from(text.matchAll(/^exports\.(\w+) = undefined;$/gm), ([, name]) => name);
    const exported = [await import("../../index.ts"), await import("../../check.ts")];
    expect(names).toEqual(exported.flatMap((module) => Object.keys(module)).toSorted());
    expect(text).toContain(line);
  });

  test.skipIf(Bun.which("node") === null)(
    "is refused by one line when it imports it (needs node)",
    async () => {
      const programs = {
        "a.mjs": 'import { serve } from "postern"; serve();',
        "a.cjs": 'const { serve } = require("postern"); serve();',
        "check.mjs": 'import { wire } from "postern/check"; wire();',
      };
      for (const [name, text] of Object.entries(programs)) {
        await Bun.write(join(project, name), text);
        const { stderr, status } = await packed.run(["node", name], project);
        expect(status).toBe(1);
        expect(stderr.match(/^.*Error: .*$/gm)).toEqual([`[Error: ${line}]`]);
      }
    },
  );

  test.skipIf(Bun.which("node") === null)(
    "is refused by one line when it runs it (needs node)",
    async () => {
      const refused = {
        stdout: "",
        stderr: "postern: needs Bun (https://bun.com): npm install --global bun\n",
        status: 1,
      };
      expect(await packed.run(["node", program], project)).toEqual(refused);
      const without = packed.nodePath();
      if (without === undefined || Bun.which("npx") === null) return;
      expect(await packed.run(["npx", "postern"], project, without)).toEqual(refused);
    },
  );
});

test("a checkout that is added to a project brings none of the tools of its development", async () => {
  const checkout = packed.folder("added/checkout");
  // Without its dependencies, which would need the registry.
  const { dependencies: _, ...manifest } = about;
  await Bun.write(join(checkout, "package.json"), JSON.stringify(manifest));
  cpSync(join(packed.source, "tools"), join(checkout, "tools"), { recursive: true });
  const place = packed.folder("added/project");
  await Bun.write(join(place, "package.json"), "{}");
  expect(await packed.run(["bun", "add", checkout], place)).toMatchObject({ status: 0 });
  const installed = readdirSync(join(place, "node_modules"));
  expect(installed.filter((name) => name !== ".bin")).toEqual(["postern"]);
});

test("without its bundle the command runs the sources, and it says what is broken in one", async () => {
  const checkout = join(packed.source, "bin/postern.js");
  await using sources = new Command(["--version"], {}, site.root, checkout);
  expect(await sources.line()).toBe(about.version);
  expect(await sources.status).toBe(0);
  await Bun.write(join(packed.source, "dist/postern-start.js"), 'require("nothing-by-this-name");');
  await using broken = new Command(["--version"], {}, site.root, checkout);
  expect(await broken.status).toBe(1);
  expect(await broken.stderr).toContain("nothing-by-this-name");
});
