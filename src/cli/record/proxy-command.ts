/**
 * `postern check --proxy URL --record DIR`: stands on a loopback port between a client and a
 * server, and writes what passes as wire scripts, until a signal ends it.
 */

import { defaultLimits } from "../../base/limits.ts";
import { Recording } from "../../check/record/recording.ts";
import { SystemClock } from "../../schedule/clock.ts";
import { EventLoop } from "../../schedule/event-loop.ts";
import { LogicalClock } from "../../schedule/logical-clock.ts";
import { Timers } from "../../schedule/timers.ts";
import type { ServerContext } from "../../server/connection/protocol-connection.ts";
import { Listener } from "../../server/listener.ts";
import { Observers } from "../../server/observers.ts";
import { proxyFactory } from "./proxy-connection.ts";
import { readProxyWords } from "./proxy-words.ts";

/** Where the proxy writes lines, and when it ends. */
interface ProxyTerminal {
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
  /** Resolves when the proxy is to end. */
  readonly ended: Promise<unknown>;
}

/** Records with the words after `check`; returns the exit status. */
export async function runProxy(
  words: readonly string[],
  { out, error, ended }: ProxyTerminal,
): Promise<0 | 1 | 2> {
  const read = readProxyWords(words);
  if (!read.ok) {
    error(`postern: ${read.error}\n`);
    return 2;
  }
  const { server, folder, port, rewritesHost } = read.value;
  const say = (line: string): void => error(`postern: ${line}\n`);
  const recording = Recording.open({ folder, source: server.origin, limits: defaultLimits, say });
  if (!recording.ok) {
    say(`can't record: ${recording.error}`);
    return 2;
  }
  // A browser tries again and again; the same line once is enough.
  const told = new Set<string>();
  const unreachable = (line: string): void => {
    if (!told.has(line)) say(line);
    told.add(line);
  };
  const wiretap = recording.value;
  const factory = proxyFactory({ server, rewritesHost, wiretap, unreachable });
  const listener = new Listener(contextOf(say), factory);
  const opened = listener.open("localhost", port);
  if (!opened.ok) {
    say(`${opened.error.message}; --port names another`);
    return 1;
  }
  out(
    `Recording. http://localhost:${opened.value}/ leads to ${server.href}, until Ctrl-C; ` +
      `scripts go into ${folder}\n`,
  );
  await ended;
  await listener.close();
  wiretap.ended();
  const { scripts, phases } = wiretap.counts;
  const what = `${scripts} ${scripts === 1 ? "script" : "scripts"}`;
  out(`Recorded ${what} with ${phases} ${phases === 1 ? "phase" : "phases"}.\n`);
  if (scripts > 0) out(`Play them: postern check ${folder} --against ${server.origin}\n`);
  return 0;
}

function nothing(): never {
  throw new Error("a proxy answers nothing by itself");
}

/** What a listener needs. The proxy answers nothing by itself, so no site is behind it. */
function contextOf(say: (line: string) => void): ServerContext {
  const scheduler = new EventLoop();
  const clock = new SystemClock(scheduler);
  const failed = (error: unknown): void =>
    say(error instanceof Error ? error.message : String(error));
  return {
    limits: defaultLimits,
    scheduler,
    clock,
    logicalClock: new LogicalClock(),
    timers: new Timers(clock, scheduler.alarm()),
    answer: nothing,
    refuse: nothing,
    observers: new Observers(failed),
    failed,
  };
}
