/** A gateway as a wire script, against a server with a backend, which is another one. */

import { afterAll } from "bun:test";

import { wire } from "../check.ts";
import { serve } from "../index.ts";

const backend = await serve({ files: { "/api/hello.txt": "hello\n" }, post: "off" });
backend.route("POST", "/api/echo", async (request) => new Response(await request.bytes()));
const server = await serve({
  files: {},
  proxy: {
    "/api": `http://127.0.0.1:${backend.port}`,
    // Nothing listens on port 1.
    "/gone": "http://127.0.0.1:1",
  },
});
afterAll(async () => {
  await server.stop({ force: true });
  await backend.stop({ force: true });
});

wire("fixtures/routes/gateway.wire", { against: server.url, replay: true });
