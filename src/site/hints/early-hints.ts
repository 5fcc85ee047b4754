/**
 * Early hints (RFC 8297): the stylesheets, scripts and fonts that a page is going to ask for, told
 * before the page, so that a browser fetches them while it still reads. They are found in the
 * beginning of the page itself, once for each version of it; what they resolve to depends on where
 * the page was asked for, and is worked out each time.
 *
 * A hint that a browser can't use costs a download that nobody wanted, so in doubt there is none:
 * for what another origin has, for what a condition is attached to (`media`, `nomodule`), and for
 * what is checked by its digest, which a preload would have to repeat. This module is loaded by
 * sites that want hints, and by no others.
 */

import { containPath, encodePath } from "../../tree/path.ts";
import type { EntityTag } from "../../http/entity-tag.ts";
import type { RequestHead } from "../../http/request.ts";
import type { Scheme } from "../../http/target.ts";
import type { Representation } from "../content/representation.ts";

/** How much of a page is looked at, in octets: its head, and then some. */
const scannedBytesMax = 16 * 1024;
/** Links of one interim response. */
const linksMax = 8;
/** The longest path of a link; clients bound a header section, an interim one too. */
const pathCharactersMax = 512;
/** References remembered of one page, those to other origins among them. */
const referencesMax = 32;
/** Versions of pages that are remembered. */
const pagesMax = 256;

/** What a page refers to, as it spells it, and the parameters of the link that says so. */
interface Reference {
  readonly url: string;
  readonly parameters: string;
}

/** What was found in the beginning of a page. */
interface Found {
  /** What its references are relative to, if it is not the page (HTML §4.2.3). */
  readonly base: string | undefined;
  readonly references: readonly Reference[];
}

type Element = HTMLRewriterTypes.Element;

/** A character reference other than "&amp;": who writes one in a URL gets no hint. */
const otherCharacterReference = /&(?!amp;)#?\w+;/;

/** An attribute's value as a URL; undefined when there is none, or none that is read here. */
function urlIn(element: Element, name: string): string | undefined {
  const value = element.getAttribute(name)?.trim() ?? "";
  if (value === "" || value.length > pathCharactersMax) return undefined;
  return otherCharacterReference.test(value) ? undefined : value.replaceAll("&amp;", "&");
}

function keyword(element: Element, name: string): string {
  return element.getAttribute(name)?.trim().toLowerCase() ?? "";
}

/** A preload is used only by a fetch of the same mode and credentials (HTML §4.6.7). */
function crossOrigin(element: Element, otherwise = ""): string {
  if (!element.hasAttribute("crossorigin")) return otherwise;
  const isWithCredentials = keyword(element, "crossorigin") === "use-credentials";
  return isWithCredentials ? "; crossorigin=use-credentials" : "; crossorigin";
}

/** What `<link>` is about; undefined when it is nothing to hint at. */
function parametersOfLink(element: Element): string | undefined {
  if (element.hasAttribute("integrity") || element.hasAttribute("disabled")) return undefined;
  if (!["", "all", "screen"].includes(keyword(element, "media"))) return undefined;
  const relations = keyword(element, "rel").split(/\s+/);
  const as = keyword(element, "as");
  if (relations.includes("stylesheet")) {
    if (relations.includes("alternate")) return undefined;
    if (!["", "text/css"].includes(keyword(element, "type"))) return undefined;
    return `rel=preload; as=style${crossOrigin(element)}`;
  }
  if (relations.includes("modulepreload")) {
    return as === "" || as === "script" ? `rel=modulepreload${crossOrigin(element)}` : undefined;
  }
  if (!relations.includes("preload")) return undefined;
  // Fonts are fetched in that mode whatever the page says (CSS Fonts 3 §4.9).
  if (as === "font") return `rel=preload; as=font${crossOrigin(element, "; crossorigin")}`;
  return as === "style" || as === "script"
    ? `rel=preload; as=${as}${crossOrigin(element)}`
    : undefined;
}

/** What `<script>` is about; undefined when it is no script, or one for old browsers. */
function parametersOfScript(element: Element): string | undefined {
  if (element.hasAttribute("integrity") || element.hasAttribute("nomodule")) return undefined;
  const type = keyword(element, "type");
  if (type === "module") return `rel=modulepreload${crossOrigin(element)}`;
  if (!["", "text/javascript", "application/javascript"].includes(type)) return undefined;
  return `rel=preload; as=script${crossOrigin(element)}`;
}

