/**
 * A client that can pipeline many requests on one connection, and parses responses fast. It calls
 * back as soon as the last octet of a response has arrived, before it parses the next one.
 */

import { latin1Bytes } from "../../../src/http/octets/bytes.ts";

type Socket = Awaited<ReturnType<typeof Bun.connect<undefined>>>;

/** The parts of a response that the tests look at. */
export interface Answer {
  readonly status: number;
  /** The field Content-Encoding; "" for none. */
  readonly coding: string;
  /** The field ETag; "" for none. */
  readonly entityTag: string;
  readonly body: Uint8Array;
}

/** A request, and the callbacks for its answer. */
export interface Question {
  readonly text: string;
  readonly answered: (answer: Answer) => void;
  /** Called if the connection ends before the answer. */
  readonly lost: (error: Error) => void;
}

/** Not for requests with Upgrade or CONNECT, whose answers end otherwise. */
export class FreshnessClient {
  readonly #waiting: Question[] = [];
  #socket: Socket | undefined;
  #arrived: Buffer = Buffer.alloc(0);
  #unsent: Uint8Array = new Uint8Array(0);
  #ended: Error | undefined;

  static async connect(port: number): Promise<FreshnessClient> {
    const client = new FreshnessClient();
    client.#socket = await Bun.connect({
      hostname: "127.0.0.1",
      port,
      socket: {
        data: (_socket, octets) => client.#receive(octets),
        drain: () => client.#flush(),
        close: () => client.#end(new Error("the connection has ended before the answer")),
        error: (_socket, error) => client.#end(error),
      },
    });
    return client;
  }

  /** The number of requests whose answers have not arrived yet. */
  get inFlight(): number {
    return this.#waiting.length;
  }

  /** Sends `questions` in one write. */
  ask(questions: readonly Question[]): void {
    this.#waiting.push(...questions);
    const octets = latin1Bytes(questions.map(({ text }) => text).join(""));
    this.#unsent = this.#unsent.length === 0 ? octets : Buffer.concat([this.#unsent, octets]);
    if (this.#ended === undefined) this.#flush();
    else this.#end(this.#ended);
  }

  /** Sends requests in one write. Returns a promise for each answer. */
  answersTo(...texts: readonly string[]): Promise<Answer>[] {
    const questions: Question[] = [];
    const answers = texts.map((text) => {
      const { promise, resolve, reject } = Promise.withResolvers<Answer>();
      questions.push({ text, answered: resolve, lost: reject });
      return promise;
    });
    this.ask(questions);
    return answers;
  }

  /** The answer to one request. */
  async answerTo(text: string): Promise<Answer> {
    const [answer] = this.answersTo(text);
    if (answer === undefined) throw new Error("nothing was asked");
    return await answer;
  }

  close(): void {
    this.#socket?.end();
  }

  #flush(): void {
    if (this.#socket === undefined || this.#unsent.length === 0) return;
    const taken = this.#socket.write(this.#unsent);
    if (taken > 0) this.#unsent = this.#unsent.subarray(taken);
  }

  #end(error: Error): void {
    this.#ended ??= error;
    for (const { lost } of this.#waiting.splice(0)) lost(this.#ended);
  }

  #receive(octets: Buffer): void {
    this.#arrived = this.#arrived.length === 0 ? octets : Buffer.concat([this.#arrived, octets]);
    let question = this.#waiting[0];
    while (question !== undefined) {
      const answer = this.#read(question.text.startsWith("HEAD "));
      if (answer === undefined) return;
      this.#waiting.shift();
      question.answered(answer);
      question = this.#waiting[0];
    }
  }

  /** Removes a complete answer from the received octets; `undefined` if there is none. */
  #read(isToHead: boolean): Answer | undefined {
    const headEnd = this.#arrived.indexOf("\r\n\r\n");
    if (headEnd === -1) return undefined;
    const head = this.#arrived.toString("latin1", 0, headEnd + 2);
    const status = Number(head.slice("HTTP/1.1 ".length, "HTTP/1.1 200".length));
    const start = headEnd + 4;
    if (!Number.isInteger(status)) throw new Error(`no answer: ${head}`);
    const isBodiless = isToHead || status === 304 || status === 204;
    const content = isBodiless ? { body: new Uint8Array(0), end: start } : this.#body(head, start);
    if (content === undefined) return undefined;
    this.#arrived = this.#arrived.subarray(content.end);
    const coding = fieldOf(head, "\r\nContent-Encoding: ");
    return { status, coding, entityTag: fieldOf(head, "\r\nETag: "), body: content.body };
  }

  /** The content that begins at `start`, and its end; `undefined` if it is incomplete. */
  #body(head: string, start: number): { body: Uint8Array; end: number } | undefined {
    const declared = fieldOf(head, "\r\nContent-Length: ");
    if (declared !== "") {
      const end = start + Number(declared);
      return this.#arrived.length < end
        ? undefined
        : { body: this.#arrived.subarray(start, end), end };
    }
    const chunks: Uint8Array[] = [];
    let at = start;
    for (;;) {
      const lineEnd = this.#arrived.indexOf("\r\n", at);
      if (lineEnd === -1) return undefined;
      const size = Number.parseInt(this.#arrived.toString("latin1", at, lineEnd), 16);
      if (!Number.isInteger(size)) throw new Error(`no length: ${head}`);
      at = lineEnd + 2 + size + 2;
      if (this.#arrived.length < at) return undefined;
      if (size === 0) return { body: Buffer.concat(chunks), end: at };
      chunks.push(this.#arrived.subarray(lineEnd + 2, lineEnd + 2 + size));
    }
  }
}

function fieldOf(head: string, name: string): string {
  const start = head.indexOf(name);
  if (start === -1) return "";
  return head.slice(start + name.length, head.indexOf("\r\n", start + name.length));
}
