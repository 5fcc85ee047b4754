/** Run as another user: what the paths given come to when the process's own rights count. */

import { defaultLimits } from "../../src/base/limits.ts";
import { Moments } from "../../src/tree/cache/freshness.ts";
import { EventLoop } from "../../src/schedule/event-loop.ts";
import { openTree } from "../../src/tree/disk/disk-tree.ts";
import { outcome } from "./temp-tree.ts";

const [root = "", ...names] = process.argv.slice(2);
const tree = openTree({
  root,
  permissions: "process",
  hidden: false,
  symlinks: "inside",
  index: "index.html",
  limits: defaultLimits,
  moments: new Moments(),
  scheduler: new EventLoop(),
});
if (!tree.ok) throw new Error(tree.error);
for (const name of names) process.stdout.write(`${outcome(tree.value, name)}\n`);
