/**
 * The states of a connection as a literal table (RFC 9112 §9): in each state, which events may
 * occur and where they lead. An absent cell is an event that can't occur there; when it does, that
 * is a programmer's mistake, and it throws.
 *
 *   idle       between two requests; nothing of the next one has arrived
 *   head       part of a head has arrived
 *   handling   a whole head was given to a handler, which has not answered yet
 *   answering  the final response is being sent
 *   settling   it has been sent; what is left of the request's body is read and discarded
 *   refusing   a refusal is being sent; nothing more is read as a request
 *   lingering  the server's side is shut; what still arrives is discarded, so that the client's
 *              unread octets can't make the kernel answer with a reset (RFC 9112 §9.6)
 *   closed     the end; what was switched goes on as a tunnel, which is no matter of HTTP
 */

/** The state of a connection. */
export type ConnectionState =
  "idle" | "head" | "handling" | "answering" | "settling" | "refusing" | "lingering" | "closed";

/**
 * An event in the life of a connection.
 *
 *   begun      the first octet of a request has arrived
 *   asked      a request's head is whole
 *   answered   a handler's response is there
 *   sent       the response has been handed to the transport to its last octet
 *   done       the request has been read to its last octet too, and the connection goes on
 *   last       the response has been sent, and the connection ends after it
 *   switched   the response was a 101: another protocol has the connection (RFC 9110 §7.8)
 *   refused    the client broke the protocol, or was too late, and can be told so
 *   ended      the client has shut its side, or nothing more is expected of it
 *   gone       the transport is closed, or has to be
 */
export type ConnectionEvent =
  | "begun"
  | "asked"
  | "answered"
  | "sent"
  | "done"
  | "last"
  | "switched"
  | "refused"
  | "ended"
  | "gone";

/** The table. */
export const cycle: Readonly<
  Record<ConnectionState, Partial<Record<ConnectionEvent, ConnectionState>>>
> = {
  idle: {
    begun: "head",
    asked: "handling",
    refused: "refusing",
    ended: "closed",
    gone: "closed",
  },
  head: { asked: "handling", refused: "refusing", gone: "closed" },
  handling: {
    answered: "answering",
    switched: "closed",
    refused: "refusing",
    gone: "closed",
  },
  answering: { sent: "settling", gone: "closed" },
  settling: { done: "idle", last: "lingering", gone: "closed" },
  refusing: { sent: "lingering", gone: "closed" },
  lingering: { ended: "closed", gone: "closed" },
  closed: {},
};

/** The state after `event` in `state`. Throws where the table has no cell. */
export function advance(state: ConnectionState, event: ConnectionEvent): ConnectionState {
  const next = cycle[state][event];
  if (next === undefined) throw new Error(`a connection that is ${state} can't be ${event}`);
  return next;
}
