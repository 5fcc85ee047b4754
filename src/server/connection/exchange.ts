/**
 * One request and its response on a connection, from the first to the last octet, as the access log
 * and the record of requests see it.
 */

import type { Refusal } from "../../http/error.ts";
import type { RequestHead } from "../../http/request.ts";
import type { Http1RequestHead } from "../../http1/request-head.ts";
import type { Response } from "../../http/response.ts";
import type { Request } from "../../site/request.ts";
import type { IncomingBody } from "./request-body.ts";
import { endStream, openStream } from "./stream.ts";

/** A request with its response, which may still be on its way. */
export class Exchange {
  /** Undefined when the head was too malformed to be read. */
  readonly head: Http1RequestHead | undefined;
  readonly body: IncomingBody;
  /** When its head was whole, on the monotonic clock; 0 when nobody wants to know. */
  readonly startedMs: number;
  /** The request as the site gets it, once its head was read. */
  request: Request | undefined;
  /** Whether the connection goes on after this. */
  persist = false;
  /** The response, from when it is there until it has been reported. */
  response: Response | undefined;

  constructor(head: Http1RequestHead | undefined, body: IncomingBody, startedMs: number) {
    this.head = head;
    this.body = body;
    this.startedMs = startedMs;
  }

  /**
   * What there is to say of it at `nowMs`, with `octets` of content sent; undefined when that has
   * been said, or when there was no response.
   */
  report(octets: number, nowMs: number, whole: boolean): OwnReport | undefined {
    const { head, response } = this;
    this.response = undefined;
    if (response === undefined) return undefined;
    const durationMs = nowMs - this.startedMs;
    return { head, method: head?.method, response, octets, durationMs, whole };
  }
}

/** What there is to say of an exchange that is over. */
export interface ExchangeReport {
  readonly head: RequestHead | undefined;
  /** The method, where it could be read though the head could not. */
  readonly method: string | undefined;
  readonly remoteAddress: string;
  readonly response: Response;
  /** The kind of the server's own refusal, if it refused. */
  readonly refusal: Refusal["kind"] | undefined;
  /** Octets of content sent; framing doesn't count. */
  readonly octets: number;
  readonly durationMs: number;
  /** Whether the client got all of it. */
  readonly whole: boolean;
}

/** The part of a report that an exchange knows by itself. */
type OwnReport = Omit<ExchangeReport, "remoteAddress" | "refusal">;

/** Who wants to know of exchanges that are over. */
export interface Witness {
  /** Whether anyone does at all, by now. */
  readonly wanted: boolean;
  /** Told once of each of them. */
  note(report: ExchangeReport): void;
}

const noop = (): void => undefined;

/** Lets go of a response that is not going to be sent. */
export function disposeResponse({ body }: Response): void {
  if (body.kind === "file") body.file.close();
  else if (body.kind === "stream") endStream(openStream(body.chunks)).catch(noop);
}
