/**
 * The octets of connections, told to a listener beside the two sides that exchange them. A server
 * tells what it receives and sends; a recorder of wire scripts listens. Neither layer knows the
 * other, so both know this.
 */

/** Is told of connections. */
export interface Wiretap {
  /** A client has connected. */
  connected(): TappedConnection;
  /** There are no more connections, and nothing is told after this. */
  ended(): void;
}

/** Is told of one connection, in the order of events. Octets are valid during the call alone. */
export interface TappedConnection {
  /** The client has sent `octets`. */
  received(octets: Uint8Array): void;
  /** `octets` have been sent to the client. */
  sent(octets: Uint8Array): void;
  /** The client has shut its side (FIN). */
  clientEnded(): void;
  /** The server has shut its side, or has reset the connection. */
  serverEnded(how: "closed" | "reset"): void;
  /** The connection is over; nothing more is told of it. */
  closed(): void;
}
