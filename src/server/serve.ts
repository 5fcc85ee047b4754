/**
 * A server, composed of a site, the observers, the connections and the listening sockets. The
 * library and the command line both start one here.
 */

import type { Limits } from "../base/limits.ts";
import type { Result } from "../base/result.ts";
import type { MemoryBody, MemoryEntry } from "../tree/memory/memory-files.ts";
import type { MemoryTree } from "../tree/memory/memory-tree.ts";
import type { ContainedPath } from "../tree/path.ts";
import { LogicalClock } from "../schedule/logical-clock.ts";
import type { AddedRoute, RouteOptions } from "../site/library/added-routes.ts";
import { RouteTable } from "../site/library/route-endpoint.ts";
import type { RouteHandler } from "../site/library/route-request.ts";
import type {
  WebSocketHandler,
  WebSocketOptions,
  WebSocketRoute,
} from "../site/web-socket/server-web-socket.ts";
import type { Scheme } from "../http/message/target.ts";
import type { Clock } from "../schedule/clock.ts";
import { SystemClock } from "../schedule/clock.ts";
import { EventLoop } from "../schedule/event-loop.ts";
import type { Alarm, Scheduler } from "../schedule/scheduler.ts";
import { TurnBudgets } from "../schedule/turn-budgets.ts";
import type { ProxiedClients, ServerContext } from "./connection/protocol-connection.ts";
import { Timers } from "../schedule/timers.ts";
import { http1Factory } from "./http1/http1-factory.ts";
import { listenError, Listener } from "./listener.ts";
import type { LogFormat } from "./log.ts";
import { AccessLog, LogOutput } from "./log.ts";
import type { Observer } from "../site/observer.ts";
import { Observers } from "./observers.ts";
import type { RecordedRequest } from "./recording/recorded-request.ts";
import type {
  ExpectOptions,
  NextOptions,
  RecorderLimits,
  RequestRecorder,
} from "./recording/request-recorder.ts";
import type { ServerTls, TlsSurroundings } from "./tls/server-tls.ts";
import type { CompleteOptions, ReloadOptions, ServeOptions } from "./serve-options.ts";
import { completeOptions, defaultOptions } from "./serve-options.ts";
import { ServeError } from "../site/serve-error.ts";
import type { OpenSite, SiteSurroundings } from "../site/open-site.ts";
import type { CompleteSiteOptions } from "../site/site-options.ts";
import { openSite } from "../site/open-site.ts";
import type { Live } from "../site/live/live.ts";
import { nameTree } from "../site/open-tree.ts";
import { standardError } from "../system/standard-streams.ts";

/** What a test asks of the requests that a server got. */
interface Recording {
  /**
   * The requests that arrived, in their order, those in progress among them. One whose head was
   * malformed is not. The oldest are dropped beyond `limits.requestsKeptMax` and
   * `limits.requestsKeptBytesMax`.
   */
  readonly requests: readonly RecordedRequest[];
  /**
   * The first request that fits, is over, and wasn't given out by `next` before; one that has come
   * already, or that comes `within` so many milliseconds, by default `limits.requestWaitTimeMs`.
   * Rejects with an Error that says what came instead; also when requests were dropped, since it
   * may have been among them.
   *
   * ```ts
   * const hook = await server.next({ method: "POST", path: "/hook", within: 500 });
   * ```
   */
  next(options?: NextOptions): Promise<RecordedRequest>;
  /**
   * The requests of that method and path that have arrived: one or more, or exactly `times`. Else
   * throws an Error that says what came instead, the nearest first. It also throws when requests
   * were dropped.
   */
  expect(method: string, path: string, options?: ExpectOptions): readonly RecordedRequest[];
  /** Empties `requests`, and forgets that any of them was dropped. */
  reset(): void;
}

/**
 * Changes of the files that are served from memory, seen by the next request. Each throws a
 * `ServeError` when it can't be, also on a server of a folder.
 */
interface FileEditing {
  /**
   * Writes a file, or makes a folder where the path ends with "/". A file that is there is
   * replaced, and keeps its mode unless `value` has one.
   */
  write(path: string, value: MemoryBody | MemoryEntry): void;
  /** Sets the permission bits of a file or a folder: `chmod("/a.txt", 0o600)`. */
  chmod(path: string, mode: number): void;
  /** Removes a file, or a folder with all in it. */
  remove(path: string): void;
}

