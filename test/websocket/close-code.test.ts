import { describe, expect, test } from "bun:test";

import { encodeClose, readClose } from "../../src/websocket/close-code.ts";
import { closing, serverFrame } from "./client-frames.ts";
import { badCodes, goodCodes } from "./close-codes.ts";

describe("a Close frame that is sent (RFC 6455 §5.5.1)", () => {
  test.each(goodCodes)("has the code %i", (code) => {
    expect([...encodeClose(code, "why")]).toEqual([...serverFrame(8, closing(code, "why"))]);
  });

  test("has no payload for 1005", () => {
    expect([...encodeClose(1005, "")]).toEqual([0x88, 0x00]);
  });

  test.each([...badCodes.filter((code) => code !== 1005), 1000.5, -1, Number.NaN])(
    "never has %d",
    (code) => {
      expect(() => encodeClose(code, "")).toThrow(
        new TypeError(`not a code to close with: ${code}`),
      );
    },
  );

  test("has a reason of at most 123 octets", () => {
    expect(encodeClose(1000, "é".repeat(61)).length).toBe(126);
    expect(() => encodeClose(1000, "é".repeat(62))).toThrow(
      new TypeError("a reason has at most 123 octets, not 124"),
    );
  });
});

describe("a client's Close frame (RFC 6455 §7.4)", () => {
  test("says 1005 when it is empty", () => {
    expect(readClose(new Uint8Array(0))).toEqual({ ok: true, value: { code: 1005, reason: "" } });
  });

  test.each(goodCodes)("says %i", (code) => {
    expect(readClose(closing(code))).toEqual({ ok: true, value: { code, reason: "" } });
    const reason = "Gründe";
    expect(readClose(closing(code, reason))).toEqual({ ok: true, value: { code, reason } });
  });

  test.each(badCodes)("can't say %i", (code) => {
    const error = { code: 1002, text: `close code ${code} (RFC 6455 §7.4)` };
    expect(readClose(closing(code, "x"))).toEqual({ ok: false, error });
  });

  test("can't be half a code, nor have a reason that isn't UTF-8", () => {
    const half = { code: 1002, text: "half a close code (RFC 6455 §5.5.1)" };
    expect(readClose(Uint8Array.of(3))).toEqual({ ok: false, error: half });
    const text = "a close reason that isn't UTF-8 (RFC 6455 §5.5.1)";
    const error = { code: 1007, text };
    expect(readClose(closing(1000, Uint8Array.of(0xce)))).toEqual({ ok: false, error });
  });
});
