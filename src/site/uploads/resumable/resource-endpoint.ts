/**
 * The upload resource (draft-ietf-httpbis-resumable-upload-12 §4): `?upload=ID` of the folder that
 * the file goes to, so that what holds for the folder holds for it, its users, its mounts, its base.
 * HEAD and GET tell the offset, PATCH appends, DELETE cancels. It answers the user alone who began
 * the upload.
 */

import { parseMediaType } from "../../../http/fields/media-type.ts";
import { refusals } from "../../../http/message/error.ts";
import type { Response, ResponseField } from "../../../http/message/response.ts";
import { ResponseBuilder } from "../../../http/message/response-builder.ts";
import type { UploadFolder } from "../../../tree/writing/upload-folder.ts";
import type { ResumableUpload } from "../../../tree/writing/resumable-upload.ts";
import { unmatchableTag, weighRequest } from "../../content/selected-response.ts";
import type { Answer, Endpoint } from "../../endpoint.ts";
import type { Request } from "../../request.ts";
import { storageFailure, uploadRefusals } from "../upload-refusals.ts";
import type { UploadSite } from "../upload-site.ts";
import { askedUpload, isUncoded, readUploadFields } from "./upload-fields.ts";
import { uploadLimitLine } from "./upload-limits.ts";
import { inconsistentLength, mismatchingOffset } from "./upload-problems.ts";
import type { UploadResources } from "./upload-resources.ts";
import { turnKey, withLines } from "./upload-resources.ts";
import type { UploadTurn } from "./upload-turns.ts";

const methods = ["HEAD", "GET", "PATCH", "DELETE"] as const;
type Method = (typeof methods)[number];

/** The media type of what is appended (§6). */
const partialType = "application/partial-upload";

const goesOn: ResponseField = ["Upload-Complete", "?0"];

/** Answers requests to upload resources. */
export class ResourceEndpoint implements Endpoint {
  readonly isRepeatable = false;
  readonly #site: UploadSite;
  readonly #resources: UploadResources;

  constructor(site: UploadSite, resources: UploadResources) {
    this.#site = site;
    this.#resources = resources;
  }

  methods({ head }: Request): readonly string[] {
    if (askedUpload(head.target) === undefined) return [];
    return this.#site.place(head) === undefined ? [] : methods;
  }

