import * as fc from "fast-check";
import { describe, expect, test } from "bun:test";

import { defaultLimits } from "../../src/base/limits.ts";
import { SharedValue, Slot } from "../../src/base/slot.ts";
import { bytes } from "../../src/base/units.ts";
import { digestOf, latin1Bytes, latin1Text } from "../../src/http/octets/bytes.ts";
import { RequestHeadCache } from "../../src/http1/request-head-cache.ts";
import type { Http1RequestHead } from "../../src/http1/request-head.ts";
import type { ParserEvent } from "../../src/http1/request-parser.ts";
import { RequestParser } from "../../src/http1/request-parser.ts";
import { anyInput, validRequest, write } from "./request-writer.ts";
import { cut, limitsWith, meaning, transcript } from "./transcript.ts";

/** What a head costs beside its octets, as the memory counts. */
const headBytes = 1536;

/** Two that have so many in common are in one place of any table of heads. */
const lowBits = 14;

const newMemory = (
  requestCacheBytesMax: number = defaultLimits.requestCacheBytesMax,
): RequestHeadCache => new RequestHeadCache(limitsWith({ requestCacheBytesMax }));

/** A request with a cookie behind other fields, longer than what a digest takes octet by octet. */
const request = (cookie: string, path = "/a.txt"): string =>
  `GET ${path} HTTP/1.1\r\nHost: example.com\r\nUser-Agent: a browser\r\n` +
  `Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\nAccept-Language: en\r\n` +
  `Cookie: ${cookie}\r\n\r\n`;

const plain = request("id=0123456789abcdef");

/** One of exactly `octets`. */
const ofLength = (octets: number): string => request("c".repeat(octets - request("").length));

/** One of many, which differ in their paths and their lengths. */
const numbered = (i: number): string => request("x".repeat(i % 300), `/${i}`);

/** All events about `pieces`, which come one after the other on a new connection. */
function eventsOf(heads: RequestHeadCache, ...pieces: readonly string[]): ParserEvent[] {
  const parser = new RequestParser(defaultLimits, heads);
  const events: ParserEvent[] = [];
  for (const piece of pieces) {
    parser.push(latin1Bytes(piece));
    for (let event = parser.next(); event.kind !== "need-data"; event = parser.next()) {
      events.push(event);
      if (event.kind === "error") return events;
    }
  }
  return events;
}

/** The heads in `pieces`. */
function headsOf(heads: RequestHeadCache, ...pieces: readonly string[]): Http1RequestHead[] {
  return eventsOf(heads, ...pieces).flatMap((event) => (event.kind === "head" ? event.head : []));
}

/** The one head that comes as `text`, whole and alone; throws when it doesn't. */
function headOf(heads: RequestHeadCache, text: string): Http1RequestHead {
  const [head, ...others] = headsOf(heads, text);
  if (head === undefined || others.length > 0) throw new Error(`not one head: ${text}`);
  return head;
}

/** Has `text` come so often that it is remembered; its head. */
function remembered(heads: RequestHeadCache, text: string): Http1RequestHead {
  headOf(heads, text);
  headOf(heads, text);
  return headOf(heads, text);
}

/** What a parser that remembers nothing says about `pieces`. */
const readAnew = (...pieces: readonly string[]): unknown[] =>
  meaning(
    transcript(
      pieces.map((piece) => latin1Bytes(piece)),
      defaultLimits,
      newMemory(0),
    ),
  );

/** What a parser that shares `heads` says. */
const readWith = (heads: RequestHeadCache, ...pieces: readonly string[]): unknown[] =>
  meaning(
    transcript(
      pieces.map((piece) => latin1Bytes(piece)),
      defaultLimits,
      heads,
    ),
  );

