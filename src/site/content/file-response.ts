/**
 * Makes an open file the body of a response.
 */

import { unknownType } from "../../tree/mime.ts";
import type { OpenFile } from "../../tree/tree.ts";
import type { Response } from "../../http/message/response.ts";
import type { ResponseBuilder } from "../../http/message/response-builder.ts";
import type { ContentStatus } from "../../http/message/status.ts";
import { mediaTypeOf } from "./file-representation.ts";
import type { UnsizedBody } from "./unsized-body.ts";

/** Whether only reading tells the size of `file`. */
export function isUnsized({ size }: OpenFile): boolean {
  return size === Infinity;
}

/** The body of a file whose size isn't known. Its module is loaded by the first. */
export function unsizedBodyOf(file: OpenFile): UnsizedBody {
  const unsized = require("./unsized-body.ts") as typeof import("./unsized-body.ts");
  return new unsized.UnsizedBody(file);
}

/**
 * The response of `builder` with the content of `file`. A file that isn't in memory is closed after
 * it has been sent.
 */
export function fileResponse(builder: ResponseBuilder<ContentStatus>, file: OpenFile): Response {
  const { content, size, slot } = file;
  // A file that can't be read has some type; sending it breaks the connection off.
  const mediaType = (file.mediaType === undefined ? undefined : mediaTypeOf(file)) ?? unknownType;
  if (isUnsized(file)) return builder.stream(unsizedBodyOf(file), mediaType).build();
  if (content === undefined) {
    return builder.file(file, { start: 0, octets: size }, mediaType).build();
  }
  const filled = builder.bytes(content, mediaType);
  return slot === undefined ? filled.build() : filled.buildCached();
}
