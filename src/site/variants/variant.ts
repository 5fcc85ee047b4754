/**
 * Content codings (RFC 9110 §8.4, §12.5.3): which form of a representation goes to this client.
 *
 * The client's weights decide. Among codings of one weight a form that was made ahead and lies
 * beside the file comes first (`page.html.br`, when it is at least as new), then one that is made
 * here: once for each version, off the event loop, and kept in a bounded cache. Every form is a
 * representation of its own, with its own strong tag; conditions and ranges are about that form.
 *
 * Types that are compressed by nature have one form alone, whatever the client says. And when a lot
 * is being made already, who takes the plain form gets it.
 */

import type { Limits } from "../../base/limits.ts";
import type { ContainedPath } from "../../tree/path.ts";
import { siblingPath } from "../../tree/path.ts";
import type { OpenFile, Tree } from "../../tree/disk/disk-tree.ts";
import { parseAcceptEncoding, rankCodings } from "../../http/accept.ts";
import type { Fields } from "../../http/fields.ts";
import type { ResponseField } from "../../http/response.ts";
import type { VariantCache, CodedVariant, MadeVariant } from "./variant-cache.ts";
import { representFile, tagOfBytes } from "../content/file-representation.ts";
import type { Request } from "../request.ts";
import type { Representation } from "../content/representation.ts";
import { contentSize, release } from "../content/representation.ts";
import { ByteBudget } from "../../schedule/byte-budget.ts";

/** What the choice of a form needs. */
export interface CodingService {
  readonly tree: Tree;
  readonly limits: Limits;
  readonly cache: VariantCache;
}

type Coding = "br" | "zstd" | "gzip";
type Offered = Coding | "identity";

/** Forms made ahead, where the client has no preference: by size, at the levels of build tools. */
const aheadOrder: readonly Coding[] = ["br", "zstd", "gzip"];

/** Forms made here: zstd is as small as the others at these levels, and takes a quarter as long. */
const hereOrder: readonly Coding[] = ["zstd", "br", "gzip"];

const offered: readonly Offered[] = [...aheadOrder, "identity"];

/** The names of forms made ahead. */
const extensions: Readonly<Record<Coding, string>> = { br: ".br", zstd: ".zst", gzip: ".gz" };

/** Types that shrink, outside text/*, +json, +xml and all that says its charset. */
const compressible: ReadonlySet<string> = new Set([
  "application/javascript",
  "application/json",
  "application/vnd.ms-fontobject",
  "application/wasm",
  "application/xml",
  "font/otf",
  "font/ttf",
  "image/bmp",
  "image/vnd.microsoft.icon",
  "image/x-icon",
]);

/** What has been found of types; a tree has few. */
const knownTypes = new Map<string, boolean>();
const knownTypesMax = 256;

/** Whether content of this type has coded forms. */
export function isCompressible(mediaType: string): boolean {
  const known = knownTypes.get(mediaType);
  if (known !== undefined) return known;
  const found = shrinks(mediaType);
  if (knownTypes.size < knownTypesMax) knownTypes.set(mediaType, found);
  return found;
}

function shrinks(mediaType: string): boolean {
  const [essence = "", parameters = ""] = mediaType.split(";", 2);
  const isText = essence.startsWith("text/") || /\+(?:json|xml)$/.test(essence);
  return isText || parameters.includes("charset=") || compressible.has(essence);
}

/** Names whose content is compressed by nature though their type, image/svg+xml, is not. */
const compressedName = /\.svgz$/i;

/** What has been found out about the other forms of a representation at a path. */
interface Original {
  readonly path: ContainedPath;
  /** Where a form that was made ahead would be. */
  beside?: { [coding in Coding]?: ContainedPath | undefined };
  /** By what a form that is made here is known. */
  keys?: { [coding in Coding]?: string };
}

/** Fields that say as well that there are other forms. */
const varyingFields = new WeakMap<readonly ResponseField[], readonly ResponseField[]>();

function withVariance(fields: readonly ResponseField[]): readonly ResponseField[] {
  let varying = varyingFields.get(fields);
  if (varying === undefined) {
    varying = [...fields, ["Vary", "Accept-Encoding"]];
    varyingFields.set(fields, varying);
  }
  return varying;
}

/** `plain`, of what is called `name`, saying that it has other forms where it may have some. */
export function withForms(plain: Representation, name: string): Representation {
  const hasForms = isCompressible(plain.mediaType) && !compressedName.test(name);
  return hasForms ? { ...plain, hasForms, fields: withVariance(plain.fields) } : plain;
}

