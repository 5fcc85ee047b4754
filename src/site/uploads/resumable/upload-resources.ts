/**
 * Resumable uploads (draft-ietf-httpbis-resumable-upload-12): beginning one, and appending to it.
 *
 * A request that begins one names in `Upload-Complete` whether its content is all of the file. If
 * it is, and the client can't be told where the upload is before its content has come, by a 104,
 * then the client could never resume it: the request is answered as one without the field, and
 * leaves nothing when it breaks off.
 *
 * An error of the disk ends an upload: nothing of it is left behind. Absent on purpose: digests
 * (§10), and a minimum of what is appended.
 */

import { whenReady } from "../../../base/eventual.ts";
import type { Result } from "../../../base/result.ts";
import type { Limits } from "../../../base/limits.ts";
import type { Refusal } from "../../../http/message/error.ts";
import { refusals } from "../../../http/message/error.ts";
import type { Response, ResponseField } from "../../../http/message/response.ts";
import { ResponseBuilder } from "../../../http/message/response-builder.ts";
import type {
  ResumableUpload,
  UploadFolder,
  WritingFault,
} from "../../../tree/writing/upload-tree.ts";
import type { UnfinishedUploads } from "../../../tree/writing/unfinished-uploads.ts";
import type { UploadIntent } from "../../../tree/writing/upload-record.ts";
import type { Request } from "../../request.ts";
import { BodyError } from "../../request.ts";
import type { Admission } from "../admissions.ts";
import { destiningOf, storeSent, storeWhole } from "../storing/sent-file.ts";
import { wayTo } from "../storing/numbered-file.ts";
import { byteCount } from "../upload-page.ts";
import { storageFailure } from "../upload-refusals.ts";
import type { UploadSite } from "../upload-site.ts";
import { completedKey, CompletedUploads } from "./completed-uploads.ts";
import type { UploadFields } from "./upload-fields.ts";
import {
  interopVersion,
  knowsInterim,
  newUploadId,
  queryOf,
  readUploadFields,
} from "./upload-fields.ts";
import { uploadLimitLine } from "./upload-limits.ts";
import { inconsistentLength } from "./upload-problems.ts";
import type { UploadTurn } from "./upload-turns.ts";
import { UploadTurns } from "./upload-turns.ts";

/** `response` with `lines` behind its own, of which those of the same names are dropped. */
export function withLines(response: Response, ...lines: readonly ResponseField[]): Response {
  const names = lines.map(([name]) => name);
  const others = response.fields.filter(([name]) => !names.includes(name));
  return { ...response, fields: [...others, ...lines] };
}

/** That the answer is about the file (`?1`), or about the upload, which goes on (`?0`). */
export const isOver: ResponseField = ["Upload-Complete", "?1"];
export const goesOn: ResponseField = ["Upload-Complete", "?0"];

const version: ResponseField = ["Upload-Draft-Interop-Version", String(interopVersion)];

/** The length that a request says the file has, whose content begins at `offset`. */
type Told =
  | { readonly kind: "told"; readonly length: number | undefined }
  | { readonly kind: "inconsistent" };

/** What `request`, with its fields, says of the length of a file that may be `known` (§4.1.3). */
function lengthOf(
  { head }: Request,
  { isComplete, length: told }: UploadFields,
  offset: number,
  known: number | undefined,
): Told {
  const content = head.hasContent ? head.contentLength : 0;
  const sum = isComplete === true && content !== undefined ? offset + content : undefined;
  const lengths = [known, told, sum].filter((length) => length !== undefined);
  const [length] = lengths;
  if (lengths.some((other) => other !== length)) return { kind: "inconsistent" };
  // Content that ends beyond the length is refused before it is read.
  const isBeyond = length !== undefined && content !== undefined && offset + content > length;
  return isBeyond ? { kind: "inconsistent" } : { kind: "told", length };
}

/** One client address may have so large a share of the uploads that wait for their rest. */
const addressShare = 1 / 8;

/** The bound that keeps a client at `address` from beginning one more upload. */
function reachedBound(
  unfinished: UnfinishedUploads,
  address: string,
  { uploadsUnfinishedMax }: Limits,
): Refusal["limit"] {
  const ofAddress = Math.ceil(uploadsUnfinishedMax * addressShare);
  const isFull = unfinished.total >= uploadsUnfinishedMax;
  if (!isFull && unfinished.of(address) < ofAddress) return undefined;
  const maximum = isFull ? uploadsUnfinishedMax : ofAddress;
  return { name: "uploadsUnfinishedMax", maximum, actual: maximum + 1 };
}

/** How much of an upload there is, of `length` octets if that is known. */
export function describeKept({ upload }: ResumableUpload, length: number | undefined): string {
  if (length === undefined) return byteCount(upload.octets);
  return `${upload.octets} of ${byteCount(length)}`;
}

