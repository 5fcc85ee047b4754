import { describe, expect, test } from "bun:test";

import { BodyCheck, Contents } from "../../bench/body-check.ts";
import type { Exchange } from "../../bench/cases.ts";
import {
  MemoryWatch,
  parseResident,
  parseWaits,
  treeResidentBytes,
  treeWaits,
  waitsSince,
} from "../../bench/memory.ts";
import { shuffled, siteBytes } from "../../bench/site.ts";
import { callsPerRequest, parseCounts } from "../../bench/syscalls.ts";
import { establishedInodes } from "../../bench/workers.ts";

describe("the files of the site", () => {
  test("have the same content each time, which doesn't repeat", () => {
    const content = siteBytes({ path: "a", bytes: 4096 });
    expect(siteBytes({ path: "a", bytes: 4096 })).toEqual(content);
    expect(siteBytes({ path: "b", bytes: 4096 })).not.toEqual(content);
    expect(content.subarray(0, 1024)).not.toEqual(content.subarray(1024, 2048));
  });

  test("of prose are as long as asked for, and can be compressed", () => {
    const content = siteBytes({ path: "a", bytes: 10_240, isProse: true });
    expect(content).toHaveLength(10_240);
    const share = Bun.gzipSync(new Uint8Array(content)).length / content.length;
    expect(share).toBeGreaterThan(0.2);
    expect(share).toBeLessThan(0.5);
  });

  test("are visited in an order that goes through all, once", () => {
    const order = shuffled(1000);
    expect(order.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
    expect(order.slice(0, 20)).not.toEqual(order.slice(0, 20).toSorted((a, b) => a - b));
    expect(shuffled(1000)).toEqual(order);
  });
});

describe("the bodies of answers", () => {
  const path = "probes.test.ts";
  const file = Bun.file(import.meta.path);
  const contents = new Contents(import.meta.dir);
  const whole: Exchange["body"] = { kind: "file", path, offset: 10, length: 100 };
  const exchanges: readonly Exchange[] = [
    { request: "", status: 206, body: whole },
    { request: "", status: 200, body: { kind: "gzip", path } },
  ];

  test("are compared piece by piece with the part of the file that they should be", async () => {
    const bytes = (await file.bytes()).subarray(10, 110);
    const check = new BodyCheck(exchanges, contents);
    for (const from of [0, 40]) check.take(bytes.subarray(from, from + (from || 40)), 0);
    expect(check.fault).toBeUndefined();
    check.end(0);
    check.take(bytes.subarray(1), 0);
    expect(check.fault).toBe(`the body differs from ${path}`);
  });

  test("that are coded are decoded first", async () => {
    const coded = Bun.gzipSync(await file.bytes());
    const check = new BodyCheck(exchanges, contents);
    check.take(coded.subarray(0, 50), 1);
    check.take(coded.subarray(50), 1);
    check.end(1);
    expect(check.fault).toBeUndefined();
    check.take(await file.bytes(), 1);
    check.end(1);
    expect(check.fault).toBe(`the body is not ${path}, gzip'd`);
  });
});

describe("proc_pid_status(5)", () => {
  const status = "Name:\tbun\nVmHWM:\t  900 kB\nVmRSS:\t   512 kB\nvoluntary_ctxt_switches:\t42\n";

  test("reports memory and waits", () => {
    expect(parseResident(status)).toBe(512 * 1024);
    expect(parseWaits(status)).toBe(42);
    expect(parseResident("Name:\tkthreadd\n")).toBe(0);
  });

  test("is read for a tree of processes, and the most is kept", () => {
    using watch = new MemoryWatch(process.pid);
    expect(watch.firstBytes).toBeGreaterThan(1_000_000);
    watch.look();
    expect(watch.peakBytes).toBeGreaterThanOrEqual(watch.firstBytes);
    expect(treeResidentBytes(process.pid)).toBeGreaterThan(1_000_000);
  });
});

describe("waits", () => {
  test("are those of threads that are there, new ones too", () => {
    const before = new Map([
      ["1", 10],
      ["2", 500],
    ]);
    const after = new Map([
      ["1", 12],
      ["3", 4],
    ]);
    expect(waitsSince(before, after)).toBe(6);
    expect(treeWaits(process.pid).size).toBeGreaterThan(0);
  });
});

describe("strace -c", () => {
  const table = `% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- ----------------
 60.12    0.012345          12      1000           sendto
 30.00    0.006000           6      1000         3 recvfrom
  5.00    0.001000           1       100           epoll_pwait2
  3.00    0.000600           6       100           statx
  1.88    0.000400           4       100           futex
------ ----------- ----------- --------- --------- ----------------
100.00    0.020345                  2300         3 total
`;

  test("tells calls by name, with errors and without", () => {
    expect(parseCounts(table)).toEqual(
      new Map([
        ["sendto", 1000],
        ["recvfrom", 1000],
        ["epoll_pwait2", 100],
        ["statx", 100],
        ["futex", 100],
      ]),
    );
  });

  test("is summed up for each request, by what calls are for", () => {
    expect(callsPerRequest(parseCounts(table), 1000)).toEqual({
      receives: [1],
      sends: [1],
      waits: [0.1],
      fileCalls: [0.1],
      otherCalls: [0.1],
    });
  });
});

describe("proc_net_tcp(5)", () => {
  test("names the established connections whose own end is the port", () => {
    const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 100 1
   1: 0100007F:1F90 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 101 1
   2: 0100007F:C350 0100007F:1F90 01 00000000:00000000 00:00000000 00000000     0        0 102 1
   3: 0100007F:1F91 0100007F:C351 01 00000000:00000000 00:00000000 00000000     0        0 103 1
`;
    expect(establishedInodes(table, 8080)).toEqual(["101"]);
  });
});
