/**
 * A server, composed of a site, the observers, the connections and the listening sockets. The
 * library and the command line both start one here.
 */

import type { Limits } from "../base/limits.ts";
import type { ContainedPath } from "../tree/path.ts";
import { LogicalClock } from "../schedule/logical-clock.ts";
import type { AddedRoute, RouteOptions } from "../site/library/added-routes.ts";
import { RouteTable } from "../site/library/route-endpoint.ts";
import type { ChangedAnswer, RouteHandler } from "../site/library/route-request.ts";
import type {
  WebSocketHandler,
  WebSocketOptions,
  WebSocketRoute,
} from "../site/web-socket/server-web-socket.ts";
import type { Clock } from "../schedule/clock.ts";
import { SystemClock } from "../schedule/clock.ts";
import { EventLoop } from "../schedule/event-loop.ts";
import type { Alarm, Scheduler } from "../schedule/scheduler.ts";
import { TurnBudgets } from "../schedule/turn-budgets.ts";
import type { ServerContext } from "./connection/protocol-connection.ts";
import { Timers } from "../schedule/timers.ts";
import { connectionFactory, openBackends } from "./http1/http1-factory.ts";
import { Listener } from "./listener.ts";
import type { GivenSockets } from "./listening/given-sockets.ts";
import type { FileEditing } from "./memory-editing.ts";
import type { LogFormat } from "./log.ts";
import { AccessLog, LogOutput } from "./log.ts";
import type { Observer } from "../site/observer.ts";
import type { AnswerFaults, RuleOptions } from "./faults/fault-options.ts";
import type { AddedFault, Faults, FaultService } from "./faults/faults.ts";
import { Observers } from "./observers.ts";
import type { RecordedRequest } from "./recording/recorded-request.ts";
import type {
  ExpectOptions,
  NextOptions,
  RecorderLimits,
  RequestRecorder,
} from "./recording/request-recorder.ts";
import type { Listening, ServerTls, TlsSurroundings } from "./tls/server-tls.ts";
import type { CompleteOptions, ReloadOptions, ServeOptions, StopOptions } from "./serve-options.ts";
import { addressOf, completeOptions, urlOf } from "./serve-options.ts";
import { listenError, ServeError } from "../site/serve-error.ts";
import type { OpenSite, SiteSurroundings } from "../site/open-site.ts";
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
   * The descriptors of its listening sockets, for another process to go on with: as `sockets` of
   * `serve`, when they have been passed to it. Valid until the server stops.
   */
  readonly sockets: GivenSockets;
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
   * Has answers to `method` on `path`, as `route` takes them, go wrong as `options` say; see
   * docs/faults.md. Of several faults for a request, that whose path matches the least hits, and of
   * several on one path the last that was added; one whose `probability` spares the request leaves
   * it to the next. Those of new connections and of TLS handshakes are for "*" on "/*". Disposing
   * of the fault removes it. Throws a TypeError when the options are wrong, and a `ServeError` when
   * they need a TLS that this server hasn't.
   *
   * ```ts
   * using fault = server.fault("GET", "/data/*", { cutAfterBytes: 1000, by: "reset" });
   * ```
   */
  fault(method: string, path: string, options: RuleOptions): AddedFault;
  /**
   * The answer of a route with `faults`. Throws a TypeError when they are wrong.
   *
   * ```ts
   * server.route("GET", "/a", () => server.withFaults(new Response("abc"), { cutAfterBytes: 1 }));
   * ```
   */
  withFaults(answer: ChangedAnswer["answer"], faults: AnswerFaults): ChangedAnswer;
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
   * WebSockets with 1001, and resets the connections that are left; with `force` at once. For
   * `patienceMs` before that, which is 0 by default, a connection may have one more request, whose
   * response says that it is the last one (RFC 9112 §9.6): a request that is sent while a
   * connection is being closed is lost. May be called more than once.
   */
  stop(options?: StopOptions): Promise<void>;
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

