import { afterAll, expect, test } from "bun:test";

import { RawClient } from "../../raw-client.ts";
import { awaitEnd, childrenOf } from "../processes.ts";
import { WorkerSite, connections, get, index, isOpen, patient, size } from "./worker-site.ts";

const here = new WorkerSite();
afterAll(() => here[Symbol.dispose]());

test("Ctrl-C, which a terminal sends to all processes at once, stops them once", async () => {
  let shown = "";
  here.write("patient.json", JSON.stringify(patient));
  const config = ["--config", "patient.json"];
  const words = [here.root, "--port", "0", "--workers", "2", "--log", "json", ...config];
  const child = Bun.spawn([process.execPath, index, ...words], {
    cwd: here.folder,
    terminal: { data: (_terminal, octets) => (shown += new TextDecoder().decode(octets)) },
  });
  while (!shown.includes("Listening")) await Bun.sleep(2);
  const workers = childrenOf(child.pid);
  const port = Number(/:(\d+)\//.exec(shown)?.[1]);
  const clients = await connections(port, 8);
  for (const client of clients) {
    client.send(get("/twenty.bin"));
    await client.until(() => client.received > 0);
    client.pause();
  }
  child.terminal?.write("\x03");
  while (await isOpen(port)) await Bun.sleep(1);
  for (const client of clients) client.resume();
  for (const client of clients) {
    await client.until(() => client.received >= size);
    client.close();
  }
  expect(await child.exited).toBe(0);
  await awaitEnd(workers);
  expect(shown.match(/"whole":true/g)).toHaveLength(8);
  expect(shown).not.toContain("postern:");
});

test.each([
  ["SIGKILL", 9],
  ["SIGALRM", 14],
] as const)("a supervisor that dies of %s leaves no workers behind", async (signal, number) => {
  await using command = await here.configured("patient.json", patient);
  const workers = childrenOf(command.pid);
  const client = await RawClient.connect(command.port);
  client.send(get("/twenty.bin"));
  await client.until(() => client.received > 0);
  client.pause();
  command.signal(signal);
  expect(await command.status).toBe(128 + number);
  while (await isOpen(command.port)) await Bun.sleep(1);
  client.resume();
  await client.until(() => client.received >= size);
  client.close();
  await awaitEnd(workers);
});
