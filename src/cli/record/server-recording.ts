/** `--record DIR`: the server's own traffic as wire scripts. */

import { defaultLimits, resolveLimits } from "../../base/limits.ts";
import type { Wiretap } from "../../base/wiretap.ts";
import { Recording } from "../../check/record/recording.ts";
import { ServeError } from "../../site/serve-error.ts";
import { standardError } from "../../system/standard-streams.ts";
import type { Config } from "../config/config.ts";

/** The recording into `folder` under the limits of `config`. Throws a `ServeError`. */
export function serverRecording(folder: string, { limits, workers }: Config): Wiretap {
  if (workers !== undefined && workers !== 1) {
    throw new ServeError("recordTo", "workers can't record together: use one process");
  }
  const resolved = resolveLimits(limits);
  const recording = Recording.open({
    folder,
    source: "postern",
    // `serve` refuses wrong ones.
    limits: resolved.ok ? resolved.value : defaultLimits,
    say: (line) => void standardError.write(`postern: ${line}\n`),
  });
  if (!recording.ok) throw new ServeError("recordTo", `can't record: ${recording.error}`);
  return recording.value;
}
