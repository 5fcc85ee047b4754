/**
 * GET and HEAD of the tree (RFC 9110 §9.3.1, §9.3.2): a path becomes an outcome, and an outcome
 * becomes a response. What may be read, and by whom, was decided where the file was opened.
 */

import type { Limits } from "../base/limits.ts";
import type { AbsenceCause, OpenDirectory, OpenFile, Tree } from "../files/resolve.ts";
import type { ContainedPath } from "../files/path.ts";
import { childPath, containPath, encodePath } from "../files/path.ts";
import { explainDenial } from "../files/permission.ts";
import { utf8Bytes } from "../protocol/bytes.ts";
import type { Response, ResponseField } from "../protocol/response.ts";
import { ResponseBuilder } from "../protocol/response-builder.ts";
import type { CodingService } from "./coding.ts";
import { chooseForm } from "./coding.ts";
import type { ErrorPages } from "./error-page.ts";
import { representFile, tagOfBytes } from "./file-representation.ts";
import type { Request } from "./handler.ts";
import { renderListing } from "./listing.ts";
import type { Representation } from "./representation.ts";
import { answerWith } from "./representation.ts";

/** What the file handler needs. */
export interface FileService {
  readonly tree: Tree;
  readonly pages: ErrorPages;
  readonly limits: Limits;
  /** Whether a folder without an index shows what is in it. */
  readonly listing: boolean;
  /** Undefined when nothing is to be compressed. */
  readonly coding: CodingService | undefined;
}

const htmlType = "text/html; charset=utf-8";

/**
 * Fields of every answer from the tree. It is revalidated each time, so that it is never stale (RFC
 * 9111 §5.2.2.4), and is taken for what it says it is (Fetch, "X-Content-Type-Options").
 */
const fileFields: readonly ResponseField[] = [
  ["Cache-Control", "no-cache"],
  ["X-Content-Type-Options", "nosniff"],
];

/**
 * Sends a browser from `/folder` to `/folder/`. The location is made from the contained path and
 * not from what came, so that it begins with exactly one slash and can't name another host.
 */
function redirectToFolder(path: ContainedPath, query: string | undefined): Response {
  const location = `${encodePath(path)}/${query === undefined ? "" : `?${query}`}`;
  return new ResponseBuilder(308).field("Location", location).build();
}

/** Why a name that may be on the disk is answered 404, for the log and for `--explain`. */
const absenceReasons: Record<AbsenceCause, string> = {
  hidden: "names that begin with a dot are hidden; --hidden serves them",
  "link-outside": "a symbolic link leads outside the root; --symlinks follow serves it",
  "link-refused": "symbolic links are not followed, as --symlinks deny says",
  "link-loop": "the symbolic links go round in a circle, or on for too long",
  special: "neither a file nor a folder",
};

/** `file`, found at `path`, in the form that the client would rather have. */
function formOf(
  request: Request,
  file: OpenFile,
  path: ContainedPath,
  { limits, coding }: FileService,
): Representation | Promise<Representation> | "none" {
  const plain = representFile(file, limits, fileFields);
  if (coding === undefined) return plain;
  const filePath = path.trailingSlash ? childPath(path, file.name) : path;
  return chooseForm(request.head.fields, plain, filePath, coding);
}

function representListing(
  directory: OpenDirectory,
  path: ContainedPath,
  limits: Limits,
): Representation {
  const { entries, left } = directory.entries(limits.listingEntriesMax);
  const content = utf8Bytes(renderListing(path, entries, left));
  return { mediaType: htmlType, entityTag: tagOfBytes(content), content, fields: fileFields };
}

/**
 * What a GET with the target and the fields of `request` would be answered with by now, for another
 * method to be weighed against; undefined when it would have nothing. Whoever gets it releases it.
 */
export async function selectRepresentation(
  request: Request,
  service: FileService,
): Promise<Representation | undefined> {
  const { target } = request.head;
  if (target.form !== "origin" && target.form !== "absolute") return undefined;
  const path = containPath(target.path);
  if (!path.ok) return undefined;
  const found = service.tree.resolve(path.value);
  if (found.kind === "file") {
    const form = await formOf(request, found.file, path.value, service);
    return form === "none" ? undefined : form;
  }
  const isListing = service.listing && found.kind === "directory";
  return isListing ? representListing(found.directory, path.value, service.limits) : undefined;
}

/** Answers a GET or a HEAD. */
export function answerFromTree(
  request: Request,
  service: FileService,
): Response | Promise<Response> {
  const { tree, pages, limits } = service;
  const { target } = request.head;
  if (target.form !== "origin" && target.form !== "absolute") {
    return pages.refusal({ kind: "target-form" });
  }
  const path = containPath(target.path);
  if (!path.ok) {
    return path.error === "unnameable" ? pages.notFound() : pages.refusal({ kind: "path" });
  }
  const found = tree.resolve(path.value);
  switch (found.kind) {
    case "file": {
      const form = formOf(request, found.file, path.value, service);
      if (form === "none") return pages.notAcceptable();
      if (!(form instanceof Promise)) return answerWith(request, form, pages, limits);
      return form.then((made) => answerWith(request, made, pages, limits));
    }
    case "redirect":
      return redirectToFolder(path.value, target.query);
    case "directory": {
      if (!service.listing) return pages.notFound("listings are off");
      const representation = representListing(found.directory, path.value, limits);
      return answerWith(request, representation, pages, limits);
    }
    case "absent":
      return pages.notFound(found.cause === undefined ? undefined : absenceReasons[found.cause]);
    case "forbidden":
      return pages.forbidden(explainDenial(found.denial));
    case "exhausted":
      return pages.refusal({ kind: "overloaded" });
    case "failed":
      return pages.failed(`the file system answered ${found.code}`);
  }
}
