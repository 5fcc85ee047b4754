/**
 * GET and HEAD of a tree (RFC 9110 §9.3.1, §9.3.2). The tree opens a path, the outcome becomes a
 * representation, and one of its variants is selected and sent. Permission has been checked by the
 * tree when it opened the file.
 */

import { refusals } from "../../http/message/error.ts";
import type { Eventual } from "../../base/eventual.ts";
import { whenReady } from "../../base/eventual.ts";
import type { Limits } from "../../base/limits.ts";
import type { Response, ResponseField } from "../../http/message/response.ts";
import type { RedirectStatus } from "../../http/message/response-builder.ts";
import { ResponseBuilder } from "../../http/message/response-builder.ts";
import type { ContentStatus } from "../../http/message/status.ts";
import type { TurnBudgets } from "../../schedule/turn-budgets.ts";
import type { ContainedPath } from "../../tree/path.ts";
import { childPath, containPath, encodePath } from "../../tree/path.ts";
import type { AbsenceCause, OpenFile, Outcome, Tree } from "../../tree/tree.ts";
import type { View } from "../../tree/view.ts";
import type { Answer } from "../endpoint.ts";
import type { Archives } from "../archive/archives.ts";
import type { ArchiveFormat } from "../download/archive-format.ts";
import type { Presentation } from "../download/asked-download.ts";
import type { LivePages } from "../live/live-pages.ts";
import type { EarlyHints } from "../hints/early-hints.ts";
import type { ListingContent } from "../listing/listing-content.ts";
import type { ErrorPages, Missed } from "../pages/error-page.ts";
import type { Previews } from "../preview/previews.ts";
import type { Request } from "../request.ts";
import type { UploadOffer } from "../upload-area/upload-offer.ts";
import { hasVariants } from "../variants/compressible.ts";
import type { Selection, VariantSelector } from "../variants/variant-selector.ts";
import { ContentFields, sandboxLine } from "./cache-control.ts";
import { codingOf, mediaTypeOf, representFile } from "./file-representation.ts";
import { fileResponse, isUnsized, unsizedBodyOf } from "./file-response.ts";
import { fileSlotsOf } from "./file-slots.ts";
import type { RepresentationParts } from "./representation.ts";
import { repeatedOn304, Representation } from "./representation.ts";
import { respondWith, unmatchableTag, weighRequest } from "./selected-response.ts";

/** What `TreeContent` needs. */
interface ContentService {
  readonly tree: Tree;
  readonly pages: ErrorPages;
  readonly limits: Limits;
  /** The budgets of a turn of the event loop. */
  readonly budgets: TurnBudgets;
  /** Whether a folder without an index is listed. */
  readonly listing: boolean;
  /** Whether listings say why an entry is locked. */
  readonly explain: boolean;
  /** Seconds for which responses are fresh; undefined when they are revalidated each time. */
  readonly cacheSeconds: number | undefined;
  /** The selector of variants, loaded by its first use; undefined when compression is off. */
  readonly variants: (() => VariantSelector) | undefined;
  /** The archives of folders, loaded by their first use; undefined when they are off. */
  readonly archives: (() => Archives) | undefined;
  /** The previews, loaded by their first use; undefined when they are off. */
  readonly previews: (() => Previews) | undefined;
  /** The early hints, loaded by their first use; undefined when they are off. */
  readonly earlyHints: (() => EarlyHints) | undefined;
  /** Puts the script of live reload into pages; undefined when that is off. */
  readonly live: LivePages | undefined;
  /** Tells who may store files in a folder; undefined where none can be. */
  readonly uploads?: UploadOffer | undefined;
}

const htmlType = "text/html; charset=utf-8";

/** Whether `mediaType` is that of an HTML page; one that isn't UTF-8 has no charset. */
function isHtml(mediaType: string): boolean {
  return mediaType === htmlType || mediaType === "text/html";
}

/** What stands for such content in the conditions of other methods. */
const untaggedParts: RepresentationParts = {
  mediaType: htmlType,
  entityTag: unmatchableTag,
  content: new Uint8Array(0),
  fields: [],
};

/** Why a name that may exist is answered with 404, for the log and for `--explain`. */
const absenceReasons: Record<AbsenceCause, string> = {
  hidden: "names that begin with a dot are hidden; --hidden serves them",
  "link-outside": "a symbolic link leads outside the root; --symlinks follow serves it",
  "link-refused": "symbolic links are not followed, as --symlinks deny says",
  "link-loop": "the symbolic links go round in a circle, or on for too long",
  special: "neither a file nor a folder",
};

/** Whether a query may ask for another presentation; `download/asked-download.ts` reads it. */
const asking = /(?:^|&)(?:raw|download|thumbnail|preview)(?:[=&]|$)/;

