/**
 * POST: reads and parses the body, answers with the form page, and logs the form's values. Of a
 * body that is no form, the log has the type and length. The whole body is held in memory, limited
 * to `bodyBytesMax`.
 */

import { refusals } from "../../http/message/error.ts";
import type { Eventual } from "../../base/eventual.ts";
import { whenReady } from "../../base/eventual.ts";
import type { Limits } from "../../base/limits.ts";
import { OctetRange } from "../../http/octets/bytes.ts";
import { hasCondition } from "../../http/fields/conditional.ts";
import { parseMediaType } from "../../http/fields/media-type.ts";
import type { Response } from "../../http/message/response.ts";
import { CachedResponse } from "../../http/message/response.ts";
import { ResponseBuilder } from "../../http/message/response-builder.ts";
import type { ContainedPath } from "../../tree/path.ts";
import { childPath, rootPath } from "../../tree/path.ts";
import type { Kind, Outcome, Tree } from "../../tree/tree.ts";
import type { View } from "../../tree/view.ts";
import { mayAct } from "../content/selected-response.ts";
import type { TreeContent } from "../content/tree-content.ts";
import type { Answer, Endpoint } from "../endpoint.ts";
import type { ErrorPages } from "../pages/error-page.ts";
import type { Request } from "../request.ts";
import type { Form } from "./form-data.ts";
import { formType, readForm } from "./form-data.ts";

/** The log's record of an uploaded file. */
interface LoggedFile {
  readonly filename: string;
  readonly type: string;
  readonly octets: number;
}

type LoggedValue = string | LoggedFile;

/** The log's record of a form: by name one value, or a list of them in order. */
type LoggedForm = Record<string, LoggedValue | LoggedValue[]>;

/** `text` of a client for the log, truncated to `logValueBytesMax` and marked. */
function cutText(text: string, { logValueBytesMax }: Limits): string {
  return text.length > logValueBytesMax ? `${text.slice(0, logValueBytesMax)}…` : text;
}

/** The values of `form` by name. Each text in it, names and media types too, is truncated. */
function describeForm(form: Form, limits: Limits): LoggedForm {
  const cut = (text: string): string => cutText(text, limits);
  const fields = new Map<string, LoggedValue[]>();
  for (const [name, value] of form) {
    const key = cut(name);
    const values = fields.get(key) ?? [];
    fields.set(key, values);
    if (typeof value === "string") values.push(cut(value));
    else {
      const { name: filename, type, content } = value;
      values.push({ filename: cut(filename), type: cut(type), octets: content.length });
    }
  }
  const shown = [...fields].map(([name, values]): [string, LoggedValue | LoggedValue[]] => [
    name,
    values.length === 1 && values[0] !== undefined ? values[0] : values,
  ]);
  return Object.fromEntries(shown);
}

/**
 * Parses `body` as `contentType` and returns a function that makes the log's record of it. Throws a
 * `BodyError` when the body is malformed. The record is made only if the log needs it.
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
    const essence = cutText(mediaType?.essence ?? "", limits);
    return { body: { filename: "", type: essence, octets } };
  };
}

/** Whether POST is answered here: with the form page, or with the error of opening it. */
function isThere(kind: Kind): boolean {
  return kind !== "absent" && kind !== "directory" && kind !== "redirect";
}

/** What `FormEndpoint` needs. */
export interface FormService {
  readonly tree: Tree;
  readonly content: TreeContent;
  readonly pages: ErrorPages;
  readonly limits: Limits;
  /** The name of the form page, in the root of the tree. */
  readonly formPage: string;
}

/** Answers POST to any path with the form page, if that exists. */
export class FormEndpoint implements Endpoint {
  readonly isRepeatable = false;
  readonly #service: FormService;
  readonly #page: ContainedPath | undefined;
  /** The latest response with the form page, and the outcome it was made from. */
  #kept: { readonly found: Outcome; readonly response: CachedResponse } | undefined;

  constructor(service: FormService) {
    this.#service = service;
    this.#page = childPath(rootPath, service.formPage);
  }

  methods(_request: Request, view: View): Eventual<readonly string[]> {
    return whenReady(this.#peek(view), (kind) => (isThere(kind) ? ["POST"] : []));
  }

  #peek(view: View): Eventual<Kind> {
    return this.#page === undefined ? "absent" : this.#service.tree.peek(this.#page, view);
  }

  /** Throws or rejects with a `BodyError` when the body can't be read or parsed. */
  answer(request: Request, view: View): Eventual<Response | undefined> {
    if (request.head.method !== "POST") return undefined;
    return whenReady(this.#peek(view), (kind) =>
      isThere(kind) ? this.#answerPost(request, kind, view) : undefined,
    );
  }

  #answerPost(request: Request, kind: Kind, view: View): Answer {
    const { pages } = this.#service;
    // Without Content-Length and Transfer-Encoding a request has no content (RFC 9112 §6.3 step 7),
    // and octets of a form after it would be parsed as the next request.
    if (!request.head.hasContent) return pages.refusal(refusals["length-required"]);
    if (!hasCondition(request.head.fields)) return this.#answerAllowed(request, view);
    return this.#isPrevented(request, kind, view).then((prevented) =>
      prevented ? pages.preconditionFailed() : this.#answerAllowed(request, view),
    );
  }

  /**
   * Whether a condition prevents the request. Conditions are evaluated against the representation
   * that a GET would select, and only if the request would succeed without them (RFC 9110 §13.2.1).
   */
  async #isPrevented(request: Request, kind: Kind, view: View): Promise<boolean> {
    const { content, limits } = this.#service;
    const isTooLarge = (request.head.contentLength ?? 0) > limits.bodyBytesMax;
    if (isTooLarge || kind !== "file") return false;
    return !mayAct(request, await content.select(request, view));
  }

  /** Answers a POST that no condition prevents; at once if its body has arrived. */
  #answerAllowed(request: Request, view: View): Answer {
    const { body } = request;
    const { bodyBytesMax } = this.#service.limits;
    const arrived = body.arrived(bodyBytesMax);
    if (arrived !== undefined) return this.#answerToBody(request, arrived, view);
    return body
      .readAll(bodyBytesMax)
      .then((octets) => this.#answerToBody(request, new OctetRange(octets), view));
  }

  /** Answers a POST with `body`. */
  #answerToBody({ head }: Request, body: OctetRange, view: View): Answer {
    const { content, limits, tree } = this.#service;
    const form = describeBody(body, head.fields.get("content-type"), limits);
    const found = this.#page === undefined ? nothing : tree.open(this.#page, view);
    return whenReady(found, (page) => {
      if (this.#kept?.found === page) return this.#kept.response.withNote({ form });
      const answer = content.answerWithContent(page, new ResponseBuilder(200), view);
      if (page.kind !== "file") return answer;
      return whenReady(answer, (response) => {
        if (!(response instanceof CachedResponse)) return { ...response, note: { form } };
        // The tree returns the same outcome object while the file is unchanged.
        this.#kept = { found: page, response };
        return response.withNote({ form });
      });
    });
  }
}

const nothing: Outcome = { kind: "absent" };
