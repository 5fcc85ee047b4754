/**
 * Early hints (RFC 8297 §2): links to the stylesheets, scripts and fonts of a page, sent before the
 * page, so that the browser fetches them while it receives the page. References are read from the
 * beginning of the page, once for each version. They are resolved for each request, because the
 * result depends on the request's URL.
 *
 * A client resolves a link against the URI that it asked for (RFC 8288 §3.1), as it will resolve
 * the reference in the page. So a reference that is relative stays so, and is right behind a proxy
 * that strips a prefix from the path; one that begins with a slash leaves such a prefix in the page
 * as well.
 *
 * A reference to another origin gets no hint. Only sites with early hints load this module.
 */

import type { StoreEntry } from "../../base/bounded-store.ts";
import { BoundedStore } from "../../base/bounded-store.ts";
import { containPath, encodePath } from "../../tree/path.ts";
import type { EntityTag } from "../../http/fields/entity-tag.ts";
import type { RequestHead } from "../../http/message/request.ts";
import type { Scheme } from "../../http/message/target.ts";
import { relativeReference } from "../content/redirect.ts";
import type { Representation } from "../content/representation.ts";
import type { PageReferences } from "./page-references.ts";
import { readReferences, urlCharactersMax } from "./page-references.ts";

/** How much of a page is read, in octets. It covers the head element of most pages. */
const beginningBytesMax = 16 * 1024;

/** The most links in one interim response. */
const linksMax = 8;

/** How many versions of pages have their references cached. */
const pagesMax = 256;

/** The assumed memory for the references of one page. Most pages have few short ones. */
const pageBytes = 4096;

/** The references of one version of a page. */
interface CachedPage extends StoreEntry {
  readonly found: PageReferences;
}

function beginningOf({ content }: Representation): Uint8Array {
  if (content instanceof Uint8Array) return content.subarray(0, beginningBytesMax);
  const octets = new Uint8Array(Math.min(content.size, beginningBytesMax));
  return octets.subarray(0, Math.max(0, content.read(octets, 0)));
}

/** The URL of the request, whose scheme is the server's. */
function urlOf(scheme: Scheme, { target, authority }: RequestHead): URL | undefined {
  const path = "path" in target ? containPath(target.path) : undefined;
  if (authority === undefined || path?.ok !== true) return undefined;
  const port = authority.port === undefined ? "" : `:${authority.port}`;
  return URL.parse(`${scheme}://${authority.host}${port}${encodePath(path.value)}`) ?? undefined;
}

/**
 * A path with a query that is safe between "<" and ">" (RFC 8288 §3): the characters of a URI
 * (RFC 3986 §2) without quotes. A leading "//" would name another host (RFC 3986 §4.2).
 */
const linkablePath = /^\/(?!\/)(?:[\w\-.~:/?#[\]@!$&()*+,;=]|%[\dA-Fa-f]{2})*$/;

/** The path and query of `url` for a link; undefined for another origin or an unsafe path. */
function pathOf(url: string, base: URL, page: URL): string | undefined {
  const resolved = URL.parse(url, base.href);
  if (resolved?.protocol !== page.protocol || resolved.host !== page.host) return undefined;
  const path = resolved.pathname + resolved.search;
  return path.length <= urlCharactersMax && linkablePath.test(path) ? path : undefined;
}

/** A URL that references are resolved from, and the page's own, which differ with `<base>`. */
interface Bases {
  readonly from: URL;
  readonly page: URL;
}

function basesOf(base: string | undefined, page: URL): Bases {
  return { from: base === undefined ? page : (URL.parse(base, page.href) ?? page), page };
}

/** A prefix that a proxy might strip, of more segments than references climb. */
const prefix = "/prefix".repeat(16);

/**
 * The reference of a link to `url` in a page: relative where `url` leads below a prefix if the page
 * is there. Undefined for another origin, an unsafe path, and one that climbs out of a prefix.
 */
function linkTo(url: string, bases: Bases, prefixed: Bases): string | undefined {
  const path = pathOf(url, bases.from, bases.page);
  if (path === undefined) return undefined;
  const elsewhere = pathOf(url, prefixed.from, prefixed.page);
  if (elsewhere === path) return path;
  if (elsewhere !== prefix + path) return undefined;
  const [plain = "", ...query] = path.split("?");
  return [relativeReference(bases.page.pathname, plain), ...query].join("?");
}

/** The links for a page at `page`. The first of several references to the same path is used. */
function resolveLinks({ base, references }: PageReferences, page: URL): readonly string[] {
  const bases = basesOf(base, page);
  const below = new URL(page);
  below.pathname = prefix + page.pathname;
  const prefixed = basesOf(base, below);
  const links = new Map<string, string>();
  for (const { url, parameters } of references) {
    if (links.size === linksMax) break;
    const link = linkTo(url, bases, prefixed);
    const target = link === undefined ? undefined : URL.parse(link, page.href)?.href;
    if (target !== undefined && !links.has(target)) links.set(target, `<${link}>; ${parameters}`);
  }
  return [...links.values()];
}

/** The hints of one site's pages. */
export class EarlyHints {
  /** By the page's entity tag. */
  readonly #pages = new BoundedStore<EntityTag["opaque"], CachedPage>({
    bytesMax: pagesMax * pageBytes,
    admitsOn: "first",
    admittedOneIn: 1,
  });
  readonly #scheme: Scheme;

  /** `scheme` is "https" when connections use TLS. */
  constructor(scheme: Scheme) {
    this.#scheme = scheme;
  }

  /** How many versions of pages are cached. */
  get size(): number {
    return this.#pages.size;
  }

  /**
   * Values of Link fields for `page`, the identity representation of the target of `head`; empty
   * when the page has no references. `page` is read but not released.
   */
  linksOf(page: Representation, head: RequestHead): readonly string[] {
    const url = urlOf(this.#scheme, head);
    return url === undefined ? [] : resolveLinks(this.#find(page), url);
  }

  #find(page: Representation): PageReferences {
    const key = page.entityTag.opaque;
    const cached = this.#pages.get(key);
    if (cached !== undefined) return cached.found;
    const found = readReferences(beginningOf(page));
    this.#pages.set(key, { found, bytes: pageBytes, isUsed: false });
    return found;
  }
}
