/**
 * What an echo says, as JSON and as a page. Both are made of the same value.
 *
 * The values of Cookie, Authorization and Proxy-Authorization are left out: a script must not read
 * by an echo what the browser keeps from it (RFC 9110 §9.3.8 forbids TRACE the same).
 */

import type { RequestHead } from "../../http/message/request.ts";
import { displayName } from "../../tree/path.ts";
import { escapeHtml, renderPage } from "../pages/markup.ts";
import type { EchoedBody, EchoedValue } from "./echo-digest.ts";

/** A request as it is echoed: the members of the JSON. */
interface Echo {
  readonly method: string;
  /** The target as it was sent. */
  readonly target: string;
  /** "1.1" */
  readonly version: string;
  /** The header fields, in the order in which they were sent; null for a value that isn't told. */
  readonly fields: readonly (readonly [name: string, value: string | null])[];
  readonly body: {
    readonly type: string;
    readonly octets: number;
    readonly sha256: string;
  };
  /** The values of a form; null when the body is no form. */
  readonly form: readonly EchoedValue[] | null;
}

const untold: ReadonlySet<string> = new Set(["cookie", "authorization", "proxy-authorization"]);

/** The echo of a request. */
export function echoOf(head: RequestHead, { type, octets, sha256, form }: EchoedBody): Echo {
  return {
    method: head.method,
    target: head.rawTarget,
    version: head.version.slice("HTTP/".length),
    fields: [...head.fields].map(([name, value]) => [
      name,
      untold.has(name.toLowerCase()) ? null : value,
    ]),
    body: { type, octets, sha256 },
    form: form ?? null,
  };
}

/** `text` of a client as HTML. */
function shown(text: string): string {
  return escapeHtml(displayName(text));
}

/** The same, of which the line breaks stay. */
function shownLines(text: string): string {
  const lines = text.split(/\r\n|\r|\n/).map((one) => shown(one));
  return `<td class="lines">${lines.join("\n")}</td>`;
}

function row(cells: readonly string[]): string {
  return `<tr>${cells.join("")}</tr>`;
}

function valueRow({ name, value, filename, type, octets, sha256 }: EchoedValue): string {
  const what =
    value ?? [`file ${filename === undefined ? "" : `"${filename}"`}`, type].join(" ").trim();
  return row([
    `<th scope="row">${shown(name)}</th>`,
    shownLines(what),
    `<td class="number">${octets}</td>`,
    `<td><code>${sha256}</code></td>`,
  ]);
}

function formTable(form: readonly EchoedValue[] | null): string {
  if (form === null) return '<p class="soft">The body is no form.</p>';
  if (form.length === 0) return '<p class="soft">The form has no values.</p>';
  const head = '<th>Name</th><th>Value</th><th class="number">Bytes</th><th>SHA-256</th>';
  const rows = form.map((value) => valueRow(value)).join("\n");
  return `<table>\n<thead><tr>${head}</tr></thead>\n<tbody>\n${rows}\n</tbody>\n</table>`;
}

const style = `<style>
h2 { font-size: 1.125rem; margin: 2rem 0 0.5rem; }
td, th { vertical-align: top; text-align: start; overflow-wrap: anywhere; }
th { min-width: 7rem; }
.lines { white-space: pre-wrap; }
th.number, td.number { min-width: 0; text-align: end; }
code { font-size: 0.8125rem; overflow-wrap: anywhere; }
@media (max-width: 40rem) {
  thead { display: none; }
  table, tbody { display: block; }
  tr { display: block; padding: 0.5rem 0; border-bottom: 1px solid var(--line); }
  td.number::after { content: " bytes"; }
  th, td, td.number { display: block; padding: 0.125rem 0; border: 0; text-align: start; }
}
</style>`;

/** The echo as a page. */
export function echoPage(echo: Echo): string {
  const { method, target, version, fields, body, form } = echo;
  const rows = fields.map(([name, value]) =>
    row([
      `<th scope="row">${shown(name)}</th>`,
      value === null ? '<td class="soft">not shown</td>' : `<td>${shown(value)}</td>`,
    ]),
  );
  const title = `${method} ${target}`;
  const type = body.type === "" ? "no media type" : body.type;
  const parts = [
    style,
    `<h1>${shown(title)}</h1>`,
    `<p class="soft">HTTP/${shown(version)}, received and not kept.</p>`,
    "<h2>Form</h2>",
    formTable(form),
    "<h2>Body</h2>",
    `<p>${shown(type)}, ${body.octets} bytes, SHA-256 <code>${body.sha256}</code></p>`,
    "<h2>Fields</h2>",
    `<table>\n<tbody>\n${rows.join("\n")}\n</tbody>\n</table>`,
  ];
  return renderPage(displayName(title), parts.join("\n"));
}

/** The echo as JSON: one object and a line break. */
export function echoJson(echo: Echo): string {
  return `${JSON.stringify(echo, undefined, 2)}\n`;
}
