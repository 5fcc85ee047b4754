/**
 * A file that an option of the site names, such as a password file, which needn't be in the tree: a
 * regular file, read whole up to a bound.
 */

import type { Result } from "../../base/result.ts";
import { failure } from "../../base/result.ts";
import { lookAt, realPath } from "../../system/file-system.ts";
import { readNamedFile } from "../../system/named-file.ts";

/**
 * The octets of the file at `path`, at most `bytesMax` of them; fails with a reason that can stand
 * behind its name.
 */
export function readOptionFile(path: string, bytesMax: number): Result<Uint8Array, string> {
  const real = realPath(path);
  const seen = real.ok ? lookAt(real.value) : real;
  // A device has no end, and a FIFO may have no writer.
  if (seen.ok && seen.value.type === "other") return failure("no regular file");
  const read = readNamedFile(path);
  if (!read.ok || read.value.length <= bytesMax) return read;
  return failure(`has more than ${bytesMax} bytes`);
}
