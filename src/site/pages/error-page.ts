/**
 * The pages of error responses: the tree's own 403.html or 404.html if strangers may read it, a
 * built-in page otherwise. No page contains a message of the operating system. The reason for a 403
 * or 404, the command that mends it and similar names are shown only with `--explain`; the log
 * always has the reason.
 */

import type { Eventual } from "../../base/eventual.ts";
import { whenReady } from "../../base/eventual.ts";
import type { Limits } from "../../base/limits.ts";
import type { ContainedPath } from "../../tree/path.ts";
import { childPath, displayName, encodePath, isNameable, rootPath } from "../../tree/path.ts";
import type { Denial } from "../../tree/permission.ts";
import { explainDenial } from "../../tree/permission.ts";
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
import type { Request } from "../request.ts";
import type { AskedPath, Ways } from "./asked-path.ts";
import type { ErrorPageText, PageLink } from "./error-markup.ts";

/** The text of a page besides its status. */
type PageText = Omit<ErrorPageText, "status" | "phrase">;

/** Looks for paths with names similar to that of a missing one. */
export interface NearNames {
  /** Whether the log shows them. */
  isLogged(): boolean;
  /** Those near to `path`, the nearest first, each of which a visitor gets. Never rejects. */
  find(path: ContainedPath): Promise<readonly ContainedPath[]>;
}

/** What an answer lacks. */
export interface Missed {
  /** The request; absent when its target has nothing to do with what is missing. */
  readonly request?: Request;
  /** The path that was looked up, which may differ from the request's. */
  readonly path?: ContainedPath;
}

/** A page of the tree's own, or the built-in one in its place, before the tree is asked. */
interface MissedPage {
  readonly status: 403 | 404;
  readonly text: string;
  readonly missed: Missed;
  /** What `--explain` shows: the reason, the command that mends it, and similar names. */
  readonly reason?: string | undefined;
  readonly command?: string | undefined;
  readonly near?: readonly ContainedPath[];
  readonly note: ResponseNote;
}

/**
 * Whether `error` is that of code which can't be loaded, since the package was replaced or removed
 * (`build/parts.ts`). It has been said on standard error.
 */
export function isLostPart(error: unknown): boolean {
  return error instanceof Error && error.name === "LostPart";
}

/** What `make` makes; if its code can't be loaded, what `otherwise` makes. */
function unlessLost<Made>(make: () => Made, otherwise: () => Made): Made {
  try {
    return make();
  } catch (error) {
    if (!isLostPart(error)) throw error;
    return otherwise();
  }
}

/** The markup of pages; loaded by the first page that is made. */
let markupModule: typeof import("./error-markup.ts") | undefined;

function markupOf(): typeof import("./error-markup.ts") {
  markupModule ??= require("./error-markup.ts") as typeof import("./error-markup.ts");
  return markupModule;
}

/** What requests asked for; loaded by the first page about one. */
function askedPaths(): typeof import("./asked-path.ts") {
  return require("./asked-path.ts") as typeof import("./asked-path.ts");
}

/** What is answered when a store fails; loaded by the first that does. */
function ofStores(): typeof import("./gateway-response.ts") {
  return require("./gateway-response.ts") as typeof import("./gateway-response.ts");
}

/** The command that mends `denial`, in the root; its code is loaded by the first. */
function commandFor(denial: Denial): string | undefined {
  const { mendingCommand } =
    require("../../tree/mending-command.ts") as typeof import("../../tree/mending-command.ts");
  return mendingCommand(denial);
}

/** The built-in page for `status`; that alone where the code of pages can't be loaded. */
function builtInPage(status: ContentStatus, page: PageText): string {
  const phrase = reasonPhrases[status];
  return unlessLost(
    () => markupOf().renderErrorPage({ ...page, status, phrase }),
    () => `<!DOCTYPE html>\n<title>${status} ${phrase}</title>\n<p>${status} ${phrase}\n`,
  );
}

/** Inserts the reason and similar names at the top of the tree's own page, to be seen at once. */
function withReason(markup: string, { reason, command, near = [] }: PageText): string {
  const lines = [reason, command].filter((line) => line !== undefined);
  const note = markupOf().notePre(lines, near);
  const body = /<body(?:\s[^>]*)?>/i.exec(markup);
  const at = body === null ? markup.length : body.index + body[0].length;
  return `${markup.slice(0, at)}${note}${markup.slice(at)}`;
}

