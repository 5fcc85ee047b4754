/**
 * Opens what a site stores uploads with, from its options. Loaded by the first site that has any.
 */

import { resolve } from "node:path";

import type { Clock } from "../../schedule/clock.ts";
import type { ContainedPath } from "../../tree/path.ts";
import { childPath, displayName, folderPath, rootPath } from "../../tree/path.ts";
import { DiskUploadTree } from "../../tree/writing/disk/disk-upload-tree.ts";
import type { UploadTree, UploadTreeOptions } from "../../tree/writing/upload-tree.ts";
import type { Endpoint, Finisher } from "../endpoint.ts";
import { CountedUploads } from "../operations/counted-uploads.ts";
import type { UploadCounts, UploadsPresent } from "../operations/upload-counts.ts";
import { ServeError } from "../serve-error.ts";
import type { CompleteSiteOptions } from "../site-options.ts";
import type { MaySend } from "../upload-area/upload-offer.ts";
import { UploadOffer } from "../upload-area/upload-offer.ts";
import { Admissions } from "./admissions.ts";
import { FolderEndpoint } from "./folder-endpoint.ts";
import { PutEndpoint } from "./put-endpoint.ts";
import { sweepAgain } from "./resumable/repeated-sweep.ts";
import { ResourceEndpoint } from "./resumable/resource-endpoint.ts";
import { UploadLimitFinisher } from "./resumable/upload-limits.ts";
import { UploadResources } from "./resumable/upload-resources.ts";
import { SandboxFinisher } from "./sandbox-finisher.ts";
import { UploadEndpoint } from "./upload-endpoint.ts";
import { OwnNames } from "./upload-names.ts";
import type { UploadListener } from "./upload-progress.ts";
import type { UploadParts } from "./upload-site.ts";
import { UploadSite } from "./upload-site.ts";

/** What uploads add to a site. */
export interface OpenUploads {
  readonly endpoints: readonly Endpoint[];
  readonly finishers: readonly Finisher[];
  /** What listings offer; undefined where no form is taken. */
  readonly offer: UploadOffer | undefined;
  /** What there is of uploads now; absent for a site that takes none. */
  readonly present?: () => UploadsPresent;
}

/** What the site has already. */
export type UploadService = Pick<UploadParts, "tree" | "pages" | "limits" | "budgets" | "home"> & {
  readonly clock: Clock;
  /** Whether a visitor may send a request with another method; everyone may, without users. */
  readonly maySend: MaySend | undefined;
  /** Is told of uploads while they are received. */
  readonly onUpload?: UploadListener | undefined;
  /** Opens what files are written to the root with; undefined for one on disk. */
  readonly openUploads?: ((options: UploadTreeOptions) => UploadTree) | undefined;
  /** Undefined where nothing is counted. */
  readonly counts: UploadCounts | undefined;
};

/** The folder that `named` names below the root. Throws a `ServeError` when it can't be one. */
function readFolder(named: string): ContainedPath {
  let path: ContainedPath | undefined = rootPath;
  for (const name of named.split("/")) {
    if (name === "" || path === undefined) continue;
    path = name.startsWith(".") ? undefined : childPath(path, name);
  }
  if (path !== undefined) return folderPath(path);
  throw new ServeError("uploadDir", `the folder of uploads must be below the root, not ${named}`);
}

/** The error of a site whose uploads can't go into `folder` below `root`, for the reason `kind`. */
function cannotStore(folder: ContainedPath, root: string, kind: string): ServeError {
  const place = `${displayName(folder.segments.join("/"))} below ${displayName(resolve(root))}`;
  const isMissing = kind === "absent" && folder.segments.length > 0;
  const line = isMissing
    ? `there is no folder ${place}; it is named from the root, such as inbox`
    : `no uploads can be stored in /${place}: ${kind}`;
  return new ServeError("uploadDir", line);
}

/** The absolute path of the folder on disk that is served at `home`; undefined if there is none. */
function rootOf({ tree, home }: UploadService): string | undefined {
  const at = home.segments.map((name) => `${name}/`).join("");
  return tree.folders?.find((folder) => folder.at === at && folder.only === undefined)?.path;
}

/** What files are written to; throws a `ServeError` when that can't take any. */
function openTree(
  { files }: CompleteSiteOptions,
  service: UploadService,
  common: UploadTreeOptions,
): UploadTree {
  // Of a store nothing is asked at the start.
  if (files === undefined && service.openUploads !== undefined) return service.openUploads(common);
  const root = files === undefined ? rootOf(service) : undefined;
  if (root === undefined) {
    throw new ServeError("uploadDir", "uploads need a folder on disk, or a store, that is served");
  }
  const tree = new DiskUploadTree({ root, ...common });
  const opened = tree.open(common.folder);
  if (!opened.ok) throw cannotStore(common.folder, root, opened.error.kind);
  opened.value.close();
  return tree;
}

/**
 * What uploads add to the site that `options` describe, and looks for what killed processes have
 * left. Throws a `ServeError` when nothing can be stored.
 */
export function openUploads(options: CompleteSiteOptions, service: UploadService): OpenUploads {
  const { put, post, permissions, uploadDir, uploadMode, uploadQuota } = options;
  const { trustUploads, index, form } = options;
  const folder = readFolder(uploadDir);
  const { limits, clock } = service;
  const makeRoom = (): Promise<boolean> => admissions.makeRoom();
  const quota = uploadQuota === undefined ? undefined : { folder, bytesMax: uploadQuota, makeRoom };
  const { scheduler } = service.budgets;
  const common = { permissions, limits, clock, scheduler, folder, quota, makeRoom };
  const uploads = openTree(options, service, common);
  const admissionLimits = { ...limits, uploadsAtOnceMax: uploads.atOnceMax };
  const { onUpload, counts } = service;
  const admissions: Admissions = new Admissions(admissionLimits, clock, onUpload, counts);
  sweepAgain(uploads, folder, { clock, limits, scheduler });
  const ownNames = trustUploads ? undefined : new OwnNames(index, form);
  const site = new UploadSite({
    ...service,
    uploads,
    admissions,
    permissions,
    folder,
    mode: uploadMode,
    ownNames,
  });
  const resources = new UploadResources(site);
  const endpoints: readonly Endpoint[] = [
    new FolderEndpoint(site),
    new ResourceEndpoint(site, resources),
    ...(put ? [new PutEndpoint(site, resources)] : []),
    ...(post === "upload" ? [new UploadEndpoint(site, resources)] : []),
  ];
  return {
    endpoints:
      counts === undefined ? endpoints : endpoints.map((one) => new CountedUploads(one, counts)),
    present: () => ({ unfinished: uploads.unfinished.total, quota: uploads.quota }),
    offer: post === "upload" ? new UploadOffer(site, service.maySend ?? (() => true)) : undefined,
    finishers: [...(trustUploads ? [] : [new SandboxFinisher()]), new UploadLimitFinisher(site)],
  };
}
