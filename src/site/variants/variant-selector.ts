/**
 * Selects the variant of a representation for a client by content coding (RFC 9110 §8.4, §12.5.3).
 *
 * The client's weights decide. Among codings of equal weight a precompressed file beside the
 * original is preferred (`page.html.br`, if it is at least as new). Next is a variant made by the
 * server: once for each version, on another thread, and cached. Every variant is a representation
 * of its own, with its own strong tag; conditions and ranges apply to that variant.
 *
 * A part is one of the identity wherever that is acceptable. RFC 9110 §14.2 allows parts of coded
 * variants, but clients that decode content can't decode a part of it: Bun's fetch and Python's
 * requests fail, and curl --compressed writes a truncated file. Only a request whose condition
 * names another variant, as If-Range does by its tag, gets a part of that one. Vary doesn't name
 * Range, because a cache may answer a range request from a complete response that it has stored.
 *
 * Content that isn't compressible has only the identity; a client that refuses it gets 406. While
 * too much is being coded, a client that accepts the identity gets it.
 *
 * A precompressed file that can't be read, because the storage fails, may be there. Another variant
 * is sent in its place, which is as right in every cache: all have Vary, and a tag of their own.
 * Only what would be wrong later is not said: that no variant is acceptable (406), or that none has
 * the tag of If-Match (412). Then the failure is the answer.
 */

import type { Eventual } from "../../base/eventual.ts";
import { whenReady } from "../../base/eventual.ts";
import type { Limits } from "../../base/limits.ts";
import { parseAcceptEncoding, rankCodings } from "../../http/fields/accept.ts";
import { ifMatch, ifRange } from "../../http/fields/conditional.ts";
import type { Fields } from "../../http/fields/fields.ts";
import type { TurnBudgets } from "../../schedule/turn-budgets.ts";
import type { ContainedPath } from "../../tree/path.ts";
import { siblingPath } from "../../tree/path.ts";
import type { OpenFile, Outcome, Tree } from "../../tree/tree.ts";
import type { View } from "../../tree/view.ts";
import { entityTagOf } from "../content/file-representation.ts";
import { fileSlotsOf } from "../content/file-slots.ts";
import { Representation } from "../content/representation.ts";
import type { Request } from "../request.ts";
import type { CodedVariant, MadeVariant, VariantCache } from "./variant-cache.ts";
import type { Coding } from "./variant-encoder.ts";

type Offered = Coding | "identity";

/** The order of precompressed files of equal weight: the smallest first, at build tools' levels. */
const aheadOrder: readonly Coding[] = ["br", "zstd", "gzip"];

/**
 * The order of codings made by the server: at its levels, zstd takes a quarter of the time of the
 * others for the same size.
 */
const hereOrder: readonly Coding[] = ["zstd", "br", "gzip"];

const offered: readonly Offered[] = [...aheadOrder, "identity"];

/** The name suffixes of precompressed files. */
const extensions: Readonly<Record<Coding, string>> = { br: ".br", zstd: ".zst", gzip: ".gz" };

/**
 * A possible variant: a precompressed file ("ahead"), one made by the server ("here"), or the
 * identity.
 */
type Candidate =
  | { readonly kind: "ahead"; readonly coding: Coding }
  | { readonly kind: "here"; readonly coding: Coding }
  | { readonly kind: "identity" };

/** What a client accepts, its preferred candidates first. */
interface Accepted {
  readonly candidates: readonly Candidate[];
  readonly takesIdentity: boolean;
}

function readAccepted(values: readonly string[]): Accepted {
  const ranks = rankCodings(parseAcceptEncoding(values), offered);
  const candidates: Candidate[] = [];
  for (const rank of ranks) {
    for (const coding of aheadOrder) {
      if (rank.includes(coding)) candidates.push({ kind: "ahead", coding });
    }
    const here = hereOrder.find((coding) => rank.includes(coding));
    if (here !== undefined) candidates.push({ kind: "here", coding: here });
    if (rank.includes("identity")) candidates.push({ kind: "identity" });
  }
  return { candidates, takesIdentity: candidates.some(({ kind }) => kind === "identity") };
}

/** Values about the variants of a representation that are computed once and kept in its slot. */
class KnownVariants {
  /** The path of the representation. */
  readonly path: ContainedPath;
  /** The paths of precompressed files, which may not exist. */
  readonly #beside: { [coding in Coding]?: ContainedPath | undefined } = {};
  /** The keys in the variant cache. */
  readonly #keys: { [coding in Coding]?: string } = {};

