/**
 * Which path of the tree answers a request's path: as it stands, or by the conveniences that a site
 * may ask for: redirects, rewrites, names without `.html`, and the one page of a single-page site.
 *
 * The query goes along with every redirect, and every location within the site is made from
 * contained segments, so that it can't name another host. Where `about.html` and `about/` are both
 * there, `/about` is the page and `/about/` the folder; a file without a suffix is itself.
 */

import type { ContainedPath } from "../../tree/path.ts";
import { containPath, encodePath, parentPath, rootPath, siblingPath } from "../../tree/path.ts";
import type { Outcome } from "../../tree/disk/disk-tree.ts";
import { refusals } from "../../http/error.ts";
import type { Response } from "../../http/response.ts";
import type { RedirectStatus } from "../../http/response-builder.ts";
import { ResponseBuilder } from "../../http/response-builder.ts";
import { withVary } from "./response-headers.ts";
import type { FileService } from "../content/file.ts";
import { answerFound } from "../content/file.ts";
import { cacheControl } from "../content/cache-control.ts";
import type { Request } from "../request.ts";
import { isNavigation } from "./navigation.ts";
import type { PathPattern } from "./path-pattern.ts";

/** The conveniences of one site. */
export interface PathMapping {
  readonly redirects: readonly { readonly pattern: PathPattern; readonly status: RedirectStatus }[];
  readonly rewrites: readonly PathPattern[];
  /** Whether `.html` may be left out, and is taken out. */
  readonly cleanUrls: boolean;
  /** Whether the root's index answers navigations to what isn't there. */
  readonly single: boolean;
}

const pageSuffix = ".html";

function redirect(
  status: RedirectStatus,
  location: string,
  query: string | undefined,
  { cacheSeconds }: FileService,
): Response {
  const whole = query === undefined ? location : `${location}?${query}`;
  // Without it a browser would keep a 301 or a 308 for as long as it likes.
  const [name, value] = cacheControl("", cacheSeconds);
  return new ResponseBuilder(status).field<string>(name, value).field("Location", whole).build();
}

function firstTarget(patterns: Iterable<PathPattern>, path: ContainedPath): string | undefined {
  for (const pattern of patterns) {
    const target = pattern.target(path.segments, path.trailingSlash);
    if (target !== undefined) return target;
  }
  return undefined;
}

/** A path of the tree, and what it leads to. */
interface Found {
  readonly found: Outcome;
  readonly path: ContainedPath;
}

/** Whether a page may stand for a name that leads to this: nothing, or a folder without its "/". */
function yields({ kind }: Outcome): boolean {
  return kind === "absent" || kind === "redirect";
}

/** Where a path that spells out `.html` had better be asked for; undefined when it is fine. */
function cleanLocation(path: ContainedPath, { tree }: FileService): string | undefined {
  const name = path.segments.at(-1);
  if (path.trailingSlash || name === undefined || !name.endsWith(pageSuffix)) return undefined;
  const found = tree.resolve(path);
  if (found.kind !== "file") return undefined;
  found.file.close();
  if (name === tree.index) return encodePath(parentPath(path));
  const bare = containPath(encodePath(path).slice(0, -pageSuffix.length));
  if (!bare.ok || bare.value.segments.length !== path.segments.length) return undefined;
  const other = tree.resolve(bare.value);
  if (other.kind === "file") other.file.close();
  return yields(other) ? encodePath(bare.value) : undefined;
}

/** The page that a path without its suffix means; undefined when there is none. */
function cleanPage({ found, path }: Found, { tree }: FileService): Found | undefined {
  if (path.trailingSlash || !yields(found)) return undefined;
  const page = siblingPath(path, pageSuffix);
  const other = page === undefined ? undefined : tree.resolve(page);
  if (page === undefined || other === undefined || yields(other)) return undefined;
  return { found: other, path: page };
}

/** The one page, for a navigation; undefined when there is none, or for other requests. */
function onePage({ head }: Request, { tree }: FileService): Found | undefined {
  if (!isNavigation(head.fields)) return undefined;
  const found = tree.resolve(rootPath);
  return found.kind === "directory" ? undefined : { found, path: rootPath };
}

/** Fields that say on what the choice of the one page has depended (RFC 9110 §12.5.5). */
function dependsOnNavigation(response: Response): Response {
  const fields = withVary(withVary(response.fields, "Accept"), "Sec-Fetch-Dest");
  return { ...response, fields, recurs: false };
}

/** Answers with what was found, or with the one page where that is nothing. */
function answerOrStandIn(
  request: Request,
  asked: Found,
  query: string | undefined,
  { single }: PathMapping,
  service: FileService,
): Response | Promise<Response> {
  const mayStandIn = single && asked.found.kind === "absent";
  const { found, path } = (mayStandIn ? onePage(request, service) : undefined) ?? asked;
  const answer = answerFound(request, found, path, query, service);
  if (!mayStandIn) return answer;
  return answer instanceof Promise ? answer.then(dependsOnNavigation) : dependsOnNavigation(answer);
}

/** Answers a GET or a HEAD of the tree under the conveniences that its site asks for. */
export function answerMapped(
  request: Request,
  mapping: PathMapping,
  service: FileService,
): Response | Promise<Response> {
  const { target } = request.head;
  if (target.form !== "origin" && target.form !== "absolute") {
    return service.pages.refusal(refusals["target-form"]);
  }
  const { query } = target;
  const contained = containPath(target.path);
  if (!contained.ok) {
    if (contained.error !== "unnameable") return service.pages.refusal(refusals.path);
    const nothing: Found = { found: { kind: "absent" }, path: rootPath };
    return answerOrStandIn(request, nothing, query, mapping, service);
  }
  const asked = contained.value;
  for (const { pattern, status } of mapping.redirects) {
    const to = pattern.target(asked.segments, asked.trailingSlash);
    // "/docs" to "/docs/" fits where it leads to, too.
    if (to === undefined || to === encodePath(asked)) continue;
    return redirect(status, to, query, service);
  }
  const rewritten = firstTarget(mapping.rewrites, asked);
  const instead = rewritten === undefined ? contained : containPath(rewritten);
  // A path that was rewritten is not told about, and so not sent anywhere else.
  if (mapping.cleanUrls && rewritten === undefined) {
    const location = cleanLocation(asked, service);
    if (location !== undefined) return redirect(308, location, query, service);
  }
  const path = instead.ok ? instead.value : asked;
  const plain: Found = { found: service.tree.resolve(path), path };
  const page = mapping.cleanUrls ? cleanPage(plain, service) : undefined;
  return answerOrStandIn(request, page ?? plain, query, mapping, service);
}
