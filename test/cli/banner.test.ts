import { expect, test } from "bun:test";

import { readyJson, readyLine } from "../../src/cli/banner.ts";

const server = {
  url: new URL("http://localhost:9001/a/"),
  host: "localhost",
  port: 9001,
  root: "/s",
};

test("the line for people has the URL, or the path of the socket", () => {
  expect(readyLine(server)).toBe("Server started. Listening at http://localhost:9001/a/\n");
  expect(readyLine({ ...server, unix: "/run/s.sock" })).toBe(
    "Server started. Listening at unix:/run/s.sock\n",
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
