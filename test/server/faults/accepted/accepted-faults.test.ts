import { expect, test } from "bun:test";

import { defaultLimits } from "../../../../src/base/limits.ts";
import { milliseconds } from "../../../../src/base/units.ts";
import { connectionFaults } from "../../../../src/server/faults/accepted/accepted-faults.ts";

const none = { waitMs: undefined, close: undefined, handshake: undefined, flaw: undefined };

test("what befalls a connection follows from the faults of its rule", () => {
  expect(connectionFaults({}, defaultLimits)).toEqual(none);
  expect(connectionFaults({ acceptAfterMs: 5, closeAtAccept: "reset" }, defaultLimits)).toEqual({
    ...none,
    waitMs: milliseconds(5),
    close: "reset",
  });
  expect(connectionFaults({ certificate: "expired" }, defaultLimits)).toEqual({
    ...none,
    flaw: "expired",
  });
  const stallMs = defaultLimits.faultWaitTimeMs;
  expect(connectionFaults({ cutHandshake: "stall" }, defaultLimits).handshake).toEqual({
    by: "stall",
    part: 0,
    stallMs,
  });
  expect(
    connectionFaults({ cutHandshake: "fin", handshakePart: 0.5 }, defaultLimits).handshake,
  ).toEqual({ by: "fin", part: 0.5, stallMs });
});
