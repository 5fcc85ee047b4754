import { describe, expect, test } from "bun:test";

import type { FinalStatus } from "../../../src/http/message/response-builder.ts";
import type { Response } from "../../../src/http/message/response.ts";
import { ResponseBuilder } from "../../../src/http/message/response-builder.ts";
import { latin1Bytes } from "../../../src/http/octets/bytes.ts";

const file = { read: () => 0, close: () => undefined };
// eslint-disable-next-line typescript/require-await
async function* chunks(): AsyncGenerator<Uint8Array> {
  yield latin1Bytes("a");
}

const typed = (response: Response): unknown =>
  response.fields.find(([name]) => name === "Content-Type")?.[1];

const builder = (): ResponseBuilder<200> => new ResponseBuilder(200);

/** What a form held, for the log. */
const form = (): Record<string, string> => ({ b: "c" });

describe("a response", () => {
  test("has status, fields in their order, and a body with its media type", () => {
    const response = new ResponseBuilder(200)
      .field("Cache-Control", "no-store")
      .text("é\n")
      .field("X-After", "body")
      .build();
    expect(response).toEqual({
      status: 200,
      fields: [
        ["Cache-Control", "no-store"],
        ["Content-Type", "text/plain; charset=utf-8"],
        ["X-After", "body"],
      ],
      body: { kind: "bytes", bytes: new TextEncoder().encode("é\n") },
      close: false,
      note: undefined,
    });
  });

  test("may have no body", () => {
    expect(new ResponseBuilder(304).field("ETag", '"a"').build().body).toEqual({ kind: "none" });
    expect(new ResponseBuilder(200).build().body).toEqual({ kind: "none" });
  });

  test("takes bytes, text, markup, JSON, regions of a file, or a stream", () => {
    const octets = latin1Bytes("ab");
    const region = { start: 1, octets: 2 };
    const bytes = new ResponseBuilder(200).bytes(octets, "image/png").build();
    expect([bytes.body, typed(bytes)]).toEqual([{ kind: "bytes", bytes: octets }, "image/png"]);
    const html = new ResponseBuilder(404).html("<p>").build();
    expect(typed(html)).toBe("text/html; charset=utf-8");
    const json = new ResponseBuilder(200).json({ a: "é" }).build();
    expect([json.body, typed(json)]).toEqual([
      { kind: "bytes", bytes: new TextEncoder().encode('{"a":"é"}') },
      "application/json",
    ]);
    const nothing = new ResponseBuilder(200).json(undefined).build();
    expect(nothing.body).toEqual({ kind: "bytes", bytes: latin1Bytes("null") });
    const part = new ResponseBuilder(206).file(file, region, "a/b").build();
    expect([part.body, typed(part)]).toEqual([{ kind: "file", file, pieces: [region] }, "a/b"]);
    const pieces = [octets, region, octets];
    const parts = new ResponseBuilder(206).file(file, pieces, "a/b").build();
    expect(parts.body).toEqual({ kind: "file", file, pieces });
    const stream = new ResponseBuilder(200).stream(chunks(), "a/b").build();
    expect([stream.body.kind, typed(stream)]).toEqual(["stream", "a/b"]);
  });

  test("can ask for the connection's end, and tell the log something", () => {
    const built = new ResponseBuilder(403).closing().noting({ reason: "a" }).noting({ form });
    expect(built.build()).toMatchObject({ close: true, note: { reason: "a", form } });
  });
});

describe("redirect (RFC 9110 §15.4, §10.2.2)", () => {
  test.each([301, 302, 303, 307, 308] as const)("is a %i with its location", (status) => {
    const built = ResponseBuilder.redirect(status, "/a?b").field("Set-Cookie", "c=d").build();
    expect(built).toMatchObject({
      status,
      fields: [
        ["Location", "/a?b"],
        ["Set-Cookie", "c=d"],
      ],
      body: { kind: "none" },
    });
  });

  test.each(["/", "a", "../a", "?b", "#c", "/a%20b", "https://a.example/b?c#d", "/a//b", "/'(*)'"])(
    "goes to %s",
    (location) => {
      expect(ResponseBuilder.redirect(303, location).build().fields).toEqual([
        ["Location", location],
      ]);
    },
  );

  test.each([
    "",
    "//other.example/",
    "/\\other.example/",
    "\\\\other.example",
    "/a b",
    "/é",
    "/a\r\nSet-Cookie: a=b",
    "/a\t",
    "/%zz",
    "/%2",
    "/<a>",
    '/"',
  ])("does not go to %j", (location) => {
    expect(() => ResponseBuilder.redirect(303, location)).toThrow(
      new TypeError(`not a location: ${JSON.stringify(location)}`),
    );
  });

  test("is none of another status", () => {
    for (const status of [200, 300, 304, 305, 306, 404]) {
      expect(() => ResponseBuilder.redirect(status as 303, "/")).toThrow(
        new TypeError(`no redirect: ${status}`),
      );
    }
  });
});

const open = (): never => {
  throw new Error("not called");
};
const abandon = (): void => undefined;

