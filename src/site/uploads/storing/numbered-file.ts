/**
 * A file that a POST stores: nothing is ever replaced. When its name is taken, or means something
 * to the site, it gets a number.
 */

import type { Response } from "../../../http/message/response.ts";
import type { ContainedPath } from "../../../tree/path.ts";
import { encodeName } from "../../../tree/path.ts";
import type { Upload, UploadFolder } from "../../../tree/writing/upload-tree.ts";
import { cleanName, isShortName, numberedName } from "../upload-names.ts";
import { storageFailure, uploadRefusals } from "../upload-refusals.ts";
import type { UploadSite } from "../upload-site.ts";

/** The highest number that a name gets. */
const numberMax = 10_000;

/** What leads from the address that was asked for to the folder at `path`, with its slash. */
export function wayTo(path: ContainedPath): string {
  const name = path.segments.at(-1);
  return path.trailingSlash || name === undefined ? "./" : `./${encodeName(name)}/`;
}

/** So many numbers are tried one after the other. */
const inTurnMax = 8;

/**
 * The names that a file may get in `folder` that was `sentAs`, in the order of their numbers. After
 * the first few a free one is looked for by doubling and halving, since in a store each look is a
 * request: where some numbers are free below it, it isn't the first.
 */
export async function* freeNames(
  site: UploadSite,
  folder: UploadFolder,
  sentAs: string,
): AsyncGenerator<string, void> {
  const wanted = cleanName(sentAs);
  const isFree = async (number: number): Promise<boolean> => {
    const name = numberedName(wanted, number);
    if (!isShortName(name) || !(await folder.isFree(name))) return false;
    return (await site.meaningOf(folder, name)) === undefined;
  };
  for (let number = 1; number <= inTurnMax; number++) {
    if (await isFree(number)) yield numberedName(wanted, number);
  }
  let taken = inTurnMax;
  let free = taken;
  while (!(await isFree((free = Math.min(2 * taken, numberMax))))) {
    if (free === numberMax) return;
    taken = free;
  }
  while (free - taken > 1) {
    const middle = Math.floor((taken + free) / 2);
    if (await isFree(middle)) free = middle;
    else taken = middle;
  }
  for (let number = free; number <= numberMax; number++) {
    if (number === free || (await isFree(number))) yield numberedName(wanted, number);
  }
}

/**
 * The name that `upload`, which is finished, has got in `folder`: `sentAs` cleaned, or that with a
 * number; or the refusal.
 */
export async function storeNumbered(
  site: UploadSite,
  folder: UploadFolder,
  upload: Upload,
  sentAs: string,
): Promise<string | Response> {
  const { pages, admissions } = site.parts;
  const { boundName } = upload;
  const names = boundName === undefined ? freeNames(site, folder, sentAs) : [boundName];
  for await (const name of names) {
    const stored = await upload.commit(name);
    if (stored.kind === "stored") {
      admissions.stored();
      return name;
    }
    if (stored.kind === "failed") return storageFailure(stored.fault, pages);
    if (stored.kind === "moved") return pages.refusal(uploadRefusals["no-folder"], "it has moved");
  }
  return pages.refusal(uploadRefusals["name-taken"]);
}
