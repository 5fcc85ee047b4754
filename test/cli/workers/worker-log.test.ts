import { expect, test } from "bun:test";

import { milliseconds } from "../../../src/base/units.ts";
import { copyLines, LineGatherer } from "../../../src/cli/workers/worker-log.ts";

/** What is written of `pieces`, each time. */
async function copied(pieces: readonly string[]): Promise<string[]> {
  const written: string[] = [];
  const pipe = async function* (): AsyncGenerator<Uint8Array> {
    for (const piece of pieces) yield Buffer.from(piece);
  };
  await copyLines(pipe(), async (lines) => {
    written.push(Buffer.from(lines).toString());
  });
  return written;
}

test("lines are copied whole, however they come, and as many at once as there are", async () => {
  const text = "one\n\ntwo\nthree\n";
  for (let i = 0; i <= text.length; i++) {
    for (let j = i; j <= text.length; j++) {
      const written = await copied([text.slice(0, i), text.slice(i, j), text.slice(j)]);
      expect(written.join("")).toBe(text);
      for (const lines of written) expect(lines).toEndWith("\n");
    }
  }
  expect(await copied([text])).toEqual([text]);
  expect(await copied(text.split(/(?<=[^])/))).toEqual(["one\n", "\n", "two\n", "three\n"]);
});

test("what was begun and not finished is dropped", async () => {
  expect(await copied(["one\ntw", "o"])).toEqual(["one\n"]);
  expect(await copied(["one"])).toEqual([]);
  expect(await copied([])).toEqual([]);
});

test("the pipe is read no further until what was read is written", async () => {
  const order: string[] = [];
  const pipe = async function* (): AsyncGenerator<Uint8Array> {
    for (const line of ["a\n", "b\n"]) {
      order.push(`read ${line.trim()}`);
      yield Buffer.from(line);
    }
  };
  await copyLines(pipe(), async (lines) => {
    await Bun.sleep(5);
    order.push(`wrote ${Buffer.from(lines).toString().trim()}`);
  });
  expect(order).toEqual(["read a", "wrote a", "read b", "wrote b"]);
});

test("lines that come together are handed over together, the last when it is asked for", async () => {
  const written: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const log = new LineGatherer(async (lines) => {
    written.push(lines);
    resolve();
  }, milliseconds(1));
  log.add("a\n");
  log.add("b\nc\n");
  expect(written).toEqual([]);
  await promise;
  expect(written).toEqual(["a\nb\nc\n"]);
  log.add("d\n");
  await log.flush();
  expect(written).toEqual(["a\nb\nc\n", "d\n"]);
});
