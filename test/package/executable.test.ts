/** The executable for this machine, as `bun run build` makes it, in a folder with nothing else. */

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import about from "../../package.json";
import { buildExecutable } from "../../build/executables.ts";
import { TempSite } from "../temp-site.ts";

// It is built before the first test.
setDefaultTimeout(120_000);

const checkout = join(import.meta.dir, "../..");
const site = new TempSite("site");
const home = realpathSync(mkdtempSync(join(tmpdir(), "postern-executable-")));
const folder = join(home, "bin");
let executable = "";

beforeAll(async () => {
  executable = await buildExecutable(folder);
  site.file("text.txt", "a".repeat(20_000));
  site.file("long.md", `# Long\n\n${"*word* ".repeat(1000)}`);
});
afterAll(() => {
  site[Symbol.dispose]();
  rmSync(home, { recursive: true });
});

/** What the executable printed until it ended, and its exit status. */
async function ended(words: readonly string[], cwd = home, program = executable) {
  await using child = Bun.spawn([program, ...words], {
    cwd,
    env: { HOME: home, PATH: "/nowhere" },
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  return { stdout, stderr, status: await child.exited };
}

/** The executable, serving the site. */
class Serving implements AsyncDisposable {
  readonly #child: Bun.Subprocess<"ignore", "pipe", "inherit">;
  port = 0;

  private constructor(words: readonly string[], cwd: string, program: string) {
    const fixed = ["--port", "0", "--ready", "json", "--quiet"];
    this.#child = Bun.spawn([program, ...words, ...fixed], {
      cwd,
      env: { HOME: home, PATH: "/nowhere", XDG_DATA_HOME: join(home, "data") },
      stdin: "ignore",
      stdout: "pipe",
      stderr: "inherit",
    });
  }

  static async start(
    words: readonly string[],
    cwd = site.root,
    program = executable,
  ): Promise<Serving> {
    const serving = new Serving(words, cwd, program);
    const reader = serving.#child.stdout.getReader();
    const { value } = await reader.read();
    reader.releaseLock();
    const { port } = JSON.parse(new TextDecoder().decode(value)) as { readonly port: number };
    serving.port = port;
    return serving;
  }

  get pid(): number {
    return this.#child.pid;
  }

  get(path: string, accepted = "identity"): Promise<Response> {
    return fetch(`http://127.0.0.1:${this.port}${path}`, {
      headers: { "Accept-Encoding": accepted },
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGTERM");
    expect(await this.#child.exited).toBe(0);
  }
}

/** The names of the threads of a process. */
function threadsOf(pid: number): readonly string[] {
  const tasks = join("/proc", String(pid), "task");
  return readdirSync(tasks).map((id) => readFileSync(join(tasks, id, "comm"), "utf8").trim());
}

describe("an executable", () => {
  test("tells its version and its options", async () => {
    expect(await ended(["--version"])).toEqual({
      stdout: `${about.version}\n`,
      stderr: "",
      status: 0,
    });
    expect((await ended(["--help"])).stdout).toContain("--port");
  });

  test("has the licences of what is in it beside it", () => {
    expect(readdirSync(folder).toSorted()).toEqual(["licences.txt", "postern"]);
    const text = readFileSync(join(folder, "licences.txt"), "utf8");
    for (const name of Object.keys(about.dependencies)) expect(text).toContain(`\n${name} `);
  });

  test("collects no garbage before its first answer", async () => {
    await using child = Bun.spawn([executable, "--port", "0", "--ready", "json", "--quiet"], {
      cwd: site.root,
      // Without the collections that Bun makes by the clock, if a start takes long.
      env: { HOME: home, BUN_JSC_logGC: "1", BUN_GC_TIMER_DISABLE: "1" },
      stdout: "pipe",
      stderr: "pipe",
    });
    const { value } = await child.stdout.getReader().read();
    const { port } = JSON.parse(new TextDecoder().decode(value)) as { readonly port: number };
    expect((await fetch(`http://127.0.0.1:${port}/text.txt`)).status).toBe(200);
    child.kill("SIGKILL");
    const log = await child.stderr.text();
    expect(log).toContain("[GC<");
    expect(log).not.toContain("FullCollection");
  });

  test("serves with workers", async () => {
    await using server = await Serving.start(["--workers", "2"]);
    const answers = await Promise.all(Array.from({ length: 8 }, () => server.get("/text.txt")));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    if (process.platform !== "linux") return;
    const children = `/proc/${server.pid}/task/${server.pid}/children`;
    expect(readFileSync(children, "utf8").trim().split(" ")).toHaveLength(2);
  });

  test.skipIf(process.platform !== "linux")(
    "is replaced on SIGUSR2 by a file that was renamed to its place",
    async () => {
      const program = join(home, "replaced");
      copyFileSync(executable, program);
      await using child = Bun.spawn([program, site.root, "--port", "0", "--ready", "json"], {
        env: { HOME: home, PATH: "/nowhere" },
        stdout: "pipe",
        stderr: "inherit",
      });
      const reader = child.stdout.getReader();
      const pid = async (): Promise<number> => {
        const { value } = await reader.read();
        return (JSON.parse(new TextDecoder().decode(value)) as { readonly pid: number }).pid;
      };
      expect(await pid()).toBe(child.pid);
      copyFileSync(executable, join(home, "next"));
      renameSync(join(home, "next"), program);
      child.kill("SIGUSR2");
      const next = await pid();
      expect(next).not.toBe(child.pid);
      expect(await child.exited).toBe(0);
      process.kill(next, "SIGTERM");
    },
  );

  test("takes the argument of its workers from nobody else", async () => {
    const usual = await ended(["--wroker"]);
    const { stdout, stderr, status } = await ended(["--worker"]);
    expect({ stdout, status }).toEqual({ stdout: "", status: 2 });
    expect(usual.status).toBe(2);
    expect(stderr).toContain("--worker");
  });

  test.each(["br", "zstd", "gzip"])("compresses with %s", async (coding) => {
    await using server = await Serving.start([]);
    const answer = await server.get("/text.txt", coding);
    expect(answer.headers.get("content-encoding")).toBe(coding);
    expect(await answer.text()).toBe("a".repeat(20_000));
  });

  test.skipIf(process.platform !== "linux")(
    "compresses by a thread (needs Linux's /proc)",
    async () => {
      await using server = await Serving.start([]);
      expect(threadsOf(server.pid)).not.toContain("Worker");
      await (await server.get("/text.txt", "br")).bytes();
      expect(threadsOf(server.pid)).toContain("Worker");
    },
  );

  test("makes thumbnails", async () => {
    await using server = await Serving.start([]);
    const answer = await server.get("/img/lab-at-dusk.png?thumbnail");
    expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "image/webp"]);
    const { width } = await new Bun.Image(await answer.bytes()).metadata();
    expect(width).toBeLessThan(400);
  });

  test("renders a long Markdown file by a thread", async () => {
    await using server = await Serving.start([]);
    expect(await (await server.get("/long.md?preview")).text()).toContain("<em>word</em>");
  });

  test("reloads pages", async () => {
    await using server = await Serving.start(["--live"]);
    expect(await (await server.get("/.postern/live.js")).text()).toContain("new EventSource");
    const page = await fetch(`http://127.0.0.1:${server.port}/`, {
      headers: { "Sec-Fetch-Dest": "document" },
    });
    const tag = /<script [^>]*src="(?<script>[^"]+)"/.exec(await page.text());
    expect(tag?.groups?.["script"]).toBe(".postern/live.js");
    const events = await fetch(`http://127.0.0.1:${server.port}/.postern/live`, {
      signal: AbortSignal.timeout(30_000),
    });
    expect(events.headers.get("content-type")).toStartWith("text/event-stream");
    writeFileSync(site.at("css/site.css"), "body {}");
    let heard = "";
    for await (const octets of events.body ?? []) {
      heard += new TextDecoder().decode(octets);
      if (heard.includes('"style"')) break;
    }
    expect(heard).toContain('"style"');
  });

  test("runs a configuration in TypeScript, which may import the package", async () => {
    site.file(
      "postern.config.ts",
      `import { defineConfig } from "postern";
       const to: string = "/text.txt";
       export default defineConfig({ redirects: [{ from: "/old", to }] });`,
    );
    await using server = await Serving.start([]);
    const url = `http://127.0.0.1:${server.port}/old`;
    const answer = await fetch(url, { redirect: "manual" });
    const location = answer.headers.get("location") ?? "";
    expect(new URL(location, url).pathname).toBe("/text.txt");
    rmSync(site.at("postern.config.ts"));
  });

  test("makes certificates", async () => {
    await using server = await Serving.start(["--tls"]);
    const answer = await fetch(`https://127.0.0.1:${server.port}/text.txt`, {
      tls: { rejectUnauthorized: false },
    });
    expect(answer.status).toBe(200);
  });

  test("knows the types of seldom extensions", async () => {
    site.file("a.flv", "rare");
    await using server = await Serving.start([]);
    expect((await server.get("/a.flv")).headers.get("content-type")).toBe("video/x-flv");
  });

  test("checks", async () => {
    const script = join(checkout, "fixtures/wire/fetch-cors/without.wire");
    expect(await ended(["check", script, "--no-replay"])).toMatchObject({ status: 0 });
  });

  test("that others compile of index.ts has workers, too, and says what it can't do", async () => {
    const outfile = join(home, "plain");
    const words = ["build", "--compile", join(checkout, "index.ts"), "--outfile", outfile];
    const built = Bun.spawnSync([process.execPath, ...words], { cwd: home });
    expect(built.exitCode).toBe(0);
    await using server = await Serving.start(["--workers", "2"], site.root, outfile);
    expect((await server.get("/text.txt")).status).toBe(200);
    await Bun.write(join(home, "a.config.ts"), "export default {};");
    expect(await ended(["--config", "a.config.ts"], home, outfile)).toEqual({
      stdout: "",
      stderr:
        "postern: a.config.ts: this executable reads only JSON; `bun run build` makes one that reads it\n",
      status: 2,
    });
  });

  test("runs nothing that a folder's bunfig.toml names, and reads no .env there", async () => {
    using place = new TempSite("empty");
    place.file("bunfig.toml", 'preload = ["./preload.ts"]\n');
    place.file("preload.ts", 'require("node:fs").writeFileSync("ran", "");\n');
    place.file(".env", "PORT=none\n");
    expect(await ended(["--help"], place.root)).toMatchObject({ status: 0 });
    await using server = await Serving.start(["--workers", "2"], place.root);
    expect((await server.get("/")).status).toBe(200);
    expect(existsSync(place.at("ran"))).toBe(false);
  });
});
