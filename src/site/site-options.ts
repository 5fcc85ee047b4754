/**
 * The options of a site: what it serves, to whom, and how. `server/serve-options.ts` adds the
 * options of the server.
 */

import type { Limits } from "../base/limits.ts";
import { defaultLimits } from "../base/limits.ts";
import type { SymlinkRule } from "../tree/disk/walk.ts";
import { symlinkRules } from "../tree/disk/walk.ts";
import type { MemoryFiles } from "../tree/memory/memory-files.ts";
import type { MemoryTree } from "../tree/memory/memory-tree.ts";
import type { StoreOptions } from "../tree/store/client/store-source.ts";
import type { Permissions } from "../tree/permission.ts";
import { permissionRules } from "../tree/permission.ts";
import type { AuthOptions } from "./auth/auth-options.ts";
import type { ProxyTarget } from "./proxy/proxy-rule.ts";
import type { CorsRule, HeaderRule, RedirectRule, RewriteRule } from "./rules/rules.ts";

/** The values of the option `post`. */
const postActions = ["form", "echo", "upload", "off"] as const;

/**
 * What answers a POST that no route answers: the form page, what was sent ("echo"), where the files
 * of a form were stored ("upload"), or nothing ("off").
 */
type PostAction = (typeof postActions)[number];

/** Whether `root` names a bucket of an object store, and no path on this machine. */
export function isStoreName(root: string): boolean {
  return root.startsWith("s3://");
}

/** The options of a site; each may be left out. */
export interface SiteOptions {
  /**
   * The folder to serve, or a file, which is then all that is served, or a bucket of an object
   * store and a prefix in it, "s3://bucket/prefix"; "." by default.
   */
  readonly root?: string;
  /** How object stores that are served are asked; by default as the environment says. */
  readonly store?: StoreOptions;
  /**
   * Files to serve from memory, instead of a folder, or over it if `root` is set. Permission,
   * conditions, ranges, compression, listings and error pages work as they do on disk; there are no
   * symbolic links.
   */
  readonly files?: MemoryFiles;
  /**
   * The path that the root is served under, "/app/"; "/" by default. A request for `/` is
   * redirected there.
   */
  readonly base?: string;
  /**
   * Further folders or files, each by the path that it is served under: `{ "/docs": "./a" }`.
   * Without a root nothing but these is served.
   */
  readonly mounts?: Readonly<Record<string, string>>;
  /**
   * Backends that answer all below a path, `{ "/api": "http://127.0.0.1:3000" }`: any method,
   * streams and WebSockets. A path in the URL replaces the prefix; the longest prefix counts, and
   * comes before files. Objects say more, such as the `host` that the backend is told.
   */
  readonly proxy?: Readonly<Record<string, string | ProxyTarget>>;
  /**
   * Hosts that requests over loopback may name besides the server's own: names, addresses, domains
   * with their subdomains (".example.com"), or "*" for all. Requests for another host get 421.
   */
  readonly allowHosts?: readonly string[];
  /**
   * Who may come in: users and their passwords, which browsers ask for (RFC 7617), and rules of who
   * may ask for what. Without it everyone may ask for everything.
   */
  readonly auth?: AuthOptions;
  /**
   * Whose permission to read decides: a stranger's, by the *other* bits of the mode ("other", the
   * default), or that of the server's process ("process").
   */
  readonly permissions?: Permissions;
  /** Whether the page of a refusal says why; false by default. */
  readonly explain?: boolean;
  /** Whether names that begin with "." are served; false by default. */
  readonly hidden?: boolean;
  /** Which symbolic links are followed; by default those whose target is inside the root. */
  readonly symlinks?: SymlinkRule;
  /** Whether a folder without an index is listed; true by default. */
  readonly listing?: boolean;
  /**
   * Whether `?download=zip`, `tar`, `tar.gz` and `tar.zst` answer a folder as an archive of all in
   * it that may be read, also of folders with an index; false by default. It requires `listing`.
   */
  readonly allowArchive?: boolean;
  /**
   * Whether listings show files in place, thumbnails in a grid, and the folder's README, and
   * whether `?thumbnail` of an image and `?preview` of a Markdown file are answered; true by
   * default.
   */
  readonly previews?: boolean;
  /** The name of a folder's index; "index.html" by default, "" for none. */
  readonly index?: string;
  /** Whether the root's index answers navigations to missing paths; false by default. */
  readonly single?: boolean;
  /**
   * Whether `/about` is `about.html`, even where a folder `about/` exists, and `/about.html`
   * redirects to `/about`; false by default.
   */
  readonly cleanUrls?: boolean;
  /** How long responses are fresh, in whole seconds; without it caches revalidate each time. */
  readonly cache?: number;
  /** Fields to add to responses; they replace the server's own of the same name. */
  readonly headers?: readonly HeaderRule[];
  /** Which other origins may read responses: none by default, all, or those listed. */
  readonly cors?: boolean | CorsRule;
  /** Paths that redirect; the first pattern that matches is used. */
  readonly redirects?: readonly RedirectRule[];
  /** Paths that are answered as another path; the first pattern that matches is used. */
  readonly rewrites?: readonly RewriteRule[];
  /** Whether compressed variants are sent to clients that accept them; true by default. */
  readonly compress?: boolean;
  /** Whether a 103 with links to a page's resources precedes it (RFC 8297 §2); false by default. */
  readonly earlyHints?: boolean;
  /**
   * Whether open pages reload when a file changes; false by default. Pages then contain a script,
   * and no answer is used again without revalidation.
   */
  readonly live?: boolean;
  /** What POST does where no route answers it; "form" by default. */
  readonly post?: PostAction;
  /** The form page, in the root; "MyForm.html" by default. */
  readonly form?: string;
  /** Whether PUT stores and replaces files, and DELETE removes them; false by default. */
  readonly put?: boolean;
  /** The folder below the root that uploads go into; "/", all of the root, by default. */
  readonly uploadDir?: string;
  /** The permission bits of new files; 0o600 by default, so that no visitor may read them. */
  readonly uploadMode?: number;
  /** How many bytes the folder of uploads may hold; without it as many as the disk takes. */
  readonly uploadQuota?: number;
  /**
   * Whether uploads may be the site's own: have names that the site interprets, and be pages with
   * scripts; false by default.
   */
  readonly trustUploads?: boolean;
  /** Limits and timeouts that differ from `defaultLimits`. */
  readonly limits?: Partial<Record<keyof Limits, number>>;
}

