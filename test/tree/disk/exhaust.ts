/** Run with few descriptors: what a file comes to before, while and after all are in use. */

import * as fs from "node:fs";

import { defaultLimits } from "../../../src/base/limits.ts";
import { bytes } from "../../../src/base/units.ts";
import { EventLoop } from "../../../src/schedule/event-loop.ts";
import { LogicalClock } from "../../../src/schedule/logical-clock.ts";
import { openDiskTree } from "../../../src/tree/disk/disk-tree.ts";
import { outcome } from "../temp-tree.ts";

const tree = openDiskTree({
  root: process.argv[2] ?? "",
  permissions: "other",
  hidden: false,
  symlinks: "inside",
  index: "index.html",
  limits: { ...defaultLimits, inlineBytesMax: bytes(0) },
  clock: new LogicalClock(),
  scheduler: new EventLoop(),
});
if (!tree.ok) throw new Error(tree.error);
const look = (): string => outcome(tree.value, "/many/a/b/file.txt").split(" ")[0] ?? "";

const outcomes = [look()];
const taken: number[] = [];
try {
  for (;;) taken.push(fs.openSync("/dev/null", "r"));
} catch {
  outcomes.push(look());
}
const last = taken.pop();
if (last !== undefined) fs.closeSync(last);
outcomes.push(look());
for (const fd of taken) fs.closeSync(fd);
outcomes.push(look());
process.stdout.write(`${outcomes.join(" ")}\n`);
