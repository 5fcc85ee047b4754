/**
 * The script of a listing's page. Each thing that it does without a reload is a link or a form that
 * works without it: it asks for the page that the link leads to and puts the listing of that page
 * in the place of this one. So there is one order, the server's. Only a page that has all entries
 * of its folder filters them by itself.
 *
 * Single keys act when no key for the browser is held and nothing is being typed, and arrows move
 * the focus from link to link, so that a screen reader speaks what is focused. Times are shown in
 * the reader's time zone.
 *
 * It is a module, so it begins when all of the page is there, and its names are its own.
 */

const script = String.raw`
const input = document.getElementById("filter");
const listing = () => document.getElementById("listing");
const isWhole = () => listing().querySelector("footer").hasAttribute("data-whole");
const status = () => listing().querySelector("[role=status]");
const fold = (text) => text.normalize("NFKD").replace(/\p{M}+/gu, "").toLowerCase();
const links = () => [...listing().querySelectorAll("tbody tr:not([hidden]) td:first-child > a")];
const two = (number) => String(number).padStart(2, "0");
let summary = "";
let asked = 0;
let timer;

function dress() {
  summary = status().textContent;
  for (const time of listing().querySelectorAll("time")) {
    const at = new Date(time.dateTime);
    const year = String(at.getFullYear()).padStart(4, "0");
    const date = [year, two(at.getMonth() + 1), two(at.getDate())].join("-");
    time.textContent = date + " " + two(at.getHours()) + ":" + two(at.getMinutes());
  }
  for (const zone of listing().querySelectorAll("th small")) zone.remove();
}

async function show(href, state) {
  const mine = ++asked;
  try {
    const response = await fetch(href, { headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const next = page.getElementById("listing");
    if (mine !== asked) return false;
    if (!response.ok || next === null) throw new Error(response.status);
    if (state !== undefined) history[state](null, "", href);
    listing().replaceWith(next);
    for (const field of document.querySelectorAll("form [type=hidden]")) field.remove();
    input.before(...fieldsFor(href));
    dress();
    return true;
  } catch {
    if (mine === asked) location.assign(href);
    return false;
  }
}

function fieldsFor(href) {
  const query = new URL(href, location.href).searchParams;
  return ["sort", "order", "view"].filter((name) => query.has(name)).map((name) => {
    const field = document.createElement("input");
    Object.assign(field, { type: "hidden", name, value: query.get(name) });
    return field;
  });
}

function filterHere() {
  const wanted = fold(input.value.trim());
  const rows = [...listing().querySelectorAll("tbody tr:not(.up)")];
  let shown = 0;
  for (const row of rows) {
    row.hidden = !fold(row.querySelector("a").textContent).includes(wanted);
    if (!row.hidden) shown++;
  }
  status().textContent = wanted === "" ? summary : shown + " of " + rows.length + " shown";
}

function filterThere() {
  const query = new URLSearchParams(location.search);
  query.delete("page");
  query.delete("filter");
  if (input.value.trim() !== "") query.set("filter", input.value.trim());
  return show("./" + (query.size > 0 ? "?" + query : ""), "replaceState");
}

function filter() {
  clearTimeout(timer);
  if (isWhole()) filterHere();
  else timer = setTimeout(filterThere, 150);
}

function move(by) {
  const all = links();
  const at = all.indexOf(document.activeElement);
  const to = at === -1 ? (by > 0 ? 0 : all.length - 1) : at + by;
  if (to < 0) input.focus();
  else all[Math.min(to, all.length - 1)]?.focus();
}

function act(key, target) {
  const isInput = target === input;
  if (!isInput && target.closest?.("input, textarea, select, [contenteditable], audio, video")) {
    return false;
  }
  if (key === "Escape" && isInput && input.value !== "") {
    input.value = "";
    filter();
  } else if (key === "ArrowDown" || (key === "j" && !isInput)) {
    if (isInput) links().find((link) => !link.closest(".up"))?.focus();
    else move(1);
  } else if ((key === "ArrowUp" || key === "k") && !isInput) move(-1);
  else if (key === "/" && !isInput) input.select();
  else if (key === "Backspace" && !isInput) listing().querySelector(".up a")?.click();
  else return false;
  return true;
}

document.addEventListener("keydown", (event) => {
  const { key, target } = event;
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (!event.defaultPrevented && act(key, target)) event.preventDefault();
});

document.addEventListener("click", async (event) => {
  const link = event.target.closest?.("#listing th a, #listing nav a:not([download])");
  if (!link || event.button !== 0) return;
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  const column = link.closest("th")?.cellIndex;
  if (!(await show(link.getAttribute("href"), "pushState"))) return;
  if (column === undefined) {
    scrollTo(0, 0);
    listing().focus({ preventScroll: true });
  } else listing().querySelectorAll("th a")[column].focus({ preventScroll: true });
  if (isWhole()) filterHere();
});

document.querySelector("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  clearTimeout(timer);
  if (input.value.trim() !== "" && (isWhole() || (await filterThere()))) {
    links().find((link) => !link.closest(".up"))?.click();
  }
});

addEventListener("popstate", async () => {
  input.value = new URLSearchParams(location.search).get("filter") ?? "";
  await show(location.href);
});

input.addEventListener("input", filter);
dress();
if (input.value !== "" && isWhole()) filterHere();
`;

/** The script, without the blanks that lines begin with. */
export const listingScript = script.replaceAll(/\n */g, "\n");

/**
 * The SHA-256 of the script, in base64, for the page's policy. It stands here because the first use
 * of a digest takes a process some milliseconds; a test compares it.
 */
export const listingScriptDigest = "UiVJdoKt/OVx9bsWkCSrKKRzLB4TE7DUBwCds5qoqo4=";
