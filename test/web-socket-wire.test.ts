/** The opening handshake as a wire script, against a server that has a route for it. */

import { afterAll } from "bun:test";

import { wire } from "../check.ts";
import { serve } from "../index.ts";

const server = await serve({ files: {} });
server.webSocket("/chat", {}, { protocols: ["superchat", "chat"] });
afterAll(() => server.stop({ force: true }));

wire("fixtures/routes/opening-handshake.wire", { against: server.url, replay: true });
