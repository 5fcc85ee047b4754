import { describe, expect, test } from "bun:test";

import { Slot } from "../../../src/base/slot.ts";
import { bytes } from "../../../src/base/units.ts";
import { EventLoop } from "../../../src/schedule/event-loop.ts";
import { TurnBudgets } from "../../../src/schedule/turn-budgets.ts";
import type { AskedListing, ListingFormat } from "../../../src/site/listing/listing-format.ts";
import { ListingRows } from "../../../src/site/listing/listing-rows.ts";
import {
  readListing,
  renderListing,
  streamListing,
} from "../../../src/site/listing/listing-steps.ts";
import type { ListingStep, ListingSteps } from "../../../src/tree/tree.ts";
import { pathOf } from "../../tree/temp-tree.ts";

const order = { sort: "name", isDescending: false, filter: "", page: 1 } as const;
const asked: AskedListing = { path: pathOf("/a/"), order, entriesMax: 10, pageMax: 9 };

/** Names with a comma before each. */
const format: ListingFormat = {
  mediaType: "text/plain",
  fields: [],
  separatorBytes: 1,
  begin: () => "[",
  renderEntries: (entries) => entries.map(({ name }) => `,${name}`).join(""),
  end: (_asked, { totals, count, octets }) => `] ${totals.files} ${count} ${octets}`,
};

const making = {
  budgets: new TurnBudgets(new EventLoop()),
  format,
  rows: new ListingRows(bytes(10_000)),
  leftOut: () => undefined,
};

const stepOf = (...names: string[]): ListingStep => ({
  found: 4,
  entries: names.map((name) => ({ name, kind: "file", size: 5, mtimeMs: 0 })),
  work: 1,
});

/** Steps with parts of these names, all found before. */
function stepsOf(...parts: string[][]): ListingSteps {
  const wholeSlot = new Slot();
  const totals = { files: 4, folders: 0, from: 0 };
  return [
    { found: 4, entries: [], work: 1 },
    ...parts.map((names): ListingStep => {
      const read = (): Iterator<ListingStep, void, void> => [stepOf(...names)].values();
      return {
        found: 4,
        entries: [],
        part: { read, slot: new Slot(), wholeSlot },
        totals,
        work: 0,
      };
    }),
  ].values();
}

async function streamed(steps: ListingSteps): Promise<string> {
  let text = "";
  for await (const chunk of streamListing(asked, () => steps, making)) {
    text += new TextDecoder().decode(chunk);
  }
  return text;
}

describe("a listing", () => {
  test("is the same whole and streamed, and its first entry has nothing before it", async () => {
    // The first part is empty, because what it had is gone.
    const parts = [[], ["a", "b"], ["c"]];
    const listed = await readListing(() => stepsOf(...parts), 4, making);
    if (listed === undefined || "kind" in listed) throw new Error("not listed");
    const text = new TextDecoder().decode(renderListing(asked, listed, format));
    expect(text).toBe("[a,b,c] 4 3 15");
    expect(await streamed(stepsOf(...parts))).toBe(text);
  });

  test("of more than may be whole is none", async () => {
    expect(await readListing(() => stepsOf(["a"]), 3, making)).toBeUndefined();
  });

  test("takes entries that come without parts, and counts what was found", async () => {
    expect(await streamed([stepOf("a", "b")].values())).toBe("[a,b] 4 2 10");
  });

  test("breaks off where the folder can't be read to its end", async () => {
    const failure = { kind: "failed", code: "EIO" } as const;
    const steps = (): ListingSteps => [{ ...stepOf(), failure }].values();
    expect(await readListing(steps, 9, making)).toBe(failure);
    let message = "";
    await streamed(steps()).catch((error: unknown) => {
      message = String(error);
    });
    expect(message).toContain("the folder /a can't be read: EIO");
  });
});
