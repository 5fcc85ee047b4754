/**
 * Kinds of values that consist of others: objects, lists, and what may be true or false instead.
 */

import type { Fault, Kind, PathResolver } from "./value-kind.ts";
import { mismatch, showKey } from "./value-kind.ts";

/** The kind of each member of an object, none left out. */
export type MemberKinds<Value> = {
  readonly [Name in keyof Value]-?: Kind<NonNullable<Value[Name]>>;
};

/** What an object has to be. */
interface ObjectRules<Value> {
  /** What a message calls it. */
  readonly expected: string;
  readonly members: MemberKinds<Value>;
  /** Members that have to be there. */
  readonly required?: readonly (keyof Value & string)[];
  /** What a message says in the place of all names; "one of" them without it. */
  readonly names?: string;
}

/** The entries of `value` whose paths are resolved, where `members` says that they are paths. */
function resolveMembers(
  value: object,
  members: Readonly<Record<string, Kind<unknown>>>,
  resolve: PathResolver,
): object {
  const resolved = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .map(([name, member]) => [name, members[name]?.resolvePaths?.(member, resolve) ?? member]);
  return { ...value, ...(Object.fromEntries(resolved) as object) };
}

/** What a message says of the key `name`, which is none of `known`; `expected` describes those. */
function unknownKey(name: string, known: readonly string[], expected: string): string {
  const { nearestWord } =
    require("../../base/nearest-word.ts") as typeof import("../../base/nearest-word.ts");
  const near = nearestWord(name, known);
  return near === undefined
    ? `unknown key, expected ${expected}`
    : `unknown key, did you mean ${near}?`;
}

/** An object with the members in `rules` and no others. */
export function object<Value extends object>(rules: ObjectRules<Value>): Kind<Value> {
  const members: Readonly<Record<string, Kind<unknown>>> = rules.members;
  const { expected, required = [] } = rules;
  const fault = (value: unknown, key: string): Fault | undefined => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      return mismatch(key, expected, value);
    }
    const within = (name: string): string => (key === "" ? name : `${key}.${name}`);
    for (const [name, member] of Object.entries(value)) {
      const kind = Object.hasOwn(members, name) ? members[name] : undefined;
      if (kind === undefined) {
        const known = Object.keys(members);
        const { names = `one of ${known.join(", ")}` } = rules;
        return { key: within(showKey(name)), text: unknownKey(name, known, names) };
      }
      // In a TypeScript file a member that is undefined is the same as none.
      const found = member === undefined ? undefined : kind.fault(member, within(name));
      if (found !== undefined) return found;
    }
    for (const name of required) {
      if (Reflect.get(value, name) !== undefined) continue;
      return members[name]?.fault(undefined, within(name));
    }
    return undefined;
  };
  const resolvePaths = (value: Value, resolve: PathResolver): Value =>
    resolveMembers(value, members, resolve) as Value;
  return { fault, resolvePaths };
}

/** A list of entries of one kind. */
export function listOf<Entry>(expected: string, kind: Kind<Entry>): Kind<readonly Entry[]> {
  const fault = (value: unknown, key: string): Fault | undefined => {
    if (!Array.isArray(value)) return mismatch(key, expected, value);
    for (const [i, entry] of value.entries()) {
      const found = kind.fault(entry, `${key}[${i}]`);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  return { fault };
}

/** True or false, which is a switch on the command line, or an object of `kind`. */
export function truthOr<Value extends object>(
  expected: string,
  kind: Kind<Value>,
): Kind<boolean | Value> {
  const fault = (value: unknown, key: string): Fault | undefined => {
    if (typeof value === "boolean") return undefined;
    if (typeof value === "object") return kind.fault(value, key);
    return mismatch(key, `true, false or ${expected}`, value);
  };
  const resolvePaths = (value: boolean | Value, resolve: PathResolver): boolean | Value =>
    typeof value === "boolean" ? value : (kind.resolvePaths?.(value, resolve) ?? value);
  return { fault, text: "switch", resolvePaths };
}