  constructor(path: ContainedPath) {
    this.path = path;
  }

  beside(coding: Coding): ContainedPath | undefined {
    if (!(coding in this.#beside)) {
      this.#beside[coding] = siblingPath(this.path, extensions[coding]);
    }
    return this.#beside[coding];
  }

  /** Contains the path, because a tag is unique only within one resource. */
  key(coding: Coding, { entityTag }: Representation): string {
    return (this.#keys[coding] ??= `${coding} ${entityTag.opaque} ${this.path.text}`);
  }
}

function knownVariantsOf({ slot }: Representation, path: ContainedPath): KnownVariants {
  const known = slot?.value;
  if (known instanceof KnownVariants && known.path.text === path.text) return known;
  const variants = new KnownVariants(path);
  if (slot !== undefined) slot.value = variants;
  return variants;
}

/**
 * Whether a request asks for a part, and none of its conditions names a variant of
 * `identity`. A date names none for certain, because all of them share it (RFC 9110 §8.8.1).
 */
function asksForPartOf({ entityTag }: Representation, { head, receivedMs }: Request): boolean {
  const { fields, method } = head;
  // RFC 9110 §14.2: Range is defined for GET alone.
  if (method !== "GET" || !fields.has("range")) return false;
  const nowSeconds = Math.floor(receivedMs / 1000);
  if (ifRange(fields, { entityTag }, nowSeconds) === "fails") return false;
  return ifMatch(fields, { entityTag }) !== "fails";
}

/** Why a precompressed file can't be read. */
type Failed = Extract<Outcome, { kind: "failed" }>;

/**
 * The result of a selection: a variant; "none" when none is acceptable; "busy" when an acceptable
 * one can't be made now; a failure when only what can't be read would tell.
 */
export type Selection = Representation | "none" | "busy" | Failed;

/** What `VariantSelector` needs. */
interface VariantService {
  readonly tree: Tree;
  readonly limits: Limits;
  readonly cache: VariantCache;
  /** The budgets of a turn of the event loop. */
  readonly budgets: TurnBudgets;
}

/** The parameters of one selection, the same for all its candidates. */
interface Selecting {
  readonly identity: Representation;
  readonly variants: KnownVariants;
  readonly accepted: Accepted;
  /** Whether the server may make a variant. */
  readonly mayMake: boolean;
  readonly view: View;
  /** Precompressed files that were asked for ahead: those that can't be read. */
  readonly asked: { [coding in Coding]?: Eventual<Failed | undefined> };
  /** Why one of the candidates before the selected one can't be read. */
  failed: Failed | undefined;
}

/** Selects the variants of one site. */
export class VariantSelector {
  readonly #tree: Tree;
  readonly #limits: Limits;
  readonly #cache: VariantCache;
  readonly #budgets: TurnBudgets;
  /** The latest Accept-Encoding and its meaning. Most requests repeat it. */
  #latest: { readonly text: string; readonly accepted: Accepted } | undefined;
  /** The fields that it was read from. Requests with the same head share this object. */
  #latestFields: Fields | undefined;

  constructor({ tree, limits, cache, budgets }: VariantService) {
    this.#tree = tree;
    this.#limits = limits;
    this.#cache = cache;
    this.#budgets = budgets;
  }

  /** Whether a request with `fields` accepts the identity. */
  takesIdentity(fields: Fields): boolean {
    return this.#acceptedBy(fields)?.takesIdentity ?? true;
  }

  /** Whether `fields`, which have Accept-Encoding, accept `coding`. */
  #accepts(fields: Fields, coding: string): boolean {
    const { candidates = [] } = this.#acceptedBy(fields) ?? {};
    return candidates.some((one) => one.kind !== "identity" && one.coding === coding);
  }

  /** What `fields` accept; undefined without Accept-Encoding. */
  #acceptedBy(fields: Fields): Accepted | undefined {
    if (fields === this.#latestFields) return this.#latest?.accepted;
    if (!fields.has("accept-encoding")) return undefined;
    const values = fields.getAll("accept-encoding");
    const text = values.join(",");
    if (this.#latest?.text !== text) this.#latest = { text, accepted: readAccepted(values) };
    this.#latestFields = fields;
    return this.#latest.accepted;
  }

  /**
   * Selects the variant of `identity`, the file or listing at `path`, for a request. `identity` is
   * released if it isn't selected. The server makes no variant of content that fits in one packet,
   * unless the identity is not acceptable, and none of content that would take too long.
   */
  select(
    request: Request,
    identity: Representation,
    path: ContainedPath,
    view: View,
  ): Eventual<Selection> {
    if (!identity.hasVariants) return this.selectOnly(request, identity);
    const accepted = this.#acceptedBy(request.head.fields);
    // Without Accept-Encoding any coding is acceptable, but most such clients decode none.
    if (accepted === undefined) return identity;
    if (accepted.takesIdentity && asksForPartOf(identity, request)) return identity;
    const { codingBytesMin, codingBytesMax } = this.#limits;
    const { size } = identity;
    const mayMake = size <= codingBytesMax && (size >= codingBytesMin || !accepted.takesIdentity);
    const variants = knownVariantsOf(identity, path);
    const selecting: Selecting = {
      identity,
      variants,
      accepted,
      mayMake,
      view,
      asked: {},
      failed: undefined,
    };
    if (this.#tree.openFile === undefined) return this.#try(selecting, 0, "none");
    // A tree that has to wait is asked for all precompressed files at once.
    this.#askAhead(selecting);
    return whenReady(this.#try(selecting, 0, "none"), (selected) => {
      const { failed } = selecting;
      return failed === undefined ? selected : sureOf(selected, request, failed);
    });
  }

  /**
   * `identity`, which has no variants, if the request accepts it (RFC 9110 §12.5.3). Its response
   * has no Vary: a cache may give it to a client that refuses the identity, and the copies of all
   * others are not multiplied by their Accept-Encoding.
   */
  selectOnly({ head }: Request, identity: Representation): Selection {
    if (this.takesIdentity(head.fields)) return identity;
    // A file that is itself coded, such as a .svgz, has a coding that may be acceptable.
    const [, coding] = identity.fields.find(([name]) => name === "Content-Encoding") ?? [];
    if (coding !== undefined && this.#accepts(head.fields, coding)) return identity;
    identity.release();
    return "none";
  }

  /** Tries the candidates from index `from` on; `otherwise` is the result if none can be used. */
  #try(selecting: Selecting, from: number, otherwise: "none" | "busy"): Eventual<Selection> {
    const { identity, accepted, mayMake, view } = selecting;
    const { candidates } = accepted;
    let outcome = otherwise;
    for (let i = from; i < candidates.length; i++) {
      const candidate = candidates[i] as Candidate;
      if (candidate.kind === "identity") {
        // That too much was being made is a temporary state, so the answer is not repeatable.
        if (outcome === "busy") view.dependOnMore();
        return outcome === "busy" ? identity.once() : identity;
      }
      if (candidate.kind === "ahead") {
        const ahead = this.#ahead(selecting, candidate.coding);
        if (ahead instanceof Promise) {
          const state = outcome;
          return ahead.then(
            (variant) => variant ?? this.#try(selecting, i + 1, state),
            (error: unknown) => {
              identity.release();
              throw error;
            },
          );
        }
        if (ahead !== undefined) return ahead;
      } else if (mayMake) {
        const made = this.#made(selecting, candidate.coding);
        if (made !== undefined) return made;
        outcome = "busy";
      }
    }
    identity.release();
    return outcome;
  }

  /** Opens all precompressed files that may be selected, so that none waits for another. */
  #askAhead({ identity, variants, accepted, view, asked }: Selecting): void {
    if (identity.mtimeMs === undefined) return;
    for (const candidate of accepted.candidates) {
      const beside = candidate.kind === "ahead" ? variants.beside(candidate.coding) : undefined;
      if (candidate.kind !== "ahead" || beside === undefined) continue;
      asked[candidate.coding] = whenReady(this.#open(beside, view), (found) => {
        if (found.kind === "file") found.file.close();
        return found.kind === "failed" ? found : undefined;
      });
    }
  }

