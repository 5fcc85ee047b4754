/**
 * The names that an upload may have. A name is text in the form of `base/file-name.ts`.
 *
 * Some names are no names for strangers to give: hidden ones, those that no line of a terminal
 * shows as they are, and those that another system takes for a device. Others mean something to the
 * site: its index, its error pages, its form page, its configuration, and a coded form of another
 * file, which clients would get in place of that.
 */

import type { Eventual } from "../../base/eventual.ts";
import { all, whenReady } from "../../base/eventual.ts";
import { nameLength } from "../../base/file-name.ts";

/** The longest name of a file, in octets. */
const nameBytesMax = 255;

/** What a name is shortened to, so that a number has room behind it. */
const shortNameBytesMax = 240;

/** Controls, line separators, and marks that change the direction of the text around them. */
const unshown = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_C}]/gu;

/** Names that Windows takes for devices, whatever their extension. */
const device = /^(?:con|prn|aux|nul|com[\d¹²³]|lpt[\d¹²³])(?:\.|$)/i;

/** A name that Windows would cut. */
const blankEnd = /[. ]+$/;

/** Why no upload may have `name`, as a sentence; undefined if one may. */
export function nameFault(name: string): string | undefined {
  if (name.startsWith(".")) return "Names that begin with a dot are not taken.";
  if (name.search(unshown) !== -1) return "Names with control characters are not taken.";
  if (blankEnd.test(name)) return "Names that end with a dot or a space are not taken.";
  return device.test(name) ? "Names of devices are not taken." : undefined;
}

/** `name` without its end, so that it has at most `octetsMax` octets; its extension stays. */
function shorten(name: string, octetsMax: number): string {
  if (nameLength(name) <= octetsMax) return name;
  const [stem, extension] = splitName(name);
  const kept = nameLength(extension) < octetsMax / 2 ? extension : "";
  let short = "";
  for (const character of kept === "" ? name : stem) {
    if (nameLength(short + character + kept) > octetsMax) break;
    short += character;
  }
  return short + kept;
}

/** The stem and the extension, ".tar.gz" or ".txt"; either may be empty. */
function splitName(name: string): readonly [stem: string, extension: string] {
  const extension = /(?:\.tar)?\.[^.]+$/i.exec(name)?.[0] ?? "";
  return extension === name
    ? [name, ""]
    : [name.slice(0, name.length - extension.length), extension];
}

/**
 * The name that a file is stored by when a form calls it `given`. A client may send a path, of its
 * own system or of a folder that was chosen: what stands before the last separator is dropped (RFC
 * 7578 §4.2, RFC 2183 §2.3). The form of the characters is the one that the web writes (NFC).
 */
export function cleanName(given: string): string {
  const last = given.split(/[/\\]/).at(-1) ?? "";
  const composed = last.isWellFormed() ? last.normalize("NFC") : last;
  const shown = composed.replace(unshown, "_").trim().replace(/^\.+/, "");
  const ended = shorten(shown, shortNameBytesMax).replace(blankEnd, "");
  if (ended === "") return "upload";
  return device.test(ended) ? `_${ended}` : ended;
}

/** `name` with a number behind its stem, "a (2).txt"; `name` itself for 1. */
export function numberedName(name: string, number: number): string {
  const [stem, extension] = splitName(name);
  return number === 1 ? name : `${stem} (${number})${extension}`;
}

/** Whether `name` is short enough for every file system. */
export function isShortName(name: string): boolean {
  return nameLength(name) <= nameBytesMax;
}

/** The suffixes of coded forms (`variants/variant-selector.ts`). */
const codedSuffixes = [".br", ".gz", ".zst"] as const;

/** The names that mean something to a site. */
export class OwnNames {
  readonly #names: ReadonlySet<string>;

  constructor(index: string, formPage: string) {
    const pages = ["403.html", "404.html", "postern.config.ts", "postern.config.json"];
    this.#names = new Set([...pages, formPage, index].filter((name) => name !== ""));
  }

  /**
   * What `name` would be to the site, in words; undefined if it is a file like any other. `exists`
   * tells whether something in the same folder has a name. Letter case doesn't count, because there
   * are file systems where it doesn't.
   */
  meaningOf(
    name: string,
    exists: (other: string) => Eventual<boolean>,
  ): Eventual<string | undefined> {
    const lower = name.toLowerCase();
    for (const own of this.#names) if (own.toLowerCase() === lower) return "a page of the site";
    const others: (readonly [name: string, meaning: string])[] = [];
    for (const suffix of codedSuffixes) {
      if (lower.endsWith(suffix)) {
        others.push([name.slice(0, -suffix.length), "the coded form of another file"]);
      }
      others.push([name + suffix, "the file whose coded form is there"]);
    }
    const found = all(others.map(([other]) => exists(other)));
    return whenReady(found, (there) => others[there.indexOf(true)]?.[1]);
  }
}
