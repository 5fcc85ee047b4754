/**
 * The line about an option that there isn't. It names the option that was probably meant: the one
 * that other file servers call so, or else the nearest name.
 */

import { nearestWord } from "../../base/nearest-word.ts";
import { optionFlags } from "./option-flag.ts";

/**
 * What serve, http-server, sirv, live-server, browser-sync, static-web-server, dufs, miniserve,
 * Caddy and Vite call an option, and how it is written here.
 */
const foreignNames: ReadonlyMap<string, string> = new Map([
  ["address", "--host"],
  ["bind", "--host"],
  ["interfaces", "--host"],
  ["listen", "--port"],
  ["unix-socket", "--unix"],
  ["socket", "--unix"],
  ["spa", "--single"],
  ["entry-file", "--single"],
  ["render-spa", "--single"],
  ["path-prefix", "--base"],
  ["route-prefix", "--base"],
  ["mount", "/docs=FOLDER"],
  ["directory", "a folder without an option"],
  ["root", "a folder without an option"],
  ["dotfiles", "--hidden"],
  ["show-hidden", "--hidden"],
  ["silent", "--quiet"],
  ["no-request-logging", "--log none"],
  ["log-format", "--log"],
  ["access-log", "--log"],
  ["maxage", "--cache"],
  ["max-age", "--cache"],
  ["cache-control-headers", "--cache"],
  ["enable-cors", "--cors"],
  ["cors-allow-origins", "--cors"],
  ["no-compression", "--no-compress"],
  ["qrcode", "--qr"],
  ["browse", "--open"],
  ["no-browser", "--no-open"],
  ["watch", "--live"],
  ["reload", "--live"],
  ["livereload", "--live"],
  ["live-reload", "--live"],
  ["no-reload", "--no-live"],
  ["https", "--tls"],
  ["ssl", "--tls"],
  ["http-redirect", "--tls-redirect"],
  ["https-redirect", "--tls-redirect"],
  ["ssl-cert", "--tls-cert"],
  ["cert", "--tls-cert"],
  ["ssl-key", "--tls-key"],
  ["key", "--tls-key"],
  ["no-dirlist", "--no-listing"],
  ["disable-indexing", "--no-listing"],
]);

/** The name nearest to `name`, of a flag or of the opposite of a switch. */
function nearestName(name: string): string | undefined {
  const names = optionFlags.map((flag) => flag.name);
  if (!name.startsWith("no-")) return nearestWord(name, names);
  const switches = optionFlags.filter(({ syntax }) => syntax === "switch");
  const opposites = switches.map((flag) => flag.name);
  const others = names.filter((one) => one.startsWith("no-")).map((one) => one.slice(3));
  // All of them are alike in "no-" already.
  const rest = nearestWord(name.slice(3), [...opposites, ...others]);
  return rest === undefined ? undefined : `no-${rest}`;
}

/**
 * The line about the option that is `called` so, which may be one of several letters in the `word`
 * of the command line.
 */
export function unknownOption(called: string, word = called): string {
  const name = word.replace(/^-+|=.*$/gs, "");
  const near = name.length < 2 ? undefined : nearestName(name);
  const meant = foreignNames.get(name) ?? (near === undefined ? undefined : `--${near}`);
  const line = `unknown option ${called}${called === word ? "" : ` in ${word}`}`;
  return meant === undefined ? `${line}; --help all lists them` : `${line}: did you mean ${meant}?`;
}
