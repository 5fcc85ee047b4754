/**
 * The file servers that are npm packages. They are installed once, at fixed versions, into a cache
 * folder of the bench; the project doesn't depend on them.
 */

import { existsSync, mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

const installed = ["serve@14.2.7", "http-server@14.1.1", "sirv-cli@3.0.1"];

/** The folder into which they are installed. */
const packageFolder = join(
  process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"),
  "postern-bench",
  installed.join("+"),
);

/** The file that a package's command runs. */
export function packageProgram(name: string, file: string): string {
  return join(packageFolder, "node_modules", name, file);
}

/** Installs the packages if they are missing. Returns the reason if that fails. */
export function installPackages(npm: string): string | undefined {
  if (existsSync(join(packageFolder, "node_modules", "sirv-cli"))) return undefined;
  mkdirSync(packageFolder, { recursive: true });
  const quietly = ["--no-audit", "--no-fund", "--ignore-scripts", "--loglevel", "error"];
  const command = [npm, "install", "--prefix", packageFolder, ...quietly, ...installed];
  const run = Bun.spawnSync(command, { stdout: "ignore", stderr: "pipe" });
  if (run.success) return undefined;
  const [line = "npm failed"] = run.stderr.toString().trim().split("\n");
  return line;
}
