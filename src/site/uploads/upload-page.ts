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

/** The style of the form on a page of its own, in the colours of all generated pages. */
const style = `<style>
form {
  margin: 1.5rem 0; padding: 1rem; border: 1px solid var(--line); border-radius: 0.5rem;
}
form p { display: flex; flex-wrap: wrap; align-items: end; gap: 0.75rem; margin: 0; }
form p + p { margin-top: 0.75rem; font-size: 0.875rem; }
label { flex: 1 1 16rem; min-width: 0; }
input { display: block; width: 100%; margin-top: 0.5rem; color: var(--soft); font: inherit; }
button, ::file-selector-button {
  padding: 0.3125rem 0.75rem; border: 1px solid var(--soft); border-radius: 0.5rem;
  background: var(--back); color: var(--ink); font: inherit; cursor: pointer;
}
::file-selector-button { margin-inline: 0 0.75rem; }
button:hover, ::file-selector-button:hover { border-color: var(--link); color: var(--link); }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 0.5rem; }
</style>`;

/** A number of octets in the log, "1 byte". */
export function byteCount(octets: number): string {
  return `${octets} ${octets === 1 ? "byte" : "bytes"}`;
}

/** The fields of a form for files. */
const fields = `<p><label>Files: <input type="file" name="file" multiple required></label>
<button>Upload</button></p>`;

/** A form for files, which is sent to the address of its page, with `more` in it. */
function formWith(more = ""): string {
  return `<form method="post" enctype="multipart/form-data">
${fields}${more}
</form>`;
}

const binaryUnits = ["B", "KiB", "MiB", "GiB", "TiB"] as const;

/** A limit of `octets`, never more than it is: in a power of 1024, with one decimal at most. */
function limitText(octets: number): string {
  let unit = 0;
  while (octets >= 1024 ** (unit + 1) && unit < binaryUnits.length - 1) unit++;
  return `${Math.floor((octets / 1024 ** unit) * 10) / 10} ${binaryUnits[unit] ?? ""}`;
}

/** The form as a part of the folder's page, whatever the query of that is, with `more` in it. */
export function uploadFormPart(more: string): string {
  return `<form method="post" enctype="multipart/form-data" action="./">
${fields}
${more}
</form>`;
}

/** A page with a form for files, in a folder, of which one request may have `octetsMax`. */
export function uploadFormPage(octetsMax: number): string {
  const limit = `\n<p class="soft">At most ${limitText(octetsMax)} at once.</p>`;
  const back = '<p><a href="./">The folder</a></p>';
  return renderPage("Upload", `${style}\n<h1>Upload</h1>\n${formWith(limit)}\n${back}`);
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
  return renderPage(title, `${style}\n<h1>${title}</h1>\n${table}\n${formWith()}\n${back}`);
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
