import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

import { layOut } from "../bundle.ts";
import about from "../package.json";
import { Command } from "./cli/command.ts";
import { RawClient } from "./raw-client.ts";
import { TempSite } from "./temp-site.ts";

const site = new TempSite("empty");
site.file("a.txt", "a".repeat(2000));
site.file("a.flv", "rare");
const folder = realpathSync(mkdtempSync(join(tmpdir(), "postern-package-")));
const program = join(folder, "bin/postern.ts");
const dist = join(folder, "dist");
const bundle = join(dist, "postern.js");

beforeAll(async () => {
  await layOut(folder);
  symlinkSync(join(import.meta.dir, "../node_modules"), join(folder, "node_modules"));
});
afterAll(() => {
  site[Symbol.dispose]();
  rmSync(folder, { recursive: true });
});

/** The package's command, run in the site. */
function run(words: readonly string[], environment: Record<string, string> = {}): Command {
  return new Command(words, environment, site.root, program);
}

/** The modules that the source maps of `parts` name, without those that the bundler made. */
function sourcesIn(parts: readonly string[]): readonly string[] {
  return parts.flatMap((part) => {
    const text = readFileSync(join(dist, `${part}.map`), "utf8");
    const { sources } = JSON.parse(text) as { readonly sources: readonly string[] };
    const written = sources.filter((name) => !/^(?:entry|part|shared|late):/.test(name));
    return written.map((name) => relative(folder, join(dist, name)));
  });
}

/** How many parts of the bundle a server reads to start and to answer one request for `path`. */
async function partsReadFor(path: string): Promise<number> {
  await using command = run(["--no-config", "--port", "0", "--ready", "json", "--quiet"], {
    BUN_JSC_verboseDiskCache: "1",
  });
  const client = await RawClient.connect(await portOf(command));
  client.send(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
  await client.ending();
  expect(client.text).toStartWith("HTTP/1.1 200 ");
  command.signal("SIGTERM");
  expect(await command.status).toBe(0);
  return (await command.stderr).split("Cache hit").length - 1;
}

async function portOf(command: Command): Promise<number> {
  return (JSON.parse((await command.line()) ?? "null") as { port: number }).port;
}

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

  test("names no place that it hasn't got, and none of where it was made", async () => {
    const parts = readdirSync(dist).filter((name) => name.endsWith(".js"));
    const text = parts.map((name) => readFileSync(join(dist, name), "utf8")).join("\n");
    const places = text.matchAll(
      /new URL\("(\.[^"]+)",Bun\.pathToFileURL\(Bun\.main\+"([^"]+)"\)\.href\)/g,
    );
    const programs = Array.from(places, ([, name = "", place = ""]) =>
      relative(folder, fileURLToPath(new URL(name, pathToFileURL(program + place)))),
    );
    expect(programs.toSorted()).toEqual([
      "src/cli/config/config-worker.ts",
      "src/cli/workers/worker.ts",
      "src/site/markdown/markdown-worker.ts",
      "src/site/variants/zlib-worker.ts",
    ]);
    const sources = sourcesIn(parts);
    expect(sources).toContain("src/cli/main.ts");
    for (const name of [...programs, ...sources]) {
      expect([name, existsSync(join(folder, name))]).toEqual([name, true]);
    }
    expect(text).not.toContain(folder);
    expect(text).not.toContain(join(import.meta.dir, ".."));
  });

  test("has one instance of each module, so each lies in one part", () => {
    const parts = readdirSync(dist).filter((name) => name.endsWith(".js"));
    expect(parts.length).toBeGreaterThan(1);
    const sources = sourcesIn(parts);
    expect(sources.filter((name, at) => sources.indexOf(name) !== at)).toEqual([]);
    for (const name of ["listing/listing-page", "live/live", "forms/form-digest"]) {
      expect(sourcesIn(["postern.js"])).not.toContain(`src/site/${name}.ts`);
      expect(sources).toContain(`src/site/${name}.ts`);
    }
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

  test("gives its sources to a program that imports it", () => {
    const { exports, files } = about;
    expect(exports["."].bun).toBe("./index.ts");
    expect(exports["."].types).toBe("./index.ts");
    expect(existsSync(join(folder, exports["."].bun))).toBe(true);
    expect(files.filter((name) => !existsSync(join(folder, name)))).toEqual([]);
  });

  test("without its bundle runs its sources, and says what is broken in one", async () => {
    rmSync(bundle);
    await using sources = run(["--version"]);
    expect(await sources.line()).toBe(about.version);
    expect(await sources.status).toBe(0);
    await Bun.write(bundle, 'require("nothing-by-this-name");');
    await using broken = run(["--version"]);
    expect(await broken.status).toBe(1);
    expect(await broken.stderr).toContain("nothing-by-this-name");
  });
});

