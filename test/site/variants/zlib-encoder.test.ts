import { afterAll, describe, expect, test } from "bun:test";
import { pathToFileURL } from "node:url";
import * as zlib from "node:zlib";

import { defaultLimits } from "../../../src/base/limits.ts";
import { milliseconds } from "../../../src/base/units.ts";
import { EventLoop } from "../../../src/schedule/event-loop.ts";
import type { ZlibTimes } from "../../../src/site/variants/zlib-encoder.ts";
import { ZlibEncoder } from "../../../src/site/variants/zlib-encoder.ts";
import { TempSite } from "../../temp-site.ts";

const folder = new TempSite("empty");
afterAll(() => folder[Symbol.dispose]());

const theProgram = new URL("../../../src/site/variants/zlib-worker.ts", import.meta.url);

/** A program of this name. */
const programAt = (name: string): URL => pathToFileURL(folder.at(name));

/** A program that calls `onJob` with each job; `say` answers, and `me` is of this thread alone. */
function program(name: string, onJob: string): URL {
  folder.file(
    name,
    `const me = crypto.getRandomValues(new Uint8Array(16));
     const say = (message) => self.postMessage(message);
     self.addEventListener("message", ({ data: job }) => { ${onJob} });
     say({ kind: "ready" });`,
  );
  return programAt(name);
}

const encoderOf = (url: URL): ZlibEncoder => new ZlibEncoder(url, new EventLoop());
const times: ZlibTimes = defaultLimits;
const hurried: ZlibTimes = { ...times, handlerTimeMs: milliseconds(20) };
const textOf = (line: string, lines = 1000): Uint8Array<ArrayBuffer> =>
  new TextEncoder().encode(`${line}\n`.repeat(lines));
const plain = textOf("a line");
const job = (): Uint8Array<ArrayBuffer> => plain.slice();
const failureOf = (encoding: Promise<unknown>): Promise<unknown> =>
  encoding.then(
    () => "nothing",
    (error: Error) => error.message,
  );
const hasEnded = "the thread that compresses has ended";
const tookTooLong = "compressing took too long";

describe("the thread", () => {
  test("codes what it is given, several at once, each for its job", async () => {
    const encoder = encoderOf(theProgram);
    const lines = Array.from({ length: 20 }, (_, i) => `line ${i}`);
    const made = await Promise.all(
      lines.map((line, i) => encoder.encode(i % 2 === 0 ? "br" : "gzip", textOf(line), times)),
    );
    const decoded = made.map((octets, i) =>
      i % 2 === 0 ? zlib.brotliDecompressSync(octets) : zlib.gunzipSync(octets),
    );
    expect(decoded.map(String)).toEqual(lines.map((line) => String(Buffer.from(textOf(line)))));
  });

  test("gives what it has made in a buffer of the exact size", async () => {
    const made = await encoderOf(theProgram).encode("gzip", textOf("a", 10), times);
    expect(made.buffer.byteLength).toBe(made.length);
  });

  test("goes on after a job that fails", async () => {
    const encoder = encoderOf(theProgram);
    const broken = { buffer: new ArrayBuffer(1) } as unknown as Uint8Array<ArrayBuffer>;
    expect(await failureOf(encoder.encode("gzip", broken, times))).toContain("TypeError");
    const made = await encoder.encode("gzip", job(), times);
    expect(new Uint8Array(zlib.gunzipSync(made))).toEqual(plain);
  });

  test("is kept while it has jobs, and a while longer", async () => {
    const encoder = encoderOf(
      program(
        "keep.ts",
        `const answer = () => say({ kind: "made", id: job.id, octets: me });
         if (job.coding === "br") setTimeout(answer, 50); else answer();`,
      ),
    );
    const brief = { ...times, codingIdleTimeMs: milliseconds(0) };
    const first = await encoder.encode("gzip", job(), times);
    const slow = encoder.encode("br", job(), brief);
    expect(await encoder.encode("gzip", job(), brief)).toEqual(first);
    expect(await slow).toEqual(first);
  });

  test("ends when it has had none for a while, and starts again with the next", async () => {
    const encoder = encoderOf(program("idle.ts", 'say({ kind: "made", id: job.id, octets: me });'));
    const brief = { ...times, codingIdleTimeMs: milliseconds(1) };
    const threads = new Set<string>();
    while (threads.size < 20) {
      threads.add(String(await encoder.encode("gzip", job(), brief)));
      await Bun.sleep(2);
    }
  });
});

describe("a thread that ends", () => {
  test.each(["process.exit(1)", 'throw new Error("fault")'])(
    "by %s takes its jobs with it, and the next job starts another",
    async (death) => {
      const encoder = encoderOf(
        program(
          "die.ts",
          `if (job.coding === "br") setTimeout(() => { ${death}; }, 5);
           else if (job.octets.length > 0) say({ kind: "made", id: job.id, octets: me });`,
        ),
      );
      const first = await encoder.encode("gzip", job(), times);
      const waiting = [
        encoder.encode("br", job(), times),
        encoder.encode("gzip", new Uint8Array(0), times),
      ];
      expect(await Promise.all(waiting.map(failureOf))).toEqual([hasEnded, hasEnded]);
      const next = await encoder.encode("gzip", job(), times);
      expect(next).toHaveLength(16);
      expect(next).not.toEqual(first);
    },
  );
});

describe("a thread that takes too long", () => {
  test("gets no more jobs, and those that it has are waited for as long as they may", async () => {
    const encoder = encoderOf(
      program(
        "hang.ts",
        `const answer = () => say({ kind: "made", id: job.id, octets: me });
         if (job.octets.length === 0) setTimeout(answer, 200);
         else if (job.coding === "gzip") answer();`,
      ),
    );
    const first = await encoder.encode("gzip", job(), times);
    const slow = encoder.encode("gzip", new Uint8Array(0), times);
    expect(await failureOf(encoder.encode("br", job(), hurried))).toBe(tookTooLong);
    const next = await encoder.encode("gzip", job(), times);
    expect(next).toHaveLength(16);
    expect(next).not.toEqual(first);
    expect(await slow).toEqual(first);
    expect(await encoder.encode("gzip", job(), times)).toEqual(next);
  });
});

/** What both codings make, decoded. */
const decode = async (encoder: ZlibEncoder, within = times): Promise<unknown[]> => {
  const [br, gzip] = await Promise.all([
    encoder.encode("br", job(), within),
    encoder.encode("gzip", job(), within),
  ]);
  return [zlib.brotliDecompressSync(br), zlib.gunzipSync(gzip)].map((made) => new Uint8Array(made));
};

describe("without a thread it is done here", () => {
  test.each([
    ["the program is missing", undefined],
    ["the program can't be read", "const = 3;"],
    ["the program fails", 'throw new Error("fault");'],
    ["the program ends", "process.exit(0);"],
  ])("when %s, once and for all", async (_, source) => {
    if (source !== undefined) folder.file("start.ts", source);
    const encoder = encoderOf(programAt("start.ts"));
    expect(await decode(encoder)).toEqual([plain, plain]);
    program("start.ts", 'say({ kind: "made", id: job.id, octets: me });');
    expect(await decode(encoder)).toEqual([plain, plain]);
    Bun.spawnSync(["rm", folder.at("start.ts")]);
  });

  test("when the program never says that it is ready", async () => {
    folder.file("silent.ts", 'self.addEventListener("message", () => {});');
    const encoder = encoderOf(programAt("silent.ts"));
    expect(await decode(encoder, hurried)).toEqual([plain, plain]);
  });
});
