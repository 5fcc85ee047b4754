/**
 * Content codings (RFC 9110 §8.4, §12.5.3): which variant of a representation goes to this client.
 *
 * The client's weights decide. Among codings of one weight a variant that was made ahead and lies
 * beside the file comes first (`page.html.br`, when it is at least as new), then one that is made
 * here: once for each version, off the event loop, and kept in a bounded cache. Every variant is a
 * representation of its own, with its own strong tag; conditions and ranges are about that variant.
 *
 * Types that are compressed by nature have one variant alone, whatever the client says. And when a
 * lot is being made already, a client that takes the identity gets it.
 */

import type { Eventual } from "../../base/eventual.ts";
import { whenReady } from "../../base/eventual.ts";
import type { Limits } from "../../base/limits.ts";
import { parseAcceptEncoding, rankCodings } from "../../http/fields/accept.ts";
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
import type { CodedVariant, VariantCache } from "./variant-cache.ts";
import type { Coding } from "./variant-encoder.ts";
import { makeVariant } from "./variant-encoder.ts";

type Offered = Coding | "identity";

/** Variants made ahead, where the client has no preference: by size, at build tools' levels. */
const aheadOrder: readonly Coding[] = ["br", "zstd", "gzip"];

/** Variants made here: at these levels zstd is as small as the others in a quarter of the time. */
const hereOrder: readonly Coding[] = ["zstd", "br", "gzip"];

const offered: readonly Offered[] = [...aheadOrder, "identity"];

/** The names of variants made ahead. */
const extensions: Readonly<Record<Coding, string>> = { br: ".br", zstd: ".zst", gzip: ".gz" };

/** One thing to try, in the order in which the client would rather have it. */
type Candidate =
  | { readonly kind: "ahead"; readonly coding: Coding }
  | { readonly kind: "here"; readonly coding: Coding }
  | { readonly kind: "identity" };

/** What a client accepts. */
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

/** What is worked out once about the variants of a representation, and lies in its slot. */
class VariantSlots {
  /** Where the representation is. */
  readonly path: ContainedPath;
  /** Where a variant that was made ahead would be. */
  readonly #beside: { [coding in Coding]?: ContainedPath | undefined } = {};
  /** By what a variant that is made here is known to the cache. */
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

  /** With the path, because a tag tells versions of one resource apart and no more. */
  key(coding: Coding, { entityTag }: Representation): string {
    return (this.#keys[coding] ??= `${coding} ${entityTag.opaque} ${this.path.text}`);
  }
}

function slotsOf({ slot }: Representation, path: ContainedPath): VariantSlots {
  const known = slot?.value;
  if (known instanceof VariantSlots && known.path.text === path.text) return known;
  const slots = new VariantSlots(path);
  if (slot !== undefined) slot.value = slots;
  return slots;
}

/**
 * What the selection comes to: a variant, or "none" when the client accepts no variant there is,
 * and "busy" when none can be made now.
 */
export type Selection = Representation | "none" | "busy";

/** What the selection of a variant needs. */
interface VariantService {
  readonly tree: Tree;
  readonly limits: Limits;
  readonly cache: VariantCache;
  /** What turns of the event loop may spend. */
  readonly budgets: TurnBudgets;
}

/** What of a request's selection stays the same from candidate to candidate. */
interface Selecting {
  readonly identity: Representation;
  readonly slots: VariantSlots;
  readonly accepted: Accepted;
  /** Whether a variant may be made here. */
  readonly mayMake: boolean;
  readonly view: View;
}

/** Selects the variants of one site. */
export class VariantSelector {
  readonly #tree: Tree;
  readonly #limits: Limits;
  readonly #cache: VariantCache;
  readonly #budgets: TurnBudgets;
  /** What the latest client accepted, and how it said so: the next one mostly says the same. */
  #latest: { readonly text: string; readonly accepted: Accepted } | undefined;

  constructor({ tree, limits, cache, budgets }: VariantService) {
    this.#tree = tree;
    this.#limits = limits;
    this.#cache = cache;
    this.#budgets = budgets;
  }

