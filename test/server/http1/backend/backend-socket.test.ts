import { expect, test } from "bun:test";
import { unlinkSync, writeFileSync } from "node:fs";

import { defaultLimits } from "../../../../src/base/limits.ts";
import { SystemClock } from "../../../../src/schedule/clock.ts";
import { EventLoop } from "../../../../src/schedule/event-loop.ts";
import { Timers } from "../../../../src/schedule/timers.ts";
import { connectTo } from "../../../../src/server/http1/backend/backend-socket.ts";
import type { BackendAddress, BackendError } from "../../../../src/site/proxy/backend.ts";
import { clientTls, pemText } from "../../../certificates/certificates.ts";
import { TempSite } from "../../../temp-site.ts";
import { RawBackend } from "../../raw-backend.ts";

/** How it ends to connect to `address`: "opened", or the fault. */
async function connected(address: Partial<BackendAddress>): Promise<string> {
  const scheduler = new EventLoop();
  const clock = new SystemClock(scheduler);
  const timers = new Timers(clock, scheduler.alarm());
  const surroundings = { limits: defaultLimits, clock, timers };
  const owner = { free: () => undefined, gone: () => undefined };
  const whole = {
    scheme: "http",
    host: "127.0.0.1",
    port: 0,
    verify: true,
    ca: undefined,
    unix: undefined,
  } as const;
  try {
    (await connectTo({ ...whole, ...address }, surroundings, owner)).closeIfFree();
    return "opened";
  } catch (error) {
    const { fault, message } = error as BackendError;
    return address.unix === undefined ? fault : `${fault}: ${message}`;
  }
}

test("a socket is opened, by a name or an address", async () => {
  using backend = new RawBackend();
  const { port } = backend;
  expect(await connected({ port })).toBe("opened");
  expect(await connected({ port, host: "localhost" })).toBe("opened");
});

test("a backend that isn't there, or doesn't speak TLS, is unreachable", async () => {
  // Nothing listens on port 1.
  expect(await connected({ port: 1 })).toBe("unreachable");
  using plain = new RawBackend((peer) => peer.send("HTTP/1.1 400 Bad Request\r\n\r\n"));
  expect(await connected({ port: plain.port, scheme: "https" })).not.toBe("opened");
});

test("a Unix socket is connected to, and what is wrong with one is said", async () => {
  using site = new TempSite();
  const unix = `${site.root}/app.sock`;
  expect(await connected({ unix })).toBe("unreachable: there is no such socket");
  writeFileSync(unix, "");
  expect(await connected({ unix })).toBe("unreachable: no process listens on the socket");
  unlinkSync(unix);
  const listener = Bun.listen({ unix, socket: { data: () => undefined } });
  expect(await connected({ unix })).toBe("opened");
  listener.stop(true);
});

test("a certificate has to be valid for the host, unless it isn't verified", async () => {
  using backend = new RawBackend(() => undefined, { cert: pemText("chain"), key: pemText("key") });
  const at = { scheme: "https", port: backend.port, host: "localhost" } as const;
  expect(await connected({ ...at, ca: clientTls.ca })).toBe("opened");
  expect(await connected(at)).toBe("untrusted");
  expect(await connected({ ...at, verify: false })).toBe("opened");
});
