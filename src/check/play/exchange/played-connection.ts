/**
 * A connection of a phase, with what was sent on it since its last whole answer. Where a phase isn't
 * about connections, a server that closed one behind a whole answer is asked the rest on a new one,
 * as any client would do (RFC 9112 §9.3.1).
 */

import type { Answer } from "../../blame/notes.ts";
import type { Connection } from "../connection.ts";
import { HeadEnding } from "./head-ending.ts";
import { SentRequests } from "./sent-requests.ts";

export class PlayedConnection {
  #connection: Connection;
  readonly ending = new HeadEnding();
  /** Whether the last expectation covered all bytes that arrived. */
  quiet = false;
  #answer: Answer | undefined;
  #sinceAnswer: Uint8Array[] = [];
  #requests = new SentRequests();
  #wholeAtAnswer = false;

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

  /** Whether bytes were sent behind the last answer. A request that was pipelined is none of them. */
  get hasAsked(): boolean {
    return this.#sinceAnswer.length > 0;
  }

  /** Whether the server ended its side behind a whole answer, and no byte of another one came. */
  get isOver(): boolean {
    const { peer, pendingBytes } = this.#connection;
    return this.#answer !== undefined && peer !== "open" && pendingBytes === 0;
  }

  /** Whether the next bytes, or those behind the last answer, begin a request. */
  get beginsRequest(): boolean {
    return this.#wholeAtAnswer;
  }

  sent(octets: Uint8Array): void {
    this.ending.sent(octets);
    this.#requests.sent(octets);
    this.#sinceAnswer.push(octets);
  }

  /** Notes a whole answer; an interim one (1xx) doesn't end a request. */
  answered(answer: Answer): void {
    this.ending.answered();
    if (answer.status < 200) return;
    this.#answer = answer;
    this.#sinceAnswer = [];
    this.#wholeAtAnswer = this.#requests.whole;
  }

  /** Goes on with a new connection: what had no answer is sent again there. */
  replace(connection: Connection): void {
    this.#connection.abort();
    this.#connection = connection;
    this.#answer = undefined;
    this.#requests = new SentRequests();
    for (const octets of this.#sinceAnswer) {
      this.#requests.sent(octets);
      connection.send(octets);
    }
  }
}
