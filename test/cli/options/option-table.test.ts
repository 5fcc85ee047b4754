import { describe, expect, test } from "bun:test";

import type { OptionTable } from "../../../src/cli/options/option.ts";
import { defaultOf, optionRows, optionTable } from "../../../src/cli/options/option-table.ts";
import { defaultOptions } from "../../../src/server/serve-options.ts";

/** The compiler holds a table to be complete and true; the tests are the errors that it reports. */
function check(table: OptionTable): void {
  expect(Object.keys(table).length).toBeGreaterThanOrEqual(optionRows.length - 1);
}

describe("the compiler", () => {
  test("misses a row for an option of the documented type", () => {
    const { cache: _, ...others } = optionTable;
    // @ts-expect-error There is no row for `cache`.
    check(others);
  });

  test("refuses a row for no option", () => {
    // @ts-expect-error No type has an option `cash`.
    check({ ...optionTable, cash: optionTable.cache });
  });

  test("refuses a row whose values aren't the option's", () => {
    // @ts-expect-error A host is text, and these are words that no option of that name has.
    check({ ...optionTable, symlinks: optionTable.permissions });
    // @ts-expect-error `cache` is a number.
    check({ ...optionTable, cache: optionTable.form });
    // @ts-expect-error A default that isn't one of the words.
    check({ ...optionTable, log: { ...optionTable.log, default: "loud" } });
    // @ts-expect-error A flag for a member that the option hasn't got.
    check({ ...optionTable, tls: { ...optionTable.tls, flags: optionTable.limits.flags } });
  });

  test("refuses a row that contradicts what can be reloaded", () => {
    const { restart: _, ...reloaded } = optionTable.host;
    // @ts-expect-error `ReloadOptions` has no `host`.
    check({ ...optionTable, host: reloaded });
    // @ts-expect-error `ReloadOptions` has `form`.
    check({ ...optionTable, form: { ...optionTable.form, restart: true } });
  });

  test("refuses a row that contradicts where the option is known", () => {
    // @ts-expect-error The library knows `form`.
    check({ ...optionTable, form: { ...optionTable.form, scope: "flags" } });
    // @ts-expect-error A configuration may have `quiet`.
    check({ ...optionTable, quiet: { ...optionTable.quiet, scope: "flags" } });
  });
});

test("no two flags have a name in common, nor the opposite of one", () => {
  const names = optionRows.flatMap(([, { kind, flags }]) =>
    flags.flatMap(({ name, short, ...flag }) => [
      `--${name}`,
      ...(short === undefined ? [] : [`-${short}`]),
      ...(kind.text === "switch" && !("sets" in flag) ? [`--no-${name}`] : []),
    ]),
  );
  expect(names.toSorted()).toEqual([...new Set(names)].toSorted());
});

test("the default is the library's, unless the command has one of its own", () => {
  expect(defaultOf("host")).toBe(defaultOptions.host);
  expect([defaultOptions.port, defaultOf("port")]).toEqual([0, 9001]);
  expect([defaultOptions.log, defaultOf("log")]).toEqual(["none", "short"]);
  expect(defaultOf("cache")).toBeUndefined();
});
