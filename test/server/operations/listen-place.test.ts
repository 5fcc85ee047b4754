import { describe, expect, test } from "bun:test";

import { readPlace } from "../../../src/server/operations/listen-place.ts";

describe("[HOST:]PORT", () => {
  test.each([
    ["9100", "127.0.0.1", 9100],
    ["0", "127.0.0.1", 0],
    ["65535", "127.0.0.1", 65_535],
    ["0.0.0.0:9100", "0.0.0.0", 9100],
    ["localhost:9100", "localhost", 9100],
    ["[::1]:9100", "[::1]", 9100],
    ["metrics.internal:80", "metrics.internal", 80],
  ])("%s is a place", (text, host, port) => {
    expect(readPlace(text)).toEqual({ host, port });
  });

  test.each(["", "65536", ":9100", "a:", "a", "::1:9100", "http://a:9100", "a b:1", "-1", "1.5"])(
    "%p is none",
    (text) => {
      expect(readPlace(text)).toBeUndefined();
    },
  );
});
