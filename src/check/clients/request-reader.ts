/**
 * Reads a client's request strictly, in pieces of any size (RFC 9112 §3, §5, §6 and §7). What a
 * client must not send is a fault, even where a server could interpret it.
 */

import { checkLimits } from "../limits.ts";
import type { Framing, Message, MessageField, MessageSyntax } from "../play/message-reader.ts";
import { MessageReader } from "../play/message-reader.ts";
import { fieldValues } from "../play/response-reader.ts";

interface RequestStart {
  readonly method: string;
  readonly target: string;
  readonly version: string;
}

/** A request as received. `body` has its transfer coding removed. */
export type HttpRequest = Message<RequestStart>;

const requestLine = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+) ([\x21-\x7e]+) (HTTP\/1\.[01])$/u;

const syntax: MessageSyntax<RequestStart> = {
  opening: "",
  openingName: "a request line",
  openingForm: "METHOD TARGET HTTP/1.1",
  start(line) {
    const match = requestLine.exec(line);
    if (match === null) return "METHOD SP TARGET SP HTTP/1.1 (RFC 9112 §3)";
    const [, method = "", target = "", version = ""] = match;
    return { method, target, version };
  },
  framing: frame,
};

/** A reader of one request. */
export function requestReader(): MessageReader<RequestStart> {
  return new MessageReader(syntax);
}

/** Decides how the content is delimited (RFC 9112 §6.3), and rejects what must not be sent. */
function frame({ version }: RequestStart, fields: readonly MessageField[]): Framing | string {
  const codings = fieldValues(fields, "Transfer-Encoding");
  const lengths = fieldValues(fields, "Content-Length");
  if (codings.length > 0 && lengths.length > 0) {
    return "Content-Length or Transfer-Encoding, not both (RFC 9112 §6.2)";
  }
  if (codings.length > 0 && version === "HTTP/1.0") {
    return "no Transfer-Encoding in HTTP/1.0 (RFC 9112 §6.1)";
  }
  if (codings.length > 1 || (codings[0] ?? "chunked").toLowerCase() !== "chunked") {
    return `Transfer-Encoding: chunked alone, not "${codings.join(", ")}"`;
  }
  if (codings.length > 0) return { kind: "chunked" };
  if (lengths.length > 1) return "Content-Length once (RFC 9112 §6.3 step 5)";
  const [length] = lengths;
  if (length === undefined) return { kind: "none" };
  if (!/^\d{1,15}$/u.test(length)) {
    return `Content-Length: 1*DIGIT, not "${length}" (RFC 9110 §8.6)`;
  }
  if (Number(length) > checkLimits.bodyBytesMax) return "a smaller content";
  return { kind: "length", sizeBytes: Number(length) };
}
