/**
 * Puts the script of live reload into pages. All other octets stay as they are.
 *
 * A page of the tree with the script is a representation of its own, with a tag of its own, so that
 * conditions, ranges and codings work on it as on any other. It has no Last-Modified: that is the
 * date of the page without the script. Other pages, such as errors, have no validators, and are
 * changed when everything else about the response is settled.
 *
 * Only navigations get the script. What a page fetches by itself, and what programs fetch, is the
 * file: markup that is to be inserted into another page, say.
 */

import type { Response, ResponseField } from "../../http/message/response.ts";
import type { RequestHead } from "../../http/message/request.ts";
import { concatBytes, latin1Text, utf8Bytes } from "../../http/octets/bytes.ts";
import type { ContainedPath } from "../../tree/path.ts";
import { encodePath } from "../../tree/path.ts";
import type { OpenFile } from "../../tree/tree.ts";
import { locationFrom } from "../content/redirect.ts";
import { Representation } from "../content/representation.ts";
import { escapeHtml } from "../pages/markup.ts";
import type { Request } from "../request.ts";
import { isNavigation } from "../rules/navigation.ts";
import { policiesIn, weighPolicies } from "./content-policy.ts";
import { InjectedFile } from "./injected-file.ts";
import type { Insertion } from "./injected-file.ts";
import type { Extent, Syntax } from "./injection-place.ts";
import { placeIn, placeSampleOctets } from "./injection-place.ts";
import { liveFolder, liveNames, scriptTag, tagOctets } from "./script-tag.ts";

function isVary([name]: ResponseField): boolean {
  return name.toLowerCase() === "vary";
}

/** `fields` with the one that navigations differ by in Vary (RFC 9110 §12.5.5). */
function withVary(fields: readonly ResponseField[]): readonly ResponseField[] {
  const members = [...fields.filter(isVary).map(([, value]) => value), "Sec-Fetch-Dest"];
  return [...fields.filter((field) => !isVary(field)), ["Vary", members.join(", ")]];
}

/** How many renderings of a page are kept: its script differs with the depth of the path. */
const renderingsKeptMax = 4;

/** The renderings of a page by their script, "" for none. They lie in the slot of the page. */
class PageRenderings {
  readonly #renderings = new Map<string, Representation>();

  /** The rendering with the script `tag`, made by `make` if it isn't kept. */
  of(tag: string, make: () => Representation): Representation {
    const known = this.#renderings.get(tag);
    if (known !== undefined) return known;
    if (this.#renderings.size === renderingsKeptMax) this.#renderings.clear();
    const made = make();
    this.#renderings.set(tag, made);
    return made;
  }
}

/** The values of the lines called `wanted`, a name in lower case. */
export function valuesOf(fields: readonly ResponseField[], wanted: string): readonly string[] {
  return fields.filter(([name]) => name.toLowerCase() === wanted).map(([, value]) => value);
}

/** Whether browsers save what has `fields`, and don't show it (RFC 6266 §4.2). */
export function isSaved(fields: readonly ResponseField[]): boolean {
  return valuesOf(fields, "content-disposition").some((value) => /^attachment\b/i.test(value));
}

/** The syntax of a page of `mediaType`; undefined for what is no page. */
export function syntaxOf(mediaType: string): Syntax | undefined {
  const [type = ""] = mediaType.toLowerCase().split(";", 1);
  if (type.trim() === "text/html") return "html";
  return type.trim() === "application/xhtml+xml" ? "xhtml" : undefined;
}

/** Whether the request with `head` is for a page that a browser is going to show. */
export function wantsPage({ method, fields }: RequestHead): boolean {
  return (method === "GET" || method === "HEAD") && isNavigation(fields);
}

/** The beginning of `content`. */
function beginningOf(content: Uint8Array | OpenFile): Uint8Array {
  if (content instanceof Uint8Array) return content.subarray(0, placeSampleOctets);
  const octets = new Uint8Array(Math.min(content.size, placeSampleOctets));
  return octets.subarray(0, Math.max(0, content.read(octets, 0)));
}

/** The beginning of a page, and what follows from it and from the request. */
interface PageBeginning {
  readonly octets: Uint8Array;
  readonly syntax: Syntax;
  /** Whether any change concerns the page: a listing, an error. */
  readonly isAny: boolean;
  /** The page's policies (CSP §3.1). */
  readonly policies: readonly string[];
}

/** What header rules make of `fields`, those of an HTML page besides Content-Type. */
export type RuleFields = (
  request: Request,
  fields: readonly ResponseField[],
) => readonly ResponseField[];

/** What `LivePages` needs. */
interface LivePageService {
  /** What header rules make of the `fields` of an HTML page, for `request`. */
  readonly ruledFields: RuleFields;
  /** Told when the policy of the page at `target` keeps live reload out by a `directive`. */
  readonly refused: (target: string, directive: string) => void;
  /** Where the site is, with a slash at its end. */
  readonly base: ContainedPath;
}

/** Puts the script into the pages of one site. */
export class LivePages {
  readonly #service: LivePageService;

