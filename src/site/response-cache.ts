/**
 * Answers that were given before. Where the same octets ask again, and every look at the disk that
 * the answer was made of still sees the same, it is the same answer: a file, a part of it, a coded
 * form, 304, 404, 403. Nothing of it is worked out again, and nothing of it can be stale: it stands
 * on the looks that its findings stand on (see `files/finding.ts`).
 *
 * What isn't made from the tree alone is never kept: a stream, a body that is sent from a file, an
 * answer that comes later, one that depends on the time.
 */

import type { Conclusion } from "../tree/cache/lookup.ts";
import type { Tree } from "../tree/disk/disk-tree.ts";
import { dependsOnTime } from "../http/conditional.ts";
import type { RequestHead } from "../http/request.ts";
import type { Response } from "../http/response.ts";
import type { Request } from "./request.ts";

/** What an answer costs beside its content, about, in bytes. */
const answerBytes = 512;

type Answer = Response | Promise<Response>;

/** The answers from one tree, by one set of rules. */
export class ResponseCache {
  readonly #tree: Tree;
  /** A longer content isn't kept for an answer's sake. */
  readonly #contentBytesMax: number;
  #answers = new WeakMap<RequestHead, Conclusion<Answer>>();
  /** When the last request came that was answered from here or for here. */
  #latestMs = 0;

  constructor(tree: Tree, { inlineBytesMax }: { readonly inlineBytesMax: number }) {
    this.#tree = tree;
    this.#contentBytesMax = inlineBytesMax;
  }

  /** The answer to `request`, which is given again, or made by `make` from the tree. */
  answer(request: Request, make: (request: Request) => Answer): Answer {
    const { head } = request;
    if (head.slot === undefined) return make(request);
    // A clock that is set back makes dates of the past lie ahead (RFC 9110 §8.8.2.1).
    if (request.receivedMs < this.#latestMs) this.#answers = new WeakMap();
    this.#latestMs = request.receivedMs;
    const known = this.#answers.get(head)?.valueSince(this.#tree.since);
    if (known !== undefined) return known;
    const { value, conclusion } = this.#tree.conclude(
      () => make(request),
      (answer) => this.#bytesOf(answer, head),
    );
    if (conclusion !== undefined) this.#answers.set(head, conclusion);
    return value;
  }

  /** What it costs to keep `answer`; undefined when it isn't kept. */
  #bytesOf(answer: Answer, { fields }: RequestHead): number | undefined {
    if (answer instanceof Promise || !answer.recurs || dependsOnTime(fields)) return undefined;
    const { body } = answer;
    if (body.kind === "none") return answerBytes;
    const isKept = body.kind === "bytes" && body.bytes.length <= this.#contentBytesMax;
    return isKept ? answerBytes + body.bytes.length : undefined;
  }
}
