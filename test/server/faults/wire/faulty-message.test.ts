/**
 * The steps of responses: the same, however the proper octets are cut.
 */

import { describe, expect, test } from "bun:test";

import { latin1Bytes, latin1Text } from "../../../../src/http/octets/bytes.ts";
import type { FaultOptions } from "../../../../src/server/faults/fault-options.ts";
import { PseudoRandom } from "../../../../src/server/faults/pseudo-random.ts";
import type { FaultStep } from "../../../../src/server/faults/wire/fault-step.ts";
import { FaultyMessage } from "../../../../src/server/faults/wire/faulty-message.ts";

type Framing = ConstructorParameters<typeof FaultyMessage>[1];

const head = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n";
const content = "0123456789";
const length: Framing = { framing: "length", contentOctets: 10 };

/** Steps as text: octets as they are, all else in brackets; until one ends the connection. */
function stepsOf(
  faults: FaultOptions,
  octets: string,
  framing: Framing = length,
  size = octets.length,
  endlessBytesMax = 5000,
): string {
  const message = new FaultyMessage(faults, framing, new PseudoRandom(1), endlessBytesMax);
  let text = "";
  for (let at = 0; at < octets.length; at += size) {
    for (const step of message.steps(latin1Bytes(octets.slice(at, at + size)))) {
      text += textOf(step);
      if (step.kind === "end" && step.isWhole !== true) return text;
    }
  }
  return text;
}

function textOf(step: FaultStep): string {
  switch (step.kind) {
    case "octets":
      return latin1Text(step.octets);
    case "wait":
      return `[wait ${step.ms}]`;
    case "stall":
      return "[stall]";
    case "end":
      return `[${step.by}${step.isWhole === true ? " behind it" : ""}]`;
  }
}

describe("the steps", () => {
  test.each<readonly [faults: FaultOptions, steps: string]>([
    [{}, head + content],
    [{ latencyMs: 7 }, `[wait 7]${head}${content}`],
    [{ bodyLatencyMs: 7 }, `${head}[wait 7]${content}`],
    [{ stallAfterBytes: 0 }, `${head}[stall]${content}`],
    [{ stallAfterBytes: 4, stallMs: 5 }, `${head}0123[wait 5]456789`],
    [{ stallAfterBytes: 10 }, `${head}${content}[stall]`],
    [{ stallAfterBytes: 4, stallMs: 5, cutAfterBytes: 4 }, `${head}0123[wait 5][fin]`],
    [{ stallAfterBytes: 4, stallMs: 5, cutAfterBytes: 6, by: "reset" }, `${head}0123[wait 5]45[reset]`], // prettier-ignore
    [{ cutAfterBytes: 0 }, `${head}[fin]`],
    [{ cutHeadAfterBytes: 8 }, "HTTP/1.1[fin]"],
    [{ latencyMs: 2, cutHeadAfterBytes: 0, by: "reset" }, "[wait 2][reset]"],
    [{ interim: 1 }, `HTTP/1.1 102 Processing\r\n\r\n${head}${content}`],
    [{ contentLength: 1 }, `${head.replace("10", "11")}${content}[fin]`],
    [{ contentLength: 1, stallAfterBytes: 10 }, `${head.replace("10", "11")}${content}[stall][fin]`], // prettier-ignore
    [{ keepAliveClose: "now", by: "reset" }, `${head}${content}[reset behind it]`],
    [{ keepAliveClose: "on-request" }, `${head}${content}`],
    [{ corruptBytes: 2 }, `${head}0133456689`],
  ])("with %j, however the octets are cut", (faults, steps) => {
    for (const size of [1, 2, 3, 11, 1000]) {
      expect(stepsOf(faults, head + content, length, size)).toBe(steps);
    }
  });

  test("of a head that hints precede pass those on", () => {
    const hints = "HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n";
    expect(stepsOf({ headFields: 1 }, hints + head + content)).toBe(
      `${hints}${head.replace("\r\n\r\n", "\r\nX-Fault-1: a\r\n\r\n")}${content}`,
    );
  });

  test("with jitter wait a time from the seed, up to so much more", () => {
    const waits = new Set<string>();
    for (let seed = 0; seed < 50; seed++) {
      const message = new FaultyMessage(
        { latencyMs: 10, jitterMs: 2 },
        length,
        new PseudoRandom(seed),
        0,
      );
      const [first] = message.steps(latin1Bytes(head));
      waits.add(first === undefined ? "" : textOf(first));
    }
    expect([...waits].toSorted()).toEqual(["[wait 10]", "[wait 11]", "[wait 12]"]);
  });

  test("of a storm are made a few at a time", () => {
    const message = new FaultyMessage({ interim: 10_000 }, length, new PseudoRandom(0), 0);
    const sizes = Array.from(message.steps(latin1Bytes(head)), (step) =>
      step.kind === "octets" ? step.octets.length : 0,
    );
    expect(Math.max(...sizes)).toBeLessThan(10_000);
    expect(sizes.length).toBeGreaterThan(30);
  });

  test("of endless content come for as long as they are asked for, up to the limit", () => {
    const chunked = head.replace("Content-Length: 10", "Transfer-Encoding: chunked");
    const steps = stepsOf({ chunk: "endless" }, head + content);
    const chunk = `400\r\n${".".repeat(1024)}\r\n`;
    expect(steps).toBe(`${chunked}a\r\n${content}\r\n${chunk.repeat(5)}[reset]`);
    const message = new FaultyMessage({ chunk: "endless" }, length, new PseudoRandom(0), Infinity);
    expect(message.isEndless).toBe(false);
    const endless = message.steps(latin1Bytes(head + content));
    for (let i = 0; i < 1000; i++) expect(endless.next().done).toBe(false);
    expect(message.isEndless).toBe(true);
  });

  test("of a body in chunks put its chunks together again", () => {
    const streamed = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    const body = "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
    const framing: Framing = { framing: "chunked", contentOctets: undefined };
    expect(stepsOf({}, streamed + body, framing)).toBe(streamed + body);
    expect(stepsOf({ cutAfterBytes: 4 }, streamed + body, framing)).toBe(
      `${streamed}3\r\nabc\r\n1\r\nd\r\n[fin]`,
    );
    expect(stepsOf({ chunk: "malformed" }, streamed + body, framing)).toBe(
      `${streamed}size\r\nabc\r\n[fin]`,
    );
    expect(stepsOf({ chunk: "missing", by: "reset" }, streamed + body, framing)).toBe(
      `${streamed}3\r\nabc\r\n2\r\nde\r\n[reset]`,
    );
  });

  test("of a body that the connection's end delimits have no end of their own", () => {
    const bare = "HTTP/1.1 200 OK\r\n\r\n";
    const framing: Framing = { framing: "close", contentOctets: undefined };
    expect(stepsOf({ corruptBytes: 1 }, `${bare}${"a".repeat(64)}`, framing)).toBe(
      `${bare}${"a".repeat(32)}\`${"a".repeat(31)}`,
    );
  });
});
