/** Recording for programs: `postern/check` exports it. */

import type { Limits } from "../base/limits.ts";
import { resolveLimits } from "../base/limits.ts";
import type { Wiretap } from "../base/wiretap.ts";
import { Recording } from "./record/recording.ts";

export interface RecordScriptsOptions {
  /** Whose answers are recorded, in words; "postern" by default. */
  readonly source?: string;
  /** The limits of the recording, whose names begin with `record`. */
  readonly limits?: Partial<Record<keyof Limits, number>>;
  /** Is told in a line what isn't recorded, and why; standard error by default. */
  readonly say?: (line: string) => void;
}

/**
 * Has a server's traffic written as wire scripts into `folder`, which is made if it isn't there.
 * They are written as connections close, and the last when the server stops. Throws an Error if the
 * folder can't be written to.
 *
 * ```ts
 * const server = await serve({ root: "site", wiretap: recordScripts("recorded") });
 * ```
 */
export function recordScripts(folder: string, options: RecordScriptsOptions = {}): Wiretap {
  const { source = "postern", say = (line) => void process.stderr.write(`${line}\n`) } = options;
  const limits = resolveLimits(options.limits);
  if (!limits.ok) throw new Error(`limits.${limits.error.limit} must be ${limits.error.expected}`);
  const recording = Recording.open({ folder, source, limits: limits.value, say });
  if (!recording.ok) throw new Error(`can't record: ${recording.error}`);
  return recording.value;
}
