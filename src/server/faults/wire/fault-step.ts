/**
 * What is done with a faulty response, one thing after the other. Steps are made when the one
 * before is done, so that an endless response takes no memory.
 */

/** How a connection ends: properly, or so that the client sees that something was broken off. */
export type FaultEnding = "fin" | "reset";

export type FaultStep =
  | {
      readonly kind: "octets";
      readonly octets: Uint8Array;
      /** Whether they are content, which is counted. */
      readonly isContent?: boolean;
      /** At most so many in a second; at once by default. */
      readonly bytesPerSecond?: number | undefined;
    }
  | { readonly kind: "wait"; readonly ms: number }
  /** Waits for the client to leave, for as long as a fault may. */
  | { readonly kind: "stall" }
  | {
      readonly kind: "end";
      readonly by: FaultEnding;
      /** Whether all of the response has been sent before. */
      readonly isWhole?: boolean;
    };
