import { afterAll, describe, expect, test } from "bun:test";
import type { Socket } from "bun";
import * as fs from "node:fs";

import type { SystemCalls } from "../../src/system/system-calls.ts";
import { nativeCalls } from "../../src/system/system-choice.ts";
import { plainCalls } from "../../src/system/plain-calls.ts";
import { FileStat } from "../../src/system/file-stat.ts";
import { errorName, PreparedPath } from "../../src/system/system-calls.ts";
import { TempTree } from "../tree/temp-tree.ts";

const native = nativeCalls();
const both: readonly (readonly [kind: string, calls: SystemCalls])[] = [
  ["plain", plainCalls],
  ...(native === undefined ? [] : ([["native", native]] as const)),
];

/** What `calls` see at `path`, which is there. */
function see(calls: SystemCalls, path: string): FileStat {
  const stat = new FileStat();
  expect(calls.look(path, stat)).toBe(0);
  return stat;
}

/** Why a call failed, by what it answered. */
function reasonOf(answer: number | string): string {
  expect(typeof answer).toBe("number");
  return errorName(Math.abs(Number(answer)));
}

describe.each(both)("a look by the %s calls", (_, calls) => {
  const tree = new TempTree();
  afterAll(() => tree.remove());

  test("sees mode, size and time", () => {
    tree.file("seen.txt", "twelve bytes", 0o604);
    fs.utimesSync(tree.at("seen.txt"), 1_000_000_000.25, 4_500_000_000.75);
    const stat = see(calls, tree.at("seen.txt"));
    expect(stat.mode).toBe(0o100604);
    expect(stat.size).toBe(12);
    expect(stat.mtimeMs).toBe(4_500_000_000_750);
  });

  test("sees a link itself, and a folder", () => {
    tree.link("link", "nowhere");
    expect(see(calls, tree.at("link")).mode & 0o170000).toBe(0o120000);
    expect(see(calls, tree.root).mode).toBe(0o040755);
  });

  test("sees a file past 4 GB at its size", () => {
    tree.file("huge", "");
    fs.truncateSync(tree.at("huge"), 5 * 2 ** 30 + 7);
    expect(see(calls, tree.at("huge")).size).toBe(5 * 2 ** 30 + 7);
    fs.rmSync(tree.at("huge"));
  });

  test("finds names that aren't ASCII", () => {
    tree.file("grüße 🚪.txt", "hello");
    expect(see(calls, tree.at("grüße 🚪.txt")).size).toBe(5);
    const stat = new FileStat();
    expect(calls.look(new PreparedPath(tree.at("grüße 🚪.txt")), stat)).toBe(0);
    expect(stat.size).toBe(5);
  });

  test("is not misled by what a longer path has left behind", () => {
    tree.file("folder/with/a/long/name.txt", "long");
    tree.file("short", "shorter");
    expect(see(calls, tree.at("folder/with/a/long/name.txt")).size).toBe(4);
    expect(see(calls, tree.at("short")).size).toBe(7);
  });

  test("says why it has seen nothing, and leaves the stat alone", () => {
    tree.file("plain.txt", "x");
    const stat = see(calls, tree.at("plain.txt"));
    const before = stat.copy();
    const why = (path: string): string => errorName(calls.look(path, stat));
    expect(why(tree.at("missing"))).toBe("ENOENT");
    expect(why(`${tree.at("plain.txt")}/x`)).toBe("ENOTDIR");
    expect(why(tree.at("n".repeat(256)))).toBe("ENAMETOOLONG");
    expect(why(`/${"x/".repeat(4000)}`)).toBe("ENAMETOOLONG");
    expect(why(`/${"é/".repeat(1365)}x`)).toBe("ENAMETOOLONG");
    expect(why(`${tree.at("plain.txt")}\0.html`)).toBe("EINVAL");
    expect(errorName(calls.lookInto(2 ** 30, stat))).toBe("EBADF");
    expect(stat.isSame(before)).toBe(true);
  });

  test("sees what is open, under whatever name it goes by now", () => {
    tree.file("open.txt", "open");
    const fd = fs.openSync(tree.at("open.txt"), "r");
    const opened = new FileStat();
    expect(calls.lookInto(fd, opened)).toBe(0);
    expect(opened.isSame(see(calls, tree.at("open.txt")))).toBe(true);
    tree.file("other.txt", "else");
    fs.renameSync(tree.at("other.txt"), tree.at("open.txt"));
    expect(calls.lookInto(fd, opened)).toBe(0);
    expect(opened.isSame(see(calls, tree.at("open.txt")))).toBe(false);
    fs.closeSync(fd);
  });

  test("is different after each change of content, permission, time, name or file", () => {
    const path = tree.at("changing.txt");
    const changes: readonly (readonly [what: string, change: () => void])[] = [
      ["content", () => fs.writeFileSync(path, "two")],
      ["length", () => fs.appendFileSync(path, "!")],
      ["permission", () => fs.chmodSync(path, 0o600)],
      ["time", () => fs.utimesSync(path, 5, 5)],
      ["a name more", () => fs.linkSync(path, tree.at("hard"))],
      ["another file", () => fs.renameSync(tree.at("another.txt"), path)],
    ];
    tree.file("another.txt", "two!", 0o600);
    tree.file("changing.txt", "one");
    for (const [what, change] of changes) {
      const before = see(calls, path);
      expect([what, see(calls, path).isSame(before)]).toEqual([what, true]);
      // A clock tick of the kernel's, or both may have the same time.
      Bun.sleepSync(12);
      change();
      expect([what, see(calls, path).isSame(before)]).toEqual([what, false]);
    }
  });

  test("takes a folder for the same while its entries change, and not after chmod", () => {
    tree.folder("room", 0o755);
    const before = see(calls, tree.at("room"));
    tree.file("room/new.txt", "new");
    fs.utimesSync(tree.at("room"), 9, 9);
    expect(see(calls, tree.at("room")).isSameFolder(before)).toBe(true);
    fs.chmodSync(tree.at("room"), 0o750);
    expect(see(calls, tree.at("room")).isSameFolder(before)).toBe(false);
    fs.chmodSync(tree.at("room"), 0o755);
    fs.renameSync(tree.at("room"), tree.at("old-room"));
    tree.folder("room", 0o755);
    expect(see(calls, tree.at("room")).isSameFolder(before)).toBe(false);
  });
});

