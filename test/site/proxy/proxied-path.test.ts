import { describe, expect, test } from "bun:test";

import { backendPath, isBelow, readProxiedPath } from "../../../src/site/proxy/proxied-path.ts";

const segments = (path: string): readonly string[] => readProxiedPath(path).segments;
const isPassable = (path: string): boolean => readProxiedPath(path).isPassable;

describe("a path as a proxy sees it", () => {
  test("is split, then decoded once", () => {
    expect(segments("/api/a%2Fb//%2541/")).toEqual(["api", "a/b", "", "%41", ""]);
    expect(segments("/%61pi")).toEqual(["api"]);
  });

  test("is passed on with what APIs have in paths", () => {
    for (const path of [
      "/",
      "/api/@scope%2Fname",
      "/api//x",
      "/api/...",
      "/api/.well-known",
      "/api/a;b=.;c",
      "/api/%5Ca",
      `/api/${"a".repeat(1000)}`,
      "/api/%252e%252e/",
    ]) {
      expect([path, isPassable(path)]).toEqual([path, true]);
    }
  });

  test("is refused where a backend could take it for one outside of the prefix", () => {
    for (const path of [
      "/api/../x",
      "/api/./x",
      "/api/..",
      "/api/%2e%2E/x",
      "/api/.%2e/x",
      "/api/..%2fx",
      "/api/a%2f..%2f..%2fx",
      "/api/..%5cx",
      "/api/a%5C..",
      "/api/..;/x",
      "/api/..;a=b/x",
      "/api/a\\..\\x",
      "/api/%00",
      "/api/%zz",
      "/api/%4",
      "/api/%",
    ]) {
      expect([path, isPassable(path)]).toEqual([path, false]);
    }
  });
});

test("a prefix is compared by whole segments", () => {
  const api = ["api"];
  expect(isBelow(segments("/api"), api)).toBeTrue();
  expect(isBelow(segments("/api/x"), api)).toBeTrue();
  expect(isBelow(segments("/%61pi/x"), api)).toBeTrue();
  expect(isBelow(segments("/apis"), api)).toBeFalse();
  expect(isBelow(segments("/a/pi"), api)).toBeFalse();
  expect(isBelow(segments("/api%2Fx"), api)).toBeFalse();
  expect(isBelow(segments("/x"), [])).toBeTrue();
});

describe("the path that a backend is asked for", () => {
  test("is the client's where the URL has none", () => {
    expect(backendPath("/%61pi/a%2Fb", 1, undefined)).toBe("/%61pi/a%2Fb");
  });

  test("has the URL's in place of the prefix", () => {
    expect(backendPath("/api/x%2F", 1, "/v1")).toBe("/v1/x%2F");
    expect(backendPath("/api/x", 1, "/v1/")).toBe("/v1/x");
    expect(backendPath("/api/", 1, "/v1")).toBe("/v1/");
    expect(backendPath("/api", 1, "/v1")).toBe("/v1");
    expect(backendPath("/api", 1, "/")).toBe("/");
    expect(backendPath("/api//x", 1, "/")).toBe("//x");
    expect(backendPath("/a/b/c/d", 2, "/")).toBe("/c/d");
    expect(backendPath("/x", 0, "/v1/")).toBe("/v1/x");
    expect(backendPath("/", 0, "/v1")).toBe("/v1/");
  });
});
