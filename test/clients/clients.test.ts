import { expect, test } from "bun:test";

import { clientNames, findClients } from "../../clients/clients.ts";
import { serve } from "../../index.ts";

test("clients are found by their names, and a line says which are missing", () => {
  const { clients, missing } = findClients();
  const found = clients.map(({ name }) => name);
  expect(clientNames.filter((name) => found.includes(name))).toEqual(found);
  expect(found.length + missing.length).toBe(clientNames.length);
  for (const line of missing) expect(line).toMatch(/^\w+: not found; apt-get install /);
  expect(findClients(["Bun"]).clients.map(({ name, version }) => [name, version])).toEqual([
    ["Bun", Bun.version],
  ]);
});

test.each(findClients(clientNames.filter((name) => name !== "Chromium")).clients)(
  "$name tells the status, the octets and their digest, and what it has sent",
  async (client) => {
    const text = "0123456789".repeat(100);
    await using server = await serve({ files: { "/a.txt": text }, compress: false });
    server.route("POST", "/a.txt", async (request) => new Response(await request.text()));
    const url = new URL("a.txt", server.url).href;
    const errand = { url, method: "GET", times: 2, limitMs: 60_000 } as const;
    const sha256 = new Bun.CryptoHasher("sha256").update(text).digest("hex");
    const milliseconds = expect.any(Number) as number;
    const outcome = { kind: "ok", status: 200, octets: 1000, sha256, milliseconds } as const;
    expect(await client.run(errand)).toEqual([outcome, outcome]);
    const [posted] = await client.run({ ...errand, method: "POST", times: 1 });
    expect(posted).toMatchObject({ kind: "ok", status: 200, octets: "a=1".length });
    expect(server.requests.map(({ method }) => method)).toEqual(["GET", "GET", "POST"]);
    expect(server.requests[2]?.body).toEqual(new TextEncoder().encode("a=1"));
  },
);
