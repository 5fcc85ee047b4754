import { afterAll, describe, expect, test } from "bun:test";

import { foreignHosts } from "../../../src/check/play/foreign-hosts.ts";
import { fakeServer } from "../fake-server.ts";

const server = fakeServer((socket, received) => {
  if (!received.endsWith("\r\n\r\n")) return;
  const host = /Host: (\S+)\r\n/.exec(received)?.[1];
  if (host === "gone.example") return void socket.end();
  socket.write(`HTTP/1.1 ${host === "evil.example" ? 421 : 200} X\r\nContent-Length: 0\r\n\r\n`);
});
afterAll(() => server.stop());

describe("a host that a server turns away", () => {
  test("is one that it answers with 421, and no other", async () => {
    const hosts = new Set(["evil.example", "site.example", "gone.example"]);
    expect([...(await foreignHosts(server.endpoint, hosts))]).toEqual(["evil.example"]);
  });

  test("is none of a server that can't be reached", async () => {
    const nowhere = { host: "127.0.0.1", port: 1 };
    expect([...(await foreignHosts(nowhere, new Set(["evil.example"])))]).toEqual([]);
  });
});
