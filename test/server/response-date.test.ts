import { expect, test } from "bun:test";

import { ResponseDate } from "../../src/server/response-date.ts";
import { FakeClock } from "../schedule/fake-clock.ts";

test("the Date field is the current second as an IMF-fixdate (RFC 9110 §6.6.1)", () => {
  const clock = new FakeClock();
  const date = new ResponseDate(clock);
  expect(date.now()).toBe("Sun, 22 Nov 2026 15:04:05 GMT");
  clock.advance(321);
  expect(date.now()).toBe("Sun, 22 Nov 2026 15:04:05 GMT");
  clock.advance(1);
  expect(date.now()).toBe("Sun, 22 Nov 2026 15:04:06 GMT");
});