/** What a program printed until it ended, and its exit status. */
async function ended(words: readonly string[], cwd: string, path = process.env["PATH"]) {
  await using child = Bun.spawn([...words], {
    cwd,
    env: { PATH: path, HOME: folder },
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  return { stdout, stderr, status: await child.exited };
}

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
  const command = join(folder, "postern");

  beforeAll(() => {
    // As a package manager installs it.
    chmodSync(program, 0o755);
    symlinkSync("bin/postern.ts", command);
    rmSync(bundle, { force: true });
  });

  test("runs nothing that a folder's bunfig.toml names, and reads no .env there", async () => {
    using place = new UntrustedFolder();
    const path = `${dirname(process.execPath)}:${process.env["PATH"]}`;
    await using child = Bun.spawn([command, "--no-config", "--port", "0", "--workers", "2"], {
      cwd: place.root,
      env: { PATH: path, HOME: folder },
      stdout: "pipe",
    });
    const { value } = await child.stdout.getReader().read();
    expect(new TextDecoder().decode(value)).toStartWith("Server started. ");
    child.kill("SIGTERM");
    expect(await child.exited).toBe(0);
    expect(place.hasRun).toBe(false);
    expect(await ended([command, "--help"], place.root, path)).toMatchObject({ status: 0 });
    expect(place.hasRun).toBe(false);
    // Bun itself would have.
    await ended([process.execPath, program, "--help"], place.root);
    expect(place.hasRun).toBe(true);
  });

  test("says in one line that it needs Bun where there is none", async () => {
    expect(await ended([command], folder, "/nowhere")).toEqual({
      stdout: "",
      stderr: "postern: needs Bun (https://bun.com): npm install --global bun\n",
      status: 1,
    });
  });
});

describe("an import by another runtime than Bun", () => {
  const line = "postern needs Bun: run this program with bun (https://bun.com)";

  test("finds every name that index.ts exports, and is told what is missing", async () => {
    const text = readFileSync(join(folder, about.exports["."].default), "utf8");
    const names = Array.from(text.matchAll(/^exports\.(\w+) = undefined;$/gm), ([, name]) => name);
    expect(names).toEqual(Object.keys(await import("../index.ts")).toSorted());
    expect(text).toContain(line);
  });

  test.skipIf(Bun.which("node") === null)(
    "is refused by one line under Node (needs node)",
    async () => {
      const modules = join(folder, "program/node_modules");
      mkdirSync(modules, { recursive: true });
      symlinkSync(folder, join(modules, "postern"));
      const place = join(folder, "program");
      await Bun.write(join(place, "a.mjs"), 'import { serve } from "postern"; serve();');
      await Bun.write(join(place, "a.cjs"), 'const { serve } = require("postern"); serve();');
      for (const name of ["a.mjs", "a.cjs"]) {
        const { stderr, status } = await ended(["node", name], place);
        expect(status).toBe(1);
        expect(stderr.match(/^.*Error: .*$/gm)).toEqual([`[Error: ${line}]`]);
      }
    },
  );
});

describe("an executable that bun build --compile makes", () => {
  const executable = join(folder, "executable");

  beforeAll(() => {
    const autoload = ["--no-compile-autoload-bunfig", "--no-compile-autoload-dotenv"];
    const words = ["build", "--compile", ...autoload, "index.ts", "--outfile", executable];
    const { exitCode } = Bun.spawnSync([process.execPath, ...words], { cwd: folder });
    expect(exitCode).toBe(0);
  });

  test("runs nothing that a folder's bunfig.toml names, and reads no .env there", async () => {
    using place = new UntrustedFolder();
    expect(await ended([executable, "--help"], place.root)).toMatchObject({ status: 0 });
    expect(place.hasRun).toBe(false);
  });

  test("says that it can't start workers", async () => {
    expect(await ended([executable, "--port", "0", "--workers", "2"], folder)).toEqual({
      stdout: "",
      stderr: "postern: a compiled executable can't start workers\n",
      status: 2,
    });
    expect(await ended([executable, "--workers", "1", "--version"], folder)).toMatchObject({
      status: 0,
    });
  });

  test("has the script of live reload", async () => {
    await using server = Bun.spawn([executable, site.root, "--port", "0", "--live"], {
      stdout: "pipe",
    });
    let printed = "";
    for await (const octets of server.stdout) {
      printed += new TextDecoder().decode(octets);
      if (printed.endsWith("\n")) break;
    }
    const url = new URL(".postern/live.js", /http:\S+/.exec(printed)?.[0]);
    expect(await (await fetch(url)).text()).toContain("new EventSource");
  });

  test("says that it can't run a configuration in TypeScript", async () => {
    const words = [executable, "--port", "0", "--config", "a.config.ts"];
    await Bun.write(join(folder, "a.config.ts"), "export default {};");
    expect(await ended(words, folder)).toEqual({
      stdout: "",
      stderr: "postern: a.config.ts: a compiled executable reads only JSON\n",
      status: 2,
    });
  });
});