/** Whether it may ask for a preview. */
const askingPreview = /(?:^|&)(?:thumbnail|preview)(?:[=&]|$)/;

/** What queries ask for; loaded by the first that may ask for something. */
function askedDownloads(): typeof import("../download/asked-download.ts") {
  return require("../download/asked-download.ts") as typeof import("../download/asked-download.ts");
}

/** The formats of archives; loaded by the first listing of a site that has them. */
function archiveFormatsOffered(): readonly ArchiveFormat[] {
  const { archiveFormats } =
    require("../download/archive-format.ts") as typeof import("../download/archive-format.ts");
  return archiveFormats;
}

/** Files that aren't presented as usual; loaded by the first. */
function presentedFiles(): typeof import("../download/presented-file.ts") {
  return require("../download/presented-file.ts") as typeof import("../download/presented-file.ts");
}

/** The path of `file`, which was opened by `path`: an index is a file in the folder at `path`. */
function pathOfFile(file: OpenFile, path: ContainedPath): ContainedPath {
  return path.trailingSlash ? (childPath(path, file.name) ?? path) : path;
}

/** Answers from a tree. */
export class TreeContent {
  readonly #service: ContentService;
  readonly #fields: ContentFields;
  #listings: ListingContent | undefined;

  constructor(service: ContentService) {
    this.#service = service;
    this.#fields = new ContentFields(service.cacheSeconds);
  }

  /** Answers a GET or a HEAD with what is at `path`, which may differ from the request's target. */
  answer(request: Request, path: ContainedPath, query: string | undefined, view: View): Answer {
    return whenReady(this.#service.tree.open(path, view), (found) =>
      this.answerFound(request, found, path, query, view),
    );
  }

  /**
   * A redirect to `to`, a URI reference or a path of the site, with `query` appended. Its code is
   * loaded by the first redirect.
   */
  redirect(
    { head: { target } }: Request,
    status: RedirectStatus,
    to: string,
    query: string | undefined,
  ): Response {
    const { locationFrom, redirect } = require("./redirect.ts") as typeof import("./redirect.ts");
    const location = to.startsWith("/") ? locationFrom(target, to) : to;
    return redirect(status, location, query, this.#service.cacheSeconds);
  }

  /** Answers a GET or a HEAD with the outcome `found` of opening `path`. */
  answerFound(
    request: Request,
    found: Outcome,
    path: ContainedPath,
    query: string | undefined,
    view: View,
  ): Answer {
    const { listing, pages } = this.#service;
    const asked = query !== undefined && asking.test(query) ? query : undefined;
    if (asked !== undefined && path.trailingSlash) {
      const archive = this.#answerArchive(request, found, path, asked, view);
      if (archive !== undefined) return archive;
    }
    switch (found.kind) {
      case "file":
        return asked === undefined
          ? this.#answerFile(request, found.file, path, view)
          : this.#answerAsked(request, found.file, path, asked, view);
      case "directory":
        if (!listing) return pages.notFound(view, "listings are off", { request, path });
        return this.#openListings().answer(request, path, query, view);
      case "redirect":
        return this.redirect(request, 308, `${encodePath(path)}/`, query);
      default:
        return this.#answerMissing(found, view, { request, path });
    }
  }

  /**
   * Answers a request other than GET or HEAD with the content of the outcome `found`. There are no
   * conditions and no validators, because those of the request are about its target and not about
   * this file.
   */
  answerWithContent(found: Outcome, builder: ResponseBuilder<ContentStatus>, view: View): Answer {
    switch (found.kind) {
      case "file":
        return fileResponse(builder, found.file);
      case "directory":
      case "redirect":
        return this.#service.pages.notFound(view);
      default:
        return this.#answerMissing(found, view);
    }
  }

  /**
   * The representation that a GET with the target and fields of `request` would select now, for the
   * conditions of another method; undefined if there is none. The caller releases it.
   */
  async select(request: Request, view: View): Promise<Representation | undefined> {
    const { target } = request.head;
    if (target.form !== "origin" && target.form !== "absolute") return undefined;
    const path = containPath(target.path);
    if (!path.ok) return undefined;
    const found = await this.#service.tree.open(path.value, view);
    if (found.kind === "file") {
      if (isUnsized(found.file)) {
        found.file.close();
        return new Representation(untaggedParts);
      }
      const identity = this.#representationOf(found.file);
      if (identity === undefined) return undefined;
      const selected = await this.#selectOfFile(request, identity, found.file, path.value, view);
      return selected instanceof Representation ? selected : undefined;
    }
    if (found.kind !== "directory" || !this.#service.listing) return undefined;
    const { query } = target;
    const listed = await this.#openListings().represent(request, path.value, query, view);
    if (listed !== undefined && "kind" in listed) return undefined;
    // A streamed listing exists, so "*" matches it; it has no other validators.
    if (listed === undefined) return new Representation(untaggedParts);
    const selected = await this.#selectVariant(request, listed, path.value, view);
    return selected instanceof Representation ? selected : undefined;
  }

  /**
   * Answers with the folder at `path`, which was opened as `found`, as the archive that `query`
   * asks for; undefined when it asks for none, or none is made here.
   */
  #answerArchive(
    request: Request,
    found: Outcome,
    path: ContainedPath,
    query: string,
    view: View,
  ): Answer | undefined {
    const { archives, pages, tree, variants } = this.#service;
    if (archives === undefined || (found.kind !== "file" && found.kind !== "directory")) {
      return undefined;
    }
    const format = askedDownloads().askedArchiveOf(query);
    if (format === undefined) return undefined;
    return whenReady(tree.describe(path, view), (folder) => {
      // Where a single file is all that is served, it is at "/".
      if (folder.kind === "absent" && found.kind === "file") {
        return this.#answerFile(request, found.file, path, view);
      }
      if (found.kind === "file") found.file.close();
      if (folder.kind !== "folder") return this.#answerMissing(folder, view);
      const isAcceptable = variants?.().takesIdentity(request.head.fields) !== false;
      if (!isAcceptable) return pages.notAcceptable();
      return archives().respond(request, path, folder, format);
    });
  }

  /** Answers with `file`, which was opened by `path`, as `query` may ask for it. */
  #answerAsked(
    request: Request,
    file: OpenFile,
    path: ContainedPath,
    query: string,
    view: View,
  ): Answer {
    const { pages, previews } = this.#service;
    if (previews === undefined || !askingPreview.test(query) || isUnsized(file)) {
      const how = askedDownloads().askedPresentationOf(query);
      return this.#answerFile(request, file, path, view, how);
    }
    const usual = this.#representationOf(file);
    if (usual === undefined) return pages.failed("the file can't be read");
    const at = pathOfFile(file, path);
    return whenReady(previews().of(usual, file, at, query), (made) => {
      if (made === "busy") return pages.refusal(refusals.overloaded);
      if (made instanceof Representation) {
        return this.#answerSelected(request, this.#selectVariant(request, made, at, view));
      }
      return pages.notFound(view, made.reason, { request, path });
    });
  }

