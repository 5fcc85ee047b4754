/**
 * Which system calls this process makes: the native ones, or the plain ones where the native ones
 * can't be had (no Linux, no libc by a known name, a sandbox that refuses statx) and where
 * `POSTERN_NATIVE=off` stands in the environment. Each kind is loaded when it is first needed.
 */

import { FileStat } from "./file-stat.ts";
import { loadNativeCalls } from "./native-calls.ts";
import type { SystemCalls } from "./system-calls.ts";

function loadPlainCalls(): SystemCalls {
  const { plainCalls } = require("./plain-calls.ts") as typeof import("./plain-calls.ts");
  return plainCalls;
}

/** Whether `calls` can open and look: an old sandbox may allow sendfile and refuse statx. */
function work(calls: SystemCalls): boolean {
  const [named, opened] = [new FileStat(), new FileStat()];
  const descriptor = calls.open("/", "place");
  if (descriptor < 0) return false;
  const failed = calls.lookInto(descriptor, opened) + calls.look("/", named);
  calls.close(descriptor);
  return failed === 0 && named.isFolder && named.isSameFolder(opened);
}

/** Loaded once, and constant from then on. */
let native: { readonly calls: SystemCalls | undefined } | undefined;

/** The native calls; undefined where they can't be had. */
export function nativeCalls(): SystemCalls | undefined {
  if (native === undefined) {
    const calls = loadNativeCalls();
    native = { calls: calls !== undefined && work(calls) ? calls : undefined };
  }
  return native.calls;
}

/** The native calls where they can be had, otherwise the plain ones; "off" wants the plain ones. */
export function chooseSystemCalls(setting: string | undefined): SystemCalls {
  return (setting === "off" ? undefined : nativeCalls()) ?? loadPlainCalls();
}

/** Chosen once, and constant from then on. */
let chosen: SystemCalls | undefined;

/** The calls that this process makes, by `POSTERN_NATIVE` in its environment. */
export function systemCalls(): SystemCalls {
  chosen ??= chooseSystemCalls(process.env["POSTERN_NATIVE"]);
  return chosen;
}
