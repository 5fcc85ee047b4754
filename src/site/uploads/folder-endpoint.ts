/**
 * MKCOL of a folder (RFC 4918 §9.3): 201 for one that is made, 409 where the folder that it would
 * be in is missing. Of WebDAV this is all: what copies a tree of folders needs no more beside PUT
 * or a form.
 *
 * Where something has the name there is no such method, so the answer is 405 (§9.3.1), and `Allow`
 * says so. A client that only wants the folder to be there takes that for an answer.
 */

import type { Eventual } from "../../base/eventual.ts";
import { whenReady } from "../../base/eventual.ts";
import { refusals } from "../../http/message/error.ts";
import type { RequestHead } from "../../http/message/request.ts";
import type { Response } from "../../http/message/response.ts";
import { ResponseBuilder } from "../../http/message/response-builder.ts";
import type { ContainedPath } from "../../tree/path.ts";
import { displayName, encodeName, parentPath } from "../../tree/path.ts";
import type { UploadFolder } from "../../tree/writing/upload-tree.ts";
import { weighRequest } from "../content/selected-response.ts";
import type { Endpoint } from "../endpoint.ts";
import type { Request } from "../request.ts";
import { nameFault } from "./upload-names.ts";
import { storageFailure, uploadRefusals } from "./upload-refusals.ts";
import type { UploadSite } from "./upload-site.ts";

/** Whether content comes with the request. A length of 0 announces none. */
function hasContent({ head }: Request): boolean {
  return head.hasContent && head.contentLength !== 0;
}

/** Answers MKCOL in the folder of uploads. */
export class FolderEndpoint implements Endpoint {
  readonly isRepeatable = false;
  readonly #site: UploadSite;

  constructor(site: UploadSite) {
    this.#site = site;
  }

  methods({ head }: Request): Eventual<readonly string[]> {
    const path = this.#placeOf(head);
    const name = path?.segments.at(-1);
    if (path === undefined || name === undefined) return [];
    return whenReady(this.#site.parts.uploads.open(parentPath(path)), (opened) => {
      if (!opened.ok) return ["MKCOL"];
      return whenReady(opened.value.look(name), ({ kind }) => {
        opened.value.close();
        return kind === "file" || kind === "other" ? [] : ["MKCOL"];
      });
    });
  }

  explainAbsence({ head }: Request): string | undefined {
    if (head.method !== "MKCOL") return undefined;
    const place = this.#site.place(head);
    if (place === undefined) return this.#site.explainNoPlace(head);
    // Where a folder may be made, an answer is missing only when something has the name.
    return this.#site.isTop(place) ? "it is the folder of uploads" : "it is there already";
  }

  answer(request: Request): Promise<Response | undefined> | Response | undefined {
    if (request.head.method !== "MKCOL") return undefined;
    const path = this.#placeOf(request.head);
    const name = path?.segments.at(-1);
    if (path === undefined || name === undefined) return undefined;
    const { pages, limits } = this.#site.parts;
    if (hasContent(request)) {
      return pages.refusal(refusals["media-type"], "MKCOL takes no content");
    }
    const fault = nameFault(name);
    if (fault !== undefined) return pages.refusal(uploadRefusals["upload-name"], fault);
    const { uploadDepthMax } = limits;
    const depth = path.segments.length;
    if (depth > uploadDepthMax) {
      const limit = { name: "uploadDepthMax", maximum: uploadDepthMax, actual: depth };
      return pages.refusal({ ...uploadRefusals["upload-shut"], limit });
    }
    return this.#site.within(request, parentPath(path), (folder) =>
      this.#make(request, folder, name),
    );
  }

  /** The path below the root of a folder that a request with `head` may make. */
  #placeOf(head: RequestHead): ContainedPath | undefined {
    const path = this.#site.place(head);
    return path === undefined || this.#site.isTop(path) ? undefined : path;
  }

  /** Makes the folder `name`; undefined when something has that name. */
  async #make(request: Request, folder: UploadFolder, name: string): Promise<Response | undefined> {
    const { pages } = this.#site.parts;
    const occupant = await folder.look(name);
    if (occupant.kind === "failed") return storageFailure(occupant.fault, pages);
    if (occupant.kind !== "absent") return undefined;
    const verdict = weighRequest(request, {});
    if (verdict.kind === "failed") return pages.preconditionFailed(verdict.reason);
    const meaning = await this.#site.meaningOf(folder, name);
    if (meaning !== undefined) {
      return pages.refusal(uploadRefusals["upload-name"], `it is ${meaning}`);
    }
    const code = await folder.makeFolder(name, this.#site.folderMode);
    if (code === "EEXIST") return undefined;
    if (code === "ENOENT") return pages.refusal(uploadRefusals["no-folder"], "it has moved");
    if (code !== undefined) return storageFailure(code, pages);
    const { target } = request.head;
    const hasSlash = "path" in target && target.path.endsWith("/");
    return new ResponseBuilder(201)
      .field("Cache-Control", "no-store")
      .field("Location", hasSlash ? "./" : `./${encodeName(name)}/`)
      .noting({ reason: `made the folder ${displayName(name)}` })
      .build();
  }
}
