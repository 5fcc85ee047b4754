/**
 * Builds a site from its options: a tree, the guards, endpoints and finishers over it, and their
 * limits. A site is immutable; a reload builds another one.
 */

import type { Limits } from "../base/limits.ts";
import { resolveLimits } from "../base/limits.ts";
import type { Scheme } from "../http/message/target.ts";
import { TreeContent } from "./content/tree-content.ts";
import type { Archives, ArchiveService } from "./archive/archives.ts";
import type { AuthParts } from "./auth/open-auth.ts";
import type { Endpoint, Finisher, Guard } from "./endpoint.ts";
import type { FormService } from "./forms/form-endpoint.ts";
import type { EarlyHints } from "./hints/early-hints.ts";
import type { Eventual } from "../base/eventual.ts";
import type { Response } from "../http/message/response.ts";
import { ResponseBuilder } from "../http/message/response-builder.ts";
import type { View } from "../tree/view.ts";
import type { Previews, PreviewService } from "./preview/previews.ts";
import type { Request } from "./request.ts";
import type { TurnBudgets } from "../schedule/turn-budgets.ts";
import type { RouteTable } from "./library/route-endpoint.ts";
import { RouteEndpoint } from "./library/route-endpoint.ts";
import type { OpenTree, TreeSurroundings } from "./open-tree.ts";
import { folderInStore, openTree } from "./open-tree.ts";
import { ErrorPages, isPageName } from "./pages/error-page.ts";
import { ResponsePacing } from "./response-pacing.ts";
import { TreeEndpoint } from "./content/tree-endpoint.ts";
import type { PathMapping } from "./rules/path-mapping.ts";
import type { ReadRules, SiteRules } from "./rules/read-rules.ts";
import type { Live, LiveParts } from "./live/live.ts";
import type { LivePages } from "./live/live-pages.ts";
import type { NearSearch } from "./near/near-search.ts";
import type { NearNames } from "./pages/error-page.ts";
import { hostGuardOf } from "./guards/host-guard.ts";
import { OriginGuard } from "./guards/origin-guard.ts";
import { SchemeGuard } from "./guards/scheme-guard.ts";
import type { ResponseCache } from "./response-cache.ts";
import { Site } from "./site.ts";
import type { VariantSelector } from "./variants/variant-selector.ts";
import type { ContainedPath } from "../tree/path.ts";
import { rootPath } from "../tree/path.ts";
import type { Backends } from "./proxy/backend.ts";
import type { Tree } from "../tree/tree.ts";
import type { UploadOffer } from "./upload-area/upload-offer.ts";
import type { OpenUploads, UploadService } from "./uploads/open-uploads.ts";
import type { UploadListener } from "./uploads/upload-progress.ts";
import type { UploadCounts, UploadsPresent } from "./operations/upload-counts.ts";
import { ServeError } from "./serve-error.ts";
import type { CompleteSiteOptions } from "./site-options.ts";
import { isStoreName } from "./site-options.ts";

/** A site, its tree, and its limits. */
export interface OpenSite extends OpenTree {
  readonly site: Site;
  readonly limits: Limits;
  /** The server's, if the site has some. */
  readonly backends?: Backends | undefined;
  /** What there is of uploads now; undefined for a site that takes none. */
  readonly uploadsPresent?: (() => UploadsPresent) | undefined;
  /** What its caches hold now, by their names. */
  readonly cacheBytes: () => Readonly<Record<string, number>>;
}

/** What the sites of one server share. */
export interface SiteSurroundings extends TreeSurroundings {
  readonly routes: RouteTable;
  /** "https" when connections use TLS (RFC 9110 §4.2). */
  readonly scheme: Scheme;
  /** The names of the server besides localhost; called when a request names another host. */
  readonly hostNames: () => readonly string[];
  /** The server's live reload, opened by the first site that has it; absent without a server. */
  readonly live?: () => Live;
  /** The server's connections to backends, for a site that has some; absent without a server. */
  readonly backends?: () => Backends;
  /**
   * Whether the log shows names that are similar to a missing one. Asked when a name is missing; by
   * default false.
   */
  readonly logsNearNames?: () => boolean;
  /** Is told of uploads while they are received. */
  readonly onUpload?: UploadListener | undefined;
  /** What counts uploads, opened by the first site that takes some; absent where none does. */
  readonly uploadCounts?: (() => UploadCounts) | undefined;
  /** Makes the response cache of a site, where that is one which counts. */
  readonly responseCache?: ((limits: Limits) => ResponseCache) | undefined;
}

