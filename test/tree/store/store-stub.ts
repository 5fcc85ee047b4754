/**
 * An object store in memory that speaks what a tree asks of S3: GET and HEAD with conditions and
 * ranges as RFC 9110 has them, ListObjectsV2, and what writes (`stub-writing.ts`). A test sets its
 * objects, and what it does wrong.
 */

import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import type { StubObject } from "./stub-writing.ts";
import { StubObjects, tagOf } from "./stub-writing.ts";

/** What was asked for. */
export interface StubRequest {
  readonly method: string;
  /** The key; "" for a list. */
  readonly key: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage["headers"];
  /** The connection that it came on. */
  readonly socket: IncomingMessage["socket"];
  /** How many octets have come with it. */
  octets: number;
  /** The status that was answered; 0 when the connection was closed. */
  status: number;
  /** Whether nothing more is done about it. */
  isOver: boolean;
}

/** What the store does wrong with one request. */
export type StubFault =
  /** Answers this status, with an error document of this code. */
  | { readonly status: number; readonly code?: string; readonly retryAfter?: string }
  /** Closes the connection: without an answer, or after so many octets of the body. */
  | { readonly closeAfter: number }
  /** Waits for a promise before it answers, or for good. */
  | { readonly wait: Promise<unknown> }
  /** Ignores these fields of the request, as some stores do. */
  | { readonly ignores: readonly string[] }
  /** Does what it is asked, and closes the connection instead of answering. */
  | { readonly losesAnswer: true }
  /** Closes the connection after so many octets of what it is sent. */
  | { readonly breaksAfter: number }
  /** Answers 200 with an error document of this code, and has done nothing. */
  | { readonly errorInside: string };

const bucket = "site";

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}

/** A store that listens on loopback. */
export class StoreStub {
  readonly requests: StubRequest[] = [];
  /** Called for each request; what it returns goes wrong. */
  fault: ((request: StubRequest) => StubFault | undefined) | undefined;
  /** Keys in one list. */
  keysMax = 1000;
  /** Whether a 304 has no Last-Modified, as that of s3rver. */
  omitsDateOf304 = false;
  /** Whether answers have no ETag. */
  omitsTags = false;
  /** What the store's clock says; objects are older than that unless a test says otherwise. */
  nowMs = Date.now();
  /** What it has, and the uploads that aren't complete. */
  readonly stored = new StubObjects();
  readonly #objects = this.stored.objects;
  readonly #server: Server;
  #port = 0;

