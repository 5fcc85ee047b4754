/**
 * The life of a connection as a literal table (RFC 9112 §9): in each state, what may happen and
 * where it leads. A cell that is absent is a thing that can't happen; meeting it is a programmer's
 * mistake and throws.
 *
 *   idle       between two requests; nothing of the next one has arrived
 *   head       part of a head has arrived
 *   handling   a whole head was given to a handler, which has not answered yet
 *   answering  the final response is being sent
 *   settling   it has been sent; what is left of the request's body is read and thrown away
 *   refusing   an answer after which nothing more is read for good is being sent
 *   lingering  our side is shut; what still arrives is thrown away, so that the client's
 *              unread octets can't make the kernel answer with a reset (RFC 9112 §9.6)
 *   closed     the end
 */

/** Where a connection stands. */
export type ConnectionState =
  "idle" | "head" | "handling" | "answering" | "settling" | "refusing" | "lingering" | "closed";

/**
 * What happens to a connection.
 *
 *   begun      the first octet of a request has arrived
 *   asked      a request's head is whole
 *   answered   a handler's response is there
 *   sent       the response has been handed to the transport to its last octet
 *   done       the request has been read to its last octet too, and the connection goes on
 *   last       the response has been sent and the connection is to end
 *   refused    the peer broke the protocol, or was too late, and can be told so
 *   ended      the peer has shut its side, or nothing more is expected of it
 *   gone       the transport is closed, or has to be
 */
export type ConnectionEvent =
  "begun" | "asked" | "answered" | "sent" | "done" | "last" | "refused" | "ended" | "gone";

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
  handling: { answered: "answering", refused: "refusing", gone: "closed" },
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
