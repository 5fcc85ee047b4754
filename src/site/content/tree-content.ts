/**
 * GET and HEAD of a tree (RFC 9110 §9.3.1, §9.3.2): a path becomes an outcome, an outcome becomes
 * a representation, and of its variants the one that is selected is answered with. What may be
 * read, and by whom, was decided where the file was opened.
 */

import { refusals } from "../../http/message/error.ts";
import type { Eventual } from "../../base/eventual.ts";
import { whenReady } from "../../base/eventual.ts";
import type { Limits } from "../../base/limits.ts";
import { utf8Bytes } from "../../http/octets/bytes.ts";
import type { EntityTag } from "../../http/fields/entity-tag.ts";
import type { Response } from "../../http/message/response.ts";
import { ResponseBuilder } from "../../http/message/response-builder.ts";
import type { ContentStatus } from "../../http/message/status.ts";
import type { TurnBudgets } from "../../schedule/turn-budgets.ts";
import type { ContainedPath } from "../../tree/path.ts";
import { childPath, containPath, encodePath } from "../../tree/path.ts";
import { explainDenial } from "../../tree/permission.ts";
import type { AbsenceCause, OpenFile, Outcome, Tree } from "../../tree/tree.ts";
import type { View } from "../../tree/view.ts";
import type { Answer } from "../endpoint.ts";
import type { EarlyHints } from "../hints/early-hints.ts";
import type { ErrorPages } from "../pages/error-page.ts";
import type { Request } from "../request.ts";
import { hasVariants } from "../variants/compressible.ts";
import type { Selection, VariantSelector } from "../variants/variant-selector.ts";
import { ContentFields, noSniff } from "./cache-control.ts";
import { mediaTypeOf, representFile, tagOfBytes } from "./file-representation.ts";
import { fileResponse } from "./file-response.ts";
import { fileSlotsOf } from "./file-slots.ts";
import { readListing, renderListing, streamListing } from "./listing-page.ts";
import { redirect } from "./redirect.ts";
import { Representation } from "./representation.ts";
import { respondWith, weighRequest } from "./selected-response.ts";

/** What answers from a tree need. */
interface ContentService {
  readonly tree: Tree;
  readonly pages: ErrorPages;
  readonly limits: Limits;
  /** What turns of the event loop may spend. */
  readonly budgets: TurnBudgets;
  /** Whether a folder without an index shows what is in it. */
  readonly listing: boolean;
  /** Seconds for which answers are fresh; undefined when they are revalidated each time. */
  readonly cacheSeconds: number | undefined;
  /** Undefined when nothing is to be compressed. */
  readonly variants: VariantSelector | undefined;
  /** Undefined when pages are sent without hints. */
  readonly earlyHints: Promise<EarlyHints> | undefined;
}

const htmlType = "text/html; charset=utf-8";

/**
 * The tag of what is sent before all of it is known. No client can spell it, so that of all
 * conditions only "*" is about it.
 */
const untold: EntityTag = { weak: true, opaque: '"' };

/** Why a name that may be in the tree is answered 404, for the log and for `--explain`. */
const absenceReasons: Record<AbsenceCause, string> = {
  hidden: "names that begin with a dot are hidden; --hidden serves them",
  "link-outside": "a symbolic link leads outside the root; --symlinks follow serves it",
  "link-refused": "symbolic links are not followed, as --symlinks deny says",
  "link-loop": "the symbolic links go round in a circle, or on for too long",
  special: "neither a file nor a folder",
};

/** Where `file`, found at `path`, is: an index is in the folder it stands for. */
function pathOfFile(file: OpenFile, path: ContainedPath): ContainedPath {
  return path.trailingSlash ? (childPath(path, file.name) ?? path) : path;
}

/** Answers from a tree. */
export class TreeContent {
  readonly #service: ContentService;
  readonly #fields: ContentFields;

  constructor(service: ContentService) {
    this.#service = service;
    this.#fields = new ContentFields(service.cacheSeconds);
  }

