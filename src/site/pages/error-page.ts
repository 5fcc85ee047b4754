/**
 * The pages of error responses: the tree's own 403.html or 404.html if strangers may read it, a
 * built-in page otherwise. No page contains a message of the operating system. The reason for a 403
 * or 404 is shown only with `--explain`; the log always has it.
 */

import type { Eventual } from "../../base/eventual.ts";
import { whenReady } from "../../base/eventual.ts";
import type { Limits } from "../../base/limits.ts";
import type { ContainedPath } from "../../tree/path.ts";
import { childPath, isNameable, rootPath } from "../../tree/path.ts";
import type { Outcome, Tree } from "../../tree/tree.ts";
import type { View } from "../../tree/view.ts";
import type { Refusal } from "../../http/message/error.ts";
import { describeRefusal, refusals } from "../../http/message/error.ts";
import type { Response, ResponseNote } from "../../http/message/response.ts";
import { ResponseBuilder } from "../../http/message/response-builder.ts";
import type { ContentStatus } from "../../http/message/status.ts";
import { reasonPhrases } from "../../http/message/status.ts";
import { noSniff, ownOriginOnly } from "../content/cache-control.ts";
import { fileResponse } from "../content/file-response.ts";
import type { Answer } from "../endpoint.ts";

/** The text of a page besides its status. */
interface PageText {
  /** A sentence for the client. */
  readonly text: string;
  /** The section that the sentence follows from, "RFC 9112 §3.2". */
  readonly section?: string;
  /** The reason in detail; shown only with `--explain`. */
  readonly reason?: string;
}

/** The markup of pages; loaded by the first page that is made. */
let markupModule: typeof import("./markup.ts") | undefined;

function markupOf(): typeof import("./markup.ts") {
  markupModule ??= require("./markup.ts") as typeof import("./markup.ts");
  return markupModule;
}

/** The built-in page for `status`. */
function builtInPage(status: ContentStatus, page: PageText): string {
  const { escapeHtml, renderPage } = markupOf();
  const phrase = reasonPhrases[status];
  const parts = [
    `<p class="status">${status}</p>`,
    `<h1>${escapeHtml(phrase)}</h1>`,
    `<p>${escapeHtml(page.text)}</p>`,
  ];
  if (page.reason !== undefined) parts.push(`<pre>${escapeHtml(page.reason)}</pre>`);
  if (page.section !== undefined) parts.push(`<footer>${escapeHtml(page.section)}</footer>`);
  return renderPage(`${status} ${phrase}`, parts.join("\n"));
}

/** Inserts the reason at the top of the tree's own page, where it is seen at once. */
function withReason(markup: string, reason: string): string {
  const { escapeHtml } = markupOf();
  const aside = `<pre role="note">${escapeHtml(reason)}</pre>\n`;
  const body = /<body(?:\s[^>]*)?>/i.exec(markup);
  const at = body === null ? markup.length : body.index + body[0].length;
  return `${markup.slice(0, at)}${aside}${markup.slice(at)}`;
}

/** A builder for a response whose body is a page. */
function startPage<S extends ContentStatus>(status: S): ResponseBuilder<S> {
  return new ResponseBuilder(status).line(noSniff).line(ownOriginOnly);
}

/** The paths of the tree's own pages, by status. */
const ownPages: Readonly<Record<403 | 404, ContainedPath | undefined>> = {
  403: childPath(rootPath, "403.html"),
  404: childPath(rootPath, "404.html"),
};

/** The error pages of one site. */
export class ErrorPages {
  readonly #tree: Tree;
  readonly #limits: Limits;
  readonly #explain: boolean;

  constructor(tree: Tree, limits: Limits, explain: boolean) {
    this.#tree = tree;
    this.#limits = limits;
    this.#explain = explain;
  }

  /** 404: the tree's 404.html, or the built-in page. */
  notFound(view: View, reason?: string, path?: ContainedPath): Answer {
    const text = "There is nothing here by this name.";
    const page = { text, ...(reason === undefined ? {} : { reason }) };
    return this.#fromTree(404, page, view, path);
  }

  /** 403: the tree's 403.html, or the built-in page. */
  forbidden(view: View, reason: string, path?: ContainedPath): Answer {
    return this.#fromTree(403, { text: "This is not for everyone to read.", reason }, view, path);
  }

  /** 405, with the methods that are allowed (RFC 9110 §15.5.6). */
  notAllowed(allow: string): Response {
    const markup = builtInPage(405, { text: `The methods here are: ${allow}.` });
    return startPage(405).field("Allow", allow).html(markup).build();
  }

