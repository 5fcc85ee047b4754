/**
 * What the endpoints of uploads share: where files may be stored, which of them are received at one
 * time, and what is refused for all of them alike.
 */

import type { Eventual } from "../../base/eventual.ts";
import type { Limits } from "../../base/limits.ts";
import { refusals } from "../../http/message/error.ts";
import type { RequestHead } from "../../http/message/request.ts";
import type { Response } from "../../http/message/response.ts";
import type { TurnBudgets } from "../../schedule/turn-budgets.ts";
import type { ContainedPath } from "../../tree/path.ts";
import { containPath, displayName, displayPath, pathBelow } from "../../tree/path.ts";
import { explainDenial } from "../../tree/denial-text.ts";
import { permits } from "../../tree/permission.ts";
import type { Permissions } from "../../tree/permission.ts";
import type { Tree } from "../../tree/tree.ts";
import type {
  FolderRefusal,
  UploadFolder,
  UploadTree,
  WritingFault,
} from "../../tree/writing/upload-tree.ts";
import type { ErrorPages } from "../pages/error-page.ts";
import type { Request } from "../request.ts";
import type { Admissions } from "./admissions.ts";
import { Admission } from "./admissions.ts";
import type { OwnNames } from "./upload-names.ts";
import { storageFailure, uploadRefusals } from "./upload-refusals.ts";

/** What an `UploadSite` is made of. */
export interface UploadParts {
  readonly tree: Tree;
  readonly uploads: UploadTree;
  readonly pages: ErrorPages;
  readonly limits: Limits;
  readonly budgets: TurnBudgets;
  readonly admissions: Admissions;
  readonly permissions: Permissions;
  /** The path that the root is served under. */
  readonly home: ContainedPath;
  /** The folder that uploads go into, below the root. */
  readonly folder: ContainedPath;
  /** The permission bits of new files. */
  readonly mode: number;
  /** The names that no upload may have; undefined where it may have any. */
  readonly ownNames: OwnNames | undefined;
}

/** Whether `path` is, or is below, the folder `folder`. */
function isWithin(path: ContainedPath, folder: ContainedPath): boolean {
  return folder.segments.every((name, i) => path.segments[i] === name);
}

/** The path that a request with `head` is for; undefined when there can be none. */
function pathOf({ target }: RequestHead): ContainedPath | undefined {
  const path = "path" in target ? containPath(target.path) : undefined;
  return path?.ok === true ? path.value : undefined;
}

/** The fault of a folder that failed to be opened. */
function faultOf({ code, gateway }: Extract<FolderRefusal, { kind: "failed" }>): WritingFault {
  return gateway === undefined ? code : { ...gateway, reason: code };
}

/** Stores files for the endpoints. */
export class UploadSite {
  readonly parts: UploadParts;

  constructor(parts: UploadParts) {
    this.parts = parts;
  }

  /**
   * The path below the root that a request with `head` is for, if files may be stored there: in the
   * folder of uploads, and not in another tree that is mounted in it.
   */
  place(head: RequestHead): ContainedPath | undefined {
    const { tree, home, folder } = this.parts;
    const asked = pathOf(head);
    if (asked === undefined || !isWithin(asked, home)) return undefined;
    const [nearest] = tree.rootsOf?.(asked) ?? [home];
    if (nearest?.segments.length !== home.segments.length) return undefined;
    const below = pathBelow(asked, home.segments.length);
    return isWithin(below, folder) ? below : undefined;
  }

  /** Why nothing may be stored at the path of a request with `head`, where that has one. */
  explainNoPlace(head: RequestHead): string | undefined {
    const { home, folder } = this.parts;
    const asked = pathOf(head);
    if (asked === undefined) return undefined;
    if (this.place(head) !== undefined) return undefined;
    const names = [...home.segments, ...folder.segments];
    const isInside = names.every((name, i) => asked.segments[i] === name);
    return isInside
      ? "nothing is stored in what is served under a path of its own"
      : `uploads go to ${displayName(["", ...names, ""].join("/"))} (--upload-dir)`;
  }

  /** Whether `path` is that of the folder of uploads itself, which no request makes or replaces. */
  isTop(path: ContainedPath): boolean {
    return path.segments.length === this.parts.folder.segments.length;
  }

  /**
   * Admits the content of `request`, which is to be stored, as one file; `end`ed by the caller. Or
   * the refusal when too many are being received.
   */
  admit(request: Request): Admission | Response {
    const admitted = this.parts.admissions.admit(request.remoteAddress);
    if (admitted instanceof Admission) return admitted;
    return this.parts.pages.refusal({ ...refusals.overloaded, limit: admitted });
  }

  /**
   * The answer of `run` to `request`, which is given the open folder at `path`; or the refusal when
   * nothing may be written there.
   */
  async within<Made extends Response | undefined>(
    request: Request,
    path: ContainedPath,
    run: (folder: UploadFolder) => Promise<Made>,
  ): Promise<Made | Response> {
    const { pages, uploads } = this.parts;
    // Hidden names are refused by the name alone, whatever is there.
    if (path.segments.some((name) => name.startsWith("."))) {
      return pages.refusal(uploadRefusals["upload-name"], "the folder's name begins with a dot");
    }
    const opened = await uploads.open(path);
    if (!opened.ok) {
      const { error } = opened;
      switch (error.kind) {
        case "absent":
          return pages.refusal(uploadRefusals["no-folder"], `no folder ${displayPath(path)}`);
        case "forbidden":
          return pages.refusal(uploadRefusals["upload-shut"], explainDenial(error.denial));
        case "exhausted":
          return pages.refusal(refusals.overloaded);
        case "failed":
          return storageFailure(faultOf(error), pages);
      }
    }
    // Each step of the disk has a deadline (`uploadDiskTimeMs`), and so has the wait for octets.
    request.hasOwnDeadline = true;
    try {
      return await run(opened.value);
    } finally {
      opened.value.close();
    }
  }

  /** What `name` in `folder` would be to the site, in words; undefined for any other file. */
  meaningOf(folder: UploadFolder, name: string): Eventual<string | undefined> {
    return this.parts.ownNames?.meaningOf(name, (other) => folder.has(other));
  }

  /**
   * The permission bits of new folders. Strangers pass through, or nothing could be stored in them;
   * who may read files may also see what there is.
   */
  get folderMode(): number {
    return 0o711 | (this.parts.mode & 0o044);
  }

  /** Whether visitors may read a file with the permission bits `mode`. */
  isReadable(mode: number): boolean {
    return this.parts.permissions === "process" || permits(mode, "read");
  }
}
