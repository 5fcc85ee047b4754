/**
 * The upload resource (draft-ietf-httpbis-resumable-upload-12 §4): `?upload=ID` of the folder that
 * the file goes to, so that what holds for the folder holds for it: users, mounts, the base. HEAD
 * and GET tell the offset, PATCH appends, DELETE cancels. It answers the user alone who began the
 * upload.
 */

import { weigh } from "../../../http/fields/conditional.ts";
import { parseMediaType } from "../../../http/fields/media-type.ts";
import { refusals } from "../../../http/message/error.ts";
import type { Response } from "../../../http/message/response.ts";
import { ResponseBuilder } from "../../../http/message/response-builder.ts";
import type {
  ResumableUpload,
  UploadFolder,
  WritingFault,
} from "../../../tree/writing/upload-tree.ts";
import { unmatchableTag } from "../../content/selected-response.ts";
import type { Answer, Endpoint } from "../../endpoint.ts";
import type { Request } from "../../request.ts";
import { storageFailure, uploadRefusals } from "../upload-refusals.ts";
import type { UploadSite } from "../upload-site.ts";
import type { CompletedUpload } from "./completed-uploads.ts";
import { completedKey } from "./completed-uploads.ts";
import { askedUpload, isUncoded, readUploadFields } from "./upload-fields.ts";
import { uploadLimitLine } from "./upload-limits.ts";
import { inconsistentLength, mismatchingOffset } from "./upload-problems.ts";
import type { UploadResources } from "./upload-resources.ts";
import {
  describeKept,
  goesOn,
  isOver,
  keptResponse,
  turnKey,
  withLines,
} from "./upload-resources.ts";
import type { UploadTurn } from "./upload-turns.ts";

const methods = ["HEAD", "GET", "PATCH", "DELETE"] as const;
type Method = (typeof methods)[number];

/** The media type of what is appended (§6). */
const partialType = "application/partial-upload";

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

  explainAbsence({ head }: Request): string | undefined {
    return head.method === "PATCH" ? this.#site.explainNoPlace(head) : undefined;
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
    if (id === "" || !path.trailingSlash) {
      const reason = "an upload is at a folder's path, with a slash at its end, and ?upload=ID";
      return pages.refusal(uploadRefusals["no-upload"], reason);
    }
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
    const key = completedKey(folder, id, request.user);
    const completed = this.#resources.completed.find(key);
    if (completed !== undefined) return this.#again(request, method, key, completed);
    const opened = await this.#resources.open(folder, id, request.receivedMs);
    if (!opened.ok) return this.#notOpened(opened.error);
    const resumable = opened.value;
    try {
      if (resumable.record.user !== request.user) return this.#notOpened("ENOENT");
      if (this.#restMs(resumable, request) < 0) {
        await resumable.discard();
        return this.#notOpened("ENOENT");
      }
      // It has no entity tag that a condition could be about, and no cache has it: there is no 304.
      const { fields } = request.head;
      const nowSeconds = Math.floor(request.receivedMs / 1000);
      const verdict = weigh("PATCH", fields, { entityTag: unmatchableTag }, nowSeconds);
      if (verdict.kind === "failed") return pages.preconditionFailed(verdict.reason, { request });
      if (method === "PATCH") return await this.#patch(request, folder, id, resumable, turn);
      if (method !== "DELETE") return await this.#tell(resumable, request);
      await resumable.discard();
      return new ResponseBuilder(204).noting({ reason: "an upload is cancelled" }).build();
    } finally {
      await resumable.close();
    }
  }

  /** The answer about an upload that is over. */
  async #again(
    { head, body }: Request,
    method: Method,
    key: string,
    { answer, octets }: CompletedUpload,
  ): Promise<Response> {
    if (method === "DELETE") {
      this.#resources.completed.forget(key);
      return new ResponseBuilder(204).build();
    }
    if (method !== "PATCH") {
      return new ResponseBuilder(204)
        .field("Cache-Control", "no-store")
        .line(isOver)
        .field("Upload-Offset", String(octets))
        .field("Upload-Length", String(octets))
        .line(uploadLimitLine(this.#site.parts.limits))
        .build();
    }
    const { isComplete, offset = 0 } = readUploadFields(head.fields);
    if (offset !== octets) return mismatchingOffset(octets, offset);
    const piece = head.hasContent ? await body.read() : undefined;
    const hasMore = piece !== undefined && piece.length > 0;
    if (hasMore || isComplete !== true) return inconsistentLength("the upload is complete");
    return { ...answer, note: { reason: "answered again: the upload is complete" } };
  }

  #notOpened(code: WritingFault): Response {
    const { pages } = this.#site.parts;
    if (code === "ENOENT") {
      // One text for all, so that the page doesn't tell that another user has such an upload.
      const reason = "none has this ID here, or it is another user's, or nothing came for too long";
      return pages.refusal(uploadRefusals["no-upload"], reason);
    }
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
    const { limits } = this.#site.parts;
    const code = await resumable.settle();
    if (code !== undefined) return this.#resources.fail(resumable, code);
    const { length } = resumable.record;
    const limit = uploadLimitLine(limits, this.#restMs(resumable, request));
    const reason = `the upload has ${describeKept(resumable, length)}`;
    return length === undefined
      ? keptResponse(204, resumable, reason, limit)
      : keptResponse(204, resumable, reason, ["Upload-Length", String(length)], limit);
  }

  async #patch(
    request: Request,
    folder: UploadFolder,
    id: string,
    resumable: ResumableUpload,
    turn: UploadTurn,
  ): Promise<Response> {
    const { limits } = this.#site.parts;
    const fields = readUploadFields(request.head.fields);
    const { octets } = resumable.upload;
    if (fields.offset !== octets) {
      // The offset is told, so it must be on the disk.
      const code = await resumable.settle();
      if (code !== undefined) return this.#resources.fail(resumable, code);
      return mismatchingOffset(octets, fields.offset ?? 0);
    }
    const told = this.#resources.lengthOf(request, fields, resumable);
    if (told.kind === "inconsistent") return inconsistentLength("the lengths differ");
    const least = told.length ?? octets + (request.head.contentLength ?? 0);
    if (least > limits.uploadBytesMax) return this.#resources.tooLarge();
    const admission = this.#site.admit(request);
    if ("status" in admission) return admission;
    try {
      const appending = { request, folder, id, resumable, turn, admission, fields, isKnown: true };
      const answer = await this.#resources.append(appending, told.length);
      if (answer !== "kept") return answer;
      const reason = `the upload has ${describeKept(resumable, told.length)}`;
      return keptResponse(204, resumable, reason, uploadLimitLine(limits));
    } finally {
      admission.end();
    }
  }
}
