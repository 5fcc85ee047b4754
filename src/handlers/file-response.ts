/**
 * How an open file becomes the body of a response.
 */

import { unknownType } from "../files/mime.ts";
import type { OpenFile } from "../files/resolve.ts";
import type { Response } from "../protocol/response.ts";
import type { ResponseBuilder } from "../protocol/response-builder.ts";
import type { ContentStatus } from "../protocol/status.ts";

/**
 * A response, so far as it has been built, with the content of `file`. What isn't in memory is
 * closed by whoever sends it.
 */
export function fileResponse(builder: ResponseBuilder<ContentStatus>, file: OpenFile): Response {
  const { content, size } = file;
  const mediaType = file.mediaType ?? unknownType;
  if (content === undefined)
    return builder.file(file, { start: 0, octets: size }, mediaType).build();
  return builder.bytes(content, mediaType).build();
}
