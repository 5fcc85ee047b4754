/** Processes of this machine, as its system knows them. */

import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";

/** The fields of /proc/PID/stat after the name, which may hold anything; undefined if it is gone. */
function statOf(pid: number): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    return text.slice(text.lastIndexOf(")") + 2).split(" ");
  } catch {
    return undefined;
  }
}

/** Process and parent of each process that is more than an exit status waiting to be read. */
function table(): (readonly [pid: number, parent: number])[] {
  if (!existsSync("/proc/self/stat")) {
    const { stdout } = Bun.spawnSync(["ps", "-A", "-o", "pid=,ppid=,stat="]);
    return Array.from(stdout.toString().matchAll(/^ *(\d+) +(\d+) +[^Z]/gm), ([, pid, parent]) => [
      Number(pid),
      Number(parent),
    ]);
  }
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const [state, parent] = statOf(Number(name)) ?? ["Z"];
      return state === "Z" ? [] : [[Number(name), Number(parent)] as const];
    });
}

/** The children of `pid` that run, in the order of their start. */
export function childrenOf(pid: number): number[] {
  return table()
    .filter(([, parent]) => parent === pid)
    .map(([child]) => child)
    .toSorted((a, b) => a - b);
}

/** Waits until `pid` has `count` children that are none of `others`, and answers with all. */
export async function awaitChildren(
  pid: number,
  count: number,
  others: readonly number[] = [],
): Promise<number[]> {
  const giveUpMs = performance.now() + 20_000;
  for (;;) {
    const children = childrenOf(pid);
    const fresh = children.filter((child) => !others.includes(child));
    if (fresh.length >= count) return children;
    if (performance.now() > giveUpMs) throw new Error(`${pid} has ${children.length} children`);
    await Bun.sleep(5);
  }
}

/** Waits until none of `pids` runs. */
export async function awaitEnd(pids: readonly number[]): Promise<void> {
  const giveUpMs = performance.now() + 20_000;
  for (;;) {
    const running = table().filter(([pid]) => pids.includes(pid));
    if (running.length === 0) return;
    if (performance.now() > giveUpMs) throw new Error(`${String(running)} still run`);
    await Bun.sleep(5);
  }
}

/** Descriptors that `pid` holds open of sockets; Linux only. */
export function socketsOf(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).filter((name) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${name}`).startsWith("socket:");
    } catch {
      return false;
    }
  }).length;
}
