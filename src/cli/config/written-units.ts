/**
 * Times and sizes as a configuration may write them: as numbers, or as the texts that the command
 * line takes, "1h" and "8M". The texts become the numbers before the configuration is checked.
 */

import type { Result } from "../../base/result.ts";
import { failure, success } from "../../base/result.ts";
import { optionRows } from "../options/option-table.ts";
import type { FlagText } from "../options/value-kind.ts";
import { mismatch, showKey, sizeText, timeMsText } from "../options/value-kind.ts";

type Unit = FlagText<unknown>;

const limitSize = sizeText(Number.MAX_SAFE_INTEGER);
const limitTime = timeMsText(Number.MAX_SAFE_INTEGER, "what a number can say");

/** Whether a flag's text is a time or a size. */
function isUnit(flagText: unknown): flagText is Unit {
  const { placeholder } = Object(flagText) as Partial<Unit>;
  return placeholder === "TIME" || placeholder === "SIZE";
}

/** What a limit called `name` is measured in, by the end of its name. */
function unitOfLimit(name: string): Unit | undefined {
  if (/Bytes(?:Max|Min)?$/.test(name)) return limitSize;
  return /Ms(?:Max|Min)?$/.test(name) ? limitTime : undefined;
}

/** The units of the members of the option `name`, an object. */
function unitOfMember(option: string, member: string): Unit | undefined {
  if (option === "limits") return unitOfLimit(member);
  const flags = optionRows.find(([name]) => name === option)?.[1].flags ?? [];
  const flag = flags.find((one) => "member" in one && one.member === member);
  return flag !== undefined && "text" in flag && isUnit(flag.text) ? flag.text : undefined;
}

/** What is to be written in the place of `given`, as the end of a message: "8MB" is "8M". */
function hint({ read }: Unit, given: string): string {
  const near = given.replace(/i?b$/i, "").replaceAll(" ", "");
  return near !== given && read(near) !== undefined ? `; write ${JSON.stringify(near)}` : "";
}

/** The number that `given` stands for where the unit is `unit`; another value is as it is. */
function readUnit(unit: Unit | undefined, given: unknown, key: string): Result<unknown, string> {
  if (unit === undefined || typeof given !== "string") return success(given);
  const value = unit.read(given);
  if (value !== undefined) return success(value);
  const { text } = mismatch(key, unit.expected, given);
  return failure(`${key}: ${text}${hint(unit, given)}`);
}

/** `value` with `read` called for each member, if it is an object. */
function eachMember(
  value: unknown,
  read: (name: string, member: unknown) => Result<unknown, string>,
): Result<unknown, string> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return success(value);
  const members: [string, unknown][] = [];
  for (const [name, member] of Object.entries(value)) {
    const found = read(name, member);
    if (!found.ok) return found;
    members.push([name, found.value]);
  }
  return success(Object.fromEntries(members));
}

/** The configuration `config` with numbers for its times and sizes. Fails with a line. */
export function readUnits(config: unknown): Result<unknown, string> {
  return eachMember(config, (option, value) => {
    const row = optionRows.find(([name]) => name === option)?.[1];
    if (row === undefined) return success(value);
    if (isUnit(row.kind.text)) return readUnit(row.kind.text, value, option);
    const { flags } = row;
    if (option !== "limits" && !flags.some((flag) => "member" in flag)) return success(value);
    return eachMember(value, (name, member) =>
      readUnit(unitOfMember(option, name), member, `${option}.${showKey(name)}`),
    );
  });
}
