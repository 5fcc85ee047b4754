import { expect, test } from "bun:test";

import type { ListedOption } from "../../../src/cli/help/listed-option.ts";
import { describeOption } from "../../../src/cli/help/listed-option.ts";

const plain: ListedOption = { name: "bail", summary: "stop at once" };
const valued: ListedOption = {
  name: "port",
  short: "p",
  summary: "port to listen on",
  value: { placeholder: "N" },
  default: "9001",
};

function optional(isOptional: "behind =" | "next word"): string {
  return describeOption({ ...valued, value: { placeholder: "N", isOptional } });
}

test("an option is written with its value, in brackets where that may be left out", () => {
  expect(optional("behind =")).toStartWith("  -p, --port[=N]  ");
  expect(optional("next word")).toStartWith("  -p, --port [N]  ");
});

test("an option is described with its names and its default", () => {
  expect(describeOption(plain)).toBe("      --bail             stop at once\n");
  expect(describeOption(valued)).toBe("  -p, --port N           port to listen on (9001)\n");
  expect(describeOption({ ...plain, repeats: true })).toEndWith(" stop at once; repeatable\n");
});