/** Caches of a site that are made when they are first needed. */
interface LateCaches {
  variants?: { readonly bytes: number };
}

/** What the caches of a site hold, whenever that is asked. */
function cacheBytesOf({ fileCacheBytes }: OpenTree, caches: LateCaches): OpenSite["cacheBytes"] {
  return () => ({ files: fileCacheBytes(), variants: caches.variants?.bytes ?? 0 });
}

/**
 * The endpoint of POST, made by the first request that it may answer. Most servers get no POST, so
 * they don't load its code.
 */
class LatePostEndpoint implements Endpoint {
  readonly isRepeatable = false;
  readonly #open: () => Endpoint;
  #endpoint: Endpoint | undefined;

  constructor(open: () => Endpoint) {
    this.#open = open;
  }

  methods(request: Request, view: View): Eventual<readonly string[]> {
    return this.#opened().methods(request, view);
  }

  answer(request: Request, view: View): Eventual<Response | undefined> {
    return request.head.method === "POST" ? this.#opened().answer(request, view) : undefined;
  }

  #opened(): Endpoint {
    return (this.#endpoint ??= this.#open());
  }
}

function openForm(service: FormService): Endpoint {
  const { FormEndpoint } =
    require("./forms/form-endpoint.ts") as typeof import("./forms/form-endpoint.ts");
  return new FormEndpoint(service);
}

function openEcho(service: FormService): Endpoint {
  const { EchoEndpoint } =
    require("./echo/echo-endpoint.ts") as typeof import("./echo/echo-endpoint.ts");
  return new EchoEndpoint(service);
}

/** What answers POST, besides routes; none with "off". */
function postEndpoints(
  post: CompleteSiteOptions["post"],
  service: FormService,
): readonly Endpoint[] {
  if (post === "off" || post === "upload") return [];
  return [new LatePostEndpoint(() => (post === "echo" ? openEcho(service) : openForm(service)))];
}

/**
 * Reads the rules of a site, whose code is loaded only if it has any. Throws a `ServeError` when
 * one is invalid.
 */
function rulesOf(given: SiteRules, routes: RouteTable): ReadRules {
  const { single, cleanUrls, headers, cors, redirects, rewrites, cache } = given;
  const isPlain = cors === false && cache === undefined;
  if (isPlain && headers.length + redirects.length + rewrites.length === 0) {
    return { mapping: { redirects: [], rewrites: [], single, cleanUrls }, headers: undefined };
  }
  const { readRules } = require("./rules/read-rules.ts") as typeof import("./rules/read-rules.ts");
  const rules = readRules(given, (request) => routes.crossOriginMethods(request));
  if (rules.ok) return rules.value;
  throw new ServeError("rules", rules.error);
}

/** Early hints for a site's pages. The module is loaded with the first page that has some. */
function openEarlyHints(scheme: Scheme): EarlyHints {
  const { EarlyHints: Hints } =
    require("./hints/early-hints.ts") as typeof import("./hints/early-hints.ts");
  return new Hints(scheme);
}

/** Throws when `name` can't be the name of a file. An empty `index` means that there is none. */
function checkName(code: "form" | "index", called: string, name: string): void {
  if (isPageName(name) || (code === "index" && name === "")) return;
  throw new ServeError(code, `${called} must be a file's name, not ${name}`);
}

/**
 * The selector of the variants of `tree`. A site loads its code with the first request that has
 * Accept-Encoding and asks for content that can be coded.
 */
