import { describe, expect, test } from "bun:test";

import {
  connectionRows,
  deadlinesText,
  fileMode,
  logRows,
  readRotation,
  ready,
} from "../../../src/cli/options/connection-kinds.ts";
import type { Kind } from "../../../src/cli/options/value-kind.ts";

const port = connectionRows.port.kind;
const tls = connectionRows.tls.kind;

/** What `kind` reads of a flag's `text`. */
function read<Value>({ text: how }: Kind<Value>, text: string): Value | undefined {
  return typeof how === "object" ? how.read(text) : undefined;
}

describe("a port", () => {
  test.each(["0", "80", "65535"])("is %p", (text) => {
    expect(read(port, text)).toBe(Number(text));
    expect(port.fault(Number(text), "port")).toBeUndefined();
  });

  test.each(["", "65536", "-1", "8o", "1.5"])("is not %p", (text) => {
    expect(read(port, text)).toBeUndefined();
  });
});

describe("permission bits", () => {
  test("are octal on the command line, and a number in a configuration", () => {
    expect(read(fileMode, "660")).toBe(0o660);
    expect(read(fileMode, "0600")).toBe(0o600);
    expect(read(fileMode, "888")).toBeUndefined();
    expect(fileMode.fault(0o777, "unixMode")).toBeUndefined();
    expect(fileMode.fault(0o1777, "unixMode")).toBeDefined();
  });
});

describe("how a server says that it listens", () => {
  test("is a word, or a descriptor that is no standard stream", () => {
    expect(read(ready, "json")).toBe("json");
    expect(read(ready, "json:3")).toEqual({ descriptor: 3 });
    for (const text of ["xml", "json:2", "json:", "json:-1"]) {
      expect(read(ready, text)).toBeUndefined();
    }
  });
});

describe("a certificate", () => {
  test("is a local one, or two files or their texts", () => {
    expect(tls.fault(true, "tls")).toBeUndefined();
    expect(tls.fault({ cert: "a.pem", key: "b.pem" }, "tls")).toBeUndefined();
    expect(tls.fault({ cert: 1 }, "tls")).toBeDefined();
    expect(tls.fault("yes", "tls")).toBeDefined();
  });
});

test("deadlines are times, written by their names", () => {
  expect(deadlinesText.read("write=5m,idle=1s,head=250ms")).toEqual({
    writeTimeMs: 300_000,
    idleTimeMs: 1000,
    headerTimeMs: 250,
  });
  expect(deadlinesText.read("write=300")).toEqual({ writeTimeMs: 300_000 });
  expect(deadlinesText.read("head=1,body=2,idle=0.5,write=4,handler=5,stop=0")).toEqual({
    headerTimeMs: 1000,
    bodyTimeMs: 2000,
    idleTimeMs: 500,
    writeTimeMs: 4000,
    handlerTimeMs: 5000,
    stopTimeMs: 0,
  });
});

test.each([
  "",
  "write",
  "write=",
  "write=-1",
  "write=1sec",
  "write=1,",
  "write=1,write=2",
  "linger=1",
])("%p is no list of deadlines", (text) => {
  expect(deadlinesText.read(text)).toBeUndefined();
});

test("a deadline is a week at most", () => {
  expect(deadlinesText.read("write=604800")).toEqual({ writeTimeMs: 604_800_000 });
  expect(deadlinesText.read("write=604801")).toBeUndefined();
  expect(deadlinesText.read("toString=1")).toBeUndefined();
});

describe("where a listener for operators listens", () => {
  const place = connectionRows.metrics.kind;

  test("is text or a number in a configuration, and text on the command line", () => {
    expect(place.fault("0.0.0.0:9100", "metrics")).toBeUndefined();
    expect(place.fault(9100, "metrics")).toBeUndefined();
    expect(place.fault(true, "metrics")).toBeDefined();
    expect(read(place, "[::1]:9100")).toBe("[::1]:9100");
  });
});
describe("a rotation", () => {
  test.each([
    ["10M", { bytes: 10 * 2 ** 20, files: 5 }],
    ["10Mx7", { bytes: 10 * 2 ** 20, files: 7 }],
    ["4096x1", { bytes: 4096, files: 1 }],
    ["4k", { bytes: 4096, files: 5 }],
    ["1gx100", { bytes: 2 ** 30, files: 100 }],
    ["1024G", { bytes: 2 ** 40, files: 5 }],
  ])("%p is a size and a count of files", (text, rotation) => {
    expect(readRotation(text)).toEqual(rotation);
  });

  test.each(["", "M", "10", "4095", "10Mx", "10Mx0", "10Mx101", "1025G", "-1M", "10 M", "10MB"])(
    "%p is none",
    (text) => {
      expect(readRotation(text)).toBeUndefined();
      expect(logRows.logRotate.kind.fault(text, "")).toBeDefined();
      expect(logRows.logRotate.kind.text.read(text)).toBeUndefined();
    },
  );

  test("must be text in a configuration", () => {
    expect(logRows.logRotate.kind.fault(10, "logRotate")?.text).toContain("expected a size");
    expect(logRows.logRotate.kind.fault("10M", "logRotate")).toBeUndefined();
  });
});

test("the log's file is relative to the configuration that names it", () => {
  expect(logRows.logFile.kind.resolvePaths?.("a.log", (path) => `/etc/${path}`)).toBe("/etc/a.log");
});
