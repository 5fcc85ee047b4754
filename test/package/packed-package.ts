/**
 * The package as `npm pack` makes it (`bun pm pack` where there is no npm), of a copy of this
 * checkout, so that the checkout is not changed while other tests read it. Everything that installs
 * it keeps to a temporary home, and needs no registry, since the package has no dependencies.
 */

import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const checkout = join(import.meta.dir, "../..");

/** What of a checkout no package is made of. */
const unpacked = [
  ".git",
  "bench",
  "clients",
  "coverage",
  "dist",
  "editors",
  "node_modules",
  "test",
];

/** What a program printed until it ended, and its exit status. */
export interface Ended {
  readonly stdout: string;
  readonly stderr: string;
  readonly status: number;
}

export class PackedPackage implements Disposable {
  /** A temporary folder, also the home of all that is run. */
  readonly home = realpathSync(mkdtempSync(join(tmpdir(), "postern-package-")));
  /** The copy of the checkout that is packed. */
  readonly source = join(this.home, "checkout");
  readonly tarball = join(this.home, "postern.tgz");
  /** The `PATH` with the Bun that runs the tests, by the name `bun`. */
  readonly path: string;

  constructor() {
    const bin = join(this.home, "bin");
    mkdirSync(bin);
    symlinkSync(process.execPath, join(bin, "bun"));
    symlinkSync(process.execPath, join(bin, "bunx"));
    this.path = `${bin}:${process.env["PATH"]}`;
  }

  /** Packs the package. */
  async pack(): Promise<void> {
    mkdirSync(this.source);
    for (const name of readdirSync(checkout)) {
      if (unpacked.includes(name)) continue;
      cpSync(join(checkout, name), join(this.source, name), { recursive: true });
    }
    symlinkSync(join(checkout, "node_modules"), join(this.source, "node_modules"));
    const words =
      Bun.which("npm") === null ? ["bun", "pm", "pack", "--quiet"] : ["npm", "pack", "--silent"];
    const { stdout, stderr, status } = await this.run(words, this.source);
    const name = stdout.trim().split("\n").at(-1) ?? "";
    if (status !== 0 || !name.endsWith(".tgz")) throw new Error(`${words.join(" ")}: ${stderr}`);
    cpSync(join(this.source, name), this.tarball);
    rmSync(join(this.source, name));
  }

  /** A new folder with nothing in it. */
  folder(name: string): string {
    const path = join(this.home, name);
    mkdirSync(path, { recursive: true });
    return path;
  }

  /** Installs the package in a new project. Returns the project's folder. */
  async install(name: string): Promise<string> {
    const project = this.folder(name);
    await Bun.write(join(project, "package.json"), '{"name":"project","type":"module"}');
    const { stderr, status } = await this.run(["bun", "add", this.tarball], project);
    if (status !== 0) throw new Error(stderr);
    return project;
  }

  /** The environment of all that is run. */
  environment(path = this.path): Record<string, string> {
    return {
      PATH: path,
      HOME: this.home,
      BUN_INSTALL: join(this.home, "bun"),
      TMPDIR: this.folder("tmp"),
      npm_config_update_notifier: "false",
    };
  }

  /** Runs a program until it ends. */
  async run(words: readonly string[], cwd: string, path = this.path): Promise<Ended> {
    const [name = "", ...others] = words;
    const program = name.includes("/") ? name : (Bun.which(name, { PATH: path }) ?? name);
    await using child = Bun.spawn([program, ...others], {
      cwd,
      env: this.environment(path),
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
    const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text()]);
    return { stdout, stderr, status: await child.exited };
  }

  /** The `PATH` with Node and without Bun; undefined where there is no Node. */
  nodePath(): string | undefined {
    const node = Bun.which("node");
    if (node === null) return undefined;
    const bin = this.folder("node-only");
    const tools = ["node", "sh", "env", "npx", "npm"].map(
      (name) => [name, Bun.which(name)] as const,
    );
    for (const [name, path] of tools) {
      if (path === null) continue;
      rmSync(join(bin, name), { force: true });
      symlinkSync(name === "node" ? realpathSync(node) : path, join(bin, name));
    }
    return bin;
  }

  [Symbol.dispose](): void {
    rmSync(this.home, { recursive: true, force: true });
  }
}

/** The folder of the installed package in `project`. */
export function packageIn(project: string): string {
  return join(project, "node_modules/postern");
}
