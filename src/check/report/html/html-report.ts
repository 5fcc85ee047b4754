/**
 * The result of a check as one HTML page that needs nothing else: style, script and data stand in
 * it, and its policy permits no others. The matrix and the sections with their counts are markup; a
 * section's scripts are made from the data when it is opened, since a page with all exchanges
 * would be slow on a phone.
 */

import type { Script, Strength } from "../../script/script.ts";
import { strengths } from "../../script/script.ts";
import { departuresOf } from "../../blame/departure.ts";
import type { Column, Gone, Tallies, Tally } from "../column.ts";
import { sections, tally } from "../column.ts";
import { escapeMarkup } from "../formats/escape-markup.ts";
import { departuresRow } from "../matrix.ts";
import { counted, summary } from "../summary.ts";
import { departed, totals } from "../totals.ts";
import { pageData } from "./page-data.ts";
import script from "./page-script.txt" with { type: "text" };
import style from "./page-style.txt" with { type: "text" };

export function reportHtml(scripts: readonly Script[], columns: readonly Column[]): string {
  const names = columns.map(({ server }) => server).join(", ");
  const how = columns.some(({ client }) => client === true) ? "with" : "against";
  const title = escapeMarkup(`Wire scripts ${how} ${names}`);
  const digest = new Bun.CryptoHasher("sha256").update(script).digest("base64");
  const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${digest}'`;
  const folders = [...sections(scripts)];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>${title}</h1>
<ul class="sums">
${columns.map((column) => `<li>${escapeMarkup(summary(scripts, column))}</li>`).join("\n")}
</ul>
${everywhere(scripts, columns)}
<div class="wide" tabindex="0" role="region" aria-label="Phases that held of those played">
${matrix(scripts, columns, folders)}
</div>
<form hidden role="search">
<input type="search" name="find" aria-label="Search" placeholder="Titles, files, RFC 9112 §6">
<label><input type="checkbox" name="failed">only what did not hold</label>
${strengths.map(strengthBox).join("\n")}
<output></output>
</form>
<noscript><p>The exchanges are shown by a script.</p></noscript>
${folders.map(([name, members], index) => section(name, members, columns, index)).join("\n")}
</main>
<script type="application/json" id="data">${pageData(scripts, columns)}</script>
<script>${script}</script>
</body>
</html>
`;
}

function endWords({ error, during, hangs }: Gone): string {
  const scripts = during.join(", ");
  return hangs === true
    ? `hangs: it ${error}; these met nothing but silence: ${scripts}`
    : `went away (${error}), while these were played: ${scripts}`;
}

/** What a server does in phases about something else, and that one went away or hangs. */
function everywhere(scripts: readonly Script[], columns: readonly Column[]): string {
  const items = columns.flatMap((column) => {
    const { server, gone } = column;
    const ends = gone === undefined ? [] : [`${server} ${endWords(gone)}`];
    const found = departuresOf(scripts, column).map(({ title, references, strength, touched }) => {
      const phases = counted(new Set(touched.map(({ phase }) => phase)).size, "phase");
      return `${server} ${title} (${[...references, strength].join(", ")}), in ${phases}`;
    });
    return [...ends, ...found];
  });
  if (items.length === 0) return "";
  const list = items.map((item) => `<li>${escapeMarkup(item)}</li>`).join("\n");
  return `<h2>Everywhere</h2>\n<ul class="sums">\n${list}\n</ul>`;
}

function strengthBox(strength: Strength): string {
  const box = `<input type="checkbox" name="strength" value="${strength}" checked>`;
  return `<label>${box}${strength}</label>`;
}

type Folders = readonly (readonly [string, readonly Script[]])[];

function matrix(scripts: readonly Script[], columns: readonly Column[], folders: Folders): string {
  const heads = columns.map(
    ({ server }) => `<th colspan="3" scope="colgroup">${escapeMarkup(server)}</th>`,
  );
  const words = columns.flatMap(() => strengths.map((one) => `<th scope="col">${one}</th>`));
  const rows = folders.map(([name, members], index) => {
    const link = `<a href="#section-${index}">${escapeMarkup(name)}</a>`;
    const counts = cells(columns, (column) => tally(members, column));
    return `<tr><th scope="row">${link}</th>${counts}</tr>`;
  });
  return `<table>
<thead><tr><th rowspan="2" scope="col">section</th>${heads.join("")}</tr>
<tr>${words.join("")}</tr></thead>
<tbody>
${rows.join("\n")}
</tbody>
<tfoot>${total(scripts, columns)}</tfoot>
</table>`;
}

/** The rows on all sections. */
function total(scripts: readonly Script[], columns: readonly Column[]): string {
  const row = (name: string, of: (column: Column) => Tallies): string =>
    `<tr><th scope="row">${name}</th>${cells(columns, of)}</tr>`;
  const more = (column: Column): Tallies => departed(scripts, column);
  const some = columns.some((column) => strengths.some((one) => more(column)[one].played > 0));
  const all = row("all", (column) => totals(scripts, column));
  return some ? `${row(departuresRow, more)}\n${all}` : all;
}

function cells(columns: readonly Column[], of: (column: Column) => Tallies): string {
  const all = columns.flatMap((column) => {
    const counts = of(column);
    return strengths.map((strength, index) => {
      const first = index === 0 ? " first" : "";
      const count = counts[strength];
      return `<td class="${cellClass(strength, count)}${first}">${cellText(count)}</td>`;
    });
  });
  return all.join("");
}

function cellClass(strength: Strength, { held, played }: Tally): string {
  if (played === 0) return "none";
  if (held === played) return "all";
  return strength === "must" ? "some" : "soft";
}

function cellText({ held, played }: Tally): string {
  return played === 0 ? "–" : `${held}/${played}`;
}

function section(
  name: string,
  scripts: readonly Script[],
  columns: readonly Column[],
  index: number,
): string {
  const counts = columns.map((column) => tally(scripts, column));
  const failed = counts.reduce((sum, { must }) => sum + must.played - must.held, 0);
  const noun = scripts.length === 1 ? "script" : "scripts";
  const musts = failed === 1 ? "1 must failed" : `${failed} musts failed`;
  const bad = failed === 0 ? "" : `<span class="some">${musts}</span>`;
  return `<details class="section" id="section-${index}">
<summary>${escapeMarkup(name)} ${bad}<span>${scripts.length} ${noun}</span></summary>
<div class="body"></div>
</details>`;
}
