/**
 * Makes a listing from the steps of a tree. A short one is made whole. A long one is streamed, so
 * that making it doesn't delay other requests. Clients that ask for the same folder at once get the
 * same rows, or the same whole listing.
 */

import type { Eventual } from "../../base/eventual.ts";
import type { Slot } from "../../base/slot.ts";
import { concatBytes, utf8Bytes } from "../../http/octets/bytes.ts";
import type { TurnBudgets } from "../../schedule/turn-budgets.ts";
import { displayPath } from "../../tree/path.ts";
import type { ListingPart, ListingStep, ListingSteps, ListingTotals } from "../../tree/tree.ts";
import type { AskedListing, ListedSum, ListingFormat } from "./listing-format.ts";
import type { ListingRows, PartRows } from "./listing-rows.ts";
import { sizeOf } from "./listing-rows.ts";

/** What makes the rows of listings: a turn's budgets, the format, and the rows that are shared. */
export interface RowMaking {
  readonly budgets: TurnBudgets;
  readonly format: ListingFormat;
  readonly rows: ListingRows;
  /** Told of a name whose entry is left out, because no request can spell it. */
  readonly leftOut: (name: string) => void;
}

/** Why a folder can't be read. */
export type ListingFailure = NonNullable<ListingStep["failure"]>;

/** A listing whose entries have all been rendered. */
interface Listed {
  readonly rows: readonly Uint8Array[];
  readonly sum: ListedSum;
  /**
   * Where the listing is kept for the others that share the reading; undefined for none.
   */
  readonly slot: Slot | undefined;
}

/** The fixed cost of a step, in the unit of `ListingStep.work`. */
const stepWork = 32;

/** What one step of a listing has made. */
interface MadeRows {
  readonly octets: Uint8Array;
  readonly count: number;
  readonly fileOctets: number;
  readonly step: ListingStep;
}

/** The rows of `part`, made over as many turns as the budget requires. */
async function rowsOf(part: ListingPart, { budgets, format, rows }: RowMaking): Promise<PartRows> {
  const own = rows.of(part, format);
  while (!own.isDone) await budgets.listings.do(() => stepWork + own.advance());
  rows.keep(part, format, own);
  return own;
}

/** The rows of a listing, spread over as many turns as the budget requires. */
async function* listInTurns(
  list: () => ListingSteps,
  making: RowMaking,
): AsyncGenerator<MadeRows, void> {
  const { listings } = making.budgets;
  // Asked for when the first row is, because steps that no iteration begins would not be returned.
  const steps = list();
  try {
    for (;;) {
      let next: Eventual<IteratorResult<ListingStep, void>> | undefined;
      await listings.do(() => {
        next = steps.next();
        return stepWork + (next instanceof Promise ? 0 : (next.value?.work ?? 0));
      });
      const result = await next;
      if (result === undefined || result.done === true) return;
      const step = result.value;
      const { entries, part, leftOut } = step;
      if (leftOut !== undefined) making.leftOut(leftOut);
      if (part === undefined) {
        const octets = utf8Bytes(making.format.renderEntries(entries));
        yield { octets, count: entries.length, fileOctets: sizeOf(entries), step };
      } else {
        const { octets, count, fileOctets } = await rowsOf(part, making);
        yield { octets, count, fileOctets, step };
      }
    }
  } finally {
    await steps.return?.();
  }
}

/** Adds up what the steps of one listing have made. */
class Sum implements ListedSum {
  totals: ListingTotals = { files: 0, folders: 0, from: 0 };
  count = 0;
  octets = 0;
  readonly #separatorBytes: number;

  constructor({ separatorBytes }: ListingFormat) {
    this.#separatorBytes = separatorBytes;
  }

  /** The octets of the next rows, without what would separate the first of all from one before. */
  add({ octets, count, fileOctets, step }: MadeRows): Uint8Array {
    const isFirst = this.count === 0;
    this.totals = step.totals ?? { files: step.found, folders: 0, from: 0 };
    this.count += count;
    this.octets += fileOctets;
    return isFirst ? octets.subarray(this.#separatorBytes) : octets;
  }
}

/**
 * The listing that `asked` for is made from the steps of `list`; undefined when more than
 * `foundMax` entries are found. Or why the folder can't be read.
 */
export async function readListing(
  list: () => ListingSteps,
  foundMax: number,
  making: RowMaking,
): Promise<Listed | ListingFailure | undefined> {
  const rows: Uint8Array[] = [];
  const sum = new Sum(making.format);
  let slot: Slot | undefined;
  for await (const made of listInTurns(list, making)) {
    const { failure, found, part } = made.step;
    if (failure !== undefined) return failure;
    if (found > foundMax) return undefined;
    rows.push(sum.add(made));
    slot ??= part?.wholeSlot;
  }
  return { rows, sum, slot };
}

/** The octets of a listing that has been read. */
export function renderListing(
  asked: AskedListing,
  { rows, sum }: Listed,
  format: ListingFormat,
): Uint8Array {
  return concatBytes([utf8Bytes(format.begin(asked)), ...rows, utf8Bytes(format.end(asked, sum))]);
}

/**
 * The listing that is `asked` for, made from the steps of `list` while it is sent. A step without
 * entries yields an empty chunk, so that a disconnect is noticed at every step. Throws when the
 * folder can't be read to its end, so that the client doesn't take a part for the whole.
 */
export async function* streamListing(
  asked: AskedListing,
  list: () => ListingSteps,
  making: RowMaking,
): AsyncGenerator<Uint8Array, void> {
  const { format } = making;
  yield utf8Bytes(format.begin(asked));
  const sum = new Sum(format);
  for await (const made of listInTurns(list, making)) {
    const { failure } = made.step;
    if (failure !== undefined) throw new Error(describeFailure(asked, failure));
    yield sum.add(made);
  }
  yield utf8Bytes(format.end(asked, sum));
}

function describeFailure({ path }: AskedListing, failure: ListingFailure): string {
  const reason = failure.kind === "failed" ? `: ${failure.code}` : "";
  return `the folder /${displayPath(path)} can't be read${reason}`;
}