describe("a head that is evicted", () => {
  test("drops what was answered to it, and what has come in its place keeps its own", () => {
    const heads = newMemory(2 * (headBytes + plain.length));
    const dropped: string[] = [];
    class Answer extends SharedValue {
      readonly name: string;
      constructor(name: string) {
        super();
        this.name = name;
      }
      drop(): void {
        dropped.push(this.name);
      }
    }
    for (const id of ["1", "2", "3", "4"]) {
      const { slot } = remembered(heads, request("id=1", `/${id}`));
      if (slot === undefined) throw new Error("the head isn't kept");
      slot.value = new Answer(id);
    }
    expect(dropped).toEqual(["1", "2"]);
  });
});

describe("a head that comes again, octet for octet", () => {
  test("is the very same object from the third time on, from any client", () => {
    const heads = newMemory();
    const [first, second, ...others] = Array.from({ length: 6 }, () => headOf(heads, plain));
    expect(first).not.toBe(second);
    expect(others.every((other) => other === second)).toBe(true);
    expect([first?.slot, second?.slot]).toEqual([undefined, new Slot()]);
  });

  test("is the same on one connection, too, and each is a request of its own", () => {
    const heads = newMemory();
    const events = eventsOf(heads, plain, plain, plain, plain);
    const kinds = events.map((event): string => event.kind);
    expect(kinds).toEqual(Array.from({ length: 4 }, () => ["head", "end"]).flat());
    expect(new Set(headsOf(heads, plain, plain, plain)).size).toBe(1);
  });

  test("leaves its parser as one that was read does", () => {
    const [heads, none] = [newMemory(), newMemory(0)];
    remembered(heads, plain);
    const states = [heads, none].map((memory) => {
      const parser = new RequestParser(defaultLimits, memory);
      parser.push(latin1Bytes(plain));
      return (["head", "end", "need-data"] as const).map((kind) => {
        expect(parser.next().kind).toBe(kind);
        const { place, method, buffered, isBodyRead } = parser;
        return { place, method, buffered, isBodyRead };
      });
    });
    expect(states[0]).toEqual(states[1] ?? []);
  });

  test("says what was read, with octets of its own", () => {
    const heads = newMemory();
    // More has arrived in the same buffer before and behind, as it may with a socket's.
    const buffer = latin1Bytes(`...${plain}...`);
    const piece = buffer.subarray(3, 3 + plain.length);
    for (let i = 0; i < 2; i++) {
      const parser = new RequestParser(defaultLimits, heads);
      parser.push(piece);
      expect(parser.next().kind).toBe("head");
    }
    buffer.fill(0x78);
    const head = headOf(heads, plain);
    expect(head.slot).toBeInstanceOf(Slot);
    expect(latin1Text(head.octets)).toBe(plain);
    expect(head.octets.buffer.byteLength).toBe(plain.length);
    expect(readWith(heads, plain)).toEqual(readAnew(plain));
  });

  test("is kept when it comes for the second time, and not before", () => {
    const heads = newMemory();
    for (let i = 0; i < 1000; i++) headOf(heads, request("a", `/once/${i}`));
    expect(heads.bytes).toBe(0);
    headOf(heads, plain);
    expect(heads.bytes).toBe(0);
    headOf(heads, plain);
    expect(heads.bytes).toBe(headBytes + plain.length);
    headOf(heads, plain);
    expect(heads.bytes).toBe(headBytes + plain.length);
  });

  test("is known by its version, its method and its fields, whatever they are", () => {
    const heads = newMemory();
    const texts = [
      "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET / HTTP/1.0\r\nHost: a\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
      "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n",
      "get / HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET / HTTP/1.1\r\nhost: a\r\n\r\n",
      "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET http://a/ HTTP/1.1\r\nHost: b\r\n\r\n",
    ];
    const known = texts.map((text) => remembered(heads, text));
    expect(new Set(known).size).toBe(texts.length);
    expect(texts.map((text) => headOf(heads, text))).toEqual(known);
    for (const text of texts) expect(readWith(heads, text)).toEqual(readAnew(text));
  });
});

