/**
 * What a route's handler gets: the request as it arrived, and what one asks of it most often.
 *
 * It is made for a request that a route answers and for no other, and nothing in it is worked out
 * before it is asked for. Absent on purpose: Fetch's `Request`, which loses the target as it came
 * and the order and spelling of the fields.
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
import { formType, readForm } from "../forms/form-data.ts";
import type { Request, RequestBody } from "../request.ts";
import { BodyError } from "../request.ts";

/**
 * Answers a request, with a response of ours or with one of Fetch's, now or later. What it throws
 * becomes a 500, a `BodyError` the refusal that it names.
 */
export type RouteHandler = (
  request: RouteRequest,
) => Response | globalThis.Response | Promise<Response | globalThis.Response>;

/** What routes' requests need of the site. */
export interface RouteService {
  readonly tree: Tree;
  readonly content: TreeContent;
  readonly pages: ErrorPages;
  readonly limits: Limits;
  readonly budgets: TurnBudgets;
}

/** JSON text is UTF-8 (RFC 8259 §8.1); a byte order mark is passed over, as it allows. */
const strictUtf8 = new TextDecoder("utf-8", { fatal: true });
const lenientUtf8 = new TextDecoder();

function readJson(content: Uint8Array): unknown {
  try {
    return JSON.parse(strictUtf8.decode(content)) as unknown;
  } catch {
    throw new BodyError("json");
  }
}

const noop = (): void => undefined;

/** `promise`; should nobody await it, its rejection does not end the process. */
function droppable<Value>(promise: Promise<Value>): Promise<Value> {
  promise.catch(noop);
  return promise;
}

/** A request, as a route's handler gets it. */
export class RouteRequest implements Request {
  readonly head: RequestHead;
  /** The content, to be read piece by piece: `for await (const chunk of request.body)`. */
  readonly body: RequestBody;
  readonly remoteAddress: string;
  readonly receivedMs: number;
  readonly #path: ContainedPath;
  readonly #service: RouteService;
  #searchParams: URLSearchParams | undefined;
  #content: Promise<Uint8Array> | undefined;

  /** `path` is where the target of `request` leads to; `service` is what the tree answers with. */
  constructor(request: Request, path: ContainedPath, service: RouteService) {
    this.head = request.head;
    this.body = request.body;
    this.remoteAddress = request.remoteAddress;
    this.receivedMs = request.receivedMs;
    this.#path = path;
    this.#service = service;
  }

  /** The method; case-sensitive (RFC 9110 §9.1). */
  get method(): string {
    return this.head.method;
  }

  /** The request target as it came, "/a%20b?c" or "http://host/a%20b?c" (RFC 9112 §3.2). */
  get target(): string {
    return this.head.rawTarget;
  }

  /** The target's path, decoded: "/a b". Each segment was decoded once, and none holds a "/". */
  get path(): string {
    return this.#path.text;
  }

  /** The target's query as it came, without its "?"; undefined when there was none. */
  get query(): string | undefined {
    const { target } = this.head;
    return "query" in target ? target.query : undefined;
  }

  /** The query as pairs (WHATWG URL §5.1). */
  get searchParams(): URLSearchParams {
    this.#searchParams ??= new URLSearchParams(this.query ?? "");
    return this.#searchParams;
  }

  /** The header fields, in their order and spelling; looked up without regard to letter case. */
  get fields(): Fields {
    return this.head.fields;
  }

  /**
   * The host that the request is for, and the port if one was named: the target's, else that of the
   * Host field. Undefined for an HTTP/1.0 request that names none.
   */
  get host(): string | undefined {
    const { authority } = this.head;
    if (authority?.port === undefined) return authority?.host;
    return `${authority.host}:${authority.port}`;
  }

  /** The fields after a chunked body (RFC 9112 §7.1.2); empty until the body has been read. */
  get trailers(): Fields {
    return this.body.trailers;
  }

  /**
   * The content. It is read by the first call of this, `text`, `json` or `form`, and the others get
   * the same octets. Rejects with a `BodyError`: "body-too-large" when there are more than
   * `octetsMax` octets, by default `limits.bodyBytesMax`; or what is wrong with the body.
   */
  bytes(octetsMax?: number): Promise<Uint8Array> {
    this.#content ??= this.body.readAll(octetsMax);
    return this.#content;
  }

  /** The content as UTF-8; what is none becomes U+FFFD. Rejects as `bytes` does. */
  text(octetsMax?: number): Promise<string> {
    return droppable(this.bytes(octetsMax).then((content) => lenientUtf8.decode(content)));
  }

  /**
   * The content as JSON, whatever type it says it is of. Rejects as `bytes` does, and with "json"
   * when it is malformed (400).
   */
  json(octetsMax?: number): Promise<unknown> {
    return droppable(this.bytes(octetsMax).then(readJson));
  }

  /**
   * The content as a form, urlencoded or multipart. Rejects as `bytes` does; with "media-type" when
   * it says that it is something else, before it is read (415); with "form" when it is malformed
   * (400); with "body-too-large" when it has more than `limits.formFieldCountMax` values (413).
   */
  form(octetsMax?: number): Promise<Form> {
    const type = formType(this.fields.get("content-type"));
    if (type === undefined) return droppable(Promise.reject(new BodyError("media-type")));
    const read = (content: Uint8Array): Form =>
      readForm(new OctetRange(content), type, this.#service.limits);
    return droppable(this.bytes(octetsMax).then(read));
  }

  /**
   * The response to this request with what the tree has at `path`, spelled as in a request:
   * "/a%20b". A GET or a HEAD gets all that the tree's own requests get, conditions, ranges and
   * codings; any other method the content. What strangers may not read is 403, what isn't there
   * 404, and so is a path that leads out of the tree; a name that comes from elsewhere goes through
   * `encodeURIComponent` first.
   *
   * ```ts
   * server.route("GET", "/latest", (request) => request.answerWithFile("/downloads/a-2.1.pdf"));
   * ```
   */
  answerWithFile(path: string): Answer {
    const { content, pages, tree } = this.#service;
    // A route may have written to the tree just now, so it looks anew each time.
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
