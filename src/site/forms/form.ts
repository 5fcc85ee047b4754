/**
 * POST: reads and understands the body, answers with the form page, and tells the log what the
 * fields held. What is no form is octets. The whole body is in memory, under `bodyBytesMax`.
 */

import type { Limits } from "../../base/limits.ts";
import type { OpenFile, Outcome, Tree } from "../../tree/disk/disk-tree.ts";
import { OctetRange } from "../../http/bytes.ts";
import { hasCondition } from "../../http/conditional.ts";
import { refusals } from "../../http/error.ts";
import { parseMediaType } from "../../http/media-type.ts";
import type { Response, ResponseNote } from "../../http/response.ts";
import { CachedResponse } from "../../http/response.ts";
import { ResponseBuilder } from "../../http/response-builder.ts";
import type { ErrorPages } from "../pages/error-page.ts";
import type { FileService } from "../content/file.ts";
import { answerWithContent, selectRepresentation } from "../content/file.ts";
import type { Form } from "./form-data.ts";
import { formType, readForm } from "./form-data.ts";
import type { Request } from "../request.ts";
import { mayAct } from "../content/representation.ts";

/** What the form handler needs. */
export interface FormService {
  readonly tree: Tree;
  readonly pages: ErrorPages;
  readonly limits: Limits;
  /** The name of the form page, in the root of the tree. */
  readonly formPage: string;
}

/** A file that came in a form, as the log tells of it. */
interface LoggedFile {
  readonly filename: string;
  readonly type: string;
  readonly octets: number;
}

type LoggedValue = string | LoggedFile;

/** What the log tells of a form: by name a value, or the values in their order. */
export type LoggedForm = Record<string, LoggedValue | LoggedValue[]>;

/** The values of `form` by name, cut to what a log line should hold. */
function describeForm(form: Form, { logValueBytesMax }: Limits): LoggedForm {
  const cut = (text: string): string =>
    text.length > logValueBytesMax ? `${text.slice(0, logValueBytesMax)}…` : text;
  const fields = new Map<string, LoggedValue[]>();
  for (const [name, value] of form) {
    const key = cut(name);
    const values = fields.get(key) ?? [];
    fields.set(key, values);
    if (typeof value === "string") values.push(cut(value));
    else values.push({ filename: cut(value.name), type: value.type, octets: value.content.length });
  }
  const shown = [...fields].map(([name, values]): [string, LoggedValue | LoggedValue[]] => [
    name,
    values.length === 1 && values[0] !== undefined ? values[0] : values,
  ]);
  return Object.fromEntries(shown);
}

/**
 * What the log tells of `body`, read as what `contentType` says it is, and told when it is asked
 * for. Throws a `BodyError` when it isn't that.
 */
function describeBody(
  body: OctetRange,
  contentType: string | undefined,
  limits: Limits,
): () => LoggedForm {
  const type = formType(contentType);
  if (type !== undefined) {
    const form = readForm(body, type, limits);
    return () => describeForm(form, limits);
  }
  const { length: octets } = body;
  return () => {
    const mediaType = contentType === undefined ? undefined : parseMediaType(contentType);
    return { body: { filename: "", type: mediaType?.essence ?? "", octets } };
  };
}

/** The answers that form pages in memory are, to be given again with what each form held. */
const pageAnswers = new WeakMap<OpenFile, CachedResponse>();

/** The answer with the form page that was `found`. */
function answerWithPage(found: Outcome, note: ResponseNote, service: FormService): Response {
  const file = found.kind === "file" && found.file.recurs ? found.file : undefined;
  if (file?.content === undefined) {
    return answerWithContent(found, new ResponseBuilder(200).noting(note), service);
  }
  let answer = pageAnswers.get(file);
  if (answer === undefined) {
    answer = new CachedResponse(answerWithContent(found, new ResponseBuilder(200), service));
    pageAnswers.set(file, answer);
  }
  return answer.withNote(note);
}

/** Whether a form would be taken, as far as can be said before it is read. */
function isTaken({ head }: Request, service: FormService): boolean {
  const { contentLength = 0 } = head;
  if (contentLength > service.limits.bodyBytesMax) return false;
  const found = service.tree.openByName(service.formPage);
  if (found.kind === "file") found.file.close();
  return found.kind === "file";
}

/**
 * Whether the condition that the request has forbids it: weighed against what `files` have at its
 * target, and only where the form would be taken otherwise (RFC 9110 §13.2.1).
 */
async function isPrevented(
  request: Request,
  service: FormService,
  files: FileService,
): Promise<boolean> {
  if (!isTaken(request, service)) return false;
  return !mayAct(request, await selectRepresentation(request, files));
}

/** Answers a POST with `body`, and a page that is as of `since` or later. */
function answerToBody(
  { head }: Request,
  body: OctetRange,
  since: number,
  service: FormService,
): Response {
  const form = describeBody(body, head.fields.get("content-type"), service.limits);
  const found = service.tree.openByName(service.formPage, since);
  return answerWithPage(found, { form }, service);
}

/** Answers a POST that is not prevented: at once, where its body is there. */
function answerAllowed(
  request: Request,
  since: number,
  service: FormService,
): Response | Promise<Response> {
  const { body } = request;
  const { bodyBytesMax } = service.limits;
  const arrived = body.arrived(bodyBytesMax);
  if (arrived !== undefined) return answerToBody(request, arrived, since, service);
  return body
    .readAll(bodyBytesMax)
    .then((octets) => answerToBody(request, new OctetRange(octets), since, service));
}

/**
 * Answers a POST. Throws a `BodyError`, or rejects with one, when the body can't be read or
 * understood.
 */
export function answerForm(
  request: Request,
  service: FormService,
  files: FileService,
): Response | Promise<Response> {
  const { pages, tree } = service;
  const { since } = tree;
  // A request that says nothing of its content has none (RFC 9112 §6.3 step 7), and a form that was
  // sent without saying so would be read as the next request.
  if (!request.head.hasContent) return pages.refusal(refusals["length-required"]);
  if (!hasCondition(request.head.fields)) return answerAllowed(request, since, service);
  return isPrevented(request, service, files).then((prevented) =>
    prevented ? pages.preconditionFailed() : answerAllowed(request, since, service),
  );
}
