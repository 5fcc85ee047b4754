/** A folder in which shells complete, and the lines that all of them complete the same. */

import { chmodSync, mkdirSync } from "node:fs";

import { TempSite } from "../../temp-site.ts";

/** A folder, with a file, a folder, and `postern` to be found as a command. */
export function completedFolder(script: string): TempSite {
  const site = new TempSite("empty");
  site.file("notes.txt", "a");
  mkdirSync(site.at("my folder"));
  mkdirSync(site.at("bin"));
  mkdirSync(site.at("my folder/incoming/deep"), { recursive: true });
  mkdirSync(site.at("my folder/tray a"));
  site.file("my folder/ask.html", "a");
  site.file("bin/postern", "#!/bin/sh\n");
  chmodSync(site.at("bin/postern"), 0o755);
  site.file("script", script);
  return site;
}

/** What is typed, what is offered then, and what isn't. */
export const offers: readonly (readonly [
  typed: string,
  offered: readonly string[],
  others: readonly string[],
])[] = [
  ["postern --po", ["--port", "--port-file", "--post"], ["--put", "--no-explain"]],
  ["postern --post ", ["form", "echo", "upload", "off"], ["notes.txt", "my folder"]],
  ["postern -l ", ["short", "common", "combined", "json", "none"], ["notes.txt"]],
  ["postern --symlinks ", ["inside", "follow", "deny"], ["notes.txt"]],
  ["postern --throttle ", ["3g", "4g", "dsl"], ["notes.txt"]],
  ["postern audit --po", ["--port", "--port-file", "--post"], ["--proxy"]],
  ["postern audit ", ["my folder", "bin"], ["notes.txt", "trust"]],
  ["postern check --s", ["--section", "--strength", "--seed"], ["--symlinks"]],
  ["postern check --strength ", ["must", "should", "may"], ["notes.txt"]],
  ["postern check --tree ", ["my folder", "bin"], ["notes.txt"]],
  ["postern trust --", ["--yes", "--help"], ["--port"]],
  ["postern completions ", ["bash", "zsh", "fish"], ["notes.txt"]],
  ["postern --faults ", ["notes.txt", "my folder"], ["trust"]],
  ["postern --record ", ["my folder", "bin"], ["notes.txt"]],
  ["postern --upload-dir ", ["my folder", "bin"], ["notes.txt", "incoming"]],
  [
    "postern --port 80 my\\ folder /a=bin --put --upload-dir ",
    ["incoming", "tray a"],
    ["notes.txt", "ask.html"],
  ],
  ["postern audit my\\ folder --upload-dir ", ["incoming", "tray a"], ["notes.txt", "trust"]],
  ["postern my\\ folder --form ", ["ask.html"], ["notes.txt", "incoming"]],
  ["postern --auth=a:b my\\ folder --index ", ["ask.html"], ["notes.txt", "incoming"]],
  ["postern --help ", ["uploads", "listening", "all"], ["trust"]],
];

/** A pattern for all of `words`, in any order. */
export function allOf(words: readonly string[]): RegExp {
  const each = words.map((word) => {
    const text = word.replaceAll(" ", "\\\\? ").replaceAll("-", "\\-");
    return `(?=[^]*(?<![\\w-])${text}(?![\\w-]))`;
  });
  return new RegExp(`^${each.join("")}`);
}
