import { afterAll, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const folder = join(import.meta.dir, "../../examples/container");
const image = mkdtempSync(join(tmpdir(), "postern-image-"));
afterAll(() => rmSync(image, { recursive: true, force: true }));

const hasTools = process.platform === "linux" && Bun.which("ldd") !== null;

test.skipIf(!hasTools)("the image has all that an executable needs to start", () => {
  const made = Bun.spawnSync([join(folder, "image.sh"), process.execPath, image]);
  expect([made.exitCode, made.stderr.toString()]).toEqual([0, ""]);
  for (const name of ["postern", "srv", "proc"]) expect(existsSync(join(image, name))).toBe(true);
  if (process.geteuid?.() !== 0) return;
  const started = Bun.spawnSync(["chroot", image, "/postern", "--version"]);
  expect(started.stdout.toString().trim()).toBe(Bun.version);
});

test("the image is made by a script that is there, and runs as nobody", () => {
  const text = readFileSync(join(folder, "Containerfile"), "utf8");
  expect(text).toContain("\nRUN examples/container/image.sh dist/bin/postern /image\n");
  expect(text).toContain(`\nFROM docker.io/oven/bun:${Bun.version} AS build\n`);
  expect(text).toContain("\nUSER 65534:65534\n");
});
