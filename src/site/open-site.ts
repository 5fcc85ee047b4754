/**
 * Builds a site from its options: a tree, the guards, endpoints and finishers over it, and their
 * limits. A site is immutable; a reload builds another one.
 */

import type { Limits } from "../base/limits.ts";
import { resolveLimits } from "../base/limits.ts";
import type { Scheme } from "../http/message/target.ts";
import { TreeContent } from "./content/tree-content.ts";
import type { Endpoint, Finisher, Guard } from "./endpoint.ts";
import { FormEndpoint } from "./forms/form-endpoint.ts";
import type { EarlyHints } from "./hints/early-hints.ts";
import type { RouteTable } from "./library/route-endpoint.ts";
import { RouteEndpoint } from "./library/route-endpoint.ts";
import type { OpenTree, TreeSurroundings } from "./open-tree.ts";
import { openTree } from "./open-tree.ts";
import { ErrorPages, isPageName } from "./pages/error-page.ts";
import { ResponsePacing } from "./response-pacing.ts";
import { TreeEndpoint } from "./content/tree-endpoint.ts";
import type { ReadRules, SiteRules } from "./rules/read-rules.ts";
import { readRules } from "./rules/read-rules.ts";
import { ServerTiming } from "./rules/server-timing.ts";
import { SchemeGuard } from "./scheme-guard.ts";
import { Site } from "./site.ts";
import { VariantCache } from "./variants/variant-cache.ts";
import { VariantSelector } from "./variants/variant-selector.ts";
import type { Tree } from "../tree/tree.ts";
import { ServeError } from "./serve-error.ts";
import type { CompleteSiteOptions } from "./site-options.ts";

/** A site, its tree, and its limits. */
export interface OpenSite extends OpenTree {
  readonly site: Site;
  readonly limits: Limits;
}

/** What the sites of one server share. */
export interface SiteSurroundings extends TreeSurroundings {
  readonly routes: RouteTable;
  /** "https" when connections use TLS (RFC 9110 §4.2). */
  readonly scheme: Scheme;
}

/** Reads the rules of a site. Throws a `ServeError` when one is invalid. */
function rulesOf(given: SiteRules): ReadRules {
  const rules = readRules(given);
  if (rules.ok) return rules.value;
  throw new ServeError("rules", rules.error);
}

/** Early hints for a site's pages. The module is loaded only by sites that send hints. */
async function loadEarlyHints(scheme: Scheme): Promise<EarlyHints> {
  const { EarlyHints: Hints } = await import("./hints/early-hints.ts");
  return new Hints(scheme);
}

/** Throws when `name` can't be the name of a file. An empty `index` means that there is none. */
function checkName(code: "form" | "index", called: string, name: string): void {
  if (isPageName(name) || (code === "index" && name === "")) return;
  throw new ServeError(code, `${called} must be a file's name, not ${name}`);
}

/** The content of `tree`. */
function contentOf(
  options: CompleteSiteOptions,
  tree: Tree,
  pages: ErrorPages,
  limits: Limits,
  { budgets, scheme }: SiteSurroundings,
): TreeContent {
  const cache = new VariantCache(limits.codingCacheBytesMax, limits.codingAtOnceBytesMax);
  const variants = options.compress
    ? new VariantSelector({ tree, limits, cache, budgets })
    : undefined;
  return new TreeContent({
    tree,
    pages,
    limits,
    budgets,
    listing: options.listing,
    cacheSeconds: options.cache,
    variants,
    earlyHints: options.earlyHints ? loadEarlyHints(scheme) : undefined,
  });
}

/**
 * The site that `options` describe. `surroundings` are those of its server. Throws a `ServeError`
 * when an option is invalid or the tree can't be opened.
 */
export function openSite(options: CompleteSiteOptions, surroundings: SiteSurroundings): OpenSite {
  const resolved = resolveLimits(options.limits);
  if (!resolved.ok) {
    throw new ServeError("limits", `${resolved.error.limit} must be ${resolved.error.expected}`);
  }
  const limits = resolved.value;
  const { form: formPage, index, explain, cache: cacheSeconds } = options;
  checkName("form", "the form page", formPage);
  checkName("index", "the index", index);
  const opened = openTree(options, limits, surroundings);
  const { tree } = opened;
  const { mapping, headers } = rulesOf({ ...options, cache: cacheSeconds });
  const { budgets, clock, routes, scheme } = surroundings;
  const pages = new ErrorPages(tree, limits, explain);
  const content = contentOf(options, tree, pages, limits, surroundings);
  const form = new FormEndpoint({ tree, content, pages, limits, budgets, formPage });
  const endpoints: readonly Endpoint[] = [
    new RouteEndpoint(routes, { tree, content, pages, limits, budgets }),
    ...(options.post === "off" ? [] : [form]),
    new TreeEndpoint({ tree, content, pages, mapping, cacheSeconds }),
  ];
  const guards: Guard[] = [new SchemeGuard(scheme, pages)];
  const finishers: Finisher[] = headers === undefined ? [] : [headers];
  if (explain) {
    const timing = new ServerTiming(clock);
    guards.unshift(timing);
    finishers.push(timing);
  }
  const pacing = new ResponsePacing(budgets.responses, limits);
  const site = new Site({ guards, endpoints, finishers, pages, pacing, limits });
  return { ...opened, site, limits };
}
