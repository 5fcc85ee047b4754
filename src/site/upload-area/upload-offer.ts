/**
 * Tells listings whether their visitor may store files in the folder, by the rules that decide when
 * files are sent. Made for a site that takes forms with files; others have none, and their listings
 * ask nothing.
 */

import type { Eventual } from "../../base/eventual.ts";
import { whenReady } from "../../base/eventual.ts";
import type { ContainedPath } from "../../tree/path.ts";
import type { Request } from "../request.ts";
import type { UploadSite } from "../uploads/upload-site.ts";

/** Whether the visitor who sent `request` may send one with another method to the same path. */
export type MaySend = (request: Request, method: string) => boolean;

/** What listings offer to their visitors. */
export class UploadOffer {
  readonly #site: UploadSite;
  readonly #maySend: MaySend;

  constructor(site: UploadSite, maySend: MaySend) {
    this.#site = site;
    this.#maySend = maySend;
  }

  /**
   * Whether the visitor who sent `request` may store files in the folder at `path`, a path of the
   * site. Not where a rewrite leads to the folder: what is sent goes to the path that was asked
   * for.
   */
  isFor(request: Request, path: ContainedPath): Eventual<boolean> {
    const place = this.#site.place(request.head);
    if (place?.trailingSlash !== true) return false;
    const { home, uploads } = this.#site.parts;
    const asked = [...home.segments, ...place.segments];
    if (asked.length !== path.segments.length) return false;
    if (asked.some((name, at) => name !== path.segments[at])) return false;
    if (place.segments.some((name) => name.startsWith("."))) return false;
    if (!this.#maySend(request, "POST")) return false;
    return whenReady(uploads.open(place), (opened) => {
      if (!opened.ok) return false;
      const isWritable = opened.value.isWritable();
      opened.value.close();
      return isWritable;
    });
  }
}