/** A running server. */
export interface Server extends AsyncDisposable, Recording, FileEditing {
  /** Where the site is: where it listens, with the base. Ends with "/". */
  readonly url: URL;
  readonly host: string;
  /** 0 on a Unix socket. */
  readonly port: number;
  /** The path of the Unix socket that it listens on; undefined for a port. */
  readonly unix: string | undefined;
  /** The port that redirects from http to https; undefined where there is none. */
  readonly tlsRedirect: number | undefined;
  /**
   * The authority (CA) that signed the certificate, as PEM text, if postern made it, so that a
   * client can trust it: `fetch(server.url, { tls: { ca: server.ca } })`. Undefined otherwise.
   */
  readonly ca: string | undefined;
  /** The real path of the served folder or file; "" for files in memory, and mounts alone. */
  readonly root: string;
  /** Open connections. */
  readonly connections: number;
  /**
   * Has `handler` answer `method`, or any method with "*", on `path`, before the tree is asked. In
   * a path `:name` stands for one segment, and `*` at its end for the rest; `request.params` has
   * what they matched. The path that matches the least answers, and of several routes on one path
   * the last that was added; disposing of the route removes it. A GET route answers HEAD, too. A
   * request that may change something and comes from a page of another origin gets 403, unless
   * `options.crossOrigin` is true. Throws a TypeError for a method or a path that no request can
   * match: "get", "/a?b".
   *
   * ```ts
   * server.route("POST", "/echo", async (request) => Response.json(await request.json()));
   * using down = server.route("*", "/api/*", () => new Response(null, { status: 503 }));
   * ```
   */
  route(method: string, path: string, handler: RouteHandler, options?: RouteOptions): AddedRoute;
  /**
   * Opens WebSockets (RFC 6455) at `path`, which is one of `route`, and tells `handler` of them:
   * hooks, or a function that is called with each socket. The handshake is refused with 403 when it
   * comes from a page of another origin, unless `options.crossOrigin` is true. Files and routes at
   * the same path answer requests that open no WebSocket. Throws a TypeError like `route`.
   *
   * ```ts
   * server.webSocket("/echo", { message: (socket, message) => socket.send(message) });
   * server.webSocket("/chat/:room", async (socket) => {
   *   for await (const message of socket) socket.send(`${socket.params.room}: ${message}`);
   * });
   * ```
   */
  webSocket(path: string, handler: WebSocketHandler, options?: WebSocketOptions): WebSocketRoute;
  /**
   * Serves by `options` from the next request on. An option that is left out gets its default, but
   * for the certificate, and for the root or the files, which stay as they are. Requests in flight
   * finish under the options they began with, open connections keep their limits, and added routes
   * stay. Throws a `ServeError`, and changes nothing, when the options are wrong.
   */
  reload(options: ReloadOptions): void;
  /**
   * Accepts no more connections, lets requests in flight finish within `limits.stopTimeMs`, closes
   * WebSockets with 1001, and resets the connections that are left; with `force` at once. May be
   * called more than once.
   */
  stop(options?: { readonly force?: boolean }): Promise<void>;
}

/** How clients name a server: on a Unix socket as on the default host. */
function addressOf({ host, tls, unix }: CompleteOptions): { host: string; scheme: Scheme } {
  const scheme = tls === undefined || tls === false ? "http" : "https";
  return { host: unix === undefined ? host : defaultOptions.host, scheme };
}

/** The names of a server that listens on `host`. Few servers are ever asked for other hosts. */
function hostNames(host: string): readonly string[] {
  const { machineNames } = require("./machine-names.ts") as typeof import("./machine-names.ts");
  return [host, ...machineNames()];
}

function toStandardError(error: unknown): void {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  void standardError.write(`${text}\n`);
}

/** `callback`, with what it throws written to standard error instead of reaching the event loop. */
function guarded<Value>(callback: (value: Value) => void): (value: Value) => void {
  return (value) => {
    try {
      callback(value);
    } catch (error) {
      toStandardError(error);
    }
  };
}

/** `find`, called once and then remembered. */
function once<Value>(find: () => Value): () => Value {
  let found: { readonly value: Value } | undefined;
  return () => (found ??= { value: find() }).value;
}

/**
 * What a reload by `changed` keeps of the tree `opened`: all but the base, if that is named,
 * and nothing if another tree is.
 */
function sourceFor(changed: ReloadOptions, { source }: OpenSite): Partial<OpenSite["source"]> {
  if (nameTree(changed)) return {};
  return changed.base === undefined ? source : { ...source, base: changed.base };
}

/**
 * The URL of a site under `base` on a server that was asked to listen on `host`; without a port for
 * a Unix socket.
 */
