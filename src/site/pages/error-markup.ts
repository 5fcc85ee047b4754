/**
 * The markup of error pages. They are short and refer to no other files, so that they look the same
 * in any tree. Their links are relative, so that they also lead to the right place behind a proxy
 * that has taken a prefix off the path.
 *
 * Loaded by the first page that is made.
 */

import { displayName, encodeName } from "../../tree/path.ts";
import { escapeHtml } from "./markup.ts";

const style = `
:root{color-scheme:light dark;--i:#1c2024;--s:#60646c;--l:#d9d9e0;--b:#fcfcfd;--a:#0b62c4}
@media(prefers-color-scheme:dark){
:root{--i:#edeef0;--s:#b0b4ba;--l:#363a3f;--b:#111113;--a:#70b8ff}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;align-items:center;background:var(--b);color:var(--i)}
body{font:1.0625rem/1.6 system-ui,sans-serif}
main{width:min(100% - 2.5rem,40rem);margin:auto;padding:3rem 0}
b{display:block;margin-left:-.04em;color:var(--a);font-size:clamp(5rem,24vw,9rem);line-height:1}
b{letter-spacing:-.04em}
h1{margin:.5rem 0 0;font-size:1.75rem;line-height:1.2}
p,pre{margin:.75rem 0}
code,pre{font:.9rem/1.5 ui-monospace,monospace;overflow-wrap:anywhere;white-space:pre-wrap}
pre{padding:.75rem 1rem;border:1px solid var(--l);border-radius:.5rem}
a{color:var(--a);overflow-wrap:anywhere}
ul{margin:.5rem 0;padding-left:1.25rem}
nav{display:flex;flex-wrap:wrap;gap:.75rem;margin-top:1.5rem}
nav a{padding:.5rem 1rem;border:1px solid;border-radius:.5rem;text-decoration:none}
.s,footer{color:var(--s)}
footer{margin-top:2rem;font-size:.875rem}
`;

/** A link of an error page: a path, and where it leads to from the page. */
export interface PageLink {
  /** The path of the tree that it leads to, as text: "/docs/". */
  readonly path: string;
  readonly href: string;
}

/** What an error page says. All of it is text, which is escaped here. */
export interface ErrorPageText {
  readonly status: number;
  /** The reason phrase of the status. */
  readonly phrase: string;
  /** A sentence for the client. */
  readonly text: string;
  /** The section that the sentence follows from, "RFC 9112 §3.2". */
  readonly section?: string | undefined;
  /** What was asked for, as far as it is shown. */
  readonly asked?: string | undefined;
  /** The reason in detail; shown only with `--explain`. */
  readonly reason?: string | undefined;
  /** The command that mends it; shown only with `--explain`. */
  readonly command?: string | undefined;
  /** The base that the site is served under, where the path asked for is outside of it. */
  readonly base?: { readonly path: string; readonly meant: PageLink } | undefined;
  /** Paths of similar names; shown only with `--explain`. */
  readonly near?: readonly PageLink[] | undefined;
  /** The nearest folder above that can be looked at. */
  readonly up?: PageLink | undefined;
  /** The root of the site. */
  readonly home?: string | undefined;
}

function linkTo({ path, href }: PageLink, label = path): string {
  return `<a href="${escapeHtml(href)}">${escapeHtml(displayName(label))}</a>`;
}

/** A list of links to paths of similar names. */
function nearList(near: readonly PageLink[]): string {
  const items = near.map((link) => `<li>${linkTo(link)}</li>`);
  return `<p>Similar names:</p>\n<ul>\n${items.join("\n")}\n</ul>`;
}

/** A note for the top of a page of the tree's own: lines of text, and links to similar names. */
export function notePre(lines: readonly string[], near: readonly PageLink[] = []): string {
  const shown = lines.map((line) => escapeHtml(line));
  if (near.length > 0) shown.push(`similar: ${near.map((link) => linkTo(link)).join(", ")}`);
  return `<pre role="note">${shown.join("\n")}</pre>\n`;
}

/** An error page. */
export function renderErrorPage(page: ErrorPageText): string {
  const { status, phrase, asked, reason, command, base, near, up, home, section } = page;
  const title = escapeHtml(`${status} ${phrase}`);
  const parts = [`<b>${status}</b>`, `<h1>${escapeHtml(phrase)}</h1>`];
  parts.push(`<p>${escapeHtml(page.text)}</p>`);
  if (asked !== undefined) {
    parts.push(`<p class="s"><code>${escapeHtml(displayName(asked))}</code></p>`);
  }
  if (reason !== undefined) parts.push(`<pre>${escapeHtml(reason)}</pre>`);
  if (command !== undefined) {
    parts.push(`<p>The command, for the served folder:</p>\n<pre>${escapeHtml(command)}</pre>`);
  }
  if (base !== undefined) {
    const { path, meant } = base;
    const under = `This site is served under <code>${escapeHtml(displayName(path))}</code>.`;
    parts.push(`<p>${under} Is ${linkTo(meant)} meant?</p>`);
  }
  if (near !== undefined && near.length > 0) parts.push(nearList(near));
  const links: string[] = [];
  if (up !== undefined) links.push(linkTo(up, `Up to ${up.path}`));
  if (home !== undefined) links.push(`<a href="${escapeHtml(home)}">Home</a>`);
  if (links.length > 0) parts.push(`<nav>${links.join(" ")}</nav>`);
  if (section !== undefined) parts.push(`<footer>${escapeHtml(section)}</footer>`);
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${style}</style>
<main>
${parts.join("\n")}
</main>
</html>
`;
}

/** The most folders that a link leads up; from further down it begins at the root. */
const stepsUpMax = 32;

/**
 * The link from the page at `rawPath`, the path of a request target, to the folder with `names` at
 * `depth` folders below the root. From a path that is very deep it isn't relative.
 */
export function hrefFrom(rawPath: string, names: readonly string[], isFolder: boolean): string {
  const stepsUp = Math.max(0, rawPath.split("/").length - 2);
  const up = stepsUp > stepsUpMax ? "/" : stepsUp === 0 ? "./" : "../".repeat(stepsUp);
  const path = names.map((name) => encodeName(name)).join("/");
  return `${up}${path}${isFolder && names.length > 0 ? "/" : ""}`;
}