function openVariants(
  tree: Tree,
  limits: Limits,
  budgets: TurnBudgets,
  caches: LateCaches,
): VariantSelector {
  const { VariantCache } =
    require("./variants/variant-cache.ts") as typeof import("./variants/variant-cache.ts");
  const { VariantSelector: Selector } =
    require("./variants/variant-selector.ts") as typeof import("./variants/variant-selector.ts");
  const cache = new VariantCache(limits.codingCacheBytesMax, limits.codingAtOnceBytesMax);
  caches.variants = cache;
  return new Selector({ tree, limits, cache, budgets });
}

/** The archives of a site, whose code is loaded with the first that is asked for. */
function openArchives(service: ArchiveService): Archives {
  const { Archives: Made } =
    require("./archive/archives.ts") as typeof import("./archive/archives.ts");
  return new Made(service);
}

/** The previews of a site, whose code is loaded with the first that is asked for. */
function openPreviews(service: PreviewService): Previews {
  const { Previews: Made } =
    require("./preview/previews.ts") as typeof import("./preview/previews.ts");
  return new Made(service);
}

/**
 * What users add to a site, whose code is loaded only if it has any. Throws a `ServeError` when the
 * password file or a rule is invalid.
 */
function openUsers(
  { auth, cors, index, cleanUrls }: CompleteSiteOptions,
  limits: Limits,
  { routes, clock, budgets }: SiteSurroundings,
  pages: ErrorPages,
): AuthParts | undefined {
  if (auth === undefined) return undefined;
  const { openAuth } = require("./auth/open-auth.ts") as typeof import("./auth/open-auth.ts");
  const parts = openAuth(auth, {
    limits,
    clock,
    scheduler: budgets.scheduler,
    pages,
    index,
    cleanUrls,
    allowsOrigins: (request) =>
      cors !== false ||
      routes.takesCrossOrigin(request) ||
      (routes.crossOriginMethods(request)?.size ?? 0) > 0,
  });
  if (parts.ok) return parts.value;
  throw new ServeError("auth", parts.error);
}

/** The guards of a site, in their order. Throws a `ServeError` when a host is invalid. */
function guardsOf(
  options: CompleteSiteOptions,
  { scheme, hostNames, routes }: SiteSurroundings,
  pages: ErrorPages,
  users: AuthParts | undefined,
): readonly Guard[] {
  const { cors } = options;
  const origins = typeof cors === "object" ? (cors.origins ?? []) : [];
  return [
    ...hostGuardOf(options, hostNames, pages),
    new SchemeGuard(scheme, pages),
    ...(users === undefined ? [] : [users.guard]),
    new OriginGuard(origins, routes, pages),
  ];
}

/** What live reload adds to a site whose header rules are `headers`; undefined without it. */
function liveParts(
  options: CompleteSiteOptions,
  { live }: SiteSurroundings,
  pages: ErrorPages,
  limits: Limits,
  headers: Finisher | undefined,
): LiveParts | undefined {
  if (!options.live || live === undefined) return undefined;
  const page = new ResponseBuilder(200).html("").build();
  return live().parts({
    pages,
    limits,
    base: homeOf(options),
    ruledFields: (request, fields) => {
      const ruled = { ...page, fields: [...page.fields, ...fields] };
      return (headers?.finish(ruled, request) ?? ruled).fields;
    },
  });
}

/** The path that the site's root is served under. */
function homeOf({ base }: CompleteSiteOptions): ContainedPath {
  if (base === "/") return rootPath;
  const { readPlace } = require("./open-mounts.ts") as typeof import("./open-mounts.ts");
  return readPlace("base", base);
}

/** The folder of uploads that aren't trusted; neither for a site without. */
function uploadedFolderOf(
  options: CompleteSiteOptions,
): Pick<TreeSurroundings, "uploads" | "storedUploads"> {
  const { root, files, put, post, uploadDir, trustUploads } = options;
  if ((!put && post !== "upload") || trustUploads || files !== undefined) return {};
  if (isStoreName(root)) return { storedUploads: folderInStore(root, uploadDir) };
  const { UploadedFolder: Folder } =
    require("../tree/disk/uploaded-folder.ts") as typeof import("../tree/disk/uploaded-folder.ts");
  return { uploads: new Folder(root, uploadDir) };
}

