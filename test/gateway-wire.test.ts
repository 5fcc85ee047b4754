/** A gateway as a wire script, against a server with a backend, which is another one. */

import { afterAll } from "bun:test";

import { wire } from "../check.ts";
import { serve } from "../index.ts";

const backend = await serve({ files: { "/api/hello.txt": "hello\n" }, post: "off" });
backend.route("POST", "/api/echo", async (request) => new Response(await request.bytes()));
const gone = await serve({ files: {} });
await gone.stop();
const server = await serve({
  files: {},
  proxy: {
    "/api": `http://127.0.0.1:${backend.port}`,
    "/gone": `http://127.0.0.1:${gone.port}`,
  },
});
afterAll(async () => {
  await server.stop({ force: true });
  await backend.stop({ force: true });
});

wire("fixtures/routes/gateway.wire", { against: server.url, replay: true });
