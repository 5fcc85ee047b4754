/**
 * What follows from a file that is given out again. It lies in the file's slot, so it is dropped
 * with the file.
 */

import { Slot } from "../../base/slot.ts";
import type { OpenFile } from "../../tree/tree.ts";
import type { Presentation } from "../download/asked-download.ts";
import type { Representation } from "./representation.ts";

/** The places in the slot of one file. */
class FileSlots {
  /** The file as a resource of its own. */
  representation: Representation | undefined = undefined;
  /** The file as it is presented on request. */
  readonly presentations: { [how in Presentation]?: Representation } = {};
  /** Its media type, which follows from its name and its beginning. */
  mediaType: string | undefined = undefined;
  /** For the selector of variants: the file as a coded variant of another one. */
  readonly variant = new Slot();
}

/** The places of `file`; undefined when it is given out once. */
export function fileSlotsOf({ slot }: OpenFile): FileSlots | undefined {
  if (slot === undefined) return undefined;
  if (slot.value instanceof FileSlots) return slot.value;
  const slots = new FileSlots();
  slot.value = slots;
  return slots;
}
