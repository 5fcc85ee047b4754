/**
 * `postern audit`: says what of a folder visitors don't get, and why, and what they get that looks
 * as if they should not. It takes the options that the server takes, and asks the same tree.
 */

import { ServeError } from "../../site/serve-error.ts";
import { standardError, standardOutput } from "../../system/standard-streams.ts";
import { serveOptions } from "../config/to-serve-options.ts";
import { readSettings, refusalMessage } from "../config/settings.ts";
import { readCommandLine } from "../options/command-line.ts";
import { audit } from "./audit.ts";
import { auditJson, auditText, exitStatusOf } from "./audit-text.ts";
import { openAuditedSite } from "./audited-site.ts";

const help = `postern audit says what of a folder visitors don't get, why, and the command
that mends it; what they do get that looks as if they should not: keys,
repositories, dumps; and what the options let them do: store files, and more
than is meant, it seems.

  postern audit [root] [options]       audit a folder (default: the current one)

  --json               report as JSON
  --help               print this

The options of the server that change what is served count here, too, and so
does its configuration: --hidden, --symlinks, --permissions, --index,
--no-listing, --put, --auth.

Exit status: 0 nothing was found, 1 something was, 2 an option or the folder
can't be used, 3 nothing was found, and not everything was looked at, or nothing
at all: a limit, a folder that can't be read, a store that gives no answer, a
prefix without keys.
`;

async function fail(line: string): Promise<2> {
  await standardError.write(`postern: ${line}\n`);
  return 2;
}

/** Runs `audit` with the words after it; returns the exit status. */
export async function runAudit(words: readonly string[]): Promise<0 | 1 | 2 | 3> {
  const isJson = words.includes("--json");
  const command = readCommandLine(
    words.filter((word) => word !== "--json"),
    { POSTERN_AUTH: process.env["POSTERN_AUTH"] },
  );
  if (!command.ok) return fail(command.error);
  if (command.value.help) {
    await standardOutput.write(help);
    return 0;
  }
  const settings = await readSettings(command.value);
  if (!settings.ok) return fail(settings.error);
  const stopping = new AbortController();
  process.once("SIGINT", () => stopping.abort());
  // The timers by which a store that failed is asked again don't keep a process running.
  const running = setInterval(() => undefined, 60_000);
  try {
    const site = openAuditedSite(serveOptions(settings.value.config));
    const report = await audit(site, stopping.signal);
    site.tree.close();
    await standardOutput.write(isJson ? auditJson(report) : auditText(report));
    return exitStatusOf(report);
  } catch (error) {
    if (!(error instanceof ServeError)) throw error;
    return fail(refusalMessage(error, settings.value, command.value.config));
  } finally {
    clearInterval(running);
  }
}
