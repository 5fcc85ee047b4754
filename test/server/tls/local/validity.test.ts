import { expect, test } from "bun:test";

import { makeAuthority } from "../../../../src/server/tls/local/authority.ts";
import { isFresh } from "../../../../src/server/tls/local/validity.ts";

const dayMs = 86_400_000;
const madeMs = Date.UTC(2026, 0, 1);

test("a certificate is fresh while a third of its time is left (RFC 5280 §4.1.2.5)", () => {
  const { cert } = makeAuthority("test", { names: ["localhost"], networks: [] }, madeMs);
  for (const [days, isSo] of [
    [-2, false],
    [0, true],
    [2400, true],
    [2500, false],
    [4000, false],
  ] as const) {
    expect([days, isFresh(cert, madeMs + days * dayMs)]).toEqual([days, isSo]);
  }
});
