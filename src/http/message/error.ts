/**
 * Refusals: why a request of any version of HTTP is not carried out, and one table that says how
 * each is answered.
 *
 * A row is the whole policy: the status, the section that demands or allows it, the sentence that
 * the client reads, and whether the connection has to close. A refusal that leaves doubt about
 * where the next request begins closes (the rules of refusal in ARCHITECTURE.md). What can be wrong
 * with the syntax of HTTP/1.1 alone stands in `http1/error.ts`.
 */

import type { ContentStatus } from "./status.ts";

/** A refusal that can be answered, with its answer. */
export interface Refusal {
  /** What is wrong, by name; the log tells it. */
  readonly kind: string;
  readonly status: ContentStatus;
  /** The section that demands or allows the refusal, "RFC 9110 §15.5.9". */
  readonly section: string;
  /** A sentence for the client. */
  readonly text: string;
  /** Whether the connection has to close after the answer. */
  readonly close: boolean;
  /** Present when a limit was exceeded. */
  readonly limit?: ExceededLimit;
}

/** A limit, and how much of it was read: the maximum and one, since nothing further is read. */
interface ExceededLimit {
  readonly name: string;
  readonly maximum: number;
  readonly actual: number;
}

/** What a table of refusals says of a kind. */
type RefusalRow = Omit<Refusal, "kind" | "limit">;

/** The row of a 400, which always closes. */
export const badRequest = (section: string, text: string): RefusalRow => ({
  status: 400,
  section,
  text,
  close: true,
});

/** The refusals that `rows` describe, each under its kind. */
export function refusalTable<Kind extends string>(
  rows: Readonly<Record<Kind, RefusalRow>>,
): Readonly<Record<Kind, Refusal>> {
  const refusals: Partial<Record<Kind, Refusal>> = {};
  // A plain loop, since this runs at each start.
  for (const kind in rows) {
    const { status, section, text, close } = rows[kind];
    refusals[kind] = { kind, status, section, text, close };
  }
  return refusals as Record<Kind, Refusal>;
}

/** The refusals of any version, by kind. */
export const refusals = refusalTable({
  method: badRequest("RFC 9110 §9.1", "The method must be a token."),
  "target-form": badRequest(
    "RFC 9112 §3.2",
    "The request target's form does not go with the method.",
  ),
  "target-scheme": badRequest("RFC 9110 §4.2", "Only http and https resources are served here."),
  "field-value": badRequest("RFC 9110 §5.5", "A field value must not hold control characters."),
  cleartext: badRequest(
    "RFC 9110 §4.2.2",
    "Only TLS is spoken here: the address begins with https://.",
  ),
  path: badRequest("RFC 3986 §3.3", "The path is malformed, or leaves the served folder."),
  form: badRequest("RFC 7578 §4", "The form is malformed."),
  json: badRequest("RFC 8259 §2", "The content is not well-formed JSON in UTF-8."),
  credentials: {
    status: 401,
    section: "RFC 9110 §15.5.2",
    text: "This needs a user name and a password.",
    close: false,
  },
  "not-permitted": {
    status: 403,
    section: "RFC 9110 §15.5.4",
    text: "This is not for the user whose password you gave.",
    close: false,
  },
  "cross-origin": {
    status: 403,
    section: "RFC 9110 §15.5.4",
    text: "Pages of other origins may not send this request.",
    close: true,
  },
  "request-timeout": {
    status: 408,
    section: "RFC 9110 §15.5.9",
    text: "The request was not complete in time.",
    close: true,
  },
  "length-required": {
    status: 411,
    section: "RFC 9110 §15.5.12",
    text: "A request with this method must say how long its content is.",
    close: true,
  },
  "body-too-large": {
    status: 413,
    section: "RFC 9110 §15.5.14",
    text: "The content is larger than this server takes.",
    close: true,
  },
  "media-type": {
    status: 415,
    section: "RFC 9110 §15.5.16",
    text: "The content is of a media type that is not taken here.",
    close: true,
  },
  expectation: {
    status: 417,
    section: "RFC 9110 §10.1.1",
    text: "The only expectation that can be met is 100-continue.",
    close: true,
  },
  host: {
    status: 421,
    section: "RFC 9110 §7.4",
    text: "This server does not answer to the host that the request names.",
    close: true,
  },
  misdirected: {
    status: 421,
    section: "RFC 9110 §7.4",
    text: "An https resource is served on connections with TLS alone, an http one on others.",
    close: true,
  },
  "header-section-too-large": {
    status: 431,
    section: "RFC 6585 §5",
    text: "The header section is larger than this server takes.",
    close: true,
  },
  "too-many-fields": {
    status: 431,
    section: "RFC 6585 §5",
    text: "There are more header fields than this server takes.",
    close: true,
  },
  "trailer-section-too-large": {
    status: 431,
    section: "RFC 6585 §5",
    text: "The trailer section is larger than this server takes.",
    close: true,
  },
  "handler-failed": {
    status: 500,
    section: "RFC 9110 §15.6.1",
    text: "The server failed to answer this request.",
    close: false,
  },
  "bad-gateway": {
    status: 502,
    section: "RFC 9110 §15.6.3",
    text: "The backend gave no answer that could be passed on.",
    close: false,
  },
  overloaded: {
    status: 503,
    section: "RFC 9110 §15.6.4",
    text: "The server is too busy; try again in a moment.",
    close: true,
  },
  "gateway-timeout": {
    status: 504,
    section: "RFC 9110 §15.6.5",
    text: "The backend did not answer in time.",
    close: false,
  },
});

/** A kind of refusal that any version of HTTP has. */
export type RefusalKind = keyof typeof refusals;

/** One line for the log and for tests: kind, status and section, and the limit if it was one. */
export function describeRefusal({ kind, status, section, limit }: Refusal): string {
  const bound =
    limit === undefined ? "" : `; ${limit.name} is ${limit.maximum}, came ${limit.actual}`;
  return `${status} ${kind} (${section}${bound})`;
}
