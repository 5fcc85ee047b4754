/** Metrics and health as a wire script, against the listener that a server has for them. */

import { afterAll } from "bun:test";

import { wire } from "../check.ts";
import { serve } from "../index.ts";

const server = await serve({ files: { "/hello.txt": "hello\n" }, metrics: "0", health: "0" });
afterAll(() => server.stop({ force: true }));

wire("fixtures/routes/operations.wire", { against: server.healthUrl ?? "", replay: true });
