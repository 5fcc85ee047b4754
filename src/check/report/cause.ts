/**
 * Groups the findings of one strength by what is probably one cause in the server, so that it is
 * told once: a field that no answer had, conditions that are never evaluated, connections that are
 * closed, or the same wrong status for the same requirement. What is left is grouped by script.
 */

import type { Column } from "./column.ts";
import type { Script } from "../script/script.ts";
import { strengths } from "../script/script.ts";
import type { Finding } from "./finding.ts";
import { findingsOf } from "./finding.ts";

/** Findings that belong together, at least one. */
export interface Cause {
  /** What the server does, if that can be said of all of them. */
  readonly title?: string;
  readonly findings: readonly [Finding, ...Finding[]];
}

/** So many findings with the same status in place of the same one are taken for one cause. */
const alikeMin = 3;

/** All causes: of musts, of shoulds, then of mays. Those that can't be named have one finding. */
export function allCauses(scripts: readonly Script[], column: Column): readonly Cause[] {
  return strengths.flatMap((strength) => {
    const causes = causesOf(findingsOf(strength, scripts, column), column);
    return causes.flatMap((cause): readonly Cause[] => {
      if (cause.title !== undefined) return [cause];
      return cause.findings.map((finding): Cause => ({ findings: [finding] }));
    });
  });
}

/** The causes in the order of their first findings. */
export function causesOf(findings: readonly Finding[], column: Column): readonly Cause[] {
  const named = Map.groupBy(findings, (finding) => titleOf(finding, column) ?? "");
  const alike = Map.groupBy(named.get("") ?? [], likeness);
  const causes = new Map<string, { title?: string; findings: Finding[] }>();
  for (const finding of findings) {
    const title = titleOf(finding, column) ?? alikeTitle(finding, alike.get(likeness(finding)));
    const key = title ?? `\n${finding.script.file}`;
    const cause = causes.get(key);
    if (cause === undefined) {
      causes.set(key, { ...(title === undefined ? {} : { title }), findings: [finding] });
    } else cause.findings.push(finding);
  }
  return [...causes.values()].flatMap(({ findings: [first, ...more], ...title }): Cause[] =>
    first === undefined ? [] : [{ ...title, findings: [first, ...more] }],
  );
}

/** The cause that the facts of the whole check tell, in words. */
function titleOf(finding: Finding, { traits, own }: Column): string | undefined {
  const { failure } = finding.outcome;
  if (own === true || traits === undefined) return undefined;
  if (failure.closedBehind === true) return "closes the connection behind an answer";
  const lacking = /^no ([!-9;-~]+)$/u.exec(failure.came)?.[1];
  if (lacking !== undefined && !traits.hasSent(lacking)) return `never sends ${lacking}`;
  const status = failure.response?.status;
  if (status === undefined || status >= 300) return undefined;
  const condition = /^status (304|412)\b/u.exec(failure.expected)?.[1];
  if (condition === undefined) return undefined;
  if (!traits.sent(304) && !traits.sent(412)) return "ignores conditional requests";
  return traits.sent(Number(condition)) ? undefined : `never answers ${condition}`;
}

/** Requirement, expectation and outcome, if both are statuses. */
function likeness({ phase, outcome: { failure } }: Finding): string {
  const [reference = ""] = phase.references.map((each) => each.replace(/ step \d+$/u, ""));
  if (failure.expected.startsWith("a well-formed response")) {
    return `sends something that is no HTTP: expected ${failure.expected}`;
  }
  const came = failure.response?.status;
  const condition = /^status (304|412)\b/u.exec(failure.expected)?.[1];
  if (came !== undefined && condition !== undefined) {
    return `answers ${came} where a condition asks for ${condition}`;
  }
  if (came === undefined || !failure.expected.startsWith("status ")) return "";
  return `answers ${came} where ${reference} asks for ${failure.expected.replace("status ", "")}`;
}

function alikeTitle(finding: Finding, alike: readonly Finding[] | undefined): string | undefined {
  const title = likeness(finding);
  return title === "" || (alike?.length ?? 0) < alikeMin ? undefined : title;
}