/** The tree of `options`. The code for several folders, or a prefix, is loaded by its first use. */
export function openAll(
  options: CompleteSiteOptions,
  limits: Limits,
  around: TreeSurroundings,
): OpenTree {
  const surroundings = { ...around, ...uploadedFolderOf(options) };
  const { base, mounts } = options;
  if (base === "/" && Object.keys(mounts).length === 0) {
    return openTree(options, limits, surroundings);
  }
  const { openMounts } = require("./open-mounts.ts") as typeof import("./open-mounts.ts");
  return openMounts(options, limits, surroundings);
}

function takesUploads({ put, post }: CompleteSiteOptions): boolean {
  return put || post === "upload";
}

/** What uploads add to a site. The code is loaded only for one that has some. */
function uploadsOf(options: CompleteSiteOptions, service: UploadService): OpenUploads {
  if (!takesUploads(options)) return { endpoints: [], finishers: [], offer: undefined };
  const { openUploads } =
    require("./uploads/open-uploads.ts") as typeof import("./uploads/open-uploads.ts");
  return openUploads(options, service);
}

/** What answers paths outside of `base`. */
function openBase(
  base: ContainedPath,
  { index }: CompleteSiteOptions,
  service: {
    readonly tree: Tree;
    readonly content: TreeContent;
    readonly pages: ErrorPages;
    readonly mapping: PathMapping;
  },
): Endpoint {
  const { BaseEndpoint } =
    require("./rules/base-endpoint.ts") as typeof import("./rules/base-endpoint.ts");
  const { tree, content, pages, mapping } = service;
  const isServed = (path: ContainedPath): boolean => tree.rootsOf?.(path).length !== 0;
  return new BaseEndpoint({ base, index, content, pages, mapping, isServed });
}

/**
 * What passes requests on to backends, if the site has some; its code is loaded only then. Throws a
 * `ServeError` when a rule is invalid.
 */
function proxyEndpoints(
  { proxy, auth }: CompleteSiteOptions,
  backends: Backends | undefined,
  how: { readonly pages: ErrorPages; readonly limits: Limits; readonly scheme: Scheme },
): readonly Endpoint[] {
  if (backends === undefined) return [];
  const { readProxyRules } =
    require("./proxy/proxy-rule.ts") as typeof import("./proxy/proxy-rule.ts");
  const { ProxyEndpoint, ownPseudonym } =
    require("./proxy/proxy-endpoint.ts") as typeof import("./proxy/proxy-endpoint.ts");
  const rules = readProxyRules(proxy);
  if (!rules.ok) throw new ServeError("proxy", rules.error);
  const hasUsers = auth !== undefined;
  const parts = { ...how, rules: rules.value, backends, pseudonym: ownPseudonym, hasUsers };
  return [new ProxyEndpoint(parts)];
}

/**
 * What looks for names similar to a missing one, for `tree`. Its code is loaded by the first
 * search. Undefined where no folder is listed.
 */
function openNear(
  { listing }: CompleteSiteOptions,
  tree: Tree,
  limits: Limits,
  { budgets, clock, logsNearNames = () => false }: SiteSurroundings,
): NearNames | undefined {
  if (!listing) return undefined;
  let search: NearSearch | undefined;
  return {
    isLogged: logsNearNames,
    find(path) {
      const { NearSearch: Search } =
        require("./near/near-search.ts") as typeof import("./near/near-search.ts");
      search ??= new Search({ tree, limits, budgets, clock });
      return search.find(path);
    },
  };
}

