import { expect, test } from "bun:test";

import { firstLine, operationsLines, readyJson } from "../../src/cli/banner.ts";

const server = {
  url: new URL("http://localhost:9001/a/"),
  host: "localhost",
  port: 9001,
  root: "/s",
};

test("the line for people has the URL, or the path of the socket", () => {
  expect(firstLine(server, undefined, { config: {} })).toBe(
    "Server started. Listening at http://localhost:9001/a/\n",
  );
  expect(firstLine({ ...server, unix: "/run/s.sock" }, undefined, { config: {} })).toBe(
    "Server started. Listening at unix:/run/s.sock\n",
  );
});

test("the line for people has the port that redirects to https", () => {
  const secure = { ...server, url: new URL("https://localhost:9001/a/") };
  const line = "Server started. Listening at https://localhost:9001/a/";
  expect(firstLine({ ...secure, tlsRedirect: 4080 }, undefined, { config: {} })).toBe(
    `${line} (http://localhost:4080/a/ redirects to it)\n`,
  );
  expect(firstLine({ ...secure, tlsRedirect: 80 }, undefined, { config: {} })).toBe(
    `${line} (http://localhost/a/ redirects to it)\n`,
  );
  const bare = { ...secure, url: new URL("https://localhost/"), tlsRedirect: 80 };
  expect(firstLine(bare, undefined, { config: {} })).toBe(
    "Server started. Listening at https://localhost/ (http://localhost/ redirects to it)\n",
  );
});

test("the line for programs is one JSON object", () => {
  expect(JSON.parse(readyJson(server))).toEqual({
    event: "ready",
    url: "http://localhost:9001/a/",
    host: "localhost",
    port: 9001,
    pid: process.pid,
    root: "/s",
  });
});

test("the first line is JSON where the log behind it is", () => {
  const json = readyJson(server);
  const line = "Server started. Listening at http://localhost:9001/a/\n";
  expect(firstLine(server, "json", { config: {} })).toBe(json);
  expect(firstLine(server, undefined, { config: { log: "json" } })).toBe(json);
  expect(firstLine(server, { descriptor: 3 }, { config: { log: "json" } })).toBe(json);
  expect(firstLine(server, "line", { config: { log: "json" } })).toBe(line);
  expect(firstLine(server, undefined, { config: { log: "json", logFile: "a.log" } })).toBe(line);
  expect(firstLine(server, undefined, { config: { log: "common" } })).toBe(line);
  expect(firstLine(server, undefined, { config: {} })).toBe(line);
});

test("both say where metrics and health are, where they are", () => {
  const metricsUrl = new URL("http://127.0.0.1:9100/metrics");
  const healthUrl = new URL("http://127.0.0.1:9101/");
  expect(JSON.parse(readyJson({ ...server, metricsUrl, healthUrl }))).toMatchObject({
    metrics: "http://127.0.0.1:9100/metrics",
    health: "http://127.0.0.1:9101/",
  });
  expect(operationsLines({ metricsUrl, healthUrl })).toEqual([
    "metrics: http://127.0.0.1:9100/metrics",
    "health: http://127.0.0.1:9101/livez and /readyz",
  ]);
  expect(operationsLines({ metricsUrl: undefined, healthUrl: undefined })).toEqual([]);
  expect(
    operationsLines({
      metricsUrl: new URL("http://0.0.0.0:9100/metrics"),
      healthUrl: new URL("http://[::1]:9101/"),
    }),
  ).toEqual([
    "metrics: http://0.0.0.0:9100/metrics; other machines may ask, without a password",
    "health: http://[::1]:9101/livez and /readyz",
  ]);
});