  /** 406: no content coding of the representation is acceptable (RFC 9110 §15.5.7, §12.5.3). */
  notAcceptable(): Response {
    const text = "There is no form of this in a content coding that the request accepts.";
    const builder = startPage(406).field("Vary", "Accept-Encoding");
    return builder.html(builtInPage(406, { text })).build();
  }

  /** 412: a condition of the request is false (RFC 9110 §15.5.13). */
  preconditionFailed(): Response {
    const text = "The resource isn't as the request's conditions ask.";
    return startPage(412).html(builtInPage(412, { text })).build();
  }

  /** 416: no range lies within the `size` octets of the representation (RFC 9110 §15.5.17). */
  rangeNotSatisfiable(size: number): Response {
    const markup = builtInPage(416, { text: `There are ${size} bytes, and none of those.` });
    return startPage(416).field("Content-Range", `bytes */${size}`).html(markup).build();
  }

  /**
   * The page for a refusal; closes the connection if the error table says so. `reason` says in
   * detail what was wrong with the request.
   */
  refusal(refusal: Refusal, reason?: string): Response {
    const { status, section, text, close, limit } = refusal;
    const bound = limit === undefined ? "" : ` (${limit.name}: ${limit.maximum})`;
    const shown = reason === undefined || !this.#explain ? {} : { reason };
    const markup = builtInPage(status, { text: `${text}${bound}`, section, ...shown });
    const described = describeRefusal(refusal);
    const noted = reason === undefined ? described : `${described}: ${reason}`;
    const builder = startPage(status).noting({ reason: noted });
    if (status === 503) builder.field("Retry-After", "1");
    if (close) builder.closing();
    return builder.html(markup).build();
  }

  /** 500: the storage or a handler failed; `reason` is for the log only. */
  failed(reason: string): Response {
    const { text } = refusals["handler-failed"];
    return startPage(500).noting({ reason }).html(builtInPage(500, { text })).build();
  }

  #fromTree(status: 403 | 404, page: PageText, view: View, path?: ContainedPath): Answer {
    return whenReady(this.#openOwn(status, path, view), (found) =>
      this.#makePage(status, found, page),
    );
  }

  /** Opens the tree's own page for `status`: that of the root nearest to `path` that has one. */
  #openOwn(status: 403 | 404, path: ContainedPath | undefined, view: View): Eventual<Outcome> {
    const roots = this.#tree.rootsOf?.(path ?? rootPath);
    if (roots !== undefined) return this.#openFirst(status, roots, view);
    const page = ownPages[status];
    return page === undefined ? noPage : this.#tree.open(page, view);
  }

  #openFirst(
    status: 403 | 404,
    [root, ...others]: readonly ContainedPath[],
    view: View,
  ): Eventual<Outcome> {
    const page = root === undefined ? undefined : childPath(root, `${status}.html`);
    if (page === undefined) return noPage;
    return whenReady(this.#tree.open(page, view), (found) =>
      found.kind === "file" || found.kind === "failed"
        ? found
        : this.#openFirst(status, others, view),
    );
  }

  #makePage(status: 403 | 404, found: Outcome, page: PageText): Response {
    const note: ResponseNote = page.reason === undefined ? {} : { reason: page.reason };
    if (found.kind === "failed") return this.failed(unreadablePage(status, found.code));
    const shown: PageText = this.#explain ? page : { text: page.text };
    const builder = startPage(status).noting(note);
    if (found.kind !== "file") return builder.html(builtInPage(status, shown)).buildCached();
    const { file } = found;
    const isLarge = file.size > this.#limits.sendPieceBytes;
    if (shown.reason === undefined || isLarge) return fileResponse(builder, file);
    const octets = file.readAll();
    file.close();
    if (octets === undefined) return this.failed(unreadablePage(status));
    const markup = new TextDecoder().decode(octets);
    const explained = builder.html(withReason(markup, shown.reason));
    return file.content !== undefined && file.slot !== undefined
      ? explained.buildCached()
      : explained.build();
  }
}

const noPage: Outcome = { kind: "absent" };

/** Why a page of the tree's own is answered with 500, for the log. */
function unreadablePage(status: 403 | 404, code?: string): string {
  return `${ownPages[status]?.text ?? ""} can't be read${code === undefined ? "" : `: ${code}`}`;
}

/** Whether `name` can be the name of a file in the root: a single path segment. */
export function isPageName(name: string): boolean {
  return isNameable(name);
}