  constructor(service: LivePageService) {
    this.#service = service;
  }

  /**
   * `page`, as the client of `request` gets it; `page` itself when it is no page. A file stays open
   * until the result is sent or released.
   */
  page(page: Representation, request: Request): Representation {
    const syntax = syntaxOf(page.mediaType);
    const isCoded = page.fields.some(([name]) => name === "Content-Encoding");
    if (syntax === undefined || isCoded || isSaved(page.fields)) return page;
    const tag = wantsPage(request.head) ? this.#tagOf(page, syntax, request) : "";
    const make = (): Representation =>
      tag === "" ? plainRendering(page) : scriptedRendering(page, syntax, tag);
    const { slot } = page;
    if (slot === undefined) return make();
    if (!(slot.value instanceof PageRenderings)) slot.value = new PageRenderings();
    return (slot.value as PageRenderings).of(tag, make);
  }

  #tagOf(page: Representation, syntax: Syntax, request: Request): string {
    const octets = beginningOf(page.content);
    // A page without a date is a listing, which names all files of a folder.
    const isAny = page.mtimeMs === undefined;
    const fields = this.#service.ruledFields(request, page.fields);
    // A rule may have the source of a page shown as text.
    const [ruledType = ""] = valuesOf(fields, "content-type");
    if (syntaxOf(ruledType) === undefined || isSaved(fields)) return "";
    const policies = valuesOf(fields, "content-security-policy");
    return this.tagFor({ octets, syntax, isAny, policies }, request);
  }

  /** The script element for a page with this beginning; "" when the page gets none. */
  tagFor({ octets, syntax, isAny, policies }: PageBeginning, { head }: Request): string {
    const { target, authority, rawTarget } = head;
    const port = authority?.port === undefined ? "" : `:${authority.port}`;
    const host = `${authority?.host ?? ""}${port}`;
    const meta = syntax === "html" ? policiesIn(latin1Text(octets)) : [];
    const { nonce, refusal } = weighPolicies(policies, meta, host);
    if (refusal !== undefined) {
      this.#service.refused(rawTarget, refusal);
      return "";
    }
    // Relative, so that it stays right behind a proxy that strips a prefix from the path.
    const script = encodePath(this.#service.base) + liveFolder + liveNames.script;
    const source = escapeHtml(locationFrom(target, script));
    return scriptTag({ source, syntax, nonce, isAny });
  }
}

/** What puts `tag` into the page that begins with `octets`; undefined when it has no place. */
export function insertionOf(
  octets: Uint8Array,
  extent: Extent,
  syntax: Syntax,
  tag: string,
): Insertion | undefined {
  const place = placeIn(octets, syntax, tag.length, extent);
  return place === undefined ? undefined : { at: place.at, octets: tagOctets(tag, place.width) };
}

/** `content` with `insertion`. */
export function insert(content: Uint8Array, { at, octets }: Insertion): Uint8Array<ArrayBuffer> {
  return concatBytes([content.subarray(0, at), octets, content.subarray(at)]);
}

/** The rendering of `page` that is the file itself. */
function plainRendering(page: Representation): Representation {
  const { mediaType, entityTag, mtimeMs, dateIsShared, content, isRepeated, hasVariants } = page;
  return new Representation({
    mediaType,
    entityTag,
    ...(mtimeMs === undefined ? {} : { mtimeMs }),
    dateIsShared,
    content,
    isRepeated,
    hasVariants,
    fields: withVary(page.fields),
  });
}

/** The rendering of `page` with the script `tag`. */
function scriptedRendering(page: Representation, syntax: Syntax, tag: string): Representation {
  const { content, mediaType, entityTag, isRepeated, hasVariants } = page;
  const octets = beginningOf(content);
  const extent = octets.length === page.size ? "whole" : "most";
  const insertion = insertionOf(octets, extent, syntax, tag);
  if (insertion === undefined) return plainRendering(page);
  // The same page has other scripts under other paths, and none for other clients.
  const suffix = Bun.hash.xxHash32(utf8Bytes(tag)).toString(36);
  return new Representation({
    mediaType,
    entityTag: { weak: entityTag.weak, opaque: `${entityTag.opaque}-live-${suffix}` },
    content:
      content instanceof Uint8Array
        ? insert(content, insertion)
        : new InjectedFile(content, insertion),
    isRepeated,
    hasVariants,
    fields: withVary(page.fields),
  });
}

/** `response` with Vary for navigations. */
export function varying(response: Response): Response {
  return { ...response, fields: withVary(response.fields) };
}