  /** A precompressed variant. It is a file of the tree, so the same rules of permission apply. */
  #ahead(selecting: Selecting, coding: Coding): Eventual<Representation | undefined> {
    const { identity, variants, view } = selecting;
    // An identity without a date is a listing, which has no precompressed file.
    const beside = identity.mtimeMs === undefined ? undefined : variants.beside(coding);
    if (beside === undefined) return undefined;
    return whenReady(selecting.asked[coding], (failed) =>
      // One that failed is not asked for again, which would have to be waited for.
      whenReady(failed ?? this.#open(beside, view), (found) =>
        this.#variantIn(found, selecting, coding),
      ),
    );
  }

  #open(beside: ContainedPath, view: View): Eventual<Outcome> {
    const tree = this.#tree;
    return tree.openFile?.(beside, view) ?? tree.open(beside, view);
  }

  #variantIn(found: Outcome, selecting: Selecting, coding: Coding): Representation | undefined {
    if (found.kind === "failed") selecting.failed ??= found;
    if (found.kind !== "file") return undefined;
    const { identity } = selecting;
    const { file } = found;
    // No coding produces zero octets, so an empty file is still being written.
    const isLater = (file.mtimeMs ?? -Infinity) >= (identity.mtimeMs ?? Infinity);
    if (file.size === 0 || !isLater) {
      file.close();
      return undefined;
    }
    identity.release();
    return variantOf(identity, coding, file);
  }

  /**
   * A variant made by the server, now or before. Undefined when too much is being made; `identity`
   * is not released then.
   */
  #made(selecting: Selecting, coding: Coding): Eventual<Representation> | undefined {
    const { identity, variants } = selecting;
    const represent = (coded: CodedVariant): Representation => variantOf(identity, coding, coded);
    const key = variants.key(coding, identity);
    const found = this.#cache.find(key);
    if (found !== undefined) {
      identity.release();
      if (!(found instanceof Promise)) return represent(found);
      return found.then(async (coded) => {
        // The cost of making the response is added to its octets.
        const cost = coded.octets.length + this.#limits.inlineBytesMax;
        await this.#budgets.variants.take(cost, this.#limits.sendBurstBytes);
        return represent(coded);
      });
    }
    const make = (): Promise<MadeVariant> => {
      // Loaded on first use, because every later variant comes from the cache; and by `require`,
      // because a file that is replaced before `makeVariant` has shared it can't be opened again.
      const { makeVariant } =
        require("./variant-encoder.ts") as typeof import("./variant-encoder.ts");
      return makeVariant(identity.content, coding, this.#limits, this.#budgets.scheduler);
    };
    return this.#cache.make(key, identity.size, make)?.then(represent);
  }
}

