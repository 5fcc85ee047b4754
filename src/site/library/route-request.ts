/**
 * The argument of a route's handler: the request, with accessors for its most used parts.
 *
 * It is created only for requests that a route answers, and every accessor computes its value on
 * first use. Absent on purpose: Fetch's `Request`, which loses the raw target and the order and
 * spelling of the fields.
 */

import { whenReady } from "../../base/eventual.ts";
import type { Limits } from "../../base/limits.ts";
import type { ContainedPath } from "../../tree/path.ts";
import { containPath } from "../../tree/path.ts";
import type { Tree } from "../../tree/tree.ts";
import type { TurnBudgets } from "../../schedule/turn-budgets.ts";
import { View } from "../../tree/view.ts";
import type { TreeContent } from "../content/tree-content.ts";
import type { Answer } from "../endpoint.ts";
import type { ErrorPages } from "../pages/error-page.ts";
import { OctetRange } from "../../http/octets/bytes.ts";
import type { Fields } from "../../http/fields/fields.ts";
import type { RequestHead } from "../../http/message/request.ts";
import type { Response } from "../../http/message/response.ts";
import { ResponseBuilder } from "../../http/message/response-builder.ts";
import type { Form } from "../forms/form-data.ts";
import { formShareBytes } from "../forms/form-shares.ts";
import { formType, readForm } from "../forms/form-data.ts";
import type { Forwarded, Request, RequestBody } from "../request.ts";
import { askedAuthority, BodyError } from "../request.ts";

/** An answer that is changed once it has been converted: one with faults. */
export interface ChangedAnswer {
  readonly answer: Response | globalThis.Response;
  readonly change: (response: Response, request: Request) => Response;
}

/** What a route may answer with. */
export type RouteAnswer = Response | globalThis.Response | ChangedAnswer;

/**
 * Answers a request with a response of postern or of Fetch, at once or later. An exception becomes
 * a 500, and a `BodyError` becomes the refusal that it names.
 */
export type RouteHandler = (request: RouteRequest) => RouteAnswer | Promise<RouteAnswer>;

/** What the placeholders of a route's path matched, decoded, by name; that of the rest is "*". */
export type RouteParams = Readonly<Record<string, string>>;

/** How the path of a request matched a route. */
interface MatchedPath {
  readonly path: ContainedPath;
  readonly params: RouteParams;
}

/** What `RouteRequest` needs from the site. */
export interface RouteService {
  readonly tree: Tree;
  readonly content: TreeContent;
  readonly pages: ErrorPages;
  readonly limits: Limits;
  readonly budgets: TurnBudgets;
}

/** JSON text is UTF-8 (RFC 8259 §8.1). A byte order mark is ignored, as that section allows. */
const strictUtf8 = new TextDecoder("utf-8", { fatal: true });
const lenientUtf8 = new TextDecoder();

function readJson(content: Uint8Array): unknown {
  try {
    return JSON.parse(strictUtf8.decode(content)) as unknown;
  } catch {
    throw new BodyError("json");
  }
}

const clientLeft = "the client has left, or is not waited for any more";

const noop = (): void => undefined;

/** `promise`, whose rejection doesn't end the process if the handler never awaits it. */
function droppable<Value>(promise: Promise<Value>): Promise<Value> {
  promise.catch(noop);
  return promise;
}

/** The request that a route's handler gets. */
export class RouteRequest implements Request {
  readonly head: RequestHead;
  /** The content, to read piece by piece: `for await (const chunk of request.body)`. */
  readonly body: RequestBody;
  readonly remoteAddress: string;
  /** What a proxy of the option `trustProxy` says of the client; undefined for all others. */
  readonly forwarded: Forwarded | undefined;
  readonly receivedMs: number;
  /**
   * What the placeholders of the route's path matched: `/users/:id` has `params.id`, and `/api/*`
   * has `params["*"]`, the rest without the slash before it. Decoded once, as `path` is.
   */
  readonly params: RouteParams;
  readonly #request: Request;
  readonly #path: ContainedPath;
  readonly #service: RouteService;
  #searchParams: URLSearchParams | undefined;
  #content: Promise<Uint8Array> | undefined;
  #signal: AbortSignal | undefined;

  /**
   * `path` is the path of the target of `request`.
   * @internal
   */
  constructor(request: Request, { path, params }: MatchedPath, service: RouteService) {
    this.#request = request;
    this.head = request.head;
    this.body = request.body;
    this.remoteAddress = request.remoteAddress;
    this.forwarded = request.forwarded;
    this.receivedMs = request.receivedMs;
    this.params = params;
    this.#path = path;
    this.#service = service;
  }

  /** The method; case-sensitive (RFC 9110 §9.1). */
  get method(): string {
    return this.head.method;
  }

  /** The request target as it was sent, "/a%20b?c" or "http://host/a%20b?c" (RFC 9112 §3.2). */
  get target(): string {
    return this.head.rawTarget;
  }

