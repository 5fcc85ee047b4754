/**
 * The script of previews in a listing's page: a click on a file that a browser can show, Enter or
 * the space bar opens it in a dialog instead of leaving the page. Without the script the link opens
 * the file. Clicks that ask for another tab or a download are the browser's.
 *
 * A text is read by a range of its beginning, so a long one costs no more. Markdown is the article
 * of the page that `?preview` answers with; the server has made it safe.
 */

const script = String.raw`
const kinds = {
  image: /\.(apng|avif|bmp|gif|ico|jfif|jpe?g|png|svg|webp)$/i,
  audio: /\.(aac|flac|m4a|mp3|oga|ogg|opus|wav|weba)$/i,
  video: /\.(m4v|mkv|mov|mp4|ogv|webm)$/i,
  markdown: /\.(md|markdown|mdown|mkdn?)$/i,
};
const textGroups = ["text", "code", "data"];
const notText = /\.([xs]?html?|avro|bin|cbor|db|parquet|sqlite|wasm)$/i;
const textBytesMax = 65536;
const rowLinks = "#listing tbody tr:not([hidden], .locked, .up, .dir) td:first-child > a";
const make = (name, properties = {}, ...content) => {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...content);
  return element;
};
let current;
let asked = 0;

function kindOf(link) {
  const name = link.textContent;
  const kind = Object.keys(kinds).find((one) => kinds[one].test(name));
  if (kind !== undefined) return kind;
  const isText = textGroups.includes(link.closest("tr").className) || !name.includes(".");
  return isText && !notText.test(name) ? "text" : undefined;
}

const shownLinks = () => [...document.querySelectorAll(rowLinks)].filter(kindOf);

const title = make("h2", { id: "preview-name" });
const open = make("a", {}, "Open");
const save = make("a", { download: "" }, "Download");
const source = make("a", {}, "Source");
const back = make("button", { type: "button", ariaLabel: "Previous file" }, "\u2039");
const on = make("button", { type: "button", ariaLabel: "Next file" }, "\u203a");
const shut = make("button", { type: "button", ariaLabel: "Close" }, "\u2715");
const nav = make("nav", { ariaLabel: "File" }, open, save, source);
const shown = make("div", { className: "shown", tabIndex: 0, role: "group" });
const dialog = make("dialog", {}, make("header", {}, title, nav, back, on, shut), shown);
dialog.setAttribute("aria-labelledby", "preview-name");
shown.setAttribute("aria-labelledby", "preview-name");
document.body.append(dialog);

const note = (text) => make("p", { className: "soft" }, text);

function media(name, properties) {
  const element = make(name, properties);
  element.addEventListener("error", () => put([note("This can't be shown here.")], false));
  return [element];
}

async function markdown(href) {
  const response = await fetch(href + "?preview", { headers: { Accept: "text/html" } });
  if (!response.ok) return text(href);
  // What precedes the article is not for this page, whose policy would complain of its style.
  const [found = ""] = /<article[^]*<\/article>/.exec(await response.text()) ?? [];
  const article = new DOMParser().parseFromString(found, "text/html").querySelector("article");
  return article === null ? text(href) : [document.adoptNode(article)];
}

async function text(href) {
  const headers = { Range: "bytes=0-" + (textBytesMax - 1) };
  const response = await fetch(href, { headers });
  if (response.status === 416) return [note("This file is empty.")];
  if (!response.ok) return [note("The server answered " + response.status + ".")];
  const reader = response.body?.getReader();
  const decoder = new TextDecoder(
    /charset=([\w-]+)/i.exec(response.headers.get("Content-Type"))?.[1] ?? "windows-1252");
  let length = 0;
  let content = "";
  // A server that knows no ranges sends all of it.
  for (let part; length <= textBytesMax && !(part = await reader?.read() ?? { done: true }).done;) {
    const room = Math.max(0, textBytesMax - length);
    content += decoder.decode(part.value.subarray(0, room), { stream: true });
    length += part.value.length;
  }
  if (length > textBytesMax) reader?.cancel();
  if (content.includes("\0")) return [note("This can't be shown here.")];
  const [, total] = /\/(\d+)$/.exec(response.headers.get("Content-Range")) ?? [];
  const isCut = total === undefined ? length > textBytesMax : total > textBytesMax;
  const parts = content === "" ? [note("This file is empty.")] : [make("pre", {}, content)];
  return isCut ? [...parts, note("This is the beginning.")] : parts;
}

const show = {
  image: (href, alt) => media("img", { src: href, alt }),
  audio: (href) => media("audio", { src: href, controls: true }),
  video: (href) => media("video", { src: href, controls: true }),
  markdown,
  text,
};

function put(nodes, isMedia) {
  shown.classList.toggle("media", isMedia);
  shown.replaceChildren(...nodes);
  shown.scrollTo(0, 0);
}

async function preview(link) {
  const mine = ++asked;
  const kind = kindOf(link);
  const href = link.getAttribute("href");
  const all = shownLinks();
  current = link;
  title.textContent = link.textContent;
  open.href = href;
  save.href = href + "?download";
  source.href = href + "?raw";
  source.hidden = kind !== "markdown" && !/\.svg$/i.test(link.textContent);
  back.disabled = all.indexOf(link) < 1;
  on.disabled = all.at(-1) === link;
  put([], false);
  if (!dialog.open) {
    dialog.showModal();
    shown.focus();
  } else if (document.activeElement?.disabled) shown.focus();
  let nodes;
  try {
    nodes = await show[kind](href, link.textContent);
  } catch {
    nodes = [note("The server could not be reached.")];
  }
  if (mine === asked) put(nodes, ["image", "audio", "video"].includes(kind));
}

function step(by) {
  const all = shownLinks();
  const next = all[all.indexOf(current) + by];
  if (next !== undefined) preview(next);
}

back.addEventListener("click", () => step(-1));
on.addEventListener("click", () => step(1));
shut.addEventListener("click", () => dialog.close());
dialog.addEventListener("close", () => {
  // The event comes later, and the next preview may have been opened by then.
  if (dialog.open) return;
  asked++;
  put([], false);
  current?.focus();
});
dialog.addEventListener("click", (event) => {
  if (event.target === dialog) dialog.close();
});
dialog.addEventListener("keydown", (event) => {
  event.stopPropagation();
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("audio, video")) return;
  if (event.key === "ArrowLeft") step(-1);
  else if (event.key === "ArrowRight") step(1);
});

document.addEventListener("click", (event) => {
  const link = event.target.closest?.(rowLinks);
  if (!link || event.button !== 0 || event.defaultPrevented || !kindOf(link)) return;
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  preview(link);
});

document.addEventListener("keydown", (event) => {
  if (event.key !== " " || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
  const link = event.target.closest?.(rowLinks);
  if (!link || !kindOf(link)) return;
  event.preventDefault();
  preview(link);
});

const isBroken = (image) => image.complete && image.naturalWidth === 0;
const thumbnails = "#listing td > img";
for (const image of document.querySelectorAll(thumbnails)) if (isBroken(image)) image.remove();
document.addEventListener("error", ({ target }) => {
  if (target.matches?.(thumbnails)) target.remove();
}, true);
`;

/** The script, without the blanks that lines begin with. */
export const previewScript = script.replaceAll(/\n */g, "\n");

/** The SHA-256 of the script, in base64, for the page's policy; a test compares it. */
export const previewScriptDigest = "8eyRsr+q0xxs1T7MVNvo9DB6W8HjxIliFaj8Yzdo518=";
