/**
 * Checks a configuration by the table of options. The first thing that is wrong is told: its key,
 * what was expected there, and what stood there instead.
 */

import { defaultLimits } from "../../base/limits.ts";
import type { Result } from "../../base/result.ts";
import { failure, success } from "../../base/result.ts";
import type { MemberKinds } from "../options/composite-kind.ts";
import { object } from "../options/composite-kind.ts";
import { optionRows } from "../options/option-table.ts";
import type { PathResolver } from "../options/value-kind.ts";
import type { Config } from "./config.ts";
import { readUnits } from "./written-units.ts";

const configuration = object<Config>({
  expected: "an object",
  members: Object.fromEntries(
    optionRows.filter(([, { scope }]) => scope !== "flags").map(([name, { kind }]) => [name, kind]),
  ) as MemberKinds<Config>,
});

/** Takes `written` for a configuration. Fails with the key and what was expected there. */
export function readConfig(written: unknown): Result<Config, string> {
  const units = readUnits(withoutSchema(written));
  if (!units.ok) return units;
  const { value } = units;
  const fault = configuration.fault(value, "");
  if (fault === undefined) return success(value as Config);
  if (fault.key === "") return failure(fault.text);
  const isLimit = Object.hasOwn(defaultLimits, fault.key);
  const text = isLimit ? `unknown key, did you mean limits.${fault.key}?` : fault.text;
  return failure(`${fault.key}: ${text}`);
}

/** `value` without the name of its schema, by which an editor helps with JSON. */
function withoutSchema(value: unknown): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, "$schema")) return value;
  const { $schema, ...config } = value as { readonly $schema: unknown };
  return typeof $schema === "string" ? config : value;
}

/** `config` with the paths in it resolved. */
export function resolvePaths(config: Config, resolve: PathResolver): Config {
  return configuration.resolvePaths?.(config, resolve) ?? config;
}
