import { describe, expect, test } from "bun:test";

import { failureText } from "../../../src/server/tls/handshake-failure.ts";

type HandshakeEnd = Parameters<typeof failureText>[0];

/** Of a handshake that failed with `words`, what the log says. */
function said(words: string, more: Partial<HandshakeEnd> = {}): string {
  return failureText({ words, latest: undefined, hasAsked: true, isOwn: false, ...more });
}

/** The octets of an alert in cleartext, behind those of a record of another kind. */
function alertOctets(alert: number, level = 2): Uint8Array {
  return Uint8Array.of(20, 3, 3, 0, 1, 1, 21, 3, 3, 0, 2, level, alert);
}

const ownHint = "; postern trust has browsers trust it";

describe("a client that refuses the certificate", () => {
  test.each([
    [42, "bad certificate"],
    [43, "unsupported certificate"],
    [44, "certificate revoked"],
    [45, "certificate expired"],
    [46, "certificate unknown"],
    [48, "unknown ca"],
  ])("says so by the alert %d in cleartext (RFC 8446 §6.2)", (alert, name) => {
    for (const level of [1, 2]) {
      expect(said("bad packet length", { latest: alertOctets(alert, level) })).toBe(
        `the client refused the certificate (${name})`,
      );
    }
  });

  test.each([
    ["tlsv1 alert unknown ca", "unknown ca"],
    ["sslv3 alert bad certificate", "bad certificate"],
    ["sslv3 alert certificate unknown", "certificate unknown"],
    ["sslv3 alert certificate expired", "certificate expired"],
  ])("says so by an encrypted alert, %p", (words, name) => {
    expect(said(words)).toBe(`the client refused the certificate (${name})`);
  });

  test("may leave without an alert", () => {
    expect(said("reset")).toBe("reset; the client may not trust the certificate");
    expect(said("cut off")).toBe("cut off; the client may not trust the certificate");
  });

  test("is helped where the authority is postern's own, and that is what is wrong", () => {
    const isOwn = true;
    expect(said("tlsv1 alert unknown ca", { isOwn })).toEndWith(`(unknown ca)${ownHint}`);
    expect(said("reset", { isOwn })).toEndWith(ownHint);
    expect(said("sslv3 alert certificate expired", { isOwn })).toEndWith("(certificate expired)");
  });
});

describe("a failure of another kind keeps its words", () => {
  test.each([
    ["without an alert", undefined],
    ["with an alert about something else", alertOctets(40)],
    ["with an alert that isn't the last", Uint8Array.of(...alertOctets(48), 0)],
    ["with an alert of a level that there isn't", alertOctets(48, 3)],
    ["with too little for an alert", alertOctets(48).subarray(-6)],
    ["with a record of another type", Uint8Array.of(23, 3, 3, 0, 2, 2, 48)],
    ["with a record of another length", Uint8Array.of(21, 3, 3, 0, 3, 2, 48)],
  ])("%s", (_what, latest) => {
    const text = said("bad packet length", { latest, isOwn: true });
    expect(text).toBe("bad packet length");
  });

  test("such as an alert about something else", () => {
    expect(said("sslv3 alert handshake failure")).toBe("sslv3 alert handshake failure");
  });

  test("and so does one before the certificate was asked for, and one that was too late", () => {
    expect(said("reset", { hasAsked: false })).toBe("reset");
    expect(said("cut off", { hasAsked: false })).toBe("cut off");
    expect(said("not over in time")).toBe("not over in time");
  });
});
