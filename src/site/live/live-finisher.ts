/**
 * What live reload does to responses on their way out. Caches have to ask each time, since a reload
 * takes what is fresh from the browser's cache. And pages that aren't representations of the tree
 * get the script: errors, long listings, pages of routes.
 */

import type { Body, Response, ResponseField } from "../../http/message/response.ts";
import { concatBytes } from "../../http/octets/bytes.ts";
import type { ContainedPath } from "../../tree/path.ts";
import type { Finisher } from "../endpoint.ts";
import type { Request } from "../request.ts";
import type { Insertion } from "./injected-file.ts";
import type { Extent, Syntax } from "./injection-place.ts";
import { placeSampleOctets } from "./injection-place.ts";
import { liveNameOf } from "./live-endpoint.ts";
import type { LivePages } from "./live-pages.ts";
import {
  insert,
  insertionOf,
  isSaved,
  syntaxOf,
  valuesOf,
  varying,
  wantsPage,
} from "./live-pages.ts";

/** Cache-Control of what may be used only after it was revalidated. */
const alwaysAsk: ResponseField = ["Cache-Control", "no-cache"];

/** Whether a response with this field line isn't used by caches without revalidating it. */
function asksAlways([name, value]: ResponseField): boolean {
  if (name.toLowerCase() === "expires") return false;
  return name.toLowerCase() !== "cache-control" || /\bno-(?:cache|store)\b/i.test(value);
}

function isCacheControl([name]: ResponseField): boolean {
  return name.toLowerCase() === "cache-control";
}

/** `response`, which caches don't use without revalidating it. */
function revalidated(response: Response): Response {
  const { fields } = response;
  if (fields.every(asksAlways)) return response;
  const others = fields.filter(asksAlways);
  const isLost = fields.some(isCacheControl) && !others.some(isCacheControl);
  return { ...response, fields: isLost ? [...others, alwaysAsk] : others };
}

/** What puts the script into a page that begins with some octets; undefined for nowhere yet. */
type FindInsertion = (octets: Uint8Array, extent: Extent) => Insertion | undefined;

/**
 * The chunks of a page, with the script. An object and no generator: a generator that is returned
 * before its first chunk would not end the stream that it reads.
 */
class InjectedStream implements AsyncIterableIterator<Uint8Array, void> {
  readonly #chunks: AsyncIterator<Uint8Array>;
  /** Undefined once the script is in. */
  #find: FindInsertion | undefined;

  constructor(chunks: AsyncIterable<Uint8Array>, find: FindInsertion) {
    this.#chunks = chunks[Symbol.asyncIterator]();
    this.#find = find;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<Uint8Array, void>> {
    const find = this.#find;
    if (find === undefined) return this.#chunks.next();
    let beginning: Uint8Array = new Uint8Array(0);
    for (;;) {
      const { done, value } = await this.#chunks.next();
      if (done !== true) beginning = concatBytes([beginning, value]);
      const isMost = beginning.length >= placeSampleOctets;
      const extent = done === true ? "whole" : isMost ? "most" : "part";
      const insertion = find(beginning, extent);
      if (extent === "part" && insertion === undefined) continue;
      this.#find = undefined;
      const page = insertion === undefined ? beginning : insert(beginning, insertion);
      return { done: false, value: page };
    }
  }

  async return(): Promise<IteratorResult<Uint8Array, void>> {
    await this.#chunks.return?.();
    return { done: true, value: undefined };
  }
}

/** Finishes the responses of one site. */
export class LiveFinisher implements Finisher {
  /** What it adds follows from the response, the request's head and the configuration. */
  readonly isRepeatable = true;
  readonly #pages: LivePages;
  readonly #base: ContainedPath;

  /** `base` is the site's. */
  constructor(pages: LivePages, base: ContainedPath) {
    this.#base = base;
    this.#pages = pages;
  }

  finish(response: Response, request: Request | undefined): Response {
    if (request === undefined) return response;
    if (liveNameOf(request, this.#base) !== undefined) return withoutPolicy(revalidated(response));
    const { method } = request.head;
    if (method !== "GET" && method !== "HEAD") return response;
    return this.#withScript(revalidated(response), request);
  }

  #withScript(response: Response, request: Request): Response {
    const syntax = syntaxOf(valuesOf(response.fields, "content-type")[0] ?? "");
    // What has a tag is a page of the tree, or one whose octets a route vouches for.
    const isSettled = ["etag", "content-encoding", "content-range"].some(
      (name) => valuesOf(response.fields, name).length > 0,
    );
    if (syntax === undefined || isSettled || isSaved(response.fields)) return response;
    if (!wantsPage(request.head)) return varying(response);
    const body = this.#inject(response, syntax, request);
    return body === undefined ? varying(response) : varying({ ...response, body });
  }

  /** The body of `response`, with the script; undefined when it gets none. */
  #inject(response: Response, syntax: Syntax, request: Request): Body | undefined {
    const { body, status } = response;
    const policies = valuesOf(response.fields, "content-security-policy");
    const isAny = status >= 400 || body.kind === "stream";
    const tagFor = (octets: Uint8Array): string =>
      this.#pages.tagFor({ octets, syntax, isAny, policies }, request);
    const find: FindInsertion = (octets, extent) => {
      const tag = tagFor(octets);
      return tag === "" ? undefined : insertionOf(octets, extent, syntax, tag);
    };
    switch (body.kind) {
      case "none":
      case "tunnel":
        return undefined;
      case "stream": {
        // What a policy in the page itself says can't be known before the page has begun.
        const mayInject = tagFor(new Uint8Array(0)) !== "";
        return mayInject ? { kind: "stream", chunks: new InjectedStream(body.chunks, find) } : body;
      }
      case "bytes": {
        const insertion = find(body.bytes, "whole");
        return insertion && { kind: "bytes", bytes: insert(body.bytes, insertion) };
      }
      case "file":
        return injectFile(body, find);
    }
  }
}

/** A body that is a whole file, with the script between two regions of it. */
function injectFile(
  { file, pieces }: Extract<Body, { kind: "file" }>,
  find: FindInsertion,
): Body | undefined {
  const [whole, ...others] = pieces;
  if (whole === undefined || whole instanceof Uint8Array || others.length > 0) return undefined;
  const octets = new Uint8Array(Math.min(whole.octets, placeSampleOctets));
  if (file.read(octets, whole.start) < octets.length) return undefined;
  const insertion = find(octets, octets.length === whole.octets ? "whole" : "most");
  if (insertion === undefined) return undefined;
  const { at } = insertion;
  const before = { start: whole.start, octets: at };
  const after = { start: whole.start + at, octets: whole.octets - at };
  return { kind: "file", file, pieces: [before, insertion.octets, after] };
}

/** `response` without a policy: rules for pages would keep the worker from its stream. */
function withoutPolicy(response: Response): Response {
  const fields = response.fields.filter(
    ([name]) => name.toLowerCase() !== "content-security-policy",
  );
  return fields.length === response.fields.length ? response : { ...response, fields };
}
