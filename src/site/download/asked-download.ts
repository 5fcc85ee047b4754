/**
 * What the query of a request says about how an answer is presented. Only these parameters mean
 * something, and only with these values; all others are ignored, as they are for any file.
 *
 * | query | of | answer |
 * | --- | --- | --- |
 * | `?download`, `?download=1` | a file | the file, to be saved under its name |
 * | `?raw`, `?raw=1` | a file of text | its source, as text/plain |
 * | `?download=zip` and other formats | a folder | an archive |
 */

import type { ArchiveFormat } from "./archive-format.ts";
import { archiveFormats } from "./archive-format.ts";

/** How a file is presented, where that isn't as usual: to be saved, or as its source. */
export type Presentation = "attachment" | "raw";

/** Whether `value` of a parameter turns it on. */
function isOn(value: string | null): boolean {
  return value === "" || value === "1";
}

/** How a file is presented by `query`; undefined for as usual. */
export function askedPresentationOf(query: string): Presentation | undefined {
  const parameters = new URLSearchParams(query);
  if (isOn(parameters.get("download"))) return "attachment";
  return isOn(parameters.get("raw")) ? "raw" : undefined;
}

/** The format of the archive that `query` asks for; undefined when it asks for none. */
export function askedArchiveOf(query: string): ArchiveFormat | undefined {
  const asked = new URLSearchParams(query).get("download");
  return archiveFormats.find((format) => format === asked);
}
