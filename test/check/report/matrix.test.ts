import { expect, test } from "bun:test";

import { matrixLines } from "../../../src/check/report/matrix.ts";
import { column, first, second } from "./sample.ts";

test("a matrix has a row for each folder and one for all, and a group for each server", () => {
  const other = { ...column, server: "a-longer-name:8080" };
  expect(matrixLines([first, second], [column, other])).toEqual([
    "      a:80                a-longer-name:8080",
    "      must  should  may   must  should  may",
    "one    1/1     0/2    -    1/1     0/2    -",
    "two      -       -    -      -       -    -",
    "all    1/1     0/2    -    1/1     0/2    -",
  ]);
});