  /** Answers a GET or a HEAD with what is at `path`, whatever its target is. */
  answer(request: Request, path: ContainedPath, query: string | undefined, view: View): Answer {
    return whenReady(this.#service.tree.open(path, view), (found) =>
      this.answerFound(request, found, path, query, view),
    );
  }

  /** Answers a GET or a HEAD with what was `found` at `path`. */
  answerFound(
    request: Request,
    found: Outcome,
    path: ContainedPath,
    query: string | undefined,
    view: View,
  ): Answer {
    const { listing, pages, cacheSeconds } = this.#service;
    switch (found.kind) {
      case "file":
        return this.#answerFile(request, found.file, path, view);
      case "directory":
        if (!listing) return pages.notFound(view, "listings are off");
        return this.#answerListing(request, path, view);
      case "redirect":
        // From the contained path and not from what came, so that the location begins with
        // exactly one slash and can't name another host.
        return redirect(308, `${encodePath(path)}/`, query, cacheSeconds);
      default:
        return this.#answerMissing(found, view);
    }
  }

  /**
   * Answers a request that has done something with the file that was `found`: its content alone,
   * since neither the request's conditions nor validators would be about that file.
   */
  answerWithContent(found: Outcome, builder: ResponseBuilder<ContentStatus>, view: View): Answer {
    switch (found.kind) {
      case "file":
        return fileResponse(builder, found.file);
      case "directory":
      case "redirect":
        return this.#service.pages.notFound(view);
      default:
        return this.#answerMissing(found, view, "untold");
    }
  }

  /**
   * What a GET with the target and the fields of `request` would be answered with by now, for
   * another method to be weighed against; undefined when it would have nothing. The caller releases
   * it.
   */
  async select(request: Request, view: View): Promise<Representation | undefined> {
    const { target } = request.head;
    if (target.form !== "origin" && target.form !== "absolute") return undefined;
    const path = containPath(target.path);
    if (!path.ok) return undefined;
    const found = await this.#service.tree.open(path.value, view);
    if (found.kind === "file") {
      const selected = await this.#selectOfFile(request, found.file, path.value, view);
      return selected instanceof Representation ? selected : undefined;
    }
    if (found.kind !== "directory" || !this.#service.listing) return undefined;
    const listed = await this.#listingAt(path.value, view);
    // It is there, and that is all that is known of one that is sent while it is made.
    if (listed === undefined) {
      const content = new Uint8Array(0);
      return new Representation({ mediaType: htmlType, entityTag: untold, content, fields: [] });
    }
    const selected = await this.#selectVariant(request, listed, path.value, view);
    return selected instanceof Representation ? selected : undefined;
  }

  /** Answers with `file`, found at `path`: represented, in the variant that is selected. */
  #answerFile(request: Request, file: OpenFile, path: ContainedPath, view: View): Answer {
    const identity = this.#representationOf(file);
    const { earlyHints } = this.#service;
    const { method, acceptsInterim } = request.head;
    const mayHint = method === "GET" && acceptsInterim && identity.mediaType === htmlType;
    if (earlyHints !== undefined && mayHint) {
      return this.#answerWithHints(request, identity, pathOfFile(file, path), earlyHints, view);
    }
    return this.#answerSelected(request, this.#selectOfFile(request, file, path, view));
  }

