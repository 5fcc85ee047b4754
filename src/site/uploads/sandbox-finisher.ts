/**
 * Files that were uploaded, and can be pages, are served as pages of no origin: what a stranger has
 * sent must not act for the site in the browser of another visitor (Content Security Policy Level 3
 * §6.3.2, "sandbox"). Which files were uploaded isn't kept anywhere, so this is about all files in
 * the folder of uploads.
 *
 * Listings and error pages have no such field: the site makes them, and they have scripts.
 */

import type { Response, ResponseField } from "../../http/message/response.ts";
import type { Finisher } from "../endpoint.ts";
import type { Request } from "../request.ts";
import type { UploadSite } from "./upload-site.ts";

/** The types of documents that run scripts. */
const activeType = /^(?:text\/(?:html|xml|xsl)|application\/xml|[^;]*\+xml)\b/i;

const sandbox: ResponseField = ["Content-Security-Policy", "sandbox"];

/** Adds the policy to what may have been uploaded. */
export class SandboxFinisher implements Finisher {
  readonly isRepeatable = true;
  readonly #site: UploadSite;

  constructor(site: UploadSite) {
    this.#site = site;
  }

  finish(response: Response, request: Request | undefined): Response {
    if (request === undefined || response.status >= 300) return response;
    const type = response.fields.find(([name]) => name === "Content-Type")?.[1];
    if (type === undefined || !activeType.test(type)) return response;
    const path = this.#site.place(request.head);
    // A folder's path is answered with a listing, or with an index, whose name no upload has.
    if (path === undefined || path.trailingSlash || path.segments.length === 0) return response;
    const { method } = request.head;
    if (method !== "GET" && method !== "HEAD") return response;
    return { ...response, fields: [...response.fields, sandbox] };
  }
}
