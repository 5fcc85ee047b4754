/**
 * GET and HEAD of the tree (RFC 9110 §9.3.1, §9.3.2): a path becomes an outcome, and an outcome
 * becomes a response. What may be read, and by whom, was decided where the file was opened.
 */

import type { Limits } from "../../base/limits.ts";
import type {
  AbsenceCause,
  OpenDirectory,
  OpenFile,
  Outcome,
  Tree,
} from "../../tree/disk/disk-tree.ts";
import type { ContainedPath } from "../../tree/path.ts";
import { childPath, containPath, encodePath } from "../../tree/path.ts";
import { explainDenial } from "../../tree/permission.ts";
import { utf8Bytes } from "../../http/bytes.ts";
import type { EntityTag } from "../../http/entity-tag.ts";
import { refusals } from "../../http/error.ts";
import type { Response, ResponseField } from "../../http/response.ts";
import { ResponseBuilder } from "../../http/response-builder.ts";
import type { ContentStatus } from "../../http/status.ts";
import type { Scheme } from "../../http/target.ts";
import type { CodingService, FormChoice } from "../variants/variant.ts";
import { acceptsPlain, chooseForm, withForms } from "../variants/variant.ts";
import type { EarlyHints } from "../hints/early-hints.ts";
import type { ErrorPages } from "../pages/error-page.ts";
import { representFile, tagOfBytes } from "./file-representation.ts";
import { fileResponse } from "./file-response.ts";
import { cacheControl } from "./cache-control.ts";
import type { Request } from "../request.ts";
import { readListing, renderListing, streamListing } from "./listing-page.ts";
import type { Representation } from "./representation.ts";
import { answerWith, release, weighRequest } from "./representation.ts";

/** What the file handler needs. */
export interface FileService {
  readonly tree: Tree;
  readonly pages: ErrorPages;
  readonly limits: Limits;
  /** Of the resources here: "https" when connections are with TLS (RFC 9110 §4.2). */
  readonly scheme: Scheme;
  /** Whether a folder without an index shows what is in it. */
  readonly listing: boolean;
  /** Seconds for which answers are fresh; undefined when they are revalidated each time. */
  readonly cacheSeconds: number | undefined;
  /** Undefined when nothing is to be compressed. */
  readonly coding: CodingService | undefined;
  /** Undefined when pages are sent without hints. */
  readonly earlyHints: Promise<EarlyHints> | undefined;
}

const htmlType = "text/html; charset=utf-8";

/** The answer is taken for what it says it is (Fetch, "X-Content-Type-Options"). */
const noSniff: ResponseField = ["X-Content-Type-Options", "nosniff"];

/** Fields of answers from the tree, by what they say of freshness. */
const treeFields = new WeakMap<ResponseField, readonly ResponseField[]>();

/** Fields of every answer from the tree, for the file `name`. */
function fieldsFor(name: string, { cacheSeconds }: FileService): readonly ResponseField[] {
  const freshness = cacheControl(name, cacheSeconds);
  let fields = treeFields.get(freshness);
  if (fields === undefined) {
    fields = [freshness, noSniff];
    treeFields.set(freshness, fields);
  }
  return fields;
}

/**
 * Sends a browser from `/folder` to `/folder/`. The location is made from the contained path and
 * not from what came, so that it begins with exactly one slash and can't name another host.
 */
function redirectToFolder(
  path: ContainedPath,
  query: string | undefined,
  { cacheSeconds }: FileService,
): Response {
  const location = `${encodePath(path)}/${query === undefined ? "" : `?${query}`}`;
  // A browser keeps a 308 that says nothing else for as long as it likes.
  const [name, value] = cacheControl("", cacheSeconds);
  return new ResponseBuilder(308).field<string>(name, value).field("Location", location).build();
}

/** Why a name that may be on the disk is answered 404, for the log and for `--explain`. */
const absenceReasons: Record<AbsenceCause, string> = {
  hidden: "names that begin with a dot are hidden; --hidden serves them",
  "link-outside": "a symbolic link leads outside the root; --symlinks follow serves it",
  "link-refused": "symbolic links are not followed, as --symlinks deny says",
  "link-loop": "the symbolic links go round in a circle, or on for too long",
  special: "neither a file nor a folder",
};

