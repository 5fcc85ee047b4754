/**
 * A server, put together: the tree, the handlers, the connections and the sockets. This is the
 * library's front door; the command line goes through it, too.
 */

import type { Limits } from "../base/limits.ts";
import { resolveLimits } from "../base/limits.ts";
import { openTree } from "../files/resolve.ts";
import { ErrorPages, isPageName } from "../handlers/error-page.ts";
import type { Handler } from "../handlers/handler.ts";
import { Routes } from "../handlers/routes.ts";
import { SystemClock } from "./clock.ts";
import { Deadlines, LoopAlarm } from "./deadlines.ts";
import type { ExchangeReport } from "./exchange.ts";
import { Listener } from "./listener.ts";
import type { LogFormat } from "./log.ts";
import { AccessLog } from "./log.ts";

/** How a server is to be; everything has a default. */
export interface ServeOptions {
  /** The folder to serve; the current one by default. */
  readonly root?: string;
  /** 0, the default, for any free port. */
  readonly port?: number;
  /** "localhost" by default: 127.0.0.1 and ::1. */
  readonly host?: string;
  /** Whether mode bits decide for strangers ("other"), or what the process may read ("process"). */
  readonly permissions?: "other" | "process";
  /** Whether a refusal's page says why. */
  readonly explain?: boolean;
  /** Whether names that begin with "." are served. */
  readonly hidden?: boolean;
  /** Which symbolic links are followed; by default those that lead to somewhere inside. */
  readonly symlinks?: "inside" | "follow" | "deny";
  /** Whether a folder without an index is listed; true by default. */
  readonly listing?: boolean;
  /** What POST does to the tree: answer with the form page, the default, or nothing. */
  readonly post?: "form" | "off";
  /** The form page, in the root; "MyForm.html" by default. */
  readonly form?: string;
  /** The access log's format; "none" by default. */
  readonly log?: LogFormat;
  /** Where log lines go; standard output by default. */
  readonly write?: (text: string) => void;
  /** Told of a handler's or the server's own errors; standard error by default. */
  readonly onError?: (error: unknown) => void;
  /** Whether `server.requests` remembers what arrived; true by default. */
  readonly record?: boolean;
  /** Ceilings and deadlines that are not to be the default. */
  readonly limits?: Partial<Record<keyof Limits, number>>;
}

/** A request that arrived, and the status it was answered with. */
export interface RecordedRequest {
  readonly method: string;
  /** As it came. */
  readonly target: string;
  /** In their order and spelling. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  /** The head's octets. */
  readonly raw: Uint8Array;
  readonly status: number;
}

/** Why a server could not be started; `code` says which part of the options was at fault. */
export class ServeError extends Error {
  readonly code: "root" | "limits" | "form" | "port-taken" | "listen";

  constructor(code: ServeError["code"], message: string) {
    super(message);
    this.name = "ServeError";
    this.code = code;
  }
}

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
   */
  route(method: string, path: string, handler: Handler): void;
  /**
   * Takes no more connections, finishes what is in flight within `limits.stopTimeMs`, resets what
   * is left. With `force` it does not wait. May be called more than once.
   */
  stop(options?: { readonly force?: boolean }): Promise<void>;
}

function toStandardOutput(text: string): void {
  process.stdout.write(text);
}

function toStandardError(error: unknown): void {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`${text}\n`);
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

function recordOf(report: ExchangeReport): RecordedRequest | undefined {
  const { head } = report;
  if (head === undefined) return undefined;
  return {
    method: head.method,
    target: head.rawTarget,
    fields: [...head.fields],
    raw: head.octets.slice(),
    status: report.response.status,
  };
}

/** Remembers `record` after the others, and forgets the oldest beyond `most`. */
function keep(record: RecordedRequest | undefined, records: RecordedRequest[], most: number): void {
  if (record !== undefined) records.push(record);
  if (records.length > most) records.shift();
}

/** The URL of a server that was asked to listen on `host`. */
function urlOf(host: string, port: number): URL {
  const bare = host.replace(/^\[(.*)\]$/, "$1");
  const shown = bare.includes(":") ? `[${bare}]` : bare;
  return new URL(`http://${shown}:${port}/`);
}

function limitsOf(options: ServeOptions): Limits {
  const resolved = resolveLimits(options.limits);
  if (resolved.ok) return resolved.value;
  throw new ServeError("limits", `${resolved.error.limit} must be ${resolved.error.expected}`);
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
  const limits = limitsOf(options);
  const formPage = options.form ?? "MyForm.html";
  if (!isPageName(formPage))
    throw new ServeError(
      "form",
      `the form page must be a file's name in the root, not ${formPage}`,
    );
  const tree = openTree({
    root: options.root ?? ".",
    permissions: options.permissions ?? "other",
    hidden: options.hidden ?? false,
    symlinks: options.symlinks ?? "inside",
    index: "index.html",
    symlinkHopsMax: limits.symlinkHopsMax,
  });
  if (!tree.ok) throw new ServeError("root", tree.error);
  const pages = new ErrorPages(tree.value, limits, options.explain ?? false);
  const routes = new Routes(
    { tree: tree.value, pages, limits, listing: options.listing ?? true },
    options.post === "off" ? undefined : { tree: tree.value, pages, limits, formPage },
  );
  const clock = new SystemClock();
  const write = guarded(options.write ?? toStandardOutput);
  const log = new AccessLog(options.log ?? "none", write, () => clock.epochMs());
  const requests: RecordedRequest[] = [];
  const listener = new Listener(limits, {
    limits,
    clock,
    deadlines: new Deadlines(() => clock.monotonicMs(), new LoopAlarm()),
    handler: routes.answer,
    refusal: (error) => pages.refusal(error),
    failed: guarded(options.onError ?? toStandardError),
    defer: (run) => setImmediate(run),
    report: (report) => {
      log.note(report);
      if (options.record !== false) keep(recordOf(report), requests, limits.requestsKeptMax);
    },
  });
  const host = options.host ?? "localhost";
  const opened = listener.open(host, options.port ?? 0);
  if (!opened.ok) {
    const code = opened.error.kind === "port-taken" ? "port-taken" : "listen";
    throw new ServeError(code, opened.error.message);
  }
  const stop = async (how: { readonly force?: boolean } = {}): Promise<void> => {
    const closing = listener.close();
    if (how.force === true) listener.abort();
    const timer = setTimeout(() => listener.abort(), limits.stopTimeMs);
    await closing;
    clearTimeout(timer);
    log.flush();
  };
  return {
    url: urlOf(host, opened.value),
    host,
    port: opened.value,
    root: tree.value.root,
    requests,
    get connections() {
      return listener.connections;
    },
    route: (method, path, handler) => routes.add(method, path, handler),
    stop,
    [Symbol.asyncDispose]: () => stop(),
  };
}
