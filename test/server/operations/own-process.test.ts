import { expect, test } from "bun:test";

import about from "../../../package.json";
import { processFamilies, serverFamilies } from "../../../src/server/operations/own-process.ts";

const valueOf = (name: string, families = processFamilies()): number =>
  families.find((family) => family.name === name)?.samples[0]?.value ?? Number.NaN;

test("a process tells its CPU time, which grows, and its memory", () => {
  const before = valueOf("process_cpu_seconds_total");
  let sum = 0;
  while (valueOf("process_cpu_seconds_total") === before) sum += Math.sqrt(sum + 1);
  expect(valueOf("process_cpu_seconds_total")).toBeGreaterThan(before);
  expect(valueOf("process_resident_memory_bytes")).toBeGreaterThan(1_000_000);
});

test("a server tells when it started, its versions, and whether it is ready", () => {
  const nowMs = Date.now();
  const families = serverFamilies(true, nowMs);
  const started = valueOf("process_start_time_seconds", families);
  expect(Math.abs(nowMs / 1000 - process.uptime() - started)).toBeLessThanOrEqual(1);
  expect(valueOf("postern_ready", families)).toBe(1);
  expect(valueOf("postern_ready", serverFamilies(false, nowMs))).toBe(0);
  expect(families.find(({ name }) => name === "postern_build_info")?.samples).toEqual([
    { suffix: "", labels: { version: about.version, bun: Bun.version }, value: 1 },
  ]);
});
