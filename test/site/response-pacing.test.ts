import { beforeEach, describe, expect, test } from "bun:test";

import { bytes } from "../../src/base/units.ts";
import type { Handler } from "../../src/site/request.ts";
import type { FileSource, Response } from "../../src/http/message/response.ts";
import { ResponseBuilder } from "../../src/http/message/response-builder.ts";
import { ByteBudget } from "../../src/schedule/byte-budget.ts";
import { ResponsePacing } from "../../src/site/response-pacing.ts";
import { FakeScheduler } from "../schedule/fake-scheduler.ts";
import { requestOf } from "./fake-request.ts";

const limits = { sendPieceBytes: bytes(1000), sendBurstBytes: bytes(100_000) };
const get = requestOf("GET /");

const answerOf = (octets: number): Response =>
  new ResponseBuilder(200).bytes(new Uint8Array(octets), "text/plain").build();

let scheduler = new FakeScheduler();
beforeEach(() => {
  scheduler = new FakeScheduler();
});

/** `handler`, whose large responses are paced. */
function paced(handler: Handler): Handler {
  const pacing = new ResponsePacing(new ByteBudget(scheduler), limits);
  return (request) => pacing.pace(handler(request), request);
}

/** All that follows in this turn. */
async function restOfTurn(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

async function nextTurn(): Promise<void> {
  scheduler.endTurn();
  await restOfTurn();
}

/** Asks `handler` so often, and answers with a list to which the number of each is added. */
function ask(handler: Handler, count: number, come: number[] = []): number[] {
  for (let i = 0; i < count; i++) {
    const answer = handler(get);
    if (answer instanceof Promise) void answer.then(() => come.push(i));
    else come.push(i);
  }
  return come;
}

describe("large answers", () => {
  test("come in one turn as many as fill a share, the others in later ones, in order", async () => {
    const come = ask(
      paced(() => answerOf(40_000)),
      8,
    );
    await restOfTurn();
    expect(come).toEqual([0, 1, 2]);
    await nextTurn();
    expect(come).toEqual([0, 1, 2, 3, 4, 5]);
    await nextTurn();
    expect(come).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  test("come so, too, when one promise brings all of them", async () => {
    const { promise, resolve } = Promise.withResolvers<Response>();
    const come = ask(
      paced(() => promise),
      5,
    );
    resolve(answerOf(60_000));
    await restOfTurn();
    expect(come).toEqual([0, 1]);
    await nextTurn();
    await nextTurn();
    expect(come).toEqual([0, 1, 2, 3, 4]);
  });

  test("are the handler's own, and are given though one is larger than a share", async () => {
    const large = answerOf(500_000);
    const handler = paced(() => large);
    expect(handler(get)).toBe(large);
    const second = handler(get);
    await nextTurn();
    expect(await second).toBe(large);
  });

  test("wait for those that came before, also when they have come after a turn's end", async () => {
    const handler = paced(() => answerOf(100_000));
    const come = ask(handler, 3);
    await nextTurn();
    ask(handler, 1, come);
    await restOfTurn();
    expect(come).toEqual([0, 1]);
    await nextTurn();
    expect(come).toEqual([0, 1, 2]);
    await nextTurn();
    expect(come).toEqual([0, 1, 2, 0]);
  });

  test("have a whole share again in the turn after, and then no turn is asked for", async () => {
    const handler = paced(() => answerOf(100_000));
    for (let i = 0; i < 3; i++) {
      expect(ask(handler, 2)).toEqual([0]);
      await nextTurn();
      await nextTurn();
      expect(scheduler.deferred).toBe(0);
    }
  });

  test("are those from files as well", async () => {
    const file = { read: () => 0, close: () => {} };
    const region = { start: 0, octets: 50_000 };
    const response = new ResponseBuilder(200).file(file, [region, region], "text/plain").build();
    expect(
      ask(
        paced(() => response),
        2,
      ),
    ).toEqual([0]);
  });
});

test("a large answer that waits holds its file open, with a share of its own", async () => {
  const shares: string[] = [];
  const share: FileSource = { read: () => 0, close: () => void shares.push("closed") };
  const file: FileSource = {
    read: () => 0,
    close() {},
    share() {
      shares.push("taken");
      return share;
    },
  };
  const handler = paced(() =>
    new ResponseBuilder(200).file(file, { start: 0, octets: 100_000 }, "text/plain").build(),
  );
  const [atOnce, later] = [await handler(get), handler(get)];
  expect([atOnce.body.kind === "file" && atOnce.body.file === file, shares]).toEqual([
    true,
    ["taken"],
  ]);
  await nextTurn();
  const { body } = await later;
  expect(body.kind === "file" && body.file === share).toBe(true);
});

describe("no share is taken by", () => {
  const stream = new ReadableStream<Uint8Array>();
  test.each([
    ["a small answer", answerOf(1000)],
    ["an answer without content", new ResponseBuilder(204).build()],
    ["a stream", new ResponseBuilder(200).stream(stream, "text/plain").build()],
  ])("%s", (_, response) => {
    const handler = paced(() => response);
    for (let i = 0; i < 200; i++) expect(handler(get)).toBe(response);
    expect(scheduler.deferred).toBe(0);
  });

  test("an answer to HEAD", () => {
    const response = answerOf(100_000);
    const handler = paced(() => response);
    for (let i = 0; i < 3; i++) expect(handler(requestOf("HEAD /"))).toBe(response);
    expect(scheduler.deferred).toBe(0);
  });

  test("a failure", async () => {
    const failing = paced(() => Promise.reject(new Error("fault")));
    const outcome = Promise.resolve(failing(get)).catch((error: Error) => error.message);
    expect(await outcome).toBe("fault");
  });
});
