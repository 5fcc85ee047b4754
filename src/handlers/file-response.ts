/**
 * How an open file becomes the body of a response.
 */

import type { Limits } from "../base/limits.ts";
import { unknownType } from "../files/mime.ts";
import type { OpenFile } from "../files/resolve.ts";
import type { Response } from "../protocol/response.ts";
import type { ResponseBuilder } from "../protocol/response-builder.ts";
import type { ContentStatus } from "../protocol/status.ts";

/**
 * A response, so far as it has been built, with the content of `file`, which is closed by whoever
 * sends it. A small file is read at once and leaves in one piece with its header section; what was
 * read is what is promised, should the file be cut meanwhile.
 */
export function fileResponse(
  builder: ResponseBuilder<ContentStatus>,
  file: OpenFile,
  limits: Limits,
): Response {
  if (file.size > limits.inlineBytesMax) {
    return builder
      .file(file, { start: 0, octets: file.size }, file.mediaType ?? unknownType)
      .build();
  }
  const bytes = file.readAll();
  file.close();
  return builder.bytes(bytes, file.mediaType ?? unknownType).build();
}
