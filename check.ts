/** `postern/check`: wire scripts as tests of `bun test`, and traffic as wire scripts. */

export { recordScripts, type RecordScriptsOptions } from "./src/check/record-scripts.ts";
export {
  wire,
  wireClient,
  type WireClientOptions,
  type WireOptions,
} from "./src/check/wire-tests.ts";
