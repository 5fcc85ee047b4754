import { describe, expect, test } from "bun:test";

import * as fc from "fast-check";

import { isIP } from "node:net";
import type { Fields } from "../../../src/http/fields/fields.ts";
import { openTrustedProxies } from "../../../src/server/proxied/trusted-proxies.ts";

const peer = "127.0.0.1";
const limits = { forwardedHopsMax: 4, trustedNetsMax: 9 };
const proxies = openTrustedProxies(["loopback", "10.0.0.0/8"], false, limits);

/** Field lines, each "name: value". */
function fieldsOf(lines: readonly string[]): Fields {
  const pairs = lines.map((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon), line.slice(colon + 1).trim()] as const;
  });
  const getAll = (name: string): string[] =>
    pairs.filter(([one]) => one.toLowerCase() === name).map(([, value]) => value);
  return {
    count: pairs.length,
    [Symbol.iterator]: () => pairs.values(),
    get: (name) => getAll(name)[0],
    getAll,
    has: (name) => getAll(name).length > 0,
  };
}

/** What `lines` say, as "address scheme host"; "-" for what isn't told, "" where nothing counts. */
function told(...lines: readonly string[]): string {
  const client = proxies.clientOf(fieldsOf(lines), peer);
  if (client?.forwarded === undefined) return "";
  const { remoteAddress, forwarded } = client;
  const { scheme = "-", authority } = forwarded;
  const port = authority?.port === undefined ? "" : `:${authority.port}`;
  expect(forwarded.peerAddress).toBe(peer);
  return `${remoteAddress} ${scheme} ${authority?.host ?? "-"}${port}`;
}

const xff = "X-Forwarded-For:";

describe("Forwarded (RFC 7239)", () => {
  test.each<readonly [what: string, lines: readonly string[], told: string]>([
    ["names the client", ["Forwarded: for=203.0.113.5"], "203.0.113.5 - -"],
    [
      "names scheme and host, too",
      ['Forwarded: for="[2001:db8::1]:80";proto=HTTPS;host="site.example:8443"'],
      "2001:db8::1 https site.example:8443",
    ],
    ["may have no client", ["Forwarded: proto=https"], "127.0.0.1 https -"],
    ["is read from the right", ["Forwarded: for=1.1.1.1, for=203.0.113.5"], "203.0.113.5 - -"],
    [
      "is read past trusted proxies",
      ["Forwarded: for=1.1.1.1;host=evil, for=203.0.113.5;host=a;proto=https, for=10.0.0.1;host=b"],
      "203.0.113.5 https a",
    ],
    [
      "is read over several lines",
      ["Forwarded: for=203.0.113.5", "Forwarded: for=10.0.0.1"],
      "203.0.113.5 - -",
    ],
    [
      "names the first proxy if all are trusted",
      ["Forwarded: for=10.0.0.2, for=10.0.0.1"],
      "10.0.0.2 - -",
    ],
    ["may hide the client", ["Forwarded: for=_x;proto=https"], "127.0.0.1 https -"],
    [
      "may hide the client from a proxy behind",
      ["Forwarded: for=unknown, for=10.0.0.1"],
      "10.0.0.1 - -",
    ],
    ["stops at what is hidden", ["Forwarded: for=203.0.113.5, for=unknown"], "127.0.0.1 - -"],
    ["takes a WebSocket's scheme", ["Forwarded: proto=wss"], "127.0.0.1 https -"],
    [
      "has a client that mapped its address",
      ['Forwarded: for="[::ffff:203.0.113.5]"'],
      "203.0.113.5 - -",
    ],
    [
      "knows a mapped proxy",
      ['Forwarded: for=203.0.113.5, for="[::ffff:10.0.0.1]"'],
      "203.0.113.5 - -",
    ],
    [
      "isn't read where the client wrote it",
      ['Forwarded: "', "Forwarded: for=203.0.113.5"],
      "203.0.113.5 - -",
    ],
    ["as many as may be", [`Forwarded: ${"for=10.0.0.1,".repeat(3)}for=10.0.0.9`], "10.0.0.1 - -"],
    ["empty", ["Forwarded:"], ""],
    ["malformed", ["Forwarded: for=203.0.113.5;"], "203.0.113.5 - -"],
    ["with an open quote of the client's", ['Forwarded: for=", for=203.0.113.5'], ""],
    ["with a malformed client", ["Forwarded: for=localhost"], ""],
    ["with a malformed proxy", ["Forwarded: for=203.0.113.5, for=010.0.0.1"], ""],
    ["with a malformed scheme", ["Forwarded: for=203.0.113.5;proto=gopher"], ""],
    ["with a malformed host", ['Forwarded: for=203.0.113.5;host="a/b"'], ""],
    ["with a host that leads elsewhere", ['Forwarded: for=203.0.113.5;host="a@b"'], ""],
    ["with too many elements", [`Forwarded: ${"for=10.0.0.1,".repeat(4)}for=10.0.0.9`], ""],
    ["with too many, over lines", Array<string>(5).fill("Forwarded: for=10.0.0.1"), ""],
  ])("%s", (_what, lines, expected) => {
    expect(told(...lines)).toBe(expected);
  });
});

