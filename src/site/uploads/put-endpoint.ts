/**
 * PUT and DELETE of files (RFC 9110 §9.3.4, §9.3.5).
 *
 * A PUT stores what is sent under the name that it is sent to: 201 for a new file, 204 for one that
 * is replaced. Conditions are evaluated before any of the content is read, and again when the file
 * gets its name, so that of two clients with `If-None-Match: *`, or with the same `If-Match`, one
 * is answered 412. A folder is not made for a file: 409, as in RFC 4918 §9.7.1. A part of a file
 * can't be put: 400 for Content-Range (RFC 9110 §9.3.4).
 */

import { whenReady } from "../../base/eventual.ts";
import { refusals } from "../../http/message/error.ts";
import type { Response } from "../../http/message/response.ts";
import { ResponseBuilder } from "../../http/message/response-builder.ts";
import { displayName, parentPath } from "../../tree/path.ts";
import type { PresentFile, UploadFolder } from "../../tree/writing/upload-tree.ts";
import type { Answer, Endpoint } from "../endpoint.ts";
import type { Request } from "../request.ts";
import { asksToBegin, isUncoded } from "./resumable/upload-fields.ts";
import type { UploadResources } from "./resumable/upload-resources.ts";
import { PutTarget } from "./storing/put-target.ts";
import { intentOf, putTarget, storeWhole } from "./storing/sent-file.ts";
import { nameFault } from "./upload-names.ts";
import { storageFailure, uploadRefusals } from "./upload-refusals.ts";
import type { UploadSite } from "./upload-site.ts";

/** Answers PUT and DELETE in the folder of uploads. */
export class PutEndpoint implements Endpoint {
  readonly isRepeatable = false;
  readonly #site: UploadSite;
  readonly #resources: UploadResources;

  constructor(site: UploadSite, resources: UploadResources) {
    this.#site = site;
    this.#resources = resources;
  }

  methods({ head }: Request): readonly string[] {
    return this.#site.place(head) === undefined ? [] : ["PUT", "DELETE"];
  }

  explainAbsence({ head }: Request): string | undefined {
    const { method } = head;
    return method === "PUT" || method === "DELETE" ? this.#site.explainNoPlace(head) : undefined;
  }

  /** Rejects with a `BodyError` when the body can't be read; nothing is stored then. */
  answer(request: Request): Answer | undefined {
    const { method, fields, hasContent } = request.head;
    if (method !== "PUT" && method !== "DELETE") return undefined;
    const path = this.#site.place(request.head);
    if (path === undefined) return undefined;
    const { pages } = this.#site.parts;
    const name = path.segments.at(-1);
    if (name === undefined || path.trailingSlash || this.#site.isTop(path)) {
      return pages.refusal(uploadRefusals["no-file"], "the path is a folder's");
    }
    const fault = nameFault(name);
    if (fault !== undefined) return pages.refusal(uploadRefusals["upload-name"], fault);
    if (method === "PUT") {
      if (fields.has("content-range")) return pages.refusal(uploadRefusals["partial-put"]);
      if (!isUncoded(fields)) return pages.refusal(uploadRefusals["content-coding"]);
      // As a POST: octets without a length would be parsed as the next request.
      if (!hasContent && !asksToBegin(fields)) return pages.refusal(refusals["length-required"]);
    }
    return this.#site.within(request, parentPath(path), (folder) => {
      if (method === "PUT") return this.#put(request, folder, name);
      return this.#delete(new PutTarget(this.#site, folder, name, fields, request.receivedMs));
    });
  }

  async #put(request: Request, folder: UploadFolder, name: string): Promise<Response> {
    const { fields } = request.head;
    const intent = intentOf(request, "PUT", name);
    const destination = { site: this.#site, folder, intent };
    const found = await putTarget(destination, request).look();
    if ("status" in found) return found;
    return asksToBegin(fields)
      ? this.#resources.begin(request, folder, intent)
      : storeWhole(destination, request);
  }

  async #delete(target: PutTarget): Promise<Response> {
    // On disk nothing comes between the look at the file and its removal.
    return await whenReady(target.look(), (found) => {
      if ("status" in found) return found;
      return found.kind === "file" ? this.#remove(target, found) : this.#missing(target);
    });
  }

  async #remove(target: PutTarget, found: PresentFile): Promise<Response> {
    const { pages } = this.#site.parts;
    const { folder, name, isConditional } = target;
    const fault = await folder.remove(name, isConditional ? found : undefined);
    if (fault === "ENOENT") return this.#missing(target);
    if (fault === "EEXIST") return pages.preconditionFailed("If-Match");
    if (fault !== undefined) return storageFailure(fault, pages);
    return new ResponseBuilder(204).noting({ reason: `removed ${displayName(name)}` }).build();
  }

  #missing({ name }: PutTarget): Response {
    const missing = `no file ${displayName(name)}`;
    return this.#site.parts.pages.refusal(uploadRefusals["not-there"], missing);
  }
}
