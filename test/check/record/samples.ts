/** Conversations of text for the tests in this folder: what passes is written down, event by event. */

import { Conversation } from "../../../src/check/record/conversation.ts";
import type { RecordedPhase } from "../../../src/check/record/recorded.ts";
import { latin1Bytes } from "../../../src/http/octets/bytes.ts";

/** An event: `> …` of the client, `< …` of the server, or what happened. */
export type Event = readonly [
  kind: ">" | "<" | "client ends" | "server closes" | "server resets" | "over" | "wait",
  text?: string,
];

/** What was recorded of the events of one connection. */
export function phasesOf(
  events: readonly Event[],
  bodyBytesMax = 1000,
  connection = 1,
): readonly RecordedPhase[] {
  const phases: RecordedPhase[] = [];
  let nowMs = 0;
  let order = connection * 1000;
  const conversation = new Conversation(connection, {
    bodyBytesMax,
    hold: () => true,
    release: () => undefined,
    nextOrder: () => ++order,
    nowMs: () => nowMs,
    recorded: (phase) => phases.push(phase),
    closed: () => undefined,
  });
  for (const [kind, text = ""] of [...events, ["over"] as const]) {
    switch (kind) {
      case ">":
        conversation.received(latin1Bytes(text));
        break;
      case "<":
        conversation.sent(latin1Bytes(text));
        break;
      case "client ends":
        conversation.clientEnded();
        break;
      case "server closes":
        conversation.serverEnded("closed");
        break;
      case "server resets":
        conversation.serverEnded("reset");
        break;
      case "wait":
        nowMs += Number(text);
        break;
      case "over":
        conversation.closed();
        break;
    }
  }
  return phases;
}

/** A request without a body, with `fields`, each with its line end. */
export function request(target: string, fields = "", method = "GET"): string {
  return `${method} ${target} HTTP/1.1\r\nHost: a\r\n${fields}\r\n`;
}

/** A response with a Content-Length. */
export function answer(body: string, fields = "", status = "200 OK"): string {
  return `HTTP/1.1 ${status}\r\n${fields}Content-Length: ${body.length}\r\n\r\n${body}`;
}
