/**
 * Which handler answers: a table by path and method for those that a library's user added, then the
 * tree. What is allowed on a path follows from the same table, so that `Allow` can't say anything
 * else than what happens (RFC 9110 §10.2.1).
 */

import { containPath, encodePath } from "../files/path.ts";
import { isToken } from "../protocol/grammar.ts";
import type { Response } from "../protocol/response.ts";
import { ResponseBuilder } from "../protocol/response-builder.ts";
import type { FileService } from "./file.ts";
import { answerFromTree } from "./file.ts";
import type { FormService } from "./form.ts";
import { answerForm } from "./form.ts";
import type { Handler, Request } from "./handler.ts";

/** The path of a request as routes are compared: decoded and spelled in one way. */
function canonicalPath(rawPath: string): string | undefined {
  const path = containPath(rawPath);
  return path.ok ? encodePath(path.value) : undefined;
}

/** The routes of one server. */
export class Routes {
  readonly #files: FileService;
  /** Undefined when no form is taken. */
  readonly #form: FormService | undefined;
  readonly #added = new Map<string, Map<string, Handler>>();

  constructor(files: FileService, form: FormService | undefined) {
    this.#files = files;
    this.#form = form;
  }

  /**
   * Lets `handler` answer `method` on exactly `path`; a later one for the same two replaces it. A
   * GET route answers HEAD, too. Throws a TypeError on a method that is no token or a path that no
   * request could ask for.
   */
  add(method: string, path: string, handler: Handler): void {
    const canonical = path.startsWith("/") ? canonicalPath(path) : undefined;
    if (canonical === undefined) throw new TypeError(`not a path: ${JSON.stringify(path)}`);
    if (!isToken(method)) throw new TypeError(`not a method: ${JSON.stringify(method)}`);
    const byMethod = this.#added.get(canonical) ?? new Map<string, Handler>();
    this.#added.set(canonical, byMethod);
    byMethod.set(method, handler);
  }

  /** Answers a request. */
  readonly answer = (request: Request): Response | Promise<Response> => {
    const { method, target } = request.head;
    // RFC 9110 §7.4: an https resource must not be served over a connection without TLS.
    if (target.form === "absolute" && target.scheme === "https") {
      return this.#files.pages.refusal({ kind: "misdirected" });
    }
    const added = this.#added.size === 0 ? undefined : this.#addedFor(request);
    const handler = added?.get(method) ?? (method === "HEAD" ? added?.get("GET") : undefined);
    if (handler !== undefined) return handler(request);
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

  #addedFor(request: Request): ReadonlyMap<string, Handler> | undefined {
    const { target } = request.head;
    if (target.form !== "origin" && target.form !== "absolute") return undefined;
    const path = canonicalPath(target.path);
    return path === undefined ? undefined : this.#added.get(path);
  }

  #hasFormPage(): boolean {
    if (this.#form === undefined) return false;
    const found = this.#form.tree.openByName(this.#form.formPage);
    if (found.kind === "file") found.file.close();
    return found.kind !== "absent" && found.kind !== "directory" && found.kind !== "redirect";
  }

  #allow(added: ReadonlyMap<string, Handler> | undefined): string {
    const methods = new Set(["GET", "HEAD", "OPTIONS", ...(added?.keys() ?? [])]);
    if (this.#hasFormPage()) methods.add("POST");
    return [...methods].join(", ");
  }
}
