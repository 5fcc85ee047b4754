/**
 * POST of a form with files (RFC 7578), stored in the folder that it is sent to. Nothing is ever
 * replaced: a file whose name is taken, or means something to the site, gets a number, and the
 * answer says which name it has. The files get their names when all of the form is on the disk, so
 * a form that breaks off leaves nothing.
 *
 * Conditions are ignored: they would be about the folder, which a POST doesn't replace (RFC 9110
 * §13.2.1).
 */

import type { Eventual } from "../../base/eventual.ts";
import { whenReady } from "../../base/eventual.ts";
import { parseMediaType } from "../../http/fields/media-type.ts";
import type { Refusal } from "../../http/message/error.ts";
import { refusals } from "../../http/message/error.ts";
import type { Response } from "../../http/message/response.ts";
import { ResponseBuilder } from "../../http/message/response-builder.ts";
import { sentFilename } from "../../http/structured/sent-filename.ts";
import type { ContainedPath } from "../../tree/path.ts";
import { displayName } from "../../tree/path.ts";
import type { UploadIntent } from "../../tree/writing/upload-record.ts";
import type { Upload, UploadFolder, WritingFault } from "../../tree/writing/upload-tree.ts";
import { noSniff, ownOriginOnly } from "../content/cache-control.ts";
import type { Answer, Endpoint } from "../endpoint.ts";
import { inShares } from "../forms/form-shares.ts";
import type { Request } from "../request.ts";
import type { Admission, ReachedBound } from "./admissions.ts";
import { asksToBegin, isToBeContinued, isUncoded } from "./resumable/upload-fields.ts";
import type { UploadResources } from "./resumable/upload-resources.ts";
import { storeNumbered, wayTo } from "./storing/numbered-file.ts";
import { destiningOf, intentOf } from "./storing/sent-file.ts";
import type { StoredFile } from "./upload-page.ts";
import { byteCount, storedResponse, uploadFormPage } from "./upload-page.ts";
import type { FileStep } from "./upload-reader.ts";
import { UploadReader } from "./upload-reader.ts";
import { storageFailure, uploadRefusals } from "./upload-refusals.ts";
import type { UploadSite } from "./upload-site.ts";

/** A file of the form that is on the disk, or on its way there. */
interface SentFile {
  readonly sentAs: string;
  readonly upload: Upload;
}

/** A form that is being received. */
interface SentForm {
  readonly folder: UploadFolder;
  /** Its files so far, in their order. */
  readonly files: SentFile[];
  readonly admission: Admission;
  /** What its request asks for, with the name of none of its files. */
  readonly intent: UploadIntent;
}

/** Why a form isn't stored: it could not be written, or the bound that is reached. */
type FormFault = WritingFault | ReachedBound;

/** The boundary of a form with files; undefined for another type of content. */
function boundaryOf({ head: { fields } }: Request): string | undefined {
  const type = parseMediaType(fields.get("content-type") ?? "");
  if (type?.essence !== "multipart/form-data") return undefined;
  return type.parameters.get("boundary") ?? "";
}

/** 415 for content of which it isn't known whether it is a form or a file. */
const untaken: Refusal = {
  ...refusals["media-type"],
  text: "Taken are a form, multipart/form-data, or any one file with Upload-Complete: ?1.",
};

/** Answers POST in the folder of uploads, and `?upload` with a form for it. */
export class UploadEndpoint implements Endpoint {
  readonly isRepeatable = false;
  readonly #site: UploadSite;
  readonly #resources: UploadResources;

  constructor(site: UploadSite, resources: UploadResources) {
    this.#site = site;
    this.#resources = resources;
  }

  methods({ head }: Request): readonly string[] {
    return this.#site.place(head) === undefined ? [] : ["POST"];
  }

  explainAbsence({ head }: Request): string | undefined {
    return head.method === "POST" ? this.#site.explainNoPlace(head) : undefined;
  }

  /** Rejects with a `BodyError` when the body can't be read or parsed; nothing is stored then. */
  answer(request: Request): Eventual<Response | undefined> {
    const { method, target, fields, hasContent } = request.head;
    if (method !== "POST") {
      const asksForForm = "query" in target && target.query === "upload";
      return asksForForm && (method === "GET" || method === "HEAD")
        ? this.#answerForm(request)
        : undefined;
    }
    const path = this.#site.place(request.head);
    if (path === undefined) return undefined;
    const { pages } = this.#site.parts;
    if (!hasContent && !asksToBegin(fields)) return pages.refusal(refusals["length-required"]);
    const boundary = boundaryOf(request);
    if (boundary === undefined) return this.#takeFile(request, path);
    if (isToBeContinued(fields)) {
      return pages.refusal(refusals["media-type"], "a form isn't resumed; send the file itself");
    }
    return this.#site.within(request, path, (folder) => this.#post(request, folder, boundary));
  }

