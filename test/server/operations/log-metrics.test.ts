import { afterEach, expect, test } from "bun:test";
import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";

import { defaultLimits } from "../../../src/base/limits.ts";
import { LogOutput } from "../../../src/server/log.ts";
import { LogFile } from "../../../src/server/logging/log-file.ts";
import {
  logFamilies,
  measureLogFile,
  throughSupervisor,
} from "../../../src/server/operations/log-metrics.ts";
import { metricsText } from "../../../src/server/operations/metrics-text.ts";
import { FakeClock } from "../../schedule/fake-clock.ts";
import { TempSite } from "../../temp-site.ts";
import { readExposition } from "./exposition.ts";

afterEach(() => measureLogFile(undefined));

function values(): ReadonlyMap<string, number> {
  return readExposition(metricsText(logFamilies())).values;
}

/** A log in `site`, which is measured, and the output before it. */
async function logIn(site: TempSite) {
  const path = join(site.root, "logs/access.log");
  mkdirSync(join(site.root, "logs"));
  const opened = await LogFile.open(
    path,
    { bytes: 4096, files: 1 },
    {
      failed: () => undefined,
      lost: (lines, why) => output.lost(lines, why),
    },
  );
  if (!opened.ok) throw new Error(opened.error);
  const file = opened.value;
  measureLogFile(file);
  const limits = { ...defaultLimits, logQueueBytesMax: 10_000 } as typeof defaultLimits;
  const output = new LogOutput(limits, new FakeClock(), file, () => undefined);
  return { path, file, output };
}

test("a log on standard output alone has what waits there, and what was dropped", () => {
  const log = values();
  expect([...log.keys()]).toEqual([
    'postern_log_queued_bytes{destination="stdout"}',
    'postern_log_lines_dropped_total{destination="stdout"}',
  ]);
});

test("a log's file has its lines, octets and rotations", async () => {
  using site = new TempSite("empty");
  const { file, output, path } = await logIn(site);
  const line = `${"x".repeat(999)}\n`;
  for (let i = 0; i < 10; i++) await output.write(line);
  const log = values();
  expect(log.get("postern_log_file_lines_total")).toBe(10);
  expect(log.get("postern_log_file_written_bytes_total")).toBe(10_000);
  expect(log.get("postern_log_file_rotations_total")).toBe(2);
  expect(log.get('postern_log_queued_bytes{destination="file"}')).toBe(0);
  expect(log.get('postern_log_file_failures_total{operation="write"}')).toBe(0);
  expect(readFileSync(path, "utf8")).toBe(line.repeat(2));
  await file.close();
});

test("a log's file has what has failed, and the lines that were dropped for it", async () => {
  using site = new TempSite("empty");
  const { file, output, path } = await logIn(site);
  const before = values().get('postern_log_lines_dropped_total{destination="file"}') ?? 0;
  // In place of the folder there is a file, for root, too.
  renameSync(join(site.root, "logs"), join(site.root, "moved"));
  site.file("logs", "");
  file.reopen();
  await output.write(`${"x".repeat(3999)}\n`);
  await output.write(`${"y".repeat(499)}\n`.repeat(3));
  const log = values();
  expect(log.get('postern_log_file_failures_total{operation="open"}')).toBe(1);
  expect(log.get('postern_log_file_failures_total{operation="rotate"}')).toBe(1);
  expect(log.get('postern_log_lines_dropped_total{destination="file"}')).toBe(before + 3);
  expect(log.get("postern_log_file_lines_total")).toBe(1);
  rmSync(join(site.root, "logs"));
  chmodSync(join(site.root, "moved"), 0o755);
  expect(readFileSync(path.replace("/logs/", "/moved/"), "utf8")).toHaveLength(4000);
  await file.close();
});

test("lines that don't fit into the queue are dropped, and counted", async () => {
  using site = new TempSite("empty");
  const { file, output } = await logIn(site);
  const dropped = (): number =>
    values().get('postern_log_lines_dropped_total{destination="file"}') ?? 0;
  const before = dropped();
  const written = output.write("a\n".repeat(3000));
  expect(values().get('postern_log_queued_bytes{destination="file"}')).toBe(6000);
  void output.write("b\n".repeat(2500));
  expect(dropped()).toBe(before + 2500);
  await written;
  expect(values().get("postern_log_file_lines_total")).toBe(3000);
  await file.close();
});

test("what waits in a worker waits for its supervisor", () => {
  const told = readExposition(metricsText(throughSupervisor(logFamilies()))).values;
  expect([...told.keys()]).toEqual([
    'postern_log_queued_bytes{destination="supervisor"}',
    'postern_log_lines_dropped_total{destination="supervisor"}',
  ]);
  const other = { name: "postern_ready", type: "gauge", help: "Ready.", samples: [] } as const;
  expect(throughSupervisor([other])).toEqual([other]);
});
