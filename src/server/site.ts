/**
 * What a server serves: a tree, the handlers on it, and the limits they live by, made from the
 * options once and then never changed.
 */

import type { Limits } from "../base/limits.ts";
import { resolveLimits } from "../base/limits.ts";
import type { Tree } from "../files/resolve.ts";
import { openTree } from "../files/resolve.ts";
import type { AddedRoutes } from "../handlers/added-routes.ts";
import { CodedCache } from "../handlers/coded-cache.ts";
import { ErrorPages, isPageName } from "../handlers/error-page.ts";
import { Routes } from "../handlers/routes.ts";
import type { ServeOptions } from "./serve-options.ts";
import { ServeError } from "./serve-options.ts";

/** A tree, and all that answers from it. */
export interface Site {
  readonly limits: Limits;
  readonly tree: Tree;
  readonly pages: ErrorPages;
  readonly routes: Routes;
}

/**
 * Makes the site that `options` ask for, with the routes that were `added` on top of the tree.
 * Throws a `ServeError` when there can't be one.
 */
export function openSite(options: ServeOptions, added: AddedRoutes): Site {
  const resolved = resolveLimits(options.limits);
  if (!resolved.ok) {
    throw new ServeError("limits", `${resolved.error.limit} must be ${resolved.error.expected}`);
  }
  const limits = resolved.value;
  const formPage = options.form ?? "MyForm.html";
  if (!isPageName(formPage)) throw new ServeError("form", `not a name in the root: ${formPage}`);
  const opened = openTree({
    root: options.root ?? ".",
    permissions: options.permissions ?? "other",
    hidden: options.hidden ?? false,
    symlinks: options.symlinks ?? "inside",
    index: "index.html",
    symlinkHopsMax: limits.symlinkHopsMax,
  });
  if (!opened.ok) throw new ServeError("root", opened.error);
  const tree = opened.value;
  const pages = new ErrorPages(tree, limits, options.explain ?? false);
  const cache = new CodedCache(limits.codingCacheBytesMax, limits.codingAtOnceBytesMax);
  const coding = options.compress === false ? undefined : { tree, limits, cache };
  const routes = new Routes(
    { tree, pages, limits, listing: options.listing ?? true, coding },
    options.post === "off" ? undefined : { tree, pages, limits, formPage },
    added,
  );
  return { limits, tree, pages, routes };
}
