/**
 * A Markdown file, or another README, as HTML that stands in a page: in one of its own, or below a
 * listing. It is made once for a version of the file, and kept while there is room.
 */

import type { Eventual } from "../../base/eventual.ts";
import type { Limits } from "../../base/limits.ts";
import { utf8Bytes } from "../../http/octets/bytes.ts";
import type { Scheduler } from "../../schedule/scheduler.ts";
import type { ContainedPath } from "../../tree/path.ts";
import type { OpenFile } from "../../tree/tree.ts";
import { entityTagOf } from "../content/file-representation.ts";
import type { MadeVariant } from "../variants/variant-cache.ts";
import { VariantCache } from "../variants/variant-cache.ts";
import { MarkdownRenderer, plainHtml } from "./markdown-renderer.ts";

/** A document that has been rendered. */
export interface RenderedDocument {
  /** The HTML, in UTF-8. */
  readonly octets: Uint8Array;
  /** Whether the file has more than is shown. */
  readonly isCut: boolean;
}

/** Where a document stands: the names of its headings must not be those of another in the page. */
type DocumentPlace = "page" | "below";

const prefixes: Readonly<Record<DocumentPlace, string>> = { page: "text-", below: "readme-" };

const markdownName = /\.(?:md|markdown|mdown|mkdn?)$/i;

/** Whether a file of this name is Markdown. */
function isMarkdownName(name: string): boolean {
  return markdownName.test(name);
}

/** The text of `octets`, which may be cut within a character. Text that isn't UTF-8 is Latin-1. */
function textOf(octets: Uint8Array, isCut: boolean): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(octets, { stream: isCut });
  } catch {
    return new TextDecoder("windows-1252").decode(octets);
  }
}

/** Renders and keeps documents. */
export class Documents {
  readonly #limits: Limits;
  readonly #renderer: MarkdownRenderer;
  readonly #cache: VariantCache<RenderedDocument>;

  constructor(limits: Limits, scheduler: Scheduler) {
    this.#limits = limits;
    this.#renderer = new MarkdownRenderer(limits, scheduler);
    this.#cache = new VariantCache(limits.markdownCacheBytesMax, limits.markdownsWaitingMax);
  }

  /**
   * The document in `file` at `path`, which is closed; undefined when too many are being rendered,
   * or the file can't be read or isn't text.
   */
  of(
    file: OpenFile,
    path: ContainedPath,
    place: DocumentPlace,
  ): Eventual<RenderedDocument | undefined> {
    const { opaque } = entityTagOf(file);
    const key = `${place} ${opaque} ${path.text}`;
    const found = this.#cache.find(key);
    if (found !== undefined) {
      file.close();
      return found;
    }
    const { markdownBytesMax } = this.#limits;
    const isCut = file.size > markdownBytesMax;
    const beginning = beginningOf(file, Math.min(file.size, markdownBytesMax));
    // A file that has no version, or has changed while it was read, is not remembered.
    const isSettled = file.version !== undefined && file.isUnchanged();
    const lasting = file.content !== undefined || isSettled;
    file.close();
    if (beginning === undefined || beginning.includes(0)) return undefined;
    return this.#cache.make(key, 1, async (): Promise<MadeVariant<RenderedDocument>> => {
      const text = textOf(isCut ? wholeLines(beginning) : beginning, isCut);
      const html = isMarkdownName(file.name)
        ? await this.#renderer.render(text, prefixes[place])
        : plainHtml(text);
      return { variant: { octets: utf8Bytes(html), isCut }, lasting };
    });
  }
}

/** The first `length` octets of `file`; undefined if it can't be read, or has shrunk. */
function beginningOf(file: OpenFile, length: number): Uint8Array | undefined {
  const { content } = file;
  if (content !== undefined) return content.subarray(0, length);
  const octets = new Uint8Array(length);
  for (let at = 0; at < length;) {
    const count = file.read(octets.subarray(at), at);
    if (count <= 0) return undefined;
    at += count;
  }
  return octets;
}

/** `octets` up to the end of their last line, if there is one. */
function wholeLines(octets: Uint8Array): Uint8Array {
  const end = octets.lastIndexOf(0x0a);
  return end === -1 ? octets : octets.subarray(0, end + 1);
}
