/**
 * Sockets that listen already when a server starts: a service manager or another process has made
 * them, and this process has inherited their descriptors.
 */

/** The descriptors of sockets that listen. */
export interface GivenSockets {
  /** Those of the server itself: one, or one for each address of its host. */
  readonly main: readonly number[];
  /** Those of the port that redirects to https; none where there is no such port. */
  readonly redirect?: readonly number[];
}
