/**
 * A file that a POST stores: nothing is ever replaced. When its name is taken, or means something
 * to the site, it gets a number.
 */

import type { Response } from "../../../http/message/response.ts";
import type { ContainedPath } from "../../../tree/path.ts";
import { encodeName } from "../../../tree/path.ts";
import type { UploadFolder } from "../../../tree/writing/upload-folder.ts";
import type { Upload } from "../../../tree/writing/upload.ts";
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
  const wanted = cleanName(sentAs);
  for (let number = 1; number <= numberMax; number++) {
    const name = numberedName(wanted, number);
    if (!isShortName(name)) break;
    if (folder.look(name).kind !== "absent") continue;
    if (site.meaningOf(folder, name) !== undefined) continue;
    const stored = await upload.commit(name);
    if (stored.kind === "stored") {
      admissions.stored();
      return name;
    }
    if (stored.kind === "failed") return storageFailure(stored.code, pages);
    if (stored.kind === "moved") return pages.refusal(uploadRefusals["no-folder"], "it has moved");
  }
  return pages.refusal(uploadRefusals["name-taken"]);
}
