/**
 * Checks a configuration by the table of options. The first thing that is wrong is told: its key,
 * what was expected there, and what stood there instead.
 */

import type { Result } from "../../base/result.ts";
import { failure, success } from "../../base/result.ts";
import type { MemberKinds } from "../options/composite-kind.ts";
import { object } from "../options/composite-kind.ts";
import { optionRows } from "../options/option-table.ts";
import type { PathResolver } from "../options/value-kind.ts";
import type { Config } from "./config.ts";

const configuration = object<Config>({
  expected: "an object",
  members: Object.fromEntries(
    optionRows.filter(([, { scope }]) => scope !== "flags").map(([name, { kind }]) => [name, kind]),
  ) as MemberKinds<Config>,
});

/** Takes `value` for a configuration. Fails with the key and what was expected there. */
export function readConfig(value: unknown): Result<Config, string> {
  const fault = configuration.fault(value, "");
  if (fault === undefined) return success(value as Config);
  return failure(fault.key === "" ? fault.text : `${fault.key}: ${fault.text}`);
}

/** `config` with the paths in it resolved. */
export function resolvePaths(config: Config, resolve: PathResolver): Config {
  return configuration.resolvePaths?.(config, resolve) ?? config;
}
