/**
 * Makes HTML that a Markdown parser has written safe to stand in a page of this server. The text
 * came from a file that strangers may have written, so nothing of it may run, load from another
 * origin, or take a place in the page that is not its own.
 *
 * This is a list of what is allowed, applied to the parser's output: the tags and attributes in the
 * table below are written anew, and everything else becomes text. It doesn't rely on the parser: a
 * tag that the parser lets through by mistake is text as well. The work is linear in the input,
 * whatever it is, and tags are nested at most `depthMax` deep.
 *
 * Links may lead anywhere by `http`, `https` and `mailto`, and relatively. A picture is loaded only
 * from this server; one of another origin becomes a link to it, since loading it would tell that
 * origin who reads the page.
 */

import { escapeHtml } from "../pages/markup.ts";

/** How deep tags are nested; those that are deeper are left out, and their text stays. */
const depthMax = 100;

/** Tags without attributes, and those whose attributes are handled below. */
const allowedTags: ReadonlySet<string> = new Set(
  (
    "h1 h2 h3 h4 h5 h6 p blockquote pre code ul ol li table thead tbody tr th td " +
    "strong em del a"
  ).split(" "),
);

/** A tag without its brackets, as the parser writes it. */
const tagPattern = /^(\/?)([a-z][a-z0-9]*)((?: [a-z]+(?:="[^"]*")?)*)(?: \/)?$/;

const attributePattern = / ([a-z]+)(?:="([^"]*)")?/g;

/** The entities that the parser writes in attributes. */
const entities: Readonly<Record<string, string>> = {
  "&lt;": "<",
  "&gt;": ">",
  "&quot;": '"',
  "&amp;": "&",
};

/**
 * The value of an attribute. An entity that isn't one of the parser's stays as it is written, and
 * is escaped again: a browser sees what has been checked.
 */
function valueOf(written: string): string {
  return written.replaceAll(/&(?:lt|gt|quot|amp);/g, (entity) => entities[entity] ?? entity);
}

/** What browsers drop from a URL: controls and blanks around it, tabs and line ends in it. */
// eslint-disable-next-line no-control-regex
const droppedInUrl = /^[\u0000-\u0020]+|[\u0000-\u0020]+$|[\t\n\r]/g;

const scheme = /^([a-z][a-z0-9+.-]*):/i;

const linkSchemes: ReadonlySet<string> = new Set(["http", "https", "mailto"]);

/** A URL that has been checked: where it leads. */
interface CheckedUrl {
  readonly url: string;
  /** Whether it may lead to another origin. */
  readonly isForeign: boolean;
}

/** Checks `value`, a URL or a relative reference; undefined when it has another scheme. */
function checkUrl(value: string): CheckedUrl | undefined {
  const url = value.replaceAll(droppedInUrl, "");
  const [, named] = scheme.exec(url) ?? [];
  if (named !== undefined) {
    return linkSchemes.has(named.toLowerCase()) ? { url, isForeign: true } : undefined;
  }
  // "//host/", which browsers take "\\host/" for, has the scheme of the page (RFC 3986 §4.2).
  return { url, isForeign: /^[/\\]{2}/.test(url) };
}

function attribute(name: string, value: string | undefined): string {
  return value === undefined ? "" : ` ${name}="${escapeHtml(value)}"`;
}

/** A link to a URL that has been checked; one within the document gets the prefix of its names. */
function linkTag(
  { url, isForeign }: CheckedUrl,
  title: string | undefined,
  prefix: string,
): string {
  const href = url.startsWith("#") && url.length > 1 ? `#${prefix}${url.slice(1)}` : url;
  const rel = isForeign ? ' rel="nofollow noopener noreferrer"' : "";
  return `<a${attribute("href", href)}${attribute("title", title)}${rel}>`;
}

type Attributes = ReadonlyMap<string, string>;

/** Addresses in angle brackets, which the parser has left as text because they look like tags. */
const bracketed =
  /&lt;(?:(https?:\/\/(?:[^\s<>&"]|&amp;)+)|([\w.+-]{1,64}@[\w-][\w.-]{0,255}))&gt;/gi;

/** Writes what is allowed. */
class SafeWriter {
  readonly #prefix: string;
  readonly #parts: string[] = [];
  /** The open tags; "" is one that was left out. */
  readonly #open: string[] = [];
  /** The open tags by their names as the parser wrote them. */
  readonly #named: string[] = [];
  /** How many of the open tags are links, and how many are code. */
  readonly #inside = { a: 0, code: 0 };

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /** Text as the parser wrote it, with entities. */
  text(written: string): void {
    const text = written.replaceAll(">", "&gt;");
    const isPlain = this.#inside.a + this.#inside.code > 0;
    this.#parts.push(isPlain || !text.includes("&lt;") ? text : this.#linkAddresses(text));
  }

  #linkAddresses(text: string): string {
    return text.replaceAll(bracketed, (_, web: string | undefined, mail: string | undefined) => {
      const shown = web ?? mail ?? "";
      const url = web === undefined ? `mailto:${shown}` : valueOf(shown);
      return `${linkTag({ url, isForeign: true }, undefined, this.#prefix)}${shown}</a>`;
    });
  }

  /** A tag, given without its brackets. What isn't allowed is written as text. */
  tag(written: string): void {
    const [, slash, name = "", more = ""] = tagPattern.exec(written) ?? [];
    if (slash === "/") this.#close(name, written);
    else if (name === "br" || name === "hr") this.#parts.push(`<${name}>`);
    else if (name === "img" || name === "input") this.#replace(name, attributesOf(more));
    else if (allowedTags.has(name)) this.#begin(name, attributesOf(more));
    else this.text(`&lt;${written}&gt;`);
  }

  /** All that has been written, with every tag closed. */
  finish(): string {
    while (this.#open.length > 0) this.#end();
    return this.#parts.join("");
  }

  #begin(name: string, attributes: Attributes): void {
    const tag = this.#open.length < depthMax ? this.#tagFor(name, attributes) : undefined;
    const opened = tag === undefined ? "" : (/[a-z0-9]+/.exec(tag)?.[0] ?? "");
    this.#named.push(name);
    this.#open.push(opened);
    if (opened === "a" || opened === "code") this.#inside[opened]++;
    if (tag !== undefined) this.#parts.push(tag);
  }

  #tagFor(name: string, attributes: Attributes): string | undefined {
    const heading = /^h([1-6])$/.exec(name);
    if (heading !== null) {
      // The page has a heading of its own above.
      const level = Math.min(6, Number(heading[1]) + 1);
      const id = attributes.get("id");
      return `<h${level}${attribute("id", id === undefined ? id : this.#prefix + id)}>`;
    }
    if (name === "a") {
      const url = checkUrl(attributes.get("href") ?? "");
      if (url === undefined || this.#inside.a > 0) return undefined;
      return linkTag(url, attributes.get("title"), this.#prefix);
    }
    if (name === "ol") {
      const start = attributes.get("start") ?? "";
      return /^\d{1,9}$/.test(start) ? `<ol start="${start}">` : "<ol>";
    }
    if (name === "th" || name === "td") {
      const align = attributes.get("align") ?? "";
      return /^(?:left|center|right)$/.test(align) ? `<${name} align="${align}">` : `<${name}>`;
    }
    return `<${name}>`;
  }

  /** A picture, or the mark of a task, which are not tags with content. */
  #replace(name: string, attributes: Attributes): void {
    if (name === "input") {
      this.#parts.push(attributes.has("checked") ? "&#9745; " : "&#9744; ");
      return;
    }
    const alt = attributes.get("alt") ?? "";
    const title = attributes.get("title");
    const url = checkUrl(attributes.get("src") ?? "");
    const isInLink = this.#inside.a > 0;
    if (url !== undefined && !url.isForeign && url.url !== "") {
      const source = attribute("src", url.url) + attribute("alt", alt) + attribute("title", title);
      this.#parts.push(`<img${source} loading="lazy">`);
    } else if (url === undefined || isInLink || url.url === "") this.#parts.push(escapeHtml(alt));
    else {
      const shown = escapeHtml(alt === "" ? url.url : alt);
      this.#parts.push(`${linkTag(url, title, this.#prefix)}${shown}</a>`);
    }
  }

  #close(name: string, written: string): void {
    if (this.#named.at(-1) === name) this.#end();
    else this.text(`&lt;${written}&gt;`);
  }

  #end(): void {
    this.#named.pop();
    const tag = this.#open.pop() ?? "";
    if (tag === "a" || tag === "code") this.#inside[tag]--;
    if (tag !== "") this.#parts.push(`</${tag}>`);
  }
}

function attributesOf(written: string): Attributes {
  const attributes = new Map<string, string>();
  for (const [, name = "", value = ""] of written.matchAll(attributePattern)) {
    attributes.set(name, valueOf(value));
  }
  return attributes;
}

/**
 * `html`, as a Markdown parser wrote it, with nothing in it but what is allowed. The names of its
 * headings, and links to them, get `prefix`, so that they are no names of the page around.
 */
export function safeHtml(html: string, prefix: string): string {
  const writer = new SafeWriter(prefix);
  let at = 0;
  while (at < html.length) {
    const start = html.indexOf("<", at);
    if (start === -1) break;
    if (start > at) writer.text(html.slice(at, start));
    const end = html.indexOf(">", start);
    // The parser escapes both brackets in text and in attributes.
    const other = html.indexOf("<", start + 1);
    if (end === -1 || (other !== -1 && other < end)) {
      writer.text("&lt;");
      at = start + 1;
    } else {
      writer.tag(html.slice(start + 1, end));
      at = end + 1;
    }
  }
  writer.text(html.slice(at));
  return writer.finish();
}
