#!/usr/bin/env bun
/**
 * postern: a file server native to Bun.
 *
 * This file is the library when it is imported, and the command line when it is run.
 */

export { defaultLimits } from "./src/base/limits.ts";
export type { Limits } from "./src/base/limits.ts";
export type { TappedConnection, Wiretap } from "./src/base/wiretap.ts";
export type { Config, WrittenConfig } from "./src/cli/config/config.ts";
export { defineConfig } from "./src/cli/config/config.ts";
export type { Form, FormFile, FormValue } from "./src/site/forms/form-data.ts";
export type { UploadProgress } from "./src/site/uploads/upload-progress.ts";
export { BodyError } from "./src/site/request.ts";
export type { Request, RequestBody } from "./src/site/request.ts";
export type { AddedRoute, RouteOptions } from "./src/site/library/added-routes.ts";
export type { RouteHandler, RouteParams, RouteRequest } from "./src/site/library/route-request.ts";
export type { Fields } from "./src/http/fields/fields.ts";
export type { RequestHead } from "./src/http/message/request.ts";
export type { Body, FileSource, Region, Response } from "./src/http/message/response.ts";
export type { RedirectStatus } from "./src/http/message/response-builder.ts";
export { ResponseBuilder } from "./src/http/message/response-builder.ts";
export type { OpenTunnel, Tunnel, TunnelUser } from "./src/http/message/tunnel.ts";
export type { Status } from "./src/http/message/status.ts";
export type { LogFormat } from "./src/server/log.ts";
export type { RecordedRequest } from "./src/server/recording/recorded-request.ts";
export type { RequestFilter } from "./src/server/recording/request-filter.ts";
export type { ExpectOptions, NextOptions } from "./src/server/recording/request-recorder.ts";
export type {
  AnswerFaults,
  FaultOptions,
  FaultRule,
  RuleOptions,
} from "./src/server/faults/fault-options.ts";
export type { AddedFault } from "./src/server/faults/faults.ts";
export type { Server } from "./src/server/serve.ts";
export { serve } from "./src/server/serve.ts";
export type {
  ReloadOptions,
  ServeOptions,
  TlsOptions,
  TlsSetting,
} from "./src/server/serve-options.ts";
export type {
  ServerWebSocket,
  WebSocketHandler,
  WebSocketHooks,
  WebSocketOptions,
  WebSocketRoute,
} from "./src/site/web-socket/server-web-socket.ts";
export { ServeError } from "./src/site/serve-error.ts";
export type { MemoryBody, MemoryEntry, MemoryFiles } from "./src/tree/memory/memory-files.ts";

if (import.meta.main) {
  // Without an `await`, which a module that others `require` can't have.
  void import("./src/cli/main.ts").then(({ main }) => main(process.argv.slice(2)));
}
