import { expect, test } from "bun:test";

import { socketPathFault } from "../../src/base/socket-path.ts";

test("a socket's path is not empty, has no NUL, and fits into sockaddr_un", () => {
  const bytesMax = process.platform === "linux" ? 107 : 103;
  expect(socketPathFault("/run/app.sock")).toBeUndefined();
  expect(socketPathFault("x".repeat(bytesMax))).toBeUndefined();
  expect(socketPathFault("")).toBe("a socket needs a path");
  expect(socketPathFault("/a\0b")).toBe("a socket needs a path");
  const long = `${"x".repeat(bytesMax - 1)}é`;
  expect(socketPathFault(long)).toBe(`the path of a socket has at most ${bytesMax} bytes: ${long}`);
});
