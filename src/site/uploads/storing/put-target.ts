/**
 * The file that a PUT or a DELETE is about: what has its name, and whether the conditions of the
 * request are true of that; storing it.
 */

import type { Eventual } from "../../../base/eventual.ts";
import { whenReady } from "../../../base/eventual.ts";
import type { Fields } from "../../../http/fields/fields.ts";
import { hasCondition, weigh } from "../../../http/fields/conditional.ts";
import type { Validators } from "../../../http/fields/conditional.ts";
import { formatEntityTag } from "../../../http/fields/entity-tag.ts";
import type { Response } from "../../../http/message/response.ts";
import { ResponseBuilder } from "../../../http/message/response-builder.ts";
import { displayName } from "../../../tree/path.ts";
import type {
  Occupant,
  PresentFile,
  Upload,
  UploadFolder,
} from "../../../tree/writing/upload-tree.ts";
import { entityTagOf } from "../../content/file-representation.ts";
import { unmatchableTag } from "../../content/selected-response.ts";
import type { Request } from "../../request.ts";
import { byteCount, storedResponse } from "../upload-page.ts";
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
  look(): Eventual<Present | Response> {
    const { pages } = this.#site.parts;
    const looked = this.folder.look(this.name);
    return whenReady(this.#site.meaningOf(this.folder, this.name), (meaning) =>
      meaning === undefined
        ? whenReady(looked, (occupant) => this.#weigh(occupant))
        : pages.refusal(uploadRefusals["upload-name"], `it is ${meaning}`),
    );
  }

  #weigh(occupant: Occupant): Eventual<Present | Response> {
    const { pages } = this.#site.parts;
    if (occupant.kind === "failed") return storageFailure(occupant.fault, pages);
    if (occupant.kind === "other") {
      const what = `${displayName(this.name)} is a folder, a link or a special file`;
      return pages.refusal(uploadRefusals["no-file"], what);
    }
    if (!this.isConditional) return occupant;
    const nowSeconds = Math.floor(this.#receivedMs / 1000);
    return whenReady(this.#validators(occupant), (validators) => {
      const verdict = weigh("PUT", this.#conditions, validators, nowSeconds);
      return verdict.kind === "failed" ? pages.preconditionFailed(verdict.reason) : occupant;
    });
  }

  /** Whether the request has conditions. */
  get isConditional(): boolean {
    return hasCondition(this.#conditions);
  }

  /** The validators of the file, if there is one. */
  #validators(occupant: Present): Eventual<Validators> {
    if (occupant.kind === "absent") return {};
    return whenReady(this.folder.open(this.name, this.#receivedMs, occupant), (file) => {
      // A file that the process can't read is there, which is all that "*" asks.
      if (file === undefined) return { entityTag: unmatchableTag };
      file.close();
      const entityTag = entityTagOf(file);
      return file.mtimeMs === undefined
        ? { entityTag }
        : { entityTag, lastModifiedSeconds: Math.floor(file.mtimeMs / 1000) };
    });
  }

  /**
   * Gives `upload`, all of which has come, the name, if the conditions are still true; the answer
   * to `request`.
   */
  async store(upload: Upload, request: Request): Promise<Response> {
    const { pages, mode, admissions } = this.#site.parts;
    let found = await this.look();
    if ("status" in found) return found;
    const bits = found.kind === "file" ? found.permissionBits : mode;
    const unfinished = await upload.finish(bits);
    if (unfinished !== undefined) return storageFailure(unfinished, pages);
    // What was found is what is replaced, or the name is "taken": so the conditions are still true.
    for (let tries = 0; tries < triesMax; tries++) {
      const replaced = found.kind === "file" ? found : undefined;
      const stored = await upload.commit(this.name, replaced);
      if (stored.kind === "stored") {
        admissions.stored();
        return this.#answer(request, upload.octets, bits, replaced);
      }
      if (stored.kind === "failed") return storageFailure(stored.fault, pages);
      if (stored.kind === "moved") {
        return pages.refusal(uploadRefusals["no-folder"], "it has moved");
      }
      found = await this.look();
      if ("status" in found) return found;
    }
    return pages.refusal(uploadRefusals["name-taken"], `replaced ${triesMax} times meanwhile`);
  }

  async #answer(
    request: Request,
    octets: number,
    mode: number,
    replaced: PresentFile | undefined,
  ): Promise<Response> {
    const { name } = this;
    const did = replaced === undefined ? "stored" : "replaced";
    const note = { reason: `${did} ${displayName(name)}, ${byteCount(octets)}` };
    const file = await this.folder.open(name, request.receivedMs);
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
