/**
 * The problem types of resumable uploads (draft-ietf-httpbis-resumable-upload-12 §7), told as JSON
 * (RFC 9457).
 */

import type { Response } from "../../../http/message/response.ts";
import { ResponseBuilder } from "../../../http/message/response-builder.ts";

const typeBase = "https://iana.org/assignments/http-problem-types#";
const mediaType = "application/problem+json";

/** The request begins at `provided`, and the upload ends at `expected` (§7.1). */
export function mismatchingOffset(expected: number, provided: number): Response {
  const problem = {
    type: `${typeBase}mismatching-upload-offset`,
    title: "offset from request does not match offset of resource",
    status: 409,
    "expected-offset": expected,
    "provided-offset": provided,
  };
  return new ResponseBuilder(409)
    .field("Cache-Control", "no-store")
    .field("Upload-Complete", "?0")
    .field("Upload-Offset", String(expected))
    .text(`${JSON.stringify(problem)}\n`, mediaType)
    .noting({
      reason: `the upload has ${expected} bytes, not ${provided}`,
      refusal: "mismatching-upload-offset",
    })
    .build();
}

/** What the request says of the file's length is not what was said, or what has come (§7.2). */
export function inconsistentLength(reason: string, isOver = false): Response {
  const problem = {
    type: `${typeBase}inconsistent-upload-length`,
    title: "inconsistent length values for upload",
    status: 400,
    detail: reason,
  };
  return new ResponseBuilder(400)
    .field("Cache-Control", "no-store")
    .field("Upload-Complete", isOver ? "?1" : "?0")
    .text(`${JSON.stringify(problem)}\n`, mediaType)
    .closing()
    .noting({ reason, refusal: "inconsistent-upload-length" })
    .build();
}
