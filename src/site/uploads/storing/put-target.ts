/**
 * The file that a PUT or a DELETE is about: what has its name, and whether the conditions of the
 * request are true of that; storing it.
 */

import type { Fields } from "../../../http/fields/fields.ts";
import { hasCondition, weigh } from "../../../http/fields/conditional.ts";
import type { Validators } from "../../../http/fields/conditional.ts";
import { formatEntityTag } from "../../../http/fields/entity-tag.ts";
import type { Response } from "../../../http/message/response.ts";
import { ResponseBuilder } from "../../../http/message/response-builder.ts";
import { displayName } from "../../../tree/path.ts";
import type { Occupant, UploadFolder } from "../../../tree/writing/upload-folder.ts";
import type { Upload } from "../../../tree/writing/upload.ts";
import { entityTagOf } from "../../content/file-representation.ts";
import { unmatchableTag } from "../../content/selected-response.ts";
import type { Request } from "../../request.ts";
import { storedResponse } from "../upload-page.ts";
import { storageFailure, uploadRefusals } from "../upload-refusals.ts";
import type { UploadSite } from "../upload-site.ts";

/** How often a file is stored again that another client has replaced meanwhile. */
const triesMax = 8;

type Present = Extract<Occupant, { kind: "absent" | "file" }>;

/** One file, in a folder that is held open. */
export class PutTarget {
  readonly folder: UploadFolder;
  readonly name: string;
  readonly #site: UploadSite;
  readonly #conditions: Fields;
  readonly #receivedMs: number;

  /** `conditions` are the fields of the request that came at `receivedMs`, or as many as matter. */
  constructor(
    site: UploadSite,
    folder: UploadFolder,
    name: string,
    conditions: Fields,
    receivedMs: number,
  ) {
    this.folder = folder;
    this.name = name;
    this.#site = site;
    this.#conditions = conditions;
    this.#receivedMs = receivedMs;
  }

  /** What has the name, if the request may be performed on that; else its refusal. */
  look(): Present | Response {
    const { pages } = this.#site.parts;
    const meaning = this.#site.meaningOf(this.folder, this.name);
    if (meaning !== undefined) {
      return pages.refusal(uploadRefusals["upload-name"], `it is ${meaning}`);
    }
    const occupant = this.folder.look(this.name);
    if (occupant.kind === "failed") return storageFailure(occupant.code, pages);
    if (occupant.kind === "other") {
      const what = `${displayName(this.name)} is a folder, a link or a special file`;
      return pages.refusal(uploadRefusals["no-file"], what);
    }
    if (!hasCondition(this.#conditions)) return occupant;
    const nowSeconds = Math.floor(this.#receivedMs / 1000);
    const verdict = weigh("PUT", this.#conditions, this.#validators(occupant), nowSeconds);
    return verdict.kind === "failed" ? pages.preconditionFailed(verdict.reason) : occupant;
  }

  /** The validators of the file, if there is one. */
  #validators(occupant: Present): Validators {
    if (occupant.kind === "absent") return {};
    const file = this.folder.open(this.name, this.#receivedMs);
    // A file that the process can't read is there, which is all that "*" asks.
    if (file === undefined) return { entityTag: unmatchableTag };
    file.close();
    const entityTag = entityTagOf(file);
    return file.mtimeMs === undefined
      ? { entityTag }
      : { entityTag, lastModifiedSeconds: Math.floor(file.mtimeMs / 1000) };
  }

  /**
   * Gives `upload`, all of which has come, the name, if the conditions are still true; the answer
   * to `request`.
   */
  async store(upload: Upload, request: Request): Promise<Response> {
    const { pages, mode, admissions } = this.#site.parts;
    const first = this.look();
    if ("status" in first) return first;
    const bits = first.kind === "file" ? first.permissionBits : mode;
    const unfinished = await upload.finish(bits);
    if (unfinished !== undefined) return storageFailure(unfinished, pages);
    for (let tries = 0; tries < triesMax; tries++) {
      const found = this.look();
      if ("status" in found) return found;
      const replaced = found.kind === "file" ? found : undefined;
      const stored = await upload.commit(this.name, replaced);
      if (stored.kind === "stored") {
        admissions.stored();
        return this.#answer(request, upload.octets, bits, replaced);
      }
      if (stored.kind === "failed") return storageFailure(stored.code, pages);
      if (stored.kind === "moved") {
        return pages.refusal(uploadRefusals["no-folder"], "it has moved");
      }
    }
    return pages.refusal(uploadRefusals["name-taken"], `replaced ${triesMax} times meanwhile`);
  }

  #answer(request: Request, octets: number, mode: number, replaced: Present | undefined): Response {
    const { name } = this;
    const did = replaced === undefined ? "stored" : "replaced";
    const note = { reason: `${did} ${displayName(name)}, ${octets} bytes` };
    const file = this.folder.open(name, request.receivedMs);
    file?.close();
    // The octets are stored as they were sent, so their tag may be told (RFC 9110 §9.3.4). That of
    // a large file isn't known yet: it is the version on the disk, and may still change unseen.
    const tag = file?.content === undefined ? undefined : formatEntityTag(entityTagOf(file));
    if (replaced === undefined) {
      const files = [{ name, sentAs: name, octets, isReadable: this.#site.isReadable(mode) }];
      const response = storedResponse(request, files, "./", note);
      return tag === undefined
        ? response
        : { ...response, fields: [...response.fields, ["ETag", tag]] };
    }
    const builder = new ResponseBuilder(204).noting(note);
    return (tag === undefined ? builder : builder.field("ETag", tag)).build();
  }
}
