/**
 * Answers for folders without an index: the listing as a page, or as JSON for clients that prefer
 * it. A short one has a tag, variants and ranges like a file; a long one is streamed while it is
 * made. Its code is loaded by the first listing.
 */

import type { Eventual } from "../../base/eventual.ts";
import { whenReady } from "../../base/eventual.ts";
import type { Limits } from "../../base/limits.ts";
import type { Response, ResponseField } from "../../http/message/response.ts";
import type { TurnBudgets } from "../../schedule/turn-budgets.ts";
import type { ContainedPath } from "../../tree/path.ts";
import { displayName } from "../../tree/path.ts";
import type { ListingSteps, Tree } from "../../tree/tree.ts";
import type { View } from "../../tree/view.ts";
import { ownOriginOnly } from "../content/cache-control.ts";
import { tagOfBytes } from "../content/file-representation.ts";
import { Representation } from "../content/representation.ts";
import type { Answer } from "../endpoint.ts";
import type { ArchiveFormat } from "../download/archive-format.ts";
import type { RenderedDocument } from "../markdown/document.ts";
import type { Previews } from "../preview/previews.ts";
import type { Readme } from "../markdown/readme.ts";
import type { Request } from "../request.ts";
import type { UploadOffer } from "../upload-area/upload-offer.ts";
import type { AskedListing, ListingFormat } from "./listing-format.ts";
import type { ListingExtras } from "./listing-page.ts";
import { allowSiteScripts, htmlListings } from "./listing-page.ts";
import { readOrder, readView } from "./listing-query.ts";
import { ListingRows } from "./listing-rows.ts";
import type { ListingFailure, RowMaking } from "./listing-steps.ts";
import { readListing, renderListing, streamListing } from "./listing-steps.ts";

const jsonType = "application/json";
const htmlType = "text/html";

/** Only a client that names JSON, or its type, gets it. The others need no weighing. */
const namesJson = /application\/(?:json|\*)/i;

/** How much of a name that is left out the log shows, in code units. */
const shownUnitsMax = 64;

/** Reads Accept; loaded by the first client that names JSON. */
function acceptance(): typeof import("../../http/fields/accept-media.ts") {
  return require("../../http/fields/accept-media.ts") as ReturnType<typeof acceptance>;
}

/** What `ListingContent` needs. */
interface ListingService {
  readonly tree: Tree;
  readonly limits: Limits;
  readonly budgets: TurnBudgets;
  /** Whether a listing says why an entry is locked. */
  readonly explains: boolean;
  /** The formats in which folders can be downloaded. */
  readonly archives: readonly ArchiveFormat[];
  /** The previews; undefined when they are off. */
  readonly previews: Previews | undefined;
  /** Tells who may store files in a folder; undefined where none can be. */
  readonly uploads?: UploadOffer | undefined;
  /** Whether listings have coded variants. */
  readonly hasVariants: boolean;
  /** Whether live reload's script is put into listings. */
  readonly isLive: boolean;
  /** The fields of content that isn't a file. */
  readonly contentFields: readonly ResponseField[];
  /** Answers with the selected variant of a listing. */
  readonly selected: (
    request: Request,
    listing: Representation,
    path: ContainedPath,
    view: View,
  ) => Answer;
  /** Answers with a listing that is sent while it is made. */
  readonly streamed: (
    request: Request,
    mediaType: string,
    fields: readonly ResponseField[],
    open: () => AsyncIterable<Uint8Array>,
  ) => Response;
  /** Answers when the folder can't be read. */
  readonly failed: (
    failure: ListingFailure,
    view: View,
    missed: { readonly request: Request; readonly path: ContainedPath },
  ) => Answer;
}

/** A whole listing, and the README that it shows. */
interface WholeListing {
  readonly listing: Representation;
  readonly readme: RenderedDocument | undefined;
}

/** The whole listings that one reading has led to, by format; it lies in the reading's slot. */
class WholeByFormat extends Map<ListingFormat, WholeListing> {}

/** `readme` as a part of a page; its code is loaded by the first listing that shows one. */
function belowOf(readme: Readme): string {
  const { readmeSection } =
    require("../markdown/readme.ts") as typeof import("../markdown/readme.ts");
  return readmeSection(readme);
}

/** What previews add to pages; loaded by the first listing of a site that has them. */
function previewsOfPages(): ListingExtras["previews"] {
  const { listingPreviews } =
    require("../preview/listing-previews.ts") as typeof import("../preview/listing-previews.ts");
  return listingPreviews;
}

/** What the pages of a folder have that takes files; loaded by the first. */
function areaOfPages(): ListingExtras["uploads"] {
  const { uploadArea } =
    require("../upload-area/upload-area.ts") as typeof import("../upload-area/upload-area.ts");
  return uploadArea;
}

/** The pages of folders that have the same extras, in each view. */
class PageFormats {
  readonly list: ListingFormat;
  readonly #extras: ListingExtras;
  #grid: ListingFormat | undefined;

  constructor(extras: ListingExtras) {
    this.#extras = extras;
    this.list = htmlListings(extras);
  }

