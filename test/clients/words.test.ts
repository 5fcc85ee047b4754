import { describe, expect, test } from "bun:test";

import type { Outcome } from "../../clients/client.ts";
import { words } from "../../clients/words.ts";

const whole = { octets: 10, sha256: "a" };
const once = { times: 1 };

const outcome = (changes: Partial<Outcome> = {}): Outcome => ({
  kind: "ok",
  status: 200,
  octets: 10,
  sha256: "a",
  milliseconds: 1,
  ...changes,
});

/** What is shown of an error with `text`. */
const shown = (text: string): string =>
  words([{ ...outcome({ kind: "failed", octets: 0, error: text }) }], whole, once, 1).slice(
    "200, ".length,
  );

describe("an outcome in words", () => {
  test("says what of the content its caller got", () => {
    const said = (changes: Partial<Outcome>): string => words([outcome(changes)], whole, once, 1);
    expect(said({})).toBe("200, whole");
    expect(said({ octets: 4, sha256: "b" })).toBe("200, 4 of 10 octets");
    expect(said({ sha256: "b" })).toBe("200, other octets, as many");
    expect(said({ octets: 11, sha256: "b" })).toBe("200, more than all octets");
    expect(said({ status: 503, octets: 0 })).toBe("503");
    expect(words([outcome()], undefined, once, 1)).toBe("200");
  });

  test("says how it ended, and not how far it came by then", () => {
    const failed = outcome({ kind: "failed", octets: 4, error: "18 cut" });
    expect(words([failed], whole, once, 1)).toBe("200, `18 cut`");
    const hung = { kind: "hung", octets: 0, sha256: "", milliseconds: 1 } as const;
    expect(words([hung], whole, once, 0)).toBe("waits until its own limit");
  });

  test("joins those of several requests, and tells of requests that weren't asked for", () => {
    const two = { times: 2 };
    expect(words([outcome(), outcome()], whole, two, 2)).toBe("each time: 200, whole");
    expect(words([outcome(), outcome({ status: 503 })], whole, two, 3)).toBe(
      "200, whole; then 503 (asked 3 times)",
    );
  });

  test.each([
    ["fetch failed: UND_ERR_SOCKET other side closed", "UND_ERR_SOCKET other side closed"],
    [
      "fetch failed: HPE_INVALID_CONSTANT Response does not match the HTTP/1.1 protocol (Expected HTTP/)",
      "HPE_INVALID_CONSTANT Expected HTTP/",
    ],
    [
      "ECONNRESET ECONNRESET: The socket connection was closed unexpectedly. For more information, pass `verbose: true`",
      "ECONNRESET The socket connection was closed unexpectedly",
    ],
    ['ZlibError ZlibError fetching "http://localhost:1234/a". For more information', "ZlibError"],
    [
      "URLError <urlopen error [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: certificate has expired (_ssl.c:1006)>",
      "CERTIFICATE_VERIFY_FAILED certificate has expired",
    ],
    ["BadStatusLine \u0001\u0002|", "BadStatusLine"],
    ["35 in connection to localhost:4711 ", "35 in connection to HOST"],
    ["connect ECONNREFUSED 127.0.0.1:4711", "connect ECONNREFUSED HOST"],
    ["a `b`\nc", "a 'b' c"],
  ])("leaves out of %j what differs or is said with each", (text, short) => {
    expect(shown(text)).toBe(`\`${short}\``);
  });

  test("cuts a long error", () => {
    expect(shown("x".repeat(200))).toBe(`\`${"x".repeat(80)}…\``);
  });
});
