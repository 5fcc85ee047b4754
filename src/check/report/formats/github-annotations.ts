/**
 * Findings as GitHub Actions' workflow commands, which show them beside the scripts' lines in a
 * pull request: a must as an error, a should as a warning. Differences from postern's own choices
 * are left out.
 */

import type { Script } from "../../script/script.ts";
import type { Departure } from "../../blame/departure.ts";
import { departuresOf } from "../../blame/departure.ts";
import type { Cause } from "../cause.ts";
import { allCauses } from "../cause.ts";
import type { Column, Gone } from "../column.ts";
import { endText } from "../column.ts";
import { failureMessage } from "./failure-lines.ts";

const commands = { must: "error", should: "warning", may: "notice" } as const;

export function githubAnnotations(scripts: readonly Script[], columns: readonly Column[]): string {
  const lines = columns.flatMap((column) => {
    const { server, unreachable, gone } = column;
    if (unreachable !== undefined) {
      return [`::error title=${property(server)}::${data(`not reached: ${unreachable}`)}`];
    }
    const away = gone === undefined ? [] : [`::error title=${property(server)}::${goneText(gone)}`];
    const departures = departuresOf(scripts, column).flatMap((each) => departureLine(each, server));
    return [
      ...away,
      ...departures,
      ...allCauses(scripts, column).flatMap((c) => causeLine(c, server)),
    ];
  });
  return lines.map((line) => `${line}\n`).join("");
}

function goneText(gone: Gone): string {
  return data(`${gone.hangs === true ? "hangs" : "went away"}: ${endText(gone)}`);
}

/** A departure at the first phase that it touched. */
function departureLine(departure: Departure, server: string): readonly string[] {
  const { title, references, strength, touched } = departure;
  const [first] = touched;
  if (first === undefined || strength === "may") return [];
  const place = `file=${property(first.script.file)},line=${first.line}`;
  const text = data(`${title} (${references.join(", ")})`);
  return [`::${commands[strength]} ${place},title=${property(server)}::${text}`];
}

/** A cause at its first finding. */
function causeLine({ title, findings }: Cause, server: string): readonly string[] {
  const [finding, ...later] = findings;
  if (finding.taste) return [];
  const { script, phase, outcome } = finding;
  const place = `file=${property(script.file)},line=${outcome.failure.line}`;
  const name = property(`${server}: ${phase.title}`);
  const more = later.length === 0 ? "" : `; ${title ?? "the same"}, ${later.length} more alike`;
  const text = `${failureMessage(finding)} (${phase.references.join(", ")})${more}`;
  return [`::${commands[phase.strength]} ${place},title=${name}::${data(text)}`];
}

/** The text after `::`, in which these units would end the command. */
function data(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

/** A property's value, in which a colon and a comma mean something, too. */
function property(text: string): string {
  return data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
