/**
 * Wire scripts as tests of a server of one's own. `wire` writes the scripts' files into the folder
 * that the server serves, plays the scripts, and makes each phase a test: `bun test examples`.
 */

import { afterAll } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { serve } from "postern";
import { wire } from "postern/check";

const tree = mkdtempSync(join(tmpdir(), "wire-example-"));
// Any server will do here that serves the folder `tree` and has a URL.
const server = await serve({ root: tree });
afterAll(async () => {
  await server.stop({ force: true });
  rmSync(tree, { recursive: true });
});

const scripts = join(import.meta.dir, "../fixtures/wire/rfc9110-14-range");
wire(scripts, { against: server.url, tree, filter: "if-range" });
