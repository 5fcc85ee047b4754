import { describe, expect, test } from "bun:test";

import type { Response } from "../../../index.ts";
import { ResponseBuilder } from "../../../index.ts";
import type { FaultOptions } from "../../../src/server/faults/fault-options.ts";
import { applicable, withFaults } from "../../../src/server/faults/faulty-response.ts";
import type { FaultOutput } from "../../../src/server/faults/wire/fault-output.ts";
import { PseudoRandom } from "../../../src/server/faults/pseudo-random.ts";
import { CachedResponse } from "../../../src/http/message/response.ts";
import { limitsWith } from "../../http1/transcript.ts";
import { FakeScheduler } from "../../schedule/fake-scheduler.ts";
import { requestOf } from "../../site/fake-request.ts";

const full = new ResponseBuilder(200).text("0123456789").build();
const empty = new ResponseBuilder(200).text("").build();
const stream = new ResponseBuilder(200)
  .stream(
    (async function* () {
      yield* [];
    })(),
    "text/plain",
  )
  .build();

describe("faults that can happen", () => {
  test.each<readonly [faults: FaultOptions, method: string, response: Response, names: string[]]>([
    [{ latencyMs: 1, cutAfterBytes: 3 }, "GET", full, ["latencyMs", "cutAfterBytes"]],
    [{ latencyMs: 1, cutAfterBytes: 3 }, "HEAD", full, ["latencyMs"]],
    [{ latencyMs: 1, cutAfterBytes: 3 }, "GET", empty, ["latencyMs"]],
    [{ cutAfterBytes: 3 }, "GET", new ResponseBuilder(304).build(), []],
    [{ cutAfterBytes: 10 }, "GET", full, []],
    [{ cutAfterBytes: 10 }, "GET", stream, ["cutAfterBytes"]],
    [{ cutAfterBytes: 10, chunk: "endless" }, "GET", full, ["cutAfterBytes", "chunk"]],
    [{ stallAfterBytes: 10, contentLength: 1 }, "GET", full, ["stallAfterBytes", "contentLength"]],
    [{ contentLength: 1 }, "GET", empty, ["contentLength"]],
    [{ contentLength: 1 }, "GET", stream, []],
    [{ chunk: "missing" }, "GET", stream, ["chunk"]],
    [{ by: "fin", cutAfterBytes: 10 }, "GET", full, []],
  ])("of %j in the answer to a %s", (faults, method, response, names) => {
    const some = applicable(faults, response, requestOf(`${method} /`));
    expect(Object.keys(some ?? {}).filter((name) => name !== "by")).toEqual(names);
  });
});

test("a response with faults is no cached one, and its note names them", () => {
  const cached = new CachedResponse(full, { reason: "r" });
  const surroundings = {
    limits: () => limitsWith({}),
    scheduler: new FakeScheduler(),
    open: new Set<FaultOutput>(),
    isStopping: false,
  };
  const faults = { latencyMs: 1, jitterMs: 1, cutAfterBytes: 1, by: "fin" } as const;
  const faulty = withFaults(cached, faults, new PseudoRandom(0), surroundings);
  expect(faulty).not.toBeInstanceOf(CachedResponse);
  expect(faulty.note).toEqual({ reason: "r", faults: ["latencyMs", "cutAfterBytes"] });
  expect([faulty.status, faulty.body, faulty.fields]).toEqual([200, full.body, full.fields]);
  expect(cached.note).toEqual({ reason: "r" });
});
