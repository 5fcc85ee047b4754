/**
 * Content codings (RFC 9110 §8.4, §12.5.3): which form of a representation goes to this client.
 *
 * Of the forms that the client accepts, one that was made ahead and lies beside the file comes
 * first (`page.html.br`, when it is at least as new), then one that is made here. It is made once
 * for each version, off the event loop, and kept in a bounded cache. Every form is a representation
 * of its own, with its own strong tag; conditions and ranges are about that form.
 *
 * Types that are compressed by nature have one form alone, whatever the client says.
 */

import type { Limits } from "../base/limits.ts";
import type { ContainedPath } from "../files/path.ts";
import { siblingPath } from "../files/path.ts";
import type { OpenFile, Tree } from "../files/resolve.ts";
import { acceptableCodings, parseAcceptEncoding } from "../protocol/accept.ts";
import type { Fields } from "../protocol/fields.ts";
import type { CodedCache } from "./coded-cache.ts";
import { representFile, tagOfBytes } from "./file-representation.ts";
import type { Representation } from "./representation.ts";

/** What the choice of a form needs. */
export interface CodingService {
  readonly tree: Tree;
  readonly limits: Limits;
  readonly cache: CodedCache;
}

type Coding = "br" | "zstd" | "gzip";
type Offered = Coding | "identity";

/** In the order of preference, where the client has none: by size, at these levels. */
const codings: readonly Coding[] = ["br", "zstd", "gzip"];
const offered: readonly Offered[] = [...codings, "identity"];

/** The names of forms made ahead. */
const extensions: Readonly<Record<Coding, string>> = { br: ".br", zstd: ".zst", gzip: ".gz" };

/** Types outside text/*, +json and +xml that shrink. */
const compressible: ReadonlySet<string> = new Set([
  "application/javascript",
  "application/json",
  "application/manifest+json",
  "application/vnd.ms-fontobject",
  "application/wasm",
  "application/xml",
  "application/x-ndjson",
  "application/yaml",
  "font/otf",
  "font/ttf",
  "image/bmp",
  "image/svg+xml",
  "image/vnd.microsoft.icon",
  "image/x-icon",
]);

/** Whether content of this type has coded forms. */
export function isCompressible(mediaType: string): boolean {
  const [essence = ""] = mediaType.split(";", 1);
  return essence.startsWith("text/") || /\+(json|xml)$/.test(essence) || compressible.has(essence);
}

/**
 * Codes `octets` on a thread of the runtime's own; quick levels, for what is made while one waits.
 */
async function encode(coding: Coding, octets: Uint8Array): Promise<Uint8Array> {
  const zlib = await import("node:zlib");
  const { promisify } = await import("node:util");
  switch (coding) {
    case "br":
      return promisify(zlib.brotliCompress)(octets, {
        params: {
          [zlib.constants.BROTLI_PARAM_QUALITY]: 5,
          [zlib.constants.BROTLI_PARAM_SIZE_HINT]: octets.length,
        },
      });
    case "zstd":
      return Bun.zstdCompress(octets, { level: 3 });
    case "gzip":
      return promisify(zlib.gzip)(octets, { level: 6 });
  }
}

function sizeOf({ content }: Representation): number {
  return content instanceof Uint8Array ? content.length : content.size;
}

/** A form made ahead: a file of the tree, by the same rules as any other. */
function sidecar(
  plain: Representation,
  path: ContainedPath,
  coding: Coding,
  { tree, limits }: CodingService,
): Representation | undefined {
  const beside = siblingPath(path, extensions[coding]);
  const found = beside === undefined ? undefined : tree.resolve(beside);
  if (found?.kind !== "file") return undefined;
  if (plain.mtimeMs === undefined || found.file.mtimeMs < plain.mtimeMs) {
    found.file.close();
    return undefined;
  }
  const coded = representFile(found.file, limits, []);
  return { ...coded, ...describeForm(plain, coding) };
}

/** What the coded form shares with the plain one, and what tells them apart. */
function describeForm(
  plain: Representation,
  coding: Coding,
): Pick<Representation, "mediaType" | "mtimeMs" | "fields"> {
  const { mediaType, mtimeMs, fields } = plain;
  return {
    mediaType,
    fields: [...fields, ["Content-Encoding", coding]],
    ...(mtimeMs === undefined ? {} : { mtimeMs }),
  };
}

/** A form made here, or found to have been made here. */
async function compressed(
  plain: Representation,
  coding: Coding,
  { cache }: CodingService,
): Promise<Representation> {
  const { content } = plain;
  const file: OpenFile | undefined = content instanceof Uint8Array ? undefined : content;
  let isWhole = true;
  const make = (): Promise<Uint8Array> => {
    const octets = file === undefined ? (content as Uint8Array) : file.readAll();
    // A file that changes while it is read is answered once, and not kept.
    isWhole = file === undefined || (octets.length === file.size && file.isUnchanged());
    return encode(coding, octets);
  };
  try {
    const coded = await cache.obtain(`${plain.entityTag.opaque} ${coding}`, make, () => isWhole);
    return { ...describeForm(plain, coding), entityTag: tagOfBytes(coded), content: coded };
  } finally {
    file?.close();
  }
}

/**
 * A form is made here neither for what fits a packet nor for what takes too long.
 *
 * The form of `plain`, the file at `path` if it is one, that `fields` ask for: at once where it is
 * there, else when it has been made. "none" when the client accepts no form there is; `plain` is
 * released then.
 */
export function chooseForm(
  fields: Fields,
  plain: Representation,
  path: ContainedPath | undefined,
  service: CodingService,
): Representation | Promise<Representation> | "none" {
  if (!isCompressible(plain.mediaType)) return plain;
  const varying: Representation = {
    ...plain,
    fields: [...plain.fields, ["Vary", "Accept-Encoding"]],
  };
  const wanted = acceptableCodings(parseAcceptEncoding(fields.getAll("accept-encoding")), offered);
  const [best] = wanted;
  if (best === "identity") return varying;
  for (const coding of wanted) {
    if (coding === "identity") break;
    const form = path === undefined ? undefined : sidecar(varying, path, coding, service);
    if (form === undefined) continue;
    release(plain);
    return form;
  }
  const size = sizeOf(plain);
  const isSmall = size < service.limits.codingBytesMin;
  const isLarge = size > service.limits.codingBytesMax;
  if (best !== undefined && !isLarge && !(isSmall && wanted.includes("identity"))) {
    return compressed(varying, best, service);
  }
  if (wanted.includes("identity")) return varying;
  release(plain);
  return "none";
}

function release({ content }: Representation): void {
  if (!(content instanceof Uint8Array)) content.close();
}
