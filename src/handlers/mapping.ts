/**
 * Which path of the tree answers a request's path: as it stands, or by the conveniences that a site
 * may ask for: redirects, rewrites, names without `.html`, and the one page of a single-page site.
 *
 * The query goes along with every redirect, and every location within the site is made from
 * contained segments, so that it can't name another host.
 */

import type { ContainedPath } from "../files/path.ts";
import { containPath, encodePath, parentPath, rootPath, siblingPath } from "../files/path.ts";
import type { Resolution } from "../files/resolve.ts";
import type { Response } from "../protocol/response.ts";
import type { RedirectStatus } from "../protocol/response-builder.ts";
import { ResponseBuilder } from "../protocol/response-builder.ts";
import { withVary } from "./decoration.ts";
import type { FileService } from "./file.ts";
import { answerFound } from "./file.ts";
import type { Request } from "./handler.ts";
import { isNavigation } from "./navigation.ts";
import type { PathPattern } from "./path-pattern.ts";

/** The conveniences of one site. */
export interface Mapping {
  readonly redirects: readonly { readonly pattern: PathPattern; readonly status: RedirectStatus }[];
  readonly rewrites: readonly PathPattern[];
  /** Whether `.html` may be left out, and is taken out. */
  readonly cleanUrls: boolean;
  /** Whether the root's index answers navigations to what isn't there. */
  readonly single: boolean;
}

const pageSuffix = ".html";

function redirect(status: RedirectStatus, location: string, query: string | undefined): Response {
  const whole = query === undefined ? location : `${location}?${query}`;
  return new ResponseBuilder(status).field("Location", whole).build();
}

function firstTarget(patterns: Iterable<PathPattern>, path: ContainedPath): string | undefined {
  for (const pattern of patterns) {
    const target = pattern.target(path.segments, path.trailingSlash);
    if (target !== undefined) return target;
  }
  return undefined;
}

/** Where a path that spells out `.html` had better be asked for; undefined when it is fine. */
function cleanLocation(path: ContainedPath, { tree }: FileService): string | undefined {
  const name = path.segments.at(-1);
  if (path.trailingSlash || name === undefined || !name.endsWith(pageSuffix)) return undefined;
  const found = tree.resolve(path);
  if (found.kind !== "file") return undefined;
  found.file.close();
  const folder = encodePath(parentPath(path));
  if (name === tree.index) return folder;
  const bare = containPath(encodePath(path).slice(0, -pageSuffix.length));
  return bare.ok && bare.value.segments.length === path.segments.length
    ? encodePath(bare.value)
    : undefined;
}

/**
 * What stands in for a path that leads to nothing: the page without its suffix, or the one page.
 */
function standIn(
  request: Request,
  path: ContainedPath,
  mapping: Mapping,
  { tree }: FileService,
): { readonly found: Resolution; readonly path: ContainedPath } | undefined {
  const page = mapping.cleanUrls && !path.trailingSlash ? siblingPath(path, pageSuffix) : undefined;
  if (page !== undefined) {
    const found = tree.resolve(page);
    if (found.kind !== "absent") return { found, path: page };
  }
  if (!mapping.single || !isNavigation(request.head.fields)) return undefined;
  const found = tree.resolve(rootPath);
  return found.kind === "directory" ? undefined : { found, path: rootPath };
}

/** Fields that say on what the choice of the one page has depended (RFC 9110 §12.5.5). */
function dependsOnNavigation(response: Response): Response {
  const fields = withVary(withVary(response.fields, "Accept"), "Sec-Fetch-Dest");
  return { ...response, fields };
}

/** Answers a GET or a HEAD of `path` under `mapping`. */
function answerPath(
  request: Request,
  path: ContainedPath,
  query: string | undefined,
  mapping: Mapping,
  service: FileService,
): Response | Promise<Response> {
  if (mapping.cleanUrls) {
    const location = cleanLocation(path, service);
    if (location !== undefined) return redirect(308, location, query);
  }
  const found = service.tree.resolve(path);
  if (found.kind !== "absent") return answerFound(request, found, path, query, service);
  const other = standIn(request, path, mapping, service);
  const answer = answerFound(request, other?.found ?? found, other?.path ?? path, query, service);
  if (!mapping.single) return answer;
  return answer instanceof Promise ? answer.then(dependsOnNavigation) : dependsOnNavigation(answer);
}

/** Answers a GET or a HEAD of the tree under the conveniences that its site asks for. */
export function answerMapped(
  request: Request,
  mapping: Mapping,
  service: FileService,
): Response | Promise<Response> {
  const { target } = request.head;
  if (target.form !== "origin" && target.form !== "absolute") {
    return service.pages.refusal({ kind: "target-form" });
  }
  const path = containPath(target.path);
  if (!path.ok) {
    return path.error === "unnameable"
      ? service.pages.notFound()
      : service.pages.refusal({ kind: "path" });
  }
  for (const { pattern, status } of mapping.redirects) {
    const to = pattern.target(path.value.segments, path.value.trailingSlash);
    if (to !== undefined) return redirect(status, to, target.query);
  }
  const rewritten = firstTarget(mapping.rewrites, path.value);
  const instead = rewritten === undefined ? path : containPath(rewritten);
  const asked = instead.ok ? instead.value : path.value;
  return answerPath(request, asked, target.query, mapping, service);
}
