/**
 * Which system calls this process makes: the native ones, or the plain ones where those can't be
 * had (no Linux, no libc by a known name, a sandbox that refuses statx), or where
 * `POSTERN_NATIVE=off` stands in the environment. Either kind is loaded when it is first needed.
 */

import { loadNativeCalls } from "./native-calls.ts";
import type { SystemCalls } from "./system-calls.ts";
import { FileStat } from "./system-calls.ts";

function loadPlainCalls(): SystemCalls {
  const { plainCalls } = require("./plain-calls.ts") as typeof import("./plain-calls.ts");
  return plainCalls;
}

/** Whether `calls` see and open things: an old sandbox may know sendfile and refuse statx. */
function work(calls: SystemCalls): boolean {
  const [named, opened] = [new FileStat(), new FileStat()];
  const descriptor = calls.open("/", "place");
  if (descriptor < 0) return false;
  const failed = calls.lookInto(descriptor, opened) + calls.look("/", named);
  calls.close(descriptor);
  return failed === 0 && named.isFolder && named.isSameFolder(opened);
}

let native: { readonly calls: SystemCalls | undefined } | undefined;

/** The native calls, loaded by the first who asks; undefined where they can't be had. */
export function nativeCalls(): SystemCalls | undefined {
  if (native === undefined) {
    const calls = loadNativeCalls();
    native = { calls: calls !== undefined && work(calls) ? calls : undefined };
  }
  return native.calls;
}

/** The best calls that can be had here, or the plain ones if that is the `setting`. */
export function chooseSystemCalls(setting: string | undefined): SystemCalls {
  return (setting === "off" ? undefined : nativeCalls()) ?? loadPlainCalls();
}

let chosen: SystemCalls | undefined;

/** The calls that this process makes, as `POSTERN_NATIVE` says. */
export function systemCalls(): SystemCalls {
  chosen ??= chooseSystemCalls(process.env["POSTERN_NATIVE"]);
  return chosen;
}