describe("X-Forwarded-For, -Proto and -Host", () => {
  test.each<readonly [what: string, lines: readonly string[], told: string]>([
    ["name the client", [`${xff} 203.0.113.5`], "203.0.113.5 - -"],
    [
      "name scheme and host",
      [`${xff} 2001:db8::1`, "X-Forwarded-Proto: https", "X-Forwarded-Host: site.example"],
      "2001:db8::1 https site.example",
    ],
    ["may name the scheme alone", ["X-Forwarded-Proto: https"], "127.0.0.1 https -"],
    ["are read from the right", [`${xff} 127.0.0.1, 203.0.113.5`], "203.0.113.5 - -"],
    ["are read past trusted proxies", [`${xff} 1.1.1.1,203.0.113.5 , 10.0.0.1`], "203.0.113.5 - -"],
    ["are read over several lines", [`${xff} 203.0.113.5`, `${xff} 10.0.0.1`], "203.0.113.5 - -"],
    ["may have ports", [`${xff} 203.0.113.5:4711`], "203.0.113.5 - -"],
    ["aren't read where the client wrote them", [`${xff} junk, 203.0.113.5`], "203.0.113.5 - -"],
    ["may hide the client", [`${xff} unknown`, "X-Forwarded-Proto: https"], "127.0.0.1 https -"],
    [
      "have one scheme, whoever named it",
      [`${xff} 203.0.113.5, 10.0.0.1`, "X-Forwarded-Proto: https"],
      "203.0.113.5 https -",
    ],
    [
      "have the client's scheme in a list of the same length",
      [`${xff} 203.0.113.5, 10.0.0.1`, "X-Forwarded-Proto: https, http"],
      "203.0.113.5 https -",
    ],
    ["with a list of another length", [`${xff} 203.0.113.5`, "X-Forwarded-Proto: a, https"], ""],
    ["with two schemes and no client", ["X-Forwarded-Proto: https, http"], ""],
    ["with a malformed client", [`${xff} 203.0.113.5, junk`], ""],
    ["with a zone", [`${xff} fe80::1%eth0`], ""],
    ["with a malformed scheme", [`${xff} 203.0.113.5`, "X-Forwarded-Proto: https://"], ""],
    ["with a malformed host", [`${xff} 203.0.113.5`, "X-Forwarded-Host: a b"], ""],
    ["with too many members", [`${xff} ${"10.0.0.1,".repeat(4)}10.0.0.9`], ""],
    ["with commas alone", [`${xff} ${",".repeat(9000)}`], "127.0.0.1 - -"],
  ])("%s", (_what, lines, expected) => {
    expect(told(...lines)).toBe(expected);
  });
});

describe("both families of fields", () => {
  test("count when they agree", () => {
    const agreed = ["Forwarded: for=203.0.113.5;proto=https", `${xff} 203.0.113.5`];
    expect(told(...agreed, "X-Forwarded-Host: a")).toBe("203.0.113.5 https -");
    expect(told(...agreed, "X-Forwarded-Proto: https")).toBe("203.0.113.5 https -");
  });

  test("don't count when they contradict each other", () => {
    expect(told("Forwarded: for=1.1.1.1", `${xff} 203.0.113.5`)).toBe("");
    expect(told("Forwarded: for=203.0.113.5;proto=https", `${xff} junk`)).toBe("");
    const same = [`${xff} 203.0.113.5`, "X-Forwarded-Proto: http"];
    expect(told("Forwarded: for=203.0.113.5;proto=https", ...same)).toBe("");
    expect(told("Forwarded: host=a", "X-Forwarded-Host: b")).toBe("");
    expect(told("Forwarded: host=a", "X-Forwarded-Host: a:80")).toBe("127.0.0.1 - a");
    expect(told('Forwarded: host="a:81"', "X-Forwarded-Host: a:80")).toBe("");
  });

  test("without either there is nothing", () => {
    expect(told("Host: a", "X-Real-IP: 203.0.113.5")).toBe("");
  });
});

describe("whatever is sent", () => {
  test("throws nothing, and gives an address", () => {
    const unit = fc.constantFrom(...Array.from('for=";,\\ \t[]:1.0_é'));
    const names = ["Forwarded", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host"];
    const line = fc
      .tuple(fc.constantFrom(...names), fc.string({ unit, maxLength: 40 }))
      .map(([name, value]) => `${name}: ${value}`);
    fc.assert(
      fc.property(fc.array(line, { maxLength: 4 }), (lines) => {
        const client = proxies.clientOf(fieldsOf(lines), peer);
        if (client !== undefined) expect(isIP(client.remoteAddress)).toBeGreaterThan(0);
      }),
    );
  });

  test("the client can't change what the last proxy adds to its list", () => {
    const written = fc.string({ unit: "grapheme-ascii", maxLength: 40 });
    fc.assert(
      fc.property(written, (text) => {
        const before = text.replaceAll(/[\r\n]/g, "");
        const members = before.split(",").filter((one) => one.trim() !== "").length;
        const isLong = members + 1 > limits.forwardedHopsMax;
        expect(told(`${xff} ${before}, 203.0.113.5`)).toBe(isLong ? "" : "203.0.113.5 - -");
        const appended = told(`Forwarded: ${before}, for=203.0.113.5`);
        expect(["", "203.0.113.5 - -"]).toContain(appended);
      }),
    );
  });
});

describe("the entries", () => {
  test("are refused in one line when one is wrong", () => {
    expect(() => openTrustedProxies(["example.com"], false, limits)).toThrow(
      'a trusted proxy must be an address, a net such as 10.0.0.0/8, "loopback", "private" or ' +
        '"unix:", not "example.com"',
    );
  });
});
