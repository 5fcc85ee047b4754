/**
 * Files on disk, sent over sockets to a client that doesn't read until it is told to, while they are
 * changed: by the kernel and by reading, where there is a choice.
 */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Socket, TCPSocketListener } from "bun";
import * as fs from "node:fs";

import type { OpenFile } from "../../../src/tree/tree.ts";
import type { SystemCalls } from "../../../src/system/system-calls.ts";
import { nativeCalls } from "../../../src/system/system-choice.ts";
import { plainCalls } from "../../../src/system/plain-calls.ts";
import { concatBytes, latin1Bytes } from "../../../src/http/octets/bytes.ts";
import type { Piece } from "../../../src/http/message/response.ts";
import type { WriteOutcome } from "../../../src/server/connection/write-outcome.ts";
import { FileSender } from "../../../src/server/connection/file-sender.ts";
import { SocketTransport } from "../../../src/server/connection/transport.ts";
import { fileAt, TempTree } from "../../tree/temp-tree.ts";

const native = nativeCalls();
const both: readonly (readonly [kind: string, calls: SystemCalls])[] = [
  ["reading and writing", plainCalls],
  ...(native === undefined ? [] : ([["sendfile", native]] as const)),
];

const mebibyte = 1024 * 1024;
const sizes = { sendPieceBytes: 128 * 1024, sendBurstBytes: 2 * mebibyte };

/** More than a socket and its peer hold for a client that doesn't read. */
const large = 24 * mebibyte;

/** Octets that differ from those before and after them, and from those of another `version`. */
function content(octets: number, version: number): Uint8Array {
  const words = new Uint32Array(octets / 4);
  for (let i = 0; i < words.length; i++) words[i] = Math.imul(i, 2_654_435_761) + version;
  return new Uint8Array(words.buffer);
}

const first = content(large, 1);
const second = content(large, 2);

/** What is sent, with one client at a time. */
interface Sending {
  readonly sender: FileSender;
  readonly transport: SocketTransport<unknown>;
}

/** Sends pieces of a file to one client, and keeps what it has got. */
class Transfer implements AsyncDisposable {
  /** How the sending ended. */
  readonly outcome = Promise.withResolvers<WriteOutcome>();
  /** The first time that the client's socket was full. */
  readonly blocked = Promise.withResolvers<void>();
  readonly #received: Uint8Array[] = [];
  readonly #closed = Promise.withResolvers<void>();
  readonly #listener: TCPSocketListener<Sending | undefined>;
  #client: Socket | undefined;

  constructor(file: OpenFile, pieces: readonly Piece[], calls: SystemCalls) {
    this.#listener = Bun.listen<Sending | undefined>({
      hostname: "127.0.0.1",
      port: 0,
      data: undefined,
      socket: {
        open: (socket) => {
          const transport = new SocketTransport(socket, calls);
          socket.data = { sender: new FileSender(file, pieces, sizes), transport };
          this.#pump(socket.data);
        },
        data() {},
        drain: (socket) => {
          if (socket.data !== undefined) this.#pump(socket.data);
        },
        close: () => file.close(),
      },
    });
  }

  /** Connects a client that doesn't read until it is told to. */
  async connect(): Promise<void> {
    this.#client = await Bun.connect({
      hostname: "127.0.0.1",
      port: this.#listener.port,
      socket: {
        open: (socket) => socket.pause(),
        data: (_, octets) => void this.#received.push(octets),
        close: () => this.#closed.resolve(),
        error: () => this.#closed.resolve(),
      },
    });
  }

  /** Reads to the end, however it comes: what the client has got. */
  async read(): Promise<Uint8Array> {
    this.#client?.resume();
    await this.#closed.promise;
    return concatBytes(this.#received);
  }

  #pump(sending: Sending): void {
    const outcome = sending.sender.pump(sending.transport);
    switch (outcome) {
      case "later":
        setImmediate(() => this.#pump(sending));
        return;
      case "blocked":
        this.blocked.resolve();
        return;
      case "sent":
        sending.transport.close();
        break;
      default:
        sending.transport.terminate();
    }
    this.outcome.resolve(outcome);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client?.terminate();
    this.#listener.stop(true);
    await Promise.resolve();
  }
}

/** Whether `octets` are the beginning of `version`. */
function isPrefix(octets: Uint8Array, version: Uint8Array): boolean {
  return Buffer.compare(octets, version.subarray(0, octets.length)) === 0;
}

/** Empties the file and writes, as a shell does; `writeFileSync` of 1.4.5 overwrites it in place. */
function writeAnew(path: string, octets: Uint8Array): void {
  const fd = fs.openSync(path, "w");
  fs.writeSync(fd, octets);
  fs.closeSync(fd);
}

