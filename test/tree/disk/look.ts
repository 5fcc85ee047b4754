/** Run as another user: what the paths given come to when the process's own rights count. */

import { defaultLimits } from "../../../src/base/limits.ts";
import { EventLoop } from "../../../src/schedule/event-loop.ts";
import { LogicalClock } from "../../../src/schedule/logical-clock.ts";
import { openDiskTree } from "../../../src/tree/disk/disk-tree.ts";
import { outcome } from "../temp-tree.ts";

const [root = "", ...names] = process.argv.slice(2);
const tree = openDiskTree({
  root,
  permissions: "process",
  hidden: false,
  symlinks: "inside",
  index: "index.html",
  limits: defaultLimits,
  clock: new LogicalClock(),
  scheduler: new EventLoop(),
});
if (!tree.ok) throw new Error(tree.error);
for (const name of names) process.stdout.write(`${outcome(tree.value, name)}\n`);