/** The answer to a request after which the upload goes on; `reason` is for the log. */
export function keptResponse(
  status: 201 | 204,
  { upload }: ResumableUpload,
  reason: string,
  ...lines: readonly ResponseField[]
): Response {
  const builder = new ResponseBuilder(status)
    .noting({ reason })
    .field("Cache-Control", "no-store")
    .line(goesOn)
    .field("Upload-Offset", String(upload.octets));
  for (const line of lines) builder.line(line);
  return builder.build();
}

/** A request that begins an upload. */
interface Creation {
  readonly request: Request;
  readonly folder: UploadFolder;
  readonly intent: UploadIntent;
  readonly admission: Admission;
  readonly fields: UploadFields;
}

/** A resumable upload, open, and the request that has it. */
interface Appending {
  readonly request: Request;
  readonly folder: UploadFolder;
  readonly id: string;
  readonly resumable: ResumableUpload;
  readonly turn: UploadTurn;
  readonly admission: Admission;
  readonly fields: UploadFields;
  /** Whether the client knows where the upload is, and so can go on with it. */
  readonly isKnown: boolean;
}

/** How often it is tried to get an upload that another process has, and how long between. */
const openTriesMax = 30;
const openAgainMs = 100;

/** How often a request that receives looks whether another process has asked for its upload. */
const claimLookMs = 1000;

/** The resumable uploads of a site. */
export class UploadResources {
  readonly turns = new UploadTurns();
  readonly completed = new CompletedUploads();
  readonly #site: UploadSite;

  constructor(site: UploadSite) {
    this.#site = site;
  }

