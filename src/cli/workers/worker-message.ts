/**
 * The messages between the supervisor and its workers, over the channel that Bun opens to a process
 * that it starts (IPC). All of them are plain values.
 */

import type { MetricFamily } from "../../server/operations/metric-family.ts";
import type { ReloadOptions, ServeOptions } from "../../server/serve-options.ts";
import type { ServeErrorCode } from "../../site/serve-error.ts";
import type { UploadsSeen } from "../terminal/received-uploads.ts";

/** A message to a worker; a worker carries out one order after the other. */
export type Order =
  | {
      readonly kind: "serve";
      readonly options: ServeOptions;
      /** Whether a terminal shows uploads, so that the worker says when one begins. */
      readonly tellsUploads: boolean;
    }
  | { readonly kind: "reload"; readonly options: ReloadOptions }
  | { readonly kind: "measure" }
  /** The event loop turns if this is answered. */
  | { readonly kind: "look" }
  | { readonly kind: "tell-uploads" }
  | { readonly kind: "stop"; readonly patienceMs: number };

/** A worker's answer to an order. The answer to "stop" is the end of the process. */
export type Answer =
  | { readonly kind: "listening"; readonly url: string }
  | { readonly kind: "reloaded" }
  | { readonly kind: "measured"; readonly families: readonly MetricFamily[] }
  | { readonly kind: "alive" }
  | { readonly kind: "uploads"; readonly uploads: UploadsSeen }
  | { readonly kind: "failed"; readonly code: ServeErrorCode; readonly message: string };

/**
 * What a worker says without being asked: that files are being received, after none were. It says
 * so once, and then not before it was asked how far they are.
 */
export interface Notice {
  readonly kind: "uploading";
}
