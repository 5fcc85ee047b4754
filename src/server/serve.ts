/**
 * A server, put together: the tree, the handlers, the connections and the sockets. This is the
 * library's front door; the command line goes through it, too.
 */

import { Moments } from "../tree/cache/freshness.ts";
import type { Tree } from "../tree/disk/disk-tree.ts";
import { AddedRoutes } from "../site/library/added-routes.ts";
import type { RouteHandler } from "../site/library/route-request.ts";
import type { Scheme } from "../http/target.ts";
import { SystemClock } from "../schedule/clock.ts";
import type { ServerContext } from "./connection/protocol-connection.ts";
import { Timers, LoopAlarm } from "../schedule/timers.ts";
import { http1Factory } from "./http1/http1-factory.ts";
import { listenError, Listener } from "./listener.ts";
import type { LogFormat } from "./log.ts";
import { AccessLog } from "./log.ts";
import { Observers } from "./observers.ts";
import type { RecordedRequest } from "./request-recorder.ts";
import { RequestRecorder } from "./request-recorder.ts";
import type { SecureSockets } from "./tls/secure-sockets.ts";
import type { ReloadOptions, ServeOptions, TlsOptions } from "./serve-options.ts";
import { ServeError } from "./serve-options.ts";
import { openSite } from "./open-site.ts";
import { standardError, standardOutput } from "../system/standard-streams.ts";
import { timed } from "../site/server-timing.ts";

/** A running server. */
export interface Server extends AsyncDisposable {
  /** Where it listens; ends with "/". */
  readonly url: URL;
  readonly host: string;
  readonly port: number;
  /** The real path of the served folder. */
  readonly root: string;
  /** What arrived, oldest first, as many as `limits.requestsKeptMax`. */
  readonly requests: readonly RecordedRequest[];
  /** Open connections. */
  readonly connections: number;
  /**
   * Lets `handler` answer `method` on exactly `path`, before the tree is asked. A GET route answers
   * HEAD, too. Throws a TypeError on a method or a path that can't be.
   *
   * ```ts
   * server.route("POST", "/echo", async (request) => Response.json(await request.json()));
   * ```
   */
  route(method: string, path: string, handler: RouteHandler): void;
  /**
   * Serves as `options` say from the next request on; what they leave out goes back to its default,
   * but for the root and the certificate, which stay. Requests in flight finish as they began, open
   * connections go on, under the limits that they came with, and added routes stay. Throws a
   * `ServeError`, and changes nothing, when it can't be.
   */
  reload(options: ReloadOptions): void;
  /**
   * Takes no more connections, finishes what is in flight within `limits.stopTimeMs`, resets what
   * is left. With `force` it does not wait. May be called more than once.
   */
  stop(options?: { readonly force?: boolean }): Promise<void>;
}

function toStandardOutput(text: string): void {
  void standardOutput.write(text);
}

function toStandardError(error: unknown): void {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  void standardError.write(`${text}\n`);
}

/** `callback`, whose own mistakes are told and don't reach the event loop. */
function guarded<Value>(callback: (value: Value) => void): (value: Value) => void {
  return (value) => {
    try {
      callback(value);
    } catch (error) {
      toStandardError(error);
    }
  };
}

/** The URL of a server that was asked to listen on `host`. */
function urlOf(scheme: Scheme, host: string, port: number): URL {
  const bare = host.replace(/^\[(.*)\]$/, "$1");
  const shown = bare.includes(":") ? `[${bare}]` : bare;
  return new URL(`${scheme}://${shown}:${port}/`);
}

/** TLS under the certificate that `tls` names; what only it needs is loaded here. */
async function openSecureSockets(tls: TlsOptions, tree: Tree): Promise<SecureSockets> {
  const { SecureSockets: Sockets } = await import("./tls/secure-sockets.ts");
  return new Sockets(tls, tree);
}

/**
 * Closes `listener`, and resets what is left when the time is over; at once if there is none. Then
 * nobody is left who is sent files of `tree`.
 */
async function close(listener: Listener, tree: Tree, withinMs: number): Promise<void> {
  const closing = listener.close();
  if (withinMs === 0) listener.abort();
  const timer = setTimeout(() => listener.abort(), withinMs);
  await closing;
  clearTimeout(timer);
  tree.close();
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
  const { tls, host = "localhost", port = 0, reusePort } = options;
  const added = new AddedRoutes();
  const scheme = tls === undefined ? "http" : "https";
  const moments = new Moments();
  let site = openSite(options, added, moments, scheme);
  const secure = tls === undefined ? undefined : await openSecureSockets(tls, site.tree);
  const clock = new SystemClock();
  const write = guarded(options.write ?? toStandardOutput);
  const failed = guarded(options.onError ?? toStandardError);
  const recorder = new RequestRecorder(() => site.limits.requestsKeptMax);
  const observers = new Observers(failed);
  const logAs = (format: LogFormat = "none"): AccessLog => {
    const made = new AccessLog(format, write, () => clock.epochMs());
    const logs = format === "none" ? [] : [made];
    observers.set(options.record === false ? logs : [...logs, recorder]);
    return made;
  };
  let log = logAs(options.log);
  const context: ServerContext = {
    limits: site.limits,
    clock,
    moments,
    deadlines: new Timers(() => clock.monotonicMs(), new LoopAlarm()),
    handler: (request) => (site.explain ? timed(site.answer, clock) : site.answer)(request),
    refusal: (error, head) => site.refusal(error, head),
    failed,
    observers,
  };
  const listener = new Listener(context, http1Factory(), secure);
  const opened = listener.open(host, port, reusePort);
  if (!opened.ok) throw listenError(opened.error);
  const reload = (changed: ReloadOptions): void => {
    const root = changed.root ?? site.tree.root;
    const next = openSite({ ...changed, root }, added, moments, scheme);
    if (changed.tls !== undefined) {
      if (secure === undefined) throw new ServeError("tls", "TLS can only be begun by a restart");
      secure.renew(changed.tls, next.tree);
    }
    site.tree.close();
    site = next;
    listener.limit(site.limits);
    log.flush();
    log = logAs(changed.log);
  };
  const stop = async (how: { readonly force?: boolean } = {}): Promise<void> => {
    await close(listener, site.tree, how.force === true ? 0 : site.limits.stopTimeMs);
    log.flush();
  };
  return {
    url: urlOf(scheme, host, opened.value),
    host,
    port: opened.value,
    get root() {
      return site.tree.root;
    },
    requests: recorder.requests,
    get connections() {
      return listener.connections;
    },
    route: (method, path, handler) => added.add(method, path, handler),
    reload,
    stop,
    [Symbol.asyncDispose]: () => stop(),
  };
}
