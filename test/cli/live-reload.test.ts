import { afterAll, describe, expect, test } from "bun:test";

import { RawClient } from "../raw-client.ts";
import { TempSite } from "../temp-site.ts";
import { Command } from "./command.ts";

const site = new TempSite("empty");
afterAll(() => site[Symbol.dispose]());
site.file("page.html", "<p>one");

/** A client that has got the first message of the stream at `port`. */
async function listen(port: number): Promise<RawClient> {
  const client = await RawClient.connect(port);
  client.send("GET /.postern/live HTTP/1.1\r\nHost: localhost\r\n\r\n");
  await client.until(() => client.text.includes("\ndata: "));
  return client;
}

async function portOf(command: Command): Promise<number> {
  return Number(new URL(/http:\S+/.exec((await command.line()) ?? "")?.[0] ?? "").port);
}

const isTold = (client: RawClient): boolean => client.text.split("\ndata: ").length > 2;

describe("--live", () => {
  test("tells clients of a change, says so, and stops at once", async () => {
    await using command = new Command([site.root, "--port", "0", "--live"]);
    const client = await listen(await portOf(command));
    site.file("page.html", "<p>two");
    await client.until(() => isTold(client));
    expect(await command.line()).toMatch(/ changed page\.html: 127\.0\.0\.1 reloads$/);
    command.signal("SIGTERM");
    expect(await client.ending()).toBe("end");
    expect(await command.rest()).toEqual([]);
    expect(await command.status).toBe(0);
    expect(await command.stderr).toBe("");
  });

  test("tells the clients of every worker", async () => {
    const words = [site.root, "--port", "0", "--live", "--workers", "2", "--log", "json"];
    await using command = new Command(words);
    const port = await portOf(command);
    // So many that both workers have some, but for a chance of 1 in 2^15.
    const clients = await Promise.all(Array.from({ length: 16 }, () => listen(port)));
    site.file("page.html", "<p>three");
    for (const client of clients) await client.until(() => isTold(client));
    command.signal("SIGTERM");
    const lines = (await command.rest()).filter((line) => line.includes('"live"'));
    const told = lines.flatMap(
      (line) => (JSON.parse(line) as { live: { clients: string[] } }).live.clients,
    );
    expect(told.length).toBe(16);
    expect(lines.length).toBe(2);
    expect(await command.status).toBe(0);
  });
});
