/**
 * Which handler answers: a table by path and method for those that a library's user added, then the
 * tree. What is allowed on a path follows from the same table, so that `Allow` can't say anything
 * else than what happens (RFC 9110 §10.2.1).
 */

import type { ContainedPath } from "../files/path.ts";
import { containPath, encodePath } from "../files/path.ts";
import { isToken } from "../protocol/grammar.ts";
import type { Response } from "../protocol/response.ts";
import { ResponseBuilder } from "../protocol/response-builder.ts";
import type { FileService } from "./file.ts";
import { answerFromTree } from "./file.ts";
import { fromFetch } from "./fetch-response.ts";
import type { FormService } from "./form.ts";
import { answerForm } from "./form.ts";
import type { Request } from "./handler.ts";
import type { RouteHandler } from "./route-request.ts";
import { RouteRequest } from "./route-request.ts";

/** What was added for a path, by method. */
interface Added {
  readonly path: ContainedPath;
  readonly handlers: Map<string, RouteHandler>;
}

/** The routes of one server. */
export class Routes {
  readonly #files: FileService;
  /** Undefined when no form is taken. */
  readonly #form: FormService | undefined;
  /** By path, decoded and spelled in one way. */
  readonly #added = new Map<string, Added>();

  constructor(files: FileService, form: FormService | undefined) {
    this.#files = files;
    this.#form = form;
  }

  /**
   * Lets `handler` answer `method` on exactly `path`; a later one for the same two replaces it. A
   * GET route answers HEAD, too. Throws a TypeError on a method that is no token or a path that no
   * request could ask for.
   */
  add(method: string, path: string, handler: RouteHandler): void {
    const contained = containPath(path);
    if (!contained.ok) throw new TypeError(`not a path: ${JSON.stringify(path)}`);
    if (!isToken(method)) throw new TypeError(`not a method: ${JSON.stringify(method)}`);
    const key = encodePath(contained.value);
    const added = this.#added.get(key) ?? { path: contained.value, handlers: new Map() };
    this.#added.set(key, added);
    added.handlers.set(method, handler);
  }

  /** Answers a request. */
  readonly answer = (request: Request): Response | Promise<Response> => {
    const { method, target } = request.head;
    // RFC 9110 §7.4: an https resource must not be served over a connection without TLS.
    if (target.form === "absolute" && target.scheme === "https") {
      return this.#files.pages.refusal({ kind: "misdirected" });
    }
    const added = this.#added.size === 0 ? undefined : this.#addedFor(request);
    const handler =
      added?.handlers.get(method) ?? (method === "HEAD" ? added?.handlers.get("GET") : undefined);
    if (added !== undefined && handler !== undefined) {
      return this.#ask(handler, new RouteRequest(request, added.path, this.#files));
    }
    switch (method) {
      case "GET":
      case "HEAD":
        return answerFromTree(request, this.#files);
      case "POST":
        if (this.#form === undefined || !this.#hasFormPage()) break;
        return answerForm(request, this.#form, this.#files);
      case "OPTIONS":
        return new ResponseBuilder(204).field("Allow", this.#allow(added)).build();
      default:
    }
    return this.#files.pages.notAllowed(this.#allow(added));
  };

  #addedFor(request: Request): Added | undefined {
    const { target } = request.head;
    if (target.form !== "origin" && target.form !== "absolute") return undefined;
    const path = containPath(target.path);
    return path.ok ? this.#added.get(encodePath(path.value)) : undefined;
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
    return answer;
  }

  #hasFormPage(): boolean {
    if (this.#form === undefined) return false;
    const found = this.#form.tree.openByName(this.#form.formPage);
    if (found.kind === "file") found.file.close();
    return found.kind !== "absent" && found.kind !== "directory" && found.kind !== "redirect";
  }

  #allow(added: Added | undefined): string {
    const methods = new Set(["GET", "HEAD", "OPTIONS", ...(added?.handlers.keys() ?? [])]);
    if (this.#hasFormPage()) methods.add("POST");
    return [...methods].join(", ");
  }
}
