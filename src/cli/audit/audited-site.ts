/**
 * A site as an audit sees it: its tree with all its mounts, opened by the options that a server
 * would have, with caches of its own that hold nothing.
 */

import { resolveLimits } from "../../base/limits.ts";
import type { Limits } from "../../base/limits.ts";
import { SystemClock } from "../../schedule/clock.ts";
import { EventLoop } from "../../schedule/event-loop.ts";
import { LogicalClock } from "../../schedule/logical-clock.ts";
import { TurnBudgets } from "../../schedule/turn-budgets.ts";
import type { CompleteOptions, ServeOptions } from "../../server/serve-options.ts";
import { completeOptions } from "../../server/serve-options.ts";
import { openAll } from "../../site/open-site.ts";
import { ServeError } from "../../site/serve-error.ts";
import type { RefusedCount } from "./refused-count.ts";
import { countRefused } from "./refused-count.ts";
import type { SurveyedSite, SurveySurroundings } from "./survey.ts";
import type { IsWithheld } from "./withheld-uploads.ts";
import { withheldUploads } from "./withheld-uploads.ts";

/** A site that is audited; the caller closes its tree. */
export interface AuditedSite extends SurveyedSite {
  /** The real path of the root; "" when only mounts are served. */
  readonly root: string;
  readonly options: CompleteOptions;
  readonly limits: Limits;
  readonly surroundings: SurveySurroundings;
  readonly isWithheld: IsWithheld;
}

/** Opens the site that `options` describe. Throws a `ServeError` when there is none. */
export function openAuditedSite(options: ServeOptions): AuditedSite {
  const complete = completeOptions(options);
  const resolved = resolveLimits(complete.limits);
  if (!resolved.ok) {
    throw new ServeError("limits", `${resolved.error.limit} must be ${resolved.error.expected}`);
  }
  const limits = resolved.value;
  const scheduler = new EventLoop();
  const clock = new SystemClock(scheduler);
  const budgets = new TurnBudgets(scheduler);
  // Every path is asked for once or twice.
  const uncached = { ...limits, fileCacheBytesMax: 0 as Limits["fileCacheBytesMax"] };
  const surroundings = { clock, budgets, logicalClock: new LogicalClock() };
  const { tree, sources, source } = openAll(complete, uncached, surroundings);
  return {
    tree,
    sources,
    root: source.root,
    options: complete,
    limits,
    surroundings: { clock, scheduler },
    // Without files in memory the first source is the root, if there is one.
    isWithheld: withheldUploads(
      complete,
      complete.files === undefined && source.root !== "" ? sources[0] : undefined,
    ),
  };
}

/**
 * How many files visitors of the site of `options` are refused: `countRefused` with a tree of its
 * own. Never rejects; undefined when the site can't be opened.
 */
export async function countRefusedOf(
  options: ServeOptions,
  signal?: AbortSignal,
): Promise<RefusedCount | undefined> {
  let site: AuditedSite | undefined;
  try {
    site = openAuditedSite(options);
    return await countRefused(site, site.limits, site.surroundings, signal);
  } catch {
    return undefined;
  } finally {
    site?.tree.close();
  }
}
