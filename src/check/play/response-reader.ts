/**
 * Reads a response strictly, in pieces of any size (RFC 9112 §4, §5, §6 and §7).
 *
 * Lines end in CRLF, no field line is folded, Content-Length occurs once, and what a server must
 * not send (RFC 9112 §6.1, RFC 9110 §8.6) is a fault even where a client could interpret it.
 * Absent on purpose: knowledge of the request. A script says with `body none` that it was HEAD.
 */

import { checkLimits } from "../limits.ts";
import type {
  Framing,
  Message,
  MessageField,
  MessageSyntax,
  ReaderFault,
} from "./message-reader.ts";
import { MessageReader } from "./message-reader.ts";

const { bodyBytesMax } = checkLimits;

interface StatusLine {
  readonly version: string;
  readonly status: number;
  readonly reason: string;
}

/** A response as received. `body` has its transfer coding removed. */
export type HttpResponse = Message<StatusLine>;

/** The result of reading so far. `rest` holds the bytes behind the response. */
export type Progress =
  | { readonly kind: "need-data" }
  | { readonly kind: "response"; readonly response: HttpResponse; readonly rest: Uint8Array }
  | ReaderFault;

const statusLine = /^(HTTP\/1\.[01]) ([1-9]\d\d) ([\t\x20-\x7e\x80-\xff]*)$/u;

/** Reads one response. It must not be used after it has returned a fault or a response. */
export class ResponseReader {
  readonly #reader: MessageReader<StatusLine>;

  /**
   * With framing "none" the response ends with its header section, whatever its fields say. With
   * `keep` the body goes there as it comes, and the response's own is empty.
   */
  constructor(framing: "own" | "none" = "own", keep?: (octets: Uint8Array) => void) {
    this.#reader = new MessageReader(framing === "own" ? syntax : bodiless, keep);
  }

  /** The head, once it is complete. The report shows it for a response that doesn't end. */
  get head(): MessageReader<StatusLine>["head"] {
    return this.#reader.head;
  }

  /** The number of body bytes so far. */
  get bodyBytes(): number {
    return this.#reader.bodyBytes;
  }

  /** The bytes that are received and not parsed yet. */
  get pending(): Uint8Array {
    return this.#reader.pending;
  }

  /** Reads the next bytes of the connection. */
  push(octets: Uint8Array): Progress {
    return named(this.#reader.push(octets));
  }

  /** Ends the input. Returns the response if the end delimits it (RFC 9112 §6.3), or a fault. */
  end(): Progress {
    return named(this.#reader.end());
  }

  /** The expected next part, in words. */
  describeMissing(): string {
    return this.#reader.describeMissing();
  }
}

function named(progress: ReturnType<MessageReader<StatusLine>["push"]>): Progress {
  if (progress.kind !== "message") return progress;
  return { kind: "response", response: progress.message, rest: progress.rest };
}

const syntax: MessageSyntax<StatusLine> = {
  opening: "HTTP/1.",
  openingName: "a status line",
  openingForm: "HTTP/1.1 STATUS …",
  start(line) {
    const match = statusLine.exec(line);
    if (match === null) return "HTTP/1.1 SP STATUS SP [REASON] (RFC 9112 §4)";
    const [, version = "", status = "", reason = ""] = match;
    return { version, status: Number(status), reason };
  },
  framing: frame,
};

/** Of a response to HEAD, say. */
const bodiless: MessageSyntax<StatusLine> = {
  ...syntax,
  framing(head, fields) {
    const framing = frame(head, fields);
    return typeof framing === "string" ? framing : { kind: "none" };
  },
};

/** Decides how the content is delimited (RFC 9112 §6.3), and rejects framing that is forbidden. */
function frame(head: StatusLine, fields: readonly MessageField[]): Framing | string {
  const codings = fieldValues(fields, "Transfer-Encoding");
  const lengths = fieldValues(fields, "Content-Length");
  const wrong = framingFault(head, codings, lengths);
  if (wrong !== undefined) return wrong;
  if (head.status < 200 || head.status === 204 || head.status === 304) return { kind: "none" };
  if (codings.length > 0) return { kind: "chunked" };
  if (lengths.length > 0) return { kind: "length", sizeBytes: Number(lengths[0]) };
  return { kind: "until-close" };
}

/** Why the framing is ambiguous, or must not be sent by a server; `undefined` if it is right. */
function framingFault(
  head: StatusLine,
  codings: readonly string[],
  lengths: readonly string[],
): string | undefined {
  const hasNoBody = head.status < 200 || head.status === 204;
  if (codings.length > 0 && lengths.length > 0) {
    return "Content-Length or Transfer-Encoding, not both (RFC 9112 §6.2)";
  }
  if (hasNoBody && codings.length > 0) {
    return `no Transfer-Encoding with ${head.status} (RFC 9112 §6.1)`;
  }
  if (hasNoBody && lengths.length > 0) {
    return `no Content-Length with ${head.status} (RFC 9110 §8.6)`;
  }
  if (codings.length > 0 && head.version === "HTTP/1.0") {
    return "no Transfer-Encoding in HTTP/1.0 (RFC 9112 §6.1)";
  }
  if (codings.length > 1 || (codings[0] ?? "chunked").toLowerCase() !== "chunked") {
    return `Transfer-Encoding: chunked alone, not "${codings.join(", ")}"`;
  }
  if (lengths.length > 1) return "Content-Length once (RFC 9112 §6.3 step 5)";
  const [length] = lengths;
  if (length !== undefined && !/^\d{1,15}$/u.test(length)) {
    return `Content-Length: 1*DIGIT, not "${length}" (RFC 9110 §8.6)`;
  }
  return Number(length ?? "0") > bodyBytesMax ? "a smaller content" : undefined;
}

/** The values of the field lines named `name`, in order. Case is ignored in names. */
export function fieldValues(fields: readonly MessageField[], name: string): readonly string[] {
  const wanted = name.toLowerCase();
  return fields.filter((field) => field.name.toLowerCase() === wanted).map(({ value }) => value);
}