  /** Begins an upload for `request`, whose Upload-Complete is well-formed. */
  async begin(request: Request, folder: UploadFolder, intent: UploadIntent): Promise<Response> {
    const { pages, limits, uploads } = this.#site.parts;
    const fields = readUploadFields(request.head.fields);
    const told = lengthOf(request, fields, 0, undefined);
    if (told.kind === "inconsistent") return inconsistentLength("the lengths differ");
    const { length } = told;
    if ((length ?? 0) > limits.uploadBytesMax) return this.tooLarge();
    const tells =
      request.head.acceptsInterim &&
      request.connection?.inform !== undefined &&
      knowsInterim(request.head.fields);
    const limit = reachedBound(uploads.unfinished, intent.address, limits);
    if (fields.isComplete === true && (limit !== undefined || !tells)) {
      const destination = { site: this.#site, folder, intent };
      return withLines(await storeWhole(destination, request, length), isOver);
    }
    if (limit !== undefined) {
      const refusal = pages.refusal({ ...refusals.overloaded, limit });
      return withLines(refusal, goesOn, ["Retry-After", "60"]);
    }
    const admission = this.#site.admit(request);
    if ("status" in admission) return admission;
    try {
      const creation = { request, folder, intent, admission, fields: { ...fields, length } };
      return await this.#create(creation, tells);
    } finally {
      admission.end();
    }
  }

  async #create(
    { request, folder, intent, admission, fields }: Creation,
    tells: boolean,
  ): Promise<Response> {
    const { pages, limits } = this.#site.parts;
    const { length } = fields;
    const id = newUploadId();
    const begun = await folder.beginResumable(
      id,
      intent,
      length,
      destiningOf({ site: this.#site, folder, intent }),
    );
    if (!begun.ok) return storageFailure(begun.error, pages);
    const resumable = begun.value;
    const turn = await this.turns.take(turnKey(id, intent.user));
    try {
      const lack = await resumable.upload.lacks(length ?? 0);
      if (lack !== undefined) return await this.fail(resumable, lack);
      const way = intent.method === "PUT" ? "./" : wayTo(folder.path);
      const location: ResponseField = ["Location", way + queryOf(id)];
      const limit = uploadLimitLine(limits);
      if (tells) request.connection?.inform?.(request, 104, [location, limit, version]);
      const isKnown = tells;
      const appending = { request, folder, id, resumable, turn, admission, fields, isKnown };
      const answer = await this.append(appending, length);
      if (answer !== "kept") return answer;
      const whole = length === undefined ? "" : ` of ${byteCount(length)}`;
      return keptResponse(201, resumable, `begins an upload${whole}`, limit, location);
    } finally {
      // Without this a file that some error leaves open would end the process when it is collected.
      await resumable.close();
      turn.end();
    }
  }

  /**
   * Appends the content of a request to an upload whose file has `length` octets, if that is known,
   * and closes it. The answer; or "kept" when the upload goes on. Rejects with a `BodyError` when
   * the content breaks off; what has come is kept for a client that knows where.
   */
  async append(appending: Appending, length: number | undefined): Promise<Response | "kept"> {
    const { request, resumable, fields, isKnown } = appending;
    // The refusal is made when the content breaks off, before what has come is on the disk.
    if (isKnown) request.explainBreak = () => `keeps ${describeKept(resumable, length)}`;
    try {
      const code = await this.#receive(appending, length);
      request.explainBreak = undefined;
      if (code !== undefined) return await this.fail(resumable, code);
    } catch (error) {
      return await this.#breakOff(appending, length, error);
    }
    const { octets } = resumable.upload;
    const isShort = fields.isComplete === true && length !== undefined && octets < length;
    if (fields.isComplete === true && !isShort) return this.#finish(appending);
    const code = await resumable.settle(length);
    if (code !== undefined) return this.fail(resumable, code);
    await resumable.close();
    if (!isShort) return "kept";
    return inconsistentLength(`${octets} bytes have come of ${length}`);
  }

  /** Writes what comes; the name of the system's error, if there is one. */
  async #receive(
    { request, resumable, turn, admission }: Appending,
    length: number | undefined,
  ): Promise<WritingFault | undefined> {
    if (!request.head.hasContent) return undefined;
    const { upload } = resumable;
    const { limits, budgets } = this.#site.parts;
    const most = (length ?? limits.uploadBytesMax) - upload.octets;
    admission.receives({ name: resumable.record.name, octets: () => upload.octets, length });
    const pieces = admission.chunks(request.body, most);
    const tells = knowsInterim(request.head.fields);
    let told = upload.syncedOctets;
    const alarm = budgets.scheduler.alarm();
    let isReceiving = true;
    const look = (): void => {
      void whenReady(resumable.isClaimed(), (isClaimed) => {
        if (isClaimed) turn.interrupt();
        else if (isReceiving) alarm.set(claimLookMs, look);
      });
    };
    alarm.set(claimLookMs, look);
    try {
      for (;;) {
        const next = await turn.next(pieces);
        if (next.done === true) return undefined;
        const code = await upload.write(next.value);
        if (code !== undefined) return code;
        if (!tells || upload.syncedOctets === told) continue;
        told = upload.syncedOctets;
        // Without Location: §4.4.2 forbids it here, and the one of the creation was sent.
        request.connection?.inform?.(request, 104, [["Upload-Offset", String(told)], version]);
      }
    } finally {
      isReceiving = false;
      alarm.clear();
    }
  }

  /**
   * Opens the upload `id` in `folder`, when another process has let go of it; ENOENT when there is
   * none, EBUSY when the other one doesn't let go.
   */
  async open(
    folder: UploadFolder,
    id: string,
    nowMs: number,
  ): Promise<Result<ResumableUpload, WritingFault>> {
    const { scheduler } = this.#site.parts.budgets;
    for (let tries = 1; ; tries++) {
      const opened = await folder.openResumable(id, (intent) =>
        destiningOf({ site: this.#site, folder, intent }),
      );
      if (opened.ok || opened.error !== "EBUSY" || tries === openTriesMax) return opened;
      if (tries === 1) await folder.claimResumable(id, nowMs);
      await new Promise<void>((resolve) => scheduler.alarm().set(openAgainMs, resolve));
    }
  }

  /** The content has ended with `error` before it was whole. */
  async #breakOff(
    { request, resumable, isKnown }: Appending,
    length: number | undefined,
    error: unknown,
  ): Promise<Response> {
    if (error instanceof BodyError && error.kind === "body-too-large") {
      // More has come than the file has: it isn't the file that was announced (§4.4.2).
      await resumable.discard();
      if (length === undefined) return this.tooLarge();
      return inconsistentLength(`more than ${length} bytes have come`, true);
    }
    const isKept = isKnown && (await resumable.settle(length)) === undefined;
    if (isKept) await resumable.close();
    else await resumable.discard();
    if (!isKept) request.explainBreak = undefined;
    throw error;
  }

  /** All of the file has come: it gets its name. */
  async #finish({ request, folder, id, resumable }: Appending): Promise<Response> {
    const intent = resumable.record;
    const destination = { site: this.#site, folder, intent };
    try {
      const stored = await storeSent(destination, resumable.upload, request);
      const answer = withLines(stored, isOver);
      const { octets } = resumable.upload;
      const key = completedKey(folder, id, intent.user);
      if (answer.status < 300) this.completed.keep(key, { answer, octets });
      return answer;
    } finally {
      await resumable.discard();
    }
  }

  /** Ends an upload that could not be written. */
  async fail(resumable: ResumableUpload, fault: WritingFault): Promise<Response> {
    await resumable.discard();
    return withLines(storageFailure(fault, this.#site.parts.pages), isOver);
  }

  /** The refusal of a file that is larger than any may be. */
  tooLarge(): Response {
    const { pages, limits } = this.#site.parts;
    return withLines(pages.refusal(refusals["body-too-large"]), uploadLimitLine(limits));
  }

  /** What `request` says of the length of the upload that it appends to. */
  lengthOf(request: Request, fields: UploadFields, resumable: ResumableUpload): Told {
    return lengthOf(request, fields, resumable.upload.octets, resumable.record.length);
  }
}

/** What a turn is taken for: another user's request with the ID doesn't end one. */
export function turnKey(id: string, user: string | undefined): string {
  return `${id} ${user ?? ""}`;
}