function urlOf(scheme: Scheme, host: string, port: number, base = "/"): URL {
  const bare = host.replace(/^\[(.*)\]$/, "$1");
  const shown = bare.includes(":") ? `[${bare}]` : bare;
  return new URL(`${scheme}://${port === 0 ? shown : `${shown}:${port}`}${base}`);
}

/**
 * Has `listener` listen by `options`. Answers with the port, 0 for a Unix socket, whose code is
 * loaded only by a server that has one. Throws a `ServeError` when that fails.
 */
async function openMain(
  listener: Listener,
  { host, port, reusePort, unix, unixMode }: CompleteOptions,
): Promise<number> {
  if (unix === undefined) {
    const opened = listener.open(host, port, reusePort);
    if (!opened.ok) throw listenError(opened.error);
    return opened.value;
  }
  const { openSocket } = await import("./unix-socket.ts");
  const opened = await openSocket(listener, unix, unixMode);
  if (!opened.ok) throw listenError(opened.error);
  return 0;
}

/** The recorder of a server. Its code is loaded only by one that has it. */
async function openRecorder(
  { record }: CompleteOptions,
  limits: () => RecorderLimits,
  scheduler: Scheduler,
): Promise<RequestRecorder | undefined> {
  if (!record) return undefined;
  const { RequestRecorder: Recorder } = await import("./recording/request-recorder.ts");
  return new Recorder(limits, () => scheduler.alarm());
}

/** What a test asks of `recorder`. Without one there are no requests, and asking is an error. */
function recordingOf(recorder: RequestRecorder | undefined): Recording {
  const recorded = (): RequestRecorder => {
    if (recorder === undefined) throw new TypeError("the option record is false");
    return recorder;
  };
  return {
    requests: recorder?.requests ?? [],
    next: (options = {}) => recorded().next(options),
    expect: (method, path, options = {}) => recorded().expect(method, path, options),
    reset: () => recorder?.reset(),
  };
}

/** Changes of the files in memory of the present site. `changed` is told the path of each. */
function editingOf(
  site: () => OpenSite,
  clock: Clock,
  changed: (path: ContainedPath) => void,
): FileEditing {
  const edit = (
    path: string,
    change: (tree: MemoryTree) => Result<ContainedPath, string>,
  ): void => {
    const { files } = site().source;
    if (files === undefined) {
      throw new ServeError("files", "only a server of files in memory can change them");
    }
    // The files of an open site are a tree.
    const changing = change(files as MemoryTree);
    if (!changing.ok) throw new ServeError("files", `${path}: ${changing.error}`);
    changed(changing.value);
  };
  return {
    write: (path, value) => edit(path, (tree) => tree.put(path, value, clock.epochMs())),
    chmod: (path, mode) => edit(path, (tree) => tree.chmod(path, mode)),
    remove: (path) => edit(path, (tree) => tree.remove(path, clock.epochMs())),
  };
}

/** The live reload of a server. Its code is loaded only by one that has it. */
class LateLive {
  readonly #clock: Clock;
  readonly #scheduler: Scheduler;
  readonly #reporting: () => Reporting;
  #live: Live | undefined;

  constructor(clock: Clock, scheduler: Scheduler, reporting: () => Reporting) {
    this.#clock = clock;
    this.#scheduler = scheduler;
    this.#reporting = reporting;
  }

  readonly open = (): Live => {
    const module = require("../site/live/live.ts") as typeof import("../site/live/live.ts");
    this.#live ??= new module.Live({
      clock: this.#clock,
      scheduler: this.#scheduler,
      report: (report) => this.#reporting().observers.live.tell(report),
      failed: (reason) => this.#reporting().failed(reason),
    });
    return this.#live;
  };

  /** Watches the tree of `site`, if it has live reload. */
  watch(site: OpenSite, { live, hidden }: CompleteOptions): void {
    if (live) this.#live?.watch({ ...site, hidden });
    else this.close();
  }

  /** Tells pages that `site` has replaced the one before, and watches it. */
  renew(site: OpenSite, options: CompleteOptions): void {
    this.watch(site, options);
    this.#live?.tell({ paths: [], isAll: true });
  }

  /** Tells pages of a change at `path`, which no folder on disk shows. */
  readonly tell = ({ text }: ContainedPath): void => {
    this.#live?.tell({ paths: [text.slice(1)], isAll: false });
  };

  close(): void {
    this.#live?.close();
  }
}

