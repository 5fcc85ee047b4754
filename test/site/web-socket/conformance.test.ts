import { describe, expect, test } from "bun:test";

import { concatBytes, latin1Text } from "../../../src/http/octets/bytes.ts";
import { closing, serverFrame } from "../../websocket/client-frames.ts";
import type { ConformanceCase } from "./conformance-cases.ts";
import { conformanceCases, octetsOfCase } from "./conformance-cases.ts";
import { echo, openSession } from "./opened-session.ts";

const limits = { webSocketMessageBytesMax: 100_000, webSocketFragmentsMax: 1000 };

/** Shorter ones are cut at every position. */
const shortOctets = 600;

/** What an echo sends to `pieces`, and how the tunnel ended. */
function play(pieces: Iterable<Uint8Array>): { octets: Uint8Array; ending: string | undefined } {
  const { tunnel } = openSession(echo, limits);
  for (const piece of pieces) tunnel.send(piece);
  expect(tunnel.failures).toEqual([]);
  expect(tunnel.held).toBe(0);
  return { octets: tunnel.octets, ending: tunnel.ending };
}

/** `octets` in two pieces, for each position that is cut at. */
function* cuts(octets: Uint8Array): Generator<readonly Uint8Array[]> {
  for (let at = 1; at < octets.length; at++) {
    // A long payload is cut near its ends, and at every position of the last few octets.
    const isNear = at < 40 || octets.length - at < 40;
    if (octets.length > shortOctets && !isNear && at % 9973 !== 0) continue;
    yield [octets.subarray(0, at), octets.subarray(at)];
  }
}

function* single(octets: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < octets.length; at++) yield octets.subarray(at, at + 1);
}

/** Checks what came back. */
function check(one: ConformanceCase, played: ReturnType<typeof play>): void {
  const { gets, fails, answers = closing(1000) } = one;
  expect(played.ending).toBe("close");
  const before = concatBytes(gets);
  if (fails === undefined) {
    const expected = concatBytes([before, serverFrame(8, answers)]);
    expect(latin1Text(played.octets)).toBe(latin1Text(expected));
    return;
  }
  // The Close has a reason for people behind its code.
  expect(latin1Text(played.octets, 0, before.length)).toBe(latin1Text(before));
  const last = played.octets.subarray(before.length);
  expect([last[0], last[1], last[2], last[3]]).toEqual([
    0x88,
    last.length - 2,
    fails >> 8,
    fails & 0xff,
  ]);
}

describe("an echo (RFC 6455)", () => {
  test("is asked for what the groups of the Autobahn test suite are about", () => {
    const groups = Map.groupBy(conformanceCases, ({ name }) => name.split(" ")[0]);
    expect([...groups.keys()]).toEqual(["1", "2", "3", "4", "5", "6", "7", "9", "10"]);
    const names = new Set(conformanceCases.map(({ name }) => name));
    expect(names.size).toBe(conformanceCases.length);
    expect(conformanceCases.length).toBe(388);
  });

  test.each(conformanceCases.map((one) => [one.name, one] as const))("%s", (_name, one) => {
    const octets = octetsOfCase(one);
    check(one, play([octets]));
    const whole = play([octets]).octets;
    check(one, play(single(octets)));
    for (const pieces of cuts(octets)) {
      const cut = play(pieces);
      expect(Buffer.compare(cut.octets, whole)).toBe(0);
      expect(cut.ending).toBe("close");
    }
  });
});