describe.each(both)("opening and reading by the %s calls", (_, calls) => {
  const tree = new TempTree();
  afterAll(() => tree.remove());
  test("give the octets from a position on, as many as there is room for, and none at the end", () => {
    tree.file("text.txt", "twelve bytes");
    const fd = calls.open(tree.at("text.txt"), "content");
    expect(fd).toBeGreaterThan(2);
    const room = new Uint8Array(20).fill(0x2e);
    expect(calls.read(fd, room.subarray(5, 9), 1)).toBe(4);
    expect(calls.read(fd, room.subarray(10), 7)).toBe(5);
    expect(Buffer.from(room).toString()).toBe(".....welv.bytes.....");
    expect(calls.read(fd, room, 12)).toBe(0);
    calls.close(fd);
    expect(reasonOf(calls.read(fd, room, 0))).toBe("EBADF");
    expect(() => calls.close(fd)).not.toThrow();
  });

  test("read past 4 GB", () => {
    tree.file("huge", "");
    fs.truncateSync(tree.at("huge"), 5 * 2 ** 30);
    fs.appendFileSync(tree.at("huge"), "end");
    const fd = calls.open(new PreparedPath(tree.at("huge")), "content");
    const room = new Uint8Array(5);
    expect(calls.read(fd, room, 5 * 2 ** 30 - 1)).toBe(4);
    expect([...room]).toEqual([0, 0x65, 0x6e, 0x64, 0]);
    calls.close(fd);
    fs.rmSync(tree.at("huge"));
  });

  test("find names that aren't ASCII, and say why they don't open", () => {
    tree.file("grüße 🚪.txt", "hello");
    tree.link("link", "grüße 🚪.txt");
    const fd = calls.open(tree.at("grüße 🚪.txt"), "content");
    expect(fd).toBeGreaterThan(2);
    calls.close(fd);
    expect(reasonOf(calls.open(tree.at("link"), "content"))).toBe("ELOOP");
    expect(reasonOf(calls.open(tree.at("missing"), "content"))).toBe("ENOENT");
    expect(reasonOf(calls.open(`${tree.at("grüße 🚪.txt")}/x`, "content"))).toBe("ENOTDIR");
    expect(reasonOf(calls.open(tree.at("grüße 🚪.txt"), "listing"))).toBe("ENOTDIR");
    expect(reasonOf(calls.open(tree.at("n".repeat(256)), "content"))).toBe("ENAMETOOLONG");
    expect(reasonOf(calls.open(`${tree.at("x")}\0.html`, "content"))).toBe("EINVAL");
  });

  test.if(process.platform === "linux")("hold a folder as a place, and no link to it", () => {
    tree.file("folder/a.txt", "a");
    tree.link("to-folder", "folder");
    expect(reasonOf(calls.open(tree.at("to-folder"), "place"))).toBe("ENOTDIR");
    expect(reasonOf(calls.open(tree.at("folder/a.txt"), "place"))).toBe("ENOTDIR");
    const place = calls.open(tree.at("folder"), "place");
    const inside = calls.open(`/proc/self/fd/${place}/a.txt`, "content");
    expect(calls.read(inside, new Uint8Array(9), 0)).toBe(1);
    expect(reasonOf(calls.read(place, new Uint8Array(9), 0))).toBe("EBADF");
    for (const fd of [place, inside]) calls.close(fd);
  });

  test("wait for no FIFO's writer", () => {
    Bun.spawnSync(["mkfifo", tree.at("fifo")]);
    const fd = calls.open(tree.at("fifo"), "content");
    const stat = new FileStat();
    expect(calls.lookInto(fd, stat)).toBe(0);
    expect(stat.mode & 0o170000).toBe(0o010000);
    calls.close(fd);
  });

  test.if(process.platform === "linux")("keep what is open from other programs", () => {
    for (const way of ["content", "listing", "place"] as const) {
      const fd = calls.open(tree.root, way);
      const flags = /^flags:\s*(\d+)/m.exec(fs.readFileSync(`/proc/self/fdinfo/${fd}`, "utf8"));
      expect([way, Number.parseInt(flags?.[1] ?? "", 8) & 0o2000000]).toEqual([way, 0o2000000]);
      calls.close(fd);
    }
  });

  test("say whether the process may read what a path leads to, by a link as well", () => {
    tree.file("readable/here.txt", "here");
    tree.link("to-readable", "readable/here.txt");
    tree.link("to-nowhere", "nowhere");
    for (const name of ["readable", "readable/here.txt", "to-readable"]) {
      expect([name, calls.mayRead(tree.at(name))]).toEqual([name, 0]);
    }
    expect(reasonOf(calls.mayRead(tree.at("to-nowhere")))).toBe("ENOENT");
    expect(reasonOf(calls.mayRead(tree.at("readable/here.txt/x")))).toBe("ENOTDIR");
    expect(reasonOf(calls.mayRead(tree.at("n".repeat(256))))).toBe("ENAMETOOLONG");
    expect(reasonOf(calls.mayRead(`${tree.root}\0`))).toBe("EINVAL");
  });

  test("say where a link leads, and what a path really is", () => {
    tree.file("really/here.txt", "here");
    tree.link("short", "r");
    tree.link("long", "ö/".repeat(1300));
    tree.link("way", "really");
    expect(calls.readLink(tree.at("long"))).toBe("ö/".repeat(1300));
    expect(calls.readLink(tree.at("short"))).toBe("r");
    expect(reasonOf(calls.readLink(tree.at("really")))).toBe("EINVAL");
    expect(reasonOf(calls.readLink(tree.at("none")))).toBe("ENOENT");
    const real = fs.realpathSync.native(tree.at("really/here.txt"));
    expect(calls.realPath(tree.at("way/../way/./here.txt"))).toBe(real);
    expect(calls.realPath(".")).toBe(fs.realpathSync.native("."));
    expect(reasonOf(calls.realPath(tree.at("short")))).toBe("ENOENT");
    expect(reasonOf(calls.realPath(""))).toBe("ENOENT");
    expect(reasonOf(calls.realPath(`${tree.root}\0`))).toBe("EINVAL");
    expect(reasonOf(calls.readLink(`${tree.at("short")}\0`))).toBe("EINVAL");
  });
});

