/**
 * Sockets that listen already when a server starts: a service manager or another process has made
 * them, and this process has inherited their descriptors.
 */

/** The descriptors of sockets that listen. */
export interface GivenSockets {
  /**
   * Those of the server itself: one, or one for each address of its host. None where it is to make
   * its own.
   */
  readonly main: readonly number[];
  /** Those of the port that redirects to https; none where there is no such port. */
  readonly redirect?: readonly number[];
  /** That of `metrics`, whose option then names the port that it is bound to. */
  readonly metrics?: readonly number[];
  /** That of `health`; the same as that of `metrics` where both are at one place. */
  readonly health?: readonly number[];
  /**
   * Whether the server removes the file of its Unix socket when it stops, as one that has made it
   * does. False by default.
   */
  readonly removesFile?: boolean;
}
