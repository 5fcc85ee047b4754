import { describe, expect, test } from "bun:test";

import type { OutgoingHead } from "../../../src/http/message/outgoing-head.ts";
import type { Forwarded, Request } from "../../../src/site/request.ts";
import { forwardsLeft, outgoingHead, viaLine } from "../../../src/site/proxy/outgoing-request.ts";
import { PassedFields } from "../../../src/site/proxy/passed-fields.ts";
import { headOf } from "../../http1/transcript.ts";
import { requestOf } from "../fake-request.ts";

/** The request whose head is `text`, with a line end behind each line. */
function requestIn(...lines: readonly string[]): Request {
  const head = headOf(`${lines.join("\r\n")}\r\n\r\n`);
  return { ...requestOf("GET /"), head, remoteAddress: "192.0.2.1" };
}

const passed = new PassedFields({ authorization: undefined, userField: "Remote-User" }, false);

const outgoing = (request: Request, host = "backend.test", scheme: "http" | "https" = "http") =>
  outgoingHead(request, { host }, "/t", passed, { scheme, pseudonym: "me" });

const lines = ({ fields }: Pick<OutgoingHead, "fields">): string[] =>
  fields.map(([name, value]) => `${name}: ${value}`);

/** What is said of the client of a request for the host a. */
const told = [
  "X-Forwarded-For: 192.0.2.1",
  "X-Forwarded-Host: a",
  "X-Forwarded-Proto: http",
  "Forwarded: for=192.0.2.1;host=a;proto=http",
  "Via: 1.1 me",
];

const waits = (...own: readonly string[]): boolean =>
  outgoing(requestIn("POST / HTTP/1.1", "Host: a", ...own)).expectsContinue;

describe("the request that a backend gets", () => {
  test("has the client's fields in their order and spelling, repeated ones too", () => {
    const request = requestIn("PUT /x HTTP/1.1", "x-B: 1", "HOST: a", "Cookie: c", "X-b: 2");
    expect(outgoing(request)).toMatchObject({ method: "PUT", target: "/t", content: "none" });
    expect(lines(outgoing(request))).toEqual([
      "Host: backend.test",
      "x-B: 1",
      "Cookie: c",
      "X-b: 2",
      ...told,
    ]);
  });

  test("keeps Origin, and what conditions, ranges and codings the client asks for", () => {
    const own = [
      "Origin: http://a",
      'If-None-Match: "x"',
      "Range: bytes=0-1",
      "Accept-Encoding: br",
    ];
    expect(lines(outgoing(requestIn("GET / HTTP/1.1", "Host: a", ...own)))).toEqual([
      "Host: backend.test",
      ...own,
      ...told,
    ]);
  });

  test("names the backend's host, or the client's own", () => {
    const request = requestIn("GET / HTTP/1.1", "Host: a.test:81");
    expect(lines(outgoing(request, "keep"))[0]).toBe("Host: a.test:81");
    expect(lines(outgoing(request, "b:1"))[0]).toBe("Host: b:1");
    expect(lines(outgoing(requestIn("GET / HTTP/1.0"), "keep"))[0]).toBe("Host: ");
    // RFC 9112 §3.2.2: the target's host counts.
    const absolute = requestIn("GET http://c.test/ HTTP/1.1", "Host: a");
    expect(lines(outgoing(absolute, "keep"))[0]).toBe("Host: c.test");
  });

  test("belongs to the client's trace (W3C Trace Context §3.2, §3.3)", () => {
    const own = [
      "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
      "tracestate: congo=t61rcWkgMzE",
      "tracestate: rojo=00f067aa0ba902b7",
    ];
    const request = requestIn("GET / HTTP/1.1", "Host: a", ...own);
    expect(lines(outgoing(request))).toEqual(["Host: backend.test", ...own, ...told]);
  });

  test("has no field about the client's connection (RFC 9110 §7.6.1)", () => {
    const request = requestIn(
      "GET / HTTP/1.1",
      "Host: a",
      "Connection: keep-alive, X-Hop, Host, Via",
      "X-Hop: 1",
      "Keep-Alive: 5",
      "TE: trailers",
      "Via: 1.0 fred",
      "Proxy-Authorization: Basic x",
      "Proxy: http://evil.test",
    );
    expect(lines(outgoing(request))).toEqual(["Host: backend.test", ...told]);
  });

  test("says who asks behind what the client says of itself (RFC 7239 §4)", () => {
    const request = requestIn(
      "GET / HTTP/1.1",
      "Host: a",
      "X-Forwarded-For: 198.51.100.7",
      "X-Forwarded-Host: evil.test",
      "X-Forwarded-Proto: https",
      "X-Forwarded-Port: 443",
      "Forwarded: for=198.51.100.7",
      "Via: 1.0 fred",
    );
    expect(lines(outgoing(request))).toEqual([
      "Host: backend.test",
      "Forwarded: for=198.51.100.7",
      "Via: 1.0 fred",
      "X-Forwarded-For: 198.51.100.7, 192.0.2.1",
      ...told.slice(1),
    ]);
  });

  test("names the scheme, and the version that the client spoke (RFC 9110 §7.6.3)", () => {
    const all = lines(outgoing(requestIn("GET / HTTP/1.0"), "b", "https"));
    expect(all).toContain("X-Forwarded-Proto: https");
    expect(all).toContain("Forwarded: for=192.0.2.1;proto=https");
    expect(all.at(-1)).toBe("Via: 1.0 me");
    expect(viaLine(1, "x")).toEqual(["Via", "1.1 x"]);
  });

  test("leaves out the address of a client that has none", () => {
    const request = { ...requestIn("GET / HTTP/1.1", "Host: a"), remoteAddress: "" };
    expect(lines(outgoing(request))).not.toContain("X-Forwarded-For: ");
    expect(lines(outgoing(request))).toContain("Forwarded: for=unknown;host=a;proto=http");
  });

  test("is framed as the client's, by one field (RFC 9112 §6.1)", () => {
    const framed = (...own: readonly string[]): unknown =>
      outgoing(requestIn("POST / HTTP/1.1", "Host: a", ...own)).content;
    expect(framed()).toBe("none");
    expect(framed("Content-Length: 0")).toBe(0);
    expect(framed("Content-Length: 5")).toBe(5);
    expect(framed("Transfer-Encoding: chunked")).toBe("chunked");
    const sized = requestIn("POST / HTTP/1.1", "Host: a", "Content-Length: 5");
    expect(lines(outgoing(sized))).toEqual(["Host: backend.test", ...told]);
  });

  test("waits for 100 if the client does, and has content (RFC 9110 §10.1.1)", () => {
    expect(waits("Expect: 100-continue", "Content-Length: 5")).toBeTrue();
    expect(waits("Expect: 100-continue")).toBeFalse();
    expect(waits("Content-Length: 5")).toBeFalse();
  });
});

