#!/usr/bin/env bun
/**
 * postern: a file server native to Bun.
 *
 * Imported, this file is the library; run, it is the command line.
 */

export { defaultLimits } from "./src/base/limits.ts";
export type { Limits } from "./src/base/limits.ts";
export type { Config } from "./src/cli/config.ts";
export { defineConfig } from "./src/cli/config.ts";
export type { Form, FormFile, FormValue } from "./src/handlers/form-data.ts";
export { BodyError } from "./src/handlers/handler.ts";
export type { Request, RequestBody } from "./src/handlers/handler.ts";
export type { RouteHandler, RouteRequest } from "./src/handlers/route-request.ts";
export type { Fields } from "./src/protocol/fields.ts";
export type { RequestHead } from "./src/protocol/request-head.ts";
export type { Body, FileSource, Region, Response } from "./src/protocol/response.ts";
export type { RedirectStatus } from "./src/protocol/response-builder.ts";
export { ResponseBuilder } from "./src/protocol/response-builder.ts";
export type { Status } from "./src/protocol/status.ts";
export type { LogFormat } from "./src/server/log.ts";
export type { RecordedRequest, Server } from "./src/server/serve.ts";
export { serve } from "./src/server/serve.ts";
export type { ReloadOptions, ServeOptions, TlsOptions } from "./src/server/serve-options.ts";
export { ServeError } from "./src/server/serve-options.ts";

if (import.meta.main) {
  const { main } = await import("./src/cli/main.ts");
  await main(process.argv.slice(2));
}
