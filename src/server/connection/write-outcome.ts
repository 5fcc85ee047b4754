/**
 * How far output has come. The queue, the file sender and the response writer speak of it in the
 * same words, and each passes on what the one below it has answered.
 *
 *   sent       all of it has been handed to the transport
 *   blocked    the socket is full, and will report when it has drained
 *   later      this turn's share is used up, and other connections go first
 *   waiting    the next chunk of a stream isn't there yet
 *
 * The others mean that the response can't be finished, and the connection has to be reset:
 *
 *   gone       the transport is closed
 *   short      the file ended before the octets that were promised
 *   changed    the file was written to after the response had begun
 *   failed     a stream has thrown
 */
export type WriteOutcome =
  "sent" | "blocked" | "later" | "waiting" | "gone" | "short" | "changed" | "failed";
