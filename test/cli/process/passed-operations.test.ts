import { describe, expect, test } from "bun:test";

import { passOperations, takeOperations } from "../../../src/cli/process/passed-operations.ts";

const metricsUrl = new URL("http://127.0.0.1:9100/metrics");
const healthUrl = new URL("http://[::1]:80/");

/** Passes each descriptor on as one that is ten higher. */
const pass = (descriptor: number): number => descriptor + 10;

describe("the sockets of metrics and health that are passed on", () => {
  test("go with the place where they listen, with port 80 too", () => {
    const sockets = { metrics: [5], health: [6, 7] };
    expect(passOperations({ metricsUrl, healthUrl }, sockets, pass)).toEqual({
      metrics: { host: "127.0.0.1", port: 9100, sockets: [15] },
      health: { host: "[::1]", port: 80, sockets: [16, 17] },
    });
  });

  test("are none of a server without", () => {
    const urls = { metricsUrl: undefined, healthUrl: undefined };
    expect(passOperations(urls, {}, pass)).toEqual({});
  });

  test.each([{ metrics: [] }, { metrics: [-1] }, { metrics: [5, -1] }, { health: [5] }])(
    "can't be passed on as %j",
    (sockets) => {
      const urls = { metricsUrl, healthUrl: undefined };
      expect(passOperations(urls, sockets, pass)).toBeUndefined();
    },
  );
});

const passed = {
  metrics: { host: "127.0.0.1", port: 9100, sockets: [3] },
  health: { host: "localhost", port: 9101, sockets: [4, 5] },
};

describe("what a new process does with them", () => {
  test.each([
    [{ metrics: 9100, health: "localhost:9101" }],
    [{ metrics: 0, health: "localhost:0" }],
    [{ metrics: "127.0.0.1:0", health: "localhost:9101" }],
  ])("listens where the other did, by %j", (config) => {
    const options = {
      metrics: "127.0.0.1:9100",
      health: "localhost:9101",
      sockets: { main: [], metrics: [3], health: [4, 5] },
    };
    expect(takeOperations(passed, config)).toEqual({ options, unused: [] });
  });

  test("has a place for the other option by now", () => {
    expect(takeOperations(passed, { metrics: "LOCALHOST:9101", health: 9100 })).toEqual({
      options: {
        metrics: "LOCALHOST:9101",
        health: "127.0.0.1:9100",
        sockets: { main: [], metrics: [4, 5], health: [3] },
      },
      unused: [],
    });
  });

  test("has one place for both by now, and no use for the other", () => {
    expect(takeOperations(passed, { metrics: 9100, health: 9100 })).toEqual({
      options: {
        metrics: "127.0.0.1:9100",
        health: "127.0.0.1:9100",
        sockets: { main: [], metrics: [3], health: [3] },
      },
      unused: [4, 5],
    });
  });

  test.each([
    [{}],
    [{ metrics: 9102 }],
    [{ metrics: "[::1]:9100", health: "127.0.0.1:9101" }],
    // Any port of another host.
    [{ metrics: "0.0.0.0:0" }],
    // What no listener can be at is refused later.
    [{ metrics: "nine" }],
  ])("has no use for any by %j", (config) => {
    expect(takeOperations(passed, config)).toEqual({ unused: [3, 4, 5] });
  });

  test("closes a socket that was both options' once", () => {
    const both = { metrics: passed.metrics, health: passed.metrics };
    expect(takeOperations(both, {})).toEqual({ unused: [3] });
    expect(takeOperations(both, { health: 0 }).unused).toEqual([]);
  });
});
