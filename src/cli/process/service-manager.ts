/**
 * What a service manager is told while postern runs under one (sd_notify(3)), which is also how it
 * learns that the server listens. Loaded only where NOTIFY_SOCKET is set.
 *
 * The messages of the watchdog come from the event loop that serves, so that they stop when it is
 * stuck. With workers they come from the supervisor's, as long as no worker is stuck for so long.
 */

import type { NotifySocket } from "../../system/process/notify-socket.ts";
import { openNotifySocket } from "../../system/process/notify-socket.ts";
import { standardError } from "../../system/standard-streams.ts";

/** The variables of the environment that are for this process alone, and not for its children. */
const ownVariables = ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"] as const;

/** A timer that is set to more comes every millisecond. */
const timerMaxMs = 2 ** 31 - 1;

type Environment = Record<string, string | undefined>;

/** What is watched: a server in this process, or the supervisor of its workers. */
interface Watched {
  readonly url: URL;
  /** Returns what says whether all workers have answered within that time. */
  watchWithin?(withinMs: number): () => boolean;
}

/** How often the watchdog wants to hear from the process `pid`; undefined when it doesn't. */
function watchdogTimeMs(environment: Environment, pid: number): number | undefined {
  const { WATCHDOG_USEC: within, WATCHDOG_PID: whose } = environment;
  if (within === undefined || !/^[1-9]\d{0,15}$/.test(within)) return undefined;
  if (whose !== undefined && whose !== String(pid)) return undefined;
  // sd_watchdog_enabled(3): at half of the time that is allowed.
  return Math.min(Math.max(1, Math.floor(Number(within) / 2000)), timerMaxMs);
}

/** The service manager that has started this process. */
export class ServiceManager {
  readonly #socket: NotifySocket;
  readonly #inherited: Environment;
  readonly #watchdogMs: number | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  #state = "";

  constructor(socket: NotifySocket, environment: Environment, pid: number) {
    this.#socket = socket;
    this.#inherited = { NOTIFY_SOCKET: environment["NOTIFY_SOCKET"] };
    const { WATCHDOG_USEC } = environment;
    if (WATCHDOG_USEC !== undefined) this.#inherited["WATCHDOG_USEC"] = WATCHDOG_USEC;
    this.#watchdogMs = watchdogTimeMs(environment, pid);
  }

  /** What a process that takes over from this one needs in its environment. */
  get environment(): Readonly<Environment> {
    return this.#inherited;
  }

  /**
   * The server listens. The watchdog is told at once and from now on that it turns, or each worker:
   * the process that this one has taken over from may have told it last nearly as long ago as is
   * allowed.
   */
  ready(server: Watched): void {
    this.#state = `STATUS=Listening at ${server.url.href}`;
    this.#socket.send(`READY=1\n${this.#state}`);
    if (this.#watchdogMs === undefined) return;
    this.#socket.send("WATCHDOG=1");
    if (this.#timer !== undefined) return;
    const isTurning = server.watchWithin?.(this.#watchdogMs * 2) ?? ((): boolean => true);
    this.#timer = setInterval(() => {
      if (isTurning()) this.#socket.send("WATCHDOG=1");
    }, this.#watchdogMs);
  }

  /** A reload has begun, or a new process is being started. */
  reloading(): void {
    const since = this.#socket.monotonicUs();
    this.#socket.send(`RELOADING=1\nMONOTONIC_USEC=${since}\nSTATUS=Reloading`);
  }

  /** The reload is over, whether it has changed anything or not. */
  reloaded(): void {
    this.#socket.send(`READY=1\n${this.#state}`);
  }

  stopping(): void {
    this.#socket.send("STOPPING=1\nSTATUS=Finishing requests");
  }

  /**
   * The process `pid` serves from now on, and this one ends when its requests are answered. That it
   * is ready is told here, since the manager may hear none but the main process.
   */
  replacedBy(pid: number): void {
    clearInterval(this.#timer);
    this.#socket.send(`READY=1\nMAINPID=${pid}`);
  }
}

/**
 * The service manager that `environment` names, whose variables are removed from it, so that no
 * child of this process speaks in its name. Undefined when the manager can't be told, which a line
 * on standard error says.
 */
export function openServiceManager(environment: Environment): ServiceManager | undefined {
  const { NOTIFY_SOCKET: address } = environment;
  if (address === undefined) return undefined;
  const opened = openNotifySocket(address);
  const manager = opened.ok
    ? new ServiceManager(opened.value, environment, process.pid)
    : undefined;
  for (const name of ownVariables) delete environment[name];
  if (!opened.ok) void standardError.write(`postern: NOTIFY_SOCKET: ${opened.error}\n`);
  return manager;
}