  /**
   * The target's path, decoded: "/a b". Each segment was decoded once, and none holds a "/". An
   * octet that isn't UTF-8 is a lone surrogate, U+DC80 to U+DCFF.
   */
  get path(): string {
    return this.#path.text;
  }

  /** The target's query as it was sent, without its "?"; undefined when there was none. */
  get query(): string | undefined {
    const { target } = this.head;
    return "query" in target ? target.query : undefined;
  }

  /** The query as pairs (WHATWG URL §5.1). */
  get searchParams(): URLSearchParams {
    this.#searchParams ??= new URLSearchParams(this.query ?? "");
    return this.#searchParams;
  }

  /** The header fields, in their order and spelling; lookups are case-insensitive. */
  get fields(): Fields {
    return this.head.fields;
  }

  /**
   * The host of the request, with the port if one was given: the one that a trusted proxy names,
   * that of an absolute target, otherwise of the Host field. Undefined for an HTTP/1.0 request
   * without one.
   */
  get host(): string | undefined {
    const authority = askedAuthority(this);
    if (authority?.port === undefined) return authority?.host;
    return `${authority.host}:${authority.port}`;
  }

  /**
   * Aborts when the client leaves before the response is whole: when it closes its connection or
   * ends its side of it, and when the handler has taken longer than `limits.handlerTimeMs`. While
   * more requests wait behind this one on the connection, a close may show only after the response.
   */
  get signal(): AbortSignal {
    if (this.#signal !== undefined) return this.#signal;
    const controller = new AbortController();
    this.#signal = controller.signal;
    const abort = (): void => controller.abort(new DOMException(clientLeft, "AbortError"));
    if (this.#request.hasLeft === true) abort();
    // The listeners are the handler's code, and the connection is in the midst of ending.
    else this.#request.whenLeft = () => queueMicrotask(abort);
    return this.#signal;
  }

  /** The fields after a chunked body (RFC 9112 §7.1.2); empty until the body has been read. */
  get trailers(): Fields {
    return this.body.trailers;
  }

  /**
   * The content. The first call of `bytes`, `text`, `json` or `form` reads it; later calls use the
   * same octets. Rejects with a `BodyError` when the body is invalid, and with "body-too-large"
   * when there are more than `octetsMax` octets, by default `limits.bodyBytesMax`.
   */
  bytes(octetsMax?: number): Promise<Uint8Array> {
    this.#content ??= this.body.readAll(octetsMax);
    return this.#content;
  }

  /** The content as UTF-8; invalid sequences become U+FFFD. Rejects like `bytes`. */
  text(octetsMax?: number): Promise<string> {
    return droppable(this.bytes(octetsMax).then((content) => lenientUtf8.decode(content)));
  }

  /**
   * The content as JSON, regardless of its Content-Type. Rejects like `bytes`, and with "json" when
   * it is malformed (400).
   */
  json(octetsMax?: number): Promise<unknown> {
    return droppable(this.bytes(octetsMax).then(readJson));
  }

  /**
   * The content as a form, urlencoded or multipart. Rejects like `bytes`; with "media-type", before
   * reading, when Content-Type is not a form's (415); with "form" when it is malformed (400); with
   * "body-too-large" when it has more than `limits.formFieldCountMax` values (413).
   */
  form(octetsMax?: number): Promise<Form> {
    const type = formType(this.fields.get("content-type"));
    if (type === undefined) return droppable(Promise.reject(new BodyError("media-type")));
    const { budgets, limits } = this.#service;
    const read = async (content: Uint8Array): Promise<Form> => {
      if (content.length <= formShareBytes) return readForm(new OctetRange(content), type, limits);
      const { readLongForm } = await import("../forms/long-form.ts");
      return readLongForm(content, this.body, type, limits, budgets);
    };
    return droppable(this.bytes(octetsMax).then(read));
  }

  /**
   * Answers this request with the file of the tree at `path`, spelled as in a request: "/a%20b".
   * Encode names from other sources with `encodeURIComponent` first. For GET and HEAD, conditions,
   * ranges and content codings work as for any file; other methods get the content alone. A file
   * that strangers may not read is 403. A missing one, or a path outside of the tree, is 404.
   *
   * ```ts
   * server.route("GET", "/latest", (request) => request.answerWithFile("/downloads/a-2.1.pdf"));
   * ```
   */
  answerWithFile(path: string): Answer {
    const { content, pages, tree } = this.#service;
    // The route may just have changed the file, so no earlier look counts.
    const view = View.anew(this.receivedMs);
    const contained = containPath(path);
    if (!contained.ok) return pages.notFound(view, `not a path: ${path}`);
    if (this.method === "GET" || this.method === "HEAD") {
      return content.answer(this, contained.value, undefined, view);
    }
    return whenReady(tree.open(contained.value, view), (found) =>
      content.answerWithContent(found, new ResponseBuilder(200), view),
    );
  }
}