/** A builder for a response whose body is a page. */
function startPage<S extends ContentStatus>(status: S): ResponseBuilder<S> {
  return new ResponseBuilder(status).line(noSniff).line(ownOriginOnly);
}

function shownPaths(paths: readonly ContainedPath[]): readonly string[] {
  return paths.map(({ text }) => displayName(text));
}

/** Similar paths, for a line of the log. */
export function describeNear(paths: readonly string[]): string {
  return `similar: ${paths.join(", ")}`;
}

/** The paths of the tree's own pages, by status. */
const ownPages: Readonly<Record<403 | 404, ContainedPath | undefined>> = {
  403: childPath(rootPath, "403.html"),
  404: childPath(rootPath, "404.html"),
};

/** What the error pages of a site depend on besides its tree. */
interface ErrorPageSettings {
  /** Whether folders are listed; true by default. */
  readonly listing?: boolean;
  /** Looks for similar names; absent where no names are told. */
  readonly near?: NearNames | undefined;
  /** The base that the site is served under; the root by default. */
  readonly home?: ContainedPath;
  /** Whether reasons and similar names are for users alone, who have a password; by default no. */
  readonly hasUsers?: boolean;
}

const notFoundText = "There is nothing here by this name.";

/** The error pages of one site. */
export class ErrorPages {
  readonly #tree: Tree;
  readonly #limits: Limits;
  readonly #explain: boolean;
  readonly #ways: Ways;
  readonly #near: NearNames | undefined;
  readonly #hasUsers: boolean;

  constructor(
    tree: Tree,
    limits: Limits,
    explain: boolean,
    { listing = true, near, home = rootPath, hasUsers = false }: ErrorPageSettings = {},
  ) {
    this.#tree = tree;
    this.#limits = limits;
    this.#explain = explain;
    this.#ways = { tree, isListed: listing, home };
    this.#near = near;
    this.#hasUsers = hasUsers;
  }

