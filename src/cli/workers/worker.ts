/**
 * One of the processes that serve a port together: a program that the supervisor in `workers.ts`
 * starts. It takes all options from the supervisor and reads no command line and no configuration,
 * so that all workers serve the same.
 *
 * Ctrl-C in a terminal, and a service manager, signal all processes at once. A worker ignores the
 * signal, since its supervisor tells it to stop. When the supervisor is gone for any reason, the
 * channel closes and the worker stops.
 */

import { defaultLimits, resolveLimits } from "../../base/limits.ts";
import type { Milliseconds } from "../../base/units.ts";
import { SystemClock } from "../../schedule/clock.ts";
import { EventLoop } from "../../schedule/event-loop.ts";
import { LogOutput } from "../../server/log.ts";
import type { Server } from "../../server/serve.ts";
import { serve } from "../../server/serve.ts";
import type { ServeOptions } from "../../server/serve-options.ts";
import { ServeError } from "../../site/serve-error.ts";
import { standardError } from "../../system/standard-streams.ts";
import type { ReceivedUploads } from "../terminal/received-uploads.ts";
import { LineGatherer } from "./worker-log.ts";
import type { Answer, Notice, Order } from "./worker-message.ts";

/** The running server, its access log, and how long it may take to stop. */
let running:
  | {
      readonly server: Server;
      readonly log: LineGatherer;
      readonly output: LogOutput;
      readonly stopTimeMs: Milliseconds;
    }
  | undefined;
let orders: Promise<void> = Promise.resolve();

/** What is received, if the supervisor wants to know. */
let received: ReceivedUploads | undefined;
/** Whether the supervisor knows that something is, and will ask. */
let isUploadingTold = false;

function answer(answered: Answer | Notice): void {
  // The supervisor may have ended meanwhile.
  if (process.connected) process.send?.(answered);
}

/** What the server tells of its uploads, if the supervisor wants to know. */
async function uploadListener(): Promise<Pick<ServeOptions, "onUpload">> {
  const { ReceivedUploads: Received } = await import("../terminal/received-uploads.ts");
  const clock = new SystemClock(new EventLoop());
  const opened = new Received(
    () => clock.epochMs(),
    (isReceiving) => {
      if (!isReceiving || isUploadingTold) return;
      isUploadingTold = true;
      answer({ kind: "uploading" });
    },
  );
  received = opened;
  return { onUpload: opened.began };
}

function tellUploads(): void {
  const uploads = received?.look() ?? { count: 0, octets: 0, newest: undefined };
  isUploadingTold = uploads.count > 0;
  answer({ kind: "uploads", uploads });
}

async function start(options: ServeOptions, tellsUploads: boolean): Promise<void> {
  const resolved = resolveLimits(options.limits);
  const limits = resolved.ok ? resolved.value : defaultLimits;
  const { workerLogTimeMs, stopTimeMs } = limits;
  const output = new LogOutput(limits, new EventLoop().alarm());
  const log = new LineGatherer(output.write, workerLogTimeMs);
  const telling = tellsUploads ? await uploadListener() : {};
  const server = await serve({ ...options, ...telling, write: (lines) => log.add(lines) });
  running = { server, log, output, stopTimeMs };
  setTimeout(() => void keepCode(server).catch(() => undefined), limits.codeLoadDelayMs).unref();
  answer({ kind: "listening", url: server.url.href });
}

/** Loads the code that later requests need; what needs code that can't be loaded says so. */
async function keepCode(server: Server): Promise<void> {
  const kept = await import("../process/kept-code.ts");
  await kept.keepCode(server);
}

/** Finishes requests in flight, writes the log's last lines if they are read in time, and exits. */
async function stop(patienceMs: number): Promise<never> {
  if (running !== undefined) {
    const timeIsUp = Bun.sleep(patienceMs + running.stopTimeMs);
    await running.server.stop({ patienceMs });
    void running.log.flush();
    await Promise.race([running.output.end(), timeIsUp]);
  }
  process.exit(0);
}

function obey(order: Order): Promise<void> | void {
  switch (order.kind) {
    case "serve":
      return start(order.options, order.tellsUploads);
    case "reload":
      running?.server.reload(order.options);
      return answer({ kind: "reloaded" });
    case "measure":
      return answer({ kind: "measured", families: running?.server.measure() ?? [] });
    case "look":
      return answer({ kind: "alive" });
    case "tell-uploads":
      return tellUploads();
    case "stop":
      return stop(order.patienceMs);
  }
}

/** Carries out `order` after the orders before it. */
async function queue(order: Order): Promise<void> {
  const before = orders;
  const { promise, resolve } = Promise.withResolvers<void>();
  orders = promise;
  await before;
  try {
    await obey(order);
  } catch (error) {
    if (!(error instanceof ServeError)) throw error;
    answer({ kind: "failed", code: error.code, message: error.message });
  }
  resolve();
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2"] as const) {
  process.on(signal, () => undefined);
}
if (process.send === undefined) {
  void standardError.write("postern: a worker is started by --workers, and not by hand\n");
  process.exit(2);
}
process.on("message", (order: Order) => {
  // A stop that goes on may be told to end sooner.
  if (order.kind === "stop" && running !== undefined) void stop(order.patienceMs);
  else void queue(order);
});
process.on("disconnect", () => void queue({ kind: "stop", patienceMs: 0 }));