  /** The variant of `file`, found at `path`, that goes to the client. */
  #selectOfFile(
    request: Request,
    file: OpenFile,
    path: ContainedPath,
    view: View,
  ): Eventual<Selection> {
    const identity = this.#representationOf(file);
    if (!identity.hasVariants) return identity;
    return this.#selectVariant(request, identity, pathOfFile(file, path), view);
  }

  #selectVariant(
    request: Request,
    identity: Representation,
    path: ContainedPath,
    view: View,
  ): Eventual<Selection> {
    return this.#service.variants?.select(request, identity, path, view) ?? identity;
  }

  #answerSelected(request: Request, selection: Eventual<Selection>): Answer {
    const { pages, limits } = this.#service;
    return whenReady(selection, (selected) => {
      if (selected === "none") return pages.notAcceptable();
      if (selected === "busy") return pages.refusal(refusals.overloaded);
      return respondWith(request, selected, pages, limits);
    });
  }

  /** `file` as it is. What follows from a file that is given out again is kept in its slot. */
  #representationOf(file: OpenFile): Representation {
    const slots = fileSlotsOf(file);
    if (slots?.representation !== undefined) return slots.representation;
    const mediaType = mediaTypeOf(file);
    const varies = this.#service.variants !== undefined && hasVariants(mediaType, file.name);
    const fields = this.#fields.of(file.name, varies);
    const representation = representFile(file, mediaType, fields, varies);
    if (slots !== undefined) slots.representation = representation;
    return representation;
  }

  /**
   * Answers with the page `identity`, at `path`, in one of its variants. What it refers to goes
   * ahead of it, where all of it is sent.
   */
  async #answerWithHints(
    request: Request,
    identity: Representation,
    path: ContainedPath,
    earlyHints: Promise<EarlyHints>,
    view: View,
  ): Promise<Response> {
    let hints: readonly string[];
    try {
      hints = (await earlyHints).linksOf(identity, request.head);
    } catch (error) {
      identity.release();
      throw error;
    }
    const selection = this.#selectVariant(request, identity, path, view);
    const response = await this.#answerSelected(request, selection);
    return response.status === 200 && hints.length > 0 ? { ...response, hints } : response;
  }

  /**
   * The listing of the folder at `path`; undefined when it is too long to be made before it is
   * sent.
   */
  async #listingAt(path: ContainedPath, view: View): Promise<Representation | undefined> {
    const { budgets, limits, tree, variants } = this.#service;
    const { listingEntriesMax, listingWholeEntriesMax } = limits;
    const steps = tree.list(path, listingEntriesMax, view);
    const listed = await readListing(steps, listingEntriesMax, listingWholeEntriesMax, budgets);
    if (listed === undefined) return undefined;
    const content = utf8Bytes(renderListing(path, listed));
    const varies = variants !== undefined && hasVariants(htmlType, "");
    const fields = this.#fields.of("", varies);
    const entityTag = tagOfBytes(content);
    return new Representation({
      mediaType: htmlType,
      entityTag,
      content,
      fields,
      hasVariants: varies,
    });
  }

  /** Answers with the listing of the folder at `path`. */
  async #answerListing(request: Request, path: ContainedPath, view: View): Promise<Response> {
    const listing = await this.#listingAt(path, view);
    if (listing === undefined) return this.#streamListing(request, path, view);
    return this.#answerSelected(request, this.#selectVariant(request, listing, path, view));
  }

  /** Answers with a listing while it is read: as it is, without tag or length. */
  #streamListing(request: Request, path: ContainedPath, view: View): Response {
    const { budgets, limits, pages, tree, variants } = this.#service;
    if (variants?.takesIdentity(request.head.fields) === false) return pages.notAcceptable();
    const { kind } = weighRequest(request, { entityTag: untold });
    if (kind === "failed") return pages.preconditionFailed();
    const [cacheControlLine = noSniff] = this.#fields.of("", false);
    if (kind === "not-modified") return new ResponseBuilder(304).line(cacheControlLine).build();
    const { listingEntriesMax } = limits;
    const steps = tree.list(path, listingEntriesMax, view);
    const builder = new ResponseBuilder(200).line(cacheControlLine).line(noSniff);
    return builder.stream(streamListing(path, steps, listingEntriesMax, budgets), htmlType).build();
  }

  /** Answers where there is nothing to show. `reasons` untold: 404 doesn't say why. */
  #answerMissing(
    found: Exclude<Outcome, { kind: "file" | "directory" | "redirect" }>,
    view: View,
    reasons: "told" | "untold" = "told",
  ): Answer {
    const { pages } = this.#service;
    switch (found.kind) {
      case "absent": {
        const isTold = reasons === "told" && found.cause !== undefined;
        return pages.notFound(view, isTold ? absenceReasons[found.cause] : undefined);
      }
      case "forbidden":
        return pages.forbidden(view, explainDenial(found.denial));
      case "exhausted":
        return pages.refusal(refusals.overloaded);
      case "failed":
        return pages.failed(`the file system answered ${found.code}`);
    }
  }
}