/** `plain`, which is at `path`, in the form that the client would rather have. */
function formOf(
  request: Request,
  plain: Representation,
  path: ContainedPath,
  { coding }: FileService,
): FormChoice {
  return coding === undefined ? plain : chooseForm(request, plain, path, coding);
}

/** What files that recur are represented by, as long as they are given out. */
const represented = new WeakMap<OpenFile, Representation>();

/** `plain`, of what is called `name`, saying what forms it has where forms are chosen. */
function tellForms(plain: Representation, name: string, { coding }: FileService): Representation {
  return coding === undefined ? plain : withForms(plain, name);
}

function representPlain(file: OpenFile, service: FileService): Representation {
  return tellForms(representFile(file, fieldsFor(file.name, service)), file.name, service);
}

/** `file` as it is. A file belongs to one tree and so to one service. */
function plainOf(file: OpenFile, service: FileService): Representation {
  if (!file.recurs) return representPlain(file, service);
  let representation = represented.get(file);
  if (representation === undefined) {
    representation = representPlain(file, service);
    represented.set(file, representation);
  }
  return representation;
}

/** Where indexes are that stay, by the file. */
const indexPaths = new WeakMap<OpenFile, ContainedPath>();

/** Where `file`, found at `path`, is: in a folder it stands for that. */
function pathOfFile(file: OpenFile, path: ContainedPath): ContainedPath {
  if (!path.trailingSlash) return path;
  const known = indexPaths.get(file);
  if (known !== undefined) return known;
  const found = childPath(path, file.name) ?? path;
  indexPaths.set(file, found);
  return found;
}

/** `file`, found at `path`, in that form. */
function formOfFile(
  request: Request,
  file: OpenFile,
  path: ContainedPath,
  service: FileService,
): FormChoice {
  return formOf(request, plainOf(file, service), pathOfFile(file, path), service);
}

/**
 * The listing of `directory`, found at `path`, in that form; undefined when it is too long to be
 * made before it is sent.
 */
async function formOfListing(
  request: Request,
  directory: OpenDirectory,
  path: ContainedPath,
  service: FileService,
): Promise<FormChoice | undefined> {
  const { listingEntriesMax, listingWholeEntriesMax } = service.limits;
  const listed = await readListing(directory, listingEntriesMax, listingWholeEntriesMax);
  if (listed === undefined) return undefined;
  const content = utf8Bytes(renderListing(path, listed));
  const entityTag = tagOfBytes(content);
  const plain = { mediaType: htmlType, entityTag, content, fields: fieldsFor("", service) };
  return formOf(request, tellForms(plain, "", service), path, service);
}

/**
 * The tag of what is sent before anyone knows all of it. No client can spell it, so that of all
 * conditions only "*" is about it.
 */
const untold: EntityTag = { weak: true, opaque: '"' };

/** Answers with the listing of `directory` while it is read: as it is, without tag or length. */
function streamOfListing(
  request: Request,
  directory: OpenDirectory,
  service: FileService,
): Response {
  const { coding, limits, pages } = service;
  if (coding !== undefined && !acceptsPlain(request.head.fields)) return pages.notAcceptable();
  const { kind } = weighRequest(request, { entityTag: untold });
  if (kind === "failed") return pages.preconditionFailed();
  const [name, value] = cacheControl("", service.cacheSeconds);
  if (kind === "not-modified") return new ResponseBuilder(304).field<string>(name, value).build();
  const builder = new ResponseBuilder(200).field<string>(name, value).field(...noSniff);
  return builder.stream(streamListing(directory, limits.listingEntriesMax), htmlType).build();
}

/** Answers with the listing of `directory`, found at `path`. */
async function answerWithListing(
  request: Request,
  directory: OpenDirectory,
  path: ContainedPath,
  service: FileService,
): Promise<Response> {
  const form = await formOfListing(request, directory, path, service);
  if (form === undefined) return streamOfListing(request, directory, service);
  return answerInForm(request, form, service);
}

function answerInForm(
  request: Request,
  form: FormChoice,
  { pages, limits }: FileService,
): Response | Promise<Response> {
  if (form === "none") return pages.notAcceptable();
  if (form === "busy") return pages.refusal(refusals.overloaded);
  if (!(form instanceof Promise)) return answerWith(request, form, pages, limits);
  return form.then((made) => answerWith(request, made, pages, limits));
}

