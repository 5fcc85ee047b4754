import { describe, expect, test } from "bun:test";

import { Conversation } from "../../../src/check/record/conversation.ts";
import type { RecordedPhase } from "../../../src/check/record/recorded.ts";
import { latin1Bytes, latin1Text } from "../../../src/http/octets/bytes.ts";
import type { Event } from "./samples.ts";
import { answer, phasesOf, request } from "./samples.ts";

/** The steps of a phase in words. */
function shown({ steps, leftOut }: RecordedPhase): string {
  if (leftOut !== undefined) return `(${leftOut})`;
  const words = steps.map((step) => {
    switch (step.kind) {
      case "send":
        return `>${latin1Text(step.message.octets, step.start, step.end).split("\r\n", 1)[0]}`;
      case "response":
        return `<${step.response.status}${step.isOptional ? "?" : ""}`;
      case "end":
        return step.ends.join("/");
      default:
        return step.kind;
    }
  });
  return words.join(" ");
}

const get = request("/a");
const ok = answer("hi");

const cases: readonly (readonly [name: string, events: readonly Event[], phases: string[]])[] = [
  [
    "a phase for each exchange of a connection",
    [[">", get], ["<", ok], [">", get], ["<", ok], ["client ends"], ["server closes"]],
    [">GET /a HTTP/1.1 <200", ">GET /a HTTP/1.1 <200"],
  ],
  [
    "one phase for requests that were sent together",
    [
      [">", get + get],
      ["<", ok + ok],
    ],
    [">GET /a HTTP/1.1 >GET /a HTTP/1.1 <200 <200"],
  ],
  [
    "an answer behind all that was sent until it was complete",
    [
      [">", get],
      ["<", ok.slice(0, 20)],
      [">", get],
      ["<", ok.slice(20)],
      ["<", ok],
    ],
    [">GET /a HTTP/1.1 >GET /a HTTP/1.1 <200 <200"],
  ],
  [
    "100 before the body of a client that waited for it",
    [
      [">", request("/", "Expect: 100-continue\r\nContent-Length: 2\r\n", "PUT")],
      ["<", "HTTP/1.1 100 Continue\r\n\r\n"],
      [">", "hi"],
      ["<", ok],
    ],
    [">PUT / HTTP/1.1 <100 >hi <200"],
  ],
  [
    "100 that may come or not, of a client that did not",
    [
      [">", `${request("/", "Expect: 100-continue\r\nContent-Length: 2\r\n", "PUT")}hi`],
      ["<", `HTTP/1.1 100 Continue\r\n\r\n${ok}`],
    ],
    [">PUT / HTTP/1.1 <100? <200"],
  ],
  [
    "103 ahead of an answer",
    [
      [">", get],
      ["<", `HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n${ok}`],
    ],
    [">GET /a HTTP/1.1 <103 <200"],
  ],
  [
    "no body after HEAD",
    [
      [">", request("/a", "", "HEAD") + get],
      ["<", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"],
      ["<", ok],
    ],
    [">HEAD /a HTTP/1.1 >GET /a HTTP/1.1 <200 <200"],
  ],
  [
    "the end that an answer announces",
    [[">", get], ["<", answer("hi", "Connection: close\r\n")], ["server closes"]],
    [">GET /a HTTP/1.1 <200 closed"],
  ],
  [
    "the end that ends an answer",
    [[">", get], ["<", "HTTP/1.1 200 OK\r\n\r\nhi"], ["server closes"]],
    [">GET /a HTTP/1.1 <200 closed"],
  ],
  [
    "nothing of the end of an idle connection",
    [[">", get], ["<", ok], ["server closes"]],
    [">GET /a HTTP/1.1 <200"],
  ],
  [
    "the answer to what is no request, and all that follows",
    [
      [">", "nonsense\r\n\r\n"],
      ["<", answer("", "Connection: close\r\n", "400 Bad Request")],
      ["server closes"],
    ],
    [">nonsense <400 closed/reset"],
  ],
  [
    "a connection that ends without an answer",
    [[">", get], ["server resets"]],
    [">GET /a HTTP/1.1 closed/reset"],
  ],
  [
    "no request that came as the server closed an idle connection",
    [[">", get], ["<", ok], [">", get], ["server closes"]],
    [">GET /a HTTP/1.1 <200", "(the server closed a connection that was idle as this came)"],
  ],
  [
    "a FIN before the answer, and none after it",
    [[">", get], ["client ends"], ["<", ok], ["server closes"]],
    [">GET /a HTTP/1.1 half-close <200"],
  ],
  [
    "an early answer, and what is still sent",
    [
      [">", request("/", "Content-Length: 4\r\n", "PUT")],
      ["<", answer("", "", "413 Content Too Large")],
      [">", "body"],
      [">", get],
      ["<", ok],
    ],
    [">PUT / HTTP/1.1 <413 >body", ">GET /a HTTP/1.1 <200"],
  ],
  [
    "a tunnel up to where it begins",
    [
      [">", request("/ws", "Connection: Upgrade\r\nUpgrade: websocket\r\n")],
      ["<", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\nframes"],
      [">", "frames"],
      ["<", "frames"],
    ],
    [">GET /ws HTTP/1.1 <101 leave"],
  ],
  [
    "no phase of which the answer was cut, and those before it",
    [[">", get], ["<", ok], [">", get], ["<", ok.slice(0, -1)], ["server closes"]],
    [
      ">GET /a HTTP/1.1 <200",
      "(the server closed the connection after 1 bytes of the answer's body)",
    ],
  ],
  [
    "no phase that the client didn't wait for",
    [[">", get], ["client ends"]],
    ["(the client left before the answer was complete)"],
  ],
  [
    "no answer that is malformed",
    [
      [">", get],
      ["<", "HTTP/1.1 200 OK\nContent-Length: 0\n\n"],
      [">", get],
    ],
    ["(a player would refuse the answer, since it expects lines ended by CRLF (RFC 9112 §2.2))"],
  ],
  [
    "nothing that was not asked for",
    [["<", answer("", "", "503 Service Unavailable")], ["server closes"]],
    ["(the server sent something that was not asked for)"],
  ],
  [
    "no request that is longer than what is kept",
    [
      [">", `${request("/", "Content-Length: 300000\r\n", "PUT")}${"x".repeat(300_000)}`],
      ["<", ok],
      [">", get],
      ["<", ok],
    ],
    ["(a request is longer than what is kept)", ">GET /a HTTP/1.1 <200"],
  ],
];

describe("a conversation has", () => {
  test.each(cases)("%s", (_, events, expected) => {
    expect(phasesOf(events).map(shown)).toEqual(expected);
  });

  test("the same phases however its octets are cut", () => {
    for (const [name, events, expected] of cases) {
      // Where octets of both sides overlap, their order is what the case is about.
      if (name.includes("until it was complete") || name.includes("100 that may")) continue;
      const single = events.flatMap(([kind, text = ""]): Event[] =>
        kind === ">" || kind === "<"
          ? Array.from(text, (unit) => [kind, unit] as const)
          : [[kind, text]],
      );
      if (single.length < 1000)
        expect([name, phasesOf(single).map(shown)]).toEqual([name, expected]);
    }
  });

  test("how long the client waited", () => {
    const [phase] = phasesOf([
      [">", get],
      ["wait", "5000"],
      ["<", ok],
    ]);
    expect(phase?.steps.at(-1)).toMatchObject({ kind: "response", waitMs: 5000 });
  });

  test("a long answer by its length and digest", () => {
    const [phase] = phasesOf([
      [">", get],
      ["<", answer("x".repeat(2000))],
    ]);
    const step = phase?.steps.at(-1);
    const body = step?.kind === "response" ? step.response.body : undefined;
    expect([body?.octets, body?.lengthBytes]).toEqual([undefined, 2000]);
  });

  test("no phase for which there is no memory, and holds none then", () => {
    const heard: string[] = [];
    let held = 0;
    const conversation = new Conversation(1, {
      bodyBytesMax: 1000,
      hold: (bytes) => {
        if (held + bytes > 60) return false;
        held += bytes;
        return true;
      },
      release: (bytes) => void (held -= bytes),
      nextOrder: () => 1,
      nowMs: () => 0,
      recorded: (phase, bytes) => {
        heard.push(shown(phase));
        held -= bytes;
      },
      closed: () => heard.push("closed"),
    });
    for (const target of ["/a", `/${"b".repeat(100)}`]) {
      conversation.received(latin1Bytes(request(target)));
      conversation.sent(latin1Bytes(ok));
    }
    conversation.closed();
    expect(heard).toEqual([">GET /a HTTP/1.1 <200", "(there was no memory left for it)", "closed"]);
    expect(held).toBe(0);
  });
});
