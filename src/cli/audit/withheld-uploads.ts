/**
 * The files that visitors don't get on purpose: uploads, while `--upload-mode` lets visitors read
 * none. A command that gives them o+r would show every visitor what others have sent.
 */

import type { CompleteOptions } from "../../server/serve-options.ts";
import type { ServedSource } from "../../site/open-tree.ts";
import { permits } from "../../tree/permission.ts";

/** Whether what is called `name` in `source` lies where uploads go that visitors don't get. */
export type IsWithheld = (source: ServedSource, name: string) => boolean;

const none: IsWithheld = () => false;

/** The question for a site of `options`; `root` is the source of its root, if that has one. */
export function withheldUploads(
  options: CompleteOptions,
  root: ServedSource | undefined,
): IsWithheld {
  const { put, post, permissions, uploadMode, uploadDir } = options;
  if (root === undefined || (!put && post !== "upload")) return none;
  if (permissions === "process" || permits(uploadMode, "read")) return none;
  const names = uploadDir.split("/").filter((name) => name !== "");
  // Where uploads go into all of the root, they can't be told from files of the site that lack a
  // bit by mistake.
  if (names.length === 0) return none;
  const start = names.map((name) => `${name}/`).join("");
  return (source, name) => source === root && name.startsWith(start) && name !== start;
}
