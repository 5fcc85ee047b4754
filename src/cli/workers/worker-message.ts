/**
 * What the supervisor and its workers say to each other, over the channel that Bun gives a process
 * that it starts (IPC). All of it is plain values.
 */

import type { ReloadOptions, ServeErrorCode, ServeOptions } from "../../server/serve-options.ts";

/** What a worker is told to do; orders are carried out one after the other. */
export type Order =
  | { readonly kind: "serve"; readonly options: ServeOptions }
  | { readonly kind: "reload"; readonly options: ReloadOptions }
  | { readonly kind: "stop" };

/** What a worker says when it has done so, or why it can't; that it has stopped is its exit. */
export type Answer =
  | { readonly kind: "listening"; readonly url: string }
  | { readonly kind: "reloaded" }
  | { readonly kind: "failed"; readonly code: ServeErrorCode; readonly message: string };
