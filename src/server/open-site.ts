/**
 * What a server serves: a tree, the handlers on it, and the limits they live by, made from the
 * options once and then never changed.
 */

import type { Limits } from "../base/limits.ts";
import { resolveLimits } from "../base/limits.ts";
import type { Moments } from "../tree/cache/freshness.ts";
import type { Tree } from "../tree/disk/disk-tree.ts";
import { openTree } from "../tree/disk/disk-tree.ts";
import type { AddedRoutes } from "../site/library/added-routes.ts";
import { VariantCache } from "../site/variants/variant-cache.ts";
import { ErrorPages, isPageName } from "../site/pages/error-page.ts";
import type { EarlyHints } from "../site/hints/early-hints.ts";
import type { Handler } from "../site/request.ts";
import { Routes } from "../site/site.ts";
import type { ReadRules } from "../site/rules/read-rules.ts";
import { readRules } from "../site/rules/read-rules.ts";
import type { Refusal } from "../http/error.ts";
import type { RequestHead } from "../http/request.ts";
import type { Response } from "../http/response.ts";
import type { Scheme } from "../http/target.ts";
import { affordableKeptFiles } from "../system/descriptor-budget.ts";
import { logFormats } from "./log.ts";
import type { ServeOptions } from "./serve-options.ts";
import { ServeError } from "./serve-options.ts";
import { inTurns } from "../site/response-pacing.ts";

/** A tree, and all that answers from it. */
export interface Site {
  readonly limits: Limits;
  readonly tree: Tree;
  /** The answer to a request that no handler gets to see. */
  readonly refusal: (refusal: Refusal, head: RequestHead | undefined) => Response;
  /** Whether answers explain themselves. */
  readonly explain: boolean;
  readonly answer: Handler;
}

/** The rules among `options`, read. Throws a `ServeError` when they can't be. */
function rulesOf(options: ServeOptions): ReadRules {
  const rules = readRules({
    single: options.single ?? false,
    cleanUrls: options.cleanUrls ?? false,
    headers: options.headers ?? [],
    cors: options.cors ?? false,
    redirects: options.redirects ?? [],
    rewrites: options.rewrites ?? [],
    cache: options.cache,
  });
  if (rules.ok) return rules.value;
  throw new ServeError("rules", rules.error);
}

/** Hints for a site's pages. */
async function loadEarlyHints(scheme: Scheme): Promise<EarlyHints> {
  const { EarlyHints: Hints } = await import("../site/hints/early-hints.ts");
  return new Hints(scheme);
}

/** What an option may say that is one of a few words. */
const choices = {
  permissions: ["other", "process"],
  symlinks: ["inside", "follow", "deny"],
  post: ["form", "off"],
  log: logFormats,
} as const;

/** Throws for the first option that says what it can't: callers without types may. */
function checkWords(options: ServeOptions): void {
  for (const name of ["permissions", "symlinks", "post", "log"] as const) {
    const value = options[name];
    const known: readonly string[] = choices[name];
    if (value === undefined || known.includes(value)) continue;
    throw new ServeError(name, `${name} must be one of ${known.join(", ")}, not ${value}`);
  }
}

/** Throws when `name` can't be a file's name in a folder; "" is none. */
function checkName(code: "form" | "index", called: string, name: string): void {
  if (isPageName(name) || (code === "index" && name === "")) return;
  throw new ServeError(code, `${called} must be a file's name, not ${name}`);
}

/**
 * Makes the site that `options` ask for, with the routes that were `added` on top of the tree, for
 * connections with TLS ("https") or without. `moments` says how fresh what is answered has to be.
 * Throws a `ServeError` when there can't be one.
 */
export function openSite(
  options: ServeOptions,
  added: AddedRoutes,
  moments: Moments,
  scheme: Scheme,
): Site {
  const resolved = resolveLimits(options.limits);
  if (!resolved.ok) {
    throw new ServeError("limits", `${resolved.error.limit} must be ${resolved.error.expected}`);
  }
  const limits = resolved.value;
  const { form: formPage = "MyForm.html", index = "index.html" } = options;
  checkWords(options);
  checkName("form", "the form page", formPage);
  checkName("index", "the index", index);
  const openFilesKeptMax = affordableKeptFiles(limits.openFilesKeptMax);
  const opened = openTree({
    root: options.root ?? ".",
    permissions: options.permissions ?? "other",
    hidden: options.hidden ?? false,
    symlinks: options.symlinks ?? "inside",
    index,
    moments,
    limits: { ...limits, openFilesKeptMax },
  });
  if (!opened.ok) throw new ServeError("root", opened.error);
  const tree = opened.value;
  const { mapping, decoration } = rulesOf(options);
  const explain = options.explain ?? false;
  const pages = new ErrorPages(tree, limits, explain);
  const cache = new VariantCache(limits.codingCacheBytesMax, limits.codingAtOnceBytesMax);
  const coding = options.compress === false ? undefined : { tree, limits, cache };
  const earlyHints = options.earlyHints === true ? loadEarlyHints(scheme) : undefined;
  const { listing = true, cache: cacheSeconds } = options;
  const routes = new Routes(
    { tree, pages, limits, scheme, listing, cacheSeconds, coding, earlyHints },
    options.post === "off" ? undefined : { tree, pages, limits, formPage },
    mapping,
    added,
    decoration,
  );
  const refusal: Site["refusal"] = (refused, head) => {
    const response = pages.refusal(refused);
    return decoration?.apply(response, head) ?? response;
  };
  const answer = inTurns(routes.answer, limits);
  return { limits, tree, refusal, explain, answer };
}