  /** Rejects with a `BodyError` when the body can't be read; what has come of it is kept. */
  answer(request: Request): Answer | undefined {
    const { head } = request;
    const id = askedUpload(head.target);
    if (id === undefined) return undefined;
    const method = methods.find((known) => known === head.method);
    const path = method === undefined ? undefined : this.#site.place(head);
    if (method === undefined || path === undefined) return undefined;
    const { pages } = this.#site.parts;
    if (id === "" || !path.trailingSlash) return pages.refusal(uploadRefusals["no-upload"]);
    if (method === "PATCH") {
      const refused = this.#refusePatch(request);
      if (refused !== undefined) return refused;
    }
    return this.#take(request, id, (turn) =>
      this.#site.within(request, path, (folder) => this.#act(request, method, folder, id, turn)),
    );
  }

  async #take(
    { user }: Request,
    id: string,
    run: (turn: UploadTurn) => Promise<Response>,
  ): Promise<Response> {
    const turn = await this.#resources.turns.take(turnKey(id, user));
    try {
      return await run(turn);
    } finally {
      turn.end();
    }
  }

  /** Why a PATCH can be of no upload, whatever its state. */
  #refusePatch(request: Request): Response | undefined {
    const { pages } = this.#site.parts;
    const { fields, hasContent } = request.head;
    const type = parseMediaType(fields.get("content-type") ?? "");
    if ((hasContent || fields.has("content-type")) && type?.essence !== partialType) {
      const refusal = pages.refusal(refusals["media-type"], `it isn't ${partialType}`);
      // RFC 5789 §2.2.
      return withLines(refusal, goesOn, ["Accept-Patch", partialType]);
    }
    if (!isUncoded(fields)) return pages.refusal(uploadRefusals["content-coding"]);
    const { isComplete, offset } = readUploadFields(fields);
    if (isComplete === undefined || offset === undefined) {
      return withLines(pages.refusal(uploadRefusals["upload-fields"]), goesOn);
    }
    return undefined;
  }

  async #act(
    request: Request,
    method: Method,
    folder: UploadFolder,
    id: string,
    turn: UploadTurn,
  ): Promise<Response> {
    const { pages } = this.#site.parts;
    const opened = await folder.openResumable(id);
    if (!opened.ok) return this.#notOpened(opened.error);
    const resumable = opened.value;
    try {
      if (resumable.record.user !== request.user) return this.#notOpened("ENOENT");
      if (this.#restMs(resumable, request) < 0) {
        await resumable.discard();
        return this.#notOpened("ENOENT");
      }
      // It has no entity tag that a condition could be about.
      const { kind } = weighRequest(request, { entityTag: unmatchableTag });
      if (kind !== "proceed") return pages.preconditionFailed();
      if (method === "PATCH") return await this.#patch(request, folder, resumable, turn);
      if (method !== "DELETE") return await this.#tell(resumable, request);
      await resumable.discard();
      return new ResponseBuilder(204).noting({ reason: "an upload is cancelled" }).build();
    } finally {
      await resumable.close();
    }
  }

  #notOpened(code: string): Response {
    const { pages } = this.#site.parts;
    if (code === "ENOENT") return pages.refusal(uploadRefusals["no-upload"]);
    if (code !== "EBUSY") return storageFailure(code, pages);
    const refusal = pages.refusal(refusals.overloaded, "another process has the upload");
    return withLines(refusal, ["Retry-After", "1"]);
  }

  /** How long the upload may stay as it is. */
  #restMs({ modifiedMs = 0 }: ResumableUpload, { receivedMs }: Request): number {
    const { uploadUnfinishedTimeMs } = this.#site.parts.limits;
    return modifiedMs + uploadUnfinishedTimeMs - receivedMs;
  }

  /** How far it has come (§4.3.2). */
  async #tell(resumable: ResumableUpload, request: Request): Promise<Response> {
    const { pages, limits } = this.#site.parts;
    const code = await resumable.settle();
    if (code !== undefined) {
      await resumable.discard();
      return storageFailure(code, pages);
    }
    const { length } = resumable.record;
    const builder = new ResponseBuilder(204)
      .field("Cache-Control", "no-store")
      .line(goesOn)
      .field("Upload-Offset", String(resumable.upload.octets));
    if (length !== undefined) builder.field("Upload-Length", String(length));
    return builder.line(uploadLimitLine(limits, this.#restMs(resumable, request))).build();
  }

  async #patch(
    request: Request,
    folder: UploadFolder,
    resumable: ResumableUpload,
    turn: UploadTurn,
  ): Promise<Response> {
    const { pages, limits } = this.#site.parts;
    const fields = readUploadFields(request.head.fields);
    const { octets } = resumable.upload;
    if (fields.offset !== octets) {
      // The offset is told, so it must be on the disk.
      const code = await resumable.settle();
      if (code !== undefined) return storageFailure(code, pages);
      return mismatchingOffset(octets, fields.offset ?? 0);
    }
    const told = this.#resources.lengthOf(request, fields, resumable);
    if (told.kind === "inconsistent") return inconsistentLength("the lengths differ");
    if ((told.length ?? 0) > limits.uploadBytesMax) return this.#resources.tooLarge();
    const admission = this.#site.admit(request);
    if ("status" in admission) return admission;
    try {
      const appending = { request, folder, resumable, turn, admission, fields };
      const answer = await this.#resources.append(appending, told.length);
      if (answer !== "kept") return answer;
    } finally {
      admission.end();
    }
    return new ResponseBuilder(204)
      .field("Cache-Control", "no-store")
      .line(goesOn)
      .field("Upload-Offset", String(resumable.upload.octets))
      .line(uploadLimitLine(limits))
      .build();
  }
}