describe("other octets", () => {
  /** Octets that may stand in most places of a head, and some that may stand in few. */
  const others = [0x41, 0x62, 0x30, 0x2f, 0x20, 0x3a, 0x0d, 0x0a, 0x00, 0xff];

  test("are read for what they are, wherever they differ in one octet", () => {
    const heads = newMemory();
    const text = request(`session=${"x".repeat(400)}`);
    const known = remembered(heads, text);
    for (let at = 0; at < text.length; at++) {
      for (const octet of others) {
        if (text.charCodeAt(at) === octet) continue;
        const other = text.slice(0, at) + String.fromCharCode(octet) + text.slice(at + 1);
        // Twice each time, so that what was taken for another would be remembered as well.
        for (let i = 0; i < 2; i++) expect(readWith(heads, other)).toEqual(readAnew(other));
      }
      expect(headsOf(heads, `${text.slice(0, at)}~${text.slice(at + 1)}`)).not.toContain(known);
    }
  });

  test("are not the head of a cookie that ends in another way", () => {
    const heads = newMemory();
    const known = remembered(heads, request("id=0123456789abcdeX"));
    const other = remembered(heads, request("id=0123456789abcdeY"));
    expect(other).not.toBe(known);
    expect(known.fields.get("cookie")).toBe("id=0123456789abcdeX");
    expect(other.fields.get("cookie")).toBe("id=0123456789abcdeY");
  });

  test("are distinguished when their digests are equal", () => {
    const heads = newMemory();
    // Behind the first octets only some count, so some digit in here doesn't.
    const digits = "0".repeat(64);
    const first = request(digits);
    const twins = Array.from(digits, (_, at) =>
      request(`${digits.slice(0, at)}1${digits.slice(at + 1)}`),
    ).filter((text) => digestOf(latin1Bytes(text)) === digestOf(latin1Bytes(first)));
    expect(twins.length).toBeGreaterThan(32);
    remembered(heads, first);
    for (const twin of [...twins, first, ...twins]) {
      for (let i = 0; i < 2; i++) {
        const head = headOf(heads, twin);
        expect(latin1Text(head.octets)).toBe(twin);
        expect(head.fields.get("cookie")).toBe(/Cookie: (\d+)/.exec(twin)?.[1] as string);
      }
    }
    // They have one place between them, and the last has it.
    expect(heads.bytes).toBe(headBytes + first.length);
  });

  test("are distinguished when their digests have their low bits in common", () => {
    const heads = newMemory();
    const byLowBits = new Map<number, string>();
    let pair: readonly [string, string] | undefined;
    for (let i = 0; pair === undefined; i++) {
      const text = request("a", `/${i}`);
      const digest = digestOf(latin1Bytes(text));
      const other = byLowBits.get(digest % 2 ** lowBits);
      if (other !== undefined && digestOf(latin1Bytes(other)) !== digest) pair = [other, text];
      byLowBits.set(digest % 2 ** lowBits, text);
    }
    const [one, other] = pair;
    for (const text of [...pair, ...pair, one, one, other, other, ...pair]) {
      expect(latin1Text(headOf(heads, text).octets)).toBe(text);
    }
    expect(remembered(heads, one)).toBe(headOf(heads, one));
    expect(remembered(heads, other)).toBe(headOf(heads, other));
  });

  test("are not found where they end sooner or go on", () => {
    const heads = newMemory();
    remembered(heads, plain);
    for (let end = 0; end < plain.length; end++) {
      const piece = plain.slice(0, end);
      expect(readWith(heads, piece)).toEqual(readAnew(piece));
      // The rest comes after all.
      expect(readWith(heads, piece, plain.slice(end))).toEqual(readAnew(plain));
    }
    for (const more of ["\r\n", "G", "\0", plain.slice(0, 40), plain]) {
      expect(readWith(heads, plain + more)).toEqual(readAnew(plain + more));
    }
  });
});

