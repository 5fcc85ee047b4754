/**
 * The list of probes: measurements that aren't a closed loop of equal requests. Each returns rows
 * as the cases do. To add a probe, write its file and add it to this list.
 */

import { idle } from "./idle.ts";
import { listing } from "./listing.ts";
import type { Probe } from "./probe.ts";
import { slowReaders } from "./slow-readers.ts";
import { start } from "./start.ts";
import { syscalls } from "./syscalls.ts";
import { tree } from "./tree.ts";
import { workers } from "./workers.ts";

export const probes: readonly Probe[] = [
  idle,
  workers,
  start,
  listing,
  tree,
  slowReaders,
  syscalls,
];
