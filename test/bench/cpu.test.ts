import { describe, expect, test } from "bun:test";

import { parseStat, processTree, treeCpuNanoseconds } from "../../bench/cpu.ts";

/** A shell that burns CPU in a child, reaps it and waits for its input to end. */
function startBurner() {
  const burn = "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done";
  return Bun.spawn(["sh", "-c", `sh -c '${burn}'; ${burn}; echo burnt; read line`], {
    stdin: "pipe",
    stdout: "pipe",
  });
}

async function firstWord(stream: ReadableStream<Uint8Array>): Promise<string> {
  const reader = stream.getReader();
  const { value } = await reader.read();
  reader.releaseLock();
  return new TextDecoder().decode(value).trim();
}

describe("CPU of a process tree", () => {
  test("counts what a child and its reaped children burnt, and never goes back", async () => {
    const burner = startBurner();
    try {
      expect(await firstWord(burner.stdout)).toBe("burnt");
      const first = treeCpuNanoseconds(burner.pid);
      const second = treeCpuNanoseconds(burner.pid);
      expect(first).toBeGreaterThan(0);
      expect(second).toBeGreaterThanOrEqual(first);
      const [shell] = processTree(burner.pid);
      expect(shell?.ownTicks).toBeGreaterThan(0);
      expect(shell?.reapedTicks).toBeGreaterThan(0);
    } finally {
      burner.kill();
      await burner.exited;
    }
  });

  test("counts system time and user time of this process as getrusage does", () => {
    const { user, system } = process.cpuUsage();
    const counted = treeCpuNanoseconds(process.pid) / 1000;
    expect(counted).toBeGreaterThanOrEqual(user + system);
  });

  test("finds children of children, the root first", async () => {
    const shell = Bun.spawn(["sh", "-c", "sleep 30 & echo started; wait"], {
      stdin: "pipe",
      stdout: "pipe",
    });
    try {
      await firstWord(shell.stdout);
      const tree = processTree(shell.pid);
      expect(tree).toHaveLength(2);
      expect(tree[0]?.pid).toBe(shell.pid);
      const mine = processTree(process.pid).map(({ pid }) => pid);
      expect(mine).toEqual(expect.arrayContaining(tree.map(({ pid }) => pid)));
    } finally {
      for (const { pid } of processTree(shell.pid).toReversed()) process.kill(pid, "SIGKILL");
      await shell.exited;
    }
  });

  test("is zero for a process that has gone", async () => {
    const gone = Bun.spawn(["true"]);
    await gone.exited;
    expect(treeCpuNanoseconds(gone.pid)).toBe(0);
    expect(processTree(gone.pid)).toEqual([]);
  });
});

describe("proc_pid_stat(5)", () => {
  test("reads past a name with spaces and parentheses", () => {
    const line = "42 (a) (b c) S 7 42 42 0 -1 4194560 1 2 3 4 11 22 33 44 20 0 1 0 9";
    expect(parseStat(line)).toEqual({ pid: 42, parentPid: 7, ownTicks: 33, reapedTicks: 77 });
  });
});