/** Looks through the beginning of a page. A tag that is cut off at its end is none. */
function scan(octets: Uint8Array): Found {
  const references: Reference[] = [];
  let base: string | undefined;
  // What is in a template is nobody's until a script takes it out.
  let templates = 0;
  const note = (url: string | undefined, parameters: string | undefined): void => {
    if (templates > 0 || references.length === referencesMax) return;
    if (url !== undefined && parameters !== undefined) references.push({ url, parameters });
  };
  new HTMLRewriter()
    .on("template", {
      element: (element) => {
        templates++;
        element.onEndTag(() => {
          templates--;
        });
      },
    })
    .on("base[href]", {
      element: (element) => {
        if (templates === 0) base ??= urlIn(element, "href");
      },
    })
    .on("link[href]", {
      element: (element) => note(urlIn(element, "href"), parametersOfLink(element)),
    })
    .on("script[src]", {
      element: (element) => note(urlIn(element, "src"), parametersOfScript(element)),
    })
    .transform(new TextDecoder().decode(octets));
  return { base, references };
}

function beginningOf({ content }: Representation): Uint8Array {
  if (content instanceof Uint8Array) return content.subarray(0, scannedBytesMax);
  const octets = new Uint8Array(Math.min(content.size, scannedBytesMax));
  return octets.subarray(0, content.read(octets, 0));
}

/** Where the page was asked for, on connections of the server's `scheme`. */
function urlOf(scheme: Scheme, { target, authority }: RequestHead): URL | undefined {
  const path = "path" in target ? containPath(target.path) : undefined;
  if (authority === undefined || path?.ok !== true) return undefined;
  const port = authority.port === undefined ? "" : `:${authority.port}`;
  return URL.parse(`${scheme}://${authority.host}${port}${encodePath(path.value)}`) ?? undefined;
}

/**
 * A path with its query that can stand between "<" and ">" (RFC 8288 §3): the characters of a URI
 * (RFC 3986 §2) without quotes. "//" would begin another host's name (RFC 3986 §4.2).
 */
const linkablePath = /^\/(?!\/)(?:[\w\-.~:/?#[\]@!$&()*+,;=]|%[\dA-Fa-f]{2})*$/;

/** The path of what `url` names, as a link has it; undefined when it may not be in one. */
function pathOf(url: string, base: URL, page: URL): string | undefined {
  const resolved = URL.parse(url, base.href);
  if (resolved?.protocol !== page.protocol || resolved.host !== page.host) return undefined;
  const path = resolved.pathname + resolved.search;
  return path.length <= pathCharactersMax && linkablePath.test(path) ? path : undefined;
}

/** The links of `found` for a page at `page`: the first of those that name the same. */
function resolveLinks({ base, references }: Found, page: URL): readonly string[] {
  const from = base === undefined ? page : (URL.parse(base, page.href) ?? page);
  const links = new Map<string, string>();
  for (const { url, parameters } of references) {
    if (links.size === linksMax) break;
    const path = pathOf(url, from, page);
    if (path !== undefined && !links.has(path)) links.set(path, `<${path}>; ${parameters}`);
  }
  return [...links.values()];
}

/** The hints of one site's pages. */
export class EarlyHints {
  /** In the order in which they were last asked for, by the page's entity tag. */
  readonly #pages = new Map<EntityTag["opaque"], Found>();
  readonly #scheme: Scheme;

  /** `scheme` is "https" when connections are with TLS. */
  constructor(scheme: Scheme) {
    this.#scheme = scheme;
  }

  /** How many versions of pages are remembered. */
  get size(): number {
    return this.#pages.size;
  }

  /**
   * Values of Link fields for `page`, the plain form of what `head` asks for, which is neither
   * released nor used up; none when there is nothing to hint at.
   */
  linksOf(page: Representation, head: RequestHead): readonly string[] {
    const url = urlOf(this.#scheme, head);
    return url === undefined ? [] : resolveLinks(this.#find(page), url);
  }

  #find(page: Representation): Found {
    const key = page.entityTag.opaque;
    const found = this.#pages.get(key) ?? scan(beginningOf(page));
    this.#pages.delete(key);
    this.#pages.set(key, found);
    for (const oldest of this.#pages.keys()) {
      if (this.#pages.size <= pagesMax) break;
      this.#pages.delete(oldest);
    }
    return found;
  }
}
