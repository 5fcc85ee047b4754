/** The words after `postern check` that have it record between a client and a server. */

import type { Result } from "../../base/result.ts";
import { failure, success } from "../../base/result.ts";

/** What the words say. */
interface ProxyWords {
  readonly server: URL;
  readonly folder: string;
  readonly port: number;
  readonly rewritesHost: boolean;
}

const portDefault = 9002;
const portMax = 65_535;

/** Whether `words` are about recording, and not about playing. */
export function asksToRecord(words: readonly string[]): boolean {
  return words.some((word) => /^--(?:proxy|record)(?:=|$)/u.test(word));
}

/** Reads the words; an error says what is wrong with them. */
export function readProxyWords(words: readonly string[]): Result<ProxyWords, string> {
  const values = new Map<string, string>();
  let rewritesHost = false;
  for (let i = 0; i < words.length; i++) {
    const [name = "", ...rest] = (words[i] ?? "").split("=");
    if (name === "--rewrite-host" && rest.length === 0) {
      rewritesHost = true;
    } else if (["--proxy", "--record", "--port"].includes(name)) {
      const value = rest.length > 0 ? rest.join("=") : words[++i];
      if (value === undefined || value === "" || value.startsWith("--")) {
        return failure(`${name} needs a value`);
      }
      if (values.has(name)) return failure(`${name} is given twice`);
      values.set(name, value);
    } else return failure(`${words[i]} doesn't go with --proxy, which records and plays nothing`);
  }
  const proxy = values.get("--proxy");
  const folder = values.get("--record");
  if (proxy === undefined) return failure("--record needs --proxy URL, the server to record");
  if (folder === undefined) return failure("--proxy needs --record DIR, where scripts are written");
  const server = URL.parse(proxy.includes("://") ? proxy : `http://${proxy}`);
  const isOrigin = server?.pathname === "/" && server.search === "" && server.hash === "";
  if (server === null || !/^https?:$/u.test(server.protocol) || !isOrigin) {
    return failure(`--proxy: expected an http:// or https:// URL without a path, not ${proxy}`);
  }
  const text = values.get("--port") ?? String(portDefault);
  const port = /^\d{1,5}$/u.test(text) ? Number(text) : portMax + 1;
  if (port > portMax) return failure(`--port: expected a number from 0 to ${portMax}, not ${text}`);
  return success({ server, folder, port, rewritesHost });
}
