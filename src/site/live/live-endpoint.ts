/**
 * The two paths of live reload: its script, and its event stream. They are answered before the
 * tree is asked; a file of the tree by the same path is not served while live reload is on.
 *
 * Pages of other origins get neither: the stream would tell them when files change.
 */

import script from "./page-script.txt" with { type: "text" };

import { refusals } from "../../http/message/error.ts";
import type { Response } from "../../http/message/response.ts";
import { ResponseBuilder } from "../../http/message/response-builder.ts";
import { utf8Bytes } from "../../http/octets/bytes.ts";
import type { Limits } from "../../base/limits.ts";
import type { ContainedPath } from "../../tree/path.ts";
import { containPath } from "../../tree/path.ts";
import { noSniff, ownOriginOnly } from "../content/cache-control.ts";
import { tagOfBytes } from "../content/file-representation.ts";
import { Representation } from "../content/representation.ts";
import { respondWith } from "../content/selected-response.ts";
import type { Endpoint } from "../endpoint.ts";
import type { ErrorPages } from "../pages/error-page.ts";
import type { Request } from "../request.ts";
import type { LiveStreams } from "./live-streams.ts";
import { liveFolder, liveNames } from "./script-tag.ts";

/** Which of the two paths below `base` a request is for; undefined for any other. */
export function liveNameOf(
  { head: { target } }: Request,
  base: ContainedPath,
): keyof typeof liveNames | undefined {
  if (target.form !== "origin" && target.form !== "absolute") return undefined;
  // Most paths are told without being read.
  if (!target.path.includes("postern/live")) return undefined;
  const path = containPath(target.path);
  const folder = base.text + liveFolder;
  if (!path.ok || !path.value.text.startsWith(folder)) return undefined;
  const name = path.value.text.slice(folder.length);
  if (name === liveNames.script) return "script";
  return name === liveNames.stream ? "stream" : undefined;
}

/** Whether a page of another origin asks (Fetch Metadata §2.4). */
function isForeign({ head: { fields } }: Request): boolean {
  const site = fields.get("sec-fetch-site")?.toLowerCase();
  return site !== undefined && site !== "same-origin" && site !== "none";
}

/** Answers the paths of live reload. */
export class LiveEndpoint implements Endpoint {
  readonly isRepeatable = false;
  readonly #streams: LiveStreams;
  readonly #pages: ErrorPages;
  readonly #limits: Limits;
  readonly #base: ContainedPath;
  readonly #script: Representation;

  /** `base` is the site's. */
  constructor(streams: LiveStreams, pages: ErrorPages, limits: Limits, base: ContainedPath) {
    this.#base = base;
    this.#streams = streams;
    this.#pages = pages;
    this.#limits = limits;
    const content = utf8Bytes(script);
    this.#script = new Representation({
      mediaType: "text/javascript; charset=utf-8",
      entityTag: tagOfBytes(content),
      content,
      isRepeated: true,
      fields: [["Cache-Control", "no-cache"], noSniff, ownOriginOnly],
    });
  }

  methods(request: Request): readonly string[] {
    return liveNameOf(request, this.#base) === undefined ? [] : ["GET", "HEAD"];
  }

  answer(request: Request): Response | undefined {
    const name = liveNameOf(request, this.#base);
    if (name === undefined) return undefined;
    const { method } = request.head;
    if (method !== "GET" && method !== "HEAD") return undefined;
    if (isForeign(request)) return this.#pages.refusal(refusals["cross-origin"]);
    const response =
      name === "script"
        ? respondWith(request, this.#script, this.#pages, this.#limits)
        : this.#openStream(request);
    return { ...response, note: { ...response.note, isRoutine: true } };
  }

  #openStream({ remoteAddress }: Request): Response {
    const { liveStreamsMax, liveBeatTimeMs } = this.#limits;
    if (this.#streams.size >= liveStreamsMax) return this.#pages.refusal(refusals.overloaded);
    const chunks = this.#streams.open(remoteAddress, liveBeatTimeMs);
    const response = new ResponseBuilder(200)
      .field("Cache-Control", "no-store")
      // nginx would gather the messages otherwise.
      .field("X-Accel-Buffering", "no")
      .line(noSniff)
      .line(ownOriginOnly)
      .stream(chunks, "text/event-stream")
      .build();
    return { ...response, body: { kind: "stream", chunks, endsWithClient: true } };
  }
}
