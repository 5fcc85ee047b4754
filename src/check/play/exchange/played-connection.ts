/**
 * A connection of a phase, with what was sent on it and has no answer yet. Where a phase isn't
 * about connections, a server that closed one behind a whole answer is asked the rest on a new one,
 * as any client would do (RFC 9112 §9.3.1).
 */

import { latin1Text } from "../../../http/octets/bytes.ts";
import type { Answer } from "../../blame/notes.ts";
import type { Connection } from "../connection.ts";
import { HeadEnding } from "./head-ending.ts";
import { SentRequests } from "./sent-requests.ts";

export class PlayedConnection {
  #connection: Connection;
  readonly ending = new HeadEnding();
  /** Whether the last expectation covered all bytes that arrived. */
  quiet = false;
  /** Whether it is noted that the server closed the connection, which is noted once. */
  endIsNoted = false;
  #answer: Answer | undefined;
  #requests = new SentRequests();

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  get connection(): Connection {
    return this.#connection;
  }

  /** The last whole answer on the connection, if there was one. */
  get answer(): Answer | undefined {
    return this.#answer;
  }

  /** Whether something that was sent has no answer. */
  get isAsking(): boolean {
    return this.#requests.unanswered.length > 0;
  }

  /**
   * Whether the server ended its side behind a whole answer without being asked to, and no byte of
   * another answer came.
   */
  get isOver(): boolean {
    const { peer, pendingBytes } = this.#connection;
    if (this.#answer === undefined || this.#requests.endWasAsked) return false;
    return peer !== "open" && pendingBytes === 0;
  }

  /** Whether what is sent next begins a request, or goes on with one that has no answer. */
  get canBeReplaced(): boolean {
    return !this.#requests.answeredEarly;
  }

  /** Whether what has no answer may be sent twice (RFC 9110 §9.2.2). */
  get isRepeatable(): boolean {
    return this.#requests.unanswered.every((octets) => repeatable.test(latin1Text(octets)));
  }

  sent(octets: Uint8Array): void {
    this.ending.sent(octets);
    this.#requests.sent(octets);
  }

  /** Notes a whole answer; an interim one (1xx) doesn't end a request. */
  answered(answer: Answer): void {
    this.ending.answered();
    if (answer.status < 200) return;
    this.#answer = answer;
    this.#requests.answered();
  }

  /** Goes on with a new connection: what had no answer is sent again there. */
  replace(connection: Connection): void {
    const { unanswered } = this.#requests;
    this.#connection.abort();
    this.#connection = connection;
    this.#answer = undefined;
    this.endIsNoted = false;
    this.#requests = new SentRequests();
    for (const octets of unanswered) {
      this.#requests.sent(octets);
      connection.send(octets);
    }
  }
}

const repeatable = /^(?:\r\n)*(?:GET|HEAD|OPTIONS|TRACE|PUT|DELETE) /u;