describe.each(both)("sending by the %s calls", (_, calls) => {
  test("is refused, and takes nothing, where there is no socket or no file to carry", () => {
    const file = fs.openSync(import.meta.path, "r");
    const folder = fs.openSync(import.meta.dir, "r");
    expect(calls.sendFile(-1, file, 0, 10)).toBeUndefined();
    expect(calls.sendFile(file, -1, 0, 10)).toBeUndefined();
    expect(calls.sendFile(folder, file, 0, 10)).toBeUndefined();
    expect(calls.sendMore(file, new Uint8Array(3))).toBe(0);
    expect(calls.sendMore(-1, new Uint8Array(3))).toBe(0);
    expect(calls.queued(file)).toBeUndefined();
    expect(calls.queued(-1)).toBeUndefined();
    expect(calls.segmentOctets(file)).toBeUndefined();
    expect(calls.segmentOctets(-1)).toBeUndefined();
    expect(() => calls.acknowledge(-1)).not.toThrow();
    expect(() => calls.boundUnsent(-1, 1)).not.toThrow();
    expect(() => calls.boundUnread(-1, 1)).not.toThrow();
    fs.closeSync(file);
    fs.closeSync(folder);
  });
});

describe.skipIf(native === undefined)("acknowledging (needs libc)", () => {
  type Open = Socket & { readonly fd: number };

  test("leaves the peer no octets that are queued for it", async () => {
    const arrived = Promise.withResolvers<Open>();
    using listener = Bun.listen({
      hostname: "127.0.0.1",
      port: 0,
      socket: {
        // The kernel delays acknowledgements once a socket has answered.
        data: (socket, octets) =>
          octets[0] === 1 ? void socket.write("a") : arrived.resolve(socket as Open),
      },
    });
    const answered = Promise.withResolvers<void>();
    const client = (await Bun.connect({
      hostname: "127.0.0.1",
      port: listener.port,
      socket: { data: () => answered.resolve() },
    })) as Open;
    client.write(new Uint8Array([1]));
    await answered.promise;
    client.write(new Uint8Array([2]));
    native?.acknowledge((await arrived.promise).fd);
    expect(native?.queued(client.fd)).toBe(0);
    client.end();
  });
});

test("a path with a NUL in it can't be prepared", () => {
  expect(() => new PreparedPath("/etc/passwd\0.html")).toThrow("NUL");
});

test("an error without a name has its number", () => {
  expect(errorName(2)).toBe("ENOENT");
  expect(errorName(999)).toBe("error 999");
});

describe.skipIf(native === undefined).each(both)(
  "a look from a folder by the %s calls (needs libc)",
  (_, calls) => {
    const tree = new TempTree();
    afterAll(() => tree.remove());

    test("sees what the path leads to from there", () => {
      tree.file("from/here.txt", "twelve bytes");
      const fd = fs.openSync(tree.at("from"), fs.constants.O_RDONLY | fs.constants.O_DIRECTORY);
      const stat = new FileStat();
      expect(calls.look("here.txt", stat, fd)).toBe(0);
      expect(stat.isSame(see(calls, tree.at("from/here.txt")))).toBe(true);
      expect(errorName(calls.look("there.txt", stat, fd))).toBe("ENOENT");
      fs.closeSync(fd);
    });
  },
);
