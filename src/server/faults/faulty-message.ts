/**
 * A response with faults on the wire. The proper octets of the response come in pieces of any size;
 * they are taken apart into head and content, and put together again with what is wrong.
 *
 * Only octets of postern's own encoder come in, so what is read here is well-formed.
 */

import { concatBytes, latin1Bytes, latin1Text } from "../../http/octets/bytes.ts";
import type { FaultyResponse } from "../connection/faulty-transport.ts";
import type { FaultOptions } from "./fault-options.ts";
import type { FaultScript } from "./fault-output.ts";
import type { FaultStep } from "./fault-step.ts";

const headEnd = "\r\n\r\n";

/** The steps of one response. */
export class FaultyMessage implements FaultScript {
  readonly #faults: FaultOptions;
  #place: "head" | "body" = "head";
  /** What has come of the head. */
  #head: Uint8Array[] = [];
  /** Octets of content that have gone out. */
  #sent = 0;

  constructor(faults: FaultOptions, _response: Pick<FaultyResponse, "framing" | "contentOctets">) {
    this.#faults = faults;
  }

  *steps(octets: Uint8Array): Generator<FaultStep, void> {
    let rest = octets;
    if (this.#place === "head") {
      const taken = this.#takeHead(octets);
      if (taken === undefined) return;
      yield* this.#headSteps(latin1Text(concatBytes(this.#head)));
      this.#head = [];
      this.#place = "body";
      rest = octets.subarray(taken);
      const { cutAfterBytes } = this.#faults;
      if (cutAfterBytes === 0) yield { kind: "end", by: this.#faults.by ?? "fin" };
    }
    yield* this.#contentSteps(rest);
  }

  /** Takes octets of the head; answers how many, or undefined when more of it is to come. */
  #takeHead(octets: Uint8Array): number | undefined {
    const before = latin1Text(concatBytes(this.#head));
    const end = (before + latin1Text(octets)).indexOf(headEnd);
    if (end === -1) {
      this.#head.push(Uint8Array.from(octets));
      return undefined;
    }
    const taken = end + headEnd.length - before.length;
    this.#head.push(octets.subarray(0, taken));
    return taken;
  }

  *#headSteps(head: string): Generator<FaultStep, void> {
    const { latencyMs } = this.#faults;
    if (latencyMs !== undefined) yield { kind: "wait", ms: latencyMs };
    yield { kind: "octets", octets: latin1Bytes(head) };
  }

  *#contentSteps(content: Uint8Array): Generator<FaultStep, void> {
    if (content.length === 0) return;
    const { cutAfterBytes = Infinity, by = "fin" } = this.#faults;
    const piece = content.subarray(0, cutAfterBytes - this.#sent);
    this.#sent += piece.length;
    yield { kind: "octets", octets: piece, isContent: true };
    if (this.#sent >= cutAfterBytes) yield { kind: "end", by };
  }
}
