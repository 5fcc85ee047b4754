/** Prints help on standard output. */

import type { Result } from "../../base/result.ts";
import { success } from "../../base/result.ts";
import { standardOutput } from "../../system/standard-streams.ts";
import { choosePaint } from "../terminal/paint.ts";
import { helpText } from "./help-text.ts";

/** Prints the help on `asked`, or on everything. Fails with a line where there is no such topic. */
export async function printHelp(asked: string | undefined): Promise<Result<void, string>> {
  const text = helpText(asked, choosePaint(standardOutput.isTerminal, process.env));
  if (!text.ok) return text;
  await standardOutput.write(text.value);
  return success(undefined);
}
