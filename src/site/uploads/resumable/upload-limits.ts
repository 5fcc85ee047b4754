/**
 * What clients are told of the limits of resumable uploads
 * (draft-ietf-httpbis-resumable-upload-12 §4.1.4), also in answer to OPTIONS.
 */

import type { Limits } from "../../../base/limits.ts";
import type { Response, ResponseField } from "../../../http/message/response.ts";
import type { Finisher } from "../../endpoint.ts";
import type { Request } from "../../request.ts";
import type { UploadSite } from "../upload-site.ts";

/** Upload-Limit for an upload that may stay unfinished for `restMs` from now. */
export function uploadLimitLine(
  limits: Limits,
  restMs: number = limits.uploadUnfinishedTimeMs,
): ResponseField {
  const seconds = Math.max(0, Math.floor(restMs / 1000));
  return ["Upload-Limit", `max-size=${limits.uploadBytesMax}, max-age=${seconds}`];
}

/** Adds the limits to the answer to OPTIONS, where an upload can be begun. */
export class UploadLimitFinisher implements Finisher {
  readonly isRepeatable = true;
  readonly #site: UploadSite;
  readonly #line: ResponseField;

  constructor(site: UploadSite) {
    this.#site = site;
    this.#line = uploadLimitLine(site.parts.limits);
  }

  finish(response: Response, request: Request | undefined): Response {
    if (request?.head.method !== "OPTIONS" || response.status !== 204) return response;
    if (this.#site.place(request.head) === undefined) return response;
    return { ...response, fields: [...response.fields, this.#line] };
  }
}