  /** Stores the content as one file, where the request says whether it is all of it. */
  #takeFile(request: Request, path: ContainedPath): Answer {
    const { pages } = this.#site.parts;
    const { fields } = request.head;
    if (!asksToBegin(fields))
      return pages.refusal(untaken, "it is no multipart/form-data, and has no Upload-Complete");
    if (!isUncoded(fields)) return pages.refusal(uploadRefusals["content-coding"]);
    const intent = intentOf(request, "POST", sentFilename(fields) ?? "");
    return this.#site.within(request, path, (folder) =>
      this.#resources.begin(request, folder, intent),
    );
  }

  /** The page with the form, for a folder that takes uploads. */
  #answerForm({ head }: Request): Eventual<Response | undefined> {
    const path = this.#site.place(head);
    if (path?.trailingSlash !== true) return undefined;
    return whenReady(this.#site.parts.uploads.open(path), (opened) => {
      if (!opened.ok) return undefined;
      opened.value.close();
      return new ResponseBuilder(200)
        .field("Cache-Control", "no-store")
        .line(noSniff)
        .line(ownOriginOnly)
        .html(uploadFormPage(this.#site.parts.limits.uploadBytesMax))
        .build();
    });
  }

  async #post(request: Request, folder: UploadFolder, boundary: string): Promise<Response> {
    const { pages } = this.#site.parts;
    const admission = this.#site.admit(request);
    if ("status" in admission) return admission;
    const files: SentFile[] = [];
    try {
      const intent = intentOf(request, "POST", "");
      const fault = await this.#receive(request, { folder, files, admission, intent }, boundary);
      if (fault !== undefined) return this.#refuse(fault);
      if (files.length === 0) return pages.refusal(uploadRefusals["nothing-sent"]);
      return await this.#commit(request, folder, files);
    } finally {
      for (const { upload } of files) await upload.discard();
      admission.end();
    }
  }

  #refuse(fault: FormFault): Response {
    const { pages } = this.#site.parts;
    if (typeof fault === "string" || "reason" in fault) return storageFailure(fault, pages);
    return pages.refusal({ ...refusals.overloaded, limit: fault });
  }

  /** Puts the files of the form into `form`; what went wrong, if anything has. */
  async #receive(
    { body, head }: Request,
    form: SentForm,
    boundary: string,
  ): Promise<FormFault | undefined> {
    const { limits, budgets } = this.#site.parts;
    const reader = new UploadReader(boundary, limits, body);
    for await (const piece of form.admission.chunks(body, limits.uploadBytesMax)) {
      await inShares(piece, budgets, (share) => reader.push(share));
      for (const step of reader.take()) {
        const fault = await this.#step(step, form, head.contentLength ?? 0);
        if (fault !== undefined) return fault;
      }
    }
    reader.end();
    for (const step of reader.take()) {
      const fault = await this.#step(step, form, 0);
      if (fault !== undefined) return fault;
    }
    return undefined;
  }

  /** `announced` is the length of the whole form, or 0 where that isn't known. */
  async #step(step: FileStep, form: SentForm, announced: number): Promise<FormFault | undefined> {
    const { folder, files, admission } = form;
    const upload = files.at(-1)?.upload;
    switch (step.kind) {
      case "begin": {
        const bound = files.length === 0 ? undefined : admission.addFile();
        if (bound !== undefined) return bound;
        const unrested = await upload?.rest();
        if (unrested !== undefined) return unrested;
        const intent = { ...form.intent, name: step.filename };
        const begun = await folder.begin(destiningOf({ site: this.#site, folder, intent }));
        if (!begun.ok) return begun.error;
        const before = files.reduce((octets, file) => octets + file.upload.octets, 0);
        files.push({ sentAs: step.filename, upload: begun.value });
        admission.receives({
          name: step.filename,
          octets: () => before + begun.value.octets,
          length: announced === 0 ? undefined : announced,
        });
        return begun.value.lacks(Math.max(0, announced - before));
      }
      case "octets":
        return upload?.write(step.octets);
      case "end":
        return upload?.finish(this.#site.parts.mode);
    }
  }

  async #commit(
    request: Request,
    folder: UploadFolder,
    files: readonly SentFile[],
  ): Promise<Response> {
    const { mode } = this.#site.parts;
    const stored: StoredFile[] = [];
    for (const { sentAs, upload } of files) {
      const name = await storeNumbered(this.#site, folder, upload, sentAs);
      if (typeof name !== "string") return name;
      const isReadable = this.#site.isReadable(mode);
      stored.push({ name, sentAs, octets: upload.octets, isReadable });
    }
    const names = stored.map(({ name, octets }) => `${displayName(name)}, ${byteCount(octets)}`);
    const way = wayTo(folder.path);
    return storedResponse(request, stored, way, { reason: `stored ${names.join("; ")}` });
  }
}