/** Of representations that stay, as those of small files do. */
const originals = new WeakMap<Representation, Original>();

function originalOf(plain: Representation, path: ContainedPath): Original {
  const known = originals.get(plain);
  if (known !== undefined && known.path.text === path.text) return known;
  const original: Original = { path };
  if (plain.recurs === true) originals.set(plain, original);
  return original;
}

/** A form, and the representation that it is one of. */
interface Formed {
  readonly plain: Representation;
  readonly form: Representation;
}

/** What coded octets, or the files that hold them, are represented by. */
const formed = new WeakMap<CodedVariant | OpenFile, Formed>();

/** The form that `coded` is of `plain`, made if it has not been yet. */
function formFrom(
  coded: CodedVariant | OpenFile,
  plain: Representation,
  make: () => Representation,
): Representation {
  const known = formed.get(coded);
  if (known?.plain === plain) return known.form;
  const form = make();
  if (form.recurs === true) formed.set(coded, { plain, form });
  return form;
}

/**
 * The choices that fields have come to; there are few of them, as there are few kinds of clients.
 */
const knownRanks = new Map<string, readonly (readonly Offered[])[]>();
const knownRanksMax = 64;
const rankedLengthMax = 128;

/** The forms that `fields` accept, most wanted first; undefined where they say nothing. */
function ranksOf(fields: Fields): readonly (readonly Offered[])[] | undefined {
  if (!fields.has("accept-encoding")) return undefined;
  const values = fields.getAll("accept-encoding");
  const text = values.length === 1 ? (values[0] ?? "") : values.join(",");
  const known = knownRanks.get(text);
  if (known !== undefined) return known;
  const ranks = rankCodings(parseAcceptEncoding(values), offered);
  if (knownRanks.size < knownRanksMax && text.length <= rankedLengthMax)
    knownRanks.set(text, ranks);
  return ranks;
}

/** Whether a client that has sent `fields` takes what isn't coded. */
export function acceptsPlain(fields: Fields): boolean {
  return ranksOf(fields)?.some((rank) => rank.includes("identity")) ?? true;
}

/** Lets whatever else waits have its turn. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** Codes `octets` off the event loop, and takes them over: they may be gone after that. */
async function encode(
  coding: Coding,
  octets: Uint8Array<ArrayBuffer>,
  limits: Limits,
): Promise<Uint8Array> {
  if (coding === "zstd") return Bun.zstdCompress(octets, { level: 3 });
  const { zlibEncoder } = await import("./zlib-encoder.ts");
  // Its first order starts a thread, which takes 2 ms; loading it has taken one.
  await nextTurn();
  return zlibEncoder.encode(coding, octets, limits);
}

/** A form made ahead: a file of the tree, by the same rules as any other. */
function sidecar(
  original: Original,
  plain: Representation,
  coding: Coding,
  { tree }: CodingService,
): Representation | undefined {
  const { mtimeMs } = plain;
  const { path } = original;
  const paths = (original.beside ??= {});
  if (!(coding in paths)) paths[coding] = siblingPath(path, extensions[coding]);
  // What has no date is no file, and nothing can be as new.
  const beside = mtimeMs === undefined ? undefined : paths[coding];
  const found = beside === undefined ? undefined : tree.resolve(beside);
  if (mtimeMs === undefined || found?.kind !== "file") return undefined;
  const { file } = found;
  // No coding makes nothing of something: an empty file is one that is still being written.
  if (file.size === 0 || file.mtimeMs < mtimeMs) {
    file.close();
    return undefined;
  }
  return formFrom(file, plain, () => ({
    ...representFile(file, []),
    ...describeForm(plain, coding),
  }));
}

/** What a coded form has of the plain one, and what tells them apart. */
function describeForm(
  { mediaType, fields }: Representation,
  coding: Coding,
): Pick<Representation, "mediaType" | "dateIsShared" | "fields"> {
  return { mediaType, dateIsShared: true, fields: [...fields, ["Content-Encoding", coding]] };
}

/** Reads a file in turns, and closes it; fewer octets than it had when it has shrunk meanwhile. */
async function readInTurns(
  file: OpenFile,
  { sendPieceBytes }: Limits,
): Promise<{ readonly octets: Uint8Array<ArrayBuffer>; readonly unchanged: boolean }> {
  try {
    const content = new Uint8Array(file.size);
    let length = 0;
    for (let count = -1; count !== 0 && length < content.length; length += count) {
      if (length > 0) await nextTurn();
      count = file.read(content.subarray(length, length + sendPieceBytes), length);
    }
    const unchanged = file.isUnchanged();
    if (unchanged && length < content.length) throw new Error(`${file.name} can't be read`);
    return { octets: content.subarray(0, length), unchanged };
  } finally {
    file.close();
  }
}