  /** Whether a client that has sent `fields` takes what isn't coded. */
  takesIdentity(fields: Fields): boolean {
    return this.#acceptedBy(fields)?.takesIdentity ?? true;
  }

  /** What `fields` accept; undefined where they say nothing. */
  #acceptedBy(fields: Fields): Accepted | undefined {
    if (!fields.has("accept-encoding")) return undefined;
    const values = fields.getAll("accept-encoding");
    const text = values.join(",");
    if (this.#latest?.text !== text) this.#latest = { text, accepted: readAccepted(values) };
    return this.#latest.accepted;
  }

  /**
   * The variant of `identity`, the file or the folder at `path`, that `request` asks for. It is
   * released where it isn't selected. No variant is made here of what fits a packet, unless
   * nothing else is accepted, nor of what takes too long.
   */
  select(
    { head }: Request,
    identity: Representation,
    path: ContainedPath,
    view: View,
  ): Eventual<Selection> {
    if (!identity.hasVariants) return identity;
    const accepted = this.#acceptedBy(head.fields);
    // Most programs say nothing: the identity is what they surely understand.
    if (accepted === undefined) return identity;
    const { codingBytesMin, codingBytesMax } = this.#limits;
    const { size } = identity;
    const mayMake = size <= codingBytesMax && (size >= codingBytesMin || !accepted.takesIdentity);
    const slots = slotsOf(identity, path);
    return this.#try({ identity, slots, accepted, mayMake, view }, 0, "none");
  }

  /** Tries the candidates from `from` on; `otherwise` is what it comes to without any. */
  #try(selecting: Selecting, from: number, otherwise: "none" | "busy"): Eventual<Selection> {
    const { identity, accepted, mayMake, view } = selecting;
    const { candidates } = accepted;
    let outcome = otherwise;
    for (let i = from; i < candidates.length; i++) {
      const candidate = candidates[i] as Candidate;
      if (candidate.kind === "identity") {
        // That there was no room is true for now, and can't be checked again.
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

  /** A variant made ahead: a file of the tree, by the same rules as any other. */
  #ahead(selecting: Selecting, coding: Coding): Eventual<Representation | undefined> {
    const { identity, slots, view } = selecting;
    // What has no date is no file, and nothing can be as new.
    const beside = identity.mtimeMs === undefined ? undefined : slots.beside(coding);
    if (beside === undefined) return undefined;
    return whenReady(this.#tree.open(beside, view), (found) =>
      this.#variantIn(found, selecting, coding),
    );
  }

  #variantIn(found: Outcome, selecting: Selecting, coding: Coding): Representation | undefined {
    if (found.kind !== "file") return undefined;
    const { identity } = selecting;
    const { file } = found;
    // No coding makes nothing of something: an empty file is one that is still being written.
    if (file.size === 0 || file.mtimeMs < (identity.mtimeMs ?? Infinity)) {
      file.close();
      return undefined;
    }
    identity.release();
    return variantOf(identity, coding, file);
  }

  /**
   * A variant made here, now or before. Undefined when there is no room to make it; `identity` is
   * not released then.
   */
  #made(selecting: Selecting, coding: Coding): Eventual<Representation> | undefined {
    const { identity, slots } = selecting;
    const represent = (coded: CodedVariant): Representation => variantOf(identity, coding, coded);
    const key = slots.key(coding, identity);
    const found = this.#cache.find(key);
    if (found !== undefined) {
      identity.release();
      if (!(found instanceof Promise)) return represent(found);
      return found.then(async (coded) => {
        // Besides what is sent there is an answer to be made.
        const cost = coded.octets.length + this.#limits.inlineBytesMax;
        await this.#budgets.variants.take(cost, this.#limits.sendBurstBytes);
        return represent(coded);
      });
    }
    const make = (): ReturnType<typeof makeVariant> =>
      makeVariant(identity.content, coding, this.#limits, this.#budgets.scheduler);
    return this.#cache.make(key, identity.size, make)?.then(represent);
  }
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
    ...(mtimeMs === undefined ? {} : { mtimeMs }),
  });
}