const body = "POST /f HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n";
const chunked = "POST /f HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
const none = "GET /f HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n";
const awaited = "POST /f HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n";

describe("is known whatever is behind it", () => {
  test.each<readonly [what: string, ...pieces: readonly string[]]>([
    ["a body", `${body}abc`],
    ["a body that comes later", body, "abc"],
    ["the first octet of a body", `${body}a`, "bc"],
    ["a body in chunks", `${chunked}3\r\nabc\r\n0\r\n\r\n`],
    ["chunks that come later", chunked, "3\r\nabc\r\n", "0\r\n\r\n"],
    ["chunks and trailers", `${chunked}1\r\na\r\n0\r\nT: x\r\n\r\n`],
    ["a body that is said to be empty", none],
    ["a body that waits to be asked for", awaited, "abc"],
    ["a body that ends as a head does", `${body}\n\r\n`],
    ["the beginning of another", plain + plain.slice(0, 9), plain.slice(9)],
    ["an empty line that came alone before", "\r\n", plain],
  ])("%s", (_what, ...pieces) => {
    const heads = newMemory();
    for (let i = 0; i < 5; i++) expect(readWith(heads, ...pieces)).toEqual(readAnew(...pieces));
    const all = [1, 2, 3].flatMap(() => headsOf(heads, ...pieces)[0] ?? []);
    expect(new Set(all).size).toBe(1);
    expect(all.map((head) => head.slot !== undefined)).toEqual([true, true, true]);
    const [known] = all;
    const sent = pieces.join("").replace(/^\r\n/, "");
    expect(latin1Text(known?.octets ?? latin1Bytes(""))).toBe(
      `${sent.split("\r\n\r\n")[0]}\r\n\r\n`,
    );
  });

  test("many that come at once, short and long, with bodies between them", () => {
    const heads = newMemory();
    const short = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    const parts = [short, short, plain, `${body}abc`, none, short, `${chunked}0\r\n\r\n`, plain];
    const all = parts.join("");
    for (let i = 0; i < 4; i++) expect(readWith(heads, all)).toEqual(readAnew(all));
    const [first, second] = [headsOf(heads, all), headsOf(heads, all)];
    expect(first).toHaveLength(parts.length);
    expect(second.map((head, i) => head === first[i])).toEqual(parts.map(() => true));
    expect(new Set(first).size).toBe(5);
    // And each of them alone, and wherever all of it is cut.
    expect(headOf(heads, short)).toBe(first[0] as Http1RequestHead);
    for (let at = 1; at < all.length; at++) {
      expect(readWith(heads, all.slice(0, at), all.slice(at))).toEqual(readAnew(all));
    }
  });

  test("of any length, where its end is looked for in one way and in the other", () => {
    for (let length = 28; length < 140; length++) {
      const heads = newMemory();
      const one = `GET /${"x".repeat(length - 27)} HTTP/1.1\r\nHost: a\r\n\r\n`;
      expect(one).toHaveLength(length);
      expect(headsOf(heads, one + plain)).toHaveLength(2);
      const known = headsOf(heads, one + plain)[0] as Http1RequestHead;
      expect(known.slot).toBeInstanceOf(Slot);
      expect(headsOf(heads, one + one + one)).toEqual([known, known, known]);
      expect(headsOf(heads, one + one).every((head) => head === known)).toBe(true);
      expect(readWith(heads, one + plain)).toEqual(readAnew(one + plain));
    }
  });
});

