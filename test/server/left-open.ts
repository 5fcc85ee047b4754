/**
 * Run in a process of its own, where every socket is a server's or its clients': asks a server for
 * all sorts of things, each client leaving in its own way, and says in JSON how many requests that
 * were and what is left open that wasn't before.
 */

import { serve } from "../../src/server/serve.ts";
import { openDescriptors } from "../open-descriptors.ts";
import { RawClient } from "../raw-client.ts";

const root = process.argv[2] ?? "";
const deadlineMs = 15_000;

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;

const requests = [
  get("/empty.txt"),
  get("/"),
  get("/data/large.bin"),
  get("/private.html"),
  get("/locked/inside.html"),
  get("/nowhere.html"),
  get("/names/"),
  get("/names"),
  get("/throws"),
  "HEAD /data/large.bin HTTP/1.1\r\nHost: localhost\r\n\r\n",
  "HEAD /private.html HTTP/1.1\r\nHost: localhost\r\n\r\n",
  "POST /MyForm.html HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\na=b",
  "OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n",
  "DELETE / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9000000\r\n\r\n",
  "nonsense\r\n\r\n",
  get("/../etc/passwd"),
];

/** The ways in which a client asks and leaves. */
const leavings: readonly ((client: RawClient, request: string) => Promise<void>)[] = [
  async function answered(client, request) {
    client.send(request);
    await client.responses(1);
    client.close();
  },
  async function aborted(client, request) {
    client.pause();
    client.send(request);
    client.abort();
  },
  async function reset(client, request) {
    client.send(request);
    await Bun.sleep(0);
    client.abort();
  },
  async function halfClosed(client, request) {
    client.send(request);
    client.shut();
    await client.ending();
    client.close();
  },
];

/** Sends every request and leaves in every way, all at once. Answers with how many that were. */
async function askAll(port: number): Promise<number> {
  const asked = requests.flatMap((request) =>
    leavings.map(async (leave) => leave(await RawClient.connect(port), request)),
  );
  return (await Promise.all(asked)).length;
}

/** Waits until `holds`, or so long that something must be broken. */
async function inTime(holds: () => boolean): Promise<void> {
  const giveUpMs = performance.now() + deadlineMs;
  while (!holds() && performance.now() < giveUpMs) await Bun.sleep(5);
}

const before = new Set(openDescriptors());

/** What has been opened since and isn't the runtime's own, such as "anon_inode:[eventpoll]". */
const opened = (): string[] =>
  openDescriptors().filter((to) => !before.has(to) && !to.startsWith("anon_inode:"));

let asked = 0;
{
  await using server = await serve({ root, port: 0, onError: () => undefined });
  server.route("GET", "/throws", () => {
    throw new Error("on purpose");
  });
  for (let round = 0; round < 8; round++) asked += await askAll(server.port);
  await inTime(() => server.connections === 0);
}
// A socket that was closed a moment ago may still be on its way out.
await inTime(() => opened().length === 0);
await Bun.write(Bun.stdout, JSON.stringify({ asked, left: opened() }));
// A socket that is left would keep the process, too.
process.exit();
