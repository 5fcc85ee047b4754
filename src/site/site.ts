/**
 * Which handler answers: a table by path and method for those that a library's user added, then the
 * tree. What is allowed on a path follows from the same table, so that `Allow` can't say anything
 * else than what happens (RFC 9110 §10.2.1).
 */

import { refusals } from "../http/error.ts";
import type { Response } from "../http/response.ts";
import { ResponseBuilder } from "../http/response-builder.ts";
import type { AddedRoute, AddedRoutes } from "./library/added-routes.ts";
import { ResponseCache } from "./response-cache.ts";
import type { ResponseHeaders } from "./rules/response-headers.ts";
import type { FileService } from "./content/file.ts";
import { fromFetch } from "./library/fetch-response.ts";
import type { FormService } from "./forms/form.ts";
import { answerForm } from "./forms/form.ts";
import type { Request } from "./request.ts";
import type { PathMapping } from "./rules/path-mapping.ts";
import { answerMapped } from "./rules/path-mapping.ts";
import type { RouteHandler } from "./library/route-request.ts";
import { RouteRequest } from "./library/route-request.ts";

/** The routes of one site. */
export class Routes {
  readonly #files: FileService;
  readonly #mapping: PathMapping;
  /** Undefined when no form is taken. */
  readonly #form: FormService | undefined;
  readonly #added: AddedRoutes;
  readonly #answers: ResponseCache;
  /** Undefined when nothing is added to answers. */
  readonly #decoration: ResponseHeaders | undefined;

  constructor(
    files: FileService,
    form: FormService | undefined,
    mapping: PathMapping,
    added: AddedRoutes,
    decoration?: ResponseHeaders,
  ) {
    this.#files = files;
    this.#form = form;
    this.#mapping = mapping;
    this.#added = added;
    this.#decoration = decoration;
    this.#answers = new ResponseCache(files.tree, files.limits);
  }

  /** Answers a request. */
  readonly answer = (request: Request): Response | Promise<Response> => {
    const { method, target } = request.head;
    // RFC 9110 §7.4: an https resource must not be served over a connection without TLS. With TLS
    // nothing here is an http resource.
    if (target.form === "absolute" && target.scheme !== this.#files.scheme) {
      return this.#decorated(request, this.#files.pages.refusal(refusals.misdirected));
    }
    const added = this.#added.find(request);
    const handler =
      added?.handlers.get(method) ?? (method === "HEAD" ? added?.handlers.get("GET") : undefined);
    if (added !== undefined && handler !== undefined) {
      const answer = this.#ask(handler, new RouteRequest(request, added.path, this.#files));
      return this.#decorated(request, answer);
    }
    if (method === "GET" || method === "HEAD") {
      return this.#answers.answer(request, this.#fromTree);
    }
    return this.#decorated(request, this.#answerToOther(request, added));
  };

  #answerToOther(request: Request, added: AddedRoute | undefined): Response | Promise<Response> {
    switch (request.head.method) {
      case "POST":
        if (this.#form === undefined || !this.#hasFormPage()) break;
        return answerForm(request, this.#form, this.#files);
      case "OPTIONS":
        return new ResponseBuilder(204).field("Allow", this.#allow(added)).build();
      default:
    }
    return this.#files.pages.notAllowed(this.#allow(added));
  }

  readonly #fromTree = (request: Request): Response | Promise<Response> =>
    this.#decorated(request, answerMapped(request, this.#mapping, this.#files));

  /** `answer` with the fields that are added to every answer. */
  #decorated(
    { head }: Request,
    answer: Response | Promise<Response>,
  ): Response | Promise<Response> {
    const decoration = this.#decoration;
    if (decoration === undefined) return answer;
    if (!(answer instanceof Promise)) return decoration.apply(answer, head);
    return answer.then((response) => decoration.apply(response, head));
  }

  #ask(handler: RouteHandler, request: RouteRequest): Response | Promise<Response> {
    const answer = handler(request);
    if (!(answer instanceof Promise)) return this.#accept(answer);
    return answer.then((response) => this.#accept(response));
  }

  /** What a handler has answered with, as a response of ours. */
  #accept(answer: Response | globalThis.Response): Response | Promise<Response> {
    if (answer instanceof globalThis.Response) {
      return fromFetch(answer, this.#files.limits.sendPieceBytes);
    }
    // Without types, a handler may forget to answer.
    if (typeof (answer as Response | undefined)?.status !== "number") {
      throw new TypeError("a route's handler must answer with a response");
    }
    const { body, recurs } = answer;
    if (body.kind !== "bytes" || recurs) return answer;
    return { ...answer, body: { ...body, isForeign: true } };
  }

  #hasFormPage(): boolean {
    if (this.#form === undefined) return false;
    const found = this.#form.tree.openByName(this.#form.formPage);
    if (found.kind === "file") found.file.close();
    return found.kind !== "absent" && found.kind !== "directory" && found.kind !== "redirect";
  }

  #allow(added: AddedRoute | undefined): string {
    const methods = new Set(["GET", "HEAD", "OPTIONS", ...(added?.handlers.keys() ?? [])]);
    if (this.#hasFormPage()) methods.add("POST");
    return [...methods].join(", ");
  }
}
