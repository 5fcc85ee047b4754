/**
 * Run in a process of its own, with a folder for temporary files that only it has: starts, asks and
 * stops fifty servers one after the other, then fifty at once, and says in JSON what they answered
 * and what is left of them: descriptors, timers, temporary files. It then ends by itself, if no
 * server keeps it.
 */

import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { ServeOptions, Server } from "../../index.ts";
import { openDescriptors } from "../open-descriptors.ts";

const deadlineMs = 3000;
const count = 50;

/** The timers that are set; each is counted until it has fired or is cleared. */
const timers = new Set<unknown>();
const { setTimeout: begin, clearTimeout: end } = globalThis;
globalThis.setTimeout = Object.assign((run: () => void, afterMs?: number) => {
  const timer = begin(() => {
    timers.delete(timer);
    run();
  }, afterMs);
  timers.add(timer);
  return timer;
}, begin) as typeof setTimeout;
globalThis.clearTimeout = (timer) => {
  timers.delete(timer);
  end(timer as Parameters<typeof clearTimeout>[0]);
};

const { serve } = await import("../../index.ts");

/** Waits until `holds`, or so long that something must be broken. */
async function inTime(holds: () => boolean): Promise<void> {
  const giveUpMs = performance.now() + deadlineMs;
  while (!holds() && performance.now() < giveUpMs)
    await new Promise((resolve) => begin(resolve, 5));
}

/** Asks `server` for an answer that a fault holds back for as long as the server runs. */
async function askSlowly(server: Server): Promise<string> {
  const socket = server.unix === undefined ? {} : { unix: server.unix };
  server.fault("GET", "/slow", { latencyMs: 60_000 });
  const asked = fetch(new URL("slow", server.url), socket);
  while (!server.requests.some(({ path }) => path === "/slow")) await Bun.sleep(1);
  await server.stop();
  return String((await asked).status);
}

/** What `server` answers to a GET and to a POST of a route, and what it then has recorded. */
async function ask(server: Server): Promise<string> {
  server.route("POST", "/hook/:id", async (request) => new Response(await request.text()));
  const socket = server.unix === undefined ? {} : { unix: server.unix };
  const to = { ...socket, headers: { Connection: "close" } };
  const file = await fetch(new URL("a.txt", server.url), to);
  const posted = { ...to, method: "POST", body: "hi" };
  const answer = await fetch(new URL("hook/1", server.url), posted);
  const hook = await server.next({ path: "/hook/:id" });
  return `${file.status} ${answer.status} ${await answer.text()} ${hook.text()}`;
}

const optionsOf = (i: number): ServeOptions => ({
  files: { "/a.txt": `the file of ${i}` },
  ...(i % 5 === 0 ? { unix: join(tmpdir(), `${i}.sock`) } : {}),
});

async function startAskStop(i: number): Promise<string> {
  await using server = await serve(optionsOf(i));
  return `${await ask(server)} ${await askSlowly(server)}`;
}

const before = new Set(openDescriptors());

/** What has been opened since and isn't the runtime's own, such as "anon_inode:[eventpoll]". */
const opened = (): string[] =>
  openDescriptors().filter((to) => !before.has(to) && !to.startsWith("anon_inode:"));

const answers: string[] = [];
for (let i = 0; i < count; i++) answers.push(await startAskStop(i));
answers.push(...(await Promise.all(Array.from({ length: count }, (_, i) => startAskStop(i)))));
// A socket that was closed a moment ago may still be on its way out.
await inTime(() => opened().length === 0 && timers.size === 0);
await Bun.write(
  Bun.stdout,
  JSON.stringify({
    answered: answers.length,
    answers: [...new Set(answers)],
    descriptors: opened(),
    timers: timers.size,
    files: readdirSync(tmpdir()),
  }),
);
