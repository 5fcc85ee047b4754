/**
 * What a client is told of what was stored: as a page to browsers, with a form for more, and as
 * JSON to others. Both are made of the same value.
 */

import { prefersMedia } from "../../http/fields/accept-media.ts";
import type { Response, ResponseNote } from "../../http/message/response.ts";
import { ResponseBuilder } from "../../http/message/response-builder.ts";
import { displayName, encodeName } from "../../tree/path.ts";
import { noSniff, ownOriginOnly } from "../content/cache-control.ts";
import { escapeHtml, renderPage } from "../pages/markup.ts";
import type { Request } from "../request.ts";

/** A file that was stored. */
export interface StoredFile {
  readonly name: string;
  /** The name that it was sent by, as text. */
  readonly sentAs: string;
  readonly octets: number;
  /** Whether visitors may read it, by its permission bits. */
  readonly isReadable: boolean;
}

const jsonType = "application/json";
const htmlType = "text/html";

/** What is said where visitors don't get what was stored. */
const unreadable = "Visitors can't read it: the server keeps uploads to itself (--upload-mode).";

/** A number of octets in the log, "1 byte". */
export function byteCount(octets: number): string {
  return `${octets} ${octets === 1 ? "byte" : "bytes"}`;
}

/** The fields of a form for files. */
const fields = `<p><label>Files: <input type="file" name="file" multiple required></label>
<button>Upload</button></p>`;

/** A form for files, which is sent to the address of its page. */
const form = `<form method="post" enctype="multipart/form-data">
${fields}
</form>`;

/** The form as a part of the folder's page, whatever the query of that is, with `more` in it. */
export function uploadFormPart(more: string): string {
  return `<form method="post" enctype="multipart/form-data" action="./">
${fields}
${more}
</form>`;
}

/** A page with a form for files, in a folder. */
export function uploadFormPage(): string {
  return renderPage("Upload", `<h1>Upload</h1>\n${form}\n<p><a href="./">The folder</a></p>`);
}

function rowOf({ name, sentAs, octets, isReadable }: StoredFile, folder: string): string {
  const shown = escapeHtml(displayName(name));
  const link = `<a href="${escapeHtml(folder + encodeName(name))}">${shown}</a>`;
  const sent = name === sentAs ? "" : `sent as ${escapeHtml(displayName(sentAs))}. `;
  const remark = sent + (isReadable ? "" : escapeHtml(unreadable));
  const cells = `<td>${isReadable ? link : shown}</td><td class="number">${octets}</td>`;
  return `<tr>${cells}<td>${remark}</td></tr>`;
}

function storedPage(files: readonly StoredFile[], folder: string): string {
  const title = files.length === 1 ? "1 file is stored" : `${files.length} files are stored`;
  const head = '<tr><th scope="col">Name</th><th scope="col" class="number">Bytes</th>';
  const rows = files.map((file) => rowOf(file, folder)).join("\n");
  const table = `<table>\n${head}<th scope="col">Remarks</th></tr>\n${rows}\n</table>`;
  const back = `<p><a href="${escapeHtml(folder)}">The folder</a></p>`;
  return renderPage(title, `<h1>${title}</h1>\n${table}\n${form}\n${back}`);
}

function storedJson(files: readonly StoredFile[], folder: string): string {
  const members = files.map(({ name, sentAs, octets, isReadable }) => ({
    name: displayName(name),
    location: folder + encodeName(name),
    sentAs: displayName(sentAs),
    octets,
    readable: isReadable,
    ...(isReadable ? {} : { remark: unreadable }),
  }));
  return `${JSON.stringify({ files: members }, null, 2)}\n`;
}

/**
 * The 201 for `files`. `folder` leads from the address that was asked for to their folder, "./"; it
 * is relative, so that it also leads there behind a proxy that has taken a prefix off the path.
 */
export function storedResponse(
  { head }: Request,
  files: readonly StoredFile[],
  folder: string,
  note: ResponseNote,
): Response {
  const builder = new ResponseBuilder(201)
    .field("Cache-Control", "no-store")
    .field("Vary", "Accept")
    .line(noSniff)
    .line(ownOriginOnly)
    .noting(note);
  const [only, ...others] = files;
  if (only !== undefined && others.length === 0) {
    builder.field("Location", folder + encodeName(only.name));
  }
  return prefersMedia(head.fields.getAll("accept"), htmlType, jsonType)
    ? builder.html(storedPage(files, folder)).build()
    : builder.text(storedJson(files, folder), jsonType).build();
}
