/**
 * PUT and DELETE of files (RFC 9110 §9.3.4, §9.3.5).
 *
 * A PUT stores what is sent under the name that it is sent to: 201 for a new file, 204 for one that
 * is replaced. Conditions are evaluated before any of the content is read, and again when the file
 * gets its name, so that of two clients with `If-None-Match: *`, or with the same `If-Match`, one
 * is answered 412. A folder is not made for a file: 409, as in RFC 4918 §9.7.1. A part of a file
 * can't be put: 400 for Content-Range (RFC 9110 §9.3.4).
 */

import { refusals } from "../../http/message/error.ts";
import { hasCondition } from "../../http/fields/conditional.ts";
import type { Validators } from "../../http/fields/conditional.ts";
import { formatEntityTag } from "../../http/fields/entity-tag.ts";
import type { Response } from "../../http/message/response.ts";
import { ResponseBuilder } from "../../http/message/response-builder.ts";
import { displayName, parentPath } from "../../tree/path.ts";
import type { Occupant, UploadFolder } from "../../tree/writing/upload-folder.ts";
import type { Upload } from "../../tree/writing/upload.ts";
import { entityTagOf } from "../content/file-representation.ts";
import { unmatchableTag, weighRequest } from "../content/selected-response.ts";
import type { Answer, Endpoint } from "../endpoint.ts";
import type { Request } from "../request.ts";
import type { Admission } from "./admissions.ts";
import { nameFault } from "./upload-names.ts";
import { storageFailure, uploadRefusals } from "./upload-refusals.ts";
import { storedResponse } from "./upload-page.ts";
import type { UploadSite } from "./upload-site.ts";

/** How often a file is stored again that another client has replaced meanwhile. */
const triesMax = 8;

type Present = Extract<Occupant, { kind: "absent" | "file" }>;

/** The only coding that content may have. */
function isUncoded({ head: { fields } }: Request): boolean {
  const codings = fields.getAll("content-encoding");
  return codings.every((coding) => coding.toLowerCase() === "identity");
}

/** The validators of the file `name`, if there is one. */
function validatorsOf(
  folder: UploadFolder,
  name: string,
  occupant: Present,
  receivedMs: number,
): Validators {
  if (occupant.kind === "absent") return {};
  const file = folder.open(name, receivedMs);
  // A file that the process can't read is there, which is all that "*" asks.
  if (file === undefined) return { entityTag: unmatchableTag };
  file.close();
  const entityTag = entityTagOf(file);
  return file.mtimeMs === undefined
    ? { entityTag }
    : { entityTag, lastModifiedSeconds: Math.floor(file.mtimeMs / 1000) };
}

/** Answers PUT and DELETE in the folder of uploads. */
export class PutEndpoint implements Endpoint {
  readonly isRepeatable = false;
  readonly #site: UploadSite;

  constructor(site: UploadSite) {
    this.#site = site;
  }