describe("is read each time", () => {
  test.each<readonly [what: string, ...pieces: readonly string[]]>([
    ["one behind an empty line", `\r\n${plain}`],
    ["one behind two empty lines", `\r\n\r\n${plain}`],
    ["one behind an empty line that came alone, with the next", "\r\n", `\r\n${plain}`],
    ["one whose last octet comes later", plain.slice(0, -1), plain.slice(-1)],
  ])("%s", (_what, ...pieces) => {
    const heads = newMemory();
    for (let i = 0; i < 5; i++) expect(readWith(heads, ...pieces)).toEqual(readAnew(...pieces));
    const all = [1, 2, 3].flatMap(() => headsOf(heads, ...pieces));
    expect(new Set(all).size).toBe(all.length);
    expect(all.filter((head) => head.slot !== undefined)).toEqual([]);
    expect(heads.bytes).toBe(0);
  });

  test("a head that comes in two pieces, wherever it is cut, also when it is remembered", () => {
    const heads = newMemory();
    for (const isRemembered of [false, true]) {
      if (isRemembered) remembered(heads, plain);
      for (let at = 1; at < plain.length; at++) {
        const all = [1, 2, 3].flatMap(() => headsOf(heads, plain.slice(0, at), plain.slice(at)));
        expect(new Set(all).size).toBe(3);
        expect(all.filter((head) => head.slot !== undefined)).toEqual([]);
      }
      expect(heads.bytes).toBe(isRemembered ? headBytes + plain.length : 0);
    }
  });

  test("a head in three pieces, the last of which fills the parser's buffer", () => {
    const heads = newMemory();
    const text = ofLength(1024);
    const lineEnd = text.indexOf("\r\n") + 2;
    const pieces = [text.slice(0, lineEnd), text.slice(lineEnd, 50), text.slice(50)];
    const all = [1, 2, 3, 4].flatMap(() => headsOf(heads, ...pieces));
    expect(all.map((head) => head.slot !== undefined)).toEqual([false, false, false, false]);
    expect(heads.bytes).toBe(0);
  });

  test("a head that is remembered, behind an empty line", () => {
    const heads = newMemory();
    const known = remembered(heads, plain);
    expect(headsOf(heads, `\r\n${plain}`)).not.toContain(known);
    expect(readWith(heads, `\r\n${plain}`)).toEqual(readAnew(`\r\n${plain}`));
    // And once more alone.
    expect(headOf(heads, plain)).toBe(known);
  });

  test("a head that is refused", () => {
    const heads = newMemory();
    for (const text of [
      "GET / HTTP/1.1\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
      "GET a HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nX : a\r\n\r\n",
      "GET / HTTP/2.0\r\nHost: a\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nExpect: x\r\n\r\n",
    ]) {
      for (let i = 0; i < 4; i++) {
        expect(eventsOf(heads, text).map(({ kind }) => kind)).toEqual(["error"]);
        expect(readWith(heads, text)).toEqual(readAnew(text));
      }
    }
    expect(heads.bytes).toBe(0);
  });
});