  /**
   * Answers with the selected variant of `file`, which was opened by `path`, presented as
   * `how` says.
   */
  #answerFile(
    request: Request,
    file: OpenFile,
    path: ContainedPath,
    view: View,
    how?: Presentation,
  ): Answer {
    if (isUnsized(file)) return this.#answerUnsized(request, file, how);
    const usual = this.#representationOf(file);
    const { earlyHints, pages } = this.#service;
    if (usual === undefined) return pages.failed("the file can't be read");
    const identity = how === undefined ? usual : presentedFiles().presentFile(usual, file, how);
    const { method, acceptsInterim } = request.head;
    const mayHint = method === "GET" && acceptsInterim && isHtml(identity.mediaType);
    if (earlyHints !== undefined && mayHint && how === undefined) {
      return this.#answerWithHints(request, identity, pathOfFile(file, path), earlyHints(), view);
    }
    return this.#answerSelected(request, this.#selectOfFile(request, identity, file, path, view));
  }

  /** Selects a variant of `file`, which was opened by `path`. */
  #selectOfFile(
    request: Request,
    identity: Representation,
    file: OpenFile,
    path: ContainedPath,
    view: View,
  ): Eventual<Selection> {
    return this.#selectVariant(request, identity, pathOfFile(file, path), view);
  }

  #selectVariant(
    request: Request,
    stored: Representation,
    path: ContainedPath,
    view: View,
  ): Eventual<Selection> {
    const { live, variants } = this.#service;
    const identity = live?.page(stored, request) ?? stored;
    // Without Accept-Encoding any coding is acceptable, but most such clients decode none.
    if (variants === undefined || !request.head.fields.has("accept-encoding")) return identity;
    return variants().select(request, identity, path, view);
  }

  #answerSelected(request: Request, selection: Eventual<Selection>): Answer {
    const { pages, limits } = this.#service;
    return whenReady(selection, (selected) => {
      if (selected === "none") return pages.notAcceptable();
      if (selected === "busy") return pages.refusal(refusals.overloaded);
      if ("kind" in selected) return pages.unreadable(selected);
      return respondWith(request, selected, pages, limits);
    });
  }

  /**
   * The identity representation of `file`, kept in the file's slot if it has one. If the file can't
   * be read, it is closed and the result is undefined.
   */
  #representationOf(file: OpenFile): Representation | undefined {
    const slots = fileSlotsOf(file);
    if (slots?.representation !== undefined) return slots.representation;
    const mediaType = mediaTypeOf(file);
    const coding = codingOf(file);
    if (mediaType === undefined || coding === "unread") {
      file.close();
      return undefined;
    }
    const mayVary = this.#service.variants !== undefined && file.coding === undefined;
    const varies = mayVary && hasVariants(mediaType, file.name);
    const usual = this.#fields.of(file.name, varies);
    const coded = coding === undefined ? usual : [...usual, coding];
    const fields = file.isUploaded === true ? [...coded, sandboxLine] : coded;
    const representation = representFile(file, mediaType, fields, varies);
    if (slots !== undefined) slots.representation = representation;
    return representation;
  }

  /**
   * Answers with the selected variant of the page `identity`, at `path`. A 200 also gets hints at
   * the resources that the page refers to.
   */
  #answerWithHints(
    request: Request,
    identity: Representation,
    path: ContainedPath,
    earlyHints: EarlyHints,
    view: View,
  ): Answer {
    let hints: readonly string[];
    try {
      hints = earlyHints.linksOf(identity, request.head);
    } catch (error) {
      identity.release();
      throw error;
    }
    const selection = this.#selectVariant(request, identity, path, view);
    return whenReady(this.#answerSelected(request, selection), (response) =>
      response.status === 200 && hints.length > 0 ? { ...response, hints } : response,
    );
  }

  /** The listings of the site. Their code is loaded by the first one. */
  #openListings(): ListingContent {
    if (this.#listings === undefined) {
      const { ListingContent: Listings } =
        require("../listing/listing-content.ts") as typeof import("../listing/listing-content.ts");
      const { archives, budgets, explain, limits, previews, tree, variants } = this.#service;
      this.#listings = new Listings({
        tree,
        limits,
        budgets,
        explains: explain,
        archives: archives === undefined ? [] : archiveFormatsOffered(),
        previews: previews?.(),
        uploads: this.#service.uploads,
        hasVariants: variants !== undefined,
        isLive: this.#service.live !== undefined,
        contentFields: this.#fields.of("", false),
        selected: (request, listing, path, view) =>
          this.#answerSelected(request, this.#selectVariant(request, listing, path, view)),
        streamed: (...of) => this.#streamed(...of),
        failed: (failure, view, missed) => this.#answerMissing(failure, view, missed),
      });
    }
    return this.#listings;
  }

  /**
   * Answers with `file`, whose size isn't known, while it is read, uncoded, without ETag or
   * Content-Length.
   */
  #answerUnsized(request: Request, file: OpenFile, how?: Presentation): Response {
    const mediaType = mediaTypeOf(file);
    if (mediaType === undefined) {
      file.close();
      return this.#service.pages.failed("the file can't be read");
    }
    const body = unsizedBodyOf(file);
    const fields = this.#fields.of(file.name, false);
    const response = this.#streamed(request, mediaType, fields, () => body);
    if (response.body.kind !== "stream") file.close();
    return how === undefined ? response : presentedFiles().presentResponse(response, file, how);
  }

  /**
   * The response with `fields` whose body is the stream that `open` opens. It has no validators
   * (RFC 9110 §8.8) and no ranges.
   */
  #streamed(
    request: Request,
    mediaType: string,
    fields: readonly ResponseField[],
    open: () => AsyncIterable<Uint8Array>,
  ): Response {
    const { pages, variants } = this.#service;
    if (variants?.().takesIdentity(request.head.fields) === false) return pages.notAcceptable();
    const verdict = weighRequest(request, { entityTag: unmatchableTag });
    if (verdict.kind === "failed") return pages.preconditionFailed(verdict.reason, { request });
    if (verdict.kind === "not-modified") {
      const builder = new ResponseBuilder(304);
      for (const line of fields) if (repeatedOn304.has(line[0].toLowerCase())) builder.line(line);
      return builder.build();
    }
    const builder = new ResponseBuilder(200);
    for (const line of fields) builder.line(line);
    return builder.stream(open(), mediaType).build();
  }

  /** Answers when there is no content. Without what was `missed`, a 404 doesn't say why. */
  #answerMissing(
    found: Exclude<Outcome, { kind: "file" | "directory" | "redirect" }>,
    view: View,
    missed?: Missed,
  ): Answer {
    const { pages } = this.#service;
    switch (found.kind) {
      case "absent": {
        const isTold = missed !== undefined && found.cause !== undefined;
        return pages.notFound(view, isTold ? absenceReasons[found.cause] : undefined, missed);
      }
      case "forbidden":
        return pages.forbidden(view, found.denial, missed);
      case "exhausted":
        return pages.refusal(refusals.overloaded);
      case "failed":
        return pages.unreadable(found);
    }
  }
}