  /**
   * 404: the tree's 404.html, or the built-in page. Similar names are looked for where there is no
   * `reason`: for the page with `--explain`, otherwise when the log asks for them.
   */
  notFound(view: View, reason?: string, missed: Missed = {}): Answer {
    const page = { status: 404, text: notFoundText, missed } as const;
    if (reason !== undefined) return this.#fromTree({ ...page, reason, note: { reason } }, view);
    const search = this.#searchNear(missed);
    if (search === undefined) return this.#fromTree({ ...page, note: {} }, view);
    const near = async (): Promise<readonly string[]> => shownPaths(await search());
    if (!this.#explains(missed)) return this.#fromTree({ ...page, note: { near } }, view);
    // The entries of a folder are not watched.
    view.dependOnMore();
    return search().then((found) => {
      const note = found.length === 0 ? {} : { reason: describeNear(shownPaths(found)) };
      return this.#fromTree({ ...page, near: found, note }, view);
    });
  }

  /** 403: the tree's 403.html, or the built-in page. */
  forbidden(view: View, denial: Denial, missed: Missed = {}): Answer {
    const text = "This is not for everyone to read.";
    const reason = explainDenial(denial);
    const find = (): string | undefined => commandFor(denial);
    const command = this.#explains(missed) ? unlessLost(find, () => undefined) : undefined;
    return this.#fromTree({ status: 403, text, missed, reason, command, note: { reason } }, view);
  }

  /** 404 for a path outside of the base, with a link to `inside`, the same path below it. */
  outsideOfBase(request: Request, inside: ContainedPath): Response {
    const { locationFrom } =
      require("../content/redirect.ts") as typeof import("../content/redirect.ts");
    const { home } = this.#ways;
    const asked = askedPaths().readAskedPath(request, this.#limits.shownPathBytesMax);
    const href = locationFrom(request.head.target, encodePath(inside));
    const markup = builtInPage(404, {
      text: notFoundText,
      asked: asked.shown,
      base: { path: home.text, meant: { path: inside.text, href } },
      home: askedPaths().linkHome(asked, home),
    });
    const reason = `not under --base ${displayName(home.text)}`;
    return startPage(404).noting({ reason }).html(markup).build();
  }

  /**
   * 405, with the methods that are allowed (RFC 9110 §15.5.6); `reason` says why the request's
   * isn't, where that is known.
   */
  notAllowed(allow: string, reason?: string, missed: Missed = {}): Response {
    const text = `The methods here are: ${allow}.`;
    return this.#reasoned(405, text, reason, missed).field("Allow", allow).build();
  }

  /** 406: no content coding of the representation is acceptable (RFC 9110 §15.5.7, §12.5.3). */
  notAcceptable(): Response {
    const text = "There is no form of this in a content coding that the request accepts.";
    const builder = startPage(406).field("Vary", "Accept-Encoding");
    return builder.html(builtInPage(406, { text })).build();
  }

  /** 412: a condition of the request is false (RFC 9110 §15.5.13); `reason` says which one. */
  preconditionFailed(reason?: string, missed: Missed = {}): Response {
    const text = "The resource isn't as the request's conditions ask.";
    return this.#reasoned(412, text, reason, missed).build();
  }

  /** A built-in page with `text`; with `reason`, if there is one, for the log and to explain. */
  #reasoned(
    status: 405 | 412,
    text: string,
    reason: string | undefined,
    missed: Missed,
  ): ResponseBuilder<405 | 412, "filled"> {
    const builder = startPage(status);
    if (reason === undefined) return builder.html(builtInPage(status, { text }));
    const shown = this.#explains(missed) ? { text, reason } : { text };
    return builder.noting({ reason }).html(builtInPage(status, shown));
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
    const { kind, status, section, text, close, limit } = refusal;
    const bound = limit === undefined ? "" : ` (${limit.name}: ${limit.maximum})`;
    const shown = reason === undefined || !this.#explains({}) ? {} : { reason };
    const markup = builtInPage(status, { text: `${text}${bound}`, section, ...shown });
    const described = describeRefusal(refusal);
    const noted = reason === undefined ? described : `${described}: ${reason}`;
    const builder = startPage(status).noting({ reason: noted, refusal: kind });
    if (status === 503) builder.field("Retry-After", "1");
    if (close) builder.closing();
    return builder.html(markup).build();
  }

  /** 401 with `challenge` (RFC 9110 §11.6.1); `reason` is for the log only. */
  unauthorized(challenge: string, reason: string): Response {
    const refused = this.refusal(refusals.credentials);
    const note = { reason: `${describeRefusal(refusals.credentials)}: ${reason}` };
    return { ...refused, note, fields: [...refused.fields, ["WWW-Authenticate", challenge]] };
  }

  /** 500: the storage or a handler failed; `reason` is for the log only. */
  failed(reason: string): Response {
    const { text } = refusals["handler-failed"];
    return startPage(500).noting({ reason }).html(builtInPage(500, { text })).build();
  }

  /** The storage failed; if it is another server's, as a gateway says it. */
  unreadable({ code, gateway, limit }: Extract<Outcome, { kind: "failed" }>): Response {
    if (limit !== undefined) return this.refusal({ ...ofStores().folderTooLarge, limit }, code);
    if (gateway === undefined) return this.failed(`the file system answered ${code}`);
    const { gatewayResponse } = ofStores();
    return gatewayResponse(gateway, (refusal) => this.refusal(refusal, code));
  }

  /** Opens the tree's own page for `status`: that of the root nearest to `path` that has one. */
  #openOwn(status: 403 | 404, path: ContainedPath | undefined, view: View): Eventual<Outcome> {
    const roots = this.#tree.rootsOf?.(path ?? rootPath);
    if (roots !== undefined) return this.#openFirst(status, roots, view);
    const page = ownPages[status];
    return page === undefined ? noPage : this.#openFile(page, view);
  }

