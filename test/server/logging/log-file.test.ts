import { afterAll, describe, expect, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join, resolve } from "node:path";

import { LogFile } from "../../../src/server/logging/log-file.ts";
import type { LogRotation } from "../../../src/server/logging/log-rotation.ts";
import { TempSite } from "../../temp-site.ts";

const place = new TempSite("empty");
afterAll(() => place[Symbol.dispose]());

/** Files that are open. */
const files: LogFile[] = [];
afterAll(() => Promise.all(files.map((file) => file.close())));

let folders = 0;

/** A log in a folder of its own, and what it has reported. */
class Log {
  readonly folder = join(place.root, String(folders++));
  readonly path = join(this.folder, "access.log");
  readonly reports: string[] = [];

  constructor() {
    mkdirSync(this.folder);
  }

  async open(rotation?: LogRotation, path = this.path): Promise<LogFile> {
    const opened = await LogFile.open(path, rotation, {
      lost: (lines, why) => void this.reports.push(`${lines} ${why}`),
      failed: (line) => void this.reports.push(line),
    });
    if (!opened.ok) throw new Error(opened.error);
    files.push(opened.value);
    return opened.value;
  }

  /** The text of the file, or of one that it was renamed to. */
  text(number?: number): string {
    return readFileSync(number === undefined ? this.path : `${this.path}.${number}`, "utf8");
  }
}

describe("a log's file", () => {
  test("is made for its owner to write and its group to read, and is appended to", async () => {
    const log = new Log();
    const before = process.umask(0);
    const file = await log.open();
    process.umask(before);
    expect(statSync(log.path).mode & 0o777).toBe(0o640);
    await file.write("one\ntwo\n");
    await file.write(Buffer.from("three\n"));
    const other = await log.open();
    await other.write("four\n");
    expect(log.text()).toBe("one\ntwo\nthree\nfour\n");
  });

  test("gets what was written during a write, in its order", async () => {
    const log = new Log();
    const file = await log.open();
    const lines = Array.from({ length: 500 }, (_, i) => `${i} ${"x".repeat(i)}\n`);
    const written = lines.map((line) => file.write(line));
    expect(file.queued).toBe(lines.join("").length);
    expect(file.queuedLines).toBeGreaterThan(400);
    await Promise.all(written);
    expect(file.queued).toBe(0);
    expect(file.queuedLines).toBe(0);
    expect(log.text()).toBe(lines.join(""));
  });

  test.each(["folder", "fifo", "/dev/null", "absent/access.log"])("can't be %s", async (what) => {
    const log = new Log();
    const path = resolve(log.folder, what);
    if (what === "folder") mkdirSync(path);
    if (what === "fifo") expect(Bun.spawnSync(["mkfifo", path]).exitCode).toBe(0);
    const opened = await LogFile.open(path, undefined, {
      lost: () => undefined,
      failed: () => undefined,
    });
    const expected = {
      folder: "it is a folder",
      fifo: "it is no file",
      "/dev/null": "it is no file",
      "absent/access.log": "there is no such folder",
    }[what];
    expect(opened).toEqual({ ok: false, error: expected ?? "" });
  });
});

describe("reopened", () => {
  test("it goes on at its path, after the file was renamed, and after another was made", async () => {
    const log = new Log();
    const file = await log.open();
    await file.write("one\n");
    renameSync(log.path, `${log.path}.1`);
    await file.write("two\n");
    file.reopen();
    await file.write("three\n");
    expect([log.text(1), log.text()]).toEqual(["one\ntwo\n", "three\n"]);
    renameSync(log.path, `${log.path}.2`);
    writeFileSync(log.path, "", { mode: 0o600 });
    file.reopen();
    await file.write("four\n");
    expect([log.text(2), log.text()]).toEqual(["three\n", "four\n"]);
    expect(statSync(log.path).mode & 0o777).toBe(0o600);
  });

  test("makes the file though nothing is written", async () => {
    const log = new Log();
    const file = await log.open();
    renameSync(log.path, `${log.path}.1`);
    file.reopen();
    await file.waitFor(file.write(""), 1000 as never);
    expect(existsSync(log.path)).toBe(true);
  });

  test("it goes on in the open file where that fails, and says so", async () => {
    const log = new Log();
    const file = await log.open();
    await file.write("one\n");
    renameSync(log.path, `${log.path}.1`);
    mkdirSync(log.path);
    file.reopen();
    await file.write("two\n");
    expect(log.text(1)).toBe("one\ntwo\n");
    expect(log.reports).toEqual([
      `${log.path} can't be opened again, so the log goes on in the file that was open: it is a folder`,
    ]);
  });

  test("it isn't when its file is emptied in place, as by copytruncate", async () => {
    const log = new Log();
    const file = await log.open();
    await file.write("one\ntwo\n");
    truncateSync(log.path);
    await file.write("three\n");
    expect(log.text()).toBe("three\n");
  });
});