/** The TLS of a server with `options`. Its code is loaded only by a server that has it. */
async function openTls(
  options: CompleteOptions,
  surroundings: TlsSurroundings,
): Promise<ServerTls | undefined> {
  const { tls, tlsRedirect } = options;
  if (tls === undefined || tls === false) {
    if (tlsRedirect === undefined) return undefined;
    throw new ServeError("tls", "a port that redirects to https needs TLS on the other one");
  }
  const { ServerTls: Tls } = await import("./tls/server-tls.ts");
  return new Tls(options, tls, surroundings);
}

/** What a reload by `changed` to `site` does to TLS; undefined for a server without. */
function prepareTls(
  tls: ServerTls | undefined,
  changed: ReloadOptions,
  site: OpenSite,
): (() => void) | undefined {
  if (tls !== undefined) return tls.prepare(changed, site);
  if (changed.tls === undefined || changed.tls === false) return undefined;
  throw new ServeError("tls", "TLS can only be begun by a restart");
}

/** A site, and the proxies that its server trusts; undefined where it trusts none. */
interface ServedSite extends OpenSite {
  readonly proxied: ProxiedClients | undefined;
}

type ServedOptions = CompleteSiteOptions & Pick<CompleteOptions, "trustProxy">;

/** Opens the site of a server. The code for trusted proxies is loaded only where there are some. */
function openServed(options: ServedOptions, surroundings: SiteSurroundings): ServedSite {
  const site = openSite(options, surroundings);
  if (options.trustProxy.length === 0) return { ...site, proxied: undefined };
  const { openTrustedProxies } =
    require("./proxied/trusted-proxies.ts") as typeof import("./proxied/trusted-proxies.ts");
  return { ...site, proxied: openTrustedProxies(options.trustProxy, site.limits) };
}

/** A server's listeners, and their ports. */
interface Listening {
  readonly listeners: readonly Listener[];
  readonly port: number;
  /** The port that redirects to https. */
  readonly tlsRedirect: number | undefined;
}

/** The listeners of a server whose `main` one is on `port`, with that which redirects to it. */
function withRedirect(
  main: Listener,
  port: number,
  { unix, tlsRedirect }: CompleteOptions,
  tls: ServerTls | undefined,
): Listening {
  const alone = { listeners: [main], port, tlsRedirect: undefined };
  if (tls === undefined || tlsRedirect === undefined) return alone;
  if (unix !== undefined) throw new ServeError("tls", "no port redirects to a Unix socket");
  const { listener, opened } = tls.openRedirect(port);
  if (opened.ok) return { listeners: [main, listener], port, tlsRedirect: opened.value };
  // Not "port-taken": the port that the server itself listens on is another one.
  throw new ServeError("listen", `the port that redirects to https: ${opened.error.message}`);
}

/**
 * Has `main` listen, and a listener that redirects to it, if `options` ask for one. Rejects with a
 * `ServeError` when a port can't be had.
 */
async function listen(
  main: Listener,
  options: CompleteOptions,
  tls: ServerTls | undefined,
): Promise<Listening> {
  try {
    return withRedirect(main, await openMain(main, options), options, tls);
  } catch (error) {
    tls?.stop();
    void main.close();
    throw error;
  }
}

/**
 * Closes `listeners`, and resets the connections that are left after `limits.stopTimeMs`, timed by
 * `alarm`; with `force` at once. Then no connection sends files of the tree, so it is closed.
 */
async function close(
  listeners: readonly Listener[],
  live: LateLive,
  { tree, limits }: OpenSite,
  force: boolean,
  alarm: Alarm,
): Promise<void> {
  const closing = listeners.map((listener) => listener.close());
  live.close();
  const abort = (): void => {
    for (const listener of listeners) listener.abort();
  };
  const withinMs = force ? 0 : limits.stopTimeMs;
  if (withinMs === 0) abort();
  alarm.set(withinMs, abort);
  await Promise.all(closing);
  alarm.clear();
  tree.close();
}

/** The observers of a server, and its log, which a reload replaces. */
class Reporting {
  readonly observers: Observers;
  readonly failed: (error: unknown) => void;
  readonly #makeLog: (format: LogFormat) => AccessLog;
  /** It stays when the log is replaced. */
  readonly #recorder: RequestRecorder | undefined;
  readonly #isTerminal: () => boolean;
  #log: AccessLog;

  constructor(
    { write, onError, log, isTerminal }: CompleteOptions,
    limits: Limits,
    recorder: RequestRecorder | undefined,
    clock: Clock,
    scheduler: Scheduler,
  ) {
    const out = guarded(write ?? new LogOutput(limits, scheduler.alarm()).write);
    this.failed = guarded(onError ?? toStandardError);
    this.observers = new Observers(this.failed);
    this.#recorder = recorder;
    this.#isTerminal = once(isTerminal ?? (() => false));
    this.#makeLog = (format) => new AccessLog(format, out, () => clock.epochMs(), scheduler);
    this.#log = this.#begin(log);
  }