/**
 * Answers with `plain`, the page at `path`, in one of its forms; what it refers to goes ahead of
 * it, where all of it is sent.
 */
async function answerWithHints(
  request: Request,
  plain: Representation,
  path: ContainedPath,
  earlyHints: Promise<EarlyHints>,
  service: FileService,
): Promise<Response> {
  let hints: readonly string[];
  try {
    hints = (await earlyHints).linksOf(plain, request.head);
  } catch (error) {
    release(plain);
    throw error;
  }
  const response = await answerInForm(request, formOf(request, plain, path, service), service);
  return response.status === 200 && hints.length > 0
    ? { ...response, hints, recurs: false }
    : response;
}

/** Answers with `file`, found at `path`. */
function answerWithFile(
  request: Request,
  file: OpenFile,
  path: ContainedPath,
  service: FileService,
): Response | Promise<Response> {
  const plain = plainOf(file, service);
  const filePath = pathOfFile(file, path);
  const { earlyHints } = service;
  const { method, acceptsInterim } = request.head;
  const mayHint = method === "GET" && acceptsInterim && plain.mediaType === htmlType;
  if (earlyHints !== undefined && mayHint) {
    return answerWithHints(request, plain, filePath, earlyHints, service);
  }
  return answerInForm(request, formOf(request, plain, filePath, service), service);
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
  let form: FormChoice | undefined = "none";
  if (found.kind === "file") form = formOfFile(request, found.file, path.value, service);
  if (found.kind === "directory" && service.listing) {
    form = await formOfListing(request, found.directory, path.value, service);
  }
  // It is there, and that is all that is known of it.
  form ??= { mediaType: htmlType, entityTag: untold, content: new Uint8Array(0), fields: [] };
  return form === "none" || form === "busy" ? undefined : form;
}

/**
 * Answers a request that has done something with the file that was `found`: its content alone,
 * since neither the request's conditions nor validators would be about that file.
 */
export function answerWithContent(
  found: Outcome,
  builder: ResponseBuilder<ContentStatus>,
  { pages }: Pick<FileService, "pages">,
): Response {
  switch (found.kind) {
    case "file":
      return fileResponse(builder, found.file);
    case "forbidden":
      return pages.forbidden(explainDenial(found.denial));
    case "exhausted":
      return pages.refusal(refusals.overloaded);
    case "failed":
      return pages.failed(`the file system answered ${found.code}`);
    default:
      return pages.notFound();
  }
}

/** Answers a GET or a HEAD of its own target. */
export function answerFromTree(
  request: Request,
  service: FileService,
): Response | Promise<Response> {
  const { pages } = service;
  const { target } = request.head;
  if (target.form !== "origin" && target.form !== "absolute") {
    return pages.refusal(refusals["target-form"]);
  }
  const path = containPath(target.path);
  if (!path.ok) {
    return path.error === "unnameable" ? pages.notFound() : pages.refusal(refusals.path);
  }
  return answerFromPath(request, path.value, target.query, service);
}

/** Answers a GET or a HEAD with what is at `path`, whatever its target is. */
export function answerFromPath(
  request: Request,
  path: ContainedPath,
  query: string | undefined,
  service: FileService,
): Response | Promise<Response> {
  return answerFound(request, service.tree.resolve(path), path, query, service);
}

/** Answers a GET or a HEAD with what was `found` at `path`. */
export function answerFound(
  request: Request,
  found: Outcome,
  path: ContainedPath,
  query: string | undefined,
  service: FileService,
): Response | Promise<Response> {
  const { pages } = service;
  switch (found.kind) {
    case "file":
      return answerWithFile(request, found.file, path, service);
    case "redirect":
      return redirectToFolder(path, query, service);
    case "directory":
      if (!service.listing) return pages.notFound("listings are off");
      return answerWithListing(request, found.directory, path, service);
    case "absent":
      return pages.notFound(found.cause === undefined ? undefined : absenceReasons[found.cause]);
    case "forbidden":
      return pages.forbidden(explainDenial(found.denial));
    case "exhausted":
      return pages.refusal(refusals.overloaded);
    case "failed":
      return pages.failed(`the file system answered ${found.code}`);
  }
}