/** `selected`, unless what it says of `request` could be wrong as something has `failed`. */
function sureOf(selected: Selection, { head }: Request, failed: Failed): Selection {
  if (selected === "none") return failed;
  if (!(selected instanceof Representation)) return selected;
  if (ifMatch(head.fields, { entityTag: selected.entityTag }) !== "fails") return selected;
  selected.release();
  return failed;
}

/**
 * A variant, and the identity that it is a variant of. It lies in a slot of what its octets come
 * from, and not in one of the identity's: when that has been evicted, the octets are not kept.
 */
class SelectedVariant {
  readonly identity: Representation;
  readonly variant: Representation;

  constructor(identity: Representation, variant: Representation) {
    this.identity = identity;
    this.variant = variant;
  }
}

/** The variant of `identity` in `coding`, whose octets are in a file or were made. */
function variantOf(
  identity: Representation,
  coding: Coding,
  from: OpenFile | CodedVariant,
): Representation {
  const slot = "close" in from ? fileSlotsOf(from)?.variant : from.slot;
  const known = slot?.value;
  if (known instanceof SelectedVariant && known.identity === identity) return known.variant;
  const variant = representVariant(identity, coding, from);
  if (slot !== undefined) slot.value = new SelectedVariant(identity, variant);
  return variant;
}

function representVariant(
  identity: Representation,
  coding: Coding,
  from: OpenFile | CodedVariant,
): Representation {
  const isFile = "close" in from;
  const { mtimeMs } = isFile ? from : identity;
  return new Representation({
    mediaType: identity.mediaType,
    fields: [...identity.fields, ["Content-Encoding", coding]],
    dateIsShared: true,
    entityTag: isFile ? entityTagOf(from) : from.entityTag,
    content: isFile ? (from.content ?? from) : from.octets,
    isRepeated: isFile ? from.slot !== undefined : true,
    mtimeMs,
  });
}