  /** The view that `query` asks for, where there are several. */
  of(query: string | undefined): ListingFormat {
    if (this.#extras.previews === undefined || readView(query) === "list") return this.list;
    return (this.#grid ??= htmlListings(this.#extras, "grid"));
  }
}

/** A listing that is asked for, and how it is made. */
interface Order {
  readonly asked: AskedListing;
  readonly making: RowMaking;
  readonly list: () => ListingSteps;
  readonly readme: RenderedDocument | undefined;
}

/** Answers with the listings of one site. */
export class ListingContent {
  readonly #service: ListingService;
  readonly #rows: ListingRows;
  readonly #extras: ListingExtras;
  readonly #pages: PageFormats;
  /** The pages of folders that take files from their visitor. */
  #takingPages: PageFormats | undefined;
  #json: ListingFormat | undefined;
  /** A name that a listing has left out, until the log is told of it; null from then on. */
  #leftOut: string | undefined | null;

  constructor(service: ListingService) {
    this.#service = service;
    this.#rows = new ListingRows(service.limits.listingCacheBytesMax);
    const { archives, explains, previews } = service;
    this.#extras = {
      explains,
      archives,
      previews: previews === undefined ? undefined : previewsOfPages(),
    };
    this.#pages = new PageFormats(this.#extras);
  }

  /** Answers with the listing of the folder at `path`. */
  async answer(
    request: Request,
    path: ContainedPath,
    query: string | undefined,
    view: View,
  ): Promise<Response> {
    const { failed, selected, streamed } = this.#service;
    const order = await this.#order(request, path, query, view);
    const listing = await this.#whole(order);
    if (listing === undefined) {
      const { asked, list, making } = order;
      const { mediaType } = making.format;
      const fields = this.#fields(making.format, false);
      const open = (): AsyncIterable<Uint8Array> => streamListing(asked, list, making);
      return this.#noteLeftOut(streamed(request, mediaType, fields, open));
    }
    if ("kind" in listing) return failed(listing, view, { request, path });
    return this.#noteLeftOut(await selected(request, listing, path, view));
  }

  /**
   * The listing of the folder at `path` as `request` would get it; undefined when it would be
   * streamed. Or why the folder can't be read.
   */
  async represent(
    request: Request,
    path: ContainedPath,
    query: string | undefined,
    view: View,
  ): Promise<Representation | ListingFailure | undefined> {
    return await this.#whole(await this.#order(request, path, query, view));
  }

  async #order(
    request: Request,
    path: ContainedPath,
    query: string | undefined,
    view: View,
  ): Promise<Order> {
    const { budgets, limits, previews, tree } = this.#service;
    const { listingEntriesMax, listingOrderedEntriesMax } = limits;
    const pageMax = Math.floor(listingOrderedEntriesMax / listingEntriesMax);
    const order = readOrder(query, pageMax);
    const leftOut = (name: string): void => {
      if (this.#leftOut === undefined) this.#leftOut = name;
    };
    // The README is read as it is now, so nothing is waited for that is there.
    const chosen = this.#formatFor(request, path, query);
    const format = chosen instanceof Promise ? await chosen : chosen;
    const asked: AskedListing = { path, order, entriesMax: listingEntriesMax, pageMax };
    const readme = format === this.#json ? undefined : await previews?.readme(path, view);
    return {
      asked: readme === undefined ? asked : { ...asked, below: belowOf(readme) },
      making: { budgets, format, rows: this.#rows, leftOut },
      list: () => tree.list(path, listingEntriesMax, view, order),
      readme: readme?.document,
    };
  }

  /** `response`, with a note of the first name that a listing has left out, once. */
  #noteLeftOut(response: Response): Response {
    const name = this.#leftOut;
    if (typeof name !== "string") return response;
    this.#leftOut = null;
    const shown = displayName(name.length > shownUnitsMax ? name.slice(0, shownUnitsMax) : name);
    const reason = `no request can spell this name, and others may be left out like it: ${shown}`;
    return { ...response, note: { ...response.note, reason } };
  }

  #formatFor(
    request: Request,
    path: ContainedPath,
    query: string | undefined,
  ): Eventual<ListingFormat> {
    const accepted = request.head.fields.getAll("accept");
    const namesIt = accepted.some((value) => namesJson.test(value));
    if (!namesIt || !acceptance().prefersMedia(accepted, jsonType, htmlType)) {
      const { uploads } = this.#service;
      return whenReady(uploads?.isFor(request, path) ?? false, (takesFiles) =>
        (takesFiles ? this.#openTakingPages() : this.#pages).of(query),
      );
    }
    if (this.#json === undefined) {
      const { jsonListings } = require("./listing-json.ts") as typeof import("./listing-json.ts");
      this.#json = jsonListings(this.#service.explains);
    }
    return this.#json;
  }

  #openTakingPages(): PageFormats {
    return (this.#takingPages ??= new PageFormats({ ...this.#extras, uploads: areaOfPages() }));
  }

  /** The fields of a listing in `format`, which depends on Accept (RFC 9110 §12.5.5). */
  #fields(format: ListingFormat, hasVariants: boolean): readonly ResponseField[] {
    const vary: ResponseField = ["Vary", hasVariants ? "Accept, Accept-Encoding" : "Accept"];
    const { contentFields, isLive } = this.#service;
    const own = isLive ? allowSiteScripts(format.fields) : format.fields;
    return [...contentFields, vary, ownOriginOnly, ...own];
  }

  /** The whole listing; undefined when it is so long that it must be streamed. */
  async #whole({
    asked,
    making,
    list,
    readme,
  }: Order): Promise<Representation | ListingFailure | undefined> {
    const { hasVariants, limits } = this.#service;
    const { format } = making;
    const listed = await readListing(list, limits.listingWholeEntriesMax, making);
    if (listed === undefined || "kind" in listed) return listed;
    const { slot } = listed;
    const kept = slot?.value instanceof WholeByFormat ? slot.value : new WholeByFormat();
    const known = kept.get(format);
    if (known !== undefined && known.readme === readme) return known.listing;
    const content = renderListing(asked, listed, format);
    const listing = new Representation({
      mediaType: format.mediaType,
      entityTag: tagOfBytes(content),
      content,
      fields: this.#fields(format, hasVariants),
      hasVariants,
    });
    kept.set(format, { listing, readme });
    if (slot !== undefined) slot.value = kept;
    return listing;
  }
}
