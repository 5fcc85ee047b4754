/**
 * The interface between the proxy and its connections to backends: a request goes out, a response
 * comes back, or a tunnel. The server has the sockets (`server/http1/backend`).
 */

import type { Limits } from "../../base/limits.ts";
import type { Fields } from "../../http/fields/fields.ts";
import type { OutgoingHead } from "../../http/message/outgoing-head.ts";
import { BrokenBody } from "../../http/message/response.ts";
import type { OpenTunnel } from "../../http/message/tunnel.ts";
import type { RequestBody } from "../request.ts";

/** Where a backend is, and how it is spoken to. */
export interface BackendAddress {
  readonly scheme: "http" | "https";
  /** A name or an address, without brackets. */
  readonly host: string;
  readonly port: number;
  /** The path of its Unix socket, which is connected to in place of a host and a port. */
  readonly unix: string | undefined;
  /** Whether the certificate of an https backend has to be valid for `host`. */
  readonly verify: boolean;
  /** Authorities to trust instead of the system's, as PEM text. */
  readonly ca: string | undefined;
}

/** A request to a backend. */
export interface OutgoingRequest extends OutgoingHead {
  /** The client's content, which is read as fast as the backend takes it. */
  readonly body: RequestBody;
  /** From the last octet of the request to the head of the final response, in milliseconds. */
  readonly timeoutMs: number;
  /** Told of each response of 1xx, but of 100 and 101. */
  interim(status: number, fields: Fields): void;
}

/** What a backend sends as content. */
export type BackendBody =
  | { readonly kind: "none" }
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  /** `octets` is its length, if the backend has told it; no more and no fewer come. */
  | {
      readonly kind: "stream";
      readonly octets: number | undefined;
      readonly chunks: AsyncIterable<Uint8Array>;
    }
  | { readonly kind: "tunnel"; readonly open: OpenTunnel; readonly abandon: () => void };

/** A final response, or a 101. */
export interface BackendResponse {
  readonly status: number;
  /** 0 for HTTP/1.0. */
  readonly minorVersion: number;
  readonly fields: Fields;
  readonly body: BackendBody;
}

/** A request that is on its way. */
export interface BackendCall {
  /** Rejects with a `BackendError`, or with the `BodyError` of the client's content. */
  readonly answer: Promise<BackendResponse>;
  /** Gives it up: the connection to the backend is closed. Does nothing once it is over. */
  abort(): void;
}

/** One backend, with its connections. */
export interface Backend {
  ask(request: OutgoingRequest): BackendCall;
}

/** The backends of one server. Sites that follow each other share the connections. */
export interface Backends {
  /** The backends at `addresses`, one for each, for a site with `limits`. */
  open(addresses: readonly BackendAddress[], limits: Limits): readonly Backend[];
  /** The server stops: connections that are free are closed, and others when they are. */
  close(): void;
}

/**
 * Why there is no answer of a backend: it can't be reached, its certificate is wrong, it has not
 * answered in time, its answer was malformed or broken off, there is no room for a request more, or
 * the request was given up.
 */
export type BackendFault =
  "unreachable" | "untrusted" | "late" | "malformed" | "broken" | "busy" | "aborted";

/** A backend gives no answer. */
export class BackendError extends BrokenBody {
  readonly fault: BackendFault;
  /** Whether the request went to a connection that had served one before and broke off unheard. */
  readonly isStale: boolean;

  /** `message` says it in detail, for the log. */
  constructor(fault: BackendFault, message: string, isStale = false) {
    super(message);
    this.name = "BackendError";
    this.fault = fault;
    this.isStale = isStale;
  }
}