  methods({ head }: Request): readonly string[] {
    return this.#site.place(head) === undefined ? [] : ["PUT", "DELETE"];
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
      if (!isUncoded(request)) return pages.refusal(uploadRefusals["content-coding"]);
      // As a POST: octets without a length would be parsed as the next request.
      if (!hasContent) return pages.refusal(refusals["length-required"]);
    }
    return this.#site.within(request, parentPath(path), (folder) => {
      const meaning = this.#site.meaningOf(folder, name);
      if (meaning !== undefined) {
        return Promise.resolve(pages.refusal(uploadRefusals["upload-name"], `it is ${meaning}`));
      }
      return method === "PUT"
        ? this.#put(request, folder, name)
        : this.#delete(request, folder, name);
    });
  }

  /** What has the name, if the request may be performed on that; else its refusal. */
  #look(request: Request, folder: UploadFolder, name: string): Present | Response {
    const { pages } = this.#site.parts;
    const occupant = folder.look(name);
    if (occupant.kind === "failed") return storageFailure(occupant.code, pages);
    if (occupant.kind === "other") return pages.refusal(uploadRefusals["no-file"]);
    if (!hasCondition(request.head.fields)) return occupant;
    const validators = validatorsOf(folder, name, occupant, request.receivedMs);
    const { kind } = weighRequest(request, validators);
    return kind === "proceed" ? occupant : pages.preconditionFailed();
  }

  async #put(request: Request, folder: UploadFolder, name: string): Promise<Response> {
    const { pages } = this.#site.parts;
    const found = this.#look(request, folder, name);
    if ("status" in found) return found;
    const admission = this.#site.admit(request);
    if ("status" in admission) return admission;
    let upload: Upload | undefined;
    try {
      const begun = await folder.begin();
      if (!begun.ok) return storageFailure(begun.error, pages);
      upload = begun.value;
      const code = await this.#receive(request, upload, admission);
      if (code !== undefined) return storageFailure(code, pages);
      const mode = found.kind === "file" ? found.permissionBits : this.#site.parts.mode;
      const unfinished = await upload.finish(mode);
      if (unfinished !== undefined) return storageFailure(unfinished, pages);
      return await this.#commit(request, folder, name, upload, mode);
    } finally {
      await upload?.discard();
      admission.end();
    }
  }

  /** Writes the content of a request to `upload`; or the name of the error. */
  async #receive(
    { body, head }: Request,
    upload: Upload,
    admission: Admission,
  ): Promise<string | undefined> {
    const { uploadBytesMax } = this.#site.parts.limits;
    const announced = head.contentLength ?? 0;
    if (announced <= uploadBytesMax) {
      const lack = await upload.lacks(announced);
      if (lack !== undefined) return lack;
    }
    for await (const piece of admission.chunks(body, uploadBytesMax)) {
      const code = await upload.write(piece);
      if (code !== undefined) return code;
    }
    return undefined;
  }

  async #commit(
    request: Request,
    folder: UploadFolder,
    name: string,
    upload: Upload,
    mode: number,
  ): Promise<Response> {
    const { pages } = this.#site.parts;
    for (let tries = 0; tries < triesMax; tries++) {
      const found = this.#look(request, folder, name);
      if ("status" in found) return found;
      const replaced = found.kind === "file" ? found : undefined;
      const stored = await upload.commit(name, replaced);
      if (stored.kind === "stored") {
        return this.#answerStored(request, folder, name, upload.octets, mode, replaced);
      }
      if (stored.kind === "failed") return storageFailure(stored.code, pages);
      if (stored.kind === "moved")
        return pages.refusal(uploadRefusals["no-folder"], "it has moved");
    }
    return pages.refusal(uploadRefusals["name-taken"]);
  }

  #answerStored(
    request: Request,
    folder: UploadFolder,
    name: string,
    octets: number,
    mode: number,
    replaced: Present | undefined,
  ): Response {
    const did = replaced === undefined ? "stored" : "replaced";
    const note = { reason: `${did} ${displayName(name)}, ${octets} bytes` };
    const file = folder.open(name, request.receivedMs);
    file?.close();
    // The octets are stored as they were sent, so their tag may be told (RFC 9110 §9.3.4). That of
    // a large file isn't known yet: it is the version on the disk, and may still change unseen.
    const tag = file?.content === undefined ? undefined : formatEntityTag(entityTagOf(file));
    if (replaced === undefined) {
      const files = [{ name, sentAs: name, octets, isReadable: this.#site.isReadable(mode) }];
      const response = storedResponse(request, files, `./`, note);
      return tag === undefined
        ? response
        : { ...response, fields: [...response.fields, ["ETag", tag]] };
    }
    const builder = new ResponseBuilder(204).noting(note);
    return (tag === undefined ? builder : builder.field("ETag", tag)).build();
  }

  async #delete(request: Request, folder: UploadFolder, name: string): Promise<Response> {
    const { pages } = this.#site.parts;
    const found = this.#look(request, folder, name);
    if ("status" in found) return found;
    if (found.kind === "absent") return pages.refusal(uploadRefusals["not-there"]);
    const code = await folder.remove(name);
    if (code === "ENOENT") return pages.refusal(uploadRefusals["not-there"]);
    if (code !== undefined) return storageFailure(code, pages);
    return new ResponseBuilder(204).noting({ reason: `removed ${displayName(name)}` }).build();
  }
}
