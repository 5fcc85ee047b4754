import { afterAll, describe, expect, test } from "bun:test";
import { readFileSync, statSync, writeFileSync } from "node:fs";

import { concatBytes } from "../../../src/http/octets/bytes.ts";
import { FileOctets } from "../../../src/site/archive/file-octets.ts";
import type { ArchiveEntry } from "../../../src/site/archive/folder-entries.ts";
import { zipOctets } from "../../../src/site/archive/zip-octets.ts";
import { encodeWithZlib } from "../../../src/site/variants/zlib-encoding.ts";
import { TempSite } from "../../temp-site.ts";
import { FakeFile } from "../fake-file.ts";
import { atOnce, FakeEntries, file, folder } from "./fake-entries.ts";
import { readZip } from "./read-zip.ts";

const pieceOctets = 1000;

/** The chunks of an archive; files of up to 1,000 octets are short, and from 100 on deflated. */
function zip(entries: AsyncIterable<ArchiveEntry>): AsyncGenerator<Uint8Array, void> {
  const files = new FileOctets(pieceOctets, atOnce);
  return zipOctets(entries, files, (octets) => encodeWithZlib("deflate", octets), 100);
}

async function archiveOf(...entries: readonly ArchiveEntry[]): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of zip(new FakeEntries(...entries))) chunks.push(new Uint8Array(chunk));
  return concatBytes(chunks);
}

const words = "so many words ".repeat(50);
const long = words.repeat(20);
/** Text that doesn't shrink much at once, and not at all by a compression of its pieces. */
const noise = Array.from({ length: 99 }, (_one, i) => String.fromCharCode(33 + ((i * i) % 90)));

const picture = Object.assign(new FakeFile(long), { mediaType: "image/jpeg" });

const entries = (): readonly ArchiveEntry[] => [
  folder("top"),
  folder("top", "empty"),
  file("", "top", "nothing"),
  file(noise.join(""), "top", "tiny"),
  file(words, "top", "short.txt"),
  file(long, "top", "long.txt"),
  file(picture, "top", "picture.jpg"),
  file("x", "top", "\u{1f600}\nü"),
];

describe("a zip archive", () => {
  test("holds every entry with its name, mode, time and content", async () => {
    const read = readZip(await archiveOf(...entries()));
    expect(
      read.map(({ name, content, mode, mtime }) => [
        name,
        mode.toString(8),
        mtime,
        new TextDecoder().decode(content),
      ]),
    ).toEqual([
      ["top/", "40755", 1709208000, ""],
      ["top/empty/", "40755", 1709208000, ""],
      ["top/nothing", "100644", 1709208001, ""],
      ["top/tiny", "100644", 1709208001, noise.join("")],
      ["top/short.txt", "100644", 1709208001, words],
      ["top/long.txt", "100644", 1709208001, long],
      ["top/picture.jpg", "100644", 0, long],
      ["top/\u{1f600}\nü", "100644", 1709208001, "x"],
    ]);
  });

  test("stores what doesn't shrink, and streams deflate alone, which has an end", async () => {
    const archive = await archiveOf(...entries());
    const methods = readZip(archive).map(({ method, flags }) => [method, flags & 8]);
    expect(methods).toEqual([
      [0, 0],
      [0, 0],
      [0, 0],
      [0, 0],
      [8, 0],
      [8, 8],
      [8, 8],
      [0, 0],
    ]);
    // Of the two long files, the one whose type is that of compressed content isn't compressed.
    expect(archive.length).toBeGreaterThan(long.length);
    expect(archive.length).toBeLessThan(1.2 * long.length);
  });

  test("has no backslash in a name, which is a slash to programs for Windows", async () => {
    const names = [folder(String.raw`a\b`), file("x", String.raw`a\b`, String.raw`..\c`)];
    expect(readZip(await archiveOf(...names)).map(({ name }) => name)).toEqual([
      "a_b/",
      "a_b/.._c",
    ]);
  });

  test("of nothing but its folder is whole", async () => {
    expect(readZip(await archiveOf(folder("top"))).map(({ name }) => name)).toEqual(["top/"]);
  });

  test("closes each file, and the last when it is left early", async () => {
    const [first, second] = [new FakeFile(long), new FakeFile(long)];
    const given = new FakeEntries(file(first, "a"), file(second, "b"));
    const octets = zip(given);
    while (second.reads.length === 0) expect((await octets.next()).done).toBe(false);
    expect([first.closed > 0, second.closed]).toEqual([true, 0]);
    await octets.return();
    expect([second.closed > 0, given.returned]).toEqual([true, 1]);
  });

  test("closes a file of which no more than the header was wanted", async () => {
    const only = new FakeFile(long);
    const octets = zip(new FakeEntries(file(only, "a")));
    expect((await octets.next()).value).toHaveLength(40);
    await octets.return();
    expect([only.reads.length, only.closed]).toEqual([0, 1]);
  });

  test.each([
    ["a short file", "abc"],
    ["a long one", long],
  ])("is broken off by %s that has shrunk", async (_what, content) => {
    const shrunk = new FakeFile(content, { size: content.length + 1 });
    expect(archiveOf(file(shrunk, "a"), file("b", "b"))).rejects.toThrow("has become shorter");
    expect(shrunk.closed).toBeGreaterThan(0);
  });
});

/** What `command` prints; it has to succeed and to complain of nothing. */
function run(...command: readonly string[]): string {
  const { stdout, stderr, exitCode } = Bun.spawnSync([...command], {
    env: { ...process.env, TZ: "UTC", LC_ALL: "C.UTF-8" },
  });
  expect([stderr.toString(), exitCode]).toEqual(["", 0]);
  return stdout.toString();
}

describe("programs that read zip archives", () => {
  const temp = new TempSite("empty");
  afterAll(() => temp[Symbol.dispose]());
  const path = temp.at("a.zip");

  test.if(Bun.which("unzip") !== null)("unzip restores files, modes and times", async () => {
    writeFileSync(path, await archiveOf(...entries()));
    run("unzip", "-q", path, "-d", temp.at("unzipped"));
    expect(readFileSync(temp.at("unzipped/top/long.txt"), "utf8")).toBe(long);
    expect(readFileSync(temp.at("unzipped/top/picture.jpg"), "utf8")).toBe(long);
    const { mode, mtimeMs } = statSync(temp.at("unzipped/top/short.txt"));
    expect([mode & 0o7777, mtimeMs]).toEqual([0o644, Date.UTC(2024, 1, 29, 12, 0, 1)]);
    expect(statSync(temp.at("unzipped/top/empty")).isDirectory()).toBe(true);
  });

  test.if(Bun.which("python3") !== null)("Python's zipfile finds no fault", async () => {
    writeFileSync(path, await archiveOf(...entries()));
    const program = [
      "import sys, zipfile",
      "z = zipfile.ZipFile(sys.argv[1])",
      "print(z.testzip(), len(z.infolist()), z.infolist()[-1].filename.encode())",
    ];
    expect(run("python3", "-c", program.join("\n"), path).trim()).toBe(
      String.raw`None 8 b'top/\xf0\x9f\x98\x80\n\xc3\xbc'`,
    );
  });

  test.if(Bun.which("bsdtar") !== null)("bsdtar reads it as it arrives", async () => {
    const archive = await archiveOf(...entries());
    const { stdout, stderr } = Bun.spawnSync(["bsdtar", "-xOf", "-", "top/long.txt"], {
      stdin: archive,
    });
    expect([stdout.toString(), stderr.toString()]).toEqual([long, ""]);
  });
});
