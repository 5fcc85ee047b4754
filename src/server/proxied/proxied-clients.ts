/**
 * The clients of a server, some of which are behind proxies that it trusts.
 */

import type { Fields } from "../../http/fields/fields.ts";
import type { Forwarded } from "../../site/request.ts";

/** The client of a request: the socket's peer, or the one that a trusted proxy speaks for. */
export interface Client {
  readonly remoteAddress: string;
  readonly forwarded?: Forwarded | undefined;
}

/** Whose connection it is. */
export interface Introduction {
  /** The client's address, or the peer's where no other is told. */
  readonly address: string;
  /** What the client has sent already. */
  readonly octets?: Uint8Array;
  /**
   * Whether the peer is a proxy that names no client in its header. HAProxy does so for its own
   * health checks, and for clients of its Unix sockets, too: what comes is not the proxy's word.
   */
  readonly isUnnamed?: boolean;
}

/** The clients behind the proxies that a server trusts. */
export interface ProxiedClients {
  /** Whether each connection begins with a header of the PROXY protocol, which must be there. */
  readonly hasHeaders: boolean;
  /** Whether the peer at `peerAddress`, as a socket names it, is such a proxy. */
  trusts(peerAddress: string): boolean;
  /**
   * The client of the request with `fields` that the proxy at `peerAddress` passes on; undefined
   * when the proxy says nothing, or nothing that counts.
   */
  clientOf(fields: Fields, peerAddress: string): Client | undefined;
}
