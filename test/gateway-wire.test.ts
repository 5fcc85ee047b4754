/** Gateways as wire scripts, against servers with a backend, which is another one. */

import { afterAll } from "bun:test";

import { wire } from "../check.ts";
import { serve } from "../index.ts";

const backend = await serve({ files: { "/api/hello.txt": "hello\n" }, post: "off" });
backend.route("POST", "/api/echo", async (request) => new Response(await request.bytes()));
for (const path of ["/api/told", "/api/pub/told"]) {
  backend.route("GET", path, ({ head: { fields } }) => {
    const lines = ["Authorization", "Remote-User"]
      .filter((name) => fields.has(name))
      .map((name) => `${name}: ${fields.get(name)}\n`);
    return new Response(lines.join(""), { headers: { "Cache-Control": "public, max-age=60" } });
  });
}
const target = `http://127.0.0.1:${backend.port}`;
const server = await serve({
  files: {},
  proxy: {
    "/api": target,
    // Nothing listens on port 1.
    "/gone": "http://127.0.0.1:1",
  },
});
const withUsers = await serve({
  files: {},
  proxy: { "/api": { target, userField: "Remote-User" } },
  auth: { users: { ines: "sesame" }, rules: [{ path: "/api/pub/**", public: true }] },
});
afterAll(async () => {
  for (const one of [server, withUsers, backend]) await one.stop({ force: true });
});

wire("fixtures/routes/gateway.wire", { against: server.url, replay: true });
wire("fixtures/routes/gateway-users.wire", { against: withUsers.url, replay: true });
