/**
 * What arrived, in lines for the message of a test that expected something else: what was nearest
 * to it comes first.
 */

import type { RequestRecord } from "./recorded-request.ts";
import type { Fit, ReadFilter } from "./request-filter.ts";
import { requestText } from "./request-text.ts";

/** Requests that a message names; the others are counted. */
const linesMax = 10;

/** What a line says of a request that doesn't fit. */
const misfits: Readonly<Record<Fit, string>> = {
  fits: "",
  where: ', which "where" does not accept',
  method: ", another method",
  path: "",
};

const order: readonly Fit[] = ["fits", "where", "method", "path"];

/** How many characters two texts have in common at their ends, as a share of the longer one. */
function likeness(a: string, b: string): number {
  const most = Math.min(a.length, b.length);
  let start = 0;
  while (start < most && a[start] === b[start]) start++;
  let end = 0;
  while (end < most - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
  return (start + end) / Math.max(a.length, b.length, 1);
}

function lineOf(request: RequestRecord, fit: Fit): string {
  const { bodyOctets } = request;
  const body = bodyOctets === 0 ? "" : `, a body of ${bodyOctets} octets`;
  return `  ${requestText(request)}${body}${misfits[fit]}`;
}

/** Lines about `requests`, the nearest to `wanted` first; one that says so when there are none. */
export function arrivalsText(requests: readonly RequestRecord[], wanted: ReadFilter): string {
  if (requests.length === 0) return "No request came.";
  const all = requests.map((request) => ({ request, fit: wanted.fit(request) }));
  const path = wanted.path ?? "";
  const nearest = all.toSorted(
    (a, b) =>
      order.indexOf(a.fit) - order.indexOf(b.fit) ||
      likeness(b.request.path ?? "", path) - likeness(a.request.path ?? "", path),
  );
  const lines = nearest.slice(0, linesMax).map(({ request, fit }) => lineOf(request, fit));
  const left = all.length - lines.length;
  const title = all.length > 1 ? "What came, nearest first:" : "What came:";
  return [title, ...lines, ...(left > 0 ? [`  and ${left} more`] : [])].join("\n");
}
