/**
 * POST: reads and understands the body, answers with the form page, and tells the log what the
 * fields held.
 *
 *   application/x-www-form-urlencoded   WHATWG URL §5.1
 *   multipart/form-data                 RFC 7578
 *   anything else                       octets
 *
 * Pairs are split by the runtime's own `URLSearchParams`. The whole body is in memory, under
 * `bodyBytesMax`.
 */

import type { Limits } from "../base/limits.ts";
import type { Tree } from "../files/resolve.ts";
import { explainDenial } from "../files/permission.ts";
import { hasCondition } from "../protocol/conditional.ts";
import { parseMediaType } from "../protocol/media-type.ts";
import type { FormPart } from "../protocol/multipart.ts";
import { readMultipart } from "../protocol/multipart.ts";
import type { Response } from "../protocol/response.ts";
import { ResponseBuilder } from "../protocol/response-builder.ts";
import type { ErrorPages } from "./error-page.ts";
import type { FileService } from "./file.ts";
import { selectRepresentation } from "./file.ts";
import { fileResponse } from "./file-response.ts";
import type { Request } from "./handler.ts";
import { BodyError } from "./handler.ts";
import { mayAct } from "./representation.ts";

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

/** Gathers values by name, cut to what a log line should hold. */
function collect(
  pairs: Iterable<readonly [name: string, value: FormValue]>,
  limits: Limits,
): FormFields {
  const cut = (text: string): string => {
    const most = limits.logValueBytesMax;
    return text.length > most ? `${text.slice(0, most)}…` : text;
  };
  const fields = new Map<string, FormValue[]>();
  let count = 0;
  for (const [name, value] of pairs) {
    count++;
    if (count > limits.formFieldCountMax) throw new BodyError("body-too-large");
    const key = cut(name);
    const values = fields.get(key) ?? [];
    fields.set(key, values);
    values.push(
      typeof value === "string" ? cut(value) : { ...value, filename: cut(value.filename) },
    );
  }
  const shown = [...fields].map(([name, values]): [string, FormValue | FormValue[]] => [
    name,
    values.length === 1 && values[0] !== undefined ? values[0] : values,
  ]);
  return Object.fromEntries(shown);
}

const utf8 = new TextDecoder();

function valueOf(part: FormPart): FormValue {
  const { filename, contentType, content } = part;
  if (filename === undefined) return utf8.decode(content);
  return { filename: utf8.decode(filename), type: contentType ?? "", octets: content.length };
}

/** Reads `body` as what `contentType` says it is. Throws a `BodyError` when it isn't. */
export function readForm(
  body: Uint8Array,
  contentType: string | undefined,
  limits: Limits,
): FormFields {
  const mediaType = contentType === undefined ? undefined : parseMediaType(contentType);
  switch (mediaType?.essence) {
    case "application/x-www-form-urlencoded":
      return collect(new URLSearchParams(utf8.decode(body)), limits);
    case "multipart/form-data": {
      const boundary = mediaType.parameters.get("boundary") ?? "";
      const parts = readMultipart(body, boundary, limits);
      if (!parts.ok) throw new BodyError(parts.error);
      return collect(
        parts.value.map((part) => [utf8.decode(part.name), valueOf(part)]),
        limits,
      );
    }
    default:
      return { body: { filename: "", type: mediaType?.essence ?? "", octets: body.length } };
  }
}

/** Whether a form would be taken, as far as can be said before it is read. */
function isTaken({ body: { framing } }: Request, service: FormService): boolean {
  const { bodyBytesMax } = service.limits;
  if (framing.kind === "length" && framing.octets > bodyBytesMax) return false;
  const found = service.tree.openByName(service.formPage);
  if (found.kind === "file") found.file.close();
  return found.kind === "file";
}

/**
 * Whether a condition of the request forbids it: weighed against what `files` have at its target,
 * and only where the form would be taken otherwise (RFC 9110 §13.2.1).
 */
async function isPrevented(
  request: Request,
  service: FormService,
  files: FileService,
): Promise<boolean> {
  if (!hasCondition(request.head.fields) || !isTaken(request, service)) return false;
  return !mayAct(request, await selectRepresentation(request, files));
}

/** Answers a POST. Rejects with a `BodyError` when the body can't be read or understood. */
export async function answerForm(
  request: Request,
  service: FormService,
  files: FileService,
): Promise<Response> {
  const { pages, limits } = service;
  // A request that says nothing of its content has none (RFC 9112 §6.3 step 7), and a form that was
  // sent without saying so would be read as the next request.
  if (request.body.framing.kind === "none") return pages.refusal({ kind: "length-required" });
  if (await isPrevented(request, service, files)) return pages.preconditionFailed();
  const body = await request.body.readAll(limits.bodyBytesMax);
  const contentType = request.head.fields.get("content-type");
  const form = readForm(body, contentType, limits);
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
