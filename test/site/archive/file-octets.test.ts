import { describe, expect, test } from "bun:test";

import { FileOctets } from "../../../src/site/archive/file-octets.ts";
import { FakeFile } from "../fake-file.ts";
import { atOnce } from "./fake-entries.ts";

const entryOf = (file: FakeFile): FileEntry => ({ kind: "file", names: ["top", "a\n.txt"], file });

type FileEntry = Parameters<FileOctets["of"]>[0];

async function textOf(files: FileOctets, file: FakeFile): Promise<string[]> {
  const pieces: string[] = [];
  for await (const piece of files.of(entryOf(file))) pieces.push(new TextDecoder().decode(piece));
  return pieces;
}

describe("the octets of a file in an archive", () => {
  test("come in pieces of one size, each when there is time for it", async () => {
    const asked: number[] = [];
    const files = new FileOctets(4, (octets) => void asked.push(octets));
    expect(await textOf(files, new FakeFile("0123456789"))).toEqual(["0123", "4567", "89"]);
    expect(asked).toEqual([4, 4, 2]);
    expect(await textOf(files, new FakeFile(""))).toEqual([]);
  });

  test("are as many as it had when it was opened, though it has grown", async () => {
    const files = new FileOctets(4, atOnce);
    expect(await textOf(files, new FakeFile("0123456789", { size: 6 }))).toEqual(["0123", "45"]);
  });

  test("are an error when it has shrunk, after what there was", async () => {
    const files = new FileOctets(4, atOnce);
    const file = new FakeFile("012345", { size: 12 });
    const pieces = files.of(entryOf(file));
    expect((await pieces.next()).value).toHaveLength(4);
    expect(pieces.next()).rejects.toThrow(
      "the archive ends early: top/a\\u{a}.txt has become shorter",
    );
    expect((await pieces.next()).done).toBe(true);
    expect(file.closed).toBe(1);
  });

  test("are an error when it can't be read", () => {
    const files = new FileOctets(4, atOnce);
    const file = new FakeFile("0123");
    file.read = () => -5;
    expect(files.whole(entryOf(file))).rejects.toThrow(
      "the archive ends early: top/a\\u{a}.txt can't be read",
    );
  });

  test("are read by a share of a file that others read as well", async () => {
    const share = new FakeFile("shared");
    const file = Object.assign(new FakeFile("shared"), { share: () => share });
    expect(await textOf(new FileOctets(10, atOnce), file)).toEqual(["shared"]);
    expect([share.closed, file.closed, file.reads.length]).toEqual([1, 0, 0]);
  });

  test("of a short file are one piece", async () => {
    const files = new FileOctets(10, atOnce);
    expect(files.pieceOctets).toBe(10);
    expect(new TextDecoder().decode(await files.whole(entryOf(new FakeFile("0123456789"))))).toBe(
      "0123456789",
    );
    expect(await files.whole(entryOf(new FakeFile("")))).toHaveLength(0);
  });
});
