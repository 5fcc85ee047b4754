/**
 * Chromium, with a home of its own: on Linux its store of trusted authorities lies in the home, and
 * only `certutil` writes it.
 */

import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Client, Errand, Outcome } from "./client.ts";
import { outputOf, postedText } from "./client.ts";

/** Has a browser with this home trust the authority in `caFile`. */
function trust(home: string, caFile: string, certutil: string): void {
  const store = join(home, ".pki", "nssdb");
  mkdirSync(store, { recursive: true });
  const words = ["-A", "-t", "C,,", "-n", "authority", "-i", caFile];
  for (const more of [["-N", "--empty-password"], words]) {
    const { success, stderr } = Bun.spawnSync([certutil, "-d", `sql:${store}`, ...more]);
    if (!success) throw new Error(`certutil: ${stderr.toString().trim()}`);
  }
}

/** Removes a home, into which a browser that is ending may still write. */
async function removeHome(home: string): Promise<void> {
  for (let tries = 0; existsSync(home) && tries < 20; tries++) {
    rmSync(home, { recursive: true, force: true, maxRetries: 3 });
    await Bun.sleep(50);
  }
}

/** The browser at `path`, whose store of authorities the program at `certutil` writes. */
export function chromiumClient(path: string, certutil: string): Client {
  const said = Bun.spawnSync([path, "--version"], { stderr: "ignore" }).stdout.toString();
  const [version = ""] = /\d+(?:\.\d+)+/.exec(said) ?? [];
  const run = async (errand: Errand): Promise<readonly Outcome[]> => {
    const home = mkdtempSync(join(tmpdir(), "postern-chromium-"));
    try {
      const { caFile } = errand;
      if (caFile !== undefined) trust(home, caFile, certutil);
      const asked = JSON.stringify({ ...errand, content: postedText });
      const program = join(import.meta.dir, "programs", "chromium.ts");
      const text = await outputOf([process.execPath, program, asked], errand, { HOME: home });
      return JSON.parse(text) as readonly Outcome[];
    } finally {
      await removeHome(home);
    }
  };
  return { name: "Chromium", version, habits: [], run };
}
