/**
 * Reads the stylesheets, scripts and fonts that the beginning of a page refers to, each with the
 * parameters of its preload link (RFC 8288 §3).
 *
 * A preload that the browser doesn't use is a wasted download, so uncertain references are left
 * out: conditional ones (`media`, `nomodule`), and those with `integrity`, which the preload would
 * have to repeat.
 */

/**
 * The longest URL that is read, and so the longest path of a link. Clients limit the size of a
 * header section.
 */
export const urlCharactersMax = 512;

/** How many references are read from one page, including those to other origins. */
const referencesMax = 32;

/** A reference as the page spells it, and the parameters of its link. */
interface Reference {
  readonly url: string;
  readonly parameters: string;
}

/** The references in the beginning of a page. */
export interface PageReferences {
  /** The URL of the `<base>` element (HTML §4.2.3); undefined without one. */
  readonly base: string | undefined;
  readonly references: readonly Reference[];
}

type Element = HTMLRewriterTypes.Element;

/** A character reference other than "&amp;". URLs that contain one are left out. */
const otherCharacterReference = /&(?!amp;)#?\w+;/;

/** The URL in an attribute; undefined when there is none or it is left out. */
function urlIn(element: Element, name: string): string | undefined {
  const value = element.getAttribute(name)?.trim() ?? "";
  if (value === "" || value.length > urlCharactersMax) return undefined;
  return otherCharacterReference.test(value) ? undefined : value.replaceAll("&amp;", "&");
}

function keyword(element: Element, name: string): string {
  return element.getAttribute(name)?.trim().toLowerCase() ?? "";
}

/**
 * The `crossorigin` parameter. A preload is used only by a fetch with the same mode (HTML §4.6.7).
 */
function crossOrigin(element: Element, otherwise = ""): string {
  if (!element.hasAttribute("crossorigin")) return otherwise;
  const isWithCredentials = keyword(element, "crossorigin") === "use-credentials";
  return isWithCredentials ? "; crossorigin=use-credentials" : "; crossorigin";
}

/** The parameters for a `<link>`; undefined when it is left out. */
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
  // Browsers always fetch fonts in CORS mode (CSS Fonts 3 §4.9).
  if (as === "font") return `rel=preload; as=font${crossOrigin(element, "; crossorigin")}`;
  return as === "style" || as === "script"
    ? `rel=preload; as=${as}${crossOrigin(element)}`
    : undefined;
}

/** The parameters for a `<script>`; undefined for data blocks and `nomodule` scripts. */
function parametersOfScript(element: Element): string | undefined {
  if (element.hasAttribute("integrity") || element.hasAttribute("nomodule")) return undefined;
  const type = keyword(element, "type");
  if (type === "module") return `rel=modulepreload${crossOrigin(element)}`;
  if (!["", "text/javascript", "application/javascript"].includes(type)) return undefined;
  return `rel=preload; as=script${crossOrigin(element)}`;
}

/**
 * The references in `octets`, the beginning of a page. A tag that is cut off at the end is ignored.
 */
export function readReferences(octets: Uint8Array): PageReferences {
  const references: Reference[] = [];
  let base: string | undefined;
  // The content of a template is inert until a script inserts it.
  let templates = 0;
  const add = (url: string | undefined, parameters: string | undefined): void => {
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
      element: (element) => add(urlIn(element, "href"), parametersOfLink(element)),
    })
    .on("script[src]", {
      element: (element) => add(urlIn(element, "src"), parametersOfScript(element)),
    })
    .transform(new TextDecoder().decode(octets));
  return { base, references };
}
