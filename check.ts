/** `postern/check`: wire scripts as tests of `bun test`. */

export { wire, type WireOptions } from "./src/check/wire-tests.ts";
