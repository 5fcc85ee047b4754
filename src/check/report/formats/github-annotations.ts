/**
 * Findings as GitHub Actions' workflow commands, which show them beside the scripts' lines in a
 * pull request: a must as an error, a should as a warning. Differences from postern's own choices
 * are left out.
 */

import type { Script } from "../../script/script.ts";
import type { Column } from "../column.ts";
import { allFindings } from "../finding.ts";
import { failureMessage } from "./failure-lines.ts";

const commands = { must: "error", should: "warning", may: "notice" } as const;

export function githubAnnotations(scripts: readonly Script[], columns: readonly Column[]): string {
  const lines = columns.flatMap((column) => {
    const { server, unreachable } = column;
    if (unreachable !== undefined) {
      return [`::error title=${property(server)}::${data(`not reached: ${unreachable}`)}`];
    }
    return allFindings(scripts, column)
      .filter(({ taste }) => !taste)
      .map((finding) => {
        const { script, phase, outcome } = finding;
        const place = `file=${property(script.file)},line=${outcome.failure.line}`;
        const title = property(`${server}: ${phase.title}`);
        const text = `${failureMessage(finding)} (${phase.references.join(", ")})`;
        return `::${commands[phase.strength]} ${place},title=${title}::${data(text)}`;
      });
  });
  return lines.map((line) => `${line}\n`).join("");
}

/** The text after `::`, in which these units would end the command. */
function data(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

/** A property's value, in which a colon and a comma mean something, too. */
function property(text: string): string {
  return data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
