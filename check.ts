/** `postern/check`: wire scripts as tests of `bun test`, and traffic as wire scripts. */

export { wire, type WireOptions } from "./src/check/wire-tests.ts";
export { recordScripts, type RecordScriptsOptions } from "./src/check/record-scripts.ts";
