/**
 * One request and its response on a connection, from the whole head to the last octet, and what the
 * server's observers are told of it.
 */

import type { Refusal } from "../../http/message/error.ts";
import type { RequestHead } from "../../http/message/request.ts";
import type { Response } from "../../http/message/response.ts";
import type { Request, RequestConnection } from "../../site/request.ts";
import type { Clock } from "../../schedule/clock.ts";
import type { Client, ProxiedClients } from "../proxied/proxied-clients.ts";
import type { ConnectionContext, ProtocolConnection } from "./protocol-connection.ts";
import type { IncomingBody } from "./request-body.ts";

/** A request whose head is one version's own. */
type RequestOf<Head extends RequestHead> = Request & { readonly head: Head };

/**
 * The request with `head` and `body` that has just come on `connection`: of its peer, or of the
 * client that `proxied` finds behind it.
 */
export function arrivedRequest<Head extends RequestHead>(
  head: Head,
  body: IncomingBody,
  connection: ProtocolConnection & RequestConnection,
  clock: Clock,
  proxied: ProxiedClients | undefined,
): RequestOf<Head> {
  const client: Client = proxied?.clientOf(head.fields, connection.remoteAddress) ?? connection;
  const { remoteAddress, forwarded } = client;
  return { head, body, remoteAddress, receivedMs: clock.epochMs(), connection, forwarded };
}

/** A request with its response, which may still be on its way. */
export class Exchange<Head extends RequestHead> {
  /** Undefined when the head was too malformed to be read. */
  readonly request: RequestOf<Head> | undefined;
  readonly body: IncomingBody;
  /** Whether the connection goes on after this. */
  persist = false;
  readonly #context: ConnectionContext;
  readonly #remoteAddress: string;
  /** When the head was whole, on the monotonic clock; exact only if an observer is told. */
  readonly #startedMs: number;
  #response: Response | undefined;
  #isOver = false;
  #isStopping = false;

  /** `remoteAddress` is that of the socket; it counts where there is no `request`. */
  constructor(
    context: ConnectionContext,
    remoteAddress: string,
    body: IncomingBody,
    request?: RequestOf<Head>,
  ) {
    const { clock, observers } = context;
    this.request = request;
    this.body = body;
    this.#context = context;
    this.#remoteAddress = request?.remoteAddress ?? remoteAddress;
    const isTimed = request !== undefined && observers.ended.isWanted;
    this.#startedMs = isTimed ? clock.monotonicMs() : clock.turnMs();
    if (request !== undefined) observers.began.tell(request);
  }

  /** The final response is there. */
  answer(response: Response): void {
    this.#response = response;
    if (this.request !== undefined) this.#context.observers.answered.tell(this.request, response);
  }

  /**
   * The client has ended its side or its connection, or the server has stopped waiting for the
   * handler: what the handler still does may be for nothing.
   */
  clientLeft(): void {
    const { request } = this;
    if (request === undefined || this.#isOver || request.hasLeft === true) return;
    request.hasLeft = true;
    request.whenLeft?.();
  }

  /** The connection ends, `octets` of content were sent, and the server stops if `isStopping`. */
  cutOff(octets: number, isStopping: boolean): void {
    this.#isStopping = isStopping;
    this.end(octets, false);
  }

  /**
   * The exchange is over, and `octets` of content were sent, `isWhole` if that was all; the first
   * call counts. `method` is what could be read of a head that could not.
   */
  end(octets: number, isWhole: boolean, refusal?: Refusal["kind"], method?: string): void {
    if (this.#isOver) return;
    if (!isWhole || refusal !== undefined) this.clientLeft();
    this.#isOver = true;
    this.body.release();
    const { clock, observers } = this.#context;
    if (!observers.ended.isWanted) return;
    const { request } = this;
    const head = request?.head;
    observers.ended.tell({
      head,
      request,
      method: head?.method ?? method,
      remoteAddress: this.#remoteAddress,
      response: this.#response,
      refusal,
      octets,
      durationMs: clock.monotonicMs() - this.#startedMs,
      whole: isWhole,
      isStopping: this.#isStopping,
    });
  }
}

const noop = (): void => undefined;

/** Closes the file of a response that won't be sent, or ends its stream or tunnel. */
export function disposeResponse({ body }: Response): void {
  if (body.kind === "file") body.file.close();
  else if (body.kind === "tunnel") body.abandon?.();
  else if (body.kind === "stream") {
    // Loaded by the first stream, since most servers send none.
    const { endStream, openStream } = require("./stream.ts") as typeof import("./stream.ts");
    endStream(openStream(body.chunks)).catch(noop);
  }
}
