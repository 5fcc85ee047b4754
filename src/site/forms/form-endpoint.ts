/**
 * POST: reads and parses the body, answers with the form page, and logs the form's values. Of a
 * body that is no form, the log has the type and length. A short body that has arrived is parsed at
 * once. Any other one is parsed as it arrives, in shares of a turn, and only what the log shows of
 * it is held in memory.
 */

import { refusals } from "../../http/message/error.ts";
import type { Eventual } from "../../base/eventual.ts";
import { whenReady } from "../../base/eventual.ts";
import type { Limits } from "../../base/limits.ts";
import type { OctetRange } from "../../http/octets/bytes.ts";
import { hasCondition } from "../../http/fields/conditional.ts";
import type { Response } from "../../http/message/response.ts";
import { CachedResponse } from "../../http/message/response.ts";
import { ResponseBuilder } from "../../http/message/response-builder.ts";
import type { ContainedPath } from "../../tree/path.ts";
import { childPath, containPath, rootPath } from "../../tree/path.ts";
import type { Kind, Outcome, Tree } from "../../tree/tree.ts";
import type { View } from "../../tree/view.ts";
import { whyPrevented } from "../content/selected-response.ts";
import type { TreeContent } from "../content/tree-content.ts";
import type { Answer, Endpoint } from "../endpoint.ts";
import type { ErrorPages } from "../pages/error-page.ts";
import type { Request } from "../request.ts";
import type { LoggedForm } from "./logged-form.ts";
import { describeBody } from "./logged-form.ts";
import type { TurnBudgets } from "../../schedule/turn-budgets.ts";
import { formShareBytes, inShares } from "./form-shares.ts";

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
  readonly budgets: TurnBudgets;
  /** The name of the form page, in the root of the tree. */
  readonly formPage: string;
}

/** A form page that is there, and the kind that a peek saw. */
interface FormPage {
  readonly path: ContainedPath;
  readonly kind: Kind;
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

  methods(request: Request, view: View): Eventual<readonly string[]> {
    return whenReady(this.#pageFor(request, view), (page) => (page === undefined ? [] : ["POST"]));
  }

  /** The form page for `request`, if there is one: that of the nearest root. */
  #pageFor({ head: { target } }: Request, view: View): Eventual<FormPage | undefined> {
    const { tree } = this.#service;
    if (tree.rootsOf === undefined) return this.#pageAt(this.#page, view);
    const asked = "path" in target ? containPath(target.path) : undefined;
    const roots = tree.rootsOf(asked?.ok === true ? asked.value : rootPath);
    return this.#firstPage(
      roots.map((root) => childPath(root, this.#service.formPage)),
      view,
    );
  }

  /** The first of `paths` at which there is a page. */
  #firstPage(
    paths: readonly (ContainedPath | undefined)[],
    view: View,
    at = 0,
  ): Eventual<FormPage | undefined> {
    if (at === paths.length) return undefined;
    return whenReady(
      this.#pageAt(paths[at], view),
      (page) => page ?? this.#firstPage(paths, view, at + 1),
    );
  }

  #pageAt(path: ContainedPath | undefined, view: View): Eventual<FormPage | undefined> {
    if (path === undefined) return undefined;
    return whenReady(this.#service.tree.peek(path, view), (kind) =>
      isThere(kind) ? { path, kind } : undefined,
    );
  }

  /** Throws or rejects with a `BodyError` when the body can't be read or parsed. */
  answer(request: Request, view: View): Eventual<Response | undefined> {
    if (request.head.method !== "POST") return undefined;
    return whenReady(this.#pageFor(request, view), (page) =>
      page === undefined ? undefined : this.#answerPost(request, page, view),
    );
  }

  #answerPost(request: Request, page: FormPage, view: View): Answer {
    const { pages } = this.#service;
    // Without Content-Length and Transfer-Encoding a request has no content (RFC 9112 §6.3 step 7),
    // and octets of a form after it would be parsed as the next request.
    if (!request.head.hasContent) return pages.refusal(refusals["length-required"]);
    if (!hasCondition(request.head.fields)) return this.#answerAllowed(request, page, view);
    return this.#whyPrevented(request, page, view).then((reason) =>
      reason === undefined
        ? this.#answerAllowed(request, page, view)
        : pages.preconditionFailed(reason, { request }),
    );
  }

  /**
   * Which condition prevents the request, if one does. Conditions are evaluated against the
   * representation that a GET would select, and only if the request would succeed without them
   * (RFC 9110 §13.2.1).
   */
  async #whyPrevented(
    request: Request,
    { kind }: FormPage,
    view: View,
  ): Promise<string | undefined> {
    const { content, limits } = this.#service;
    const isTooLarge = (request.head.contentLength ?? 0) > limits.bodyBytesMax;
    if (isTooLarge || kind !== "file") return undefined;
    return whyPrevented(request, await content.select(request, view));
  }

  /** Answers a POST that no condition prevents; at once if a short body has arrived. */
  #answerAllowed(request: Request, page: FormPage, view: View): Answer {
    const { limits } = this.#service;
    const arrived = request.body.arrived(limits.bodyBytesMax);
    if (arrived === undefined || arrived.length > formShareBytes) {
      return this.#digest(request, arrived).then((form) => this.#answerWith(form, page, view));
    }
    const contentType = request.head.fields.get("content-type");
    return this.#answerWith(describeBody(arrived, contentType, limits), page, view);
  }

  /** The log's record of a body that is long, or still to arrive. The first one loads its code. */
  async #digest(request: Request, arrived: OctetRange | undefined): Promise<() => LoggedForm> {
    const { budgets, limits } = this.#service;
    const { body, head } = request;
    const { digestOf } = await import("./form-digest.ts");
    const digest = digestOf(head.fields.get("content-type"), limits, body);
    const push = (share: Uint8Array): void => digest.push(share);
    if (arrived !== undefined) await inShares(arrived.octets, budgets, push);
    else {
      for await (const piece of body.chunks(limits.bodyBytesMax)) {
        await inShares(piece, budgets, push);
      }
    }
    return digest.end();
  }

  /** Answers a POST whose body was read; `form` makes the log's record of it. */
  #answerWith(form: () => LoggedForm, { path }: FormPage, view: View): Answer {
    const { content, tree } = this.#service;
    return whenReady(tree.open(path, view), (page) => {
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
