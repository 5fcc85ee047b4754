/** `postern/check`: wire scripts as tests of `bun test`. */

export {
  wire,
  wireClient,
  type WireClientOptions,
  type WireOptions,
} from "./src/check/wire-tests.ts";
