/**
 * A server, composed of a site, the observers, the connections and the listening sockets. The
 * library and the command line both start one here.
 */

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
import type { OpenedPlace } from "./listening/open-other.ts";
import type { FileEditing } from "./memory-editing.ts";
import type { MetricFamily } from "./operations/metric-family.ts";
import type { Operations, OperationsService } from "./operations/operations.ts";
import type { AnswerFaults, RuleOptions } from "./faults/fault-options.ts";
import type { AddedFault, Faults, FaultService } from "./faults/faults.ts";
import type { Recording } from "./observers.ts";
import { guarded, once, openRecorder, recordingOf, Reporting } from "./observers.ts";
import type { Listening, ServerTls, TlsSurroundings } from "./tls/server-tls.ts";
import type { CompleteOptions, ReloadOptions, ServeOptions, StopOptions } from "./serve-options.ts";
import { addressOf, completeOptions, hostNames, urlOf } from "./serve-options.ts";
import { listenError, ServeError } from "../site/serve-error.ts";
import type { OpenSite, SiteSurroundings } from "../site/open-site.ts";
import { openSite } from "../site/open-site.ts";
import type { Live } from "../site/live/live.ts";
import { nameTree } from "../site/open-tree.ts";

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
  /** Where the metrics are; undefined without the option `metrics`. */
  readonly metricsUrl: URL | undefined;
  /** Where `/livez` and `/readyz` are; undefined without the option `health`. */
  readonly healthUrl: URL | undefined;
  /** What the server has counted up to now; empty without the option `metrics`. */
  measure(): readonly MetricFamily[];
  /**
   * Has `/readyz` say from now on that the server is not ready, and serves on: a load balancer
   * sends it no more requests when it hears so, and then it can be stopped.
   */
  drain(): void;
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

/**
 * What a reload by `changed` keeps of the tree `opened`: all but the base, if that is named,
 * and nothing if another tree is.
 */
function sourceFor(changed: ReloadOptions, { source }: OpenSite): Partial<OpenSite["source"]> {
  if (nameTree(changed)) return {};
  return changed.base === undefined ? source : { ...source, base: changed.base };
}

/** Has `listener` listen by `options`. Throws a `ServeError` if it can't. */
async function openMain(listener: Listener, options: CompleteOptions): Promise<OpenedPlace> {
  const { host, port, reusePort, unix, sockets } = options;
  if (unix !== undefined || (sockets !== undefined && sockets.main.length > 0)) {
    const { openOther } = await import("./listening/open-other.ts");
    return openOther(listener, options);
  }
  const opened = listener.open(host, port, reusePort);
  if (!opened.ok) throw listenError(opened.error);
  return { port: opened.value };
}

/** What a server has for those who run it. Its code is loaded only where they ask for something. */
function openOperations(
  options: CompleteOptions,
  service: OperationsService,
): Operations | undefined {
  if (options.metrics === undefined && options.health === undefined) return undefined;
  const { Operations: Opened } =
    require("./operations/operations.ts") as typeof import("./operations/operations.ts");
  return new Opened(options, service);
}

/** What a server shows of its operations. */
function operationsFace(
  operations: Operations | undefined,
): Pick<Server, "metricsUrl" | "healthUrl" | "measure" | "drain"> {
  return {
    metricsUrl: operations?.urls.metricsUrl,
    healthUrl: operations?.urls.healthUrl,
    measure: () => operations?.families() ?? [],
    drain: () => operations?.drain(),
  };
}

