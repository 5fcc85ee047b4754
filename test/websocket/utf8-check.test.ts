import { describe, expect, test } from "bun:test";

import { Utf8Check } from "../../src/websocket/utf8-check.ts";
import { cutTexts, invalidTexts, validTexts } from "./utf8-texts.ts";

describe("the check of UTF-8 (RFC 3629 §4)", () => {
  test.each(Object.entries(validTexts))("passes %s, however it is cut", (_name, octets) => {
    for (let cut = 0; cut <= octets.length; cut++) {
      const check = new Utf8Check();
      expect(check.push(octets.subarray(0, cut)) && check.push(octets.subarray(cut))).toBe(true);
      expect(check.isComplete).toBe(true);
    }
  });

  test.each(Object.entries(invalidTexts))(
    "refuses %s with the first octet that can't be",
    (_name, [octets, wrongAt]) => {
      const check = new Utf8Check();
      const said = Array.from(octets.subarray(0, wrongAt), (octet) =>
        check.push(Uint8Array.of(octet)),
      );
      expect(said.indexOf(false)).toBe(wrongAt - 1);
      expect(new Utf8Check().push(octets)).toBe(false);
    },
  );

  test.each(Object.entries(cutTexts))("says that %s isn't all", (_name, octets) => {
    const check = new Utf8Check();
    expect(check.push(octets)).toBe(true);
    expect(check.isComplete).toBe(false);
    check.restart();
    expect(check.isComplete).toBe(true);
  });

  test("says what the engine's decoder says, of every two octets behind every lead", () => {
    const decoder = new TextDecoder("utf-8", { fatal: true });
    for (let lead = 0x80; lead <= 0xff; lead++) {
      for (let second = 0x70; second <= 0xcf; second++) {
        const octets = Uint8Array.of(lead, second, 0x80, 0x80).subarray(
          0,
          lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4,
        );
        let isText = true;
        try {
          decoder.decode(octets);
        } catch {
          isText = false;
        }
        const check = new Utf8Check();
        expect(check.push(octets) && check.isComplete).toBe(isText);
      }
    }
  });
});
