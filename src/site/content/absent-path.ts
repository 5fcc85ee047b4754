/**
 * What a path that doesn't exist is answered with, by the options of the site that have something
 * to say about it: the page of a single-page site, and names without `.html`. Loaded by the first
 * such path of a site that has one of them.
 */

import type { Eventual } from "../../base/eventual.ts";
import { whenReady } from "../../base/eventual.ts";
import type { Response } from "../../http/message/response.ts";
import type { ContainedPath } from "../../tree/path.ts";
import { childPath, displayName, parentPath, rootPath, siblingPath } from "../../tree/path.ts";
import type { Outcome, Tree } from "../../tree/tree.ts";
import type { View } from "../../tree/view.ts";
import type { Answer } from "../endpoint.ts";
import type { ErrorPages, Missed } from "../pages/error-page.ts";
import type { Request } from "../request.ts";
import { isNavigation, whyNoNavigation } from "../rules/navigation.ts";
import type { PathMapping } from "../rules/path-mapping.ts";
import { withVary } from "../rules/response-headers.ts";
import type { TreeContent } from "./tree-content.ts";

/** What answers for an absent path. */
interface AbsentService {
  readonly tree: Tree;
  readonly content: TreeContent;
  readonly pages: ErrorPages;
  readonly mapping: PathMapping;
}

/** A path that was looked up and doesn't exist. */
interface AbsentPath {
  readonly request: Request;
  readonly found: Outcome;
  readonly path: ContainedPath;
  readonly query: string | undefined;
  /** Whether it is the path that was asked for, and not one that this was rewritten to. */
  readonly isAsked: boolean;
}

/** What is known of why it was asked for. */
type Hints = Pick<Missed, "hint" | "meant">;

/** Adds to Vary the fields that the choice of the page depends on (RFC 9110 §12.5.5). */
function dependsOnNavigation(response: Response): Response {
  const fields = withVary(withVary(response.fields, "Accept"), "Sec-Fetch-Dest");
  return { ...response, fields };
}

/**
 * The page that `path`, which is absent and ends in a slash, was to be; undefined when there is
 * none.
 */
function pageMeant(tree: Tree, path: ContainedPath, view: View): Eventual<Hints | undefined> {
  const page = siblingPath(path, ".html");
  const meant = childPath(parentPath(path), path.segments.at(-1) ?? "");
  if (page === undefined || meant === undefined) return undefined;
  return whenReady(tree.peek(page, view), (kind) => {
    if (kind !== "file") return undefined;
    const [from, to] = [displayName(page.text), displayName(meant.text)];
    return { hint: `--clean-urls serves ${from} as ${to}, without a slash at its end`, meant };
  });
}

/** Answers for the absent path with `hints`, unless the tree knows the cause. */
function answerMissing(
  { content, pages }: AbsentService,
  { request, found, path, query }: AbsentPath,
  view: View,
  hints: Hints | undefined,
): Answer {
  if (hints === undefined || found.kind !== "absent" || found.cause !== undefined) {
    return content.answerFound(request, found, path, query, view);
  }
  return pages.notFound(view, undefined, { request, path, ...hints });
}

/**
 * Answers for an absent path. On a single-page site, a navigation gets the index of the nearest
 * root.
 */
export function answerAbsent(service: AbsentService, absent: AbsentPath, view: View): Answer {
  const { content, mapping, tree } = service;
  const { request, found, path, isAsked } = absent;
  const mayBePage = mapping.cleanUrls && path.trailingSlash && isAsked;
  return whenReady(mayBePage ? pageMeant(tree, path, view) : undefined, (hints): Answer => {
    if (!mapping.single) return answerMissing(service, absent, view, hints);
    const { fields } = request.head;
    const isPage = isNavigation(fields);
    const home = tree.rootsOf?.(path)[0] ?? rootPath;
    const page = isPage ? tree.open(home, view) : found;
    const known = hints ?? (isPage ? undefined : { hint: whyNoNavigation(fields) });
    const answer = whenReady(page, (one) =>
      one === found || one.kind === "directory"
        ? answerMissing(service, absent, view, known)
        : content.answerFound(request, one, home, undefined, view),
    );
    return whenReady(answer, dependsOnNavigation);
  });
}
