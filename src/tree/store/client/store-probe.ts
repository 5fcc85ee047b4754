/**
 * Whether a store gives what is known to be there: one of the keys that it had lately, another one
 * each time, since a store may have lost some of them. As long as none is known, a list names one.
 * What visitors ask for in vain has no part in it.
 */

import { nameText } from "../../../base/file-name.ts";
import { readListAnswer } from "./list-answer.ts";

/** What a probe asks of the store. */
interface ProbeRequest {
  readonly method: "GET" | "HEAD";
  /** The key of an object; "" for a list. */
  readonly key: string;
  readonly query?: readonly (readonly [name: string, value: string])[];
}

/** What the store answers: whether that is a 2xx, and the beginning of its body. */
interface ProbeAnswer {
  readonly isOk: boolean;
  readonly content: Uint8Array;
}

/** Why a probe has no answer: the store has failed, or has said nothing in time. */
type ProbeFailure = "failed" | "silent";

/** What a probe has found: whether the store gives what is known to be there. */
export type ProbeOutcome = "there" | ProbeFailure;

/** Sends a request, once; the answer, or why there is none. Never rejects. */
type Send = (request: ProbeRequest) => Promise<ProbeAnswer | ProbeFailure>;

/** How many keys are remembered. */
const keysMax = 8;

/** The probe of one store. */
export class StoreProbe {
  readonly #send: Send;
  /** What keys begin with: "" or "site/". */
  readonly #prefix: string;
  /** Keys that were there, the one that is asked for next first. */
  readonly #keys: string[] = [];

  constructor(send: Send, prefix: string) {
    this.#send = send;
    this.#prefix = prefix;
  }

  /** Remembers a key that was there. */
  saw(key: string): void {
    if (this.#keys.at(-1) === key || this.#keys.includes(key)) return;
    this.#keys.push(key);
    if (this.#keys.length > keysMax) this.#keys.shift();
  }

  /** Whether the store gives what is known to be there. A store without a key need only say so. */
  async look(): Promise<ProbeOutcome> {
    const known = this.#keys.shift();
    const first = known === undefined ? await this.#first() : { key: known };
    if (typeof first === "string") return first;
    const { key } = first;
    if (key === "") return "there";
    const answer = await this.#send({ method: "HEAD", key });
    // One that was removed is forgotten; one that fails now was there all the same.
    const isKnown = typeof answer === "string" ? known !== undefined : answer.isOk;
    if (isKnown) this.saw(key);
    return typeof answer === "string" ? answer : "there";
  }

  /** The first key, "" when there is none, or the store doesn't tell; or why there is no answer. */
  async #first(): Promise<{ readonly key: string } | ProbeFailure> {
    const query = [
      ["list-type", "2"],
      ["encoding-type", "url"],
      ["prefix", this.#prefix],
      ["max-keys", "1"],
    ] as const;
    const answer = await this.#send({ method: "GET", key: "", query });
    if (typeof answer === "string") return answer;
    const listed = answer.isOk ? readListAnswer(nameText(answer.content), this.#prefix) : undefined;
    return { key: listed?.ok === true ? (listed.value.objects[0]?.key ?? "") : "" };
  }
}