describe("rotated", () => {
  test("it is renamed in whole lines, never longer than its size, and the oldest goes", async () => {
    const log = new Log();
    const file = await log.open({ bytes: 20, files: 2 });
    await file.write("111111\n222222\n333333\n");
    expect([log.text(1), log.text()]).toEqual(["111111\n222222\n", "333333\n"]);
    for (const digit of "45678") await file.write(`${digit.repeat(6)}\n`);
    expect([log.text(2), log.text(1)]).toEqual(["333333\n444444\n", "555555\n666666\n"]);
    expect(log.text()).toBe("777777\n888888\n");
    expect(existsSync(`${log.path}.3`)).toBe(false);
    expect(log.reports).toEqual([]);
  });

  test("it has a file of its own for a line that is longer than that", async () => {
    const log = new Log();
    const file = await log.open({ bytes: 20, files: 3 });
    await file.write(`1\n${"x".repeat(50)}\n2\n`);
    expect([log.text(2), log.text(1), log.text()]).toEqual(["1\n", `${"x".repeat(50)}\n`, "2\n"]);
  });

  test("it counts what was in the file before, and again after it was emptied", async () => {
    const log = new Log();
    writeFileSync(log.path, "before, long\n");
    const file = await log.open({ bytes: 20, files: 1 });
    await file.write("after, long\n");
    expect([log.text(1), log.text()]).toEqual(["before, long\n", "after, long\n"]);
    truncateSync(log.path);
    await file.write("emptied\n");
    await file.write("as seen\n");
    expect([log.text(1), log.text()]).toEqual(["before, long\n", "emptied\nas seen\n"]);
  });

  test("it leaves alone what another program has put at its path", async () => {
    const log = new Log();
    const file = await log.open({ bytes: 10, files: 1 });
    await file.write("one one\n");
    renameSync(log.path, `${log.path}.moved`);
    writeFileSync(log.path, "new\n");
    await file.write("two\n");
    expect(log.text()).toBe("new\ntwo\n");
    expect(existsSync(`${log.path}.1`)).toBe(false);
  });

  test("it drops lines when it can't be, since the files have a bound, until it can", async () => {
    const log = new Log();
    const file = await log.open({ bytes: 10, files: 1 });
    mkdirSync(`${log.path}.1`);
    await file.write("one one\n");
    await file.write("two\nthree\n");
    expect(log.text()).toBe("one one\n");
    expect(log.reports).toEqual([`2 ${log.path}: it can't be rotated, EISDIR`]);
    renameSync(`${log.path}.1`, `${log.path}.gone`);
    await file.write("four\n");
    expect([log.text(1), log.text()]).toEqual(["one one\n", "four\n"]);
  });
});

/**
 * Runs a program in which no file may be longer than a kilobyte, as on a full disk: `write` takes
 * what there is room for, and then fails (setrlimit(2), RLIMIT_FSIZE).
 */
async function onFullDisk(path: string, code: string): Promise<string> {
  const module = resolve(import.meta.dir, "../../../src/server/logging/log-file.ts");
  const program = `
    import { LogFile } from ${JSON.stringify(module)};
    import { truncateSync, renameSync } from "node:fs";
    const path = ${JSON.stringify(path)};
    const reports = [];
    const { value: file } = await LogFile.open(path, undefined, {
      lost: (lines, why) => void reports.push(lines + " " + why),
      failed: (line) => void reports.push(line),
    });
    ${code}
    await file.close();
    console.log(reports.join(", "));
  `;
  const script = 'trap "" XFSZ; ulimit -S -f 1; exec "$0" -e "$1"';
  const child = Bun.spawn(["bash", "-c", script, process.execPath, program], { stderr: "pipe" });
  const said = await child.stdout.text();
  if ((await child.exited) !== 0) throw new Error(await child.stderr.text());
  return said.trimEnd();
}

describe("on a full disk", () => {
  const line = `${"x".repeat(99)}\n`;

  test("lines are dropped and counted, and the line that was begun is completed", async () => {
    const log = new Log();
    const said = await onFullDisk(
      log.path,
      `await file.write(${JSON.stringify(line)}.repeat(15));
       await file.write("dropped\\n");
       renameSync(path, path + ".full");
       file.reopen();
       await file.write("room again\\n");`,
    );
    // Ten lines and the beginning of an eleventh, whose rest can't be written into another file.
    const full = readFileSync(`${log.path}.full`, "utf8");
    expect(full).toBe(line.repeat(11).slice(0, 1024));
    expect(log.text()).toBe("room again\n");
    const why = "another file was begun within a line";
    expect(said).toBe(`4 ${log.path}: EFBIG, 1 ${log.path}: EFBIG, 1 ${log.path}: ${why}`);
  });

  test("and in the same file, when there is room in it again", async () => {
    const log = new Log();
    const said = await onFullDisk(
      log.path,
      `await file.write(${JSON.stringify(line)}.repeat(12));
       await file.write("dropped\\n");
       // The line that was begun is neither written nor lost yet.
       if (file.queuedLines !== 1) throw new Error(String(file.queuedLines));
       Bun.spawnSync(["prlimit", "--pid", String(process.pid), "--fsize=unlimited"]);
       await file.write("room again\\n");`,
    );
    expect(log.text()).toBe(`${line.repeat(11)}room again\n`);
    expect(said).toBe(`1 ${log.path}: EFBIG, 1 ${log.path}: EFBIG`);
  });

  test("and the rest of a line isn't written into a file that was emptied within it", async () => {
    const log = new Log();
    const said = await onFullDisk(
      log.path,
      `await file.write(${JSON.stringify(line)}.repeat(12));
       truncateSync(path);
       await file.write("room again\\n");`,
    );
    expect(log.text()).toBe("room again\n");
    const why = "the file was changed within a line";
    expect(said).toBe(`1 ${log.path}: EFBIG, 1 ${log.path}: ${why}`);
  });
});
