/**
 * How many files of a site are refused to visitors, for the line that a server prints at its start.
 */

import type { Limits } from "../../base/limits.ts";
import type { SurveyedSite, SurveySurroundings } from "./survey.ts";
import { Survey } from "./survey.ts";
import type { IsWithheld } from "./withheld-uploads.ts";

/** Entries that one turn of the event loop looks at: about half a millisecond's work. */
const entriesPerTurn = 32;

/** The limits of a count. */
type CountLimits = Pick<Limits, "auditDepthMax" | "refusedCountEntriesMax" | "refusedCountTimeMs">;

/** How many files are refused. */
export interface RefusedCount {
  readonly files: number;
  /** Whether all of the folder was looked at, so that there are no more. */
  readonly isComplete: boolean;
}

/**
 * Counts the files of `site` that visitors get 403 for, in shares of turns, within the limits of a
 * count. Ends soon after `signal` is aborted. Files that the site doesn't show at all, as hidden
 * ones, are not counted, and neither are uploads that visitors don't get on purpose. Give it a tree
 * of its own: it asks for every path once, and would fill the cache of one that serves.
 */
export async function countRefused(
  site: SurveyedSite & { readonly isWithheld: IsWithheld },
  limits: CountLimits,
  surroundings: SurveySurroundings,
  signal?: AbortSignal,
): Promise<RefusedCount> {
  const bounds = {
    entriesMax: limits.refusedCountEntriesMax,
    depthMax: limits.auditDepthMax,
    timeMs: limits.refusedCountTimeMs,
    entriesPerTurn,
    signal,
  };
  // In an object store each file would be a question.
  const sources = site.sources.filter(({ entries }) => entries === undefined);
  const survey = new Survey({ tree: site.tree, sources }, bounds, surroundings);
  let files = 0;
  for await (const { type, kind, source, name } of survey.entries()) {
    if (type === "directory" || kind !== "forbidden") continue;
    if (!site.isWithheld(source, name)) files++;
  }
  const { end, unread } = survey.result;
  return { files, isComplete: end === "complete" && unread.length === 0 };
}