  #openFile(page: ContainedPath, view: View): Eventual<Outcome> {
    const tree = this.#tree;
    return tree.openFile?.(page, view) ?? tree.open(page, view);
  }

  #openFirst(
    status: 403 | 404,
    [root, ...others]: readonly ContainedPath[],
    view: View,
  ): Eventual<Outcome> {
    const page = root === undefined ? undefined : childPath(root, `${status}.html`);
    if (page === undefined) return noPage;
    return whenReady(this.#openFile(page, view), (found) =>
      found.kind === "file" || found.kind === "failed"
        ? found
        : this.#openFirst(status, others, view),
    );
  }

  /** Whether the page for a request says more than its sentence. */
  #explains({ request }: Missed): boolean {
    return this.#explain && (!this.#hasUsers || request?.user !== undefined);
  }

  /** What looks for names similar to that of what is missing, if that is what was asked for. */
  #searchNear({ request, path }: Missed): (() => Promise<readonly ContainedPath[]>) | undefined {
    const search = this.#near;
    if (search === undefined || request === undefined || path === undefined) return undefined;
    if (!this.#explains({ request }) && !search.isLogged()) return undefined;
    return async () => {
      const asked = askedPaths().readAskedPath(request, 0);
      // What a rewrite leads to is not told.
      return asked.path?.text === path.text ? search.find(path) : [];
    };
  }

  #fromTree(page: MissedPage, view: View): Answer {
    return whenReady(this.#openOwn(page.status, page.missed.path, view), (outcome) => {
      if (outcome.kind === "file") return this.#makePage(page, outcome);
      if (outcome.kind !== "failed") return this.#makeBuiltIn(page, view);
      const reason = unreadablePage(page.status, outcome.code);
      if (outcome.gateway === undefined) return this.failed(reason);
      // What was asked for is known to be missing, or locked, whatever another server says of the
      // page; the answer depends on that failure, so it isn't cached.
      const reasons = page.note.reason === undefined ? reason : `${page.note.reason}; ${reason}`;
      return this.#makeBuiltIn({ ...page, note: { ...page.note, reason: reasons } }, view);
    });
  }

  /** The built-in page: what was asked for, and the ways on, if its code can be loaded. */
  #makeBuiltIn(page: MissedPage, view: View): Answer {
    const { status, note, text } = page;
    return unlessLost<Answer>(
      () => this.#makeWhole(page, view),
      () => startPage(status).noting(note).html(builtInPage(status, { text })).build(),
    );
  }

  #makeWhole({ status, note, missed, ...page }: MissedPage, view: View): Answer {
    const asked = this.#askedFor(missed);
    return whenReady(this.#wayUp(asked, missed, view), (up) => {
      const home = asked === undefined ? undefined : askedPaths().linkHome(asked, this.#ways.home);
      const shown = { ...this.#shown({ ...page, missed }, asked), asked: asked?.shown, up, home };
      return startPage(status).noting(note).html(builtInPage(status, shown)).buildCached();
    });
  }

  #askedFor({ request }: Missed): AskedPath | undefined {
    if (request === undefined) return undefined;
    return askedPaths().readAskedPath(request, this.#limits.shownPathBytesMax);
  }

  /** The way up; none where the path that was looked up is not the one that was asked for. */
  #wayUp(
    asked: AskedPath | undefined,
    { path }: Missed,
    view: View,
  ): Eventual<PageLink | undefined> {
    if (asked === undefined || asked.path?.text !== path?.text) return undefined;
    return askedPaths().linkUp(asked, this.#ways, view);
  }

  /** What a page says: its sentence, and with `--explain` all else. */
  #shown(
    { text, reason, command, missed, near = [] }: Omit<MissedPage, "status" | "note">,
    asked: AskedPath | undefined,
  ): PageText {
    if (!this.#explains(missed)) return { text };
    if (asked === undefined) return { text, reason, command };
    const { linkFrom } = askedPaths();
    return { text, reason, command, near: near.map((path) => linkFrom(asked, path)) };
  }

  /** The response with the page of the tree's own that was `found`. */
  #makePage(page: MissedPage, { file }: Extract<Outcome, { kind: "file" }>): Response {
    const { status, note, missed } = page;
    const builder = startPage(status).noting(note);
    const isLarge = file.size > this.#limits.sendPieceBytes;
    const tellsMore = page.reason !== undefined || (page.near?.length ?? 0) > 0;
    if (!this.#explains(missed) || !tellsMore || isLarge) return fileResponse(builder, file);
    const octets = file.readAll();
    file.close();
    if (octets === undefined) return this.failed(unreadablePage(status));
    const markup = new TextDecoder().decode(octets);
    const explained = builder.html(withReason(markup, this.#shown(page, this.#askedFor(missed))));
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