/** Of those who wait until a form is made; one for all, as there is one event loop. */
const crowd = new ByteBudget();

/** Makes a form of `content`, which is released. */
async function makeForm(
  content: Representation["content"],
  coding: Coding,
  limits: Limits,
): Promise<MadeVariant> {
  let octets: Uint8Array<ArrayBuffer>;
  let lasting = true;
  if (content instanceof Uint8Array) {
    // Whoever else has it keeps it. (A Buffer's own `slice` would be a view.)
    octets = new Uint8Array(content);
  } else {
    // What can't be told from a later version, or was no version at all, is answered once.
    const read = await readInTurns(content, limits);
    octets = read.octets;
    lasting = content.isSettled && read.unchanged;
  }
  const made = await encode(coding, octets, limits);
  // A view into something larger would keep all of that.
  const exact = made.byteLength === made.buffer.byteLength ? made : new Uint8Array(made);
  return { variant: { octets: exact, entityTag: tagOfBytes(exact) }, lasting };
}

/**
 * A form made here, or found to have been made. Undefined when there is no room to make it: `plain`
 * is not released then.
 */
function madeHere(
  original: Original,
  plain: Representation,
  coding: Coding,
  { cache, limits }: CodingService,
): Representation | Promise<Representation> | undefined {
  const { content, entityTag, mtimeMs } = plain;
  const represent = (form: CodedVariant): Representation =>
    formFrom(form, plain, () => ({
      ...describeForm(plain, coding),
      ...(mtimeMs === undefined ? {} : { mtimeMs }),
      entityTag: form.entityTag,
      content: form.octets,
      recurs: true,
    }));
  const { path } = original;
  const keys = (original.keys ??= {});
  // With the path, since a tag tells versions of one resource apart and no more.
  const key = (keys[coding] ??= `${coding} ${entityTag.opaque} ${path.text}`);
  const found = cache.find(key);
  if (found !== undefined) {
    release(plain);
    if (!(found instanceof Promise)) return represent(found);
    return found.then(async (form) => {
      // Besides what is sent there is an answer to be made.
      const cost = form.octets.length + limits.inlineBytesMax;
      await crowd.take(cost, limits.sendBurstBytes);
      return represent(form);
    });
  }
  const make = (): Promise<MadeVariant> => makeForm(content, coding, limits);
  return cache.make(key, contentSize(plain), make)?.then(represent);
}

/** `representation` for this once. */
function passing(representation: Representation): Representation {
  return { ...representation, recurs: false };
}

/**
 * What the choice comes to: a form, at once where it is there, else when it has been made; "none"
 * when the client accepts no form there is, and "busy" when none can be made now.
 */
export type FormChoice = Representation | Promise<Representation> | "none" | "busy";

/**
 * The form of `plain`, the file or the folder at `path`, that `request` asks for. `plain` is
 * released where it isn't the answer. A form is made here neither for what fits a packet, unless
 * nothing else is accepted, nor for what takes too long.
 */
export function chooseForm(
  request: Request,
  plain: Representation,
  path: ContainedPath,
  service: CodingService,
): FormChoice {
  if (plain.hasForms !== true) return plain;
  const ranks = ranksOf(request.head.fields);
  // Most programs say nothing: the plain form is what they surely understand.
  if (ranks === undefined) return plain;
  const original = originalOf(plain, path);
  const { codingBytesMin, codingBytesMax } = service.limits;
  const size = contentSize(plain);
  const isPlainTaken = ranks.some((rank) => rank.includes("identity"));
  const isMade = size <= codingBytesMax && (size >= codingBytesMin || !isPlainTaken);
  let outcome: "none" | "busy" = "none";
  for (const rank of ranks) {
    for (const coding of aheadOrder) {
      const form = rank.includes(coding) ? sidecar(original, plain, coding, service) : undefined;
      if (form === undefined) continue;
      release(plain);
      return form;
    }
    const coding = isMade ? hereOrder.find((one) => rank.includes(one)) : undefined;
    if (coding !== undefined) {
      const form = madeHere(original, plain, coding, service);
      if (form !== undefined) return form;
      outcome = "busy";
    }
    // That there was no room is true for now, and follows from nothing that can be looked at.
    if (rank.includes("identity")) return outcome === "busy" ? passing(plain) : plain;
  }
  release(plain);
  return outcome;
}
