/**
 * What live reload has done, in words, for the short log.
 */

import type { LiveReport } from "../site/observer.ts";

/** How many paths, or clients, a line names. */
const namedMax = 3;

/** What pages do. */
const actions = {
  page: ["reloads", "reload"],
  style: ["swaps style sheets", "swap style sheets"],
  image: ["refreshes images", "refresh images"],
} as const;

/** The first of `names`, and how many there are besides. */
function list(names: readonly string[], more: string): string {
  const left = names.length - namedMax;
  const shown = names.slice(0, namedMax).join(", ");
  return left > 0 ? `${shown} and ${left} ${more}` : shown;
}

/** The text of `report`, which may contain any characters of a path. */
export function liveText(report: LiveReport): string {
  if (report.kind === "refused") {
    const { path, directive } = report;
    return `no live reload on ${path}: its Content-Security-Policy has "${directive}"`;
  }
  const { paths, isAll, kinds, clients } = report;
  const what = isAll && paths.length === 0 ? "the root" : list(paths, isAll ? "or more" : "more");
  const form = clients.length === 1 ? 0 : 1;
  const action = kinds.map((kind) => actions[kind][form]).join(" and ");
  const addresses = list([...new Set(clients)], "more");
  const who = clients.length === 1 ? addresses : `${clients.length} clients (${addresses})`;
  return `changed ${what}: ${who} ${action}`;
}