/** The content of `tree`. */
function contentOf(
  options: CompleteSiteOptions,
  tree: Tree,
  pages: ErrorPages,
  limits: Limits,
  { budgets, scheme, caches }: SiteSurroundings & { readonly caches: LateCaches },
  live: LivePages | undefined,
  uploads: UploadOffer | undefined,
): TreeContent {
  let selector: VariantSelector | undefined;
  const variants = (): VariantSelector =>
    (selector ??= openVariants(tree, limits, budgets, caches));
  let hints: EarlyHints | undefined;
  const earlyHints = (): EarlyHints => (hints ??= openEarlyHints(scheme));
  let made: Archives | undefined;
  const archives = (): Archives => {
    const { root, files } = options;
    const service = { tree, pages, limits, budgets, root: files === undefined ? root : "" };
    return (made ??= openArchives(service));
  };
  let previews: Previews | undefined;
  const openedPreviews = (): Previews => {
    const { scheduler } = budgets;
    const service = { tree, limits, scheduler, hasVariants: options.compress };
    return (previews ??= openPreviews(service));
  };
  return new TreeContent({
    tree,
    pages,
    limits,
    budgets,
    listing: options.listing,
    explain: options.explain,
    cacheSeconds: options.cache,
    variants: options.compress ? variants : undefined,
    archives: options.allowArchive ? archives : undefined,
    previews: options.previews ? openedPreviews : undefined,
    live,
    uploads,
    earlyHints: options.earlyHints ? earlyHints : undefined,
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
  if (options.allowArchive && !options.listing) {
    throw new ServeError("allowArchive", "archives show what is in folders: they need the listing");
  }
  const opened = openAll(options, limits, surroundings);
  const { tree } = opened;
  const { budgets, clock, routes, scheme } = surroundings;
  const hasBackends = Object.keys(options.proxy).length > 0;
  const backends = hasBackends ? surroundings.backends?.() : undefined;
  const { mapping, headers } = rulesOf({ ...options, cache: cacheSeconds }, routes);
  const near = openNear(options, tree, limits, surroundings);
  const home = homeOf(options);
  const counts = takesUploads(options) ? surroundings.uploadCounts?.() : undefined;
  const pages = new ErrorPages(tree, limits, explain, {
    listing: options.listing,
    near,
    home,
    hasUsers: options.auth !== undefined,
  });
  const live = liveParts(options, surroundings, pages, limits, headers);
  const users = openUsers(options, limits, surroundings, pages);
  const maySend = users?.maySend;
  const { openUploads } = opened;
  const service = { tree, pages, limits, home, maySend, counts, openUploads };
  const uploads = uploadsOf(options, { ...surroundings, ...service });
  const caches: LateCaches = {};
  const around = { ...surroundings, caches };
  const content = contentOf(options, tree, pages, limits, around, live?.pages, uploads.offer);
  const parts = { tree, content, pages, limits, budgets };
  const endpoints: readonly Endpoint[] = [
    ...(live === undefined ? [] : [live.endpoint]),
    new RouteEndpoint(routes, parts),
    ...proxyEndpoints(options, backends, { pages, limits, scheme }),
    ...postEndpoints(options.post, { ...parts, formPage }),
    ...uploads.endpoints,
    ...(options.base === "/" ? [] : [openBase(home, options, { ...parts, mapping })]),
    new TreeEndpoint({ tree, content, pages, mapping }),
  ];
  const guards = [...guardsOf(options, surroundings, pages, users)];
  const finishers: Finisher[] = [...(headers === undefined ? [] : [headers]), ...uploads.finishers];
  if (explain) {
    const { ServerTiming } =
      require("./rules/server-timing.ts") as typeof import("./rules/server-timing.ts");
    const timing = new ServerTiming(clock);
    guards.unshift(timing);
    finishers.push(timing);
  }
  if (live !== undefined) finishers.push(live.finisher);
  // The last one: rules and live reload set Cache-Control, too.
  if (users !== undefined) finishers.push(users.finisher);
  const pacing = new ResponsePacing(budgets.responses, limits);
  const cache = surroundings.responseCache?.(limits);
  const site = new Site({ guards, endpoints, finishers, pages, pacing, limits, cache });
  const cacheBytes = cacheBytesOf(opened, caches);
  return { ...opened, site, limits, backends, cacheBytes, uploadsPresent: uploads.present };
}
