/**
 * What the previews of one site share: thumbnails of images (`?thumbnail`), pages of Markdown files
 * (`?preview`), and the READMEs of listings. Its code is loaded by the first request for one. The
 * files have been opened by the tree, so the rule of permission has been applied to them.
 */

import type { Eventual } from "../../base/eventual.ts";
import { whenReady } from "../../base/eventual.ts";
import type { Limits } from "../../base/limits.ts";
import type { Scheduler } from "../../schedule/scheduler.ts";
import type { ContainedPath } from "../../tree/path.ts";
import type { OpenFile, Tree } from "../../tree/tree.ts";
import type { View } from "../../tree/view.ts";
import type { Representation } from "../content/representation.ts";
import { Documents } from "../markdown/document.ts";
import type { Readme } from "../markdown/readme.ts";
import { Thumbnails } from "../thumbnails/thumbnails.ts";
import type { FoundThumbnail } from "../thumbnails/thumbnails.ts";

/** What a query may ask for instead of the file. */
type AskedPreview = "thumbnail" | "preview";

/** What `query` asks for; undefined when it asks for no preview. */
export function askedPreviewOf(query: string): AskedPreview | undefined {
  const parameters = new URLSearchParams(query);
  const isOn = (name: AskedPreview): boolean => /^1?$/.test(parameters.get(name) ?? "off");
  if (isOn("thumbnail")) return "thumbnail";
  return isOn("preview") ? "preview" : undefined;
}

/** What `Previews` needs. */
export interface PreviewService {
  readonly tree: Tree;
  readonly limits: Limits;
  readonly scheduler: Scheduler;
  /** Whether pages have coded variants. */
  readonly hasVariants: boolean;
}

/** The previews of one site. */
export class Previews {
  readonly #service: PreviewService;
  readonly #thumbnails: Thumbnails;
  readonly #documents: Documents;

  constructor(service: PreviewService) {
    const { limits, scheduler } = service;
    this.#service = service;
    this.#thumbnails = new Thumbnails(limits, scheduler);
    this.#documents = new Documents(limits, scheduler);
  }

  /**
   * What `query` asks for of `file`, which was opened by `path` and is represented by `usual`; that
   * is `usual` itself if it asks for no preview, or the file has a preview only by itself. When the
   * result isn't `usual`, it has been released.
   */
  of(
    usual: Representation,
    file: OpenFile,
    path: ContainedPath,
    query: string,
  ): Eventual<FoundThumbnail> {
    const asked = askedPreviewOf(query);
    if (asked === "thumbnail") return this.#thumbnails.of(usual, path);
    if (asked === undefined || !usual.mediaType.startsWith("text/markdown")) return usual;
    const { name } = file;
    const { hasVariants } = this.#service;
    const kept = usual.fields.filter(([field]) => field !== "Vary" || hasVariants);
    return whenReady(this.#documents.of(file, path, "page"), (document) => {
      if (document === undefined) return "busy";
      const { representDocument } =
        require("../markdown/document-page.ts") as typeof import("../markdown/document-page.ts");
      return representDocument(name, document, kept, hasVariants);
    });
  }

  /** The README of the folder at `path`; undefined when there is none to show. */
  async readme(path: ContainedPath, view: View): Promise<Readme | undefined> {
    const { findReadme } =
      require("../markdown/readme.ts") as typeof import("../markdown/readme.ts");
    return await findReadme(this.#service.tree, path, view, this.#documents);
  }
}
