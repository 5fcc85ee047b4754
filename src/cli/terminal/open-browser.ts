/**
 * Opens a URL in the browser of the machine's user, by the program that each system has for it. It
 * is started with the URL as one argument, and no shell reads it.
 */

import type { Result } from "../../base/result.ts";
import { failure, success } from "../../base/result.ts";
import type { Listening } from "./reached.ts";
import { whereReached } from "./reached.ts";

/** The program and its first arguments, by platform; others have what freedesktop.org names. */
const openers: Readonly<Record<string, readonly [string, ...string[]] | undefined>> = {
  darwin: ["open"],
  win32: ["rundll32", "url.dll,FileProtocolHandler"],
};

/**
 * Has the system open `server`, and doesn't wait for it. Fails with a line that says which program
 * is missing.
 */
export function openBrowser(
  server: Listening,
  platform: string = process.platform,
): Result<void, string> {
  if (server.unix !== undefined) return failure("--open needs a port, and a Unix socket has none");
  const { local, network } = whereReached(server, () => []);
  const [url = server.url.href] = [...local, ...network];
  const [program, ...words] = openers[platform] ?? ["xdg-open"];
  try {
    const child = Bun.spawn([program, ...words, url], {
      stdin: "ignore",
      stdout: "ignore",
      stderr: "ignore",
    });
    child.unref();
    return success(undefined);
  } catch {
    return failure(`--open needs ${program}, which isn't here; open ${url} by hand`);
  }
}