describe("an upgrade (RFC 9110 §7.8)", () => {
  test("is a 101 with a tunnel, under the name of its protocol", () => {
    const response = ResponseBuilder.switching("websocket", open).field("A", "b").build();
    expect(response).toMatchObject({ status: 101, fields: [["A", "b"]], upgrade: "websocket" });
    expect(response.body).toEqual({ kind: "tunnel", open });
    expect(ResponseBuilder.switching("a/1", open, abandon).build().body).toEqual({
      kind: "tunnel",
      open,
      abandon,
    });
  });

  test("is what a 426 asks for", () => {
    expect(new ResponseBuilder(426).upgrading("websocket").build().upgrade).toBe("websocket");
    expect(new ResponseBuilder(204).build().upgrade).toBeUndefined();
  });

  test.each(["", "a b", "a/", "a/b/c", "a\r\nX: y"])("has no protocol %j", (protocol) => {
    const error = new TypeError(`not a protocol: ${protocol}`);
    expect(() => ResponseBuilder.switching(protocol, open)).toThrow(error);
  });

  test("is given out once", () => {
    expect(() => ResponseBuilder.switching("a", open).buildCached()).toThrow(
      new TypeError("an upgrade can't be given out again"),
    );
  });
});

describe("what does not compile", () => {
  test("a body on 204, 205 or 304 (RFC 9110 §6.4.1, §15.3.6); and it throws", () => {
    // @ts-expect-error 204 has no content
    expect(() => new ResponseBuilder(204).text("a")).toThrow(new TypeError("a 204 has no body"));
    // @ts-expect-error 205 has no content
    expect(() => new ResponseBuilder(205).html("a")).toThrow(new TypeError("a 205 has no body"));
    // @ts-expect-error 304 has no content
    expect(() => new ResponseBuilder(304).json(1)).toThrow(new TypeError("a 304 has no body"));
    // @ts-expect-error 304 has no content, not of a file either
    expect(() => new ResponseBuilder(304).file(file, { start: 0, octets: 0 }, "a/b")).toThrow(
      TypeError,
    );
    const statuses: readonly FinalStatus[] = [204];
    const unknown = statuses[0] ?? 204;
    // @ts-expect-error a status that may be one of those
    expect(() => new ResponseBuilder(unknown).text("a")).toThrow(TypeError);
  });

  test("a second body; and it throws", () => {
    const once = new ResponseBuilder(200).text("a");
    // @ts-expect-error there is a body already
    expect(() => once.text("b")).toThrow(new TypeError("a response has one body"));
    // @ts-expect-error there is a body already
    expect(() => once.field("A", "b").stream(chunks(), "a/b")).toThrow(TypeError);
    // @ts-expect-error there is a body already
    expect(() => once.closing().bytes(latin1Bytes(""), "a/b")).toThrow(TypeError);
  });

  test("an interim status as a final one (RFC 9110 §15.2)", () => {
    // @ts-expect-error 100 is never the last word
    expect(new ResponseBuilder(100)).toBeDefined();
    // @ts-expect-error 299 has no name
    expect(new ResponseBuilder(299)).toBeDefined();
  });

  test("a field that the encoder sets, in any letter case; and it throws", () => {
    const one = builder();
    const refused = new TypeError("Content-Length is set by the encoder");
    // @ts-expect-error framing is the encoder's
    expect(() => one.field("Content-Length", "5")).toThrow(refused);
    // @ts-expect-error framing is the encoder's
    expect(() => one.field("content-LENGTH", "5")).toThrow(TypeError);
    // @ts-expect-error framing is the encoder's
    expect(() => one.field("Transfer-Encoding", "chunked")).toThrow(TypeError);
    // @ts-expect-error the connection is the encoder's
    expect(() => one.field("Connection", "close")).toThrow(TypeError);
    // @ts-expect-error the connection is the encoder's
    expect(() => one.field("Keep-Alive", "timeout=5")).toThrow(TypeError);
    // @ts-expect-error the connection is the encoder's
    expect(() => one.field("Upgrade", "h2c")).toThrow(TypeError);
    // @ts-expect-error no trailers are sent
    expect(() => one.field("Trailer", "A")).toThrow(TypeError);
    // @ts-expect-error the clock is the encoder's
    expect(() => one.field("Date", "now")).toThrow(TypeError);
    const name: string = ["Content", "Length"].join("-");
    expect(() => one.field(name, "5")).toThrow(refused);
  });
});

describe("what throws before anything is on the wire (RFC 9110 §5.5)", () => {
  test("a name that is no token", () => {
    for (const name of ["", "A B", "A:", "A\r\n", "é", "A\0"]) {
      expect(() => builder().field(name, "b")).toThrow(TypeError);
    }
  });

  test("a value that would end its line, or hold a control", () => {
    for (const value of ["a\r\nB: c", "a\nb", "a\rb", "\0", "a\x7f", "\r\n", "€"]) {
      expect(() => builder().field("A", value)).toThrow(TypeError);
      expect(() => builder().bytes(latin1Bytes(""), value)).toThrow(TypeError);
    }
  });

  test("a value with white space at its ends", () => {
    expect(() => builder().field("A", " b")).toThrow(TypeError);
    expect(() => builder().field("A", "b\t")).toThrow(TypeError);
  });

  test("and not a value whose last octet is no white space of HTTP's", () => {
    // "à" in UTF-8, octet by octet: the second one is a no-break space in Latin-1.
    expect(builder().field("A", "\xc3\xa0").build().fields).toEqual([["A", "\xc3\xa0"]]);
    expect(builder().field("A", "").build().fields).toEqual([["A", ""]]);
  });
});