describe("the memory is bounded", () => {
  test("a head with many fields costs what their offsets do", () => {
    const heads = newMemory();
    const fields = Array.from({ length: 49 }, (_, i) => `X${i}: ${i}\r\n`).join("");
    const octets = `GET / HTTP/1.1\r\nHost: a\r\n${fields}\r\n`;
    remembered(heads, octets);
    expect(heads.bytes).toBe(headBytes + octets.length + 34 * 128);
  });

  test("a head of 2048 octets is kept, and none that is longer", () => {
    const heads = newMemory();
    const [fits, isLonger] = [ofLength(2048), ofLength(2049)];
    expect(remembered(heads, fits)).toBe(headOf(heads, fits));
    expect(heads.bytes).toBe(headBytes + 2048);
    expect(remembered(heads, isLonger)).not.toBe(headOf(heads, isLonger));
    expect(headOf(heads, isLonger).slot).toBeUndefined();
    expect(heads.bytes).toBe(headBytes + 2048);
  });

  test("and keeps nothing when it may hold nothing", () => {
    const heads = newMemory(0);
    const all = Array.from({ length: 5 }, () => headOf(heads, plain));
    expect(new Set(all).size).toBe(5);
    expect(all.filter((head) => head.slot !== undefined)).toEqual([]);
    expect(heads.bytes).toBe(0);
  });

  test("and has room for one head, for two or for none, to the octet", () => {
    const [one, other] = [request("id=1"), request("id=2", "/b.txt")];
    const room = headBytes + other.length;
    const heads = newMemory(room);
    expect(remembered(heads, one)).toBe(headOf(heads, one));
    expect(remembered(heads, other)).toBe(headOf(heads, other));
    expect(heads.bytes).toBe(room);
    expect(headOf(heads, one)).not.toBe(headOf(heads, one));
    const tooSmall = newMemory(room - 1);
    expect(remembered(tooSmall, other)).not.toBe(headOf(tooSmall, other));
    expect(tooSmall.bytes).toBe(0);
    expect(readWith(tooSmall, other)).toEqual(readAnew(other));
    const roomForTwo = newMemory(room + headBytes + one.length);
    const both = [one, other].map((text) => remembered(roomForTwo, text));
    expect([one, other].map((text) => headOf(roomForTwo, text))).toEqual(both);
    expect(roomForTwo.bytes).toBe(room + headBytes + one.length);
  });

  test("however many different heads come three times each", () => {
    const bytesMax = 200_000;
    const heads = newMemory(bytesMax);
    const count = 4000;
    let most = 0;
    for (let i = 0; i < count; i++) {
      const known = remembered(heads, numbered(i));
      expect(latin1Text(known.octets)).toBe(numbered(i));
      most = Math.max(most, heads.bytes);
    }
    expect(most).toBeLessThanOrEqual(bytesMax);
    // It is used, and what is in it can be had.
    expect(heads.bytes).toBeGreaterThan(bytesMax / 2);
    const held = Array.from({ length: count }, (_, i) => numbered(i)).filter(
      (one) => typeof heads.find(latin1Bytes(one), 0, one.length) !== "number",
    );
    const costs = held.map((one) => headBytes + one.length);
    expect(heads.bytes).toBe(costs.reduce((sum, cost) => sum + cost, 0));
  });
});

describe("no result shows whether a head was cached", () => {
  const bare = validRequest.map((one) => write({ ...one, emptyLines: 0, body: { kind: "none" } }));
  const places = fc.oneof(
    { weight: 3, arbitrary: fc.constant<number[]>([]) },
    { weight: 1, arbitrary: fc.array(fc.nat(), { maxLength: 3 }) },
  );
  /** What comes on one connection: some of a few texts, each whole or cut. */
  const connection = fc.array(fc.tuple(fc.nat(2), places), { minLength: 1, maxLength: 4 });
  const texts = fc.array(fc.oneof(bare, bare, anyInput), { minLength: 3, maxLength: 3 });
  const someLimits = [
    limitsWith({}),
    // No more than a few heads, and no more than one.
    limitsWith({ requestCacheBytesMax: 5600 }),
    limitsWith({ requestCacheBytesMax: 1700 }),
    limitsWith({ requestLineBytesMax: 30, headerSectionBytesMax: 60, fieldCountMax: 3 }),
  ];

  test.each(someLimits.map((limits, i) => [i, limits] as const))(
    "by what is said of any requests, repeated and cut in any way (limits %i)",
    (_i, limits) => {
      const heads = new RequestHeadCache(limits);
      const forgetful = { ...limits, requestCacheBytesMax: bytes(0) };
      let recurring = 0;
      const property = fc.property(
        texts,
        fc.array(connection, { minLength: 1, maxLength: 6 }),
        (all, connections) => {
          for (const pieces of connections) {
            const octets = pieces.flatMap(([i, at]) => cut(latin1Bytes(all[i] ?? ""), at));
            const said = transcript(octets, limits, heads);
            expect(meaning(said)).toEqual(meaning(transcript(octets, forgetful)));
            recurring += said.filter((one) => "head" in one && one.head.slot !== undefined).length;
          }
        },
      );
      fc.assert(property, { numRuns: 1000 });
      // Without heads that came back nothing would have been shown.
      expect(recurring).toBeGreaterThan(100);
    },
  );
});