describe.each(both)("by %s, a file", (_, calls) => {
  let tree: TempTree;
  const path = (): string => tree.at("large.bin");

  beforeAll(() => {
    tree = new TempTree();
  });
  afterAll(() => tree.remove());

  /** The file's first version, open, with its times as they were made. */
  function open(): OpenFile {
    fs.rmSync(path(), { force: true });
    fs.writeFileSync(path(), first);
    fs.chmodSync(path(), 0o644);
    return fileAt(tree.open(), "/large.bin");
  }

  /** A transfer of all of it, half done: the client has not begun to read. */
  async function begin(): Promise<Transfer> {
    const transfer = new Transfer(open(), [{ start: 0, octets: large }], calls);
    await transfer.connect();
    await transfer.blocked.promise;
    return transfer;
  }

  test("arrives whole at a client that reads late", async () => {
    await using transfer = await begin();
    const octets = await transfer.read();
    expect(await transfer.outcome.promise).toBe("sent");
    expect(Buffer.compare(octets, first)).toBe(0);
  });

  test("arrives in regions, with octets between them", async () => {
    const between = latin1Bytes("\r\n--boundary\r\n");
    const pieces = [
      between,
      { start: 1, octets: 5 * mebibyte },
      between,
      { start: large - 7 * mebibyte - 3, octets: 7 * mebibyte },
      between,
    ];
    await using transfer = new Transfer(open(), pieces, calls);
    await transfer.connect();
    const octets = await transfer.read();
    expect(await transfer.outcome.promise).toBe("sent");
    const wanted = pieces.map((piece) =>
      piece instanceof Uint8Array ? piece : first.subarray(piece.start, piece.start + piece.octets),
    );
    expect(Buffer.compare(octets, concatBytes(wanted))).toBe(0);
  });

  const harmless: readonly (readonly [what: string, change: () => void])[] = [
    ["is removed", () => fs.rmSync(path())],
    ["is renamed", () => fs.renameSync(path(), tree.at("moved.bin"))],
    ["may no longer be read", () => fs.chmodSync(path(), 0)],
    ["is touched", () => fs.utimesSync(path(), new Date(), new Date())],
    ["grows", () => fs.appendFileSync(path(), "more")],
    ["grows by as much again", () => fs.appendFileSync(path(), second)],
    [
      "is replaced by another",
      () => {
        fs.writeFileSync(tree.at("new.bin"), second);
        fs.renameSync(tree.at("new.bin"), path());
      },
    ],
  ];
  test.each(harmless)("that %s meanwhile arrives whole as it was", async (_what, change) => {
    await using transfer = await begin();
    change();
    const octets = await transfer.read();
    expect(await transfer.outcome.promise).toBe("sent");
    expect(Buffer.compare(octets, first)).toBe(0);
  });

  const harmful: readonly (readonly [what: string, change: () => void])[] = [
    ["is emptied", () => fs.truncateSync(path(), 0)],
    ["is cut", () => fs.truncateSync(path(), large - mebibyte - 5)],
    ["is written anew, longer", () => writeAnew(path(), concatBytes([second, second]))],
    ["is written anew, as long", () => writeAnew(path(), second)],
    [
      "grows and is cut again, shorter",
      () => {
        fs.appendFileSync(path(), "more");
        fs.truncateSync(path(), large - 1);
      },
    ],
  ];
  test.each(harmful)("that %s meanwhile is broken off", async (_what, change) => {
    await using transfer = await begin();
    change();
    const octets = await transfer.read();
    expect(["short", "changed"]).toContain(await transfer.outcome.promise);
    expect(octets.length).toBeLessThan(large);
    expect(isPrefix(octets, first)).toBe(true);
  });

  // What the kernel holds for the client may be the new octets; so it must never be all.
  test("that is overwritten in place meanwhile is broken off", async () => {
    await using transfer = await begin();
    fs.writeFileSync(path(), second);
    const octets = await transfer.read();
    expect(await transfer.outcome.promise).toBe("changed");
    expect(octets.length).toBeLessThan(large);
  });

  test("that was cut before it was sent is broken off where it ends", async () => {
    const file = open();
    fs.truncateSync(path(), mebibyte);
    await using transfer = new Transfer(file, [{ start: 0, octets: large }], calls);
    await transfer.connect();
    const octets = await transfer.read();
    expect(["short", "changed"]).toContain(await transfer.outcome.promise);
    expect(octets.length).toBeLessThanOrEqual(mebibyte);
    expect(isPrefix(octets, first)).toBe(true);
  });
});