  private constructor() {
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  static async start(): Promise<StoreStub> {
    const stub = new StoreStub();
    await stub.#listen(0);
    return stub;
  }

  async #listen(port: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.listen(port, "127.0.0.1", resolve);
    await promise;
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** What `serve` is given to serve `prefix` of the bucket. */
  options(prefix = ""): {
    root: string;
    store: {
      endpoint: string;
      region: string;
      accessKeyId: string;
      secretAccessKey: string;
    };
  } {
    return {
      root: `s3://${bucket}${prefix === "" ? "" : `/${prefix}`}`,
      store: {
        endpoint: this.endpoint,
        region: "us-east-1",
        accessKeyId: "key",
        secretAccessKey: "secret",
      },
    };
  }

  /** Sets an object, an hour old unless `modifiedMs` says otherwise. */
  put(
    key: string,
    content: string | Uint8Array,
    fields: Readonly<Record<string, string>> = {},
    modifiedMs = this.nowMs - 3_600_000,
  ): void {
    const octets = typeof content === "string" ? new TextEncoder().encode(content) : content;
    this.#objects.set(key, { content: octets, etag: tagOf(octets), modifiedMs, fields });
  }

  has(key: string): boolean {
    return this.#objects.has(key);
  }

  /**
   * Makes it answer as a store that has lost most of its nodes: 503 for each key that isn't there,
   * as none of those that are left can say so for all.
   */
  loseNodes(): void {
    this.fault = ({ key }) => (key === "" || this.has(key) ? undefined : { status: 503 });
  }

  remove(key: string): void {
    this.#objects.delete(key);
  }

  /** The requests since the last call, "GET a.txt 200" each. */
  told(): string[] {
    return this.requests.splice(0).map(({ method, key, query, status }) => {
      const what = key === "" ? `list ${query.get("prefix")}` : key;
      return `${method} ${what}${aspectOf(method, query)} ${status}`;
    });
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    await promise;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", this.endpoint);
    const path = decodeURIComponent(url.pathname);
    const asked: StubRequest = {
      method: request.method ?? "",
      key: path.slice(bucket.length + 2),
      query: url.searchParams,
      headers: { ...request.headers },
      socket: request.socket,
      octets: 0,
      status: 0,
      isOver: false,
    };
    this.requests.push(asked);
    try {
      await this.#answerTo(asked, path, request, response);
    } finally {
      asked.isOver = true;
    }
  }

  async #answerTo(
    asked: StubRequest,
    path: string,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const fault = this.fault?.(asked);
    const content = await this.#read(request, asked, fault);
    if (content === undefined) return;
    if (fault !== undefined && "wait" in fault) await fault.wait;
    if (fault !== undefined && "closeAfter" in fault && fault.closeAfter === 0) {
      request.socket.destroy();
      return;
    }
    if (fault !== undefined && "ignores" in fault) {
      for (const name of fault.ignores) delete asked.headers[name];
    }
    response.setHeader("Date", new Date(this.nowMs).toUTCString());
    if (fault !== undefined && "status" in fault) {
      const { status, code = "InternalError", retryAfter } = fault;
      if (retryAfter !== undefined) response.setHeader("Retry-After", retryAfter);
      this.#end(asked, response, status, `<Error><Code>${code}</Code></Error>`);
      return;
    }
    if (!path.startsWith(`/${bucket}/`)) {
      this.#end(asked, response, 404, "<Error><Code>NoSuchBucket</Code></Error>");
      return;
    }
    if (!["GET", "HEAD"].includes(asked.method)) {
      if (fault !== undefined && "errorInside" in fault) {
        this.#end(asked, response, 200, `<Error><Code>${fault.errorInside}</Code></Error>`);
        return;
      }
      const { status, body, fields } = this.stored.perform({ ...asked, content }, this.nowMs);
      asked.status = status;
      if (fault !== undefined && "losesAnswer" in fault) {
        request.socket.destroy();
        return;
      }
      for (const [name, value] of Object.entries(fields ?? {})) response.setHeader(name, value);
      this.#end(asked, response, status, body);
      return;
    }
    const uploadId = asked.query.get("uploadId");
    if (uploadId !== null) {
      const after = Number(asked.query.get("part-number-marker") ?? "0");
      const { status, body } = this.stored.list(uploadId, after, this.keysMax);
      this.#end(asked, response, status, body);
      return;
    }
    if (asked.key === "") this.#list(asked, response);
    else
      this.#object(
        asked,
        response,
        fault !== undefined && "closeAfter" in fault ? fault.closeAfter : Infinity,
      );
  }

  /** What comes with a request; undefined when the connection has been closed meanwhile. */
  async #read(
    request: IncomingMessage,
    asked: StubRequest,
    fault: StubFault | undefined,
  ): Promise<Uint8Array | undefined> {
    const most = fault !== undefined && "breaksAfter" in fault ? fault.breaksAfter : Infinity;
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request as AsyncIterable<Buffer>) {
        chunks.push(chunk);
        asked.octets += chunk.length;
        if (asked.octets < most) continue;
        request.socket.destroy();
        return undefined;
      }
    } catch {
      return undefined;
    }
    return Buffer.concat(chunks);
  }

  #end(
    asked: StubRequest,
    response: ServerResponse,
    status: number,
    body: string | Uint8Array = "",
    closeAfter = Infinity,
  ): void {
    asked.status = status;
    response.statusCode = status;
    const octets = typeof body === "string" ? new TextEncoder().encode(body) : body;
    if (status !== 304) response.setHeader("Content-Length", octets.length);
    if (asked.method === "HEAD" || status === 304) {
      response.end();
      return;
    }
    if (closeAfter >= octets.length) {
      response.end(octets);
      return;
    }
    response.write(octets.subarray(0, closeAfter), () => {
      setTimeout(() => response.socket?.destroy(), 20);
    });
  }

  #object(asked: StubRequest, response: ServerResponse, closeAfter: number): void {
    const object = this.#objects.get(asked.key);
    const { headers } = asked;
    if (object === undefined) {
      this.#end(asked, response, 404, "<Error><Code>NoSuchKey</Code></Error>");
      return;
    }
    const { content, etag, modifiedMs, fields } = object;
    if (!this.omitsTags) response.setHeader("ETag", etag);
    response.setHeader("Last-Modified", new Date(modifiedMs).toUTCString());
    if (headers["if-match"] !== undefined && headers["if-match"] !== etag) {
      this.#end(asked, response, 412, "<Error><Code>PreconditionFailed</Code></Error>");
      return;
    }
    if (headers["if-none-match"] === etag) {
      if (this.omitsDateOf304) response.removeHeader("Last-Modified");
      this.#end(asked, response, 304);
      return;
    }
    for (const [name, value] of Object.entries(fields)) response.setHeader(name, value);
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? "") ?? [];
    if (first === undefined || last === undefined || asked.method !== "GET") {
      this.#end(asked, response, 200, content, closeAfter);
      return;
    }
    if (Number(first) >= content.length) {
      response.setHeader("Content-Range", `bytes */${content.length}`);
      this.#end(asked, response, 416, "<Error><Code>InvalidRange</Code></Error>");
      return;
    }
    const end = Math.min(Number(last), content.length - 1);
    response.setHeader("Content-Range", `bytes ${first}-${end}/${content.length}`);
    this.#end(asked, response, 206, content.subarray(Number(first), end + 1), closeAfter);
  }

  #list(asked: StubRequest, response: ServerResponse): void {
    const { query } = asked;
    const prefix = query.get("prefix") ?? "";
    const delimiter = query.get("delimiter") ?? "";
    const after = query.get("continuation-token") ?? "";
    const most = Math.min(Number(query.get("max-keys") ?? this.keysMax), this.keysMax);
    const parts = new Map<string, string>();
    let next: string | undefined;
    for (const key of [...this.#objects.keys()].toSorted((a, b) => (a < b ? -1 : 1))) {
      const end = delimiter === "" ? -1 : key.indexOf(delimiter, prefix.length);
      const name = end === -1 ? key : key.slice(0, end + 1);
      if (!key.startsWith(prefix) || name <= after || parts.has(name)) continue;
      if (parts.size === most) {
        next = [...parts.keys()].at(-1);
        break;
      }
      parts.set(name, end === -1 ? this.#contents(key) : prefixes(name));
    }
    const cut = next === undefined ? "false" : "true";
    const token =
      next === undefined ? "" : `<NextContinuationToken>${escapeXml(next)}</NextContinuationToken>`;
    this.#end(
      asked,
      response,
      200,
      `<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><EncodingType>url</EncodingType><IsTruncated>${cut}</IsTruncated>${token}${[...parts.values()].join("")}</ListBucketResult>`,
    );
  }

  #contents(key: string): string {
    const { content, etag, modifiedMs } = this.#objects.get(key) as StubObject;
    const modified = new Date(modifiedMs).toISOString();
    return `<Contents><Key>${encodeURIComponent(key)}</Key><LastModified>${modified}</LastModified><ETag>${escapeXml(etag)}</ETag><Size>${content.length}</Size></Contents>`;
  }
}

/** What of an object a request is about, in a word. */
function aspectOf(method: string, query: URLSearchParams): string {
  if (query.has("uploads")) return " begin";
  if (!query.has("uploadId")) return "";
  if (method === "PUT") return ` part ${query.get("partNumber")}`;
  return { GET: " parts", POST: " complete", DELETE: " abort" }[method] ?? "";
}

function prefixes(prefix: string): string {
  return `<CommonPrefixes><Prefix>${encodeURIComponent(prefix)}</Prefix></CommonPrefixes>`;
}