function connectionsOf(listeners: readonly Listener[]): number {
  return listeners.reduce((count, { connections }) => count + connections, 0);
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
 * Opens the listeners that `options` ask for: the server's, by the rules of `faults` that they
 * have, that which redirects to it, and those of `operations`. Rejects with a `ServeError` when a
 * rule is wrong or a port can't be had.
 */
async function listen(
  context: ServerContext,
  options: CompleteOptions,
  tls: ServerTls | undefined,
  faults: LateFaults,
  operations: Operations | undefined,
): Promise<Listening & Pick<Server, "sockets"> & Pick<OpenedPlace, "file">> {
  const main = new Listener(context, connectionFactory(options, operations?.memory), tls);
  let file: OpenedPlace["file"];
  try {
    faults.configure(options);
    operations?.listen(context.failed);
    const opened = await openMain(main, options);
    const { port } = opened;
    ({ file } = opened);
    const plain = { listeners: [main], port, tlsRedirect: undefined };
    const listening = tls?.withRedirect(main, port) ?? plain;
    const [first, second] = listening.listeners;
    const [sockets, redirect] = [first?.descriptors ?? [], second?.descriptors ?? []];
    operations?.begin(() => connectionsOf(listening.listeners));
    const own = file === undefined ? {} : { removesFile: true };
    const all = { main: sockets, redirect, ...operations?.sockets, ...own };
    return { ...listening, file, sockets: all };
  } catch (error) {
    tls?.stop();
    // On sockets that it was given, another process may go on.
    if (options.sockets === undefined) file?.remove();
    void main.close();
    void operations?.close();
    throw error;
  }
}

/** What of a server a stop ends. */
interface Stoppable {
  readonly listeners: readonly Listener[];
  readonly file: OpenedPlace["file"];
  readonly live: LateLive;
  readonly operations: Operations | undefined;
  readonly reporting: Reporting;
  readonly faults: LateFaults;
  readonly tls: ServerTls | undefined;
}

/**
 * Closes the listeners, and resets the connections that are left after the time that a stop has,
 * timed by `alarm`. Then no connection sends files of the tree, so it is closed. Where another
 * process goes on with the sockets, the listeners of `operations` are closed with the others.
 */
async function close(
  { listeners: own, file, live, operations, reporting, faults, tls }: Stoppable,
  { tree, limits, backends }: OpenSite,
  options: CompleteOptions,
  { force = false, patienceMs = 0, isReplaced = false }: StopOptions,
  alarm: Alarm,
): Promise<void> {
  const listeners = isReplaced ? [...own, ...(operations?.replaced() ?? [])] : own;
  if (!isReplaced) operations?.drain();
  if (isReplaced) file?.leave();
  else file?.remove();
  for (const one of [tls, faults.opened]) one?.stop();
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
  await operations?.close();
  reporting.finish(options);
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
  let complete: CompleteOptions | undefined;
  try {
    complete = completeOptions(options);
    return await start(complete);
  } catch (error) {
    const isCallers = error instanceof ServeError || complete === undefined;
    // The stack then begins where `serve` was called: Bun shows the line that the stack begins at.
    if (isCallers) Error.captureStackTrace(error as Error, serve);
    throw error;
  }
}

/** Starts a server with `complete`. */
async function start(complete: CompleteOptions): Promise<Server> {
  const { host, scheme } = addressOf(complete);
  const scheduler = new EventLoop();
  const clock = new SystemClock(scheduler);
  const live = new LateLive(clock, scheduler, () => reporting);
  const shared = { clock, logicalClock: new LogicalClock(), budgets: new TurnBudgets(scheduler) };
  const operations = openOperations(complete, { ...shared, site: () => opened });
  const surroundings: SiteSurroundings = {
    ...shared,
    routes: new RouteTable(() => opened.site.endpointsChanged()),
    backends: once(() => openBackends(clock, scheduler)),
    scheme,
    hostNames: () => hostNames(host),
    live: live.open,
    logsNearNames: () => reporting.logsNearNames,
    ...operations?.surroundings,
    onUpload: complete.onUpload && guarded(complete.onUpload),
  };
  let opened = openSite(complete, surroundings);
  const recorder = await openRecorder(complete, () => opened.limits, scheduler);
  const reporting = new Reporting(complete, opened.limits, recorder, clock, scheduler, operations);
  const faults = new LateFaults({ limits: () => opened.limits, scheduler, tls: () => tls });
  const context = contextOf(() => opened, surroundings, reporting, faults, complete);
  const tls = await openTls(complete, { ...surroundings, site: () => opened, context });
  const { listeners, file, ...ports } = await listen(context, complete, tls, faults, operations);
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
  const parts = { listeners, file, live, operations, reporting, faults, tls };
  const stop = (how: StopOptions = {}): Promise<void> =>
    close(parts, opened, complete, how, scheduler.alarm());
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
      return connectionsOf(listeners);
    },
    ...operationsFace(operations),
    route: (method, path, handler, how) => surroundings.routes.add(method, path, handler, how),
    ...faults.methods,
    webSocket: (path, handler, how) => surroundings.routes.addWebSocket(path, handler, how),
    reload,
    stop,
    [Symbol.asyncDispose]: () => stop(),
  };
}