  #begin(format: LogFormat): AccessLog {
    const log = this.#makeLog(format);
    const all: (Observer | undefined)[] = [log.isOff ? undefined : log, this.#recorder];
    this.observers.set(all.filter((one) => one !== undefined));
    return log;
  }

  /** Whether the log shows names that are similar to a missing one: to a person who is watching. */
  get logsNearNames(): boolean {
    return this.#log.showsNotes && this.#isTerminal();
  }

  /** Logs as `format` says from now on. */
  reload(format: LogFormat): void {
    this.flush();
    this.#log = this.#begin(format);
  }

  /** The server has stopped: writes what has been logged, and ends all waiting for requests. */
  finish(): void {
    this.flush();
    this.#recorder?.close();
  }

  /** Writes what has been logged. */
  flush(): void {
    this.#log.flush();
  }
}

/** What connections share, of a server whose present site is `site()`. */
function contextOf(
  site: () => ServedSite,
  { clock, logicalClock, budgets: { scheduler } }: SiteSurroundings,
  { failed, observers }: Reporting,
): ServerContext {
  return {
    limits: site().limits,
    scheduler,
    clock,
    logicalClock,
    timers: new Timers(clock, scheduler.alarm()),
    answer: (request, since) => site().site.answer(request, since),
    refuse: (refusal, request) => site().site.refuse(refusal, request),
    proxied: () => site().proxied,
    failed,
    observers,
  };
}

/**
 * Starts a server and resolves when it listens. Rejects with a `ServeError` that says in one line
 * what is wrong.
 *
 * ```ts
 * await using server = await serve({ root: "fixtures/site" });
 * const response = await fetch(new URL("MySchedule.html", server.url));
 * ```
 */
export async function serve(options: ServeOptions = {}): Promise<Server> {
  const complete = completeOptions(options);
  const { host, scheme } = addressOf(complete);
  const scheduler = new EventLoop();
  const clock = new SystemClock(scheduler);
  const routes = new RouteTable(() => opened.site.endpointsChanged());
  const live = new LateLive(clock, scheduler, () => reporting);
  const surroundings: SiteSurroundings = {
    routes,
    clock,
    logicalClock: new LogicalClock(),
    budgets: new TurnBudgets(scheduler),
    scheme,
    hostNames: () => hostNames(host),
    live: live.open,
    logsNearNames: () => reporting.logsNearNames,
  };
  let opened = openServed(complete, surroundings);
  const recorder = await openRecorder(complete, () => opened.limits, scheduler);
  const reporting = new Reporting(complete, opened.limits, recorder, clock, scheduler);
  const context = contextOf(() => opened, surroundings, reporting);
  const tls = await openTls(complete, { ...surroundings, site: () => opened, context });
  const listener = new Listener(context, http1Factory(), tls);
  const { listeners, port, tlsRedirect } = await listen(listener, complete, tls);
  live.watch(opened, complete);
  const reload = (changed: ReloadOptions): void => {
    const wanted = completeOptions(changed);
    const next = openServed({ ...wanted, ...sourceFor(changed, opened) }, surroundings);
    const changeTls = prepareTls(tls, changed, next);
    opened.tree.close();
    opened = next;
    changeTls?.();
    for (const one of listeners) one.limit(opened.limits);
    reporting.reload(wanted.log);
    live.renew(opened, wanted);
  };
  const stop = async (how: { readonly force?: boolean } = {}): Promise<void> => {
    tls?.stop();
    await close(listeners, live, opened, how.force === true, scheduler.alarm());
    reporting.finish();
  };
  return {
    get url() {
      return urlOf(scheme, host, port, opened.source.base);
    },
    host,
    port,
    tlsRedirect,
    get ca() {
      return tls?.ca;
    },
    unix: complete.unix,
    get root() {
      return opened.source.root;
    },
    ...recordingOf(recorder),
    ...editingOf(() => opened, clock, live.tell),
    get connections() {
      return listeners.reduce((count, one) => count + one.connections, 0);
    },
    route: (method, path, handler, how) => routes.add(method, path, handler, how),
    webSocket: (path, handler, how) => routes.addWebSocket(path, handler, how),
    reload,
    stop,
    [Symbol.asyncDispose]: () => stop(),
  };
}