const upgrade = (version: string, ...own: readonly string[]): string | undefined =>
  outgoing(requestIn(`GET / HTTP/${version}`, "Host: a", ...own)).upgrade;

describe("an upgrade (RFC 9110 §7.8)", () => {
  test("is passed on if Connection names it", () => {
    expect(upgrade("1.1", "Connection: Upgrade", "Upgrade: websocket")).toBe("websocket");
    expect(upgrade("1.1", "Connection: x, upgrade", "Upgrade: Foo/1, bar")).toBe("Foo/1, bar");
    expect(upgrade("1.1", "Upgrade: websocket")).toBeUndefined();
    expect(upgrade("1.0", "Connection: Upgrade", "Upgrade: websocket")).toBeUndefined();
  });

  test("is not to HTTP/2 or TLS, in which requests would pass unseen", () => {
    for (const protocol of ["h2c", "H2C", "h2", "HTTP/2.0", "TLS/1.2", "h2c , HTTP/3"]) {
      expect(upgrade("1.1", "Connection: Upgrade", `Upgrade: ${protocol}`)).toBeUndefined();
    }
    const both = ["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c, websocket"];
    expect(upgrade("1.1", ...both, "HTTP2-Settings: x")).toBe("websocket");
    const all = lines(outgoing(requestIn("GET / HTTP/1.1", "Host: a", "HTTP2-Settings: x")));
    expect(all).toEqual(["Host: backend.test", ...told]);
  });
});

describe("a request that a trusted proxy has passed on", () => {
  const forwarded: Forwarded = {
    peerAddress: "10.0.0.1",
    scheme: "https",
    authority: { host: "site.example" },
  };
  const through = (...fields: readonly string[]): string[] =>
    lines(
      outgoing({ ...requestIn("GET / HTTP/1.1", "Host: inner:81", ...fields), forwarded }, "keep"),
    );

  test("names the client's host and scheme, and the proxy's address behind the client's", () => {
    expect(through("X-Forwarded-For: 192.0.2.1", "X-Forwarded-Proto: https")).toEqual([
      "Host: site.example",
      "X-Forwarded-For: 192.0.2.1, 10.0.0.1",
      "X-Forwarded-Host: site.example",
      "X-Forwarded-Proto: https",
      'Forwarded: for=192.0.2.1;host=site.example;proto=https, for=10.0.0.1;host="inner:81";proto=http',
      "Via: 1.1 me",
    ]);
  });

  test("says the same in both fields, whichever the proxy has written", () => {
    expect(through("Forwarded: for=192.0.2.1;proto=https")).toEqual([
      "Host: site.example",
      "Forwarded: for=192.0.2.1;proto=https",
      "X-Forwarded-For: 192.0.2.1, 10.0.0.1",
      "X-Forwarded-Host: site.example",
      "X-Forwarded-Proto: https",
      'Forwarded: for=10.0.0.1;host="inner:81";proto=http',
      "Via: 1.1 me",
    ]);
  });
});

test("the user is told in the field of the rule", () => {
  const request = requestIn("GET / HTTP/1.1", "Host: a", "Remote-User: admin");
  request.user = "ines";
  expect(lines(outgoing(request)).filter((line) => line.startsWith("Remote"))).toEqual([
    "Remote-User: ines",
  ]);
});

const counted = (method: string, value: string): readonly [number | undefined, string[]] => {
  const request = requestIn(`${method} / HTTP/1.1`, "Host: a", `Max-Forwards: ${value}`);
  const all = lines(outgoing(request)).filter((line) => line.startsWith("Max"));
  return [forwardsLeft(request.head), all];
};

describe("Max-Forwards (RFC 9110 §7.6.2)", () => {
  test("counts down for OPTIONS and TRACE", () => {
    expect(counted("OPTIONS", "2")).toEqual([2, ["Max-Forwards: 1"]]);
    expect(counted("TRACE", "1")).toEqual([1, ["Max-Forwards: 0"]]);
    expect(counted("TRACE", "0")[0]).toBe(0);
  });

  test("is a field like any for other methods, and where it is no number", () => {
    expect(counted("GET", "0")).toEqual([undefined, ["Max-Forwards: 0"]]);
    expect(counted("OPTIONS", "x")).toEqual([undefined, ["Max-Forwards: x"]]);
  });
});
