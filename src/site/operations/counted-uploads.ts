/** An endpoint of uploads, whose refusals are counted, each request once. */

import type { Eventual } from "../../base/eventual.ts";
import type { Response } from "../../http/message/response.ts";
import type { View } from "../../tree/view.ts";
import type { Endpoint } from "../endpoint.ts";
import type { Request } from "../request.ts";
import { BodyError } from "../request.ts";
import type { UploadCounts } from "./upload-counts.ts";

/** Answers as `endpoint` does. */
export class CountedUploads implements Endpoint {
  readonly isRepeatable = false;
  readonly #endpoint: Endpoint;
  readonly #counts: UploadCounts;

  constructor(endpoint: Endpoint, counts: UploadCounts) {
    this.#endpoint = endpoint;
    this.#counts = counts;
  }

  methods(request: Request, view: View): Eventual<readonly string[]> {
    return this.#endpoint.methods(request, view);
  }

  /** What has a reason is answered 405, since a site asks for it only then. */
  explainAbsence(request: Request): string | undefined {
    const reason = this.#endpoint.explainAbsence?.(request);
    if (reason !== undefined) this.#counts.refuse("405");
    return reason;
  }

  answer(request: Request, view: View): Eventual<Response | undefined> {
    const answer = this.#endpoint.answer(request, view);
    if (!(answer instanceof Promise)) return this.#count(answer);
    return answer.then(
      (response) => this.#count(response),
      (error: unknown) => this.#countError(error),
    );
  }

  #count(response: Response | undefined): Response | undefined {
    if (response !== undefined && response.status >= 400) {
      this.#counts.refuse(response.note?.refusal ?? String(response.status));
    }
    return response;
  }

  #countError(error: unknown): never {
    const kind = error instanceof BodyError ? error.refusal?.kind : "handler-failed";
    // Without a refusal the client is gone, and there is no answer.
    if (kind !== undefined) this.#counts.refuse(kind);
    throw error;
  }
}
