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

/** Sends a request, once; the answer, or undefined when the store has failed. Never rejects. */
type Send = (request: ProbeRequest) => Promise<ProbeAnswer | undefined>;

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
  async isThere(): Promise<boolean> {
    const known = this.#keys.shift();
    const key = known ?? (await this.#first());
    if (key === undefined) return false;
    if (key === "") return true;
    const answer = await this.#send({ method: "HEAD", key });
    // One that was removed is forgotten; one that fails now was there all the same.
    if (answer?.isOk ?? known !== undefined) this.saw(key);
    return answer !== undefined;
  }

  /** The first key; "" when there is none, or the store doesn't tell; undefined when it fails. */
  async #first(): Promise<string | undefined> {
    const query = [
      ["list-type", "2"],
      ["encoding-type", "url"],
      ["prefix", this.#prefix],
      ["max-keys", "1"],
    ] as const;
    const answer = await this.#send({ method: "GET", key: "", query });
    if (answer === undefined) return undefined;
    const listed = answer.isOk ? readListAnswer(nameText(answer.content), this.#prefix) : undefined;
    return listed?.ok === true ? (listed.value.objects[0]?.key ?? "") : "";
  }
}
