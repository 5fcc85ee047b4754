/**
 * POST: reads and understands the body, answers with the form page, and tells the log what the fields
 * held.
 *
 *   application/x-www-form-urlencoded   WHATWG URL §5.1
 *   multipart/form-data                 RFC 7578
 *   anything else                       octets
 *
 * Both form parsers are the runtime's own (`URLSearchParams`, `Response.formData`): they are what a
 * browser's forms are tested against. The whole body is in memory, under `bodyBytesMax`.
 */

import type { Limits } from "../base/limits.ts";
import type { Tree } from "../files/resolve.ts";
import { explainDenial } from "../files/permission.ts";
import { parseMediaType } from "../protocol/media-type.ts";
import type { Response } from "../protocol/response.ts";
import { ResponseBuilder } from "../protocol/response-builder.ts";
import type { ErrorPages } from "./error-page.ts";
import { fileResponse } from "./file.ts";
import type { Request } from "./handler.ts";
import { BodyError } from "./handler.ts";

/** What the form handler needs. */
export interface FormService {
  readonly tree: Tree;
  readonly pages: ErrorPages;
  readonly limits: Limits;
  /** The name of the form page, in the root of the tree. */
  readonly formPage: string;
}

/** A file that came in a form, as the log tells of it. */
interface UploadedFile {
  readonly filename: string;
  readonly type: string;
  readonly octets: number;
}

type FormValue = string | UploadedFile;

/** What a form held: by name a value, or the values in their order. */
export type FormFields = Record<string, FormValue | FormValue[]>;

function collect(pairs: Iterable<readonly [string, string | Blob]>, limits: Limits): FormFields {
  const fields = new Map<string, FormValue[]>();
  let count = 0;
  for (const [name, value] of pairs) {
    count++;
    if (count > limits.formFieldCountMax) throw new BodyError("body-too-large");
    const values = fields.get(name) ?? [];
    fields.set(name, values);
    values.push(typeof value === "string" ? cut(value, limits) : describeFile(value));
  }
  const shown = [...fields].map(([name, values]) => [
    cut(name, limits),
    values.length === 1 && values[0] !== undefined ? values[0] : values,
  ]);
  return Object.fromEntries(shown) as FormFields;
}

function cut(value: string, limits: Limits): string {
  return value.length > limits.logValueBytesMax
    ? `${value.slice(0, limits.logValueBytesMax)}…`
    : value;
}

function describeFile(file: Blob): UploadedFile {
  return { filename: file instanceof File ? file.name : "", type: file.type, octets: file.size };
}

/** Reads `body` as what `contentType` says it is. Throws a `BodyError` when it isn't. */
export async function readForm(
  body: Uint8Array<ArrayBuffer>,
  contentType: string | undefined,
  limits: Limits,
): Promise<FormFields> {
  const mediaType = contentType === undefined ? undefined : parseMediaType(contentType);
  switch (mediaType?.essence) {
    case "application/x-www-form-urlencoded":
      return collect(new URLSearchParams(new TextDecoder().decode(body)), limits);
    case "multipart/form-data": {
      const boundary = mediaType.parameters.get("boundary");
      // RFC 2046 §5.1.1: a boundary is 1 to 70 characters.
      if (boundary === undefined || boundary === "" || boundary.length > 70) {
        throw new BodyError("form");
      }
      const headers = { "Content-Type": contentType ?? "" };
      try {
        return collect(await new globalThis.Response(body, { headers }).formData(), limits);
      } catch (error) {
        throw error instanceof BodyError ? error : new BodyError("form");
      }
    }
    default:
      return { body: { filename: "", type: mediaType?.essence ?? "", octets: body.length } };
  }
}

/** Answers a POST. Rejects with a `BodyError` when the body can't be read or understood. */
export async function answerForm(request: Request, service: FormService): Promise<Response> {
  const { pages, limits } = service;
  // A request that says nothing of its content has none (RFC 9112 §6.3 step 7), and a form that was
  // sent without saying so would be read as the next request.
  if (request.body.framing.kind === "none") return pages.refusal({ kind: "length-required" });
  const body = await request.body.readAll(limits.bodyBytesMax);
  const contentType = request.head.fields.get("content-type");
  const form = await readForm(body as Uint8Array<ArrayBuffer>, contentType, limits);
  const found = service.tree.openByName(service.formPage);
  switch (found.kind) {
    case "file":
      return fileResponse(new ResponseBuilder(200).noting({ form }), found.file, limits);
    case "forbidden":
      return pages.forbidden(explainDenial(found.denial));
    case "exhausted":
      return pages.refusal({ kind: "overloaded" });
    case "failed":
      return pages.failed(`the file system answered ${found.code}`);
    default:
      return pages.notFound();
  }
}
