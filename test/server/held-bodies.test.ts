import { expect, test } from "bun:test";

import { ResponseBuilder } from "../../src/http/message/response-builder.ts";
import { serve } from "../../src/server/serve.ts";
import { RawClient } from "../raw-client.ts";

const head = (length: number): string =>
  `POST /take HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${length}\r\n\r\n`;

test("bodies that are read whole share one bound, and one more is 503 for now", async () => {
  await using server = await serve({ files: {}, limits: { bodiesBytesMax: 300_000 } });
  server.route("POST", "/take", async (request) => {
    const { length } = await request.bytes();
    return new ResponseBuilder(200).text(`took ${length}`).build();
  });
  const send = async (first: string): Promise<RawClient> => {
    const client = await RawClient.connect(server.port);
    client.send(head(200_000) + first);
    await Bun.sleep(50);
    client.send("b");
    await Bun.sleep(50);
    return client;
  };
  const stalled = await send("a".repeat(100_000));
  expect(stalled.text).toBe("");

  const refused = await send("a".repeat(100_000));
  await refused.responses(1);
  expect(refused.text).toStartWith("HTTP/1.1 503 ");
  expect(refused.text).toMatch(/\r\nRetry-After: 1\r\n/);

  // A small one isn't counted, so it is answered all the same.
  const small = await RawClient.connect(server.port);
  small.send(`${head(5)}he`);
  await Bun.sleep(20);
  small.send("llo");
  await small.responses(1);
  expect(small.text).toEndWith("took 5");

  stalled.send("c".repeat(99_999));
  await stalled.responses(1);
  expect(stalled.text).toEndWith("took 200000");

  // What the first one held is free again.
  const next = await send("a".repeat(100_000));
  expect(next.text).toBe("");
  for (const client of [stalled, refused, small, next]) client.close();
});

test("what waits for a route that doesn't read counts in that bound, until it has answered", async () => {
  await using server = await serve({ files: {}, limits: { bodiesBytesMax: 300_000 } });
  const { promise: allowed, resolve: allow } = Promise.withResolvers<void>();
  server.route("POST", "/wait", async () => {
    await allowed;
    return new ResponseBuilder(200).text("done").build();
  });
  server.route("POST", "/take", async (request) => {
    const { length } = await request.bytes();
    return new ResponseBuilder(200).text(`took ${length}`).build();
  });
  const take = async (): Promise<string> => {
    const client = await RawClient.connect(server.port);
    client.send(head(200_000) + "a".repeat(100_000));
    await Bun.sleep(50);
    client.send("b".repeat(100_000));
    await client.responses(1);
    client.close();
    return client.text.slice(9, 12);
  };
  expect(await take()).toBe("200");

  const clients: RawClient[] = [];
  for (let i = 0; i < 2; i++) {
    const client = await RawClient.connect(server.port);
    client.send(head(200_000).replace("/take", "/wait") + "a".repeat(199_999));
    clients.push(client);
  }
  // The octets of both arrive in some turns from now on, as many as the kernel likes.
  let status = await take();
  for (let i = 0; i < 100 && status === "200"; i++) status = await take();
  expect(status).toBe("503");

  allow();
  await Promise.all(clients.map((client) => client.responses(1)));
  expect(await take()).toBe("200");
  for (const client of clients) client.close();
});