/** Options without a default value. */
type OptionWithoutDefault = "files" | "cache" | "auth" | "store" | "uploadQuota";

/** The value of each option that is left out. */
export const defaultSiteOptions = {
  root: ".",
  base: "/",
  mounts: {},
  proxy: {},
  allowHosts: [],
  permissions: "other",
  explain: false,
  hidden: false,
  symlinks: "inside",
  listing: true,
  allowArchive: false,
  previews: true,
  index: "index.html",
  single: false,
  cleanUrls: false,
  headers: [],
  cors: false,
  redirects: [],
  rewrites: [],
  compress: true,
  earlyHints: false,
  live: false,
  post: "form",
  form: "MyForm.html",
  put: false,
  uploadDir: "/",
  uploadMode: 0o600,
  trustUploads: false,
  limits: defaultLimits,
} as const satisfies Required<Omit<SiteOptions, OptionWithoutDefault>>;

/** Options of a site where only those without a default may be absent. */
export type CompleteSiteOptions = Required<Omit<SiteOptions, OptionWithoutDefault>> &
  Pick<SiteOptions, "cache" | "auth" | "store" | "uploadQuota"> & {
    /** Files, or a tree in memory to serve again. `root` is ignored then. */
    readonly files?: MemoryFiles | MemoryTree;
    /** The folder that the files lie over; without it they are all there is. */
    readonly filesOver?: string | undefined;
  };

/** The values of the options that take one of several words. */
export const siteOptionWords = {
  permissions: permissionRules,
  symlinks: symlinkRules,
  post: postActions,
} as const;