/** Has `listener` listen by `options`. Answers with the port. Throws a `ServeError` if it can't. */
async function openMain(listener: Listener, options: CompleteOptions): Promise<number> {
  const { host, port, reusePort, unix, sockets } = options;
  if (unix !== undefined || sockets !== undefined) {
    const { openOther } = await import("./listening/open-other.ts");
    return openOther(listener, options);
  }
  const opened = listener.open(host, port, reusePort);
  if (!opened.ok) throw listenError(opened.error);
  return opened.value;
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

/** Changes of the files in memory. Their code is loaded by the first. */
function editingOf(
  site: () => OpenSite,
  clock: Clock,
  changed: (path: ContainedPath) => void,
): FileEditing {
  const editing = (): FileEditing => {
    const module = require("./memory-editing.ts") as typeof import("./memory-editing.ts");
    return module.memoryEditing(site, clock, changed);
  };
  return {
    write: (path, value) => editing().write(path, value),
    chmod: (path, mode) => editing().chmod(path, mode),
    remove: (path) => editing().remove(path),
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

/**
 * Has `main` listen, and a listener that redirects to it, if `options` ask for one, by the rules of
 * `faults` that they have. Rejects with a `ServeError` when a rule is wrong or a port can't be had.
 */
async function listen(
  main: Listener,
  options: CompleteOptions,
  tls: ServerTls | undefined,
  faults: LateFaults,
): Promise<Listening & Pick<Server, "sockets">> {
  try {
    faults.configure(options);
    const port = await openMain(main, options);
    const plain = { listeners: [main], port, tlsRedirect: undefined };
    const listening = tls?.withRedirect(main, port) ?? plain;
    const [sockets = [], redirect = []] = listening.listeners.map((one) => one.descriptors);
    return { ...listening, sockets: { main: sockets, redirect } };
  } catch (error) {
    tls?.stop();
    void main.close();
    throw error;
  }
}

/**
 * Closes `listeners`, and resets the connections that are left after the time that a stop has,
 * timed by `alarm`. Then no connection sends files of the tree, so it is closed.
 */
async function close(
  listeners: readonly Listener[],
  live: LateLive,
  { tree, limits, backends }: OpenSite,
  { force = false, patienceMs = 0 }: StopOptions,
  alarm: Alarm,
): Promise<void> {
  const closing = listeners.map((listener) => listener.close(!force && patienceMs > 0));
  for (const one of [live, backends]) one?.close();
  const abort = (): void => {
    for (const listener of listeners) listener.abort();
  };
  const end = (): void => {
    for (const listener of listeners) void listener.close();
    if (force || limits.stopTimeMs === 0) abort();
    else alarm.set(limits.stopTimeMs, abort);
  };
  if (force || patienceMs === 0) end();
  else alarm.set(patienceMs, end);
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
    this.#log.flush();
    this.#log = this.#begin(format);
  }

  /** The server has stopped: writes what has been logged, and ends all waiting for requests. */
  finish({ wiretap }: CompleteOptions): void {
    this.#log.flush();
    this.#recorder?.close();
    wiretap?.ended();
  }
}

/** The faults of a server. Their code is loaded only by one that has any. */
class LateFaults {
  readonly #service: FaultService;
  opened: Faults | undefined;

  constructor(service: FaultService) {
    this.#service = service;
  }

  open(): Faults {
    const module = require("./faults/faults.ts") as typeof import("./faults/faults.ts");
    return (this.opened ??= new module.Faults(this.#service));
  }

  /** What a server does with them. */
  readonly methods: Pick<Server, "fault" | "withFaults"> = {
    fault: (method, path, options) => this.open().add(method, path, options),
    withFaults: (answer, options) => this.open().change(answer, options),
  };

  /**
   * Has the rules of `options` in the place of those before. Throws a `ServeError` when one is
   * wrong by `limits`.
   */
  configure({ faults, tls }: CompleteOptions, limits = this.#service.limits()): void {
    if (faults.length > 0) this.open().configure(faults, limits, tls);
    else this.opened?.configure([], limits, tls);
  }
}

/** What connections share, of a server whose present site is `site()`. */
function contextOf(
  site: () => OpenSite,
  { clock, logicalClock, budgets: { scheduler } }: SiteSurroundings,
  { failed, observers }: Reporting,
  faults: LateFaults,
  { proxied }: CompleteOptions,
): ServerContext {
  return {
    limits: site().limits,
    scheduler,
    clock,
    logicalClock,
    timers: new Timers(clock, scheduler.alarm()),
    answer: (request, since) =>
      faults.opened === undefined
        ? site().site.answer(request, since)
        : faults.opened.answer(request, since, site().site),
    refuse: (refusal, request) => site().site.refuse(refusal, request),
    nextFaults: () => faults.opened?.early.next(),
    failed,
    observers,
    proxied,
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
  const live = new LateLive(clock, scheduler, () => reporting);
  const surroundings: SiteSurroundings = {
    routes: new RouteTable(() => opened.site.endpointsChanged()),
    backends: once(() => openBackends(clock, scheduler)),
    clock,
    logicalClock: new LogicalClock(),
    budgets: new TurnBudgets(scheduler),
    scheme,
    hostNames: () => hostNames(host),
    live: live.open,
    logsNearNames: () => reporting.logsNearNames,
    onUpload: complete.onUpload && guarded(complete.onUpload),
  };
  let opened = openSite(complete, surroundings);
  const recorder = await openRecorder(complete, () => opened.limits, scheduler);
  const reporting = new Reporting(complete, opened.limits, recorder, clock, scheduler);
  const faults = new LateFaults({ limits: () => opened.limits, scheduler, tls: () => tls });
  const context = contextOf(() => opened, surroundings, reporting, faults, complete);
  const tls = await openTls(complete, { ...surroundings, site: () => opened, context });
  const listener = new Listener(context, connectionFactory(complete), tls);
  const { listeners, ...ports } = await listen(listener, complete, tls, faults);
  live.watch(opened, complete);
  const reload = (changed: ReloadOptions): void => {
    const wanted = completeOptions(changed);
    const next = openSite({ ...wanted, ...sourceFor(changed, opened) }, surroundings);
    const changeTls = prepareTls(tls, changed, next);
    faults.configure(wanted, next.limits);
    opened.tree.close();
    opened = next;
    changeTls?.();
    for (const one of listeners) one.limit(opened.limits, wanted.proxied);
    reporting.reload(wanted.log);
    live.renew(opened, wanted);
  };
  const stop = async (how: StopOptions = {}): Promise<void> => {
    for (const one of [tls, faults.opened]) one?.stop();
    await close(listeners, live, opened, how, scheduler.alarm());
    reporting.finish(complete);
  };
  return {
    get url() {
      return urlOf(scheme, host, ports.port, opened.source.base);
    },
    host,
    ...ports,
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
    route: (method, path, handler, how) => surroundings.routes.add(method, path, handler, how),
    ...faults.methods,
    webSocket: (path, handler, how) => surroundings.routes.addWebSocket(path, handler, how),
    reload,
    stop,
    [Symbol.asyncDispose]: () => stop(),
  };
}
