import * as fc from "fast-check";
import { describe, expect, test } from "bun:test";

import { defaultLimits } from "../../src/base/limits.ts";
import { latin1Bytes } from "../../src/http/octets/bytes.ts";
import { RequestParser } from "../../src/http1/request-parser.ts";
import {
  anyInput,
  comparable,
  expected,
  validRequest,
  write,
  writeHead,
} from "./request-writer.ts";
import { cut, limitsWith, read, singly, transcript } from "./transcript.ts";

const tightLimits = fc.record({
  requestLineBytesMax: fc.integer({ min: 16, max: 60 }),
  headerSectionBytesMax: fc.integer({ min: 16, max: 120 }),
  fieldCountMax: fc.integer({ min: 1, max: 5 }),
  emptyLinesMax: fc.nat(2),
  chunkLineBytesMax: fc.integer({ min: 16, max: 30 }),
  chunkExtensionsBytesMax: fc.integer({ min: 30, max: 60 }),
  trailerSectionBytesMax: fc.integer({ min: 2, max: 40 }),
});
const someLimits = fc.oneof(fc.constant({}), tightLimits).map((changes) => limitsWith(changes));

describe("any cut of any input says the same as the whole", () => {
  test("for cuts at arbitrary places", () => {
    const property = fc.property(
      anyInput,
      someLimits,
      fc.array(fc.nat(), { maxLength: 6 }),
      (text, limits, places) => {
        const octets = latin1Bytes(text);
        expect(transcript(cut(octets, places), limits)).toEqual(read(text, limits));
      },
    );
    fc.assert(property, { numRuns: 4000 });
  });

  test("octet by octet", () => {
    const property = fc.property(anyInput, someLimits, (text, limits) => {
      expect(transcript(singly(latin1Bytes(text)), limits)).toEqual(read(text, limits));
    });
    fc.assert(property, { numRuns: 2000 });
  });

  test("for each single cut of a request with everything in it", () => {
    const text =
      "\r\nPOST http://a.b:80/c?d HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n" +
      'Transfer-Encoding: chunked\r\n\r\n05 ; x = "\\"y" ;z\r\nhello\r\n0;a=b\r\nT: u \r\n\r\n' +
      "GET / HTTP/1.1\r\nHost: a\r\n\r\nPUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab\0";
    const octets = latin1Bytes(text);
    const whole = read(text);
    expect(whole).toHaveLength(9);
    for (let place = 0; place <= octets.length; place++) {
      expect(transcript(cut(octets, [place]))).toEqual(whole);
    }
  });
});

describe("reading undoes writing", () => {
  test("for any valid requests, one after the other", () => {
    const property = fc.property(
      fc.array(validRequest, { minLength: 1, maxLength: 4 }),
      (requests) => {
        const said = read(requests.map(write).join(""));
        expect(said.map(comparable)).toEqual(requests.flatMap(expected));
      },
    );
    fc.assert(property, { numRuns: 3000 });
  });
});

describe("no input makes the parser throw, hang, or talk on after an error", () => {
  test("whatever it is given", () => {
    const property = fc.property(anyInput, anyInput, (text, more) => {
      const parser = new RequestParser(defaultLimits);
      parser.push(latin1Bytes(text));
      let event = parser.next();
      let steps = 0;
      while (event.kind !== "need-data" && event.kind !== "error") {
        // A head or an octet of body, and an end: two events for an octet at the most.
        expect(steps++).toBeLessThanOrEqual(2 * text.length);
        event = parser.next();
      }
      expect(parser.next()).toBe(event);
      if (event.kind !== "error") return;
      parser.push(latin1Bytes(more));
      expect(parser.next()).toBe(event);
      expect(parser.buffered).toBe(0);
      expect(parser.place).toBe("failed");
    });
    fc.assert(property, { numRuns: 3000 });
  });

  test("and what it has buffered is never more than what it was given and hasn't told", () => {
    const property = fc.property(anyInput, (text) => {
      const parser = new RequestParser(defaultLimits);
      let given = 0;
      for (const octet of singly(latin1Bytes(text))) {
        parser.push(octet);
        given++;
        let event = parser.next();
        while (event.kind !== "need-data" && event.kind !== "error") event = parser.next();
        expect(parser.buffered).toBeLessThanOrEqual(given);
        if (parser.place === "between") expect(parser.buffered).toBe(0);
      }
    });
    fc.assert(property, { numRuns: 300 });
  });
});

/** How many octets of `text` are taken, singly, before the parser fails; all if it doesn't. */
function takenOf(text: string, limits: ReturnType<typeof limitsWith>): number {
  const parser = new RequestParser(limits);
  let taken = 0;
  for (const octet of singly(latin1Bytes(text))) {
    parser.push(octet);
    taken++;
    for (let event = parser.next(); event.kind !== "need-data"; event = parser.next()) {
      if (event.kind === "error") return taken;
    }
  }
  return taken;
}

describe("limits", () => {
  test("a head is taken within its limits and refused at the octet that breaks one", () => {
    const property = fc.property(validRequest, tightLimits, (request, changes) => {
      const limits = limitsWith(changes);
      const head = writeHead(request);
      const lineBytes = head.indexOf("\r\n");
      const sectionBytes = head.length - lineBytes - 2;
      const fieldCount = head.split("\r\n").length - 3;
      const text = "\r\n".repeat(request.emptyLines) + head;
      const ceiling =
        2 * limits.emptyLinesMax + limits.requestLineBytesMax + 2 + limits.headerSectionBytesMax;
      const [first] = read(text, limits);
      const fits =
        request.emptyLines <= limits.emptyLinesMax &&
        lineBytes <= limits.requestLineBytesMax &&
        sectionBytes <= limits.headerSectionBytesMax &&
        fieldCount <= limits.fieldCountMax;
      expect(first !== undefined && "head" in first).toBe(fits);
      expect(takenOf(text, limits)).toBeLessThanOrEqual(ceiling + 1);
    });
    fc.assert(property, { numRuns: 2000 });
  });

  test("an endless run of any octet is refused within the limits of its place", () => {
    const limits = limitsWith({
      requestLineBytesMax: 50,
      headerSectionBytesMax: 100,
      chunkLineBytesMax: 20,
      chunkExtensionsBytesMax: 40,
      trailerSectionBytesMax: 60,
    });
    const body = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    const places: readonly (readonly [start: string, unit: string, octetsMax: number])[] = [
      ["", "\r\n", 4],
      ["", "A", 50],
      ["GET /", "a", 50],
      ["GET / HTTP/1.1\r\n", "a", 100],
      ["GET / HTTP/1.1\r\nX: ", "a", 100],
      ["GET / HTTP/1.1\r\nX:", " ", 100],
      ["GET / HTTP/1.1\r\n", "a:\r\n", 100],
      [body, "0", 20],
      [`${body}1`, " ", 20],
      [`${body}1;a="`, "b", 20],
      [body, "1;abc\r\nx\r\n", 130],
      [`${body}0\r\n`, "a", 60],
      [`${body}0\r\nA:`, "\t", 60],
      [`${body}0\r\n`, "a:\r\n", 60],
    ];
    for (const [start, unit, octetsMax] of places) {
      const text = start + unit.repeat(1000);
      expect([start, unit, takenOf(text, limits) <= start.length + octetsMax + 1]).toEqual([
        start,
        unit,
        true,
      ]);
    }
  });
});
