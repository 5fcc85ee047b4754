import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const folder = join(import.meta.dir, "../../examples/systemd");
const analyze = Bun.which("systemd-analyze");

/** The figure that docs/operations.md tells, in tenths. */
const exposureMax = 6;

test.skipIf(analyze === null)("the service is as little exposed as the page says", () => {
  const { exitCode, stderr } = Bun.spawnSync([
    analyze ?? "",
    "security",
    "--offline=true",
    "--no-pager",
    `--threshold=${exposureMax}`,
    join(folder, "postern.service"),
  ]);
  expect([exitCode, stderr.toString()]).toEqual([0, ""]);
});

test.skipIf(analyze === null)("systemd finds no fault but that postern isn't installed", () => {
  const units = ["postern.service", "postern.socket"].map((name) => join(folder, name));
  const { stderr } = Bun.spawnSync([analyze ?? "", "verify", "--man=no", ...units]);
  const faults = stderr
    .toString()
    .split("\n")
    .filter((line) => /^postern\.|\/postern\./.test(line));
  expect(faults.filter((line) => !line.includes("/usr/local/bin/postern"))).toEqual([]);
});

test("the service sends the signals that postern knows", () => {
  const service = readFileSync(join(folder, "postern.service"), "utf8");
  expect(service).toContain("\nType=notify\n");
  expect(service).toContain("\nExecReload=/bin/kill -HUP $MAINPID\n");
});
