import { describe, expect, test } from "bun:test";

import { concatBytes } from "../../../src/http/octets/bytes.ts";
import type { ArchiveEntry } from "../../../src/site/archive/folder-entries.ts";
import { FileOctets } from "../../../src/site/archive/file-octets.ts";
import { tarOctets } from "../../../src/site/archive/tar-octets.ts";
import { FakeFile } from "../fake-file.ts";
import { atOnce, FakeEntries, file, folder } from "./fake-entries.ts";

async function archiveOf(...entries: readonly ArchiveEntry[]): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  const files = new FileOctets(600, atOnce);
  for await (const chunk of tarOctets(new FakeEntries(...entries), files)) {
    chunks.push(new Uint8Array(chunk));
  }
  return concatBytes(chunks);
}

const long = "0123456789".repeat(200);

describe("a tar archive", () => {
  test("is read by the runtime's own reader", async () => {
    const archive = await archiveOf(
      folder("top"),
      file("short", "top", "a.txt"),
      folder("top", "empty"),
      file("", "top", "nothing"),
      file(long, "top", `${"n".repeat(240)}.txt`),
      file("x", "top", "\u{1f600}\nü"),
    );
    expect(archive.length % 512).toBe(0);
    const read = await new Bun.Archive(archive).files();
    const texts = await Promise.all(
      [...read].map(async ([name, one]) => [name, await one.text()] as const),
    );
    expect(Object.fromEntries(texts)).toEqual({
      "top/a.txt": "short",
      "top/nothing": "",
      [`top/${"n".repeat(240)}.txt`]: long,
      "top/\u{1f600}\nü": "x",
    });
  });

  test.if(Bun.which("tar") !== null)("is listed by tar as it was (needs tar)", async () => {
    const archive = await archiveOf(folder("top"), folder("top", "sub"), file("abc", "top", "a b"));
    const list = Bun.spawnSync(["tar", "-tvf", "-"], {
      stdin: archive,
      env: { ...process.env, TZ: "UTC", LC_ALL: "C" },
    });
    expect(list.stderr.toString()).toBe("");
    const lines = list.stdout.toString().trim().split("\n");
    expect(lines.map((line) => line.replaceAll(/ +/g, " "))).toEqual([
      "drwxr-xr-x 0/0 0 2024-02-29 12:00 top/",
      "drwxr-xr-x 0/0 0 2024-02-29 12:00 top/sub/",
      "-rw-r--r-- 0/0 3 2024-02-29 12:00 top/a b",
    ]);
  });

  test("closes each file before the next is opened, and the last when it is left early", async () => {
    const [first, second] = [new FakeFile("a".repeat(2000)), new FakeFile("b".repeat(2000))];
    const entries = new FakeEntries(file(first, "a"), file(second, "b"));
    const octets = tarOctets(entries, new FileOctets(600, atOnce));
    while (second.reads.length === 0) {
      expect((await octets.next()).done).toBe(false);
    }
    expect([first.closed > 0, second.closed]).toEqual([true, 0]);
    await octets.return();
    expect([second.closed > 0, entries.returned]).toEqual([true, 1]);
  });

  test("closes a file of which no more than the header was wanted", async () => {
    const only = new FakeFile("abc");
    const octets = tarOctets(new FakeEntries(file(only, "a")), new FileOctets(600, atOnce));
    expect((await octets.next()).value).toHaveLength(512);
    await octets.return();
    expect([only.reads.length, only.closed]).toEqual([0, 1]);
  });

  test("is broken off by a file that has shrunk, which is closed", async () => {
    const shrunk = new FakeFile("abc", { size: 4 });
    expect(archiveOf(file(shrunk, "a"), file("b", "b"))).rejects.toThrow("has become shorter");
    expect(shrunk.closed).toBeGreaterThan(0);
  });
});
