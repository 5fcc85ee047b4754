import { describe, expect, test } from "bun:test";

import { optionFlags } from "../../../src/cli/options/option-flag.ts";
import { optionRows } from "../../../src/cli/options/option-table.ts";

const flag = (name: string): ReturnType<typeof optionFlags>[number] | undefined =>
  optionFlags().find((each) => each.name === name);

describe("the flags of all options", () => {
  test("are each one's own, the short ones too", () => {
    const names = optionFlags().map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    const short = optionFlags().flatMap((each) => ("short" in each ? (each.short ?? []) : []));
    expect(new Set(short).size).toBe(short.length);
  });

  test("are there for every row that has some, in the table's order", () => {
    const options = optionRows.filter(([, { flags }]) => flags.length > 0).map(([name]) => name);
    expect([...new Set(optionFlags().map(({ option }) => option))]).toEqual(options);
  });

  test("say how their value is written", () => {
    expect(flag("explain")).toMatchObject({ option: "explain", syntax: "switch" });
    expect(flag("port")?.syntax).toMatchObject({ placeholder: "N" });
    expect(flag("no-config")).toMatchObject({ option: "configFile", syntax: undefined });
  });
});
